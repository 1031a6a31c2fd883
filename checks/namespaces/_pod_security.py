"""The fix that the checks of the enforced Pod Security level share."""

from __future__ import annotations

from ksec_tui.analysis.identity import is_system
from ksec_tui.analysis.pod_security import PREFIX, blockers
from ksec_tui.cluster.platform import Namespace
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.fix import Fix, Risk
from ksec_tui.fixes.build import strategic


def enforce_baseline(namespace: Namespace, cluster: Snapshot) -> Fix | None:
    """Enforce baseline when everything that runs and every template passes it; else say what stands against it."""
    if is_system(namespace):
        return None
    against = blockers(cluster, namespace.name)
    if against is None or against:
        return _by_hand(against)
    labels = {f"{PREFIX}enforce": "baseline"}
    return Fix(
        "Enforce the Pod Security level baseline: everything seen here passes it",
        (strategic(namespace.ref, {"metadata": {"labels": labels}}),),
        Risk.REVIEW,
        "Pods that an operator, an injector or a rare job makes later, and that are not to be seen now, "
        "are refused if they need more.",
    )


def _by_hand(against: tuple[str, ...] | None) -> Fix:
    if against is None:
        first = "Not all workloads of the namespace could be read: find out which need more than baseline."
    else:
        shown = "; ".join(against[:5]) + (f"; and {len(against) - 5} more" if len(against) > 5 else "")
        first = f"These would be refused: {shown}."
    return Fix(
        "Enforce the Pod Security level baseline",
        (),
        Risk.MANUAL,
        "What needs more than baseline is refused when its pods are made anew.",
        (
            first,
            f"Meanwhile label the namespace {PREFIX}warn: baseline and {PREFIX}audit: baseline: that breaks nothing.",
            f"Change those workloads, or move them to a namespace of their own; then label {PREFIX}enforce: baseline.",
        ),
    )
