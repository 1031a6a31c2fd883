"""Whoever may read less is told less, and never that all is well: what goes unread only makes verdicts unknown."""

from __future__ import annotations

import functools
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ksec_tui.checks import all_checks
from ksec_tui.cluster.base import KubeObject
from ksec_tui.cluster.coverage import State
from ksec_tui.cluster.kinds import KINDS, NAMESPACE, WORKLOAD_KINDS, Kind
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.runner import CheckResult, Results, run
from ksec_tui.findings.verdict import Verdict
from ksec_tui.sources.base import load
from ksec_tui.sources.demo import DemoSource
from tests.strategies import kinds_of, namespaces_of, refs_of, spoiled, without

NOT_READ = (State.FORBIDDEN, State.TRUNCATED, State.ERROR, State.NOT_SUPPLIED)
PODS_MAKERS = {kind.name for kind in WORKLOAD_KINDS}


@functools.cache
def demo() -> Snapshot:
    return load(DemoSource(today="2026-11-21"))[0]


@functools.cache
def judged_demo() -> Results:
    return run(demo(), all_checks())


def failing(result: CheckResult) -> set[ObjectRef]:
    return {item.subject for item in result.findings if item.verdict is Verdict.FAIL}


def lies(less: Results, *, owners_kept: bool = True) -> list[str]:
    """Where `less`, of which something was not read, claims more than the whole demo shows.

    With `owners_kept`, no owner of pods went: then subjects keep their names and can be counted.
    """
    found = []
    for name, whole in judged_demo().by_check.items():
        part = less.by_check[name]
        before, after = whole.tally, part.tally
        told = after.unknown or after.pending
        if after.verdict is not before.verdict and after.verdict in (Verdict.PASS, Verdict.NOT_APPLICABLE):
            found.append(f"{name}: {before.verdict.value} became {after.verdict.value}")
        if failing(whole) - failing(part) and not told:
            found.append(f"{name}: a finding went without a word")
        if after.passed < before.passed and not told and not failing(part) - failing(whole):
            found.append(f"{name}: a subject went without a word")
        if owners_kept and after.passed > before.passed:
            found.append(f"{name}: {after.passed} passed, of the whole {before.passed}")
        if owners_kept and (made_up := failing(part) - failing(whole)):
            found.append(f"{name}: fails on {', '.join(map(str, made_up))} since something was not read")
    return found


def makes_pods(kinds: list[Kind[KubeObject]]) -> bool:
    return any(kind in WORKLOAD_KINDS for kind in kinds)


@pytest.mark.parametrize("state", NOT_READ[:2], ids=lambda state: state.value)
@pytest.mark.parametrize("kind", [kind for kind in KINDS if demo().of(kind)], ids=lambda kind: kind.resource)
def test_a_kind_that_was_not_read_makes_nothing_pass(kind: Kind[KubeObject], state: State) -> None:
    less = run(without(demo(), [kind], state=state), all_checks())
    assert lies(less, owners_kept=not makes_pods([kind])) == []


def test_nothing_passes_when_nothing_could_be_read() -> None:
    """But for the version of the server, which no object tells, and for hostile text, of which there is none."""
    less = run(without(demo(), KINDS), all_checks())
    verdicts = Counter(
        result.tally.verdict for name, result in less.by_check.items() if name[:4] not in ("ver-", "obj-")
    )
    assert set(verdicts) == {Verdict.UNKNOWN}


@pytest.mark.parametrize("namespace", [item.name for item in demo().of(NAMESPACE)])
def test_a_namespace_that_was_not_read_makes_nothing_pass(namespace: str) -> None:
    assert lies(run(without(demo(), KINDS, namespace), all_checks()), owners_kept=False) == []


@settings(max_examples=60, deadline=None)
@given(kinds=kinds_of(demo()), namespace=namespaces_of(demo()), state=st.sampled_from(NOT_READ))
def test_whatever_is_not_read_makes_nothing_pass(
    kinds: list[Kind[KubeObject]], namespace: str | None, state: State
) -> None:
    less = run(without(demo(), kinds, namespace, state), all_checks())
    assert lies(less, owners_kept=not makes_pods(kinds)) == []


@settings(max_examples=80, deadline=None)
@given(refs=refs_of(demo()), named=st.booleans())
def test_an_object_that_cannot_be_decoded_makes_nothing_pass(refs: list[ObjectRef], named: bool) -> None:
    less = run(spoiled(demo(), refs, named=named), all_checks())
    owners_kept = not any(ref.kind in PODS_MAKERS for ref in refs)
    assert [lie for lie in lies(less, owners_kept=owners_kept) if " passed, of " not in lie] == []
