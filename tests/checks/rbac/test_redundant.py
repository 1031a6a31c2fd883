"""What a binding adds is found by an index; held against the definition, taken literally."""

from __future__ import annotations

import random

import pytest

from ksec_tui.analysis.rbac.bindings import Bound, bindings
from ksec_tui.analysis.rbac.covers import covers
from ksec_tui.analysis.rbac.defaults import is_system_binding
from ksec_tui.analysis.rbac.identity import Who
from ksec_tui.analysis.rbac.rules import is_everything
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.examples import snapshot_of
from ksec_tui.findings.runner import run_one
from tests.checks.rbac.worlds import CHECKS, Tree, binding, role, rule

PEOPLE = [
    {"kind": "User", "name": name, "apiGroup": "rbac.authorization.k8s.io"} for name in ("ann", "bob", "cid")
]
SPACES = ("", "data", "shop")


def _rule(dice: random.Random) -> Tree:
    if dice.random() < 0.1:
        return {"verbs": ["get"], "nonResourceURLs": [dice.choice(("/a", "/a/*", "*"))]}
    verbs = (
        "*" if dice.random() < 0.1 else " ".join(dice.sample(("get", "list", "watch"), dice.randint(0, 3)))
    )
    words = dice.sample(("pods", "pods/log", "*/log", "*", "secrets"), dice.randint(1, 2))
    names = dice.choice(("", "", "a", "a b"))
    return rule(" ".join(words), verbs, dice.choice(("", "apps", "*")), names)


def _world(seed: int) -> Snapshot:
    dice = random.Random(seed)  # noqa: S311 - the same for the same seed is the point
    made: list[Tree] = []
    for number in range(6):
        rules = (_rule(dice) for _ in range(dice.randint(1, 3)))
        made.append(role(*rules, name=f"r{number}"))
    for number in range(14):
        people = dice.sample(PEOPLE, dice.randint(1, 3))
        to = f"ClusterRole/r{dice.randrange(6)}"
        made.append(binding(*people, to=to, namespace=dice.choice(SPACES), name=f"b{number:02}"))
    return snapshot_of(made)


def _others(every: list[Bound], item: Bound, person: Who) -> list[Bound]:
    """What else a subject has where a binding counts: in the whole cluster first, then in its namespace."""
    found = [other for other in every if other.ref != item.ref and person in other.people]
    wide = [other for other in found if other.namespace is None]
    return wide if item.namespace is None else wide + [o for o in found if o.namespace == item.namespace]


def _literally(snapshot: Snapshot) -> dict[ObjectRef, list[ObjectRef]]:
    """By binding that can go, after those before it have gone, the bindings that give what it gives."""
    every = [item for item in bindings(snapshot) if item.rules and not any(map(is_everything, item.rules))]
    found: dict[ObjectRef, list[ObjectRef]] = {}
    for item in sorted(every, key=lambda one: (one.namespace is None, one.ref)):
        assert not is_system_binding(item)
        kept: dict[ObjectRef, None] = {}
        for person in item.people:
            others = _others(every, item, person)
            if not others or not covers([rule for other in others for rule in other.rules], item.rules):
                break
            helpful = [other for other in others if any(covers(other.rules, (rule,)) for rule in item.rules)]
            kept.update((other.ref, None) for other in helpful or others)
        else:
            found[item.ref] = list(kept)
            every.remove(item)
    return found


@pytest.mark.parametrize("seed", range(40))
def test_the_bindings_that_can_go_are_those_of_the_definition(seed: int) -> None:
    snapshot = _world(seed)
    told = {
        finding.subject: finding.evidence[0].words
        for finding in run_one(snapshot, CHECKS["hyg-redundant"]).findings
    }
    expected = _literally(snapshot)
    assert told.keys() == expected.keys()
    for ref, kept in expected.items():
        more = f" and {len(kept) - 2} more" if len(kept) > 2 else ""
        assert f" by {' and '.join(map(str, kept[:2]))}{more} too" in told[ref]
