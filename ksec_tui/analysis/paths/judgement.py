"""How likely steps succeed, what things are worth and what fixes cost: judgements, not measurements, in one table.

Every number is an ordinal aid for putting fixes in order. `Judgement.changed` replaces some of them.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

LIKELIHOODS: dict[str, tuple[float, str]] = {
    "exposed": (0.5, "a port that the internet reaches without a proxy before it"),
    "exposed by http": (0.35, "a port behind an HTTP proxy"),
    "exposed console": (0.75, "a console or API that runs code for whoever reaches it"),
    "pod to pod": (0.25, "a port that no policy guards, within reach of a taken pod"),
    "pod to guarded pod": (0.05, "the same where policies admit few"),
    "token in the pod": (0.95, "a token is a file that a taken container reads"),
    "secret in the pod": (0.95, "so is a mounted Secret"),
    "escape by design": (
        0.95,
        "privileged, the runtime's socket, the node's root file system: no flaw is needed",
    ),
    "escape by capability": (0.7, "a capability that leads out with known tools"),
    "escape by host processes": (0.4, "the node's processes, with root"),
    "escape by host files": (0.25, "a writable directory of the node"),
    "on the node": (0.9, "root of a node reads what its pods hold"),
    "control plane": (0.95, "root of a control-plane node holds the keys of the cluster"),
    "metadata": (0.6, "the metadata service gives credentials to whoever asks from the machine"),
    "cloud keys": (0.95, "keys that lie in the pod"),
    "right": (1.0, "a right that the API server grants"),
    "many steps": (0.9, "a right that takes several requests"),
    "guess names": (0.6, "Secrets that can only be read by name"),
    "wait": (0.5, "a right whose use must wait for somebody else's request"),
    "privileged pod": (0.95, "nothing refuses a privileged pod"),
    "unsure": (0.5, "what a step is multiplied by where it is not known whether it is there"),
}
"""Name -> probability that the step succeeds, and what it stands for."""

VALUES: dict[str, tuple[float, str]] = {
    "cluster-admin": (100.0, "everything"),
    "cloud identity": (80.0, "an identity outside of the cluster"),
    "every Secret": (60.0, "the Secrets of all namespaces"),
    "a node": (40.0, "a machine with all that runs on it"),
    "a data store": (20.0, "the data of an application"),
    "Secrets of a namespace": (20.0, "the credentials of an application"),
}
"""What an attacker may want -> what losing it weighs."""

PRIORS: dict[str, tuple[float, str]] = {
    "external": (1.0, "somebody on the internet is always knocking"),
    "outside": (0.2, "the private network around the cluster has somebody in it"),
    "container": (0.05, "each workload, by its supply chain"),
    "credentials": (0.02, "each user, group and ServiceAccount"),
}
"""Lens, or the start ``outside`` -> how likely one of its starts is taken."""

EFFORTS: dict[str, tuple[float, str]] = {
    "safe": (1.0, "nothing can break"),
    "likely safe": (1.3, "hardly anything can break"),
    "review": (2.0, "needs a look by somebody who knows the workload"),
    "manual": (4.0, "no patch can do it alone"),
}
"""Class of a fix -> effort."""

_TABLES = {"likelihood": LIKELIHOODS, "value": VALUES, "prior": PRIORS, "effort": EFFORTS}


class Judgement(msgspec.Struct, frozen=True, gc=False):
    """The table with some numbers replaced.

    Attributes:
        changes: (table, name) -> number: ``("likelihood", "metadata"): 0.1``.
    """

    changes: tuple[tuple[str, str, float], ...] = ()

    def likelihood(self, name: str) -> float:
        """The probability of a step.

        Raises:
            KeyError: there is no judgement of that name.
        """
        return self._of("likelihood", name)

    def value(self, name: str) -> float:
        """What a goal is worth."""
        return self._of("value", name)

    def prior(self, lens: str) -> float:
        """How likely one start of a lens is taken."""
        return self._of("prior", lens)

    def effort(self, risk: str) -> float:
        """The effort of a fix of a class."""
        return self._of("effort", risk)

    def _of(self, table: str, name: str) -> float:
        for where, known, number in self.changes:
            if (where, known) == (table, name):
                return number
        return _TABLES[table][name][0]

    @staticmethod
    def changed(changes: Mapping[str, Mapping[str, float]]) -> Judgement:
        """A table with other numbers.

        Args:
            changes: ``{"likelihood": {"metadata": 0.1}}``.

        Raises:
            ValueError: no such table or name, or a number that it cannot be.
        """
        found = []
        for table, numbers in changes.items():
            if table not in _TABLES:
                raise ValueError(f"{table!r} is none of {', '.join(_TABLES)}")
            for name, number in numbers.items():
                if name not in _TABLES[table]:
                    raise ValueError(f"{name!r} is none of {', '.join(_TABLES[table])}")
                share = table in ("likelihood", "prior")
                if not 0 < number <= (1 if share else 1e6):
                    raise ValueError(f"{name}: {number} is not {'in (0, 1]' if share else 'positive'}")
                found.append((table, name, float(number)))
        return Judgement(tuple(sorted(found)))


DEFAULT = Judgement()
