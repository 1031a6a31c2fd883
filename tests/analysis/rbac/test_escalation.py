"""Who may hand out rights is judged as the API server judges it when a role or a binding is written."""

from __future__ import annotations

from typing import Any

from ksec_tui.analysis.rbac.escalation import Escalation, binding_write, role_write
from ksec_tui.cluster.access import ClusterRole, ClusterRoleBinding, Role, RoleBinding
from ksec_tui.cluster.ingest import item_from_tree
from ksec_tui.cluster.kinds import CLUSTER_ROLE_BINDING, ROLE_BINDING, kind_named
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.examples import snapshot_of
from tests.analysis.rbac.worlds import RBAC, Tree, ann, bind, role, rule

SECRETS = rule("get", "secrets")
PODS = rule("get list", "pods")


def made(tree: Tree) -> Any:
    kind = kind_named(RBAC, tree["kind"])
    assert kind is not None
    return item_from_tree(kind, tree).object


def write_role(world: Snapshot, tree: Tree, *groups: str, create: bool = False) -> Escalation:
    item = made(tree)
    assert isinstance(item, (Role, ClusterRole))
    return role_write(world, ann(*groups), item, create=create)


def write_binding(world: Snapshot, tree: Tree, *groups: str) -> Escalation:
    item = made(tree)
    assert isinstance(item, (RoleBinding, ClusterRoleBinding))
    return binding_write(world, ann(*groups), item)


def holding(*rules: Tree, where: str = "", more: tuple[Tree, ...] = ()) -> Snapshot:
    return snapshot_of(
        [role("mine", *rules), bind(f"{where}/b" if where else "b", "ClusterRole mine", "User ann"), *more]
    )


def test_what_is_held_can_be_given_away_and_what_is_missing_is_named() -> None:
    world = holding(PODS)
    assert write_role(world, role("shop/new", PODS)).allowed
    refused = write_role(world, role("shop/new", PODS, SECRETS))
    assert refused.allowed is False
    assert [(part.verbs, part.resources) for part in refused.missing] == [(("get",), ("secrets",))]


def test_rights_in_a_namespace_can_be_given_away_there_only() -> None:
    world = holding(PODS, where="shop")
    assert write_role(world, role("shop/new", PODS)).allowed
    assert write_role(world, role("other/new", PODS)).allowed is False
    assert write_role(world, role("new", PODS)).allowed is False


def test_escalate_lets_write_any_rule_but_a_pinned_one_not_create() -> None:
    free = holding(rule("escalate", "roles", RBAC))
    assert write_role(free, role("shop/new", SECRETS), create=True).allowed
    assert write_role(free, role("new", SECRETS)).allowed is False
    pinned = holding(rule("escalate", "roles", RBAC, names="new"))
    answer = write_role(pinned, role("shop/new", SECRETS))
    assert answer.allowed
    assert [path.binding.name for path in answer.by] == ["b"]
    assert write_role(pinned, role("shop/new", SECRETS), create=True).allowed is False


def test_taking_rights_away_needs_those_that_remain() -> None:
    world = holding(PODS, more=(role("big", PODS, SECRETS, rule("*", "nodes")),))
    assert write_role(world, role("big", PODS, SECRETS)).allowed is False
    assert write_role(world, role("big", PODS)).allowed


def test_an_aggregated_role_needs_all_rights_even_when_it_stops_aggregating() -> None:
    collects: dict[str, Any] = {"aggregationRule": {"clusterRoleSelectors": [{"matchLabels": {"to": "all"}}]}}
    world = holding(PODS, more=(role("sum", **collects),))
    refused = write_role(world, role("new", **collects))
    assert refused.allowed is False
    assert [part.resources or part.non_resource_urls for part in refused.missing] == [("*",), ("*",)]
    assert write_role(world, role("sum", PODS)).allowed is False
    assert write_role(world, role("plain", PODS)).allowed
    everything = holding({**rule("*", "*"), "apiGroups": ["*"]}, rule("*", urls="*"))
    assert write_role(everything, role("new", **collects)).allowed


def test_masters_are_not_asked() -> None:
    assert write_role(snapshot_of([]), role("new", SECRETS), "system:masters").allowed


def test_bind_is_needed_for_what_is_not_held_in_the_bindings_place() -> None:
    other = role("reader", SECRETS)
    world = holding(PODS, where="shop", more=(other,))
    assert write_binding(world, bind("shop/new", "ClusterRole mine", "User bob")).allowed
    assert write_binding(world, bind("shop/new", "ClusterRole reader", "User bob")).allowed is False
    binder = holding(rule("bind", "clusterroles", RBAC, names="reader"), where="shop", more=(other,))
    assert write_binding(binder, bind("shop/new", "ClusterRole reader", "User bob")).allowed
    assert write_binding(binder, bind("new", "ClusterRole reader", "User bob")).allowed is False
    wrong = holding(rule("bind", "rolebindings", RBAC), more=(other,))
    assert write_binding(wrong, bind("shop/new", "ClusterRole reader", "User bob")).allowed is False


def test_a_role_that_is_not_there_can_be_bound_with_bind_only() -> None:
    new = bind("shop/new", "Role ghost", "User bob")
    refused = write_binding(holding(PODS), new)
    assert refused.allowed is False
    assert "are not there" in refused.reason
    assert write_binding(holding(rule("bind", "roles", RBAC)), new).allowed
    assert write_binding(holding(PODS), bind("new", "Role ghost", "User bob")).allowed is False


def test_what_was_not_read_leaves_it_unknown() -> None:
    trees = [role("mine", PODS), bind("shop/b", "ClusterRole mine", "User ann")]
    wide = snapshot_of(trees, forbidden=(CLUSTER_ROLE_BINDING,))
    answer = write_role(wide, role("shop/new", SECRETS))
    assert answer.allowed is None
    assert answer.unknown
    assert write_role(wide, role("shop/new", PODS)).allowed
    narrow = snapshot_of(trees, forbidden=(ROLE_BINDING,))
    assert write_role(narrow, role("new", SECRETS)).allowed is False
