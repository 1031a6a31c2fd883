"""Which network plugin runs, whether it enforces NetworkPolicies, and whose own policies may apply besides.

Known by the images of DaemonSets and by the names of CustomResourceDefinitions; both tables are data.
"""

from __future__ import annotations

from dataclasses import dataclass

from ksec_tui.analysis.network.sensitive import repository
from ksec_tui.cluster.coverage import State
from ksec_tui.cluster.kinds import CUSTOM_RESOURCE, DAEMON_SET
from ksec_tui.cluster.pods import Container
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.cluster.workloads import DaemonSet


@dataclass(frozen=True, slots=True)
class Answer:
    """Yes, no, or not known (None), and why in one phrase."""

    value: bool | None
    reason: str = ""


FOREIGN = {
    "ciliumnetworkpolicies.cilium.io": "Cilium",
    "ciliumclusterwidenetworkpolicies.cilium.io": "Cilium",
    "networkpolicies.crd.projectcalico.org": "Calico",
    "globalnetworkpolicies.crd.projectcalico.org": "Calico",
    "networkpolicies.projectcalico.org": "Calico",
    "globalnetworkpolicies.projectcalico.org": "Calico",
    "networkpolicies.crd.antrea.io": "Antrea",
    "clusternetworkpolicies.crd.antrea.io": "Antrea",
    "authorizationpolicies.security.istio.io": "Istio",
    "applicationnetworkpolicies.networking.k8s.aws": "Amazon VPC CNI",
    "clusternetworkpolicies.networking.k8s.aws": "Amazon VPC CNI",
    "multi-networkpolicies.k8s.cni.cncf.io": "MultiNetworkPolicy",
}
"""Definitions of policies that this program does not read, by full name: two engines have a kind in common."""

ENFORCES: tuple[tuple[str, str], ...] = (
    ("calico/node", "Calico"),
    ("hardened-calico", "Calico"),
    ("cilium/cilium", "Cilium"),
    ("cilium-cilium", "Cilium"),
    ("anetd", "Cilium (GKE Dataplane V2)"),
    ("antrea/antrea", "Antrea"),
    ("weave-npc", "Weave Net"),
    ("cloudnativelabs/kube-router", "kube-router"),
    ("kubeovn/kube-ovn", "Kube-OVN"),
    ("ovn-kubernetes", "OVN-Kubernetes"),
    ("kube-network-policies", "kube-network-policies"),
    ("azure-npm", "Azure Network Policy Manager"),
)
"""Part of an image's name -> the plugin, for those that enforce NetworkPolicies."""

ENFORCES_BY_NAME = {"ovnkube-node": "OVN-Kubernetes"}
"""The same by the DaemonSet's name, where images are named by digest only (OpenShift)."""

CONNECTS_ONLY: tuple[tuple[str, str], ...] = (("flannel", "Flannel"),)
"""Plugins that connect pods and ignore NetworkPolicies."""

UNSURE: tuple[tuple[str, str], ...] = (
    ("kindnetd", "kindnet enforces policies only since kind 0.24"),
    ("terway", "Terway enforces policies only when told to"),
    ("netd", "GKE enforces policies only with Dataplane V2 or its Calico add-on"),
)
"""Plugins for which it depends on a version or a setting that no object shows."""

_AWS = ("amazon-k8s-cni", "aws-network-policy-agent")


def foreign_engines(snapshot: Snapshot) -> Answer:
    """Whether policies of another kind than NetworkPolicy may apply; `reason` names whose.

    Only that their kinds are defined is known, not whether such policies exist. Files that hold no
    CustomResourceDefinitions describe a cluster without them.
    """
    names = {FOREIGN[item.name] for item in snapshot.of(CUSTOM_RESOURCE) if item.name in FOREIGN}
    if names:
        return Answer(True, " and ".join(sorted(names)))
    gap = snapshot.gap(CUSTOM_RESOURCE)
    if gap is None or snapshot.coverage.of(CUSTOM_RESOURCE).state is State.NOT_SUPPLIED:
        return Answer(False)
    return Answer(None, gap)


def enforcing_cni(snapshot: Snapshot) -> Answer:
    """Whether the network plugin enforces NetworkPolicies; `reason` names the plugin or says what is missing."""
    gap = snapshot.gap(DAEMON_SET)
    if gap:
        return Answer(None, gap)
    agents = [(item, box) for item in snapshot.of(DAEMON_SET) for box in item.spec.template.spec.containers]
    return (
        _enforcing(agents)
        or _amazon(agents)
        or _other(agents)
        or Answer(None, "no DaemonSet is a network plugin that is known here")
    )


Agent = tuple[DaemonSet, Container]


def _enforcing(agents: list[Agent]) -> Answer | None:
    for item, container in agents:
        name = next((plugin for part, plugin in ENFORCES if part in repository(container.image)), None)
        name = ENFORCES_BY_NAME.get(item.name, name)
        if name is not None and _firewalls(container):
            return Answer(True, f"{name} ({item.ref}) enforces NetworkPolicies")
    return None


def _other(agents: list[Agent]) -> Answer | None:
    for _, container in agents:
        for part, why in UNSURE:
            if repository(container.image).rpartition("/")[2] == part:
                return Answer(None, why)
    for item, container in agents:
        for part, plugin in CONNECTS_ONLY:
            if part in repository(container.image):
                said = f"{plugin} ({item.ref}) ignores NetworkPolicies and nothing else enforces them"
                return Answer(False, said)
    return None


def _firewalls(container: Container) -> bool:
    """kube-router has a switch for its firewall; the others have none."""
    return "--run-firewall=false" not in (*container.command, *container.args)


def _amazon(agents: list[Agent]) -> Answer | None:
    """The Amazon VPC CNI: its node agent runs by default and enforces only with --enable-network-policy=true."""
    if not any(_AWS[0] in repository(container.image) for _, container in agents):
        return None
    for item, container in agents:
        if _AWS[1] in repository(container.image) and "--enable-network-policy=true" in container.args:
            return Answer(True, f"the Amazon VPC CNI ({item.ref}) runs with its policy agent switched on")
    return Answer(False, "the Amazon VPC CNI runs without its policy agent switched on")
