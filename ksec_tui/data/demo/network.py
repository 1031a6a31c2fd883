"""EndpointSlices of the demo cluster, as the EndpointSlice controller makes them."""

from __future__ import annotations

from ksec_tui.data.demo.defaults import containers
from ksec_tui.data.demo.identity import Doc, owned, suffix
from ksec_tui.data.demo.pods import is_ready


def endpoint_slice(service: Doc, pods: list[Doc]) -> Doc:
    """The slice of a Service that has a selector; `pods` are those of the whole cluster."""
    meta, spec = service["metadata"], service["spec"]
    chosen = [
        pod
        for pod in pods
        if pod["metadata"]["namespace"] == meta["namespace"]
        and spec["selector"].items() <= pod["metadata"].get("labels", {}).items()
        and "podIP" in pod["status"]
        and pod["status"]["phase"] == "Running"
    ]
    labels = {
        "kubernetes.io/service-name": meta["name"],
        "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
    }
    if spec["clusterIP"] == "None":
        labels["service.kubernetes.io/headless"] = ""
    made: Doc = {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {
            "name": f"{meta['name']}-{suffix(meta['uid'], 'slice')}",
            "generateName": f"{meta['name']}-",
            "namespace": meta["namespace"],
            "labels": labels,
        },
        "addressType": "IPv4",
        "endpoints": [_endpoint(pod) for pod in chosen],
        "ports": [port for item in spec["ports"] if (port := _port(item, chosen)) is not None],
    }
    return owned(service, made)


def _endpoint(pod: Doc) -> Doc:
    ready = is_ready(pod)
    meta = pod["metadata"]
    return {
        "addresses": [pod["status"]["podIP"]],
        "conditions": {"ready": ready, "serving": ready, "terminating": False},
        "nodeName": pod["spec"]["nodeName"],
        "targetRef": {
            "kind": "Pod",
            "name": meta["name"],
            "namespace": meta["namespace"],
            "uid": meta["uid"],
        },
    }


def _port(item: Doc, pods: list[Doc]) -> Doc | None:
    """The port behind a service port; None when no chosen pod has a port of the wanted name."""
    target = item["targetPort"]
    if isinstance(target, str):
        named = [
            port["containerPort"]
            for pod in pods
            for container in containers(pod["spec"])
            for port in container.get("ports", [])
            if port.get("name") == target and port["protocol"] == item["protocol"]
        ]
        if not named:
            return None
        target = named[0]
    return {"name": item.get("name", ""), "port": target, "protocol": item["protocol"]}
