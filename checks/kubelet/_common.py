"""What the checks on kubelets share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import msgspec

from ksec_tui.analysis.kubelets import configurations, gap
from ksec_tui.cluster.kubelet import KubeletConfiguration
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.finding import Evidence, Outcome, Unknown
from ksec_tui.findings.fix import Fix, Risk


def judged(
    snapshot: Snapshot, judge: Callable[[KubeletConfiguration], Iterable[Evidence]]
) -> Iterator[Outcome]:
    """What `judge` says of each kubelet configuration, in words that go on after "the kubelet"; else UNKNOWN."""
    found = configurations(snapshot)
    for item in found:
        for piece in judge(item):
            words = f"the kubelet {piece.words}"
            yield msgspec.structs.replace(piece, words=words, ref=item.ref)
    if reason := gap(snapshot):
        yield Unknown(reason)


def kubelet_fix(title: str, snippet: str, may_break: str, *before: str) -> Fix:
    """The steps to change the configuration file of kubelets, which no patch reaches."""
    return Fix(
        title,
        (),
        Risk.MANUAL,
        may_break,
        (
            *before,
            f"With kubeadm: kubectl -n kube-system edit configmap kubelet-config, there {snippet}",
            "Then on one node after the other: kubeadm upgrade node phase kubelet-config; systemctl restart kubelet",
            "Without kubeadm: in the file that the kubelet's --config names, or in the settings of the node pool",
        ),
    )
