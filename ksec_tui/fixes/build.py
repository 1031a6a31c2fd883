"""Words in which checks say what to change: patches at the right place for the right kind."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from ksec_tui.analysis.workloads import Placed, Workload
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.findings.fix import Change, Fix, PatchType, Risk

Body = dict[str, Any]


def strategic(target: ObjectRef, body: Body) -> Change:
    """A strategic merge patch of a built-in kind."""
    return Change(target, PatchType.STRATEGIC, body)


def json_patch(target: ObjectRef, *operations: Body) -> Change:
    """A JSON Patch; start with `test` operations wherever a position is named."""
    return Change(target, PatchType.JSON, list(operations))


def op(name: str, path: str, value: Any = None) -> Body:
    """One JSON Patch operation; `remove` takes no value."""
    return {"op": name, "path": path} if name == "remove" else {"op": name, "path": path, "value": value}


def create(target: ObjectRef, document: Body, notes: Iterable[str] = ()) -> Change:
    """A new object, complete with apiVersion, kind and metadata; `notes` say why it is as it is."""
    return Change(target, PatchType.CREATE, document, notes=tuple(notes))


def delete(target: ObjectRef) -> Change:
    """The object goes."""
    return Change(target, PatchType.DELETE)


def pod_template(workload: Workload, spec: Body) -> Change:
    """A strategic merge patch of a workload's pod spec, at the place its kind has it."""
    body: Body = spec
    for part in reversed(workload.pointer.strip("/").split("/")):
        body = {part: body}
    return strategic(workload.ref, body)


def containers(
    workload: Workload, wanted: Callable[[Placed], Body | None], pod_spec: Body | None = None
) -> Change | None:
    """A patch that merges `wanted(placed)` into each container of the template for which it is not None.

    Containers that only live pods have cannot be reached through the template and are left out.
    `pod_spec` is merged beside the containers. None when there is nothing to change.
    """
    lists: Body = {}
    for item in workload.placed:
        body = None if item.injected or item.list == "ephemeralContainers" else wanted(item)
        if body is not None:
            lists.setdefault(item.list, []).append({"name": item.container.name, **body})
    spec = {**(pod_spec or {}), **lists}
    return pod_template(workload, spec) if spec else None


def workload_fix(
    workload: Workload,
    title: str,
    change: Change | None,
    risk: Risk,
    *,
    may_break: str,
    steps: Iterable[str] = (),
) -> Fix | None:
    """A fix of a workload's template; for what no patch reaches, the same as steps for a human.

    A bare pod's spec cannot be changed in place, a Job's template is immutable, a static pod is a file on
    its node, and an owner that was not read cannot be patched.
    """
    if change is None:
        return None
    if workload.patchable:
        return Fix(title, (change,), risk, may_break, rolls_out=workload.ref.kind != "CronJob")
    if workload.static:
        where = (
            "Edit the manifest on its node (usually in /etc/kubernetes/manifests); the kubelet restarts it."
        )
    elif not workload.owner_read:
        owner = workload.object.controller
        name = f"{owner.kind} {owner.name}" if owner and workload.ref == workload.object.ref else workload.ref
        where = f"{name} makes these pods and was not read: change it there."
    else:
        where = (
            f"A {workload.ref.kind} cannot be changed in place: delete it and create it anew with the change."
        )
    return Fix(title, (), Risk.MANUAL, may_break, (*steps, where))
