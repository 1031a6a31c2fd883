"""What runs, held against Pod Security: the level of each workload, of each namespace, and who would be refused.

A workload counts with its template (also when it is scaled to zero, suspended, or a CronJob between two runs) and
with every live pod, which injectors and debuggers may have given more than its template has.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ksec_tui.analysis.pod_security.evaluate import Barrier, Judge, judge, next_level
from ksec_tui.analysis.pod_security.facts import bare
from ksec_tui.analysis.pod_security.labels import Policy, policies
from ksec_tui.analysis.pod_security.standards import LEVELS, clamped
from ksec_tui.analysis.security_context import minor_version
from ksec_tui.analysis.workloads import Workload, workloads, workloads_in
from ksec_tui.cluster.kinds import NAMESPACE, WORKLOAD_KINDS
from ksec_tui.cluster.pods import Pod
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot

Verdicts = tuple[Judge, list[tuple[Judge, Pod]]]
"""The verdicts on a workload's template, and on each of its live pods."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a workload gets.

    Attributes:
        ref: the workload.
        level: the strictest level that its template and each of its live pods meet.
        object: the one among them that meets least: the template's owner, or a pod.
        judge: the verdicts on that one.
        pointer: JSON pointer of its pod spec in `object`.
    """

    ref: ObjectRef
    level: str
    object: ObjectRef
    judge: Judge
    pointer: str

    def barriers(self, minor: int | None, level: str = "") -> tuple[Barrier, ...]:
        """What keeps it from a level (without one: the next beyond its own), with pointers into `object`."""
        return self.judge.barriers(level or next_level(self.level), minor, self.pointer.removesuffix("/spec"))


@dataclass(frozen=True)
class Hindrance:
    """A workload that a level would refuse.

    Attributes:
        standing: how far the workload gets.
        level: the level.
        minor: the version of its policy; None for every one.
    """

    standing: Standing
    level: str
    minor: int | None

    @property
    def ref(self) -> ObjectRef:
        """The workload."""
        return self.standing.ref

    @property
    def object(self) -> ObjectRef:
        """What the pointers of `barriers` point into: its owner, or one of its pods."""
        return self.standing.object

    @functools.cached_property
    def barriers(self) -> tuple[Barrier, ...]:
        """What the level refuses."""
        return self.standing.barriers(self.minor, self.level)

    @property
    def words(self) -> str:
        """``Deployment web (privileged, hostPort)``."""
        reasons = dict.fromkeys(barrier.reason for barrier in self.barriers)
        return f"{self.ref.kind} {self.ref.name} ({', '.join(reasons)})"


@dataclass(frozen=True, slots=True)
class Tightening:
    """What a namespace could enforce.

    Attributes:
        enforced: what it enforces.
        level: the strictest level that refuses nothing seen in it; None when not everything could be read.
        gap: why `level` is not known; else empty.
        workloads: how many workloads were judged.
        hindrances: the workloads that the level beyond `level` would refuse; all that were seen are judged,
            also when `level` is None, then against baseline.
    """

    enforced: Policy
    level: str | None
    gap: str
    workloads: int
    hindrances: tuple[Hindrance, ...]

    @property
    def better(self) -> bool:
        """Whether it could enforce more than it does, and something runs in it that shows so."""
        return (
            self.level is not None
            and self.workloads > 0
            and LEVELS.index(self.level) > LEVELS.index(self.enforced.level)
        )


@dataclass(frozen=True, slots=True)
class Refused:
    """Live pods that their own namespace would not admit again.

    Attributes:
        ref: their top owner.
        pods: their names.
        reasons: what is refused, in the API server's words; empty when that depends on the server's version,
            which is not known.
    """

    ref: ObjectRef
    pods: tuple[str, ...]
    reasons: tuple[str, ...]


def server_policy(snapshot: Snapshot) -> int | None:
    """The minor version of the policy that ``latest`` means to the cluster; None when its version is not known."""
    minor = minor_version(snapshot.source.server_version)
    return None if minor is None else clamped(minor)


def enforced(snapshot: Snapshot, namespace: str) -> tuple[Policy, int | None]:
    """What a namespace enforces, and the minor version of the policy that its pods are judged by."""
    found = snapshot.find(NAMESPACE, namespace)
    labels: Mapping[str, str] = found.metadata.labels if found else {}
    policy = policies(labels).enforce
    return policy, policy.minor(server_policy(snapshot))


def standings(snapshot: Snapshot) -> Mapping[ObjectRef, Standing]:
    """How far each workload gets in the server's own version of the policy; computed once."""
    return {workload.ref: _usual(snapshot, workload) for workload in workloads(snapshot)}


def _usual(snapshot: Snapshot, workload: Workload) -> Standing:
    """One of `standings`."""
    known: dict[ObjectRef, Standing] = snapshot.derived(_usual, lambda _: {})
    found = known.get(workload.ref)
    if found is None:
        found = _standing(workload, server_policy(snapshot), _running(snapshot, workload))
        known[workload.ref] = found
    return found


def standing(workload: Workload, minor: int | None) -> Standing:
    """How far a workload gets in the policy of v1.`minor`; None: in every version."""
    return _standing(workload, minor, _verdicts(workload))


def _standing(workload: Workload, minor: int | None, verdicts: Verdicts) -> Standing:
    found = (
        Standing(workload.ref, asked.reached(minor), ref, asked, pointer)
        for asked, ref, pointer in _distinct(workload, verdicts)
    )
    return min(found, key=lambda item: LEVELS.index(item.level))


def judged(workload: Workload) -> Iterator[tuple[Judge, ObjectRef, str]]:
    """What of a workload is judged, equal ones once: the verdicts, the object, the pointer of its pod spec."""
    return _distinct(workload, _verdicts(workload))


def _distinct(workload: Workload, verdicts: Verdicts) -> Iterator[tuple[Judge, ObjectRef, str]]:
    first, pods = verdicts
    yield first, workload.home, workload.pointer
    seen = {id(first)}
    for asked, pod in pods:
        if id(asked) not in seen:
            seen.add(id(asked))
            yield asked, pod.ref, "/spec"


def _running(snapshot: Snapshot, workload: Workload) -> Verdicts:
    """`_verdicts`, found once for each workload."""
    known: dict[ObjectRef, Verdicts] = snapshot.derived(_running, lambda _: {})
    if workload.ref not in known:
        known[workload.ref] = _verdicts(workload)
    return known[workload.ref]


def _verdicts(workload: Workload) -> Verdicts:
    """The template's own where nothing that decides is different in a pod."""
    first = judge(workload.spec, workload.annotations)
    pods: list[tuple[Judge, Pod]] = []
    usual = bare(workload.spec, workload.annotations)
    odd = frozenset(map(id, workload.differing))
    for pod in workload.pods:
        if _runs(pod):
            notes = pod.metadata.annotations
            same = usual and id(pod) not in odd and bare(pod.spec, notes)
            pods.append((first if same else judge(pod.spec, notes), pod))
    return first, pods


def _runs(pod: Pod) -> bool:
    return not pod.finished and pod.metadata.deletion_timestamp is None


def _over(workload: Workload) -> bool:
    """Whether it is a bare pod that ran to its end: nothing makes it anew."""
    return isinstance(workload.object, Pod) and workload.owner_read and workload.object.finished


def tighten(snapshot: Snapshot, namespace: str) -> Tightening:
    """The strictest level that a namespace could enforce without refusing anything that is seen in it.

    It is judged in the version of the policy that the namespace pins, else in the server's, else in all.
    Computed once.
    """
    found: Tightening = snapshot.derived(
        (tighten, namespace), functools.partial(_tighten, namespace=namespace)
    )
    return found


def _tighten(snapshot: Snapshot, namespace: str) -> Tightening:
    policy, minor = enforced(snapshot, namespace)
    gap = next(filter(None, (snapshot.gap(kind, namespace) for kind in WORKLOAD_KINDS)), "")
    here = [workload for workload in workloads_in(snapshot, namespace) if not _over(workload)]
    if minor == server_policy(snapshot):
        found = [_usual(snapshot, workload) for workload in here]
    else:
        found = [standing(workload, minor) for workload in here]
    level = min((item.level for item in found), key=LEVELS.index, default=LEVELS[-1])
    wanted = "baseline" if gap else next_level(level)
    hindrances = tuple(
        Hindrance(item, wanted, minor) for item in found if LEVELS.index(item.level) < LEVELS.index(wanted)
    )
    return Tightening(policy, None if gap else level, gap, len(found), hindrances)


def refused(snapshot: Snapshot, namespace: str) -> tuple[Refused, ...]:
    """The live pods that a namespace would refuse today: they came before its label, or were changed since."""
    policy, minor = enforced(snapshot, namespace)
    if policy.level == LEVELS[0]:
        return ()
    found = (
        _refused(workload, policy.level, minor, _running(snapshot, workload)[1])
        for workload in workloads_in(snapshot, namespace)
    )
    return tuple(item for item in found if item is not None)


def _refused(
    workload: Workload, level: str, minor: int | None, running: list[tuple[Judge, Pod]]
) -> Refused | None:
    names = []
    reasons: dict[str, None] = {}
    verdicts: dict[int, bool | None] = {}
    for asked, pod in running:
        if id(asked) not in verdicts:
            verdicts[id(asked)] = asked.refuses(level, minor)
            if verdicts[id(asked)]:
                reasons.update(dict.fromkeys(item.reason for item in asked.barriers(level, minor, "")))
        if verdicts[id(asked)] is not False:
            names.append(pod.name)
    return Refused(workload.ref, tuple(names), tuple(reasons)) if names else None
