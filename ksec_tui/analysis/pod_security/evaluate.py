"""Which Pod Security level a pod meets, what each level refuses, and where in the pod that stands.

The verdicts are those of the API server's PodSecurity admission; what an administrator exempts (users, runtime
classes, namespaces) or sets as the cluster's default cannot be seen through the API.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import NamedTuple

from ksec_tui.analysis.pod_security.allowed import NEWEST
from ksec_tui.analysis.pod_security.baseline import Rule
from ksec_tui.analysis.pod_security.facts import Facts, facts_of
from ksec_tui.analysis.pod_security.standards import LEVELS, STANDARDS, TURNS, clamped, policy
from ksec_tui.analysis.pod_security.violation import Violation
from ksec_tui.cluster.pods import PodSpec


class Failure(NamedTuple):
    """One check that a pod does not pass, in the words of the API server."""

    check: str
    reason: str
    detail: str


class Evaluation(NamedTuple):
    """What a level says of a pod.

    Attributes:
        allowed: whether it admits the pod.
        failed: the checks that refuse it, in the API server's order.
    """

    allowed: bool
    failed: tuple[Failure, ...]

    @property
    def detail(self) -> str:
        """All reasons in one line, as the API server's answer has them; empty when the pod is admitted."""
        return ", ".join(f"{item.reason} ({item.detail})" for item in self.failed)

    @property
    def checks(self) -> tuple[str, ...]:
        """The ids of the checks that refuse it."""
        return tuple(item.check for item in self.failed)


class Run(NamedTuple):
    """Minor versions of the policy, first and last, in which a level says the same."""

    first: int
    last: int
    evaluation: Evaluation


class Barrier(NamedTuple):
    """What keeps a pod from a level.

    Attributes:
        check: upstream's id of the check.
        level: the level that asks for it: ``baseline`` or ``restricted``.
        reason: what is wrong, in the API server's words.
        detail: who has it, and with which values.
        fields: JSON pointers of the fields to change; one that must be set may not be there yet.
    """

    check: str
    level: str
    reason: str
    detail: str
    fields: tuple[str, ...]


class Judge:
    """The verdicts on equal pods; each rule is asked once, whatever the versions and levels."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._said: dict[Rule, Violation | None] = {}
        self._reached: dict[int | None, str] = {}

    def ask(self, rule: Rule) -> Violation | None:
        """What one rule says."""
        if rule not in self._said:
            self._said[rule] = rule(self._facts)
        return self._said[rule]

    def evaluate(self, level: str, minor: int) -> Evaluation:
        """What a level says in the policy of v1.`minor`."""
        failed = tuple(
            Failure(standard.id, wrong.reason, wrong.detail)
            for standard, rule in policy(level, clamped(minor))
            if (wrong := self.ask(rule)) is not None
        )
        return Evaluation(not failed, failed)

    def allows(self, level: str, minor: int | None) -> bool:
        """Whether a level admits the pod in the policy of v1.`minor`; None asks all versions to."""
        return all(
            self.ask(rule) is None
            for version in (TURNS if minor is None else (clamped(minor),))
            for _, rule in policy(level, version)
        )

    def refuses(self, level: str, minor: int | None) -> bool | None:
        """Whether a level refuses the pod in the policy of v1.`minor`; without one, None when versions differ."""
        if minor is not None:
            return not self.allows(level, minor)
        said = {self.allows(level, version) for version in TURNS}
        return None if len(said) > 1 else not said.pop()

    def reached(self, minor: int | None) -> str:
        """The strictest level that admits the pod."""
        if minor not in self._reached:
            found = next((name for name in reversed(LEVELS) if self.allows(name, minor)), LEVELS[0])
            self._reached[minor] = found
        return self._reached[minor]

    def barriers(self, level: str, minor: int | None, root: str) -> tuple[Barrier, ...]:
        """What keeps the pod from `level`, with pointers that start with `root`; None: in any version."""
        found: dict[str, Barrier] = {}
        for version in reversed(TURNS) if minor is None else (clamped(minor),):
            for standard, rule in policy(level, version):
                wrong = self.ask(rule)
                if wrong is not None and standard.id not in found:
                    fields = tuple(root + field for field in wrong.fields)
                    found[standard.id] = Barrier(
                        standard.id, standard.level, wrong.reason, wrong.detail, fields
                    )
        return tuple(found[standard.id] for standard in STANDARDS if standard.id in found)


@functools.lru_cache(maxsize=32_768)
def _judge(facts: Facts) -> Judge:
    return Judge(facts)


def judge(spec: PodSpec, annotations: Mapping[str, str]) -> Judge:
    """The verdicts on a pod, or on what a template makes, that carries `annotations`."""
    return _judge(facts_of(spec, annotations))


def evaluate(spec: PodSpec, annotations: Mapping[str, str], level: str, minor: int = NEWEST) -> Evaluation:
    """What a level says of a pod in the policy of v1.`minor`; a version beyond those known counts as the nearest.

    Raises:
        ValueError: `level` is none of ``privileged``, ``baseline``, ``restricted``.
    """
    return judge(spec, annotations).evaluate(level, minor)


def runs(spec: PodSpec, annotations: Mapping[str, str], level: str) -> tuple[Run, ...]:
    """What a level says of a pod in every version from v1.0 to the newest known; equal neighbours are one.

    Raises:
        ValueError: as `evaluate`.
    """
    asked = judge(spec, annotations)
    return merged(lambda minor: asked.evaluate(level, minor))


def merged(say: Callable[[int], Evaluation]) -> tuple[Run, ...]:
    """What `say` answers for every version, from v1.0 to the newest known; it is asked where the policy changed."""
    found: list[Run] = []
    for first, after in zip(TURNS, (*TURNS[1:], NEWEST + 1), strict=True):
        said = say(first)
        if found and found[-1].evaluation == said:
            found[-1] = Run(found[-1].first, after - 1, said)
        else:
            found.append(Run(first, after - 1, said))
    return tuple(found)


def level_reached(spec: PodSpec, annotations: Mapping[str, str], minor: int | None = NEWEST) -> str:
    """The strictest level that admits a pod in the policy of v1.`minor`; None: in every version."""
    return judge(spec, annotations).reached(minor)


def barriers(
    spec: PodSpec,
    annotations: Mapping[str, str],
    level: str = "",
    minor: int | None = NEWEST,
    pointer: str = "/spec",
) -> tuple[Barrier, ...]:
    """What keeps a pod from a level.

    Args:
        spec: the pod's, or that of a template.
        annotations: the same one's.
        level: the level to reach; without one the next beyond that which it has.
        minor: the version of the policy; None for what any version refuses.
        pointer: JSON pointer of `spec` in the object that holds it: ``/spec/template/spec``.

    Raises:
        ValueError: as `evaluate`.
    """
    asked = judge(spec, annotations)
    wanted = level or next_level(asked.reached(minor))
    return asked.barriers(wanted, minor, pointer.removesuffix("/spec"))


def next_level(level: str) -> str:
    """The next stricter level; restricted has none beyond itself."""
    return LEVELS[min(LEVELS.index(level) + 1, len(LEVELS) - 1)]
