"""Who may do what: ServiceAccounts and RBAC (k8s.io/api/rbac/v1), and Secret/ConfigMap metadata."""

from __future__ import annotations

from typing import ClassVar

from msgspec import field

from ksec_tui.cluster.base import KubeObject, LabelSelector, LocalRef, Part, Text


class ServiceAccount(KubeObject, frozen=True):
    """core/v1 ServiceAccount."""

    kind: ClassVar[str] = "ServiceAccount"
    automount_service_account_token: bool | None = None
    image_pull_secrets: tuple[LocalRef, ...] = ()


class PolicyRule(Part, frozen=True):
    """rbac/v1 PolicyRule. All four axes must match inside one rule."""

    verbs: tuple[Text, ...] = ()
    api_groups: tuple[Text, ...] = ()
    resources: tuple[Text, ...] = ()
    resource_names: tuple[Text, ...] = ()
    non_resource_urls: tuple[Text, ...] = field(default=(), name="nonResourceURLs")


class Subject(Part, frozen=True):
    """rbac/v1 Subject; the authorizer ignores `api_group`."""

    kind: Text = ""
    name: Text = ""
    namespace: Text = ""
    api_group: Text = ""


class RoleRef(Part, frozen=True):
    """What a binding grants."""

    kind: Text = ""
    name: Text = ""
    api_group: Text = ""


class AggregationRule(Part, frozen=True):
    """Which ClusterRoles are united into one."""

    cluster_role_selectors: tuple[LabelSelector, ...] = ()


class Role(KubeObject, frozen=True):
    """rbac/v1 Role."""

    group: ClassVar[str] = "rbac.authorization.k8s.io"
    kind: ClassVar[str] = "Role"
    rules: tuple[PolicyRule, ...] = ()


class ClusterRole(KubeObject, frozen=True):
    """rbac/v1 ClusterRole; `rules` of an aggregated role are written by its controller and may be null."""

    group: ClassVar[str] = "rbac.authorization.k8s.io"
    kind: ClassVar[str] = "ClusterRole"
    namespaced: ClassVar[bool] = False
    rules: tuple[PolicyRule, ...] = ()
    aggregation_rule: AggregationRule | None = None


class RoleBinding(KubeObject, frozen=True):
    """rbac/v1 RoleBinding."""

    group: ClassVar[str] = "rbac.authorization.k8s.io"
    kind: ClassVar[str] = "RoleBinding"
    subjects: tuple[Subject, ...] = ()
    role_ref: RoleRef = RoleRef()


class ClusterRoleBinding(KubeObject, frozen=True):
    """rbac/v1 ClusterRoleBinding."""

    group: ClassVar[str] = "rbac.authorization.k8s.io"
    kind: ClassVar[str] = "ClusterRoleBinding"
    namespaced: ClassVar[bool] = False
    subjects: tuple[Subject, ...] = ()
    role_ref: RoleRef = RoleRef()


class Secret(KubeObject, frozen=True):
    """core/v1 Secret: metadata and type. There is no field that could hold its payload."""

    kind: ClassVar[str] = "Secret"
    type: Text = ""


class ConfigMap(KubeObject, frozen=True):
    """core/v1 ConfigMap: metadata only.

    Attributes:
        data: None where the payload was not supplied, as from a live cluster; otherwise the keys, each with a
            mark that says whether its value looked like a credential (`redact.payload`), never with the value.
    """

    kind: ClassVar[str] = "ConfigMap"
    data: dict[str, str | int | float | bool | None] | None = None
