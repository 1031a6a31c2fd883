"""Guards against what no version fixes, where an object can be one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ksec_tui.analysis.control_plane import API_SERVER, Process, plugins
from ksec_tui.analysis.versions.cluster import server_version
from ksec_tui.checks.control_plane._common import CONTROL_PLANE, at, flag_fix, judged
from ksec_tui.cluster.kinds import ADMISSION_BINDING, ADMISSION_POLICY, POD, VALIDATING_WEBHOOK
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import check
from ksec_tui.findings.finding import Outcome, Unknown
from ksec_tui.findings.fix import Change, Fix, Risk
from ksec_tui.findings.verdict import Severity, Threat
from ksec_tui.fixes.build import create

PLUGIN = "DenyServiceExternalIPs"
"""The admission plugin made against CVE-2020-8554 (since 1.21)."""

POLICIES_SINCE = (1, 30)
"""The release that made ValidatingAdmissionPolicy stable (KEP-3488)."""

POLICIES_FROM_DISK = (1, 36)
"""From here on ``--admission-control-config-file`` may lead to policies that no object shows (KEP-5793)."""

NAME = "deny-new-external-ips"
GROUP = "admissionregistration.k8s.io"

KEEPS = (
    "!has(object.spec.externalIPs) || (request.operation == 'UPDATE' && has(oldObject.spec.externalIPs) && "
    "object.spec.externalIPs.all(address, address in oldObject.spec.externalIPs))"
)
"""Lets Services keep or drop the addresses that they have, as the plugin does."""


@check(
    "adm-external-ips",
    "Nothing refuses external IPs of Services",
    Severity.LOW,
    on=CONTROL_PLANE,
    needs=(POD,),
    everywhere=(ADMISSION_POLICY, ADMISSION_BINDING, VALIDATING_WEBHOOK),
    threats=(Threat.CREDENTIALS,),
    references=("CVE-2020-8554", "OWASP K05"),
    near=True,
)
def open_to_external_ips(_: Snapshot, cluster: Snapshot) -> Iterator[Outcome]:
    """Whoever may write Services may claim any address by externalIPs, and nothing that can be seen refuses it.

    ## Why
    No release fixes this flaw: traffic of pods to an address that a Service claims goes to that Service. What
    helps is to refuse the field, by the admission plugin DenyServiceExternalIPs or by a policy. Webhooks of
    policy engines may do so too; what they refuse is not visible, and then this is unknown.

    ## Risky
    ```yaml
    kind: Cluster
    serverVersion: v1.35.9
    today: 2026-11-21
    ---
    apiVersion: v1
    kind: Pod
    metadata: {name: kube-apiserver-cp-1, namespace: kube-system, labels: {component: kube-apiserver}}
    spec:
      containers:
        - name: kube-apiserver
          image: registry.k8s.io/kube-apiserver:v1.35.9
          command: [kube-apiserver, --enable-admission-plugins=NodeRestriction]
    ```

    ## Fixed
    ```yaml
    kind: Cluster
    serverVersion: v1.35.9
    today: 2026-11-21
    ---
    apiVersion: v1
    kind: Pod
    metadata: {name: kube-apiserver-cp-1, namespace: kube-system, labels: {component: kube-apiserver}}
    spec:
      containers:
        - name: kube-apiserver
          image: registry.k8s.io/kube-apiserver:v1.35.9
          command: [kube-apiserver, --enable-admission-plugins=NodeRestriction]
    ---
    apiVersion: admissionregistration.k8s.io/v1
    kind: ValidatingAdmissionPolicy
    metadata: {name: deny-new-external-ips}
    spec:
      failurePolicy: Fail
      matchConstraints:
        resourceRules:
          - apiGroups: [""]
            apiVersions: [v1]
            operations: [CREATE, UPDATE]
            resources: [services]
      validations:
        - expression: >-
            !has(object.spec.externalIPs) || (request.operation == 'UPDATE' && has(oldObject.spec.externalIPs) &&
            object.spec.externalIPs.all(address, address in oldObject.spec.externalIPs))
          message: Services must not claim external IPs (CVE-2020-8554).
    ---
    apiVersion: admissionregistration.k8s.io/v1
    kind: ValidatingAdmissionPolicyBinding
    metadata: {name: deny-new-external-ips}
    spec:
      policyName: deny-new-external-ips
      validationActions: [Deny]
    ```
    """
    if _refused_by_policy(cluster):
        return
    asked = _asked(cluster)
    if asked:
        yield Unknown(
            f"webhook {asked} is asked about Services; whether it refuses external IPs is not visible"
        )
        return
    version = server_version(cluster)
    from_disk = version is None or (version.major, version.minor) >= POLICIES_FROM_DISK

    def judge(process: Process) -> Iterator[Outcome]:
        if PLUGIN in plugins(process):
            return
        if from_disk and process.value("admission-control-config-file"):
            yield Unknown("policies may come from files of the API server, which are not visible")
            return
        words = f"runs without the admission plugin {PLUGIN}, and no policy refuses external IPs of Services"
        yield at(process, "enable-admission-plugins", words)

    yield from judged(cluster, API_SERVER, judge)


def _refused_by_policy(cluster: Snapshot) -> bool:
    """Whether a policy in force speaks of external IPs."""
    bound = {
        item.spec.policy_name
        for item in cluster.of(ADMISSION_BINDING)
        if "Deny" in item.spec.validation_actions
    }
    return any(
        policy.name in bound and any("externalIPs" in rule.expression for rule in policy.spec.validations)
        for policy in cluster.of(ADMISSION_POLICY)
    )


def _asked(cluster: Snapshot) -> str:
    """The name of a webhook that the server asks about Services; empty when there is none."""
    for configuration in cluster.of(VALIDATING_WEBHOOK):
        for webhook in configuration.webhooks:
            for rule in webhook.rules:
                groups, resources = {*rule.api_groups}, {*rule.resources}
                if groups & {"", "*"} and resources & {"services", "*", "*/*", "services/*"}:
                    return webhook.name or configuration.name
    return ""


@open_to_external_ips.fix
def _open_to_external_ips_fix(_: Snapshot, cluster: Snapshot) -> Fix | None:
    version = server_version(cluster)
    if version is None or (version.major, version.minor) < POLICIES_SINCE:
        may_break = "Whoever adds external IPs to a Service is refused; those that are there stay."
        return flag_fix(
            "Refuse new external IPs", (API_SERVER,), f"add {PLUGIN} to --enable-admission-plugins", may_break
        )
    return Fix(
        "Refuse new external IPs of Services by a policy",
        (_policy(), _binding()),
        Risk.LIKELY,
        "Whoever adds external IPs to a Service is refused; Services may keep or drop those that they have.",
    )


def _policy() -> Change:
    rule = {
        "apiGroups": [""],
        "apiVersions": ["v1"],
        "operations": ["CREATE", "UPDATE"],
        "resources": ["services"],
    }
    spec = {
        "failurePolicy": "Fail",
        "matchConstraints": {"resourceRules": [rule]},
        "validations": [
            {"expression": KEEPS, "message": "Services must not claim external IPs (CVE-2020-8554)."}
        ],
    }
    return _new("ValidatingAdmissionPolicy", spec)


def _binding() -> Change:
    return _new("ValidatingAdmissionPolicyBinding", {"policyName": NAME, "validationActions": ["Deny"]})


def _new(kind: str, spec: dict[str, Any]) -> Change:
    document = {"apiVersion": f"{GROUP}/v1", "kind": kind, "metadata": {"name": NAME}, "spec": spec}
    return create(ObjectRef("", kind, NAME, GROUP), document)
