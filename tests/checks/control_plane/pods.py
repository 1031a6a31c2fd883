"""Pods of a control plane, as a kubelet publishes its static pods."""

from __future__ import annotations

from typing import Any

GOOD: dict[str, list[str]] = {
    "kube-apiserver": [
        "--anonymous-auth=false",
        "--authorization-mode=Node,RBAC",
        "--enable-admission-plugins=NodeRestriction,AlwaysPullImages,EventRateLimit",
        "--audit-policy-file=/etc/kubernetes/audit.yaml",
        "--audit-log-path=/var/log/audit.log",
        "--audit-log-maxage=30",
        "--audit-log-maxbackup=10",
        "--audit-log-maxsize=100",
        "--kubelet-certificate-authority=/pki/ca.crt",
        "--kubelet-client-certificate=/pki/client.crt",
        "--kubelet-client-key=/pki/client.key",
        "--profiling=false",
        "--service-account-extend-token-expiration=false",
        "--etcd-servers=https://127.0.0.1:2379",
        "--etcd-certfile=/pki/etcd.crt",
    ],
    "kube-controller-manager": [
        "--bind-address=127.0.0.1",
        "--profiling=false",
        "--use-service-account-credentials=true",
    ],
    "kube-scheduler": ["--bind-address=127.0.0.1", "--profiling=false"],
    "etcd": [
        "--listen-client-urls=https://127.0.0.1:2379,https://10.0.0.5:2379",
        "--listen-peer-urls=https://10.0.0.5:2380",
        "--listen-metrics-urls=http://127.0.0.1:2381",
        "--cert-file=/pki/server.crt",
        "--key-file=/pki/server.key",
        "--trusted-ca-file=/pki/ca.crt",
        "--client-cert-auth=true",
        "--peer-cert-file=/pki/peer.crt",
        "--peer-key-file=/pki/peer.key",
        "--peer-client-cert-auth=true",
    ],
}
"""Flags of a cluster in which nothing that can be seen is wrong."""


def static_pod(component: str, flags: list[str], *, node: str = "cp-1", **tweaks: Any) -> dict[str, Any]:
    """The mirror pod of a component; `tweaks` replace parts of its container, or its ``namespace``."""
    container = {
        "name": component,
        "image": f"registry.k8s.io/{component}:v1.35.2",
        "command": [component, *flags],
    }
    namespace = tweaks.pop("namespace", "kube-system")
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": f"{component}-{node}",
            "namespace": namespace,
            "annotations": {"kubernetes.io/config.mirror": "0123"},
            "ownerReferences": [
                {"apiVersion": "v1", "kind": "Node", "name": node, "uid": "1", "controller": True}
            ],
        },
        "spec": {"containers": [container | tweaks]},
    }


def control_plane(**changed: list[str]) -> list[dict[str, Any]]:
    """A good control plane, in which the components named (``kube_apiserver``) have other flags."""
    flags = GOOD | {name.replace("_", "-"): value for name, value in changed.items()}
    return [static_pod(component, value) for component, value in flags.items()]


def without(component: str, *names: str) -> list[str]:
    """The good flags of a component but those named."""
    return [flag for flag in GOOD[component] if flag.split("=")[0] not in names]
