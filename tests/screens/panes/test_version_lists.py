"""The further lists of the pane of versions, without a terminal."""

from __future__ import annotations

from typing import Any

import pytest

from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.findings.verdict import Severity
from ksec_tui.fixes.plan import FixPlan
from ksec_tui.screens.pane import Row, View
from ksec_tui.screens.panes.version_lists import (
    BAR,
    flaw_rows,
    going_rows,
    safeguard_rows,
    timeline_rows,
    upgrade_rows,
)
from ksec_tui.screens.panes.versions import PANE, rows
from ksec_tui.screens.widgets.columns import text_of
from ksec_tui.session import State
from ksec_tui.sources.base import load
from ksec_tui.sources.demo import DemoSource
from tests.checks.versions.worlds import cluster, node
from tests.screens.panes.test_versions import view_of

TODAY = "2026-11-21"


def whole_demo(today: str = TODAY) -> View:
    return view_of(load(DemoSource(today=today))[0])


@pytest.fixture(scope="module")
def view() -> View:
    return whole_demo()


def text(row: Row, column: str) -> str:
    return text_of(row.values[column]) if not isinstance(row.values[column], str) else row.values[column]


def bars(view: View) -> dict[str, str]:
    return {text(row, "minor"): text(row, "bar") for row in timeline_rows(view)}


def test_the_timeline_has_each_minor_once_below_today() -> None:
    found = timeline_rows(view_of(cluster("v1.33.4", node("v1.30.2"))))
    minors = [text(row, "minor") for row in found]
    assert minors[:2] == ["today", "1.37"]
    assert len(minors) == len(set(minors))
    runs = {text(row, "minor"): row.values["runs"] for row in found[1:] if row.values["runs"]}
    assert runs == {"1.33": "server", "1.30": "1 node"}


def test_today_stands_in_the_same_place_of_every_bar() -> None:
    found = bars(view_of(cluster("v1.33.4")))
    assert {len(bar) for bar in found.values()} == {BAR}
    at = found["today"].index("▼")
    assert {bar[at] for name, bar in found.items() if name != "today"} == {"│"}


def test_a_bar_tells_full_support_maintenance_and_its_end_by_shape_alone() -> None:
    found = bars(view_of(cluster("v1.35.9")))
    at = found["today"].index("▼")
    assert found["1.34"][at + 1] == "·"
    assert found["1.35"][at + 1] == "▒"
    assert found["1.37"][at + 1] == "█"
    assert found["1.37"][0] == " "


def test_a_plain_terminal_draws_the_bars_in_ascii() -> None:
    state = State(cluster("v1.35.9"), view_of(cluster("v1.35.9")).state.results)
    found = bars(View.of(state, FixPlan(), ascii=True))
    assert all(bar.isascii() for bar in found.values())
    assert "#" in found["1.37"]


def test_the_provider_of_a_managed_cluster_has_a_line_of_its_own() -> None:
    found = {text(row, "minor"): row for row in timeline_rows(view_of(cluster("v1.31.7-eks-4096722")))}
    line = found["1.31 Amazon EKS"]
    assert str(line.values["end"]) == "2026-11-26"
    assert text(line, "days") == "+5"
    assert "░" in text(line, "bar")


def test_flaws_are_told_worst_first_with_what_it_takes_and_carry_their_findings(view: View) -> None:
    found = {row.ref.name: row for row in flaw_rows(view)}
    first = flaw_rows(view)[0]
    assert text(first, "rating").startswith("critical")
    nginx = found["CVE-2025-1974"]
    assert text(nginx, "component") == "ingress-nginx"
    assert text(nginx, "remedy") == "patch"
    assert nginx.severity is not None
    assert nginx.severity >= Severity.HIGH
    assert {finding.check for finding in nginx.findings} == {"ver-component-cve"}
    assert text(found["CVE-2026-2270"], "remedy") == "new minor"
    assert "no fix in 1.33" in text(found["CVE-2026-2270"], "fixed")
    assert text(found["CVE-2020-8554"], "remedy") == "never fixed"
    assert any("Configure around it" in note for note in found["CVE-2020-8554"].notes)


def test_what_goes_names_writer_release_and_replacement(view: View) -> None:
    found = going_rows(view)
    (api,) = (row for row in found if row.values["what"] == "extensions/v1beta1")
    assert (api.ref.path, api.values["removed"], api.values["instead"]) == (
        "legacy/old-cms",
        "1.16",
        "apps/v1",
    )
    assert api.values["who"] == "kubectl"
    assert any(row.values["what"].endswith("spec.externalIPs") and row.findings for row in found)
    assert len({row.key for row in found}) == len(found)


def test_a_safeguard_tells_state_reason_and_remedy_in_words(view: View) -> None:
    found = {row.ref.name: row for row in safeguard_rows(view)}
    audit = found["audit-log"]
    assert text(audit, "status") == "off"
    assert any(note.startswith("To switch it on:") for note in audit.notes)
    order = [text(row, "status") for row in safeguard_rows(view)]
    states = ["off", "partly", "on", "not visible", "not in this version"]
    assert [order.index(state) for state in states if state in order] == sorted(
        order.index(state) for state in states if state in order
    )


@pytest.mark.parametrize("server", ["v1.36.1-eks-3cfe0ce", "v1.36.1-gke.1640000", "v1.36.1+k3s1"])
def test_flags_of_a_hidden_control_plane_are_not_visible(server: str) -> None:
    found = {row.ref.name: text(row, "status") for row in safeguard_rows(view_of(cluster(server)))}
    flags = ("audit-log", "kms-v2", "anonymous-endpoints", "node-restriction", "apiserver-profiling")
    assert {found[name] for name in flags} == {"not visible"}


def test_the_way_up_lists_hops_with_their_blockers_below_them(view: View) -> None:
    found = [(text(row, "hop"), row.ref) for row in upgrade_rows(view)]
    assert [hop for hop, _ in found if hop] == ["1.34", "1.35", "1.36", "1.37"]
    assert found[1] == ("", ObjectRef("", "Node", "harbor-worker-4"))
    keys = [row.key for row in upgrade_rows(view)]
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize(
    ("today", "style"),
    [("2026-10-01", ""), ("2026-11-21", "warning"), ("2027-03-01", "error"), ("2026-01-01", "error")],
)
def test_the_age_of_the_facts_is_always_a_row_and_warns(today: str, style: str) -> None:
    (row,) = (item for item in rows(view_of(cluster("v1.36.5", today=today))) if item.ref.kind == "Facts")
    cell: Any = row.values["support"]
    assert cell.style == style
    assert ("days old" in cell.text) is (today > "2026-08-22")
    assert ("is the clock right?" in cell.text) is (today < "2026-08-22")


def test_every_list_says_something_when_there_is_nothing() -> None:
    empty = view_of(cluster(""))
    for listing in PANE.listings:
        assert listing.rows(empty) or listing.empty


@pytest.mark.parametrize("server", ["", "v1.99.0"])
def test_lists_of_a_server_that_is_not_known_lead_with_what_is_not_known(server: str) -> None:
    view = view_of(cluster(server))
    for listed in (flaw_rows(view), upgrade_rows(view)):
        assert listed[0].unknown
        assert listed[0].severity is None
        assert len({row.key for row in listed}) == len(listed)
    assert not flaw_rows(view_of(cluster("v1.36.5")))[0].unknown
    assert not upgrade_rows(view_of(cluster("v1.36.5")))[0].unknown


HOSTILE = "v1.36.5\x1b[31m\u202e[red]\n" + "x" * 3000


@pytest.mark.parametrize("server", [f"v1.24.1{HOSTILE}", HOSTILE, "v999999999.999999999.1"])
def test_no_cell_nor_note_holds_what_a_terminal_would_obey_or_a_page_of_it(server: str) -> None:
    odd = node(
        f"v1.31.0{HOSTILE}",
        name="odd",
        runtime=f"containerd://1.7.1{HOSTILE}",
        image=f"Ubuntu 20.04{HOSTILE}",
    )
    entry = {"manager": HOSTILE, "operation": "Update", "apiVersion": "batch/v1beta1", "time": HOSTILE}
    meta = {"name": "job\u202e", "namespace": "shop", "uid": "u", "managedFields": [entry]}
    job = {"apiVersion": "batch/v1", "kind": "CronJob", "metadata": meta, "spec": {"schedule": "0 3 * * *"}}
    world = view_of(cluster(server, odd, node(HOSTILE, name="worse", runtime=HOSTILE), job))
    for listing in PANE.listings:
        for row in listing.rows(world):
            cells = [text_of(column.cell(row)) for column in listing.columns]
            for shown in (*cells, *row.notes, row.text):
                assert not {"\x1b", "\u202e"} & {*shown}
            assert all("\n" not in cell and len(cell) < 400 for cell in cells)
