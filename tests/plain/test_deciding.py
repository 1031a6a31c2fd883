"""Decisions in linear mode: a reason, an owner, a last day; kept in the file that everything else reads."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ksec_tui.triage import store
from ksec_tui.triage.decision import Decision, State
from tests.plain.conftest import TODAY, Talk
from tests.plain.dialogue import Row, talk

PRIVILEGED = ("findings rule:wl-privileged verdict:fail", "1", "1")


def kept(file: Path) -> list[Decision]:
    """The decisions in a file."""
    return list(store.load(file).triage.decisions.values())


@pytest.mark.parametrize(
    ("row", "answers", "state"),
    [
        ("in progress", ["ann looks at it"], State.IN_PROGRESS),
        ("in progress", [""], State.IN_PROGRESS),
        ("false positive", ["a test fixture", "", ""], State.FALSE_POSITIVE),
        ("won't fix", ["retired soon", "ann", "2026-12-31"], State.WONT_FIX),
        ("mitigated", ["gVisor", "", "90d"], State.MITIGATED),
        ("risk accepted", ["until the node pool is there", "ann", ""], State.ACCEPTED),
    ],
)
def test_each_state_is_decided_and_kept(
    shop: Talk, decisions: Path, row: str, answers: list[str], state: State
) -> None:
    talked = shop(*PRIVILEGED, "decide", Row(row), *answers)
    assert "Decided about 1 finding" in talked.last
    assert state.value in talked.last
    (decision,) = kept(decisions)
    assert (decision.state, decision.reason) == (state, answers[0])
    assert decision.object == "apps/Deployment/shop/web"


def test_an_accepted_risk_holds_thirty_days_unless_said_otherwise(shop: Talk, decisions: Path) -> None:
    talked = shop(*PRIVILEGED, "decide", "3", "why not", "ann", "")
    assert talked.prompts[7] == "Last day, or Enter for 2026-12-21: "
    (decision,) = kept(decisions)
    assert (decision.owner, decision.expires) == ("ann", "2026-12-21")


def test_what_is_missing_is_asked_for_again(shop: Talk, decisions: Path) -> None:
    talked = shop(*PRIVILEGED, "decide", "3", "", "because", "", "ann", "2026-01-01", "soon", "9999999", "7")
    told = "".join(talked.said[5:])
    assert "A reason is needed." in told
    assert "Who accepts a risk must be said." in told
    assert "2026-01-01 is past; today is 2026-11-21." in told
    assert "soon is no date" in told
    assert "9999999 is no date" in told
    assert kept(decisions)[0].expires == "2026-11-28"


def test_leaving_a_question_decides_nothing(shop: Talk, decisions: Path) -> None:
    talked = shop(*PRIVILEGED, "decide", "2", "back", "back")
    assert "On Deployment shop/web." in talked.last
    assert not decisions.exists()


def test_the_decision_is_told_with_the_finding(shop: Talk) -> None:
    said = shop(*PRIVILEGED, "decide", "2", "fixture", "", "").last
    assert "State: false-positive. Reason: fixture." in said


def test_dismissed_findings_are_hidden_counted_and_shown_on_demand(shop: Talk) -> None:
    talked = shop(
        *PRIVILEGED,
        "decide",
        "2",
        "fixture",
        "",
        "",
        "findings rule:wl-privileged verdict:fail",
        "dismissed",
        "1",
        "home",
    )
    assert "1 dismissed finding hidden; dismissed shows them." in talked.said[9]
    assert "Dismissed findings are shown." in talked.said[10]
    assert "(false-positive)" in talked.said[11]
    assert "1 dismissed" in talked.last


def test_the_filter_knows_states(shop: Talk) -> None:
    talked = shop(
        *PRIVILEGED, "decide", "3", "x", "ann", "", "dismissed", "findings state:accepted", "dismissed"
    )
    assert re.search(r"^1 finding: 1 critical\.$", talked.last, re.MULTILINE)


def test_deciding_about_many_asks_with_their_count(shop: Talk, decisions: Path) -> None:
    talked = shop("findings rule:wl-host-pid verdict:fail", "decide", "4", "retired", "", "", "")
    assert "Decide so about 2 findings? yes or no: " in talked.prompts
    assert "No: nothing was decided." in talked.last
    assert not decisions.exists()
    talked = shop("findings rule:wl-host-pid verdict:fail", "decide", "4", "retired", "", "", "yes")
    assert "Decided about 2 findings" in talked.last
    assert len(kept(decisions)) == 2


def test_undo_takes_a_decision_back_in_the_file_too_and_redo_brings_it_again(
    shop: Talk, decisions: Path
) -> None:
    talked = shop(*PRIVILEGED, "decide", "2", "fixture", "", "", "undo")
    assert "Now 0 fixes staged, 0 findings dismissed." in talked.last
    assert kept(decisions)[0].state is State.OPEN
    shop(*PRIVILEGED, "decide", "2", "fixture", "", "", "undo", "redo")
    assert kept(decisions)[0].state is State.FALSE_POSITIVE


def test_undo_goes_over_staging_and_deciding_in_one_order(shop: Talk) -> None:
    talked = shop(*PRIVILEGED, "stage", "decide", "2", "fixture", "", "", "undo", "undo")
    assert "Now 1 fix staged, 0 findings dismissed." in talked.said[10]
    assert "Now 0 fixes staged, 0 findings dismissed." in talked.said[11]


def test_a_dot_decides_the_same_about_the_next(shop: Talk, decisions: Path) -> None:
    pid = ("findings rule:wl-host-pid verdict:fail", "1", "1")
    shop(*pid, "decide", "4", "retired", "ann", "", "next", ".")
    assert sorted(item.object for item in kept(decisions)) == ["/Pod/shop/probe", "apps/Deployment/shop/web"]
    assert {item.reason for item in kept(decisions)} == {"retired"}


def test_decisions_of_before_hold_and_are_told(shop: Talk) -> None:
    shop(*PRIVILEGED, "decide", "3", "x", "ann", "")
    talked = shop("findings rule:wl-privileged verdict:fail", "triage", "1")
    assert "1 dismissed finding hidden" in talked.said[1]
    assert "1 entry: 1 matched" in talked.said[2]
    assert "accepted until 2026-12-21 by ann" in talked.last


def test_decisions_of_others_meanwhile_stay(shop: Talk, decisions: Path) -> None:
    shop("findings rule:wl-host-pid verdict:fail", "1", "2", "decide", "2", "mine", "", "")
    shop(*PRIVILEGED, "decide", "2", "fixture", "", "")
    assert len(kept(decisions)) == 2


def test_bad_entries_are_told_with_their_line_and_the_others_count(shop: Talk, decisions: Path) -> None:
    shop(*PRIVILEGED, "decide", "2", "fixture", "", "")
    with decisions.open("a", encoding="utf-8") as stream:
        stream.write("  - check: wl-host-pid\n    object: nonsense\n")
    talked = shop("triage")
    assert re.search(r"triage\.yaml, line [0-9]+: does not count", talked.said[0])
    assert "1 dismissed" in talked.said[0]
    assert "1 matched" in talked.last
    assert "1 invalid" in talked.last


def test_a_file_that_is_none_is_refused_before_anything_is_done(shop: Talk, decisions: Path) -> None:
    decisions.write_text("- not\n- this\n", encoding="utf-8")
    talked = shop()
    assert talked.code == 2
    assert re.search(r"--triage: .*triage\.yaml:[0-9]+", talked.err)
    assert decisions.read_text(encoding="utf-8") == "- not\n- this\n"


def test_what_cannot_be_kept_is_not_decided(shop: Talk, decisions: Path) -> None:
    def blocked() -> str:
        decisions.mkdir()
        return "x"

    talked = shop(*PRIVILEGED, "decide", "2", blocked, "", "")
    assert "Not decided, since it cannot be kept: " in talked.last
    assert "State: open." in talked.last


def test_the_demo_keeps_decisions_for_the_session_only_and_says_so(demo: Talk, tmp_path: Path) -> None:
    talked = demo(
        "findings rule:wl-privileged verdict:fail",
        "1",
        "1",
        "decide",
        "2",
        "x",
        "",
        "",
        "triage",
        "1",
        "undo",
    )
    assert "for this session only: start with --triage FILE" in talked.said[4]
    assert "for this session only: false-positive" in talked.said[8]
    assert "1 decision, for this session only" in talked.said[9]
    assert not list((tmp_path / "xdg_state_home").rglob("*.yaml"))


def test_reopening_takes_a_decision_back(shop: Talk, decisions: Path) -> None:
    shop(*PRIVILEGED, "decide", "2", "fixture", "", "")
    talked = shop(
        "dismissed",
        "findings rule:wl-privileged verdict:fail",
        "dismissed",
        "1",
        "1",
        "decide",
        "6",
        "not so",
    )
    assert "Decided about 1 finding" in talked.last
    assert kept(decisions)[0].state is State.OPEN


@pytest.mark.parametrize("how", ["option", "setting"])
def test_nothing_is_kept_that_nobody_asked_for_where_state_is_not_wanted(
    monkeypatch: pytest.MonkeyPatch, file: Path, tmp_path: Path, how: str
) -> None:
    argv = ["-f", str(file), *TODAY]
    if how == "option":
        argv.append("--no-state")
    else:
        (tmp_path / "settings.yaml").write_text("state: false\n", encoding="utf-8")
        argv += ["--config", str(tmp_path / "settings.yaml")]
    talked = talk(monkeypatch, argv, *PRIVILEGED, "decide", "2", "x", "", "")
    assert "for this session only: false-positive" in talked.last
    assert not [path for path in (tmp_path / "xdg_state_home").rglob("*") if path.is_file()]


def test_a_context_has_a_file_of_its_own(monkeypatch: pytest.MonkeyPatch, file: Path, tmp_path: Path) -> None:
    talk(monkeypatch, ["-f", str(file), *TODAY], *PRIVILEGED, "decide", "2", "x", "", "")
    (own,) = (tmp_path / "xdg_state_home").rglob("*.yaml")
    assert kept(own)[0].state is State.FALSE_POSITIVE
    assert "1 dismissed" in talk(monkeypatch, ["-f", str(file), *TODAY]).said[0]
