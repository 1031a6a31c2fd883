"""The index gives the answers of a plain scan."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bench.rbac_world import naive_can, naive_who_can, questions, world
from ksec_tui.analysis.rbac.answer import explain, explain_who
from ksec_tui.analysis.rbac.bindings import bindings
from ksec_tui.analysis.rbac.index import RuleIndex, numbers_in
from ksec_tui.analysis.rbac.rules import permits, permits_url
from ksec_tui.cluster.access import PolicyRule


def some(*pool: str) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(pool), max_size=3).map(tuple)


RULES = st.lists(
    st.builds(
        PolicyRule,
        verbs=some("get", "create", "*", "GET"),
        api_groups=some("", "apps", "*"),
        resources=some("pods", "pods/exec", "*/exec", "*", "pods/*", "*/*"),
        resource_names=some("", "a", "*"),
        non_resource_urls=some("*", "/a", "/a/*", "/a*", "/*/b", "/z/**"),
    ),
    max_size=12,
)


@given(
    RULES,
    st.sampled_from(["get", "create", "*", "bind"]),
    st.sampled_from(["", "apps", "*", "batch"]),
    st.sampled_from(["pods", "*", "nodes"]),
    st.sampled_from(["", "exec", "*", "log"]),
    st.sampled_from(["", "a", "*", "b"]),
)
def test_a_resource_request_hits_the_rules_that_permit_it(
    rules: list[PolicyRule], verb: str, group: str, resource: str, subresource: str, name: str
) -> None:
    index = RuleIndex([rules[:5], (), rules[5:]])
    hits = set(numbers_in(index.resource(verb, group, resource, subresource, name)))
    assert hits == {
        number for number, rule in enumerate(rules) if permits(rule, verb, group, resource, name, subresource)
    }


@given(
    RULES,
    st.sampled_from(["get", "*", "list"]),
    st.sampled_from(["", "/", "/a", "/a/", "/a/b", "/ab", "/*/b", "/z", "/z/y", "*"]),
)
def test_a_path_hits_the_rules_that_permit_it(rules: list[PolicyRule], verb: str, path: str) -> None:
    hits = set(numbers_in(RuleIndex([rules]).url(verb, path)))
    assert hits == {number for number, rule in enumerate(rules) if permits_url(rule, verb, path)}


def test_a_whole_cluster_is_answered_as_by_a_scan_of_all_bindings() -> None:
    snapshot = world(1500, 300)
    every = bindings(snapshot)
    asked = questions(every, 150, seed=3)
    answers = [explain(snapshot, who, request).allowed for who, request in asked]
    assert answers == [naive_can(every, who, request) for who, request in asked]
    assert {True, False} == set(answers)
    for _, request in asked[:60]:
        assert set(explain_who(snapshot, request).holders) == naive_who_can(every, request), request


def test_bits_come_back_as_the_numbers_that_were_put_in() -> None:
    assert list(numbers_in(0)) == []
    assert list(numbers_in(1 | 1 << 7 | 1 << 900)) == [0, 7, 900]
