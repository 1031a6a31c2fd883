"""The API server's defaulting, as far as a reader of ``kubectl get -o yaml`` expects it.

Source: kubernetes pkg/apis/{core,apps,batch,rbac}/v1/defaults.go.
"""

from __future__ import annotations

from typing import Any

from ksec_tui.data.demo.identity import Doc, number

_PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
_RBAC = "rbac.authorization.k8s.io"


def fill(target: Doc, **values: Any) -> None:
    """Set each of `values` that `target` does not have."""
    for name, value in values.items():
        target.setdefault(name, value)


def containers(spec: Doc) -> list[Doc]:
    """The init and the main containers of a pod spec."""
    return [*spec.get("initContainers", []), *spec.get("containers", [])]


def default_pod_spec(spec: Doc) -> None:
    """Default a pod spec or the spec of a pod template, in place."""
    fill(
        spec,
        restartPolicy="Always",
        terminationGracePeriodSeconds=30,
        dnsPolicy="ClusterFirst",
        securityContext={},
        schedulerName="default-scheduler",
    )
    # The deprecated alias and the field always travel together.
    if "serviceAccountName" in spec:
        spec["serviceAccount"] = spec["serviceAccountName"]
    elif "serviceAccount" in spec:
        spec["serviceAccountName"] = spec["serviceAccount"]
    for container in containers(spec):
        _container(container)
    for volume in spec.get("volumes", []):
        _volume(volume)


def _container(container: Doc) -> None:
    image = container["image"]
    tag = image.rpartition("/")[2].partition(":")[2]
    always = "@" not in image and tag in ("", "latest")
    fill(
        container,
        imagePullPolicy="Always" if always else "IfNotPresent",
        resources={},
        terminationMessagePath="/dev/termination-log",
        terminationMessagePolicy="File",
    )
    for port in container.get("ports", []):
        port.setdefault("protocol", "TCP")
    for variable in container.get("env", []):
        field = variable.get("valueFrom", {}).get("fieldRef")
        if field is not None:
            field.setdefault("apiVersion", "v1")
    for name in _PROBES:
        if (probe := container.get(name)) is not None:
            fill(probe, timeoutSeconds=1, periodSeconds=10, successThreshold=1, failureThreshold=3)
            if (get := probe.get("httpGet")) is not None:
                fill(get, path="/", scheme="HTTP")


def _volume(volume: Doc) -> None:
    if len(volume) == 1:
        volume["emptyDir"] = {}
    for source in ("secret", "configMap", "projected"):
        if source in volume:
            volume[source].setdefault("defaultMode", 420)
    if "hostPath" in volume:
        volume["hostPath"].setdefault("type", "")


def default_object(doc: Doc) -> None:
    """Default one declared object by its kind, in place."""
    kind, spec = doc["kind"], doc.get("spec", {})
    template = spec.get("jobTemplate", {}).get("spec", spec).get("template")
    if template is not None:
        if kind in ("Job", "CronJob"):
            template["spec"].setdefault("restartPolicy", "Never")
        default_pod_spec(template["spec"])
    if (rule := _BY_KIND.get(kind)) is not None:
        rule(doc, spec)


def _namespace(doc: Doc, _spec: Doc) -> None:
    doc["metadata"].setdefault("labels", {})["kubernetes.io/metadata.name"] = doc["metadata"]["name"]
    fill(doc, spec={"finalizers": ["kubernetes"]}, status={"phase": "Active"})


def _node(doc: Doc, _spec: Doc) -> None:
    name, status = doc["metadata"]["name"], doc["status"]
    version = status["nodeInfo"]["kubeletVersion"]
    doc["metadata"]["labels"].update(
        {"kubernetes.io/arch": "amd64", "kubernetes.io/hostname": name, "kubernetes.io/os": "linux"}
    )
    fill(
        status["nodeInfo"],
        architecture="amd64",
        operatingSystem="linux",
        # Kubelets no longer report it since 1.33 (KEP-4004).
        kubeProxyVersion=version if version < "v1.33" else "",
        bootID=f"boot-of-{name}",
        machineID=f"machine-of-{name}",
        systemUUID=f"system-of-{name}",
    )
    capacity = {"cpu": "8", "ephemeral-storage": "202051056Ki", "memory": "32617120Ki", "pods": "110"}
    fill(status, capacity=capacity, allocatable=dict(capacity))
    ready = {
        "type": "Ready",
        "status": "True",
        "reason": "KubeletReady",
        "message": "kubelet is posting ready status",
    }
    fill(status, conditions=[ready], daemonEndpoints={"kubeletEndpoint": {"Port": 10250}})
    status["addresses"].append({"type": "Hostname", "address": name})


def _deployment(doc: Doc, spec: Doc) -> None:
    fill(
        spec,
        replicas=1,
        revisionHistoryLimit=10,
        progressDeadlineSeconds=600,
        strategy={"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"}},
    )
    doc["metadata"].setdefault("annotations", {}).setdefault("deployment.kubernetes.io/revision", "1")


def _stateful_set(_doc: Doc, spec: Doc) -> None:
    fill(
        spec,
        replicas=1,
        revisionHistoryLimit=10,
        podManagementPolicy="OrderedReady",
        updateStrategy={"type": "RollingUpdate", "rollingUpdate": {"partition": 0}},
        persistentVolumeClaimRetentionPolicy={"whenDeleted": "Retain", "whenScaled": "Retain"},
    )
    for claim in spec.get("volumeClaimTemplates", []):
        fill(claim, apiVersion="v1", kind="PersistentVolumeClaim", status={"phase": "Pending"})
        _claim(claim, claim["spec"])


def _daemon_set(_doc: Doc, spec: Doc) -> None:
    rolling = {"maxSurge": 0, "maxUnavailable": 1}
    fill(spec, revisionHistoryLimit=10, updateStrategy={"type": "RollingUpdate", "rollingUpdate": rolling})


def _replication_controller(_doc: Doc, spec: Doc) -> None:
    fill(spec, replicas=1, selector=dict(spec["template"]["metadata"]["labels"]))


def _job(_doc: Doc, spec: Doc) -> None:
    fill(spec, parallelism=1, completions=1, backoffLimit=6, completionMode="NonIndexed", suspend=False)


def _cron_job(_doc: Doc, spec: Doc) -> None:
    fill(
        spec,
        concurrencyPolicy="Allow",
        suspend=False,
        successfulJobsHistoryLimit=3,
        failedJobsHistoryLimit=1,
    )


def _claim(_doc: Doc, spec: Doc) -> None:
    fill(spec, accessModes=["ReadWriteOnce"], volumeMode="Filesystem", storageClassName="harbor-block")


def _service(doc: Doc, spec: Doc) -> None:
    meta = doc["metadata"]
    place = number("service", meta["namespace"], meta["name"])
    address = f"10.43.{place % 250 + 1}.{place // 250 % 250 + 1}"
    fill(spec, type="ClusterIP", sessionAffinity="None", internalTrafficPolicy="Cluster", clusterIP=address)
    fill(spec, clusterIPs=[spec["clusterIP"]], ipFamilies=["IPv4"], ipFamilyPolicy="SingleStack")
    outside = spec["type"] in ("LoadBalancer", "NodePort")
    if outside or spec.get("externalIPs"):
        fill(spec, externalTrafficPolicy="Cluster")
    if spec["type"] == "LoadBalancer":
        fill(spec, allocateLoadBalancerNodePorts=True)
    for port in spec.get("ports", []):
        fill(port, protocol="TCP", targetPort=port["port"])
        if outside:
            fill(port, nodePort=30000 + (place + port["port"]) % 2768)
    fill(doc, status={"loadBalancer": {}})


def _network_policy(_doc: Doc, spec: Doc) -> None:
    fill(spec, policyTypes=["Ingress", "Egress"] if "egress" in spec else ["Ingress"])
    for rule in [*spec.get("ingress", []), *spec.get("egress", [])]:
        for port in rule.get("ports", []):
            port.setdefault("protocol", "TCP")


def _binding(doc: Doc, _spec: Doc) -> None:
    doc["roleRef"].setdefault("apiGroup", _RBAC)
    for subject in doc.get("subjects", []):
        if subject["kind"] != "ServiceAccount":
            subject.setdefault("apiGroup", _RBAC)


_BY_KIND = {
    "Namespace": _namespace,
    "Node": _node,
    "Deployment": _deployment,
    "StatefulSet": _stateful_set,
    "DaemonSet": _daemon_set,
    "ReplicationController": _replication_controller,
    "Job": _job,
    "CronJob": _cron_job,
    "PersistentVolumeClaim": _claim,
    "Service": _service,
    "NetworkPolicy": _network_policy,
    "RoleBinding": _binding,
    "ClusterRoleBinding": _binding,
}
