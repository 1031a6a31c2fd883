"""Admission webhooks: which ones guard pods, whom they skip, and whether anyone answers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ksec_tui.cluster.base import LabelSelector
from ksec_tui.cluster.kinds import ENDPOINT_SLICE, MUTATING_WEBHOOK, SERVICE, VALIDATING_WEBHOOK
from ksec_tui.cluster.platform import (
    MutatingWebhookConfiguration,
    Namespace,
    ServiceReference,
    ValidatingWebhookConfiguration,
    Webhook,
    WebhookRule,
)
from ksec_tui.cluster.snapshot import Snapshot

Configuration = ValidatingWebhookConfiguration | MutatingWebhookConfiguration

NAME_LABEL = "kubernetes.io/metadata.name"
"""Every namespace carries its own name under this label (NamespaceDefaultLabelName); nobody can change it."""

_GUARDED = (
    ("", "pods"),
    ("", "namespaces"),
    ("apps", "deployments"),
    ("apps", "daemonsets"),
    ("apps", "statefulsets"),
    ("batch", "jobs"),
    ("batch", "cronjobs"),
    ("rbac.authorization.k8s.io", "rolebindings"),
    ("rbac.authorization.k8s.io", "clusterrolebindings"),
)


def configurations(snapshot: Snapshot) -> Iterator[Configuration]:
    """Every webhook configuration, validating ones first."""
    yield from snapshot.of(VALIDATING_WEBHOOK)
    yield from snapshot.of(MUTATING_WEBHOOK)


def guards(webhook: Webhook) -> bool:
    """Whether it is asked before workloads, namespaces or grants are made: what decides over security."""
    return any(_covers(rule, group, resource) for rule in webhook.rules for group, resource in _GUARDED)


def guards_pods(webhook: Webhook) -> bool:
    """Whether it is asked before pods are made."""
    return any(_covers(rule, "", "pods") for rule in webhook.rules)


def _covers(rule: WebhookRule, group: str, resource: str) -> bool:
    """webhook/predicates/rules Matcher: ``*`` is every resource, ``*/*`` also their subresources."""
    return (
        any(operation in ("*", "CREATE") for operation in rule.operations)
        and any(name in ("*", group) for name in rule.api_groups)
        and any(name in ("*", "*/*", resource) for name in rule.resources)
    )


def exempting_labels(webhook: Webhook, namespace: Namespace) -> tuple[str, ...]:
    """The namespace's own labels that make the webhook skip it.

    Only labels that are excluded by name (NotIn, DoesNotExist); a namespace that lacks a label which
    others opt in with is not exempt but never asked in.
    """
    labels = {NAME_LABEL: namespace.name, **namespace.metadata.labels}
    found = []
    for requirement in webhook.namespace_selector.match_expressions:
        excludes = requirement.operator in ("NotIn", "DoesNotExist")
        alone = LabelSelector(match_expressions=(requirement,))
        if excludes and requirement.key != NAME_LABEL and not alone.matches(labels):
            found.append(f"{requirement.key}={labels[requirement.key]}")
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Backing:
    """Who answers for a webhook's Service.

    Attributes:
        exists: whether the Service does.
        ready: the number of its ready endpoints.
        external: whether it is an ExternalName Service, which has no endpoints.
    """

    exists: bool
    ready: int = 0
    external: bool = False

    @property
    def dead(self) -> bool:
        """Whether nobody answers."""
        return not self.exists or (not self.external and not self.ready)


def backing(snapshot: Snapshot, target: ServiceReference) -> Backing:
    """The state of a webhook's Service; reads services and endpointslices of its namespace.

    An endpoint whose readiness is not told counts as ready (discovery/v1 EndpointConditions).
    """
    service = snapshot.find(SERVICE, target.name, target.namespace)
    if service is None:
        return Backing(exists=False)
    addresses = {
        address
        for piece in snapshot.within(ENDPOINT_SLICE, target.namespace)
        if piece.metadata.labels.get("kubernetes.io/service-name") == target.name
        for endpoint in piece.endpoints
        if endpoint.conditions.ready is not False
        for address in endpoint.addresses
    }
    return Backing(exists=True, ready=len(addresses), external=service.spec.type == "ExternalName")
