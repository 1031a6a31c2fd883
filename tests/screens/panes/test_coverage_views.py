"""The views Secure by default and Frameworks of pane 8, and what enter and s do there."""

from __future__ import annotations

import pytest

from ksec_tui.checks import all_checks
from ksec_tui.findings.controls.judging import postures
from ksec_tui.findings.controls.table import CONTROLS
from ksec_tui.findings.filter import parse
from ksec_tui.findings.frameworks.framework import standings
from ksec_tui.findings.verdict import Verdict
from ksec_tui.screens.pane import Row, View
from ksec_tui.screens.panes import coverage_controls, coverage_frameworks
from ksec_tui.screens.staging import MANY
from ksec_tui.screens.widgets.columns import text_of
from ksec_tui.sources.base import load
from ksec_tui.sources.demo import DemoSource
from tests.screens.explorers import User, exploring
from tests.screens.panes.test_versions import view_of


@pytest.fixture(scope="module")
def view() -> View:
    """The demo cluster, judged."""
    return view_of(load(DemoSource(today="2026-11-21"))[0])


def text(row: Row, column: str) -> str:
    return text_of(row.values[column])


def test_every_control_has_a_row_with_its_state_and_findings(view: View) -> None:
    found = coverage_controls.rows(view)
    assert [row.ref.name for row in found] == [control.id for control in CONTROLS]
    said = postures(view.state.snapshot, view.state.results, all_checks())
    for row, item in zip(found, said, strict=True):
        assert text(row, "state").endswith(item.state.value)
        assert row.findings == item.findings
        if row.verdict is Verdict.PASS:
            assert text(row, "state") == "✓ on"


def test_the_notes_say_where_a_control_is_off_and_what_to_do(view: View) -> None:
    quotas = next(row for row in coverage_controls.rows(view) if row.ref.name == "quotas")
    said = "\n".join(quotas.notes)
    assert "Off in Namespace ci, " in said
    assert "To switch it on: Give each namespace a ResourceQuota." in said
    assert "s stages its 8 fixes" in said
    kubelet = next(row for row in coverage_controls.rows(view) if row.ref.name == "kubelet-access")
    assert "Not visible: settings of kubelets" in "\n".join(kubelet.notes)


def test_what_a_row_leads_to_is_what_its_checks_found(view: View) -> None:
    all_findings = view.state.results.findings
    for row in (*coverage_controls.rows(view), *coverage_frameworks.rows(view)):
        if row.leads:
            wanted = parse(row.leads)
            shown = {item.fingerprint for item in all_findings if wanted.matches(item)}
            assert {item.fingerprint for item in row.findings} <= shown
        else:
            assert not row.findings


def test_every_control_of_a_framework_has_a_row_of_its_own(view: View) -> None:
    found = coverage_frameworks.rows(view)
    said = standings(view.state.snapshot, view.state.results, all_checks())
    assert len({row.key for row in found}) == len(found) == len(said)
    row = next(row for row in found if row.key == "cis 5.2.2")
    assert [text(row, name) for name in ("verdict", "failed", "system")] == ["x fail", "3", "3"]
    row = next(row for row in found if row.key == "cis 4.2.1")
    assert row.verdict is Verdict.UNKNOWN
    assert "settings of kubelets are not visible" in row.unknown
    row = next(row for row in found if row.key == "cis 5.2.10")
    assert row.verdict is Verdict.PASS


async def to_view(user: User, title: str) -> None:
    await user.press("8")
    while user.explorer.listing.title != title:
        await user.press("right_parenthesis")
    await user.rests()


async def test_enter_shows_the_findings_of_a_control_and_back_returns_to_it() -> None:
    async with exploring(DemoSource(today="2026-11-21"), size=(80, 24)) as user:
        await user.loaded()
        await to_view(user, "Secure by default")
        await user.find(name="quotas")
        await user.press("enter")
        assert user.explorer.pane.id == "findings"
        assert user.explorer.filter_text == "rule:ns-no-quota"
        shown = {row.finding.check for row in user.explorer.table.shown if row.finding is not None}
        assert shown == {"ns-no-quota"}
        await user.press("left_square_bracket")
        await user.until(lambda: user.explorer.row is not None and user.row.ref.name == "quotas")
        assert user.explorer.listing.title == "Secure by default"


async def test_enter_opens_the_detail_where_nothing_was_found() -> None:
    async with exploring(DemoSource(today="2026-11-21")) as user:
        await user.loaded()
        await to_view(user, "Secure by default")
        await user.find(name="node-restriction")
        await user.press("enter")
        assert user.explorer.pane.id == "coverage"
        assert user.explorer.text.has_focus


async def test_s_stages_the_fixes_of_a_control_and_takes_them_out_again() -> None:
    async with exploring(DemoSource(today="2026-11-21")) as user:
        await user.loaded()
        await to_view(user, "Secure by default")
        row = await user.find(name="quotas")
        fixable = {item.fingerprint for item in row.findings if item.fixable}
        await user.press("s")
        await user.until(lambda: user.explorer.view.staged == fixable)
        await user.rests()
        assert user.row.staged
        await user.press("s")
        await user.until(lambda: not user.explorer.view.staged)


async def test_the_detail_names_the_object_of_each_finding() -> None:
    async with exploring(DemoSource(today="2026-11-21")) as user:
        await user.loaded()
        await to_view(user, "Frameworks")
        await user.filter("5.2.2")
        await user.rests()
        assert "CIS Kubernetes Benchmark 2.0.1, 5.2.2: No" in user.detail
        for finding in user.row.findings:
            assert str(finding.subject) in user.detail


async def test_s_asks_before_it_stages_very_many() -> None:
    async with exploring(DemoSource(today="2026-11-21")) as user:
        await user.loaded()
        await to_view(user, "Secure by default")
        row = await user.find(name="image-digests")
        assert sum(item.fixable for item in row.findings) > MANY
        await user.press("s")
        assert "Stage the fixes of" in user.screen
        await user.press("n")
        assert not user.explorer.view.plan.staged
        await user.press("s", "y")
        await user.until(lambda: len(user.explorer.view.plan.staged) > MANY)
