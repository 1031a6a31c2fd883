"""The fix that the checks of the enforced Pod Security level share."""

from __future__ import annotations

from ksec_tui.analysis.identity import is_system
from ksec_tui.analysis.pod_security import LEVELS, PREFIX, Tightening, tighten
from ksec_tui.cluster.platform import Namespace
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.fix import Fix, Risk
from ksec_tui.fixes.build import strategic

ENFORCE_POINTER = "/metadata/labels/" + PREFIX.replace("/", "~1") + "enforce"
"""Where a Namespace says what it enforces."""


def enforce_more(namespace: Namespace, cluster: Snapshot) -> Fix | None:
    """Enforce the strictest level that everything that runs and every template passes; else say what is against it.

    All checks of the level want the same, so that their fixes go together. A namespace in which nothing runs
    gets baseline: what will come is not known.
    """
    if is_system(namespace):
        return None
    found = tighten(cluster, namespace.name)
    if found.level in (None, LEVELS[0]):
        return _by_hand(found)
    level = found.level if found.workloads else "baseline"
    passing = "everything seen here passes it" if found.workloads else "nothing runs here yet"
    return Fix(
        f"Enforce the Pod Security level {level}: {passing}",
        (strategic(namespace.ref, {"metadata": {"labels": {f"{PREFIX}enforce": level}}}),),
        Risk.SAFE if found.workloads else Risk.REVIEW,
        "Pods that an operator, an injector or a rare job makes later, and that are not to be seen now, "
        "are refused if they need more.",
    )


def _by_hand(found: Tightening) -> Fix:
    against = [item.words for item in found.hindrances]
    shown = "; ".join(against[:5]) + (f"; and {len(against) - 5} more" if len(against) > 5 else "")
    first = [f"These would be refused: {shown}."] if against else []
    if found.level is None:
        first = ["Not all workloads of the namespace could be read: find out which need more than baseline."]
    return Fix(
        "Enforce the Pod Security level baseline",
        (),
        Risk.MANUAL,
        "What needs more than baseline is refused when its pods are made anew.",
        (
            *first,
            f"Meanwhile label the namespace {PREFIX}warn: baseline and {PREFIX}audit: baseline: that breaks nothing.",
            f"Change those workloads, or move them to a namespace of their own; then label {PREFIX}enforce: baseline.",
        ),
    )
