"""What a simulation says of a plan is what all checks say, run from scratch on the result."""

from __future__ import annotations

from functools import cache
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ksec_tui.checks import all_checks
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import Check
from ksec_tui.findings.examples import example_snapshot
from ksec_tui.findings.runner import Results, fix_for, run
from ksec_tui.findings.verdict import Verdict
from ksec_tui.fixes.build import strategic
from ksec_tui.fixes.plan import FixPlan, Staged
from ksec_tui.fixes.simulate import Simulation, simulate
from ksec_tui.sources.base import load
from ksec_tui.sources.demo import DemoSource

CHECKS = {item.id: item for item in all_checks(optional=True)}
OFFERS = {item.id for item in CHECKS.values() if item.offer}

Cluster = tuple[Snapshot, Results, tuple[Staged, ...]]


def with_fixes(snapshot: Snapshot) -> Cluster:
    results = run(snapshot, CHECKS.values())
    pairs = (
        (item, fix_for(item, [CHECKS[item.check]], snapshot)) for item in results.findings if item.fixable
    )
    return (
        snapshot,
        results,
        tuple(Staged(item, fix) for item, fix in pairs if fix is not None and fix.changes),
    )


@cache
def demo() -> Cluster:
    return with_fixes(load(DemoSource())[0])


def useless(item: Staged) -> Staged:
    """A fix of the same object that does nothing for its finding."""
    change = strategic(item.fix.changes[0].target, {"metadata": {"labels": {"tried": "yes"}}})
    return Staged(item.finding, msgspec.structs.replace(item.fix, changes=(change,)))


def proves(cluster: Cluster, items: list[Staged]) -> Simulation:
    """The simulation of a plan, after it was held against all checks run anew."""
    snapshot, results, _ = cluster
    outcome = simulate(snapshot, FixPlan().stage_many(items), CHECKS.values(), results=results)
    again = run(outcome.snapshot, CHECKS.values())
    now = {(item.check, item.subject): item for item in again.findings}
    gone = {
        item
        for item in results.findings
        if item.verdict is Verdict.FAIL and (item.check, item.subject) not in now
    }
    removed = {item for item in outcome.removed if (item.check, item.subject) not in now}
    assert removed <= gone
    # What is gone by its name alone stays under that of what stands in for its object.
    assert {item.check for item in gone - removed} <= {item.check for item in outcome.moved}
    assert all(outcome.after[item.subject] is None for item in gone - removed)
    assert all(now[item.check, item.subject] == item for item in outcome.moved)
    assert all(outcome.before[item.subject] is None for item in outcome.moved)
    for item in outcome.removed:
        left = now.get((item.check, item.subject))
        assert left is None or (item.check in OFFERS and left.words != item.words)
    assert {item.finding for item in outcome.plan.staged} <= set(outcome.removed)
    count = len(outcome.plan.staged) + len(outcome.refused)
    assert count == len(items), "every fix is either proven or refused"
    return outcome


PLACES = st.sets(st.integers(0, 400), max_size=30)


@settings(max_examples=15, deadline=None, derandomize=True)
@given(PLACES, PLACES, st.booleans())
def test_any_part_of_the_demo_clusters_fixes_some_of_them_useless(
    named: set[int], bad: set[int], others: bool
) -> None:
    _, _, fixes = demo()
    chosen = [place for place in range(len(fixes)) if (place in named) is not others]
    proves(demo(), [useless(fixes[place]) if place in bad else fixes[place] for place in chosen])


@pytest.mark.parametrize(
    "item", [item for item in CHECKS.values() if item.make_fix is not None], ids=lambda item: item.id
)
def test_all_fixes_of_an_example_and_half_of_them(item: Check[Any]) -> None:
    cluster = with_fixes(example_snapshot(item.page.risky))
    _, _, fixes = cluster
    if fixes:
        proves(cluster, list(fixes))
        proves(cluster, list(fixes[::2]))
