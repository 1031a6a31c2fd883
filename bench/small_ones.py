"""Small objects, of which a cluster has more than of all others: ConfigMaps, Secrets, EndpointSlices, claims."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bench import shapes

_LABELS = {"app.kubernetes.io/name": "@APP@"}


def config_map() -> dict[str, object]:
    """A ConfigMap of one line."""
    return {"metadata": shapes.metadata("@NAME@", _LABELS), "data": {"mode": "production"}}


def secret() -> dict[str, object]:
    """A Secret without a payload: what the server is never asked for need not be made."""
    return {"metadata": shapes.metadata("@NAME@", _LABELS), "type": "Opaque", "data": {}}


def endpoint_slice() -> dict[str, object]:
    """The addresses of a Service: one."""
    labels = {"kubernetes.io/service-name": "@APP@", **_LABELS}
    conditions = {"ready": True, "serving": True, "terminating": False}
    return {
        "metadata": shapes.metadata("@NAME@", labels),
        "addressType": "IPv4",
        "endpoints": [{"addresses": ["@ADDRESS@"], "conditions": conditions}],
        "ports": [{"name": "http", "port": 8080, "protocol": "TCP"}],
    }


def claim() -> dict[str, object]:
    """A PersistentVolumeClaim."""
    return {
        "metadata": shapes.metadata("@NAME@", _LABELS),
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": "8Gi"}},
            "storageClassName": "standard",
            "volumeName": "pvc-@UID@",
            "volumeMode": "Filesystem",
        },
        "status": {"phase": "Bound", "accessModes": ["ReadWriteOnce"], "capacity": {"storage": "8Gi"}},
    }


SHAPES: Mapping[str, Callable[[], dict[str, object]]] = {
    "configmaps": config_map,
    "secrets": secret,
    "endpointslices.discovery.k8s.io": endpoint_slice,
    "persistentvolumeclaims": claim,
}

_SHARES = {
    "configmaps": 45,
    "secrets": 30,
    "endpointslices.discovery.k8s.io": 15,
    "persistentvolumeclaims": 10,
}
"""Of a hundred."""


def shares(count: int) -> dict[str, int]:
    """How many of each there are among `count`; nothing where there are none."""
    return {key: count * share // 100 for key, share in _SHARES.items()} if count else {}
