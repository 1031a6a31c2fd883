"""Checks that declare to stay near find the same of a subject whatever runs in other namespaces."""

from __future__ import annotations

from typing import Any

import pytest

from ksec_tui.checks import all_checks
from ksec_tui.cluster.kinds import DEPLOYMENT, POD, WORKLOAD_KINDS
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.again import Again
from ksec_tui.findings.check import Check
from ksec_tui.findings.runner import run, run_one, verdict
from ksec_tui.sources.base import load
from ksec_tui.sources.demo import DemoSource

NEAR = [item for item in all_checks(optional=True) if item.near is not False]


@pytest.fixture(scope="module")
def demo() -> Snapshot:
    return load(DemoSource(today="2026-11-21"))[0]


@pytest.fixture(scope="module")
def parts(demo: Snapshot) -> dict[str, Snapshot]:
    """By namespace the cluster with nothing else running, and no object held whole."""
    names = {item.metadata.namespace for kind in WORKLOAD_KINDS for item in demo.of(kind)}
    found = {}
    for name in sorted({*names, "kube-system"}):
        objects = dict(demo._objects) | {kind.resource: demo.within(kind, name) for kind in WORKLOAD_KINDS}
        found[name] = Snapshot(demo.source, objects, demo.coverage, None, (), demo.unreadable)
    return found


@pytest.mark.parametrize("item", NEAR, ids=lambda item: item.id)
def test_what_runs_elsewhere_makes_no_difference(
    item: Check[Any], demo: Snapshot, parts: dict[str, Snapshot]
) -> None:
    assert item.stays_near(demo)
    seen = 0
    for subject in item.on.select(demo):
        part = parts.get(item.on.place_of(item.on.ref(subject)))
        if part is None:
            continue
        there = item.on.find(part, item.on.ref(subject))
        assert there is not None
        assert verdict(item, there, part) == verdict(item, subject, demo)
        seen += 1
    assert seen or not tuple(item.on.select(demo))


def test_only_the_namespace_in_which_something_changed_is_looked_at_again(demo: Snapshot) -> None:
    checks = all_checks()
    found = {name: result.findings for name, result in run(demo, checks).by_check.items()}
    ref = next(pod.ref for pod in demo.of(POD) if pod.namespace == "shop")
    after = demo.with_documents({ref: None})
    again = Again(demo, found, after, frozenset({POD.resource}))
    for item in checks:
        changes = again.some(item) if item in NEAR else None
        if changes is not None and not item.on.place:
            assert {item.on.place_of(item.on.ref(subject)) for subject in changes.differing} <= {"shop"}
            assert changes.kept or len(changes.order) <= 1


def test_a_change_in_what_else_a_check_takes_makes_it_judge_all(demo: Snapshot) -> None:
    item = next(item for item in NEAR if item.id == "sec-automount")
    after = demo.with_documents({})
    assert Again(demo, {}, after, frozenset({DEPLOYMENT.resource})).some(item) is not None
    assert Again(demo, {}, after, frozenset({DEPLOYMENT.resource, "serviceaccounts"})).some(item) is None


def test_results_join_those_of_a_full_run_for_each_near_check(demo: Snapshot) -> None:
    found = {item.id: run_one(demo, item).findings for item in NEAR}
    refs = [
        next(item.ref for item in demo.of(kind) if item.namespace != "kube-system")
        for kind in (POD, DEPLOYMENT)
    ]
    after = demo.with_documents(dict.fromkeys(refs))
    again = Again(demo, found, after, frozenset({POD.resource, DEPLOYMENT.resource}))
    told = again.run(NEAR, lambda: None)
    for item in NEAR:
        assert told[item.id] == run_one(after, item).findings, item.id
