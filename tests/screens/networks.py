"""A small cluster with policies: a shop behind a load balancer, a guarded database, a namespace open to all."""

from __future__ import annotations

from ksec_tui.cluster.ingest import Document
from tests.screens.world import deployment, pod_of, thing

NETWORKING = "networking.k8s.io/v1"
APPS = (("web", "shop", 8080), ("idle", "shop", 9000), ("db", "data", 5432), ("open", "free", 80))


def serving(name: str, namespace: str, port: int) -> Document:
    """A Deployment that declares one port."""
    return deployment(name, namespace, ports=[{"containerPort": port, "name": "main"}])


def policy(name: str, namespace: str, **spec: object) -> Document:
    """A NetworkPolicy."""
    return thing(NETWORKING, "NetworkPolicy", name, namespace, spec=spec)


def from_pods(app: str, namespace: str, port: int | None = None) -> Document:
    """An ingress rule that admits the pods of one app in one namespace."""
    peer = {
        "podSelector": {"matchLabels": {"app": app}},
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}},
    }
    return {"from": [peer]} | ({"ports": [{"port": port}]} if port else {})


def networked(*more: Document) -> list[Document]:
    """Web and idle in shop, a db in data which only web reaches on 5432, open in free."""
    public = {
        "type": "LoadBalancer",
        "selector": {"app": "web"},
        "ports": [{"port": 5000, "targetPort": 8080}],
    }
    service = thing("v1", "Service", "web", "shop", spec=public)
    service["status"] = {"loadBalancer": {"ingress": [{"ip": "203.0.113.7"}]}}
    database = {"selector": {"app": "db"}, "ports": [{"port": 5432}]}
    return [
        *(thing("v1", "Namespace", name) for name in ("data", "free", "shop")),
        thing("v1", "ServiceAccount", "robot", "shop"),
        *(item for app in APPS for item in (serving(*app), *pod_of(app[0], app[1]))),
        service,
        thing("v1", "Service", "db", "data", spec=database),
        policy("closed", "data", podSelector={}, policyTypes=["Ingress"]),
        policy(
            "for-web",
            "data",
            podSelector={"matchLabels": {"app": "db"}},
            ingress=[from_pods("web", "shop", 5432)],
        ),
        *more,
    ]
