"""Decisions: what they require, how long they hold, how two people's become one, and how they are undone."""

from __future__ import annotations

import datetime as dt
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.triage.decision import Decision, DecisionError, Ruling, State, moment
from ksec_tui.triage.triage import CHANGED, EXPIRED, NOTHING, Triage, triage_of
from tests.triage.values import DISMISSALS, TODAY, WEB, decisions, finding, ruling, unknown

LAST = dt.date(2026, 12, 21)


def state_on(triage: Triage, day: dt.date) -> State:
    return triage.standing(finding(), day).state


def test_a_finding_that_nobody_decided_is_open() -> None:
    assert NOTHING.standing(finding(), TODAY).words == "open"


@pytest.mark.parametrize("state", list(State))
def test_a_decision_holds_for_its_finding_in_any_cluster_and_for_no_other(state: State) -> None:
    triage = NOTHING.decide([finding()], ruling(state))
    assert triage.standing(finding(), TODAY).state is state
    assert triage.standing(finding(), TODAY).dismissed is (state in DISMISSALS)
    elsewhere = ObjectRef("bank", "Deployment", "web", "apps")
    assert triage.standing(finding(subject=elsewhere), TODAY).state is State.OPEN
    assert triage.standing(finding(check="wl-host-pid"), TODAY).state is State.OPEN


def test_a_risk_is_accepted_for_thirty_days_unless_somebody_says_otherwise() -> None:
    assert NOTHING.decide([finding()], ruling()).of(finding()) == Decision(
        "wl-privileged",
        "apps/Deployment/shop/web",
        State.ACCEPTED,
        "2026-11-21T00:00:00Z",
        "it is needed",
        "ann",
        "2026-12-21",
        ("64da3bfc",),
        "Privileged container: container web runs privileged",
    )


def test_a_decision_holds_through_its_last_day_and_opens_the_finding_on_the_next() -> None:
    triage = NOTHING.decide([finding()], ruling(expires=LAST.isoformat()))
    assert state_on(triage, LAST - dt.timedelta(days=1)) is State.ACCEPTED
    assert state_on(triage, LAST) is State.ACCEPTED
    after = triage.standing(finding(), LAST + dt.timedelta(days=1))
    assert (after.state, after.reopened) == (State.OPEN, EXPIRED)
    assert after.words == "open (accepted, expired on 2026-12-21)"


@given(st.dates(dt.date(2000, 1, 1), dt.date(2999, 1, 1)), st.dates(dt.date(2000, 1, 1), dt.date(2999, 1, 1)))
def test_no_decision_holds_after_its_last_day(last: dt.date, today: dt.date) -> None:
    triage = NOTHING.decide([finding()], ruling(State.MITIGATED, expires=last.isoformat()))
    assert triage.standing(finding(), today).dismissed is (today <= last)


@pytest.mark.parametrize("state", DISMISSALS)
def test_more_evidence_opens_a_dismissed_finding_again_and_less_does_not(state: State) -> None:
    both = NOTHING.decide([finding("privileged", "hostPID")], ruling(state))
    assert both.standing(finding("hostPID"), TODAY).dismissed
    one = NOTHING.decide([finding("privileged")], ruling(state))
    more = one.standing(finding("privileged", "hostPID"), TODAY)
    assert (more.state, more.reopened) == (State.OPEN, CHANGED)


def test_work_in_progress_stays_so_on_other_evidence() -> None:
    triage = NOTHING.decide([finding("a")], ruling(State.IN_PROGRESS))
    assert triage.standing(finding("a", "b"), TODAY).state is State.IN_PROGRESS


def test_what_was_dismissed_as_unknown_is_open_once_it_is_known_to_fail() -> None:
    triage = NOTHING.decide([unknown("pods were not supplied")], ruling(State.MITIGATED))
    assert triage.standing(unknown("pods were not supplied"), TODAY).dismissed
    assert not triage.standing(finding(), TODAY).dismissed


def test_a_decision_without_evidence_holds_whatever_it_is() -> None:
    bare = triage_of(
        [Decision("wl-privileged", WEB.id, State.WONT_FIX, "2026-11-21T00:00:00Z", "it is needed")]
    )
    assert bare.standing(finding("anything"), TODAY).dismissed


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (Ruling(State.FALSE_POSITIVE, "2026-11-21"), "reason: false-positive needs one"),
        (Ruling(State.WONT_FIX, "2026-11-21", " \n\t"), "reason: wont-fix needs one"),
        (Ruling(State.MITIGATED, "2026-11-21", "", "ann"), "reason"),
        (Ruling(State.ACCEPTED, "2026-11-21", "needed"), "owner"),
        (Ruling(State.ACCEPTED, "2026-11-21", "needed", "ann", "next year"), "no date"),
        (Ruling(State.ACCEPTED, "2026-02-30", "needed", "ann"), "no time"),
        (Ruling(State.OPEN, "9999-12-31"), "too far ahead"),
        (Ruling(State.WONT_FIX, "2026-11-21", "x" * 2_001), "longer than 2,000"),
        (Ruling(State.WONT_FIX, "2026-11-21", "x", "y" * 201), "longer than 200"),
    ],
)
def test_a_decision_that_lacks_what_it_needs_is_refused(wrong: Ruling, words: str) -> None:
    with pytest.raises(DecisionError, match=words):
        NOTHING.decide([finding()], wrong)


def test_what_a_reason_says_cannot_act_on_a_terminal() -> None:
    hostile = Ruling(State.WONT_FIX, "2026-11-21", "a\x1b[2J\u202eb\nc", "o\x07")
    decision = NOTHING.decide([finding()], hostile).of(finding())
    assert decision is not None
    assert (decision.reason, decision.owner) == ("a␛[2J⟪U+202E⟫b c", "o␇")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026-11-21", "2026-11-21T00:00:00Z"),
        ("2026-11-21T14:05:06.789+02:00", "2026-11-21T12:05:06Z"),
        ("2026-11-21 14:05", "2026-11-21T14:05:00Z"),
    ],
)
def test_moments_are_kept_in_utc(written: str, meant: str) -> None:
    assert moment(written) == meant


def test_what_is_decided_later_holds_though_the_clock_stands_still_or_runs_back() -> None:
    triage = NOTHING.decide([finding()], ruling(at="2026-11-21T10:00:00Z"))
    for at in ("2026-11-21T10:00:00Z", "2026-11-20"):
        newer = triage.decide([finding()], ruling(State.OPEN, at=at))
        for one, other in permutations((triage, newer)):
            assert state_on(one.merged(other.decisions.values()), TODAY) is State.OPEN


@given(
    st.lists(decisions(), max_size=6), st.lists(decisions(), max_size=6), st.lists(decisions(), max_size=6)
)
def test_merging_gives_the_same_in_any_order_and_any_number_of_times(
    first: list[Decision], second: list[Decision], third: list[Decision]
) -> None:
    orders = [NOTHING.merged([*a, *b, *c]) for a, b, c in permutations((first, second, third))]
    assert all(other == orders[0] for other in orders)
    assert orders[0].merged(second) == orders[0]
    in_two = NOTHING.merged(first).merged(NOTHING.merged([*second, *third]).decisions.values())
    assert in_two == orders[0]


@given(st.lists(decisions(), max_size=8))
def test_of_two_decisions_on_one_finding_the_later_holds(some: list[Decision]) -> None:
    merged = NOTHING.merged(some)
    for decision in some:
        assert merged.decisions[decision.fingerprint].at >= decision.at


def test_undo_gives_back_what_held_before_also_to_those_who_have_it_saved() -> None:
    before = NOTHING.decide([finding()], ruling(State.WONT_FIX))
    other = finding(check="wl-host-pid")
    done = before.decide([finding(), other], ruling(State.ACCEPTED))
    undone = done.restored(before, "2026-11-21T09:00:00Z")
    for one, two in permutations((done, undone)):
        merged = one.merged(two.decisions.values())
        assert merged.standing(finding(), TODAY).state is State.WONT_FIX
        assert merged.standing(other, TODAY).state is State.OPEN
    redone = undone.restored(done, "2026-11-21T09:00:00Z")
    assert redone.merged(undone.decisions.values()).standing(other, TODAY).state is State.ACCEPTED


def test_only_what_changed_is_to_be_saved() -> None:
    before = NOTHING.decide([finding()], ruling())
    after = before.decide([finding(check="wl-host-pid")], ruling())
    assert [decision.check for decision in after.changes(before)] == ["wl-host-pid"]
    assert after.changes(after) == ()
