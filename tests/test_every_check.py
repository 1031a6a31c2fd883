"""Every check keeps what its page promises: Risky is found, Fixed is silent, the fix leads from one to the other."""

from __future__ import annotations

import functools
import re
from collections import Counter
from typing import Any

import pytest

from ksec_tui.checks import all_checks
from ksec_tui.cluster.kinds import KINDS
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import Check
from ksec_tui.findings.examples import example_snapshot
from ksec_tui.findings.finding import Finding
from ksec_tui.findings.fix import Fix, Risk
from ksec_tui.findings.runner import fix_for, run_one
from ksec_tui.findings.verdict import Verdict
from ksec_tui.fixes.plan import FixPlan
from ksec_tui.fixes.simulate import Simulation, simulate

CHECKS = {item.id: item for item in all_checks(optional=True)}

every_check = pytest.mark.parametrize("item", CHECKS.values(), ids=CHECKS)
with_fix = pytest.mark.parametrize(
    "item",
    [item for item in CHECKS.values() if item.make_fix is not None],
    ids=[item.id for item in CHECKS.values() if item.make_fix is not None],
)


@functools.cache
def example(text: str) -> Snapshot:
    return example_snapshot(text)


def failing(snapshot: Snapshot, item: Check[Any]) -> tuple[Finding, ...]:
    found = run_one(snapshot, item).findings
    return tuple(finding for finding in found if finding.verdict is Verdict.FAIL)


def fixes_of(item: Check[Any]) -> list[tuple[Finding, Fix]]:
    """The fix of each finding on the Risky example that has one."""
    snapshot = example(item.page.risky)
    pairs = ((finding, fix_for(finding, CHECKS.values(), snapshot)) for finding in failing(snapshot, item))
    return [(finding, fix) for finding, fix in pairs if fix is not None]


@functools.cache
def simulated(check_id: str) -> Simulation:
    """The fixes of all findings on a check's Risky example, carried out."""
    item = CHECKS[check_id]
    plan = FixPlan()
    for finding, fix in fixes_of(item):
        plan = plan.stage(finding, fix)
    return simulate(example(item.page.risky), plan, CHECKS.values())


def documents(snapshot: Snapshot) -> dict[ObjectRef, Any]:
    refs = (item.ref for kind in KINDS for item in snapshot.of(kind))
    return {ref: without_nulls(snapshot.document(ref)) for ref in refs}


def without_nulls(value: Any) -> Any:
    """A null is an absent field to Kubernetes."""
    if isinstance(value, dict):
        return {key: without_nulls(item) for key, item in value.items() if item is not None}
    return [without_nulls(item) for item in value] if isinstance(value, list) else value


@every_check
def test_the_risky_example_is_found(item: Check[Any]) -> None:
    assert failing(example(item.page.risky), item)


UNSURE_AT_BEST = {"cp-encryption": "what a server encrypts stands in a file that the API does not show"}
"""Checks that can find a fault but never rule it out: their Fixed is UNKNOWN, and never PASS."""


@every_check
def test_the_fixed_example_is_silent(item: Check[Any]) -> None:
    found = run_one(example(item.page.fixed), item).findings
    assert [finding for finding in found if finding.verdict is Verdict.FAIL] == []
    assert bool(found) is (item.id in UNSURE_AT_BEST)


@with_fix
def test_the_risky_example_shows_the_fix(item: Check[Any]) -> None:
    assert fixes_of(item)


@with_fix
def test_a_fix_says_what_a_reader_must_know(item: Check[Any]) -> None:
    for _, fix in fixes_of(item):
        assert fix.title
        if fix.risk is Risk.MANUAL:
            assert fix.steps
            assert not fix.changes
        else:
            assert fix.changes
        if fix.risk in (Risk.LIKELY, Risk.REVIEW):
            assert fix.may_break


@with_fix
def test_the_fix_removes_its_finding_and_brings_no_other(item: Check[Any]) -> None:
    result = simulated(item.id)
    assert result.errors == ()
    assert result.added == ()
    assert result.kept == ()
    assert result.ok


@with_fix
def test_the_fix_makes_exactly_the_fixed_example_of_the_risky_one(item: Check[Any]) -> None:
    result = simulated(item.id)
    if not result.plan.staged:
        assert not result.refused
        assert all(fix.risk is Risk.MANUAL for _, fix in fixes_of(item))
        return
    assert documents(result.snapshot) == documents(example(item.page.fixed))


@every_check
def test_what_it_cannot_read_is_unknown(item: Check[Any]) -> None:
    for kind in (*item.needs, *item.everywhere):
        result = run_one(example_snapshot(item.page.risky, forbidden=[kind]), item)
        verdicts = {finding.verdict for finding in result.findings}
        assert verdicts == {Verdict.UNKNOWN}, kind.resource
        assert result.tally.passed == 0, kind.resource
    for kind in item.on.kinds:
        result = run_one(example_snapshot(item.page.risky, forbidden=[kind]), item)
        reasons = [finding.reason for finding in result.findings if finding.verdict is Verdict.UNKNOWN]
        assert any(kind.resource in reason for reason in reasons), kind.resource
        assert result.tally.verdict is not Verdict.PASS


@every_check
def test_it_fails_on_no_other_page(item: Check[Any]) -> None:
    for other in CHECKS.values():
        for text in (other.page.risky, other.page.fixed):
            broken = [
                finding.reason
                for finding in run_one(example(text), item).findings
                if finding.reason.startswith("the check itself failed")
            ]
            assert broken == [], f"on an example of {other.id}"


@every_check
def test_it_is_described(item: Check[Any]) -> None:
    summary = " ".join(item.page.summary.split())
    assert item.threats
    assert item.references
    assert re.fullmatch(r"[A-Z`].*[^.]\.", summary), summary
    assert not re.search(r"[.!?] [A-Z]", summary), "the summary is one sentence"
    assert "\n\n" not in item.page.summary
    assert not item.title.endswith(".")


def test_no_two_checks_share_a_title() -> None:
    titles = Counter(item.title for item in CHECKS.values())
    assert [title for title, count in titles.items() if count > 1] == []
