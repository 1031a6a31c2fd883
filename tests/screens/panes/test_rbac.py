"""The pane of rights, without a terminal: what a row says when there is room for a few words only."""

from __future__ import annotations

from ksec_tui.checks import all_checks
from ksec_tui.findings.examples import snapshot_of
from ksec_tui.findings.runner import run
from ksec_tui.fixes.plan import FixPlan
from ksec_tui.screens.pane import Listing, View
from ksec_tui.screens.panes.rbac import PANE
from ksec_tui.screens.widgets.columns import place, text_of
from ksec_tui.session import State
from tests.screens.attacked import attacked

SUBJECTS, BINDINGS, ROLES, WHO = PANE.listings
HEAD = {"kind": "Cluster", "serverVersion": "v1.33.4", "today": "2026-11-21"}


def why(listing: Listing, name: str) -> str:
    snapshot = snapshot_of([HEAD, *attacked()])
    view = View.of(State(snapshot, run(snapshot, all_checks())), FixPlan(), ascii=False)
    (row,) = (row for row in listing.rows(view) if row.ref.name == name)
    (column,) = (column for column in listing.columns if column.id == "why")
    return text_of(column.cell(row))


def test_the_reason_does_not_begin_with_the_subject_beside_which_it_stands() -> None:
    assert why(SUBJECTS, "robot").startswith("may do everything in the whole cluster")


def test_the_reason_of_a_binding_or_role_begins_with_the_problem() -> None:
    assert why(BINDINGS, "robots").startswith("Everything is granted: ServiceAccount shop/robot may")
    assert ": User anna may " in why(ROLES, "secret-reader")


def test_names_keep_room_at_80_columns() -> None:
    for listing in PANE.listings:
        widths = {placed.column.id: placed.width for placed in place(listing.columns, 77)}
        assert widths["name"] >= 13
        assert widths.get("why", 27) >= 27
