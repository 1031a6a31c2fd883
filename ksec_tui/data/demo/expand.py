"""Derives what the API server and the controllers would have made of the declared manifests.

A manifest may carry a top-level ``x-demo`` map, which never leaves this module: ``state`` of its
pods (Running, Pending, CrashLoopBackOff, Succeeded, Failed), ``repushed`` (the tag was pushed
again between two pulls) and ``previousImage`` (an older ReplicaSet, scaled to zero, is left).
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator

from ksec_tui.data.demo.defaults import default_object, fill
from ksec_tui.data.demo.identity import (
    Doc,
    Index,
    identify,
    key,
    later,
    number,
    owned,
    stamp,
    suffix,
    template_hash,
)
from ksec_tui.data.demo.network import endpoint_slice
from ksec_tui.data.demo.pods import PodFactory, fits, is_ready

_STEP = 20  # seconds between two declared objects
_REVISION = "deployment.kubernetes.io/revision"


def expand(declared: Iterable[Doc]) -> Iterator[Doc]:
    """Yield each of `declared`, completed, followed by what was derived from it; EndpointSlices last.

    `declared` are freshly decoded manifests and are changed in place.
    """
    objects, hints = _complete(declared)
    index = {key(doc): doc for doc in objects}
    _aggregate([doc for doc in objects if doc["kind"] == "ClusterRole"])
    controllers = _Controllers(index, hints)
    pods: list[Doc] = []
    for doc in objects:
        derived = controllers.derive(doc)
        if derived is None:
            continue
        for item in (doc, *derived):
            if item["kind"] == "Pod":
                pods.append(item)
            yield item
    for doc in objects:
        if doc["kind"] == "Service" and doc["spec"].get("selector"):
            yield endpoint_slice(doc, pods)


def _complete(declared: Iterable[Doc]) -> tuple[list[Doc], Index]:
    """Default and identify the manifests, and add what each Namespace is born with."""
    objects: list[Doc] = []
    hints: Index = {}
    for place, doc in enumerate(declared):
        hints[key(doc)] = doc.pop("x-demo", {})
        default_object(doc)
        identify(doc, stamp(place * _STEP))
        objects.append(doc)
    known = {key(doc) for doc in objects}
    for namespace in [doc for doc in objects if doc["kind"] == "Namespace"]:
        for kind, name in (("ServiceAccount", "default"), ("ConfigMap", "kube-root-ca.crt")):
            made: Doc = {
                "apiVersion": "v1",
                "kind": kind,
                "metadata": {"name": name, "namespace": namespace["metadata"]["name"]},
            }
            if key(made) not in known:
                objects.append(identify(made, later(namespace["metadata"]["creationTimestamp"], 1)))
    return objects, hints


def _aggregate(roles: list[Doc]) -> None:
    """Fill the rules of aggregated ClusterRoles, as the aggregation controller does, to a fixed point."""
    roles = sorted(roles, key=lambda role: str(role["metadata"]["name"]))
    changed = True
    while changed:
        changed = False
        for role in roles:
            if "aggregationRule" not in role:
                continue
            wanted = [item["matchLabels"] for item in role["aggregationRule"]["clusterRoleSelectors"]]
            rules: list[Doc] = []
            for other in roles:
                labels = other["metadata"].get("labels", {})
                if other is role or not any(match.items() <= labels.items() for match in wanted):
                    continue
                for rule in other.get("rules", []):
                    if rule not in rules:
                        rules.append(copy.deepcopy(rule))
            changed |= rules != role.get("rules")
            role["rules"] = rules


class _Controllers:
    """The workload and volume controllers, as far as a snapshot shows their work."""

    def __init__(self, index: Index, hints: Index) -> None:
        self._index = index
        self._factory = PodFactory(index)
        self._hints = hints

    def derive(self, doc: Doc) -> list[Doc] | None:
        """What controllers made of `doc`; None when the API server would not have let it in."""
        hints = self._hints.get(key(doc), {})
        match doc["kind"]:
            case "Deployment":
                return self._deployment(doc, hints)
            case "StatefulSet":
                return self._stateful_set(doc, hints)
            case "DaemonSet":
                return self._daemon_set(doc, hints)
            case "ReplicationController":
                return self._replicas(doc, hints)
            case "Job":
                return self._job(doc, hints)
            case "CronJob":
                return self._cron_job(doc, hints)
            case "Pod":
                return None if self._factory.bare(doc, hints) is None else []
            case "PersistentVolumeClaim":
                return _bind(doc, self._index)
            case _:
                return []

    def _deployment(self, doc: Doc, hints: Doc) -> list[Doc]:
        meta, spec = doc["metadata"], doc["spec"]
        current = _replica_set(doc, spec["template"], spec["replicas"], meta["annotations"][_REVISION])
        pods = self._replicas(current, hints)
        doc["status"] = copy.deepcopy(current["status"])
        derived = [current, *pods]
        if previous := hints.get("previousImage"):
            meta["annotations"][_REVISION] = current["metadata"]["annotations"][_REVISION] = "2"
            template = copy.deepcopy(spec["template"])
            template["spec"]["containers"][0]["image"] = previous
            older = _replica_set(doc, template, 0, "1")
            older["status"] = {"replicas": 0}
            derived.append(older)
        return derived

    def _replicas(self, doc: Doc, hints: Doc) -> list[Doc]:
        """The pods of a ReplicaSet or a ReplicationController, and its status."""
        name, spec = doc["metadata"]["name"], doc["spec"]
        made = [
            self._factory.of_template(
                doc,
                spec["template"],
                name=f"{name}-{suffix(doc['metadata']['uid'], str(ordinal))}",
                hints=hints,
                ordinal=ordinal,
            )
            for ordinal in range(spec["replicas"])
        ]
        pods = [pod for pod in made if pod is not None]
        ready = sum(map(is_ready, pods))
        doc["status"] = {"replicas": len(pods), "readyReplicas": ready, "availableReplicas": ready}
        if len(pods) < spec["replicas"]:
            account = spec["template"]["spec"].get("serviceAccountName", "default")
            failure = {"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate"}
            doc["status"]["conditions"] = [failure | {"message": f'serviceaccount "{account}" not found'}]
        return pods

    def _stateful_set(self, doc: Doc, hints: Doc) -> list[Doc]:
        meta, spec = doc["metadata"], doc["spec"]
        revision = f"{meta['name']}-{template_hash(spec['template'])}"
        derived: list[Doc] = []
        count = 0
        for ordinal in range(spec["replicas"]):
            name = f"{meta['name']}-{ordinal}"
            template = copy.deepcopy(spec["template"])
            for claim in spec.get("volumeClaimTemplates", []):
                bound = _claim_of(doc, claim, name)
                derived.extend((bound, *_bind(bound, self._index)))
                source = {"claimName": bound["metadata"]["name"]}
                template["spec"].setdefault("volumes", []).append(
                    {"name": claim["metadata"]["name"], "persistentVolumeClaim": source}
                )
            labels = {
                "apps.kubernetes.io/pod-index": str(ordinal),
                "controller-revision-hash": revision,
                "statefulset.kubernetes.io/pod-name": name,
            }
            pod = self._factory.of_template(
                doc, template, name=name, hints=hints, labels=labels, ordinal=ordinal
            )
            if pod is not None:
                derived.append(pod)
                count += is_ready(pod)
        doc["status"] = {"replicas": spec["replicas"], "readyReplicas": count, "currentRevision": revision}
        return derived

    def _daemon_set(self, doc: Doc, hints: Doc) -> list[Doc]:
        meta, template = doc["metadata"], doc["spec"]["template"]
        labels = {"controller-revision-hash": template_hash(template), "pod-template-generation": "1"}
        pods = [
            self._factory.of_template(
                doc,
                template,
                name=f"{meta['name']}-{suffix(meta['uid'], node['metadata']['name'])}",
                hints=hints,
                labels=labels,
                node=node,
                ordinal=ordinal,
            )
            for ordinal, node in enumerate(
                node for node in self._factory.nodes if fits(template["spec"], node)
            )
        ]
        running = [pod for pod in pods if pod is not None]
        doc["status"] = {
            "desiredNumberScheduled": len(pods),
            "currentNumberScheduled": len(running),
            "numberReady": sum(map(is_ready, running)),
            "numberMisscheduled": 0,
        }
        return running

    def _job(self, doc: Doc, hints: Doc) -> list[Doc]:
        meta, spec = doc["metadata"], doc["spec"]
        labels = {
            "batch.kubernetes.io/controller-uid": meta["uid"],
            "batch.kubernetes.io/job-name": meta["name"],
            "controller-uid": meta["uid"],
            "job-name": meta["name"],
        }
        chosen = {"batch.kubernetes.io/controller-uid": meta["uid"]}
        fill(spec, selector={"matchLabels": chosen})
        template_meta = spec["template"].setdefault("metadata", {})
        template_meta["labels"] = {**template_meta.get("labels", {}), **labels}
        state = hints.get("state", "Succeeded")
        pod = self._factory.of_template(
            doc,
            spec["template"],
            name=f"{meta['name']}-{suffix(meta['uid'])}",
            hints={**hints, "state": state},
        )
        counted = {"Succeeded": "succeeded", "Failed": "failed"}.get(state, "active")
        doc["status"] = {counted: 1, "startTime": meta["creationTimestamp"]}
        return [] if pod is None else [pod]

    def _cron_job(self, doc: Doc, hints: Doc) -> list[Doc]:
        """The last run of a CronJob that is not suspended."""
        meta, spec = doc["metadata"], doc["spec"]
        doc["status"] = {}
        if spec["suspend"]:
            return []
        wait = 3600 * (1 + number(meta["uid"]) % 20)
        doc["status"]["lastScheduleTime"] = later(meta["creationTimestamp"], wait)
        job: Doc = {
            "apiVersion": "batch/v1",
            "kind": "Job",
            "metadata": {
                "name": f"{meta['name']}-{29540000 + wait // 60}",
                "namespace": meta["namespace"],
                "labels": copy.deepcopy(spec["jobTemplate"].get("metadata", {}).get("labels", {})),
            },
            "spec": copy.deepcopy(spec["jobTemplate"]["spec"]),
        }
        default_object(job)
        owned(doc, job, after=wait)
        return [job, *self._job(job, hints)]


def _replica_set(deployment: Doc, template: Doc, replicas: int, revision: str) -> Doc:
    template = copy.deepcopy(template)
    name, mark = deployment["metadata"]["name"], template_hash(template)
    labels = template["metadata"]["labels"]
    labels["pod-template-hash"] = mark
    selector = copy.deepcopy(deployment["spec"]["selector"])
    selector.setdefault("matchLabels", {})["pod-template-hash"] = mark
    meta = {
        "name": f"{name}-{mark}",
        "namespace": deployment["metadata"]["namespace"],
        "labels": dict(labels),
        "annotations": {_REVISION: revision},
    }
    spec = {"replicas": replicas, "selector": selector, "template": template}
    return owned(
        deployment, {"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": meta, "spec": spec}, after=1
    )


def _claim_of(owner: Doc, claim: Doc, pod: str) -> Doc:
    meta = {
        "name": f"{claim['metadata']['name']}-{pod}",
        "namespace": owner["metadata"]["namespace"],
        "labels": dict(owner["spec"]["selector"]["matchLabels"]),
    }
    bound = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": meta,
        "spec": copy.deepcopy(claim["spec"]),
    }
    return identify(bound, later(owner["metadata"]["creationTimestamp"], 1))


def _bind(claim: Doc, index: Index) -> list[Doc]:
    """Bind a claim; the volume that its storage class provisioned, unless it names one itself."""
    meta, spec = claim["metadata"], claim["spec"]
    capacity = dict(spec["resources"]["requests"])
    claim["status"] = {"phase": "Bound", "accessModes": spec["accessModes"], "capacity": capacity}
    if "volumeName" in spec:
        index["PersistentVolume", "", spec["volumeName"]]["spec"]["claimRef"]["uid"] = meta["uid"]
        return []
    spec["volumeName"] = f"pvc-{meta['uid']}"
    volume = {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": spec["volumeName"]},
        "spec": {
            "accessModes": list(spec["accessModes"]),
            "capacity": dict(capacity),
            "claimRef": {
                "apiVersion": "v1",
                "kind": "PersistentVolumeClaim",
                "name": meta["name"],
                "namespace": meta["namespace"],
                "uid": meta["uid"],
            },
            "csi": {"driver": "block.csi.harbor-street.example", "volumeHandle": spec["volumeName"]},
            "persistentVolumeReclaimPolicy": "Delete",
            "storageClassName": spec["storageClassName"],
            "volumeMode": spec["volumeMode"],
        },
        "status": {"phase": "Bound"},
    }
    return [identify(volume, later(meta["creationTimestamp"], 2))]
