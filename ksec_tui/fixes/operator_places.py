"""Where custom resources say what the pods that their operators make look like.

The paths are those of the projects' own API references; what a resource has no field for cannot be set there.
"""

from __future__ import annotations

from dataclasses import dataclass

from ksec_tui.cluster.base import OwnerReference
from ksec_tui.cluster.text import one_line
from ksec_tui.fixes.touched import Path, path_words

_TEMPLATED = {
    ("argoproj.io", "Rollout"): "spec.template",
    ("apps.openshift.io", "DeploymentConfig"): "spec.template",
    ("apps.kruise.io", "CloneSet"): "spec.template",
    ("apps.kruise.io", "DaemonSet"): "spec.template",
    ("apps.kruise.io", "StatefulSet"): "spec.template",
    ("jobset.x-k8s.io", "JobSet"): "spec.replicatedJobs[].template.spec.template",
    ("batch.volcano.sh", "Job"): "spec.tasks[].template",
    ("ray.io", "RayCluster"): "spec.headGroupSpec.template or spec.workerGroupSpecs[].template",
    ("leaderworkerset.x-k8s.io", "LeaderWorkerSet"): "spec.leaderWorkerTemplate",
    ("elasticsearch.k8s.elastic.co", "Elasticsearch"): "spec.nodeSets[].podTemplate",
    ("kibana.k8s.elastic.co", "Kibana"): "spec.podTemplate",
    ("agent.k8s.elastic.co", "Agent"): "spec.daemonSet.podTemplate or spec.deployment.podTemplate",
    ("beat.k8s.elastic.co", "Beat"): "spec.daemonSet.podTemplate or spec.deployment.podTemplate",
    ("grafana.integreatly.org", "Grafana"): "spec.deployment.spec.template",
}
"""Kinds that hold a pod template of the same shape."""


@dataclass(frozen=True, slots=True)
class _Fields:
    """Where a kind says what is the pod's and what is a container's."""

    pod: str
    container: str


_MONITORING = _Fields("spec.securityContext", "spec.containers[name of the container]")
_SPECIAL = {
    ("monitoring.coreos.com", "Prometheus"): _MONITORING,
    ("monitoring.coreos.com", "PrometheusAgent"): _MONITORING,
    ("monitoring.coreos.com", "Alertmanager"): _MONITORING,
    ("monitoring.coreos.com", "ThanosRuler"): _MONITORING,
    ("minio.min.io", "Tenant"): _Fields(
        "spec.pools[].securityContext", "spec.pools[].containerSecurityContext"
    ),
    ("kafka.strimzi.io", "Kafka"): _Fields(
        "spec.kafka.template.pod.securityContext", "spec.kafka.template.kafkaContainer.securityContext"
    ),
    ("opentelemetry.io", "OpenTelemetryCollector"): _Fields(
        "spec.podSecurityContext", "spec.securityContext"
    ),
}

_INSTEAD = {
    ("core.strimzi.io", "StrimziPodSet"): "the Kafka resource above it, in spec.kafka.template or"
    " spec.zookeeper.template",
    (
        "serving.knative.dev",
        "Revision",
    ): "spec.template of the Knative Service above it: a new Revision follows",
    (
        "gateway.networking.k8s.io",
        "Gateway",
    ): "what spec.infrastructure.parametersRef of the Gateway, or of its GatewayClass, names",
    ("operator.tigera.io", "Installation"): "the overrides of the Installation for this component:"
    " spec.calicoNodeDaemonSet, spec.typhaDeployment and the like",
    (
        "operators.coreos.com",
        "ClusterServiceVersion",
    ): "the operator's bundle, or spec.config of its Subscription",
    ("config.openshift.io", "ClusterVersion"): "the resource of the cluster operator that this belongs to"
    " (operator.openshift.io); what has no field there is not meant to be changed",
    ("kubernetes.crossplane.io", "Object"): "spec.forProvider.manifest of that Object",
}


def places_in(owner: OwnerReference, namespace: str, paths: tuple[Path, ...]) -> tuple[str, ...]:
    """Where in the custom resource `owner` the fields at `paths` are likely set, one sentence part each.

    Args:
        owner: the resource, as an object that it made names it.
        namespace: where that object is; empty for cluster-scoped ones.
        paths: fields of the object that was made; none for all of it.
    """
    key = (owner.group, owner.kind)
    name = f"{owner.kind} {namespace}/{owner.name}" if namespace else f"{owner.kind} {owner.name}"
    named = one_line(f"{name} ({owner.api_version})", 400)
    if key in _INSTEAD:
        return (_INSTEAD[key],)
    if key in _TEMPLATED:
        below = [words for path in paths if (words := _below_template(path))]
        top = _TEMPLATED[key]
        return tuple(f"{named}: {top}.{words}" for words in below[:3]) or (f"{named}: {top}",)
    if key in _SPECIAL:
        fields = _SPECIAL[key]
        found = dict.fromkeys(_special(fields, path) for path in paths)
        return tuple(f"{named}: {place}" for place in found if place) or (
            f"{named}: {fields.pod}, {fields.container}",
        )
    return (f"{named}: kubectl explain shows whether its spec has a field for it",)


def _below_template(path: Path) -> str:
    if "template" not in path:
        return ""
    place = len(path) - 1 - path[::-1].index("template")
    return path_words(path[place + 1 :])


def _special(fields: _Fields, path: Path) -> str:
    if path[:3] != ("spec", "template", "spec"):
        return ""
    match path[3:]:
        case ("securityContext", *rest):
            return ".".join(filter(None, (fields.pod, path_words(tuple(rest)))))
        case ("containers", (_, str(name)), *rest):
            if "[name of the container]" in fields.container:
                top = fields.container.replace("name of the container", f"name={one_line(name, 63)}")
                return ".".join(filter(None, (top, path_words(tuple(rest)))))
            if rest[:1] == ["securityContext"]:
                return ".".join(filter(None, (fields.container, path_words(tuple(rest[1:])))))
    return ""
