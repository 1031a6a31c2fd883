"""What stands in for a binding that goes: only what gives no more, and nothing new hides behind it."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.examples import snapshot_of
from ksec_tui.findings.fix import Change, Fix
from ksec_tui.findings.runner import fix_for
from ksec_tui.fixes.build import create, delete
from ksec_tui.fixes.plan import FixPlan
from ksec_tui.fixes.simulate import Simulation, simulate
from tests.checks.rbac.worlds import ANN, CHECKS, GROUP, Tree, account, binding, fails, group, role, rule

DEFAULT: dict[str, Any] = {"labels": {"kubernetes.io/bootstrapping": "rbac-defaults"}}
RULES = (rule("pods", "create get list"), rule("secrets", "list"), rule("configmaps", "get update"))
EDIT = role(*RULES, name="edit", **DEFAULT)
DEV = binding(group("dev"), to="ClusterRole/edit", namespace="shop", name="dev")


def edited(*changes: Change | None, documents: tuple[Tree, ...] = (EDIT, DEV)) -> Simulation:
    """The fix of Secrets that can be listed, with some of its three changes written anew, and carried out."""
    snapshot = snapshot_of(documents)
    (finding,) = fails("rbac-secrets-list", *documents)
    fix = fix_for(finding, CHECKS.values(), snapshot)
    assert fix is not None
    told = tuple(new or old for new, old in zip(changes, fix.changes, strict=False))
    whole = (*told, *fix.changes[len(told) :], *(item for item in changes[3:] if item))
    return simulated(snapshot, msgspec.structs.replace(fix, changes=whole), documents)


def simulated(snapshot: Snapshot, fix: Fix, documents: tuple[Tree, ...]) -> Simulation:
    (finding,) = fails("rbac-secrets-list", *documents)
    return simulate(snapshot, FixPlan().stage(finding, fix), CHECKS.values())


def made(document: Tree) -> Change:
    meta = document["metadata"]
    return create(ObjectRef(meta.get("namespace", ""), document["kind"], meta["name"], GROUP), document)


def new_role(*rules: Tree) -> Change:
    return made(role(*rules, name="dev-narrowed", namespace="shop"))


def new_binding(*subjects: Tree) -> Change:
    return made(binding(*subjects, to="Role/dev-narrowed", namespace="shop", name="dev-narrowed"))


KEPT = (RULES[0], RULES[2])


def test_what_gives_less_stands_in_and_its_findings_are_not_new() -> None:
    result = edited(new_role(*KEPT))
    assert (result.ok, result.added) == (True, ())
    assert [item.check for item in result.removed] == ["rbac-secrets-list"]
    assert {"rbac-pod-create", "rbac-configmaps-write"} <= {item.check for item in result.moved}


def test_what_a_default_role_keeps_untold_is_told_of_its_copy_but_is_not_new() -> None:
    assert fails("rbac-configmaps-write", EDIT, DEV) == []
    result = edited()
    assert "rbac-configmaps-write" in {item.check for item in result.moved}


@pytest.mark.parametrize(
    ("more", "brought"),
    [
        (rule("pods/exec", "create"), "rbac-pod-exec"),
        (rule("pods", "create"), ""),
        (rule("secrets", "get"), "rbac-secrets-get"),
        (rule("configmaps", "create get update patch"), "rbac-configmaps-write"),
        (rule("services", "create update patch delete"), "rbac-service-mitm"),
    ],
    ids=["shells", "what was there", "other verbs", "more of the same", "another resource of medium weight"],
)
def test_a_right_that_was_not_there_is_new(more: Tree, brought: str) -> None:
    result = edited(new_role(*KEPT, more))
    assert result.ok is not bool(brought)
    assert brought in {item.check for item in result.added} | {""}


@pytest.mark.parametrize(
    "who", [ANN, group("devs"), account("dev", "shop")], ids=["user", "group", "account"]
)
def test_a_subject_that_was_not_there_makes_everything_new(who: Tree) -> None:
    result = edited(None, new_binding(group("dev"), who))
    assert not result.ok
    assert "rbac-pod-create" in {item.check for item in result.added}


def test_a_wider_scope_makes_everything_new() -> None:
    wide = made(binding(group("dev"), to="ClusterRole/dev-narrowed", name="dev-narrowed"))
    result = edited(made(role(*KEPT, name="dev-narrowed")), wide)
    assert not result.ok
    assert "rbac-pod-create" in {item.check for item in result.added}


def test_a_fix_that_only_moves_its_finding_does_not_remove_it() -> None:
    result = edited(new_role(*RULES))
    assert not result.ok
    assert "it does not remove its finding" in result.errors[0].lower()
    assert result.plan.staged == ()


def test_a_second_binding_to_the_new_role_is_new() -> None:
    other = binding(ANN, to="Role/dev-narrowed", namespace="shop", name="second")
    result = edited(None, None, None, made(other))
    assert not result.ok
    assert {str(item.subject) for item in result.added} >= {"RoleBinding shop/second"}


def test_a_new_binding_of_another_fix_stands_in_for_nothing() -> None:
    documents = (EDIT, DEV, binding(ANN, to="ClusterRole/edit", namespace="shop", name="ann"))
    snapshot = snapshot_of(documents)
    plan = FixPlan()
    copy = made(binding(group("dev"), to="ClusterRole/edit", namespace="shop", name="copy"))
    for finding, changes in zip(
        fails("rbac-secrets-list", *documents),
        ((copy, delete(ObjectRef("shop", "RoleBinding", "ann", GROUP))), (delete(ref_of(DEV)),)),
        strict=True,
    ):
        plan = plan.stage(finding, Fix("Swap", changes))
    result = simulate(snapshot, plan, CHECKS.values())
    assert {str(item.subject) for item in result.added} == {"RoleBinding shop/copy"}
    assert result.moved == ()


def ref_of(document: Tree) -> ObjectRef:
    meta = document["metadata"]
    return ObjectRef(meta.get("namespace", ""), document["kind"], meta["name"], GROUP)
