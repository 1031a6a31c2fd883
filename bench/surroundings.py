"""What surrounds the synthetic pods: their owners, namespaces, nodes and permissions."""

from __future__ import annotations

from collections.abc import Iterator

from bench import shapes

_RBAC = "rbac.authorization.k8s.io/v1"


def _template(number: int) -> dict[str, object]:
    return {"metadata": {"labels": shapes.labels(number)}, "spec": shapes.pod_spec(number)}


def deployment(number: int) -> dict[str, object]:
    """The Deployment of shape ``number``."""
    return {
        "metadata": shapes.metadata(
            "@NAME@",
            shapes.labels(number),
            generation=1,
            managedFields=[shapes.managed("helm", shapes.pod_spec(number))],
        ),
        "spec": {
            "replicas": "@REPLICAS@",
            "selector": {"matchLabels": {"app.kubernetes.io/name": "@APP@"}},
            "template": _template(number),
            "strategy": {
                "type": "RollingUpdate",
                "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"},
            },
            "revisionHistoryLimit": 10,
        },
        "status": {"observedGeneration": 1, "replicas": "@REPLICAS@", "readyReplicas": "@REPLICAS@"},
    }


def replica_set(number: int) -> dict[str, object]:
    """The ReplicaSet of shape ``number``."""
    hashed = {**shapes.labels(number), "pod-template-hash": "@HASH@"}
    owners = shapes.owner("apps/v1", "Deployment", "@APP@", "@OWNER@")
    return {
        "metadata": shapes.metadata("@NAME@", hashed, generation=1, ownerReferences=owners),
        "spec": {
            "replicas": "@REPLICAS@",
            "selector": {"matchLabels": {"app.kubernetes.io/name": "@APP@", "pod-template-hash": "@HASH@"}},
            "template": {"metadata": {"labels": hashed}, "spec": shapes.pod_spec(number)},
        },
        "status": {"observedGeneration": 1, "replicas": "@REPLICAS@", "readyReplicas": "@REPLICAS@"},
    }


def service_account() -> dict[str, object]:
    """The ServiceAccount of an owner."""
    return {"metadata": shapes.metadata("@NAME@", {"app.kubernetes.io/name": "@APP@"})}


def service() -> dict[str, object]:
    """The Service of an owner."""
    ports = [{"name": "http", "port": 80, "targetPort": "http", "protocol": "TCP"}]
    selector = {"app.kubernetes.io/name": "@APP@"}
    spec = {"type": "ClusterIP", "selector": selector, "ports": ports, "sessionAffinity": "None"}
    return {"metadata": shapes.metadata("@NAME@", selector), "spec": spec, "status": {"loadBalancer": {}}}


def role_binding() -> dict[str, object]:
    """Lets an owner's ServiceAccount read its namespace."""
    return {
        "metadata": shapes.metadata("@NAME@", {"app.kubernetes.io/name": "@APP@"}),
        "subjects": [{"kind": "ServiceAccount", "name": "@APP@", "namespace": "@NAMESPACE@"}],
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "reader"},
    }


def namespace(name: str, *, restricted: bool) -> Iterator[dict[str, object]]:
    """A namespace with its Role and two NetworkPolicies, of which one isolates only if ``restricted``."""
    labels = {"kubernetes.io/metadata.name": name}
    if restricted:
        labels["pod-security.kubernetes.io/enforce"] = "restricted"
    yield {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": name, "labels": labels},
        "spec": {"finalizers": ["kubernetes"]},
        "status": {"phase": "Active"},
    }
    rules = [{"apiGroups": [""], "resources": ["pods", "configmaps"], "verbs": ["get", "list", "watch"]}]
    place = {"name": "reader", "namespace": name}
    yield {"apiVersion": _RBAC, "kind": "Role", "metadata": place, "rules": rules}
    web = {"matchLabels": {"tier": "web"}}
    specs: dict[str, dict[str, object]] = {
        "from-web": {
            "podSelector": {"matchLabels": {"tier": "backend"}},
            "ingress": [{"from": [{"podSelector": web}], "ports": [{"port": 8080, "protocol": "TCP"}]}],
            "policyTypes": ["Ingress"],
        },
        "everyone": {"podSelector": {}, "ingress": [] if restricted else [{}], "policyTypes": ["Ingress"]},
    }
    for policy, spec in specs.items():
        yield {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "NetworkPolicy",
            "metadata": {"name": policy, "namespace": name},
            "spec": spec,
        }


def node(name: str) -> dict[str, object]:
    """A ready worker."""
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": {"kubernetes.io/hostname": name, "kubernetes.io/os": "linux"}},
        "spec": {"podCIDR": "10.64.0.0/24"},
        "status": {
            "conditions": [{"type": "Ready", "status": "True"}],
            "nodeInfo": {
                "machineID": name,
                "systemUUID": name,
                "bootID": name,
                "kubeletVersion": "v1.36.1",
                "kubeProxyVersion": "",
                "containerRuntimeVersion": "containerd://2.2.1",
                "kernelVersion": "6.12.0",
                "osImage": "Debian GNU/Linux 13 (trixie)",
                "operatingSystem": "linux",
                "architecture": "amd64",
            },
        },
    }


def cluster_roles() -> Iterator[dict[str, object]]:
    """``cluster-admin`` and the group that holds it."""
    everything = [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"}
    group = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": "system:masters"}
    place = {"name": "cluster-admin"}
    yield {"apiVersion": _RBAC, "kind": "ClusterRole", "metadata": place, "rules": everything}
    yield {
        "apiVersion": _RBAC,
        "kind": "ClusterRoleBinding",
        "metadata": place,
        "roleRef": reference,
        "subjects": [group],
    }
