"""Puts the objects of the demo cluster on a real server."""

from __future__ import annotations

import base64
import json
import subprocess
import threading
import time

from ksec_tui.analysis.pod_security.labels import PREFIX
from ksec_tui.cluster.kinds import KINDS
from ksec_tui.data.demo import documents
from tests.control_plane.certificates import OPENSSL
from tests.control_plane.client import MERGE_PATCH, Client, RefusedError, Tree

_ORDER = (
    "CustomResourceDefinition",
    "Namespace",
    "StorageClass",
    "ServiceAccount",
    "Node",
    "Deployment",
    "StatefulSet",
    "DaemonSet",
    "CronJob",
    "ReplicationController",
    "ReplicaSet",
    "Job",
    "Pod",
)
"""Owners before what they own, accounts before the pods that run as them."""
_LAST = (
    "ResourceQuota",
    "LimitRange",
    "ValidatingAdmissionPolicyBinding",
    "MutatingWebhookConfiguration",
    "ValidatingWebhookConfiguration",
)
"""What would have a say in the rest."""
MISSPELT = "sandbox"
"""Its Pod Security labels are misspelt, which a server takes only from the time before it knew them."""

_GATEWAY_CLASSES: Tree = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "gatewayclasses.gateway.networking.k8s.io", "uid": "gateway-classes"},
    "spec": {
        "group": "gateway.networking.k8s.io",
        "names": {"kind": "GatewayClass", "plural": "gatewayclasses"},
        "scope": "Cluster",
    },
}
"""The demo cluster has such an object without saying where it is served."""
_SERVED_SECONDS = 30.0
CANARY = "canary-that-nobody-may-see"
"""In every Secret and ConfigMap."""
_PAYLOAD = json.dumps({"auths": {"registry.example": {"username": "u", "password": CANARY}}})
_KEYS = {
    "kubernetes.io/tls": ("tls.crt", "tls.key"),
    "kubernetes.io/dockerconfigjson": (".dockerconfigjson",),
    "kubernetes.io/basic-auth": ("username", "password"),
    "kubernetes.io/ssh-auth": ("ssh-privatekey",),
}

_SERVER_SET = ("uid", "creationTimestamp", "resourceVersion", "generation", "managedFields")
_PLURALS = {kind.name: kind.plural for kind in KINDS} | {
    "HorizontalPodAutoscaler": "horizontalpodautoscalers",
    "PodDisruptionBudget": "poddisruptionbudgets",
    "PriorityClass": "priorityclasses",
    "StorageClass": "storageclasses",
}


def put_demo(admin: Client) -> None:
    """All objects with their status, as near to the demo cluster as a server takes them.

    Namespaces get the labels of Pod Security last: some pods are older than those.
    """
    trees = sorted([*documents(), _GATEWAY_CLASSES], key=_rank)
    uids: dict[str, str] = {}
    for tree in trees:
        # Owners, selectors and labels name the uid of other objects; here those have others.
        text = json.dumps(_acceptable(tree))
        for old, new in uids.items():
            text = text.replace(old, new)
        uids[_meta(tree)["uid"]] = _put(admin, json.loads(text))
        if tree["kind"] == "CustomResourceDefinition":
            group, plural = tree["spec"]["group"], tree["spec"]["names"]["plural"]
            _wait_until_served(admin, f"/apis/{group}/v1/{plural}")
    for tree in trees:
        if tree["kind"] == "Namespace" and _meta(tree)["name"] != MISSPELT:
            admin.patch(f"/api/v1/namespaces/{_meta(tree)['name']}", {"metadata": {"labels": _labels(tree)}})


def path_of(tree: Tree) -> str:
    """The path of the collection that an object belongs to."""
    version, space = str(tree["apiVersion"]), _meta(tree).get("namespace")
    root = f"/apis/{version}" if "/" in version else f"/api/{version}"
    return (
        f"{root}/namespaces/{space}/{_PLURALS[tree['kind']]}" if space else f"{root}/{_PLURALS[tree['kind']]}"
    )


def _rank(tree: Tree) -> int:
    kind = str(tree["kind"])
    if kind in _LAST:
        return len(_ORDER) + 1
    return _ORDER.index(kind) if kind in _ORDER else len(_ORDER)


def _put(admin: Client, tree: Tree) -> str:
    """Create an object, or bring the one that the server made into its shape; its uid."""
    path, status = path_of(tree), tree.pop("status", None)
    own = f"{path}/{_meta(tree)['name']}"
    try:
        made = admin.post(path, tree)
    except RefusedError as error:
        # The Service of the server itself is refused for its address, not for its name.
        if error.reason != "AlreadyExists" and own != "/api/v1/namespaces/default/services/kubernetes":
            raise AssertionError(f"{tree['kind']} {_meta(tree)['name']}: {error}") from error
        made = admin.patch(own, tree)
    if status and tree["kind"] not in ("CustomResourceDefinition", "APIService", "Namespace"):
        part = "approval" if tree["kind"] == "CertificateSigningRequest" else "status"
        admin.ask("PATCH", f"{own}/{part}", {"status": status}, content_type=MERGE_PATCH)
    return str(_meta(made)["uid"])


def _wait_until_served(admin: Client, path: str) -> None:
    until = time.monotonic() + _SERVED_SECONDS
    while True:
        try:
            admin.get(path)
        except RefusedError as error:
            if error.status not in (404, 429) or time.monotonic() > until:
                raise
            threading.Event().wait(0.05)
        else:
            return


def _acceptable(tree: Tree) -> Tree:
    """What a server takes: without what it sets itself, with what the demo leaves out."""
    meta = {key: value for key, value in _meta(tree).items() if key not in _SERVER_SET}
    changed = {**tree, "metadata": meta}
    match tree["kind"]:
        case "Namespace":
            meta["labels"] = {k: v for k, v in _labels(tree).items() if not k.startswith(PREFIX)}
        case "Job":
            changed["spec"] = _without_selector(tree["spec"])
        case "CustomResourceDefinition":
            meta["annotations"] = {"api-approved.kubernetes.io": "unapproved, a stand-in"}
            schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
            version = {"served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
            version["subresources"] = {"status": {}}
            changed["spec"] = {**tree["spec"], "versions": [{"name": "v1", **version}]}
        case "Secret" | "ConfigMap":
            keys = _KEYS.get(tree.get("type", ""), ("payload",))
            changed["stringData" if tree["kind"] == "Secret" else "data"] = dict.fromkeys(keys, _PAYLOAD)
        case "CertificateSigningRequest":
            changed["spec"] = {**tree["spec"], "request": _signing_request()}
    return changed


def _without_selector(spec: Tree) -> Tree:
    """The server writes the selector of a Job and the labels that it looks for."""
    template = spec["template"]
    labels = {key: value for key, value in _labels(template).items() if "controller-uid" not in key}
    kept = {key: value for key, value in spec.items() if key != "selector"}
    return {**kept, "template": {**template, "metadata": {**_meta(template), "labels": labels}}}


def _signing_request() -> str:
    assert OPENSSL is not None
    command = [
        OPENSSL,
        "req",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-keyout",
        "/dev/null",
        "-subj",
        "/CN=someone",
    ]
    done = subprocess.run(command, capture_output=True, check=True)
    return base64.b64encode(done.stdout).decode()


def _meta(tree: Tree) -> Tree:
    found: Tree = tree["metadata"]
    return found


def _labels(tree: Tree) -> dict[str, str]:
    return dict(_meta(tree).get("labels") or {})
