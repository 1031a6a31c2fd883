"""The pane of versions, without a terminal."""

from ksec_tui.checks import all_checks
from ksec_tui.cluster.kinds import NODE
from ksec_tui.cluster.ref import CLUSTER
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.data import demo
from ksec_tui.findings.examples import snapshot_of
from ksec_tui.findings.runner import NOTHING, Results, run
from ksec_tui.findings.verdict import Severity, Verdict
from ksec_tui.fixes.plan import FixPlan
from ksec_tui.screens.pane import Row, View
from ksec_tui.screens.panes.versions import PANE, rows
from ksec_tui.screens.widgets.columns import in_order, text_of
from ksec_tui.session import State

TODAY = "2026-11-21"


def demo_snapshot(server: str = "") -> Snapshot:
    head = {"kind": "Cluster", "serverVersion": server or demo.server_version()["gitVersion"], "today": TODAY}
    return snapshot_of([head, *(item for item in demo.documents() if item["kind"] in ("Node", "Service"))])


def view_of(snapshot: Snapshot, results: Results | None = None) -> View:
    judged = run(snapshot, all_checks()) if results is None else results
    return View.of(State(snapshot, judged), FixPlan(), ascii=False)


def shown(row: Row, column: str) -> str:
    (found,) = (item for item in PANE.listings[0].columns if item.id == column)
    return text_of(found.cell(row))


def test_the_api_server_leads_and_tells_its_own_flaws_only() -> None:
    first, *others = rows(view_of(demo_snapshot()))
    assert first.ref == CLUSTER
    assert shown(first, "component") == "API server"
    assert shown(first, "version") == "v1.33.4"
    assert shown(first, "days") == "-146"
    assert first.findings
    assert all(finding.check.startswith("ver-") for finding in first.findings)
    assert first.severity is Severity.HIGH
    assert {row.ref.kind for row in others} == {"Node", "Facts"}


def test_nodes_carry_their_findings_and_facts() -> None:
    found = {row.ref.name: row for row in rows(view_of(demo_snapshot()))}
    worst = found["harbor-worker-4"]
    assert shown(worst, "skew") == "3 minors older, the limit"
    assert shown(worst, "os") == "Ubuntu 20.04.6 LTS (extended)"
    assert shown(worst, "runtime") == "containerd 1.7.13 (eol)"
    assert {"ver-node-eol", "ver-node-skew", "ver-os-eol"} <= {finding.check for finding in worst.findings}
    assert shown(worst, "why") == worst.words
    assert worst.labels["harbor-street.example/pool"] == "legacy"


def test_every_row_can_be_searched_by_what_it_shows() -> None:
    for row in rows(view_of(demo_snapshot())):
        assert shown(row, "version").lower() in row.haystack


def test_the_days_column_sorts_by_number_with_the_undated_last() -> None:
    found = rows(view_of(demo_snapshot()))
    (days,) = (item for item in PANE.listings[0].columns if item.id == "days")
    ordered = [shown(row, "days") for row in in_order(found, days)]
    assert ordered[0] == "-494"
    assert ordered[-1] == ""
    assert ordered[:-1] == sorted(ordered[:-1], key=int)


def test_an_unknown_server_is_unknown_and_never_a_pass() -> None:
    nodes = [item for item in demo.documents() if item["kind"] == "Node"]
    first = rows(view_of(snapshot_of([{"kind": "Cluster", "today": TODAY}, *nodes])))[0]
    assert first.verdict is Verdict.UNKNOWN
    assert "version is not known" in first.words


def test_unreadable_nodes_do_not_hide_the_server_nor_blame_it() -> None:
    snapshot = snapshot_of(
        [{"kind": "Cluster", "serverVersion": "v1.36.5", "today": TODAY}], forbidden=[NODE]
    )
    found = rows(view_of(snapshot))
    assert [row.values["component"] for row in found] == ["API server", "facts on versions", "nodes"]
    assert not any("nodes" in finding.words for finding in found[0].findings)
    assert (found[2].verdict, found[2].words) == (Verdict.UNKNOWN, "nodes could not be listed (forbidden)")


def test_before_anything_was_judged_nothing_passes() -> None:
    found = rows(view_of(demo_snapshot(), NOTHING))
    assert {row.verdict for row in found} == {Verdict.NOT_APPLICABLE}


def test_the_pane_is_number_seven_and_counts_what_is_out_of_date() -> None:
    assert (PANE.id, PANE.number, PANE.title) == ("versions", 7, "Versions")
    assert [listing.title for listing in PANE.listings] == [
        "Components",
        "Timeline",
        "CVEs",
        "Going",
        "Safeguards",
        "Upgrade",
    ]
    assert PANE.badge is not None
    assert PANE.badge(view_of(demo_snapshot())) == "!7"
