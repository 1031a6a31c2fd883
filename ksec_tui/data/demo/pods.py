"""Pods of the demo cluster: admission, scheduling and the status that a kubelet reports."""

from __future__ import annotations

import copy
from typing import Any

from ksec_tui.data.demo.defaults import containers, default_pod_spec, fill
from ksec_tui.data.demo.identity import Doc, Index, digest, later, owned, suffix

TOKEN_PATH = "/var/run/secrets/kubernetes.io/serviceaccount"  # noqa: S105 - a path, no secret
STATIC = "kubernetes.io/config.source"
_PRIORITIES = {"system-node-critical": 2000001000, "system-cluster-critical": 2000000000}
# What the DaemonSet controller adds: pkg/controller/daemon/util, AddOrUpdateDaemonPodTolerations.
_DAEMON_TOLERATIONS = (
    ("not-ready", "NoExecute"),
    ("unreachable", "NoExecute"),
    ("disk-pressure", "NoSchedule"),
    ("memory-pressure", "NoSchedule"),
    ("pid-pressure", "NoSchedule"),
    ("unschedulable", "NoSchedule"),
)


def tolerates(tolerations: list[Doc], taint: Doc) -> bool:
    """Whether one of `tolerations` matches `taint` (core/v1 Toleration.ToleratesTaint)."""
    return any(
        toleration.get("effect", "") in ("", taint["effect"])
        and toleration.get("key", "") in ("", taint["key"])
        and (toleration.get("operator") == "Exists" or toleration.get("value", "") == taint.get("value", ""))
        for toleration in tolerations
    )


def fits(spec: Doc, node: Doc) -> bool:
    """Whether a pod of `spec` may be placed on `node`: its selector and the node's taints."""
    labels = node["metadata"]["labels"]
    if any(labels.get(name) != value for name, value in spec.get("nodeSelector", {}).items()):
        return False
    return all(tolerates(spec.get("tolerations", []), taint) for taint in node["spec"].get("taints", []))


class PodFactory:
    """Makes pods, one after the other, on the nodes and under the admission rules of one cluster."""

    def __init__(self, index: Index) -> None:
        """`index` holds the cluster's objects by kind, namespace and name."""
        self._index = index
        self.nodes = [doc for (kind, _, _), doc in index.items() if kind == "Node"]
        self._count = {node["metadata"]["name"]: 0 for node in self.nodes}
        self._limits = {place: doc for (kind, place, _), doc in index.items() if kind == "LimitRange"}

    def of_template(
        self,
        owner: Doc,
        template: Doc,
        *,
        name: str,
        hints: Doc,
        labels: dict[str, str] | None = None,
        node: Doc | None = None,
        ordinal: int = 0,
    ) -> Doc | None:
        """The pod that `owner` makes of `template`; None when admission refuses it.

        `labels` are those that the controller adds, `node` is where a DaemonSet wants it, `hints`
        are the owner's ``x-demo`` and `ordinal` counts its pods.
        """
        meta = copy.deepcopy(template["metadata"])
        meta.update(name=name, namespace=owner["metadata"]["namespace"])
        meta["generateName"] = name.rpartition("-")[0] + "-"
        meta["labels"] = {**meta.get("labels", {}), **(labels or {})}
        spec = copy.deepcopy(template["spec"])
        pod = owned(owner, {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": spec})
        if node is not None:
            _daemon(spec, node)
        return self._finish(pod, hints, node=node, ordinal=ordinal)

    def bare(self, pod: Doc, hints: Doc) -> Doc | None:
        """Finish a declared pod: one without a controller, or a static pod's mirror."""
        default_pod_spec(pod["spec"])
        name = pod["spec"].get("nodeName")
        node = next((node for node in self.nodes if node["metadata"]["name"] == name), None)
        annotations = pod["metadata"].get("annotations", {})
        if node is not None and annotations.get(STATIC) == "file":
            mark = digest("static", pod["metadata"]["name"])[:32]
            annotations.update({"kubernetes.io/config.hash": mark, "kubernetes.io/config.mirror": mark})
            owned(node, pod)
            pod["metadata"]["ownerReferences"][0].pop("blockOwnerDeletion")
            fill(pod["spec"], tolerations=[{"effect": "NoExecute", "operator": "Exists"}])
        return self._finish(pod, hints, node=node, ordinal=0)

    def _finish(self, pod: Doc, hints: Doc, *, node: Doc | None, ordinal: int) -> Doc | None:
        spec = pod["spec"]
        if STATIC not in pod["metadata"].get("annotations", {}) and not self._admit(pod):
            return None
        if spec.get("hostNetwork"):
            for container in containers(spec):
                for port in container.get("ports", []):
                    port.setdefault("hostPort", port["containerPort"])
        fill(spec, enableServiceLinks=True, preemptionPolicy="PreemptLowerPriority")
        spec["priority"] = _PRIORITIES.get(spec.get("priorityClassName", ""), 0)
        spec["tolerations"] = [
            *spec.get("tolerations", []),
            *(
                {"key": f"node.kubernetes.io/{what}", "effect": "NoExecute", "operator": "Exists"}
                | {"tolerationSeconds": 300}
                for what in ("not-ready", "unreachable")
                if not tolerates(
                    spec.get("tolerations", []), {"key": f"node.kubernetes.io/{what}", "effect": "NoExecute"}
                )
            ),
        ]
        state = hints.get("state", "Running")
        if state == "Pending":
            pod["status"] = {"phase": "Pending", "qosClass": _qos(spec)}
            return pod
        self._place(pod, node)
        pod["status"].update(_status(pod, state, repushed=bool(hints.get("repushed")) and ordinal % 2 == 1))
        return pod

    def _admit(self, pod: Doc) -> bool:
        """The admission plug-ins ServiceAccount and LimitRanger; False when they refuse."""
        spec, meta = pod["spec"], pod["metadata"]
        name = spec.setdefault("serviceAccountName", "default")
        spec["serviceAccount"] = name
        account = self._index.get(("ServiceAccount", meta["namespace"], name))
        if account is None:
            return False
        if "imagePullSecrets" in account:
            fill(spec, imagePullSecrets=copy.deepcopy(account["imagePullSecrets"]))
        # The pod's own field beats the account's; where both are silent, the token is mounted.
        fallback = account.get("automountServiceAccountToken", True)
        if spec.get("automountServiceAccountToken", fallback):
            _mount_token(spec, f"kube-api-access-{suffix(meta['namespace'], meta['name'], 'token')}")
        if (limits := self._limits.get(meta["namespace"])) is not None:
            _limit(spec, limits)
        return True

    def _place(self, pod: Doc, node: Doc | None) -> None:
        """Bind `pod` to `node`, or else to the emptiest that takes it, and give it an address."""
        if node is None:
            node = min(
                (node for node in self.nodes if fits(pod["spec"], node)),
                key=lambda node: self._count[node["metadata"]["name"]],
            )
        name = node["metadata"]["name"]
        self._count[name] += 1
        pod["spec"]["nodeName"] = name
        host = next(item["address"] for item in node["status"]["addresses"] if item["type"] == "InternalIP")
        subnet = node["spec"]["podCIDR"].rpartition(".")[0]
        address = host if pod["spec"].get("hostNetwork") else f"{subnet}.{self._count[name] + 1}"
        pod["status"] = {
            "hostIP": host,
            "hostIPs": [{"ip": host}],
            "podIP": address,
            "podIPs": [{"ip": address}],
        }


def _daemon(spec: Doc, node: Doc) -> None:
    field = {"key": "metadata.name", "operator": "In", "values": [node["metadata"]["name"]]}
    spec["affinity"] = {
        "nodeAffinity": {
            "requiredDuringSchedulingIgnoredDuringExecution": {
                "nodeSelectorTerms": [{"matchFields": [field]}]
            }
        }
    }
    extra = (("network-unavailable", "NoSchedule"),) if spec.get("hostNetwork") else ()
    spec.setdefault("tolerations", []).extend(
        {"key": f"node.kubernetes.io/{what}", "effect": effect, "operator": "Exists"}
        for what, effect in (*_DAEMON_TOLERATIONS, *extra)
    )


def _mount_token(spec: Doc, name: str) -> None:
    """What the admission plug-in ServiceAccount adds to a pod that gets a token."""
    mounted = False
    for container in containers(spec):
        mounts = container.setdefault("volumeMounts", [])
        if all(mount["mountPath"] != TOKEN_PATH for mount in mounts):
            mounts.append({"name": name, "mountPath": TOKEN_PATH, "readOnly": True})
            mounted = True
    if not mounted:
        return
    field = {"apiVersion": "v1", "fieldPath": "metadata.namespace"}
    sources: list[Doc] = [
        {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
        {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
        {"downwardAPI": {"items": [{"path": "namespace", "fieldRef": field}]}},
    ]
    spec.setdefault("volumes", []).append(
        {"name": name, "projected": {"defaultMode": 420, "sources": sources}}
    )


def _limit(spec: Doc, limits: Doc) -> None:
    for item in limits["spec"]["limits"]:
        if item["type"] != "Container":
            continue
        for container in containers(spec):
            resources = container["resources"]
            ceiling = {**item.get("default", {}), **resources.get("limits", {})}
            request = {
                **item.get("defaultRequest", {}),
                **resources.get("limits", {}),
                **resources.get("requests", {}),
            }
            container["resources"] = {"limits": ceiling, "requests": request}


def _qos(spec: Doc) -> str:
    """The quality-of-service class of a pod spec (component-helpers ComputePodQOS)."""
    every = [container["resources"] for container in containers(spec)]
    counting = {"cpu", "memory"}  # no other resource makes a class
    if not any(counting & {*item.get("limits", {}), *item.get("requests", {})} for item in every):
        return "BestEffort"
    sure = all(
        counting <= set(resources.get("limits", {}))
        and resources.get("requests", resources["limits"]) == resources["limits"]
        for resources in every
    )
    return "Guaranteed" if sure else "Burstable"


def _image_id(image: str, *, repushed: bool) -> str:
    """The digest a node resolved `image` to; another one where the tag was pushed again."""
    name, _, pinned = image.partition("@")
    folder, slash, last = name.rpartition("/")
    repository = folder + slash + last.partition(":")[0]
    return f"{repository}@{pinned or 'sha256:' + digest('image', image, 'again' if repushed else '')}"


def _status(pod: Doc, state: str, *, repushed: bool) -> Doc:
    created = pod["metadata"]["creationTimestamp"]
    started = later(created, 3)
    over, crashing = state in ("Succeeded", "Failed"), state == "CrashLoopBackOff"
    ready = not over and not crashing

    def report(container: Doc, *, initial: bool) -> Doc:
        if over or initial:
            bad = state == "Failed" and not initial
            end = {
                "exitCode": 1 if bad else 0,
                "reason": "Error" if bad else "Completed",
                "finishedAt": later(started, 40),
            }
            now: Doc = {"terminated": end}
        elif crashing:
            now = {
                "waiting": {
                    "reason": "CrashLoopBackOff",
                    "message": "back-off 5m0s restarting failed container",
                }
            }
        else:
            now = {"running": {"startedAt": started}}
        return {
            "name": container["name"],
            "image": container["image"],
            "imageID": _image_id(container["image"], repushed=repushed),
            "ready": initial or ready,
            "started": ready and not initial,
            "restartCount": 212 if crashing and not initial else 0,
            "state": now,
        }

    def condition(kind: str, *, met: bool) -> Doc:
        return {"type": kind, "status": "True" if met else "False", "lastTransitionTime": started}

    spec = pod["spec"]
    status: dict[str, Any] = {
        "phase": state if over else "Running",
        "startTime": created,
        "qosClass": _qos(spec),
        "conditions": [
            condition("PodScheduled", met=True),
            condition("Initialized", met=True),
            condition("ContainersReady", met=ready),
            condition("Ready", met=ready),
        ],
        "containerStatuses": [report(item, initial=False) for item in spec["containers"]],
    }
    if spec.get("initContainers"):
        status["initContainerStatuses"] = [report(item, initial=True) for item in spec["initContainers"]]
    return status


def is_ready(pod: Doc) -> bool:
    """Whether the pod reports that it is ready."""
    conditions = pod["status"].get("conditions", [])
    return any(item["type"] == "Ready" and item["status"] == "True" for item in conditions)
