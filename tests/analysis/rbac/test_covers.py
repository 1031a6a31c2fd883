"""Covers answers as upstream's own vectors do, and stays quick on rules of thousands of words."""

from __future__ import annotations

import itertools
import json
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ksec_tui.analysis.rbac.covers import breakdown, covers, uncovered
from ksec_tui.analysis.rbac.rules import url_matches
from ksec_tui.cluster.access import ClusterRole, PolicyRule
from ksec_tui.cluster.ingest import item_from_tree
from ksec_tui.cluster.kinds import CLUSTER_ROLE

VECTORS = Path(__file__).parents[4] / "shared" / "conformance" / "rbac" / "vectors" / "covers.json"
needs_vectors = pytest.mark.skipif(
    not VECTORS.is_file(), reason="the RBAC truth sets are not beside this checkout"
)


def policy_rules(trees: list[dict[str, Any]]) -> tuple[PolicyRule, ...]:
    item = item_from_tree(CLUSTER_ROLE, {"metadata": {"name": "x"}, "rules": trees})
    assert isinstance(item.object, ClusterRole)
    return item.object.rules


def atoms(rules: tuple[PolicyRule, ...]) -> set[PolicyRule]:
    return {atom for rule in rules for atom in breakdown(rule)}


@needs_vectors
def test_upstream_vectors_are_covered_and_uncovered_alike() -> None:
    cases = json.loads(VECTORS.read_text())["covers"]
    wrong = []
    for case in cases:
        owners, servants = policy_rules(case["owner"]), policy_rules(case["servant"])
        missing = uncovered(owners, servants)
        expected = atoms(policy_rules(case["uncovered"]))
        if covers(owners, servants) != case["covered"] or atoms(missing) != expected:
            wrong.append(case["case"])
    assert len(cases) > 15
    assert wrong == []


@needs_vectors
def test_upstream_paths_include_the_same_paths() -> None:
    cases = json.loads(VECTORS.read_text())["nonResourceURLCovers"]
    assert [case for case in cases if url_matches(case["owner"], case["sub"]) != case["expected"]] == []


def words(*pool: str) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(pool), min_size=1, max_size=3, unique=True).map(tuple)


RULES = st.lists(
    st.builds(
        PolicyRule,
        verbs=words("get", "list", "*"),
        api_groups=words("", "apps", "*"),
        resources=words("pods", "pods/log", "*/log", "*"),
        resource_names=st.one_of(st.just(()), words("a", "b")),
    ),
    max_size=4,
).map(tuple)


@given(RULES, RULES)
def test_what_is_missing_is_what_no_single_owner_rule_has(
    owners: tuple[PolicyRule, ...], servants: tuple[PolicyRule, ...]
) -> None:
    expected = {atom for atom in atoms(servants) if not any(covers((owner,), (atom,)) for owner in owners)}
    assert atoms(uncovered(owners, servants)) == expected


def test_rules_of_thousands_of_words_do_not_explode() -> None:
    many = tuple(f"w{number}" for number in range(3000))
    huge = PolicyRule(verbs=many, api_groups=many, resources=many, resource_names=many)
    most = PolicyRule(verbs=many[1:], api_groups=many, resources=many)
    started = time.process_time()
    (missing,) = uncovered((most,), (huge,))
    assert time.process_time() - started < 2
    assert missing == PolicyRule(verbs=many[:1], api_groups=many, resources=many, resource_names=many)
    assert len(list(itertools.islice(breakdown(huge), 10))) == 10


def test_a_rule_without_verbs_gives_nothing_and_is_always_covered() -> None:
    assert covers((), (PolicyRule(api_groups=("",), resources=("pods",)),))
