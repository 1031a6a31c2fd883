"""The JSON of synthetic objects, about 10 KB for a pod, with places for what differs between them.

A place is written ``@FIELD@``; ``@REPLICAS@`` alone is a number.
Nothing here is random: shape ``n`` is always the same.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

SHAPES = 24
"""How many different pod templates there are."""

_PLACE = re.compile(r"@([A-Z]+)@")
_CREATED = "2026-03-02T09:00:00Z"
_WORDS = ("cache", "queue", "ledger", "search", "report", "session", "upload", "audit", "price", "stock")
_TOKEN_PATH = "/var/run/secrets/kubernetes.io/serviceaccount"


@dataclass(frozen=True, slots=True)
class Shape:
    """A JSON text in pieces: literal, field, literal, field, ..., literal."""

    pieces: tuple[str, ...]

    @classmethod
    def of(cls, document: object) -> Shape:
        """Cuts a document at its places."""
        text = json.dumps(document, separators=(",", ":")).replace('"@REPLICAS@"', "@REPLICAS@")
        return cls(tuple(_PLACE.split(text)))

    def filled(self, fields: Mapping[str, str]) -> bytes:
        """The JSON with every place filled; the fields must need no escaping."""
        pieces: list[str] = list(self.pieces)
        pieces[1::2] = [fields[name] for name in self.pieces[1::2]]
        return "".join(pieces).encode()


def metadata(name: str, labels: Mapping[str, str], **more: object) -> dict[str, object]:
    """What every namespaced object carries."""
    return {
        "name": name,
        "namespace": "@NAMESPACE@",
        "uid": "@UID@",
        "resourceVersion": "@VERSION@",
        "creationTimestamp": _CREATED,
        "labels": dict(labels),
        **more,
    }


def managed(manager: str, paths: Iterable[str], named: Iterable[str] = ()) -> dict[str, object]:
    """One entry of ``managedFields`` that owns the given keys of the spec and the entries so named."""
    fields: dict[str, object] = {f"f:{path}": {} for path in paths}
    fields |= {f'k:{{"name":"{name}"}}': {".": {}, "f:name": {}, "f:value": {}} for name in named}
    return {
        "manager": manager,
        "operation": "Update",
        "apiVersion": "v1",
        "time": _CREATED,
        "fieldsType": "FieldsV1",
        "fieldsV1": {"f:metadata": {"f:labels": {".": {}, "f:app.kubernetes.io/name": {}}}, "f:spec": fields},
    }


def owner(api_version: str, kind: str, name: str, uid: str) -> list[dict[str, object]]:
    """The controlling owner."""
    return [
        {
            "apiVersion": api_version,
            "kind": kind,
            "name": name,
            "uid": uid,
            "controller": True,
            "blockOwnerDeletion": True,
        }
    ]


def labels(number: int) -> dict[str, str]:
    """The labels of a template."""
    tier = ("web", "backend", "data")[number % 3]
    return {
        "app.kubernetes.io/name": "@APP@",
        "app.kubernetes.io/part-of": _WORDS[number % len(_WORDS)],
        "app.kubernetes.io/version": f"4.{number}.1",
        "tier": tier,
    }


def container(number: int, *, sidecar: bool) -> dict[str, object]:
    """A container as the API server defaults it; hardened or not by its number."""
    name, image = ("proxy", "proxy") if sidecar else ("@APP@", "app")
    context: dict[str, object] = {"allowPrivilegeEscalation": number % 4 == 0, "runAsNonRoot": number % 3 > 0}
    if number % 2:
        context["capabilities"] = {"drop": ["ALL"]} | ({"add": ["NET_ADMIN"]} if number % 5 == 0 else {})
    if number % 11 == 0:
        context["privileged"] = True
    return {
        "name": name,
        "image": f"registry.example.com/{_WORDS[number % len(_WORDS)]}/{image}:4.{number}.1",
        "imagePullPolicy": "IfNotPresent",
        "args": ["serve", f"--workers={number}", "--listen=:8080", "--log-format=json"],
        "ports": [{"name": "http", "containerPort": 8081 if sidecar else 8080, "protocol": "TCP"}],
        "env": [_variable(number, index) for index in range(8 if sidecar else 14)],
        "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"memory": "512Mi"}},
        "livenessProbe": _probe("/healthz"),
        "readinessProbe": _probe("/readyz"),
        "securityContext": context,
        "terminationMessagePath": "/dev/termination-log",
        "terminationMessagePolicy": "File",
        "volumeMounts": [
            {"name": "config", "mountPath": "/etc/app", "readOnly": True},
            {"name": "scratch", "mountPath": "/var/cache/app"},
        ],
    }


def _variable(number: int, index: int) -> dict[str, object]:
    name = f"{_WORDS[(number + index) % len(_WORDS)].upper()}_SETTING_{index}"
    if index % 4 == 3:
        key = {"name": f"{_WORDS[index % len(_WORDS)]}-credentials", "key": "password"}
        return {"name": name, "valueFrom": {"secretKeyRef": key}}
    return {
        "name": name,
        "value": f"http://{_WORDS[index % len(_WORDS)]}.@NAMESPACE@.svc.cluster.local:8080/{number}",
    }


def _variable_names(containers: Sequence[Mapping[str, object]]) -> list[str]:
    lists = (entry["env"] for entry in containers)
    return [str(variable["name"]) for env in lists if isinstance(env, list) for variable in env]


def _probe(path: str) -> dict[str, object]:
    return {
        "httpGet": {"path": path, "port": "http", "scheme": "HTTP"},
        "timeoutSeconds": 1,
        "periodSeconds": 10,
        "successThreshold": 1,
        "failureThreshold": 3,
    }


def pod_spec(number: int) -> dict[str, object]:
    """The pod template's spec of shape ``number``."""
    spec: dict[str, object] = {
        "containers": [container(number, sidecar=False), container(number + 7, sidecar=True)],
        "volumes": [
            {"name": "config", "configMap": {"name": "@APP@", "defaultMode": 420}},
            {"name": "scratch", "emptyDir": {}},
        ],
        "restartPolicy": "Always",
        "terminationGracePeriodSeconds": 30,
        "dnsPolicy": "ClusterFirst",
        "serviceAccountName": "@APP@",
        "serviceAccount": "@APP@",
        "securityContext": {"fsGroup": 2000, "seccompProfile": {"type": "RuntimeDefault"}}
        if number % 2
        else {},
        "schedulerName": "default-scheduler",
    }
    if number % 12 == 5:
        spec["hostNetwork"] = True
    return spec


def pod(number: int) -> dict[str, object]:
    """A running pod of shape ``number``, without apiVersion and kind."""
    spec = pod_spec(number)
    containers, volumes = spec["containers"], spec["volumes"]
    if not isinstance(containers, list) or not isinstance(volumes, list):
        raise TypeError("a pod spec has lists of containers and volumes")
    volume = "kube-api-access-@SUFFIX@"
    for entry in containers:
        entry["volumeMounts"].append({"name": volume, "mountPath": _TOKEN_PATH, "readOnly": True})
    volumes.append({"name": volume, "projected": {"defaultMode": 420, "sources": _token_sources()}})
    waits = [
        {
            "key": f"node.kubernetes.io/{key}",
            "operator": "Exists",
            "effect": "NoExecute",
            "tolerationSeconds": 300,
        }
        for key in ("not-ready", "unreachable")
    ]
    spec |= {"nodeName": "@NODE@", "priority": 0, "enableServiceLinks": True, "tolerations": waits}
    controllers = managed("kube-controller-manager", [*spec, *containers[0]], _variable_names(containers))
    kubelet = managed("kubelet", ("conditions", "containerStatuses", "hostIP", "phase", "podIP", "podIPs"))
    return {
        "metadata": metadata(
            "@NAME@",
            {**labels(number), "pod-template-hash": "@HASH@"},
            generateName="@APP@-@HASH@-",
            ownerReferences=owner("apps/v1", "ReplicaSet", "@APP@-@HASH@", "@OWNER@"),
            managedFields=[controllers, kubelet],
        ),
        "spec": spec,
        "status": _pod_status(containers),
    }


def _token_sources() -> list[dict[str, object]]:
    field = {"path": "namespace", "fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"}}
    return [
        {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
        {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
        {"downwardAPI": {"items": [field]}},
    ]


def _pod_status(containers: Sequence[Mapping[str, object]]) -> dict[str, object]:
    kinds = ("PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled")
    return {
        "phase": "Running",
        "conditions": [
            {"type": kind, "status": "True", "lastProbeTime": None, "lastTransitionTime": _CREATED}
            for kind in kinds
        ],
        "hostIP": "10.20.0.1",
        "podIP": "@ADDRESS@",
        "podIPs": [{"ip": "@ADDRESS@"}],
        "qosClass": "Burstable",
        "startTime": _CREATED,
        "containerStatuses": [
            {
                "name": entry["name"],
                "state": {"running": {"startedAt": _CREATED}},
                "lastState": {},
                "ready": True,
                "restartCount": 0,
                "started": True,
                "image": entry["image"],
                "imageID": "registry.example.com/app@sha256:@IMAGE@",
                "containerID": "containerd://@DIGEST@",
            }
            for entry in containers
        ],
    }
