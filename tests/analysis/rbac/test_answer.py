"""Answers name every way to a right, and what the server's version or another authorizer makes of it."""

from __future__ import annotations

import pytest

from ksec_tui.analysis.rbac.answer import elsewhere, explain, explain_action, explain_any, explain_who
from ksec_tui.analysis.rbac.identity import Who, identity_of
from ksec_tui.analysis.rbac.requests import Request, impersonation, requests_for
from ksec_tui.cluster.kinds import ROLE_BINDING
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.examples import snapshot_of
from tests.analysis.rbac.worlds import Tree, account, ann, ask, bind, given, role, rule

COLLECTS = {"aggregationRule": {"clusterRoleSelectors": [{"matchLabels": {"to": "edit"}}]}}


def at(version: str, *rules: Tree, where: str = "") -> Snapshot:
    """A world of one server version where ann holds `rules`."""
    return snapshot_of(
        [
            {"kind": "Cluster", "serverVersion": version},
            role("r", *rules),
            bind(f"{where}/b" if where else "b", "ClusterRole r", "User ann"),
        ]
    )


@pytest.mark.parametrize("stored", [True, False])
def test_a_rule_of_an_aggregated_role_names_the_roles_that_it_came_from(stored: bool) -> None:
    shared, own = rule("get", "secrets"), rule("create", "pods/exec")
    label = {"labels": {"to": "edit"}}
    rules = (shared, own) if stored else ()
    world = snapshot_of(
        [
            role("edit", *rules, stored=stored, **COLLECTS),
            role("first", shared, metadata=label),
            role("second", shared, own, metadata=label),
            role("other", shared),
            bind("shop/b", "ClusterRole edit", "User ann"),
        ]
    )
    (path,) = ask(world, "get secrets x -n shop").by
    assert [source.name for source in path.sources] == ["first", "second"]
    assert str(path) == (
        "User ann > RoleBinding shop/b > ClusterRole edit, rule 1 (from ClusterRole first, ClusterRole second)"
    )
    (path,) = ask(world, "create pods/exec x -n shop").by
    assert [source.name for source in path.sources] == ["second"]


def test_roles_that_collect_collecting_roles_have_their_rules_in_manifests() -> None:
    admin = {"aggregationRule": {"clusterRoleSelectors": [{"matchLabels": {"to": "admin"}}]}}
    both = {"metadata": {"labels": {"to": "edit"}}}
    world = snapshot_of(
        [
            role("admin", stored=False, metadata={"labels": {"to": "edit"}}, **admin),
            role("edit", stored=False, metadata={"labels": {"to": "admin"}}, **COLLECTS),
            role("part", rule("get", "secrets"), stored=False, **both),
            bind("b", "ClusterRole admin", "User ann"),
        ]
    )
    (path,) = ask(world, "get secrets x -n shop").by
    assert [source.name for source in path.sources] == ["edit"]


def test_who_can_names_subjects_with_every_way() -> None:
    world = snapshot_of(
        [
            role("r", rule("get", "secrets"), rule("get list", "secrets")),
            bind("b", "ClusterRole r", "User ann", "Group dev"),
            bind("shop/c", "ClusterRole r", "ServiceAccount web"),
        ]
    )
    found = explain_who(world, Request("get", "", "secrets", name="x", namespace="shop")).holders
    assert {str(who): [path.rule for path in paths] for who, paths in found.items()} == {
        "Group dev": [0, 1],
        "Group system:masters": [0],
        "ServiceAccount shop/web": [0, 1],
        "User ann": [0, 1],
    }
    assert (
        Who("ServiceAccount", "web", "shop") not in explain_who(world, Request("get", "", "secrets")).holders
    )
    assert list(explain_who(world, Request("get", path="/metrics")).holders) == [
        Who("Group", "system:masters")
    ]


def test_who_can_anywhere_is_open_when_some_bindings_were_not_read() -> None:
    world = snapshot_of([role("r", rule("get", "secrets"))], forbidden=(ROLE_BINDING,))
    asked = Request("get", "", "secrets")
    assert explain_who(world, asked).unknown == ()
    assert explain_who(world, asked, anywhere=True).unknown != ()


def test_a_right_held_elsewhere_is_told_by_namespace() -> None:
    world = snapshot_of(
        [
            role("r", rule("get", "secrets nodes")),
            *(bind(f"{place}/b", "ClusterRole r", "User ann") for place in ("b", "a")),
        ]
    )
    assert elsewhere(world, ann(), Request("get", "", "secrets", name="x")) == ("a", "b")
    assert elsewhere(world, ann(), Request("get", "", "nodes", name="x")) == ()


@pytest.mark.parametrize("action", ["exec", "attach", "portforward"])
@pytest.mark.parametrize(
    ("version", "verb", "allowed"),
    [
        ("v1.34.2", "get", True),
        ("v1.35.0", "get", False),
        ("v1.36.2", "create", True),
        ("", "create", True),
        ("", "get", None),
        ("", "list", False),
    ],
)
def test_a_stream_into_a_pod_opens_with_get_before_1_35(
    action: str, version: str, verb: str, allowed: bool | None
) -> None:
    world = at(version, rule(verb, f"pods/{action}"), where="shop")
    answer = explain_action(world, ann(), action, name="web", namespace="shop")
    assert answer.allowed is allowed
    assert bool(answer.unknown) is (allowed is None)


@pytest.mark.parametrize("version", ["v1.30.0", "v1.36.2"])
def test_get_on_nodes_proxy_runs_commands_on_every_version(version: str) -> None:
    answer = explain_action(at(version, rule("get", "nodes/proxy")), ann(), "kubelet-exec", name="n1")
    assert answer.allowed
    assert "every container" in answer.notes[0]


def test_an_action_that_is_not_known_is_an_error() -> None:
    with pytest.raises(ValueError, match="dance"):
        requests_for("dance", 36)


ON = Request("list", "", "pods", namespace="shop")
CONSTRAINED = (
    rule("impersonate:user-info", "users", "authentication.k8s.io", names="bob"),
    rule("impersonate-on:user-info:list", "pods"),
)


@pytest.mark.parametrize(
    ("minor", "rules", "allowed"),
    [
        (35, (rule("impersonate", "users", names="bob"),), True),
        (36, (rule("impersonate", "users", names="bob"),), True),
        (35, CONSTRAINED, False),
        (36, CONSTRAINED, True),
        (36, CONSTRAINED[:1], False),
        (36, CONSTRAINED[1:], False),
        (None, CONSTRAINED, False),
    ],
)
def test_constrained_impersonation_needs_both_its_verbs_since_1_36(
    minor: int | None, rules: tuple[Tree, ...], allowed: bool
) -> None:
    assert explain_any(given(*rules), ann(), impersonation("bob", (), ON, minor)).allowed is allowed


def test_a_group_is_taken_on_together_with_a_user() -> None:
    ways = impersonation("bob", ("sre",), ON, 35)
    assert not explain_any(given(rule("impersonate", "groups")), ann(), ways).allowed
    both = explain_any(given(rule("impersonate", "groups users")), ann(), ways)
    assert both.allowed
    assert len(both.by) == 2


@pytest.mark.parametrize(
    ("user", "rules"),
    [
        (
            "system:serviceaccount:ci:bot",
            (
                rule("impersonate:serviceaccount", "serviceaccounts", "authentication.k8s.io", names="bot"),
                rule("impersonate-on:serviceaccount:list", "pods"),
            ),
        ),
        (
            "system:node:n1",
            (
                rule("impersonate:arbitrary-node", "nodes", "authentication.k8s.io", names="n1"),
                rule("impersonate-on:arbitrary-node:list", "pods"),
            ),
        ),
    ],
)
def test_accounts_and_nodes_are_impersonated_by_modes_of_their_own(
    user: str, rules: tuple[Tree, ...]
) -> None:
    assert explain_any(given(*rules), ann(), impersonation(user, (), ON, 36)).allowed
    assert not explain_any(given(*CONSTRAINED), ann(), impersonation(user, (), ON, 36)).allowed


def test_nodes_are_told_to_be_judged_by_another_authorizer() -> None:
    node = identity_of(Who("User", "system:node:n1"))
    answer = explain(given(), node, Request("get", "", "secrets", name="x", namespace="shop"))
    assert answer.words == "not granted by RBAC"
    assert "Node authorizer" in answer.notes[0]
    assert explain(given(), account("a", "b"), ON).notes == ()


@pytest.mark.parametrize(
    ("version", "said"), [("v1.34.0", "get alone opens"), ("v1.36.0", "needs create"), ("", "not known")]
)
def test_get_on_a_stream_says_what_it_means_on_this_version(version: str, said: str) -> None:
    (note,) = ask(at(version, rule("get", "pods/exec")), "get pods/exec web -n shop").notes
    assert said in note
