"""How kubelets are configured, as far as files show it; no API object does."""

from __future__ import annotations

from ksec_tui.cluster.kinds import KUBELET_CONFIGURATION
from ksec_tui.cluster.kubelet import KubeletConfiguration
from ksec_tui.cluster.snapshot import Snapshot

HIDDEN = (
    "settings of kubelets are not visible through the API; with kubeadm judge this file too: "
    "kubectl -n kube-system get configmap kubelet-config -o yaml > kubelet-config.yaml"
)
"""Why nothing is known of them on a live cluster, and what shows them."""


def configurations(snapshot: Snapshot) -> tuple[KubeletConfiguration, ...]:
    """The kubelet configurations that were supplied, by name."""
    return snapshot.of(KUBELET_CONFIGURATION)


def gap(snapshot: Snapshot) -> str:
    """Why the kubelets cannot be judged, or not all of them; empty when they can."""
    odd = snapshot.undecoded(KUBELET_CONFIGURATION)
    if odd:
        return f"a kubelet configuration could not be decoded: {odd[0].reason}"
    return "" if configurations(snapshot) else HIDDEN


def seccomp_default(snapshot: Snapshot) -> bool | None:
    """Whether containers without a seccomp profile get the runtime's default one; None when it is not known.

    True only when every configuration that was supplied says so (KEP-2413).
    """
    if gap(snapshot):
        return None
    return all(item.seccomp_default is True for item in configurations(snapshot))
