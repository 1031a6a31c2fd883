"""The way of one workload to the Pod Security level restricted: one change, or why there is none."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from ksec_tui.analysis.pod_security import Barrier, barriers, judged, server_policy
from ksec_tui.analysis.workloads import Workload
from ksec_tui.cluster.ingest import Document, item_from_tree
from ksec_tui.cluster.kinds import DEPLOYMENT, POD
from ksec_tui.cluster.pods import Pod
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.cluster.workloads import Deployment
from ksec_tui.findings.check import WORKLOADS, Check
from ksec_tui.findings.fix import Fix, Risk
from ksec_tui.findings.runner import judge_one
from ksec_tui.findings.verdict import Verdict
from ksec_tui.fixes.apply import apply
from ksec_tui.fixes.between import change_between
from ksec_tui.fixes.build import workload_fix
from ksec_tui.fixes.errors import PatchError
from ksec_tui.fixes.guards import guard
from ksec_tui.fixes.offer import lasting
from ksec_tui.fixes.rollout import pod_from, template_in

LEVEL = "restricted"
_POINTER = "/spec/template/spec"


class Reach(msgspec.Struct, frozen=True):
    """How a workload gets to restricted.

    Attributes:
        workload: the workload.
        fix: the change, as one patch of the owner, or steps where the API refuses one; None when there is
            nothing to change, or nothing can be.
        checks: the checks whose fixes it is made of.
        reasons: why the level is not reached all the same, one sentence each; empty when it is.
        template: the pod template after the change; None when it was not read.
    """

    workload: ObjectRef
    fix: Fix | None
    checks: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    template: Document | None = None

    @property
    def reached(self) -> bool:
        """Whether all pods that come from it are admitted once the change is made."""
        return not self.reasons


class _Draft(msgspec.Struct):
    """A template on its way, as that of a Deployment: patches that bare pods and Jobs do not take are tried here."""

    document: Document
    workload: Workload
    checks: list[str]
    fixes: list[Fix]


def restricted_changes(
    snapshot: Snapshot, workload: Workload, checks: Iterable[Check[Any]], *, whole: Document | None = None
) -> Reach:
    """What brings a workload to restricted, in the server's version of the policy (unknown: in every version).

    It is made of the fixes of those `checks` that judge workloads and name a level of Pod Security among their
    references, each taken only where it removes something that the level refuses. Nothing is invented: neither a
    user id nor a place for what a volume holds. Where the Snapshot holds only a part of the owner, `whole` is all of
    it, fetched by the caller.
    """
    if workload.system:
        return Reach(workload.ref, None, reasons=("It is part of Kubernetes itself and needs what it has.",))
    held = snapshot.whole(workload.object.ref)
    document = snapshot.document(workload.object.ref) if held else whole
    template = _template(document)
    if document is None or template is None:
        return Reach(workload.ref, None, reasons=("Only a part of it was read: no patch can be proven.",))
    draft = _draft(workload, template)
    if draft is None:
        return Reach(workload.ref, None, reasons=("Its pod template could not be read.",))
    minor = server_policy(snapshot)
    known = [item for item in checks if item.on is WORKLOADS and _about_levels(item)]
    while _step(draft, known, snapshot, minor):
        pass
    _complete(draft, minor)
    after = draft.document["spec"]["template"]
    left = [*_left(draft, minor)]
    fix = None
    try:
        fix = _fix(workload, document, template, after, draft)
    except PatchError as error:
        left.append(f"{error}.")
    if fix is not None and not fix.changes:
        left.append(fix.steps[-1])
    elif fix is not None and (by_hand := lasting(fix, snapshot)) is not fix:
        fix = by_hand
        left.append(fix.steps[0])
    left += _injected(snapshot, workload, template, draft, minor)
    return Reach(workload.ref, fix, tuple(draft.checks), tuple(dict.fromkeys(left)), after)


def _about_levels(item: Check[Any]) -> bool:
    return item.make_fix is not None and any(name.startswith("PSS ") for name in item.references)


def _template(document: Document | None) -> Document | None:
    """The template of a controller; of a bare pod, what a template for it would be."""
    if document is None or document.get("kind") != "Pod":
        return template_in(document)
    meta = document.get("metadata", {})
    kept = {key: meta[key] for key in ("labels", "annotations") if key in meta}
    return {"metadata": kept, "spec": document.get("spec", {})}


def _draft(workload: Workload, template: Document) -> _Draft | None:
    meta = {"name": workload.ref.name, "namespace": workload.namespace}
    document = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": meta}
    whole = {**document, "spec": {"template": copy.deepcopy(template)}}
    read = _read(whole)
    return None if read is None else _Draft(whole, read, [], [])


def _read(document: Document) -> Workload | None:
    item = item_from_tree(DEPLOYMENT, document)
    if not isinstance(item.object, Deployment):
        return None
    made = item.object.spec.template
    return Workload(
        item.object.ref, item.object, made.spec, made.metadata.labels, made.metadata.annotations, _POINTER, ()
    )


def _barriers(workload: Workload, minor: int | None) -> tuple[Barrier, ...]:
    return barriers(workload.spec, workload.annotations, LEVEL, minor, _POINTER)


def _open(workload: Workload, minor: int | None) -> int:
    """How many fields stand in the way."""
    return sum(len(barrier.fields) for barrier in _barriers(workload, minor))


def _step(draft: _Draft, checks: Iterable[Check[Any]], snapshot: Snapshot, minor: int | None) -> bool:
    """Take in every fix that leaves fewer fields in the way; whether there was one."""
    before = _open(draft.workload, minor)
    for item in checks:
        if not _open(draft.workload, minor):
            break
        finding = judge_one(snapshot, item, draft.workload)
        if finding is None or finding.verdict is not Verdict.FAIL or item.make_fix is None:
            continue
        fix = item.make_fix(draft.workload, snapshot)
        if fix is not None and fix.changes:
            _try(draft, item.id, fix, minor)
    return _open(draft.workload, minor) < before


def _try(draft: _Draft, check: str, fix: Fix, minor: int | None) -> None:
    document: Document | None = draft.document
    try:
        for change in fix.changes:
            changed = apply(document, change)
            guard(document, changed, change)
            document = changed
    except PatchError:
        return
    read = None if document is None else _read(document)
    if document is None or read is None or _open(read, minor) >= _open(draft.workload, minor):
        return
    draft.document, draft.workload = document, read
    draft.fixes.append(fix)
    if check not in draft.checks:
        draft.checks.append(check)


def _complete(draft: _Draft, minor: int | None) -> None:
    """What only the level asks for, since it is no weakness by itself: a user that is not root already, say."""
    for barrier in _barriers(draft.workload, minor):
        document = copy.deepcopy(draft.document)
        if barrier.check == "runAsNonRoot":
            spec = document["spec"]["template"]["spec"]
            _parent(spec, "securityContext")["runAsNonRoot"] = True
            said = "Run as the user that is set, and never as root"
            fix = Fix(said, (), Risk.SAFE)
        elif barrier.check == "capabilities_restricted":
            fix = Fix(
                "Drop every capability but NET_BIND_SERVICE",
                (),
                Risk.REVIEW,
                "Programs that change owners or users of files and processes fail without the capability.",
            )
            for field in barrier.fields:
                _limit(document, field)
        else:
            continue
        read = _read(document)
        if read is not None and _open(read, minor) < _open(draft.workload, minor):
            draft.document, draft.workload = document, read
            draft.fixes.append(fix)


def _limit(document: Document, field: str) -> None:
    *parents, last = field.strip("/").split("/")
    here: Any = document
    for part in parents:
        here = here[int(part)] if isinstance(here, list) else _parent(here, part)
    kept = [name for name in here.get("add", ()) if name == "NET_BIND_SERVICE"]
    if last == "drop":
        here["drop"] = ["ALL"]
    elif kept:
        here["add"] = kept
    else:
        here.pop("add", None)


def _parent(tree: Document, key: str) -> Any:
    if not isinstance(tree.get(key), (dict, list)):
        tree[key] = {}
    return tree[key]


def _left(draft: _Draft, minor: int | None) -> Iterator[str]:
    for barrier in _barriers(draft.workload, minor):
        if barrier.check != "restrictedVolumes":
            yield f"{barrier.reason} ({barrier.detail}): whether it can go is for whoever runs it to say."
            continue
        for field in barrier.fields:
            at, source = field.rsplit("/", 2)[1:]
            volume = draft.workload.spec.volumes[int(at)]
            on_node = volume.host_path
            what = f"the node's {on_node.path}" if on_node is not None else f"of the type {source}"
            yield (
                f"Volume {volume.name} is {what}: whether a claim, a driver or scratch space can take its place, "
                "and where its data goes, is for whoever runs it to say."
            )


def _fix(
    workload: Workload, document: Document, before: Document, after: Document, draft: _Draft
) -> Fix | None:
    """The change of the workload itself.

    Raises:
        PatchError: no patch can be exported.
    """
    changed = _with_template(document, before, after)
    change = change_between(workload.object.ref, document, changed)
    if change is None:
        return None
    if workload.patchable:
        guard(document, changed, change)
    risk = max((fix.risk for fix in draft.fixes), key=lambda item: item.rank, default=Risk.REVIEW)
    may_break = " ".join(dict.fromkeys(fix.may_break for fix in draft.fixes if fix.may_break))
    title = f"Bring {workload.ref.kind} {workload.ref.name} to the Pod Security level {LEVEL}"
    steps = tuple(fix.title for fix in draft.fixes)
    made = workload_fix(workload, title, change, risk, may_break=may_break, steps=steps)
    if made is None or not made.changes:
        return made
    besides = dict.fromkeys(step for fix in draft.fixes for step in fix.steps)
    return msgspec.structs.replace(made, steps=tuple(besides))


def _with_template(document: Document, before: Document, after: Document) -> Document:
    """`document` with `after` in the place of its template `before`."""
    if document.get("kind") == "Pod":
        meta = {key: value for key, value in document["metadata"].items() if key != "annotations"}
        return {**document, "metadata": {**meta, **after["metadata"]}, "spec": after["spec"]}
    return {
        key: after
        if value is before
        else _with_template(value, before, after)
        if isinstance(value, dict)
        else value
        for key, value in document.items()
    }


def _injected(
    snapshot: Snapshot, workload: Workload, before: Document, draft: _Draft, minor: int | None
) -> Iterator[str]:
    """What live pods have beyond their template, and would have again."""
    known = {barrier.check for barrier in _barriers(draft.workload, minor)}
    after = draft.document["spec"]["template"]
    for _, ref, _ in judged(workload):
        held = snapshot.document(ref) if ref != workload.object.ref else None
        item = None if held is None else item_from_tree(POD, pod_from(held, before, after))
        if item is None or not isinstance(item.object, Pod):
            continue
        pod = item.object
        for barrier in barriers(pod.spec, pod.metadata.annotations, LEVEL, minor):
            if barrier.check not in known:
                yield f"Its pods get more than its template has: {barrier.reason} ({barrier.detail})."
