"""Objects with owners, marks and managedFields."""

from __future__ import annotations

from typing import Any

from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.findings.fix import Change
from ksec_tui.fixes.build import strategic

WEB = ObjectRef("shop", "Deployment", "web", "apps")


def owner(api_version: str, kind: str, name: str = "it", *, controller: bool = True) -> dict[str, Any]:
    """The part of metadata that names an owner."""
    reference = {"apiVersion": api_version, "kind": kind, "name": name, "uid": "u", "controller": controller}
    return {"ownerReferences": [reference]}


def template() -> dict[str, Any]:
    app = {"name": "app", "image": "shop/web:1", "securityContext": {"privileged": True}}
    return {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [app]}}


def deployment(**meta: Any) -> dict[str, Any]:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "shop", **meta},
        "spec": {"selector": {"matchLabels": {"app": "web"}}, "template": template()},
    }


def replica_set(**meta: Any) -> dict[str, Any]:
    named = {"name": "web-1", "namespace": "shop", **owner("apps/v1", "Deployment", "web"), **meta}
    return {
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "metadata": named,
        "spec": {"template": template()},
    }


def pod(**meta: Any) -> dict[str, Any]:
    named = {"name": "web-1-a", "namespace": "shop", **owner("apps/v1", "ReplicaSet", "web-1"), **meta}
    spec = {**template()["spec"], "nodeName": "node-1"}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": named, "spec": spec}


def wrote(
    manager: str, fields: Any, operation: str = "Update", time: str = "2026-01-02T03:04:05Z"
) -> dict[str, Any]:
    """One entry of managedFields."""
    return {
        "manager": manager,
        "operation": operation,
        "apiVersion": "apps/v1",
        "fieldsType": "FieldsV1",
        "fieldsV1": fields,
        "time": time,
    }


def container_fields(container: str, fields: Any) -> dict[str, Any]:
    """``fieldsV1`` that owns `fields` of one container of a template."""
    item = {f'k:{{"name":"{container}"}}': {".": {}, "f:name": {}, **fields}}
    return {"f:spec": {"f:template": {"f:spec": {"f:containers": item}}}}


PRIVILEGED = container_fields("app", {"f:securityContext": {".": {}, "f:privileged": {}}})
IMAGE = container_fields("app", {"f:image": {}})


def unprivileged(ref: ObjectRef = WEB) -> Change:
    """A patch that sets one field of one container."""
    body = {"containers": [{"name": "app", "securityContext": {"privileged": False}}]}
    return strategic(ref, {"spec": {"template": {"spec": body}}})
