"""Builds the smallest clusters in which something can be reached."""

from __future__ import annotations

from typing import Any

from ksec_tui.analysis.network.exposure import Exposure, exposures
from ksec_tui.analysis.workloads import Workload, workload_named
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.findings.examples import snapshot_of

Tree = dict[str, Any]
PUBLIC = "203.0.113.7"


def meta(name: str, namespace: str = "shop", **fields: Any) -> Tree:
    return {"name": name, "namespace": namespace, **fields}


def deployment(
    name: str = "web",
    namespace: str = "shop",
    *,
    port: int = 8080,
    image: str = "registry.example/app:1.0.0",
    args: tuple[str, ...] = (),
    labels: Tree | None = None,
    ports: list[Tree] | None = None,
    **spec: Any,
) -> Tree:
    labels = labels or {"app": name}
    declared = ports if ports is not None else [{"name": "main", "containerPort": port}]
    container = {"name": "app", "image": image, "args": list(args), "ports": declared}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": meta(name, namespace),
        "spec": {
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [container], **spec}},
        },
    }


def daemon_set(name: str, image: str, *args: str) -> Tree:
    tree = deployment(name, "kube-system", image=image, args=args)
    return {**tree, "kind": "DaemonSet"}


def service(
    name: str = "web",
    namespace: str = "shop",
    *,
    address: str = "",
    hostname: str = "",
    annotations: Tree | None = None,
    selector: Tree | None = None,
    ports: list[Tree] | None = None,
    **spec: Any,
) -> Tree:
    found = {"ip": address} if address else {"hostname": hostname} if hostname else None
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": meta(name, namespace, annotations=annotations or {}),
        "spec": {
            "selector": {"app": name} if selector is None else selector,
            "ports": ports or [{"name": "http", "port": 80, "targetPort": "main"}],
            **spec,
        },
        "status": {"loadBalancer": {"ingress": [found]} if found else {}},
    }


def balancer(name: str = "web", namespace: str = "shop", address: str = PUBLIC, **fields: Any) -> Tree:
    """A load balancer that opens no node ports and keeps the client's address."""
    defaults = {"allocateLoadBalancerNodePorts": False, "externalTrafficPolicy": "Local"}
    return service(name, namespace, address=address, type="LoadBalancer", **{**defaults, **fields})


def ingress(
    name: str = "web",
    namespace: str = "shop",
    *,
    host: str = "shop.example.com",
    backend: str = "web",
    address: str = "",
    annotations: Tree | None = None,
    **spec: Any,
) -> Tree:
    path = {
        "path": "/",
        "pathType": "Prefix",
        "backend": {"service": {"name": backend, "port": {"number": 80}}},
    }
    rule: Tree = {"http": {"paths": [path]}}
    if host:
        rule["host"] = host
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": meta(name, namespace, annotations=annotations or {}),
        "spec": {"ingressClassName": "nginx", "rules": [rule], **spec},
        "status": {"loadBalancer": {"ingress": [{"ip": address}]} if address else {}},
    }


def ingress_class(name: str = "nginx", controller: str = "k8s.io/ingress-nginx") -> Tree:
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "IngressClass",
        "metadata": {"name": name},
        "spec": {"controller": controller},
    }


def policy(name: str = "guard", namespace: str = "shop", **spec: Any) -> Tree:
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": meta(name, namespace),
        "spec": {"podSelector": {}, **spec},
    }


def node(name: str, *addresses: tuple[str, str]) -> Tree:
    listed = [{"type": kind, "address": address} for kind, address in addresses]
    return {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}, "status": {"addresses": listed}}


def definition(name: str) -> Tree:
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": name},
    }


def gateway(*listeners: Tree, address: str = PUBLIC, **fields: Any) -> Tree:
    return {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "Gateway",
        "metadata": meta("public", "edge"),
        "spec": {"gatewayClassName": "edge", "listeners": list(listeners), **fields},
        "status": {"addresses": [{"type": "IPAddress", "value": address}]} if address else {},
    }


def listener(**fields: Any) -> Tree:
    defaults = {"name": "https", "port": 443, "protocol": "HTTPS"}
    return {**defaults, "allowedRoutes": {"namespaces": {"from": "All"}}, **fields}


def route(
    namespace: str = "shop", *, back: Tree | None = None, parent: Tree | None = None, **spec: Any
) -> Tree:
    return {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "HTTPRoute",
        "metadata": meta("web", namespace),
        "spec": {
            "parentRefs": [{"name": "public", "namespace": "edge", **(parent or {})}],
            "rules": [{"backendRefs": [{"name": "web", "port": 80, **(back or {})}]}],
            **spec,
        },
    }


def reached(*trees: Tree) -> list[Exposure]:
    return list(exposures(snapshot_of(trees)))


def zones(*trees: Tree) -> set[tuple[str, str]]:
    """(zone, certainty) of everything that can be reached."""
    return {(item.zone.value, item.certainty.value) for item in reached(*trees)}


def workload(*trees: Tree, name: str = "web", namespace: str = "shop") -> tuple[Any, Workload]:
    snapshot = snapshot_of(trees)
    found = workload_named(snapshot, ObjectRef(namespace, "Deployment", name, "apps"))
    assert found is not None
    return snapshot, found
