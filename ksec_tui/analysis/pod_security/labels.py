"""Pod Security Admission: what a namespace's labels mean to the API server.

k8s.io/pod-security-admission api/helpers.go PolicyToEvaluate.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ksec_tui.analysis.pod_security.standards import LEVELS, clamped

PREFIX = "pod-security.kubernetes.io/"
MODES = ("enforce", "audit", "warn")
_VERSION = re.compile(r"latest|v1\.([0-9]|[1-9][0-9]*)")


@dataclass(frozen=True, slots=True)
class Mode:
    """One of enforce, audit and warn, as a namespace's labels set it.

    Attributes:
        name: ``enforce``, ``audit`` or ``warn``.
        level: the level label as written; None when it is absent.
        version: the version label as written; None when it is absent.
    """

    name: str
    level: str | None
    version: str | None

    @property
    def valid_level(self) -> bool:
        """Whether the level label is absent or one of the three words, in lower case."""
        return self.level is None or self.level in LEVELS

    @property
    def valid_version(self) -> bool:
        """Whether the version label is absent or ``latest`` or ``v1.N``."""
        return self.version is None or _VERSION.fullmatch(self.version) is not None

    @property
    def read_as(self) -> str:
        """The level that the server acts on: a bad enforce label fails closed, bad audit and warn labels open.

        Without a label the cluster's default counts, which is privileged unless its admission
        configuration, which the API does not show, says otherwise.
        """
        if self.level in LEVELS:
            return self.level
        return "restricted" if self.name == "enforce" and self.level is not None else "privileged"

    @property
    def meant(self) -> str:
        """The level that its writer had in mind: the nearest word, restricted when none is near; empty without."""
        if self.level is None:
            return ""
        near = difflib.get_close_matches(self.level.strip().lower(), LEVELS, n=1, cutoff=0.6)
        return near[0] if near else "restricted"

    @property
    def minor(self) -> int | None:
        """The minor version that the label pins; None for latest, absent and unreadable ones (read as latest)."""
        if self.version is None or not self.valid_version or self.version == "latest":
            return None
        return int(self.version.removeprefix("v1."))


def mode(labels: Mapping[str, str], name: str) -> Mode:
    """A mode of the namespace that carries `labels`."""
    return Mode(name, labels.get(PREFIX + name), labels.get(f"{PREFIX}{name}-version"))


@dataclass(frozen=True, slots=True)
class Policy:
    """What one mode does: a level, and the version of the policy that it is read in.

    Attributes:
        level: ``privileged``, ``baseline`` or ``restricted``.
        version: ``latest`` or ``v1.N``, as the server acts on it.
    """

    level: str = LEVELS[0]
    version: str = "latest"

    def minor(self, server: int | None) -> int | None:
        """The minor version of the policy on a server of v1.`server`.

        ``latest`` and what is newer than the server count as the server's own version. None when nobody knows:
        ``latest`` on an unknown server.
        """
        pinned = None if self.version == "latest" else int(self.version.removeprefix("v1."))
        found = min((number for number in (pinned, server) if number is not None), default=None)
        return None if found is None else clamped(found)

    def __str__(self) -> str:
        """``restricted:v1.33``."""
        return f"{self.level}:{self.version}"


@dataclass(frozen=True, slots=True)
class Policies:
    """What the API server makes of a namespace's labels.

    Attributes:
        enforce: what refuses pods.
        audit: what is noted in the audit log.
        warn: what the client is warned of.
        errors: what is wrong with the labels, in the API server's words.
    """

    enforce: Policy
    audit: Policy
    warn: Policy
    errors: tuple[str, ...] = ()


_PRIVILEGED = Policy()


def policies(labels: Mapping[str, str], default: Policy = _PRIVILEGED) -> Policies:
    """What a namespace's labels mean to the API server (api/helpers.go PolicyToEvaluate).

    A bad enforce level counts as restricted, a bad audit or warn level as privileged, a bad version as latest.
    Without a warn level, a valid and stricter enforce level warns too (it warns of what controllers will
    not be able to make).

    Args:
        labels: the namespace's.
        default: what the cluster's admission configuration sets for absent labels; it cannot be read through
            the API, and without one it is privileged.
    """
    modes = {name: mode(labels, name) for name in MODES}
    read = {name: _policy(item, default) for name, item in modes.items()}
    enforce, warn = modes["enforce"], modes["warn"]
    if enforce.level in LEVELS and warn.level is None:
        stricter = LEVELS.index(read["enforce"].level) > LEVELS.index(read["warn"].level)
        if stricter:
            version = read["warn" if warn.version is not None else "enforce"].version
            read["warn"] = Policy(read["enforce"].level, version)
    errors = tuple(error for item in modes.values() for error in _errors(item))
    return Policies(read["enforce"], read["audit"], read["warn"], errors)


def _policy(found: Mode, default: Policy) -> Policy:
    version = default.version if found.version is None else found.version
    return Policy(
        default.level if found.level is None else found.read_as, version if found.valid_version else "latest"
    )


def _errors(found: Mode) -> Iterator[str]:
    if not found.valid_level:
        yield f"metadata.labels[{PREFIX}{found.name}]: Invalid value: {found.level}: must be one of {', '.join(LEVELS)}"
    if not found.valid_version:
        where = f"metadata.labels[{PREFIX}{found.name}-version]"
        yield f'{where}: Invalid value: {found.version}: must be "latest" or "v1.x"'
