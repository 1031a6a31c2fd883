"""A small cluster with ways for attackers: from the internet to cluster-admin, and from a pod to its node."""

from __future__ import annotations

from ksec_tui.cluster.ingest import Document
from tests.screens.world import RBAC, deployment, pod_of, thing


def binding(name: str, kind: str, subject: dict[str, str]) -> Document:
    """A ClusterRoleBinding of the ClusterRole `kind` for one subject."""
    ref = {"apiGroup": RBAC, "kind": "ClusterRole", "name": kind}
    return thing(f"{RBAC}/v1", "ClusterRoleBinding", name, subjects=[subject], roleRef=ref)


def attacked() -> list[Document]:
    """An Ingress leads to `front`, whose account may do everything; `tools` is privileged; a user reads Secrets."""
    every = {"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}
    secrets = {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get", "list"]}
    spec = {"selector": {"app": "front"}, "ports": [{"port": 80, "targetPort": 8080}], "type": "LoadBalancer"}
    status = {"loadBalancer": {"ingress": [{"ip": "203.0.113.7"}]}}
    front = deployment("front")
    front["spec"]["template"]["spec"]["containers"][0]["ports"] = [{"containerPort": 8080}]
    tools = deployment("tools", securityContext={"privileged": True})
    for item in (tools, *(found := list(pod_of("tools")))):
        pod = item["spec"]["template"]["spec"] if item["kind"] != "Pod" else item["spec"]
        pod["serviceAccountName"] = "idle"
        pod["nodeName"] = "node-1"
        pod["containers"][0]["securityContext"] = {"privileged": True}
    return [
        thing("v1", "Namespace", "shop"),
        thing("v1", "Node", "node-1"),
        thing("v1", "ServiceAccount", "robot", "shop"),
        thing("v1", "ServiceAccount", "idle", "shop"),
        front,
        *pod_of("front"),
        tools,
        *found,
        thing("v1", "Service", "front", "shop", spec=spec, status=status),
        thing(f"{RBAC}/v1", "ClusterRole", "anything", rules=[every]),
        thing(f"{RBAC}/v1", "ClusterRole", "secret-reader", rules=[secrets]),
        binding("robots", "anything", {"kind": "ServiceAccount", "name": "robot", "namespace": "shop"}),
        binding("readers", "secret-reader", {"kind": "User", "name": "anna", "apiGroup": RBAC}),
    ]
