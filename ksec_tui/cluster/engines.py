"""Policies of engines that decide beside Kubernetes itself (kyverno.io/v1)."""

from __future__ import annotations

from typing import ClassVar

from ksec_tui.cluster.base import KubeObject, Part, Text


class KyvernoValidation(Part, frozen=True):
    """What a rule does with an object that it finds wrong; unset leaves it to the policy (since 1.13)."""

    failure_action: Text = ""


class KyvernoRule(Part, frozen=True):
    """One rule of a policy; only validating ones can refuse anything."""

    name: Text = ""
    validate: KyvernoValidation | None = None


class KyvernoSpec(Part, frozen=True):
    """The older, policy-wide setting, and the rules."""

    validation_failure_action: Text = ""
    rules: tuple[KyvernoRule, ...] = ()


class KyvernoClusterPolicy(KubeObject, frozen=True):
    """kyverno.io/v1 ClusterPolicy."""

    group: ClassVar[str] = "kyverno.io"
    kind: ClassVar[str] = "ClusterPolicy"
    namespaced: ClassVar[bool] = False
    spec: KyvernoSpec = KyvernoSpec()


class KyvernoPolicy(KubeObject, frozen=True):
    """kyverno.io/v1 Policy, for its own namespace."""

    group: ClassVar[str] = "kyverno.io"
    kind: ClassVar[str] = "Policy"
    spec: KyvernoSpec = KyvernoSpec()
