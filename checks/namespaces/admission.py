"""Admission webhooks and policies that let through what they should stop."""

from __future__ import annotations

from collections.abc import Iterator

from ksec_tui.analysis.admission import (
    Configuration,
    backing,
    configurations,
    exempting_labels,
    guards,
    guards_pods,
)
from ksec_tui.analysis.identity import is_system
from ksec_tui.checks.namespaces.pod_security import NAMESPACES
from ksec_tui.cluster.kinds import ENDPOINT_SLICE, MUTATING_WEBHOOK, SERVICE, VALIDATING_WEBHOOK
from ksec_tui.cluster.platform import Namespace, ValidatingWebhookConfiguration, Webhook
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import Subjects, check, objects
from ksec_tui.findings.finding import Evidence, NotApplicable
from ksec_tui.findings.fix import Fix, Risk
from ksec_tui.findings.verdict import Severity, Threat
from ksec_tui.fixes.build import strategic


def _configuration(snapshot: Snapshot, ref: ObjectRef) -> Configuration | None:
    return next((item for item in configurations(snapshot) if item.ref == ref), None)


CONFIGURATIONS: Subjects[Configuration] = Subjects(
    "webhook configurations",
    (VALIDATING_WEBHOOK, MUTATING_WEBHOOK),
    configurations,
    lambda item: item.ref,
    _configuration,
    system=is_system,
)


@check(
    "ns-admission-exempt",
    "Exempt from an admission webhook",
    Severity.MEDIUM,
    on=NAMESPACES,
    everywhere=(VALIDATING_WEBHOOK,),
    threats=(Threat.CREDENTIALS,),
    references=("OWASP K04", "MS-TA9015"),
)
def exempt(namespace: Namespace, cluster: Snapshot) -> Iterator[Evidence | NotApplicable]:
    """A label of the namespace makes a webhook that guards pods skip it.

    ## Why
    Whoever may label the namespace, or create one, steps around the policy engine. Such labels are put
    on for a migration or an outage, and stay. Exemptions by name are the webhook's own decision and are
    not told here.

    ## Risky
    ```yaml
    apiVersion: v1
    kind: Namespace
    metadata:
      name: shop
      labels: {policy.example/ignore: "true"}
    ---
    apiVersion: admissionregistration.k8s.io/v1
    kind: ValidatingWebhookConfiguration
    metadata: {name: policy}
    webhooks:
      - name: pods.policy.example
        clientConfig: {url: "https://policy.example/validate"}
        failurePolicy: Fail
        rules:
          - {operations: [CREATE], apiGroups: [""], apiVersions: [v1], resources: [pods]}
        namespaceSelector:
          matchExpressions:
            - {key: policy.example/ignore, operator: DoesNotExist}
    ```

    ## Fixed
    ```yaml
    apiVersion: v1
    kind: Namespace
    metadata:
      name: shop
    ---
    apiVersion: admissionregistration.k8s.io/v1
    kind: ValidatingWebhookConfiguration
    metadata: {name: policy}
    webhooks:
      - name: pods.policy.example
        clientConfig: {url: "https://policy.example/validate"}
        failurePolicy: Fail
        rules:
          - {operations: [CREATE], apiGroups: [""], apiVersions: [v1], resources: [pods]}
        namespaceSelector:
          matchExpressions:
            - {key: policy.example/ignore, operator: DoesNotExist}
    ```
    """
    if is_system(namespace):
        yield NotApplicable("Kubernetes' own components must start without the webhook")
        return
    for configuration in cluster.of(VALIDATING_WEBHOOK):
        for webhook in configuration.webhooks:
            service = webhook.client_config.service
            home = service is not None and service.namespace == namespace.name
            if home or not guards_pods(webhook):
                continue
            for label in exempting_labels(webhook, namespace):
                key = label.partition("=")[0].replace("~", "~0").replace("/", "~1")
                words = f"its label {label} makes the webhook {webhook.name} skip it"
                yield Evidence(f"/metadata/labels/{key}", words)


@exempt.fix
def _include(namespace: Namespace, _: Snapshot) -> Fix | None:
    if is_system(namespace):
        return None
    return Fix(
        "Remove the label that exempts the namespace",
        (),
        Risk.MANUAL,
        "Pods that the policy refuses do not start any more.",
        (
            "Find out who set the label and why, and what the policy would refuse here (its audit mode tells).",
            "Remove the label, or let the webhook's owner exempt the namespace by name.",
        ),
    )


@check(
    "adm-fail-open",
    "Admission webhook fails open",
    Severity.MEDIUM,
    on=objects(VALIDATING_WEBHOOK),
    everywhere=(SERVICE, ENDPOINT_SLICE),
    threats=(Threat.CREDENTIALS,),
    references=("OWASP K04", "MS-TA9015"),
)
def fails_open(configuration: ValidatingWebhookConfiguration, _: Snapshot) -> Iterator[Evidence]:
    """A webhook that guards workloads, namespaces or grants admits everything while it does not answer.

    ## Why
    An attacker who can overload it, evict its pods or delay its answers switches the policy off for the
    moment that it takes to create what it forbids. Nothing is refused and nobody notices.

    ## Risky
    ```yaml
    apiVersion: admissionregistration.k8s.io/v1
    kind: ValidatingWebhookConfiguration
    metadata: {name: policy}
    webhooks:
      - name: pods.policy.example
        clientConfig: {service: {namespace: policy, name: policy, path: /validate}}
        failurePolicy: Ignore
        rules:
          - {operations: [CREATE], apiGroups: [""], apiVersions: [v1], resources: [pods]}
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: policy, namespace: policy}
    spec: {ports: [{port: 443}]}
    ---
    apiVersion: discovery.k8s.io/v1
    kind: EndpointSlice
    metadata: {name: policy-1, namespace: policy, labels: {kubernetes.io/service-name: policy}}
    addressType: IPv4
    endpoints:
      - {addresses: [10.1.0.4], conditions: {ready: true}}
      - {addresses: [10.1.1.7], conditions: {ready: true}}
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
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: policy, namespace: policy}
    spec: {ports: [{port: 443}]}
    ---
    apiVersion: discovery.k8s.io/v1
    kind: EndpointSlice
    metadata: {name: policy-1, namespace: policy, labels: {kubernetes.io/service-name: policy}}
    addressType: IPv4
    endpoints:
      - {addresses: [10.1.0.4], conditions: {ready: true}}
      - {addresses: [10.1.1.7], conditions: {ready: true}}
    ```
    """
    for index, webhook in enumerate(configuration.webhooks):
        if _open(webhook):
            words = f"webhook {webhook.name} lets everything pass while it does not answer"
            yield Evidence(f"/webhooks/{index}/failurePolicy", words)


def _open(webhook: Webhook) -> bool:
    return webhook.failure_policy == "Ignore" and guards(webhook)


@fails_open.fix
def _fail_closed(configuration: ValidatingWebhookConfiguration, cluster: Snapshot) -> Fix | None:
    """Only where two endpoints are ready: a webhook that fails closed alone locks the cluster up."""
    risky = [webhook for webhook in configuration.webhooks if _open(webhook)]
    if not risky:
        return None
    title = f"Refuse what {', '.join(webhook.name for webhook in risky)} cannot judge"
    may_break = (
        "While no endpoint answers nothing can be created, the webhook's own pods included: exempt its "
        "namespace and kube-system by name."
    )
    services = [webhook.client_config.service for webhook in risky]
    if not all(service is not None and backing(cluster, service).ready > 1 for service in services):
        steps = (
            "Run at least two replicas of the webhook, on different nodes.",
            "Exempt its own namespace and kube-system by name (namespaceSelector on kubernetes.io/metadata.name).",
            "Then set failurePolicy: Fail, with a timeout of a few seconds.",
        )
        return Fix(title, (), Risk.MANUAL, may_break, steps)
    body = {"webhooks": [{"name": webhook.name, "failurePolicy": "Fail"} for webhook in risky]}
    return Fix(title, (strategic(configuration.ref, body),), Risk.REVIEW, may_break)


@check(
    "adm-webhook-dead",
    "Nobody answers an admission webhook",
    Severity.HIGH,
    on=CONFIGURATIONS,
    everywhere=(SERVICE, ENDPOINT_SLICE),
    threats=(Threat.CREDENTIALS,),
    references=("OWASP K04",),
)
def dead_webhook(configuration: Configuration, cluster: Snapshot) -> Iterator[Evidence]:
    """The Service of a webhook is missing or has no ready endpoint.

    ## Why
    If it fails open, the policy is off without a word. If it fails closed, what it matches cannot be
    created or changed. And whoever may create that Service in its namespace answers in its place, if
    they can get hold of its certificate.

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
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: policy, namespace: policy}
    spec: {ports: [{port: 443}]}
    ---
    apiVersion: discovery.k8s.io/v1
    kind: EndpointSlice
    metadata: {name: policy-1, namespace: policy, labels: {kubernetes.io/service-name: policy}}
    addressType: IPv4
    endpoints:
      - {addresses: [10.1.0.4], conditions: {ready: true}}
    ```
    """
    for index, webhook in enumerate(configuration.webhooks):
        service = webhook.client_config.service
        if service is None:
            continue
        state = backing(cluster, service)
        if state.dead:
            missing = "does not exist" if not state.exists else "has no ready endpoint"
            effect = (
                "nothing is checked" if webhook.failure_policy == "Ignore" else "what it matches is refused"
            )
            name = f"Service {service.namespace}/{service.name}"
            words = f"{name} of webhook {webhook.name} {missing}: {effect}"
            yield Evidence(f"/webhooks/{index}/clientConfig/service", words)


@dead_webhook.fix
def _answer(configuration: Configuration, _: Snapshot) -> Fix:
    return Fix(
        f"Bring back what answers for {configuration.name}, or remove it",
        (),
        Risk.MANUAL,
        "Without the webhook its policy no longer holds; with it, what it refuses is refused again.",
        (
            "Look for the Deployment behind the Service: scaled to zero, crashing, or uninstalled.",
            "If it is needed, bring it back with two replicas.",
            f"If it was uninstalled, delete {configuration.kind} {configuration.name}.",
        ),
    )
