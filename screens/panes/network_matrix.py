"""Namespace by namespace: whose pods reach whose. One row for each that sends, one glyph for each that receives."""

from __future__ import annotations

from collections.abc import Sequence

from ksec_tui.analysis.network.doubts import doubts
from ksec_tui.analysis.network.engines import enforcing_cni
from ksec_tui.analysis.network.matrix import Cell as Pairs
from ksec_tui.analysis.network.matrix import Matrix, matrix
from ksec_tui.cluster.kinds import NAMESPACE, POD
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.screens.pane import Listing, Row, View, object_row, risk_column, value_column
from ksec_tui.screens.panes.network_notice import notice
from ksec_tui.screens.widgets.columns import Cell, Column

GLYPHS = {"all": ("●", "#"), "some": ("◐", "o"), "none": ("·", "."), "unknown": ("?", "?")}
"""How far pods of one namespace reach those of another, also in ASCII. No colour is needed to tell them apart."""

DRAWN = 300
"""Namespaces up to which all rows are worked out; of more, the one in hand is (in the tab Net)."""

RULER = "".join(f"{number:<5}" if number > 1 else "1   " for number in (1, *range(5, 400, 5)))
"""Numbers above the columns: 1, 5, 10, … each at its place."""


def share_of(snapshot: Snapshot, source: str, destination: str, pairs: Pairs) -> str:
    """``all``, ``some``, ``none``, or ``unknown`` where something that was not read could turn it."""
    if any(item.gap for item in doubts(snapshot, (source, destination))) or snapshot.gap(POD, destination):
        return "unknown"
    if pairs.share == "none":
        return "unknown" if pairs.pairs and enforcing_cni(snapshot).value is False else "none"
    return "all" if pairs.free else "some"


def matrix_rows(view: View) -> Sequence[Row]:
    """One row for each namespace with pods, in the order of the columns."""
    snapshot = view.state.snapshot
    table = matrix(snapshot)
    draw = len(table.namespaces) <= DRAWN
    return [_row(view, table, number, name, draw=draw) for number, name in enumerate(table.namespaces, 1)]


def _row(view: View, table: Matrix, number: int, name: str, *, draw: bool) -> Row:
    snapshot = view.state.snapshot
    ref = ObjectRef("", "Namespace", name)
    found = snapshot.find(NAMESPACE, name)
    values: dict[str, object] = {"number": number, "pods": table.pods(name)}
    notes: tuple[str, ...] = ("enter lists what its pods reach, and what reaches them",)
    if draw:
        shares = [share_of(snapshot, name, there, pairs) for there, pairs in table.row(name).items()]
        map_ = "".join(GLYPHS[share][view.ascii] for share in shares)
        values |= {
            "map": map_,
            "reaches": _count(shares),
            "order": shares.count("all") * 1000 + shares.count("some"),
        }
        notes = (*_notes(table, shares, ascii_only=view.ascii), *notes)
    return object_row(
        view,
        ref,
        values,
        subjects="namespaces",
        labels=found.metadata.labels if found is not None else None,
        notes=notes,
    )


def _count(shares: Sequence[str]) -> Cell:
    whole, some, unknown = (shares.count(what) for what in ("all", "some", "unknown"))
    said = f"{whole}+{some}" if some else str(whole)
    if unknown:
        said += f" ?{unknown}"
    return Cell(
        said, "unknown" if unknown else "medium" if whole == len(shares) else "pass" if not whole else ""
    )


def _notes(table: Matrix, shares: Sequence[str], *, ascii_only: bool) -> Sequence[str]:
    """Which namespaces, by name."""
    words = {
        "all": "all pods, every port",
        "some": "some pods or ports",
        "none": "nothing",
        "unknown": "not known",
    }
    found = []
    for what, said in words.items():
        names = [name for name, share in zip(table.namespaces, shares, strict=True) if share == what]
        if names:
            more = f" and {len(names) - 12} more" if len(names) > 12 else ""
            found.append(f"{GLYPHS[what][ascii_only]} {said}: {', '.join(names[:12])}{more}")
    return found


def _notice(view: View) -> str:
    """What the glyphs mean; then what one must know."""
    words = ("all", "all"), ("some", "some pods or ports"), ("none", "nothing"), ("unknown", "unknown")
    legend = "  ".join(f"{GLYPHS[key][view.ascii]} {said}" for key, said in words)
    doubt = notice(view)
    count = len(matrix(view.state.snapshot).namespaces) if not view.state.reading else 0
    if count > DRAWN:
        legend = f"{count:,} namespaces: the map of the one in hand is in the tab Net (enter)"
    return f"{legend}  {doubt}" if doubt else legend


def _map(row: Row) -> str:
    return str(row.values.get("map", ""))


LISTING = Listing(
    "matrix",
    "Matrix",
    (POD, NAMESPACE),
    (
        risk_column(),
        value_column("number", "#", width=3, min_width=3, right=True, priority=0),
        Column("namespace", "FROM", lambda row: row.ref.name, width=18, min_width=10, grow=1, priority=0),
        value_column("pods", "PODS", width=6, min_width=5, right=True, priority=3),
        value_column("reaches", "ALL+SOME", width=9, min_width=8, priority=2),
        Column(
            "map",
            RULER,
            _map,
            width=60,
            min_width=44,
            grow=4,
            priority=1,
            sort=lambda r: r.values.get("order", 0),
        ),
    ),
    matrix_rows,
    empty="no namespace has pods",
    notice=_notice,
)
