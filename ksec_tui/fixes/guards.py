"""Patches that apply and are wrong all the same: what the API server would refuse or do by surprise."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ksec_tui.cluster.ingest import Document, is_unnamed
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.text import MAX_TEXT, clean
from ksec_tui.findings.fix import Change, PatchType
from ksec_tui.fixes.errors import PatchError
from ksec_tui.fixes.json_values import equal
from ksec_tui.fixes.rollout import template_in

# Fields that validation refuses to change (ValidatePodUpdate, ValidateJobUpdate, ValidateStatefulSetUpdate,
# ValidateDeploymentUpdate, ValidateRoleBindingUpdate, ValidatePersistentVolumeClaimUpdate, ValidateSecretUpdate,
# ValidateStorageClassUpdate, ValidateRuntimeClassUpdate, ValidatePriorityClassUpdate and ValidateIngressClassUpdate
# in pkg/apis of kubernetes/kubernetes).
_IMMUTABLE: dict[str, tuple[tuple[str, ...], ...]] = {
    "Job": (
        ("spec", "template"),
        ("spec", "selector"),
        ("spec", "completionMode"),
        ("spec", "podFailurePolicy"),
        ("spec", "backoffLimitPerIndex"),
        ("spec", "managedBy"),
        ("spec", "successPolicy"),
    ),
    "PersistentVolumeClaim": (
        ("spec", "accessModes"),
        ("spec", "dataSource"),
        ("spec", "selector"),
        ("spec", "storageClassName"),
        ("spec", "volumeMode"),
    ),
    "Secret": (("type",),),
    "StorageClass": (("provisioner",), ("parameters",), ("reclaimPolicy",), ("volumeBindingMode",)),
    "RuntimeClass": (("handler",),),
    "PriorityClass": (("value",), ("preemptionPolicy",)),
    "IngressClass": (("spec", "controller"),),
    "StatefulSet": (
        ("spec", "selector"),
        ("spec", "serviceName"),
        ("spec", "volumeClaimTemplates"),
        ("spec", "podManagementPolicy"),
    ),
    "Deployment": (("spec", "selector"),),
    "DaemonSet": (("spec", "selector"),),
    "ReplicaSet": (("spec", "selector"),),
    "RoleBinding": (("roleRef",),),
    "ClusterRoleBinding": (("roleRef",),),
}
_POD_MUTABLE = {"activeDeadlineSeconds", "tolerations", "schedulingGates", "containers", "initContainers"}
_MAKERS = {
    "CronJob",
    "DaemonSet",
    "Deployment",
    "Job",
    "Node",
    "ReplicaSet",
    "ReplicationController",
    "StatefulSet",
}
"""Built-in kinds that make objects from a template; Node stands for the kubelet's static pods."""
_WITHHELD = "(withheld: "
_LONGEST = 253
_SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")


def guard(before: Document | None, after: Document | None, change: Change) -> None:
    """Refuse a change that must not be exported.

    Raises:
        PatchError: it carries text or a name that was altered for display, its object has no name yet, would have one
            that the server does not take, or is made from the template of another, it changes an immutable field, it
            leaves a directive in the object, or it adds a container, a second source of a volume or a second value
            of a variable where it means to change one.
    """
    if any(_altered(text) for text in _texts(change.body)):
        raise PatchError(
            f"the change to {change.target} would carry text that was withheld or altered for display"
        )
    if before is not None and carries_altered_text([change.target.namespace, change.target.name]):
        raise PatchError(
            f"the name of {change.target} was altered for display: no patch could name the object"
        )
    if before is not None and is_unnamed(before):
        raise PatchError(f"{change.target} is named by the server when it is made: change it in its manifest")
    if before is None and after is not None and not _names_an_object(change.target):
        raise PatchError(f"{change.target.name} is no name for a new {change.target.kind}")
    if before is None or after is None:
        return
    _check_immutable(before, after)
    _check_maker(before, change)
    if change.type is PatchType.STRATEGIC:
        left = next(_directives(after), "") if any(_directives(change.body)) else ""
        if left:
            raise PatchError(f"the patch would leave its directive {left} in {change.target}")
        _check_pod_spec(_pod_spec(before), _pod_spec(after))


def _names_an_object(ref: ObjectRef) -> bool:
    """Whether the server takes the name: an RFC 1123 subdomain, for RBAC any segment of a path."""
    if ref.group == "rbac.authorization.k8s.io":
        return ref.name not in ("", ".", "..") and not set("/%") & set(ref.name)
    return len(ref.name) <= _LONGEST and _SUBDOMAIN.fullmatch(ref.name) is not None


def carries_altered_text(value: object) -> bool:
    """Whether somewhere in `value` stands text that was withheld, cut or made visible when it was read."""
    return any(_altered(text) for text in _texts(value))


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield str(key)
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)


def _check_maker(before: Document, change: Change) -> None:
    """Nothing lasts on what a controller makes: the next pod comes from the template again."""
    owners = _at(before, ("metadata", "ownerReferences"))
    for owner in owners if isinstance(owners, list) else ():
        if isinstance(owner, dict) and owner.get("controller") is True and owner.get("kind") in _MAKERS:
            maker = f"{owner['kind']} {owner.get('name')}"
            raise PatchError(f"{change.target} is made by {maker} and would be made anew without the change")


def _directives(value: object) -> Iterator[str]:
    """The keys that are directives of a strategic merge patch; no field or label starts with a dollar sign."""
    if isinstance(value, dict):
        for key, item in value.items():
            if str(key).startswith("$"):
                yield str(key)
            yield from _directives(item)
    elif isinstance(value, list):
        for item in value:
            yield from _directives(item)


def _altered(text: str) -> bool:
    return (
        _WITHHELD in text
        or "⟪U+" in text
        or len(text) > MAX_TEXT
        or any("␀" <= char <= "␡" for char in text)
        or clean(text) != text
    )


def _at(document: Document, path: tuple[str, ...]) -> Any:
    here: Any = document
    for key in path:
        here = here.get(key) if isinstance(here, dict) else None
    return here


def _check_immutable(before: Document, after: Document) -> None:
    kind = str(before.get("kind"))
    for path in _IMMUTABLE.get(kind, ()):
        if not equal(_at(before, path), _at(after, path)):
            raise PatchError(f"the field {'.'.join(path)} of a {kind} cannot be changed in place")
    if kind == "Service":
        _check_address(before, after)
    if kind != "Pod":
        return
    old, new = _pod_spec(before), _pod_spec(after)
    for key in sorted(old.keys() | new.keys()):
        if key not in _POD_MUTABLE and not equal(old.get(key), new.get(key)):
            raise PatchError(f"the field spec.{key} of a Pod cannot be changed in place")
    for key in ("containers", "initContainers"):
        without = [
            [{name: value for name, value in item.items() if name != "image"} for item in _items(spec, key)]
            for spec in (old, new)
        ]
        if not equal(*without):
            raise PatchError(f"the field spec.{key} of a Pod cannot be changed in place, but for images")


def _check_address(before: Document, after: Document) -> None:
    """The address of a Service stays while it has one (ValidateServiceUpdate: not where it becomes a name)."""
    if "ExternalName" in (_at(before, ("spec", "type")), _at(after, ("spec", "type"))):
        return
    old, new = (_at(document, ("spec", "clusterIP")) for document in (before, after))
    if old and new != old:
        raise PatchError("the field spec.clusterIP of a Service cannot be changed in place")


def _pod_spec(document: Document) -> dict[str, Any]:
    owner = document if document.get("kind") == "Pod" else template_in(document)
    spec = (owner or {}).get("spec")
    return spec if isinstance(spec, dict) else {}


def _items(spec: dict[str, Any], name: str) -> list[dict[str, Any]]:
    found = spec.get(name)
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def _check_pod_spec(old: dict[str, Any], new: dict[str, Any]) -> None:
    for key in ("containers", "initContainers", "ephemeralContainers"):
        known = {item.get("name"): item for item in _items(old, key)}
        for item in _items(new, key):
            name = item.get("name")
            if name not in known:
                raise PatchError(f"there is no container {name} in {key}: the patch would add one")
            for variable in _items(item, "env"):
                if "value" in variable and "valueFrom" in variable:
                    raise PatchError(f"variable {variable.get('name')} would have a value and a source")
    for volume in _items(new, "volumes"):
        if len(volume.keys() - {"name"}) > 1:
            raise PatchError(f"volume {volume.get('name')} would have two sources")
