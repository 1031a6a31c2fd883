"""Patches that apply and that the API server would refuse all the same are refused before they are exported."""

from __future__ import annotations

from typing import Any

import pytest

from ksec_tui.findings.fix import PatchType
from ksec_tui.fixes.apply import apply
from ksec_tui.fixes.errors import PatchError
from ksec_tui.fixes.guards import guard
from tests.fixes.objects import change_of, deployment, pod_patch


def an(kind: str, version: str = "v1", **fields: Any) -> dict[str, Any]:
    return {"apiVersion": version, "kind": kind, "metadata": {"name": "x", "namespace": "n"}, **fields}


def try_to(document: dict[str, Any], patch: dict[str, Any]) -> None:
    change = change_of(document, PatchType.STRATEGIC.value, patch)
    guard(document, apply(document, change), change)


SERVICE = an("Service", spec={"type": "ClusterIP", "clusterIP": "10.0.0.1", "ports": [{"port": 80}]})
CLAIM = an(
    "PersistentVolumeClaim", spec={"storageClassName": "a", "resources": {"requests": {"storage": "1"}}}
)
JOB = an("Job", "batch/v1", spec={"template": {"spec": {"containers": [{"name": "app"}]}}, "backoffLimit": 1})
SET = an("StatefulSet", "apps/v1", spec={"volumeClaimTemplates": [{"metadata": {"name": "d"}}]})
POD = an("Pod", spec={"containers": [{"name": "app"}], "ephemeralContainers": [{"name": "debug"}]})
BINDING = an(
    "RoleBinding", "rbac.authorization.k8s.io/v1", roleRef={"kind": "Role", "name": "a"}, subjects=[]
)


@pytest.mark.parametrize(
    ("document", "patch", "field"),
    [
        (SERVICE, {"spec": {"clusterIP": None}}, "spec.clusterIP of a Service"),
        (SERVICE, {"spec": {"clusterIP": "10.0.0.2"}}, "spec.clusterIP of a Service"),
        (CLAIM, {"spec": {"storageClassName": "b"}}, "spec.storageClassName of a PersistentVolumeClaim"),
        (
            JOB,
            {"spec": {"template": {"spec": {"hostPID": None, "hostIPC": False}}}},
            "spec.template of a Job",
        ),
        (SET, {"spec": {"volumeClaimTemplates": []}}, "spec.volumeClaimTemplates of a StatefulSet"),
        (SET, {"spec": {"selector": {"matchLabels": {"a": "b"}}}}, "spec.selector of a StatefulSet"),
        (BINDING, {"roleRef": {"name": "b"}}, "roleRef of a RoleBinding"),
        (POD, {"spec": {"hostPID": False}}, "spec.hostPID of a Pod"),
        (
            POD,
            {"spec": {"ephemeralContainers": [{"name": "debug", "tty": False}]}},
            "spec.ephemeralContainers of a Pod",
        ),
        (an("Secret", type="Opaque"), {"type": "x"}, "type of a Secret"),
        (
            an("StorageClass", "storage.k8s.io/v1", reclaimPolicy="Delete"),
            {"reclaimPolicy": "Retain"},
            "reclaim",
        ),
    ],
)
def test_a_field_that_cannot_be_changed_is_not_patched(
    document: dict[str, Any], patch: dict[str, Any], field: str
) -> None:
    with pytest.raises(PatchError, match=f"{field}.*cannot be changed in place"):
        try_to(document, patch)


@pytest.mark.parametrize(
    ("document", "patch"),
    [
        (SERVICE, {"spec": {"type": "NodePort"}}),
        (SERVICE, {"spec": {"type": "ExternalName", "clusterIP": None, "externalName": "a.example"}}),
        (an("Service", spec={}), {"spec": {"clusterIP": "None"}}),
        (CLAIM, {"spec": {"resources": {"requests": {"storage": "2"}}}}),
        (JOB, {"spec": {"backoffLimit": 2}}),
        (SET, {"spec": {"template": {"spec": {"hostPID": None}}}}),
        (POD, {"metadata": {"labels": {"a": "b"}}}),
        (POD, {"spec": {"containers": [{"name": "app", "image": "b"}]}}),
        (BINDING, {"subjects": [{"kind": "User", "name": "u"}]}),
    ],
)
def test_what_can_be_changed_is_patched(document: dict[str, Any], patch: dict[str, Any]) -> None:
    try_to(document, patch)


@pytest.mark.parametrize(
    ("kind", "version", "maker"),
    [("Pod", "v1", "ReplicaSet"), ("Pod", "v1", "Node"), ("ReplicaSet", "apps/v1", "Deployment")],
)
def test_what_a_controller_makes_is_not_patched(kind: str, version: str, maker: str) -> None:
    made = an(kind, version)
    made["metadata"]["ownerReferences"] = [{"kind": maker, "name": "m", "controller": True}]
    with pytest.raises(PatchError, match=f"is made by {maker} m"):
        try_to(made, {"metadata": {"labels": {"a": "b"}}})
    made["metadata"]["ownerReferences"][0]["controller"] = False
    try_to(made, {"metadata": {"labels": {"a": "b"}}})


def test_a_directive_that_would_stay_in_the_object_is_refused() -> None:
    volume = {"name": "new", "emptyDir": {}, "$retainKeys": ["name", "emptyDir"]}
    with pytest.raises(PatchError, match=r"leave its directive \$retainKeys"):
        try_to(deployment(), pod_patch(volumes=[volume]))
    try_to(deployment(volumes=[{"name": "new", "hostPath": {"path": "/"}}]), pod_patch(volumes=[volume]))


@pytest.mark.parametrize(
    ("version", "kind", "name", "taken"),
    [
        ("v1", "ServiceAccount", "web.v1-2", True),
        ("v1", "ServiceAccount", "web-*1", False),
        ("v1", "ServiceAccount", "web-", False),
        ("v1", "ServiceAccount", "Web", False),
        ("v1", "ServiceAccount", "a" * 254, False),
        ("rbac.authorization.k8s.io/v1", "Role", "system:Web*", True),
        ("rbac.authorization.k8s.io/v1", "Role", "a/b", False),
        ("rbac.authorization.k8s.io/v1", "Role", "a%b", False),
    ],
)
def test_a_new_object_has_a_name_that_the_server_takes(
    version: str, kind: str, name: str, taken: bool
) -> None:
    document = an(kind, version)
    document["metadata"]["name"] = name
    change = change_of(document, "create", document)
    if taken:
        guard(None, document, change)
        return
    with pytest.raises(PatchError, match="is no name for a new"):
        guard(None, document, change)
