"""What holds for every plan: the order of staging is no matter, taking back leaves nothing, one change does all."""

from __future__ import annotations

import functools
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ksec_tui.findings.fix import Change, Fix, Risk
from ksec_tui.fixes.apply import apply
from ksec_tui.fixes.build import delete, json_patch, op
from ksec_tui.fixes.clash import Clash
from ksec_tui.fixes.export import contents
from ksec_tui.fixes.json_patch import json_patch as apply_operations
from ksec_tui.fixes.merging import combine
from ksec_tui.fixes.plan import FixPlan, Staged
from ksec_tui.fixes.simulate import simulate
from tests.fixes.cluster import CHECKS, READERS, WEB, shop, staged
from tests.fixes.objects import deployment
from tests.fixes.test_plan import finding, template_patch

ITEMS = [
    Staged(finding(f"toy-{number}"), Fix(f"fix {number}", changes, Risk.REVIEW))
    for number, changes in enumerate(
        [
            (template_patch(hostPID=None),),
            (template_patch(hostPID=False), json_patch(READERS, op("add", "/subjects/-", 7))),
            (template_patch(containers=[{"name": "app", "tty": False}]),),
            (template_patch(containers=[{"name": "app", "tty": True}]),),
            (json_patch(READERS, op("test", "/subjects/0", 1), op("remove", "/subjects/0")),),
            (delete(READERS),),
            (),
        ]
    )
]
MARKS = [item.fingerprint for item in ITEMS]
PLANS = st.lists(st.sampled_from(ITEMS), unique_by=lambda item: item.fingerprint).map(FixPlan().stage_many)


@given(
    st.lists(st.sampled_from(ITEMS), unique_by=lambda item: item.fingerprint).flatmap(
        lambda some: st.tuples(st.just(some), st.permutations(some), st.sampled_from(MARKS))
    )
)
def test_the_order_of_staging_is_no_matter(given_plans: tuple[list[Staged], list[Staged], str]) -> None:
    some, again, mark = given_plans
    one = FixPlan().stage_many(some).prefer(mark)
    other = functools.reduce(lambda plan, item: plan.stage(item.finding, item.fix), again, FixPlan()).prefer(
        mark
    )
    assert one == other
    assert one.changes() == other.changes()
    assert one.conflicts == other.conflicts
    assert one.set_aside == other.set_aside


@settings(max_examples=15, deadline=None)
@given(st.permutations(staged(shop()).staged))
def test_the_order_of_staging_changes_no_byte_of_the_files(items: list[Staged]) -> None:
    assert files(tuple(items)) == files(staged(shop()).staged)


def files(items: tuple[Staged, ...]) -> dict[str, str]:
    plan = functools.reduce(lambda plan, item: plan.stage(item.finding, item.fix), items, FixPlan())
    return contents(simulate(shop(), plan, CHECKS), plan, shop())


@given(PLANS, st.sampled_from(ITEMS), st.sampled_from(MARKS))
def test_staging_and_unstaging_leaves_the_plan_as_it_was(plan: FixPlan, item: Staged, mark: str) -> None:
    assume(not plan.has(item.fingerprint))
    before = plan.prefer(mark)
    assert before.stage(item.finding, item.fix).unstage(item.fingerprint) == before


@given(PLANS, st.lists(st.sampled_from(MARKS)), st.permutations(MARKS))
def test_taking_everything_back_leaves_nothing(plan: FixPlan, chosen: list[str], order: list[str]) -> None:
    plan = functools.reduce(FixPlan.prefer, chosen, plan).confirm(chosen)
    assert functools.reduce(FixPlan.unstage, order, plan) == FixPlan()


@given(PLANS, st.lists(st.sampled_from(MARKS)))
def test_every_fix_is_carried_out_or_told_why_not(plan: FixPlan, chosen: list[str]) -> None:
    plan = functools.reduce(FixPlan.prefer, chosen, plan)
    done = {item.fingerprint for merged in plan.changes() for item in merged.staged}
    conflicting = {mark for conflict in plan.conflicts for mark in conflict.fingerprints}
    aside = {item.staged.fingerprint for item in plan.set_aside}
    by_hand = {item.fingerprint for item in plan.manual}
    told = [done, conflicting, aside, by_hand]
    assert set().union(*told) == {item.fingerprint for item in plan.staged}
    assert sum(map(len, told)) == len(plan.staged), "each in one way alone"


NAMES = ["app", "side"]
SCALARS = st.none() | st.booleans() | st.sampled_from([1, "x"])
GONE = st.just({"$patch": "delete"})
CONTEXT = st.dictionaries(
    st.sampled_from(["privileged", "runAsUser", "seLinuxOptions"]),
    SCALARS | st.dictionaries(st.sampled_from(["type", "role"]), SCALARS, min_size=1),
)


def items_of(key: str, names: list[Any], fields: st.SearchStrategy[dict[str, Any]]) -> Any:
    """Patches of a merged list: items by their key, some of them deleted; in one order, as checks write them."""
    some = st.lists(st.sampled_from(names), unique=True).map(sorted)
    return some.flatmap(
        lambda keys: st.tuples(*(st.tuples(st.just(name), fields | GONE) for name in keys))
    ).map(lambda pairs: [{key: name, **body} for name, body in pairs])


VARIABLES = items_of(
    "name", ["A", "B"], st.fixed_dictionaries({}, optional={"value": st.sampled_from(["1", None])})
)
CONTAINERS = items_of(
    "name",
    NAMES,
    st.fixed_dictionaries(
        {},
        optional={
            "tty": SCALARS,
            "args": st.none() | st.lists(st.sampled_from(["-a", "-b"]), max_size=2),
            "securityContext": CONTEXT | GONE | st.none(),
            "env": VARIABLES | st.none(),
        },
    ),
)
SPECS = st.fixed_dictionaries(
    {},
    optional={
        "containers": CONTAINERS,
        "hostPID": SCALARS,
        "nodeSelector": st.dictionaries(st.sampled_from(NAMES), SCALARS) | GONE,
        "tolerations": st.lists(st.just({"key": "a"}), max_size=2),
    },
)
LIVE = deployment(
    hostPID=True,
    nodeSelector={"app": "x"},
    containers=[
        {"name": "app", "image": "a", "tty": True, "env": [{"name": "A", "value": "0"}, {"name": "C"}]},
        {
            "name": "side",
            "args": ["-a"],
            "securityContext": {"privileged": True, "seLinuxOptions": {"type": "t"}},
        },
    ],
)


def unordered(value: Any) -> Any:
    """With lists of mappings as sets: in which order new items stand is no matter to Kubernetes."""
    if isinstance(value, dict):
        return {key: unordered(item) for key, item in value.items()}
    if isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
        return sorted(map(unordered, value), key=repr)
    return value


@settings(max_examples=200)
@given(SPECS, SPECS)
def test_one_strategic_patch_does_what_the_two_do(one: dict[str, Any], other: dict[str, Any]) -> None:
    changes = [template_patch(**one), template_patch(**other)]
    try:
        merged = combine(changes)
    except Clash:
        assume(False)
    together = unordered(apply(LIVE, merged))
    orders = [in_turn(changes), in_turn(changes[::-1])]
    if unordered(orders[0]) == unordered(orders[1]):
        assert together == unordered(orders[0])
    # Else one takes away more of what the other takes away, and would not if it came first.
    assert [unordered(apply(document, merged)) for document in orders] == [together, together]


def in_turn(changes: list[Change]) -> Any:
    document: Any = LIVE
    for change in changes:
        document = apply(document, change)
    return document


FIELDS = st.sampled_from(["/a", "/a/b", "/a/b/c", "/d", "/d/0", "/d/1/b", "/e~1f"])
DOCUMENT = {"a": {"b": {"c": 1}}, "d": [{"b": 1}, {"b": 2}], "e/f": 1}
VALUES = st.sampled_from([1, {"b": {"c": 1}}, {"b": 2}, {"c": 1}, [{"b": 1}, {"b": 1}]])
OPERATIONS = st.builds(
    op, st.sampled_from(["replace", "add"]), FIELDS.filter(lambda path: path != "/d/0"), VALUES
)


@settings(max_examples=200)
@given(OPERATIONS, OPERATIONS)
def test_one_json_patch_does_what_the_two_do(one: dict[str, Any], other: dict[str, Any]) -> None:
    try:
        merged = combine([json_patch(WEB, one), json_patch(WEB, other)])
    except Clash:
        assume(False)
    wide, narrow = sorted((one, other), key=lambda item: item["path"].count("/"))
    assert apply_operations(DOCUMENT, merged.body) == apply_operations(DOCUMENT, [wide, narrow])


@given(st.sets(st.integers(0, 11)), st.sets(st.integers(0, 11)))
def test_positions_that_several_patches_remove_are_those_of_the_list_as_it_was(
    one: set[int], other: set[int]
) -> None:
    assume(one or other)

    def removal(places: set[int]) -> Change:
        tests = [op("test", f"/subjects/{place}", place) for place in sorted(places)]
        return json_patch(
            READERS, *tests, *(op("remove", f"/subjects/{n}") for n in sorted(places, reverse=True))
        )

    merged = combine([removal(one), removal(other)])
    left = apply_operations({"subjects": list(range(12))}, merged.body)["subjects"]
    assert left == [place for place in range(12) if place not in one | other]
