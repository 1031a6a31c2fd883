"""Rights that make a ServiceAccount as good as an administrator, each told once."""

from __future__ import annotations

from ksec_tui.analysis.rbac.takeover import takeovers
from tests.checks.secrets.test_secrets import granted, rule
from tests.checks.workloads.pods import Tree, cluster


def told(*documents: Tree) -> list[str]:
    return [item.words for item in takeovers(cluster(*documents), "shop", "web")]


def test_what_holds_everywhere_is_not_told_again_of_kube_system() -> None:
    assert told(*granted(rule("serviceaccounts/token", "create"))) == ["make tokens of any ServiceAccount"]
    at_home = granted(rule("serviceaccounts/token", "create"), namespace="kube-system")
    assert told(*at_home) == ["make tokens of ServiceAccounts of kube-system"]


def test_ways_to_the_same_end_are_one() -> None:
    rules = [
        rule("secrets", "get", "list"),
        rule("deployments", "create", group="apps"),
        rule("pods", "create"),
    ]
    assert told(*granted(*rules)) == ["read every Secret", "run pods as any ServiceAccount"]


def test_who_may_do_everything_needs_no_list() -> None:
    assert told(*granted(rule("*", "*", group="*"))) == ["do everything"]


def test_the_bindings_that_give_it_are_named() -> None:
    (item,) = takeovers(cluster(*granted(rule("users", "impersonate"))), "shop", "web")
    assert [str(ref) for ref in item.bindings] == ["ClusterRoleBinding b"]


def test_a_stranger_holds_nothing() -> None:
    assert takeovers(cluster(*granted(rule("secrets", "list"))), "shop", "other") == ()
