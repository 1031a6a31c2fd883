"""What admission webhooks leave out, whom they tell, and what they may change."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from ksec_tui.analysis.admission import NAME_LABEL, Configuration, backing, guards_pods
from ksec_tui.analysis.control_plane import loopback
from ksec_tui.analysis.identity import is_system
from ksec_tui.checks.namespaces.admission import CONFIGURATIONS
from ksec_tui.cluster.base import LabelSelector
from ksec_tui.cluster.kinds import ENDPOINT_SLICE, MUTATING_WEBHOOK, SERVICE, VALIDATING_WEBHOOK
from ksec_tui.cluster.platform import (
    MutatingWebhookConfiguration,
    ValidatingWebhookConfiguration,
    Webhook,
)
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import check, objects
from ksec_tui.findings.finding import Evidence
from ksec_tui.findings.fix import Fix, Risk
from ksec_tui.findings.verdict import Severity, Threat

_OWN_MARKS = re.compile(r"object\.metadata\.(labels|annotations)")


@check(
    "adm-ns-bypass",
    "Admission webhook that can be stepped around",
    Severity.MEDIUM,
    on=objects(VALIDATING_WEBHOOK),
    threats=(Threat.CREDENTIALS,),
    references=("OWASP K04",),
)
def stepped_around(configuration: ValidatingWebhookConfiguration, _: Snapshot) -> Iterator[Evidence]:
    """Labels that those who are to be kept in check may set make a webhook skip pods.

    ## Why
    A pod's labels are written by whoever creates it, so a webhook that leaves out pods with a label, or asks for
    one, is left out by anybody. A label of a namespace takes the right to change namespaces, which is held
    more widely than meant. Exemptions by the name of a namespace cannot be forged.

    ## Risky
    ```yaml
    apiVersion: admissionregistration.k8s.io/v1
    kind: ValidatingWebhookConfiguration
    metadata: {name: policy}
    webhooks:
      - name: pods.policy.example
        clientConfig: {service: {namespace: policy, name: policy, path: /validate}}
        failurePolicy: Fail
        rules:
          - {operations: [CREATE], apiGroups: [""], apiVersions: [v1], resources: [pods]}
        objectSelector:
          matchExpressions:
            - {key: policy.example/ignore, operator: DoesNotExist}
    ```

    ## Fixed
    ```yaml
    apiVersion: admissionregistration.k8s.io/v1
    kind: ValidatingWebhookConfiguration
    metadata: {name: policy}
    webhooks:
      - name: pods.policy.example
        clientConfig: {service: {namespace: policy, name: policy, path: /validate}}
        failurePolicy: Fail
        rules:
          - {operations: [CREATE], apiGroups: [""], apiVersions: [v1], resources: [pods]}
        namespaceSelector:
          matchExpressions:
            - {key: kubernetes.io/metadata.name, operator: NotIn, values: [kube-system, policy]}
    ```
    """
    for index, webhook in enumerate(configuration.webhooks):
        if not guards_pods(webhook):
            continue
        keys = _keys(webhook.object_selector)
        if keys:
            words = f"webhook {webhook.name} looks at a label that the pod's maker sets: {', '.join(keys)}"
            yield Evidence(f"/webhooks/{index}/objectSelector", words)
        labels = [key for key in _keys(webhook.namespace_selector) if key != NAME_LABEL]
        if labels and not _labels_guarded(configuration):
            words = f"webhook {webhook.name} goes by labels of namespaces: {', '.join(labels)}"
            yield Evidence(f"/webhooks/{index}/namespaceSelector", words, None, Severity.LOW)
        for number, condition in enumerate(webhook.match_conditions):
            if _OWN_MARKS.search(condition.expression):
                words = f"condition {condition.name} of webhook {webhook.name} goes by marks that the pod's maker sets"
                yield Evidence(f"/webhooks/{index}/matchConditions/{number}/expression", words)


def _keys(selector: LabelSelector) -> tuple[str, ...]:
    keys = (*selector.match_labels, *(requirement.key for requirement in selector.match_expressions))
    return tuple(dict.fromkeys(keys))


def _labels_guarded(configuration: ValidatingWebhookConfiguration) -> bool:
    """Whether the same engine is asked before namespaces change, as Gatekeeper's check-ignore-label is."""
    return any(
        any(
            "namespaces" in rule.resources
            and {"", "*"} & set(rule.api_groups)
            and {"UPDATE", "*"} & set(rule.operations)
            for rule in webhook.rules
        )
        and not _keys(webhook.object_selector)
        for webhook in configuration.webhooks
    )


@stepped_around.fix
def _by_name(configuration: ValidatingWebhookConfiguration, _: Snapshot) -> Fix | None:
    if is_system(configuration):
        return None
    return Fix(
        f"Exempt by the name of namespaces only in {configuration.name}",
        (),
        Risk.MANUAL,
        "What was exempt by its labels is judged and may be refused.",
        (
            "List what is exempt today: kubectl get pods,namespaces -A --show-labels",
            "Exempt the namespaces that need it by kubernetes.io/metadata.name, which nobody can change.",
            "Remove the other selectors and conditions; most engines take them from their own configuration.",
        ),
    )


@check(
    "adm-webhook-external",
    "Admission webhook outside of the cluster",
    Severity.MEDIUM,
    on=CONFIGURATIONS,
    everywhere=(SERVICE,),
    also=(ENDPOINT_SLICE,),
    threats=(Threat.CREDENTIALS,),
    references=("MS-TA9015", "T1557"),
)
def external(configuration: Configuration, cluster: Snapshot) -> Iterator[Evidence]:
    """Objects are sent to an address outside of the cluster before they are stored.

    ## Why
    Each object that the webhook matches goes there whole, Secrets with their values if they match, and a
    mutating one may change it on the way. Whoever runs the address, or its name, has a say in the cluster.

    ## Risky
    ```yaml
    apiVersion: admissionregistration.k8s.io/v1
    kind: ValidatingWebhookConfiguration
    metadata: {name: policy}
    webhooks:
      - name: pods.policy.example
        clientConfig: {url: "https://policy.example/validate"}
        rules:
          - {operations: [CREATE], apiGroups: [""], apiVersions: [v1], resources: [pods]}
    ```

    ## Fixed
    ```yaml
    apiVersion: admissionregistration.k8s.io/v1
    kind: ValidatingWebhookConfiguration
    metadata: {name: policy}
    webhooks:
      - name: pods.policy.example
        clientConfig: {service: {namespace: policy, name: policy, path: /validate}}
        rules:
          - {operations: [CREATE], apiGroups: [""], apiVersions: [v1], resources: [pods]}
    ```
    """
    for index, webhook in enumerate(configuration.webhooks):
        host = _outside(webhook, cluster)
        if host:
            secrets = any({"secrets", "*", "*/*"} & set(rule.resources) for rule in webhook.rules)
            words = f"webhook {webhook.name} sends objects to {host}" + (", Secrets too" if secrets else "")
            yield Evidence(f"/webhooks/{index}/clientConfig", words, None, Severity.HIGH if secrets else None)


def _outside(webhook: Webhook, cluster: Snapshot) -> str:
    """The host outside of the cluster that answers; empty when it is inside, or on the API server's own node."""
    service = webhook.client_config.service
    if service is not None:
        found = cluster.find(SERVICE, service.name, service.namespace)
        external_name = found is not None and backing(cluster, service).external
        return found.spec.external_name if found is not None and external_name else ""
    try:
        host = urlsplit(webhook.client_config.url or "").hostname or ""
    except ValueError:
        host = "an address that is no URL"
    inside = loopback(host) or host.endswith((".svc", ".svc.cluster.local")) or host in _addresses(cluster)
    return "" if inside else host


def _addresses(cluster: Snapshot) -> frozenset[str]:
    found: frozenset[str] = cluster.derived(_addresses, _cluster_ips)
    return found


def _cluster_ips(cluster: Snapshot) -> frozenset[str]:
    return frozenset(service.spec.cluster_ip for service in cluster.of(SERVICE)) - {""}


@external.fix
def _inside(configuration: Configuration, _: Snapshot) -> Fix | None:
    if is_system(configuration):
        return None
    return Fix(
        f"Let a Service of the cluster answer for {configuration.name}",
        (),
        Risk.MANUAL,
        "While nobody answers, what the webhook matches is refused or goes unchecked.",
        (
            "Find out who runs the address, and whether it needs to see what it is sent.",
            "Run it as a Deployment behind a Service and name that in clientConfig.service with its caBundle.",
            "Until then narrow its rules to what it decides on, and leave Secrets out.",
        ),
    )


@check(
    "adm-mutating-inventory",
    "Webhook that may rewrite pods",
    Severity.INFO,
    on=objects(MUTATING_WEBHOOK),
    threats=(Threat.CREDENTIALS,),
    references=("MS-TA9011", "MS-TA9015"),
)
def rewrites(configuration: MutatingWebhookConfiguration, _: Snapshot) -> Iterator[Evidence]:
    """A mutating webhook is asked before pods are made.

    ## Why
    It can add containers, change images and mount tokens in any pod that it matches, and what runs then
    differs from what was reviewed. Sidecar injectors need this; an attacker keeps a foothold that way. This is
    a list to know, not a fault: remove what nobody recognises.

    ## Risky
    ```yaml
    apiVersion: admissionregistration.k8s.io/v1
    kind: MutatingWebhookConfiguration
    metadata: {name: injector}
    webhooks:
      - name: sidecar.injector.example
        clientConfig: {service: {namespace: mesh, name: injector, path: /inject}}
        rules:
          - {operations: [CREATE], apiGroups: [""], apiVersions: [v1], resources: [pods]}
    ```

    ## Fixed
    ```yaml
    apiVersion: admissionregistration.k8s.io/v1
    kind: MutatingWebhookConfiguration
    metadata: {name: injector}
    webhooks:
      - name: sidecar.injector.example
        clientConfig: {service: {namespace: mesh, name: injector, path: /inject}}
        rules:
          - {operations: [CREATE], apiGroups: [apps], apiVersions: [v1], resources: [deployments]}
    ```
    """
    for index, webhook in enumerate(configuration.webhooks):
        if guards_pods(webhook):
            service = webhook.client_config.service
            who = f"Service {service.namespace}/{service.name}" if service is not None else "an address"
            words = f"webhook {webhook.name}, answered by {who}, may rewrite pods"
            yield Evidence(f"/webhooks/{index}/rules", words)
