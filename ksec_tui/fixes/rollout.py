"""What becomes of live pods when the template that they come from changes."""

from __future__ import annotations

from typing import Any

from ksec_tui.analysis.likeness import CONTAINER_LISTS
from ksec_tui.analysis.workloads import made_by, workload_named
from ksec_tui.cluster.ingest import Document
from ksec_tui.cluster.pods import Pod
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot

Map = dict[str, Any]

_TOKEN_VOLUME = "kube-api-access-"  # noqa: S105 - serviceaccount admission: ServiceAccountVolumeName
_BY_CLASS = ("priority", "preemptionPolicy")
"""What admission works out of the priority class (plugin/pkg/admission/priority)."""
_MADE_OF_CONTAINERS = ("containers", "initContainers", "volumes")
_BY_HAND = {
    "ReplicaSet": "A ReplicaSet does not replace its pods: delete them for the change to take effect.",
    "ReplicationController": (
        "A ReplicationController does not replace its pods: delete them for the change to take effect."
    ),
    "CronJob": "Jobs that run already keep the old template; the next one has the new.",
}


def template_in(document: Document | None) -> Map | None:
    """The pod template in a controller's document, or None."""
    if document is None:
        return None
    spec = document.get("spec")
    if document.get("kind") == "CronJob":
        spec = _below(_below(spec, "jobTemplate"), "spec")
    template = _below(spec, "template")
    return template if isinstance(template, dict) and document.get("kind") != "Pod" else None


def _below(value: object, key: str) -> Any:
    return value.get(key) if isinstance(value, dict) else None


def takes_effect(before: Document | None, after: Document | None) -> str:
    """What must happen before a changed template reaches the pods, one sentence; empty when nothing must."""
    if after is None or template_in(before) == template_in(after):
        return ""
    kind = str(after.get("kind"))
    if kind in _BY_HAND:
        return _BY_HAND[kind]
    if _below(after.get("spec"), "paused") is True:
        return "It is paused: resume it for the change to take effect."
    strategy = _below(after.get("spec"), "updateStrategy")
    if _below(strategy, "type") == "OnDelete":
        return "Its update strategy is OnDelete: delete its pods for the change to take effect."
    kept = _below(_below(strategy, "rollingUpdate"), "partition")
    if isinstance(kept, int) and kept > 0:
        return f"Its update strategy keeps the pods below number {kept} as they are: lower the partition for them."
    return ""


def rolled_out(
    snapshot: Snapshot, ref: ObjectRef, before: Document | None, after: Document | None
) -> dict[ObjectRef, Document | None]:
    """The pods of the controller `ref` once its change from `before` to `after` has reached them.

    Pods get the new template, keep their node and what admission had added beyond the old template (the
    service account's token, injected containers), and lose debug containers. They go with a controller
    that is deleted, as do the controllers between them. Empty when the template did not change.
    """
    gone, pods = followers(snapshot, ref, before, after)
    result: dict[ObjectRef, Document | None] = dict.fromkeys(gone)
    for pod in pods:
        document = snapshot.document(pod.ref)
        if document is not None:
            result[pod.ref] = pod_from(document, template_in(before) or {}, template_in(after) or {})
    return result


def followers(
    snapshot: Snapshot, ref: ObjectRef, before: Document | None, after: Document | None
) -> tuple[tuple[ObjectRef, ...], tuple[Pod, ...]]:
    """What goes with a controller, and which of its pods are made anew when it changes."""
    old, new = template_in(before), template_in(after)
    workload = workload_named(snapshot, ref)
    if old is None or old == new or workload is None or not workload.owner_read:
        return (), ()
    if new is None:
        return (*made_by(snapshot, ref), *(pod.ref for pod in workload.pods)), ()
    return (), tuple(pod for pod in workload.pods if not pod.finished)


def pod_from(pod: Document, old: Map, new: Map) -> Document:
    """`pod`, made from template `old`, as it would be made from template `new`.

    A pod that its controller has not made but adopted is followed by one that has no containers of its own.
    The result shares parts with what it is made of.
    """
    old_spec, new_spec, live = _map(old, "spec"), _map(new, "spec"), _map(pod, "spec")
    meta = _map(pod, "metadata")
    if is_adopted(str(meta.get("name")), _list(meta, "ownerReferences")):
        live = {key: value for key, value in live.items() if key not in _MADE_OF_CONTAINERS}
    gone = {*old_spec}
    if old_spec.get("priorityClassName") != new_spec.get("priorityClassName"):
        gone.update(_BY_CLASS)
    spec: Map = {key: value for key, value in live.items() if key not in gone} | new_spec
    drop_token = new_spec.get("automountServiceAccountToken") is False
    for name, _ in CONTAINER_LISTS[:2]:
        spec[name] = _containers(_list(old_spec, name), _list(new_spec, name), _list(live, name), drop_token)
    volumes = _extra(_list(old_spec, "volumes"), _list(live, "volumes"), "name")
    spec["volumes"] = [
        *_list(new_spec, "volumes"),
        *_missing(_list(new_spec, "volumes"), volumes, "name", drop_token=drop_token),
    ]
    for name in ("volumes", "initContainers", "ephemeralContainers"):
        if name == "ephemeralContainers" or not spec.get(name):
            spec.pop(name, None)
    meta = dict(meta)
    for name in ("labels", "annotations"):
        was, now = _map(_map(old, "metadata"), name), _map(_map(new, "metadata"), name)
        meta[name] = {key: value for key, value in _map(meta, name).items() if key not in was} | now
    return {**pod, "metadata": meta, "spec": spec}


def is_adopted(name: str, owners: list[Map]) -> bool:
    """Whether a pod's name is none that its controller gives.

    That starts with the controller's own and a dash, cut to 58 characters
    (k8s.io/apiserver/pkg/storage/names: maxGeneratedNameLength).
    """
    controllers = [item for item in owners if item.get("controller") is True]
    return not all(name.startswith(f"{item.get('name')}-"[:58]) for item in controllers)


def _containers(old: list[Map], new: list[Map], live: list[Map], drop_token: bool) -> list[Map]:  # noqa: FBT001
    by_name = {item.get("name"): item for item in live}
    was = {item.get("name"): item for item in old}
    made = []
    for item in new:
        container = dict(item)
        running = by_name.get(item.get("name"), {})
        before = was.get(item.get("name"), {})
        for name, key in (("volumeMounts", "mountPath"), ("env", "name")):
            extra = _extra(_list(before, name), _list(running, name), key)
            rest = _missing(_list(item, name), extra, key, drop_token=drop_token)
            if rest:
                container[name] = [*_list(item, name), *rest]
        made.append(container)
    return [*made, *_missing(new, _extra(old, live, "name"), "name", drop_token=False)]


def _extra(old: list[Map], live: list[Map], key: str) -> list[Map]:
    """What admission added: items of `live` that `old` does not have."""
    known = {item.get(key) for item in old}
    return [item for item in live if item.get(key) not in known]


def _missing(new: list[Map], extra: list[Map], key: str, *, drop_token: bool) -> list[Map]:
    known = {item.get(key) for item in new}
    return [
        item
        for item in extra
        if item.get(key) not in known
        and not (drop_token and str(item.get("name", "")).startswith(_TOKEN_VOLUME))
    ]


def _map(value: Map, key: str) -> Map:
    found = value.get(key)
    return found if isinstance(found, dict) else {}


def _list(value: Map, key: str) -> list[Map]:
    found = value.get(key)
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []
