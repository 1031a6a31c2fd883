"""Cluster-wide network policies (sigs.k8s.io/network-policy-api: policy.networking.k8s.io v1alpha1 and v1alpha2).

A peer or a port selector of a kind that this program does not know is decoded as one with no field set, so
that an engine can tell it from one that selects everything and fail closed, as the API asks.
"""

from __future__ import annotations

from typing import ClassVar

from msgspec import field

from ksec_tui.cluster.base import KubeObject, LabelSelector, Part, Text

GROUP = "policy.networking.k8s.io"


class PodsPeer(Part, frozen=True):
    """NamespacedPod: pods by the labels of both; an empty selector takes all."""

    namespace_selector: LabelSelector = LabelSelector()
    pod_selector: LabelSelector = LabelSelector()


class AdminPeer(Part, frozen=True):
    """A subject, or a peer of a rule: exactly one field is set."""

    namespaces: LabelSelector | None = None
    pods: PodsPeer | None = None
    nodes: LabelSelector | None = None
    networks: tuple[Text, ...] | None = None
    domain_names: tuple[Text, ...] | None = None

    @property
    def fields(self) -> int:
        """How many fields are set; 0 stands for a kind of peer that is not known."""
        every = (self.namespaces, self.pods, self.nodes, self.networks, self.domain_names)
        return sum(item is not None for item in every)


class PortRange(Part, frozen=True):
    """Ports from `start` to `end`, both included; v1alpha1 names the protocol here."""

    protocol: Text = "TCP"
    start: int = 0
    end: int = 0


class PortNumber(Part, frozen=True):
    """v1alpha1: one port."""

    protocol: Text = "TCP"
    port: int = 0


class AdminPort(Part, frozen=True):
    """v1alpha1 AdminNetworkPolicyPort: exactly one field is set."""

    port_number: PortNumber | None = None
    port_range: PortRange | None = None
    named_port: Text | None = None


class DestinationPort(Part, frozen=True):
    """v1alpha2 Port: a number or a range."""

    number: int | None = None
    range: PortRange | None = None


class Transport(Part, frozen=True):
    """v1alpha2: one protocol's ports; no destination port means all."""

    destination_port: DestinationPort | None = None


class AdminProtocol(Part, frozen=True):
    """v1alpha2 ClusterNetworkPolicyProtocol: exactly one field is set."""

    tcp: Transport | None = None
    udp: Transport | None = None
    sctp: Transport | None = None
    destination_named_port: Text | None = None


class AdminRule(Part, frozen=True):
    """A rule of one direction; ingress rules have `from`, egress rules `to`.

    `ports` is of v1alpha1, `protocols` of v1alpha2; neither means everything.
    """

    name: Text = ""
    action: Text = ""
    from_: tuple[AdminPeer, ...] = field(default=(), name="from")
    to: tuple[AdminPeer, ...] = ()
    ports: tuple[AdminPort, ...] | None = None
    protocols: tuple[AdminProtocol, ...] | None = None


class AdminPolicySpec(Part, frozen=True):
    """What the three kinds have in common; `tier` is ClusterNetworkPolicy's."""

    tier: Text = ""
    priority: int = 0
    subject: AdminPeer = AdminPeer()
    ingress: tuple[AdminRule, ...] = ()
    egress: tuple[AdminRule, ...] = ()


class AdminPolicy(KubeObject, frozen=True):
    """Any of the three."""

    group: ClassVar[str] = GROUP
    namespaced: ClassVar[bool] = False
    spec: AdminPolicySpec = AdminPolicySpec()

    @property
    def tier(self) -> str:
        """``Admin``, decided before NetworkPolicies, or ``Baseline``, decided after them."""
        return self.spec.tier


class ClusterNetworkPolicy(AdminPolicy, frozen=True):
    """v1alpha2: one kind for both tiers."""

    kind: ClassVar[str] = "ClusterNetworkPolicy"


class AdminNetworkPolicy(AdminPolicy, frozen=True):
    """v1alpha1."""

    kind: ClassVar[str] = "AdminNetworkPolicy"

    @property
    def tier(self) -> str:
        """Always ``Admin``."""
        return "Admin"


class BaselineAdminNetworkPolicy(AdminPolicy, frozen=True):
    """v1alpha1: a single one, called ``default``."""

    kind: ClassVar[str] = "BaselineAdminNetworkPolicy"

    @property
    def tier(self) -> str:
        """Always ``Baseline``."""
        return "Baseline"
