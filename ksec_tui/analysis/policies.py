"""Which policies refuse pods: Kubernetes' own, those of Kyverno, and what other engines may do unseen."""

from __future__ import annotations

from collections.abc import Iterator

from ksec_tui.analysis.admission import guards_pods
from ksec_tui.analysis.pod_security.labels import mode
from ksec_tui.cluster.engines import KyvernoClusterPolicy, KyvernoPolicy
from ksec_tui.cluster.kinds import (
    ADMISSION_BINDING,
    ADMISSION_POLICY,
    CUSTOM_RESOURCE,
    KYVERNO_CLUSTER_POLICY,
    KYVERNO_POLICY,
    NAMESPACE,
    VALIDATING_WEBHOOK,
)
from ksec_tui.cluster.platform import Webhook
from ksec_tui.cluster.snapshot import Snapshot

Kyverno = KyvernoClusterPolicy | KyvernoPolicy

ENGINES = {
    "constrainttemplates.templates.gatekeeper.sh": "Gatekeeper",
    "clusteradmissionpolicies.policies.kubewarden.io": "Kubewarden",
    "validatingpolicies.policies.kyverno.io": "Kyverno's ValidatingPolicies",
    "securitycontextconstraints.security.openshift.io": "OpenShift's SecurityContextConstraints",
}
"""Definitions of policies that are not read here, and whose they are."""

POLICY_KINDS = (
    NAMESPACE,
    VALIDATING_WEBHOOK,
    ADMISSION_POLICY,
    ADMISSION_BINDING,
    KYVERNO_CLUSTER_POLICY,
    KYVERNO_POLICY,
    CUSTOM_RESOURCE,
)
"""What `refusing` and `unread` read."""


def kyverno(snapshot: Snapshot) -> Iterator[Kyverno]:
    """Every policy of Kyverno that validates, cluster-wide ones first."""
    found: tuple[Kyverno, ...] = (*snapshot.of(KYVERNO_CLUSTER_POLICY), *snapshot.of(KYVERNO_POLICY))
    for item in found:
        if any(rule.validate is not None for rule in item.spec.rules):
            yield item


def auditing(policy: Kyverno) -> tuple[int, ...]:
    """The positions of the validating rules that report and let pass; Audit is the default (kyverno.io/v1)."""
    usual = policy.spec.validation_failure_action
    return tuple(
        index
        for index, rule in enumerate(policy.spec.rules)
        if rule.validate is not None and (rule.validate.failure_action or usual).lower() != "enforce"
    )


def refusing(snapshot: Snapshot) -> str:
    """The first policy that certainly refuses some pods, in words; empty when none does."""
    for namespace in snapshot.of(NAMESPACE):
        level = mode(namespace.metadata.labels, "enforce").read_as
        if level in ("baseline", "restricted"):
            return f"namespace {namespace.name} enforces {level}"
    bound = {
        item.spec.policy_name
        for item in snapshot.of(ADMISSION_BINDING)
        if "Deny" in item.spec.validation_actions
    }
    for policy in snapshot.of(ADMISSION_POLICY):
        rules = policy.spec.match_constraints.resource_rules
        if policy.name in bound and guards_pods(Webhook(rules=rules)):
            return f"ValidatingAdmissionPolicy {policy.name} refuses pods"
    for item in kyverno(snapshot):
        if len(auditing(item)) < sum(rule.validate is not None for rule in item.spec.rules):
            return f"{item.kind} {item.name} of Kyverno refuses"
    return ""


def unread(snapshot: Snapshot) -> str:
    """What may refuse pods without being visible, in words; empty when there is nothing of the kind."""
    names = {ENGINES[item.name] for item in snapshot.of(CUSTOM_RESOURCE) if item.name in ENGINES}
    if names:
        return f"policies of {' and '.join(sorted(names))} are not read here"
    for configuration in snapshot.of(VALIDATING_WEBHOOK):
        for webhook in configuration.webhooks:
            if guards_pods(webhook):
                return f"webhook {webhook.name} is asked before pods are made, and what it refuses is not visible"
    return ""
