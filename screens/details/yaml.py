"""Tab YAML: the whole object, with the risk beside the very line."""

from __future__ import annotations

from collections.abc import Sequence

from ksec_tui.analysis.workloads import workload_named
from ksec_tui.cluster.ref import CLUSTER, ObjectRef
from ksec_tui.findings.finding import Evidence, Finding
from ksec_tui.findings.verdict import Severity, Verdict
from ksec_tui.screens.details.tab import Hand, Tab, line
from ksec_tui.screens.widgets.text import Line
from ksec_tui.screens.widgets.yaml_view import Mark, yaml_lines


def lines(hand: Hand) -> Sequence[Line]:
    """The object in hand as YAML."""
    snapshot = hand.snapshot
    ref = hand.row.ref
    document, whole = hand.document(ref)
    if document is None:
        workload = workload_named(snapshot, ref)
        if ref == CLUSTER:
            return [line("This is about the cluster as a whole, which is no object of its own.", "muted")]
        if ref.kind == "Image":
            return [line("An image is no object of the cluster: the tab Why names what uses it.", "muted")]
        if ref.kind in ("User", "Group"):
            return [
                line(f"Kubernetes stores no {ref.kind.lower()}s: authentication says who is one.", "muted")
            ]
        if workload is None:
            return [line(f"{ref} was not read: it may not exist, or you may not read it.", "unknown")]
        ref = workload.object.ref
        document, whole = hand.document(ref)
        note = [line(f"{hand.row.ref} was not read; this is {ref}, which it made.", "unknown"), line()]
    else:
        note = []
    if not whole:
        note.append(line("Only the fields that are analysed are held of this object.", "muted"))
    return [*note, *yaml_lines(document or {}, marks(hand, ref), ascii=hand.view.ascii)]


def marks(hand: Hand, ref: ObjectRef) -> dict[str, Mark]:
    """What was found at each path of the object `ref`; several findings on one path make one mark."""
    found: dict[str, list[tuple[Finding, Evidence]]] = {}
    results = hand.view.state.results
    for finding in dict.fromkeys((*results.on(ref), *results.on(hand.row.ref), *results.pointing_at(ref))):
        if finding.verdict is Verdict.FAIL:
            for piece in finding.evidence:
                if (piece.ref or finding.subject) == ref:
                    found.setdefault(piece.path, []).append((finding, piece))
    return {path: _mark(hand, pieces) for path, pieces in found.items()}


def _mark(hand: Hand, pieces: list[tuple[Finding, Evidence]]) -> Mark:
    pieces = sorted(pieces, key=lambda item: -_severity(*item))
    about = tuple(dict.fromkeys(finding for finding, _ in pieces))
    fixable = [finding for finding in about if finding.fixable]
    staged = bool(fixable) and all(finding.fingerprint in hand.view.staged for finding in fixable)
    words = "; ".join(dict.fromkeys(piece.words for _, piece in pieces))
    return Mark(_severity(*pieces[0]), words, about, staged)


def _severity(finding: Finding, piece: Evidence) -> Severity:
    return piece.severity if piece.severity is not None else finding.severity


TAB = Tab("yaml", 3, "YAML", lines)
