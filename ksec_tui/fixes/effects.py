"""What a proven plan does to the whole cluster: risks, levels, rights, connections, ways in, pods replaced."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from ksec_tui.analysis.network.exposure import Exposure
from ksec_tui.analysis.paths.changes import Difference, difference
from ksec_tui.analysis.pod_security import LEVELS, NEWEST, enforced, standings, tighten
from ksec_tui.analysis.pod_security.evaluate import judge
from ksec_tui.analysis.workloads import workload_named
from ksec_tui.cluster.ingest import Document
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.cluster.text import one_line
from ksec_tui.findings.finding import Finding
from ksec_tui.findings.fix import Risk
from ksec_tui.findings.verdict import Severity, Verdict
from ksec_tui.fixes.flow_effects import connections, publishes, ways
from ksec_tui.fixes.plan import Staged
from ksec_tui.fixes.rights import RightsChange, rights_changes
from ksec_tui.fixes.rollout import template_in
from ksec_tui.fixes.simulate import Simulation


class LevelChange(msgspec.Struct, frozen=True):
    """The Pod Security level that a workload meets, before and after."""

    ref: ObjectRef
    before: str
    after: str

    @property
    def words(self) -> str:
        """``Deployment shop/web: baseline → restricted``."""
        return f"{self.ref}: {self.before} → {self.after}"

    @property
    def better(self) -> bool:
        """Whether it meets a stricter level than before."""
        return LEVELS.index(self.after) > LEVELS.index(self.before)


class NamespaceChange(msgspec.Struct, frozen=True):
    """What a namespace enforces of Pod Security, and could enforce without refusing what is seen in it.

    Attributes:
        name: of the namespace.
        enforced: the level that it enforces, before and after.
        could: the level that it could enforce, before and after; empty where not everything could be read.
    """

    name: str
    enforced: tuple[str, str]
    could: tuple[str, str]

    @property
    def words(self) -> str:
        """``namespace shop enforces baseline (before: privileged) and could enforce restricted (before: baseline)``."""
        parts = []
        for verb, (before, after) in (("enforces", self.enforced), ("could enforce", self.could)):
            if before != after:
                parts.append(f"{verb} {after or 'nobody knows what'} (before: {before or 'not known'})")
        return one_line(f"namespace {self.name} {' and '.join(parts)}")


class Rollout(msgspec.Struct, frozen=True):
    """A controller whose pods are replaced.

    Attributes:
        ref: its name.
        pods: how many those are now.
        refused: what its namespace has against the new ones by Pod Security after the change, in the API
            server's words; empty when it admits them.
    """

    ref: ObjectRef
    pods: int
    refused: str = ""

    @property
    def words(self) -> str:
        """``Deployment shop/web: 3 pods``, and whether no new ones will come."""
        many = f"{self.ref}: {self.pods:,} pod{'s' if self.pods != 1 else ''}"
        return f"{many}; {self.hitch}" if self.hitch else many

    @property
    def hitch(self) -> str:
        """``its namespace admits no new ones: …``; empty when it does."""
        return f"its namespace admits no new ones: {one_line(self.refused)}" if self.refused else ""


class Effects(msgspec.Struct, frozen=True):
    """What the proven part of a plan would do.

    Attributes:
        fixes: staged fixes that are carried out.
        objects: objects that they change.
        removed: findings that go, by severity, worst first.
        moved: findings that go on under another name: of new bindings that stand in for those that go.
        added: what the whole plan as staged would bring, by severity; where it is not empty, its cause is refused.
        unknown: what the whole plan as staged would make unknown.
        levels: workloads whose Pod Security level changes.
        namespaces: namespaces that enforce another level, or could.
        rights: what becomes of the rights of each subject concerned.
        connections: what policies cut off and open, in words.
        closed: ways in from outside that go.
        opened: ways in that come.
        attacks: what becomes of the ways of attackers through the cluster; their likelihoods are judgements.
        rollouts: controllers whose pods are replaced.
        review: fixes that a human should look at before they are carried out.
        breaks: fixes that may break something, the riskiest first; each says when.
    """

    fixes: int
    objects: int
    removed: tuple[tuple[Severity, int], ...]
    moved: int
    added: tuple[tuple[Severity, int], ...]
    unknown: int
    levels: tuple[LevelChange, ...]
    namespaces: tuple[NamespaceChange, ...]
    rights: tuple[RightsChange, ...]
    connections: tuple[str, ...]
    closed: tuple[Exposure, ...]
    opened: tuple[Exposure, ...]
    attacks: Difference
    rollouts: tuple[Rollout, ...]
    review: tuple[Staged, ...]
    breaks: tuple[Staged, ...]

    @property
    def gone(self) -> int:
        """How many findings go."""
        return sum(count for _, count in self.removed)

    @property
    def new(self) -> int:
        """How many findings the whole plan as staged would bring."""
        return sum(count for _, count in self.added)

    @property
    def steps(self) -> tuple[tuple[str, str, int], ...]:
        """Level before, level after, and how many workloads take that step; most first."""
        counted = Counter((item.before, item.after) for item in self.levels)
        return tuple((*step, count) for step, count in counted.most_common())

    @property
    def brief(self) -> str:
        """``12 fixes on 7 objects: 14 findings go, 3 stay under a new name, none new``."""
        gone = f"{_counted(self.gone, 'finding')} {'go' if self.gone != 1 else 'goes'}"
        if self.moved:
            gone += f", {self.moved:,} {'stay' if self.moved != 1 else 'stays'} under a new name"
        new = f"{self.new:,} would be new" if self.new else "none new"
        return f"{_counted(self.fixes, 'fix', 'fixes')} on {_counted(self.objects, 'object')}: {gone}, {new}"

    @property
    def more(self) -> str:
        """``2 rollouts, baseline → restricted ×3``; empty when nothing of that kind comes of it."""
        told = [
            *([_counted(len(self.rollouts), "rollout")] if self.rollouts else []),
            *(
                f"{before} → {after}{f' ×{count:,}' if count > 1 else ''}"
                for before, after, count in self.steps
            ),
            *([f"rights of {_counted(len(self.rights), 'subject')} change"] if self.rights else []),
            *([f"{_counted(len(self.closed), 'way')} in closed"] if self.closed else []),
            *([f"{_counted(len(self.opened), 'way')} in opened"] if self.opened else []),
            *([f"{_counted(len(self.attacks.cut), 'attack path')} cut"] if self.attacks.cut else []),
            *([f"{_counted(len(self.attacks.opened), 'attack path')} opened"] if self.attacks.opened else []),
        ]
        return ", ".join(told)

    @property
    def words(self) -> str:
        """``12 fixes on 7 objects: 14 findings go, none new, 2 rollouts, baseline → restricted ×3``."""
        return ", ".join(filter(None, (self.brief, self.more)))


def effects(snapshot: Snapshot, simulation: Simulation) -> Effects:
    """What `simulation`, made of `snapshot`, found that its plan does; pure, costs about as much as one trial."""
    after = simulation.snapshot
    touched = tuple(simulation.after)
    closed, opened = ways(snapshot, after) if _opens(simulation) else ((), ())
    levels = tuple(_levels(snapshot, after))
    staged = simulation.plan.staged
    breaks = (item for item in staged if item.fix.may_break and item.fix.risk is not Risk.SAFE)
    return Effects(
        fixes=len(staged),
        objects=len(touched),
        removed=_by_severity(simulation.removed),
        moved=len(simulation.moved),
        added=_by_severity(simulation.added),
        unknown=sum(item.verdict is Verdict.UNKNOWN for item in simulation.added),
        levels=levels,
        namespaces=tuple(_namespaces(snapshot, after, (*touched, *(item.ref for item in levels)))),
        rights=rights_changes(snapshot, after, touched),
        connections=tuple(connections(snapshot, after, touched)),
        closed=closed,
        opened=opened,
        attacks=difference(snapshot, after),
        rollouts=tuple(_rollout(snapshot, after, ref) for ref in simulation.rollouts),
        review=tuple(item for item in staged if item.fix.risk is Risk.REVIEW),
        breaks=tuple(sorted(breaks, key=lambda item: -item.fix.risk.rank)),
    )


def _by_severity(findings: Iterable[Finding]) -> tuple[tuple[Severity, int], ...]:
    counted = Counter(item.severity for item in findings if item.verdict is Verdict.FAIL)
    return tuple(sorted(counted.items(), reverse=True))


def _levels(before: Snapshot, after: Snapshot) -> Iterator[LevelChange]:
    old, new = standings(before), standings(after)
    for ref in sorted(old.keys() & new.keys()):
        if old[ref].level != new[ref].level:
            yield LevelChange(ref, old[ref].level, new[ref].level)


def _namespaces(
    before: Snapshot, after: Snapshot, concerned: Iterable[ObjectRef]
) -> Iterator[NamespaceChange]:
    names = {ref.name if ref.kind == "Namespace" else ref.namespace for ref in concerned}
    for name in sorted(names - {""}):
        old, new = tighten(before, name), tighten(after, name)
        enforced = old.enforced.level, new.enforced.level
        could = old.level or "", new.level or ""
        if enforced[0] != enforced[1] or (could[0] != could[1] and old.workloads and new.workloads):
            yield NamespaceChange(name, enforced, could)


def _rollout(snapshot: Snapshot, after: Snapshot, ref: ObjectRef) -> Rollout:
    workload = workload_named(snapshot, ref)
    pods = 0 if workload is None else sum(not pod.finished for pod in workload.pods)
    return Rollout(ref, pods, _refusal(after, ref))


def _refusal(after: Snapshot, ref: ObjectRef) -> str:
    """``baseline:latest: host namespaces (hostPID=true)``; empty when new pods are admitted or that is not known."""
    workload = workload_named(after, ref)
    if workload is None:
        return ""
    policy, minor = enforced(after, ref.namespace)
    asked = judge(workload.spec, workload.annotations)
    if not asked.refuses(policy.level, minor):
        return ""
    return f"{policy}: {asked.evaluate(policy.level, NEWEST if minor is None else minor).detail}"


def _opens(simulation: Simulation) -> bool:
    """Whether anything that lets clients in was changed: a policy, a Service, a pod's ports or labels."""
    return publishes(simulation.after) or any(
        _doors(simulation.before[ref]) != _doors(document) for ref, document in simulation.after.items()
    )


def _doors(document: Document | None) -> Any:
    """What of a pod template decides by which doors it is reached; None for other objects."""
    bare = document if document is not None and document.get("kind") == "Pod" else None
    template = bare or template_in(document)
    if template is None:
        return None
    meta, spec = template.get("metadata") or {}, template.get("spec") or {}
    return meta.get("labels"), spec.get("hostNetwork"), [item.get("ports") for item in _containers(spec)]


def _containers(spec: dict[str, Any]) -> list[dict[str, Any]]:
    lists = (spec.get(name) for name in ("initContainers", "containers"))
    return [item for found in lists if isinstance(found, list) for item in found if isinstance(item, dict)]


def _counted(count: int, one: str, many: str = "") -> str:
    return f"{count:,} {one if count == 1 else many or f'{one}s'}"
