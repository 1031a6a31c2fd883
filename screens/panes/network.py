"""Pane 5: what is reached from where and by whom, what each policy does, and what a break-in would reach."""

from __future__ import annotations

from ksec_tui.analysis.network.balancers import Zone
from ksec_tui.analysis.network.ends import end_words
from ksec_tui.analysis.network.engines import enforcing_cni
from ksec_tui.analysis.network.exposure import exposures
from ksec_tui.screens.pane import Pane, View
from ksec_tui.screens.panes import (
    network_blast,
    network_exposure,
    network_matrix,
    network_policies,
    network_reach,
)


def _badge(view: View) -> str:
    snapshot = view.state.snapshot
    if not view.state.reading:
        # Made here, off the UI thread, so that completion has it at hand.
        end_words(snapshot)
    if enforcing_cni(snapshot).value is False:
        return "!CNI"
    internet = {item.workload for item in exposures(snapshot) if item.zone is Zone.INTERNET}
    return str(len(internet)) if internet else ""


PANE = Pane(
    "network",
    5,
    "Network",
    "What can be reached from outside and through which objects; what each policy selects and admits; whether "
    "one end may reach another (N asks); which namespaces reach which; what a workload reaches once it is "
    "broken into (n on any workload). "
    "The number in the tab counts workloads reachable from the internet; !CNI means that no network plugin "
    "was seen which enforces policies.",
    (
        network_exposure.LISTING,
        network_policies.LISTING,
        network_reach.LISTING,
        network_matrix.LISTING,
        network_blast.LISTING,
    ),
    aliases=("net", "exposure", "netpol", "svc", "ing"),
    badge=_badge,
    short="Net",
)
