"""Each step that rights make possible, beside the same without what it needs."""

from __future__ import annotations

import pytest

from ksec_tui.analysis.paths.model import Vertex
from tests.analysis.paths.worlds import (
    EVERYTHING,
    Tree,
    account,
    cluster,
    daemon_set,
    granted,
    group,
    kinds,
    live,
    namespace,
    node,
    robot,
    rule,
    steps,
    user,
    vertex,
    way,
)

RBAC = "rbac.authorization.k8s.io"
CSR = "certificates.k8s.io"
HOOKS = "admissionregistration.k8s.io"
ANN = user()
SECRET: Tree = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": "shop"}}


def one(*rules: Tree, space: str = "", version: str = "", more: tuple[Tree, ...] = ()) -> set[str]:
    """The kinds of steps that ann has by these rules."""
    return kinds(cluster(*granted(ANN, *rules, space=space), *more, version=version), vertex(ANN)) - {
        "member"
    }


ALONE = {
    "read-secret": [rule("secrets", "list"), rule("secrets", "watch"), rule("secrets", "get")],
    "mint-token": [rule("serviceaccounts/token", "create")],
    "mint-token-secret": [rule("secrets", "patch"), rule("secrets", "update")],
    "run-as": [
        rule("pods", "create"),
        rule("deployments", "create", group="apps"),
        rule("cronjobs", "create", group="batch"),
        rule("replicationcontrollers", "create"),
    ],
    "change-workload": [rule("daemonsets", "patch", group="apps")],
    "exec": [rule("pods/exec", "create"), rule("pods/attach", "create"), rule("*/exec", "create")],
    "inject-ephemeral": [rule("pods/ephemeralcontainers", "patch")],
    "swap-image": [rule("pods", "update")],
    "impersonate": [rule("serviceaccounts", "impersonate")],
}
"""Kind -> rules that each make it possible, in one namespace and everywhere."""

WIDE = {
    "impersonate": [rule("users", "impersonate")],
    "kubelet-exec": [rule("nodes/proxy", "get"), rule("nodes/proxy", "create")],
    "webhook-tap": [rule("mutatingwebhookconfigurations", "patch", group=HOOKS)],
    "webhook-read": [rule("validatingwebhookconfigurations", "create", group=HOOKS)],
}
"""The same for what is no part of a namespace."""

TOGETHER = {
    "mint-token-secret": (rule("secrets", "create"), rule("pods", "create")),
    "escalate-role": (
        rule("clusterroles", "escalate", group=RBAC),
        rule("clusterroles", "update", group=RBAC),
    ),
    "bind-role": (
        rule("clusterroles", "bind", group=RBAC),
        rule("clusterrolebindings", "create", group=RBAC),
    ),
    "issue-cert": (
        rule("certificatesigningrequests", "create", group=CSR),
        rule("certificatesigningrequests/approval", "update", group=CSR),
        rule("signers", "approve", group=CSR, names=("kubernetes.io/kube-apiserver-client",)),
    ),
    "lift-psa": (rule("namespaces", "patch"), rule("pods", "create")),
    "pv-hostpath": (
        rule("persistentvolumes", "create"),
        rule("persistentvolumeclaims", "create"),
        rule("pods", "create"),
    ),
}
"""Kind -> rights of which none alone is enough."""


@pytest.mark.parametrize("kind", ALONE)
def test_one_right_is_enough_where_it_is_granted(kind: str) -> None:
    for given in ALONE[kind]:
        assert one(given) == {kind}, given
        assert one(given, space="shop") == {kind}, given


@pytest.mark.parametrize("kind", ALONE)
def test_another_verb_or_group_gives_nothing(kind: str) -> None:
    for given in ALONE[kind]:
        assert kind not in one({**given, "verbs": ["delete"]}), given
        assert kind not in one({**given, "apiGroups": ["example.com"]}), given


@pytest.mark.parametrize("kind", WIDE)
def test_what_is_in_no_namespace_takes_a_right_in_the_whole_cluster(kind: str) -> None:
    for given in WIDE[kind]:
        assert one(given) == {kind}
        assert one(given, space="shop") == set()


@pytest.mark.parametrize("kind", TOGETHER)
def test_rights_that_work_together_need_each_other(kind: str) -> None:
    given = TOGETHER[kind]
    assert kind in one(*given)
    for left_out in range(len(given)):
        rest = [item for place, item in enumerate(given) if place != left_out]
        assert kind not in one(*rest), given[left_out]


@pytest.mark.parametrize("kind", TOGETHER)
def test_they_may_come_by_different_bindings(kind: str) -> None:
    bindings = [
        tree for place, item in enumerate(TOGETHER[kind]) for tree in granted(ANN, item, name=f"b{place}")
    ]
    assert kind in kinds(cluster(*bindings), vertex(ANN))


def test_they_may_come_through_a_group() -> None:
    create, read = rule("secrets", "create"), rule("secrets", "get")
    everyone = granted(group("system:authenticated"), read, name="all")
    assert "mint-token-secret" in kinds(cluster(*granted(ANN, create), *everyone), vertex(ANN))
    strangers = granted(group("others"), read, name="all")
    assert "mint-token-secret" not in kinds(cluster(*granted(ANN, create), *strangers), vertex(ANN))


def test_rights_in_different_namespaces_do_not_work_together() -> None:
    here = granted(ANN, rule("secrets", "create"), space="shop")
    there = granted(ANN, rule("secrets", "get"), space="data", name="c")
    assert "mint-token-secret" not in kinds(cluster(*here, *there), vertex(ANN))


def test_everything_is_cluster_admin_and_in_a_namespace_every_right_there() -> None:
    assert way(cluster(*granted(ANN, EVERYTHING)), vertex(ANN)) == ["administer"]
    inside = cluster(*granted(ANN, EVERYTHING, space="shop"))
    assert ("User ann", "administer", "every right in shop") in steps(inside)
    assert way(inside, vertex(ANN), Vertex("goal", "every Secret")) == []


def test_impersonating_a_group_takes_a_user_to_go_with_it() -> None:
    groups = rule("groups", "impersonate", names=("sre",))
    assert one(groups) == set()
    both = cluster(*granted(ANN, groups, rule("users", "impersonate", names=("bob",))))
    assert {("User ann", "impersonate", "Group sre"), ("User ann", "impersonate", "User bob")} <= steps(both)


def test_any_group_is_cluster_admin() -> None:
    rules = (rule("groups", "impersonate"), rule("users", "impersonate", names=("bob",)))
    assert way(cluster(*granted(ANN, *rules)), vertex(ANN)) == ["impersonate"]


def test_resource_names_confine_a_step_to_what_they_name() -> None:
    reads = granted(ANN, rule("secrets", "get", names=("s",)), space="shop")
    assert ("User ann", "read-secret", "Secret shop/s") in steps(cluster(*reads, SECRET))
    other = granted(ANN, rule("secrets", "get", names=("t",)), space="shop")
    assert one(rule("secrets", "get", names=("t",)), space="shop", more=(SECRET,)) == set()
    assert ("User ann", "read-secret", "Secret shop/s") not in steps(cluster(*other, SECRET))
    tokens = granted(ANN, rule("serviceaccounts/token", "create", names=("web",)))
    assert ("User ann", "mint-token", "ServiceAccount shop/web") in steps(cluster(*tokens, account()))


def test_a_named_pod_or_node_is_all_that_is_reached() -> None:
    owner = daemon_set()
    pod = live(owner, nodeName="n1")
    shell = granted(ANN, rule("pods/exec", "create", names=("web-x1",)), space="shop")
    assert ("User ann", "exec", "DaemonSet shop/web") in steps(cluster(owner, pod, *shell))
    kubelet = granted(ANN, rule("nodes/proxy", "get", names=("n1",)))
    found = steps(cluster(owner, pod, node(), *kubelet))
    assert ("User ann", "kubelet-exec", "the pods on Node n1") in found
    assert ("the pods on Node n1", "within", "DaemonSet shop/web") in found


def test_creating_with_names_creates_nothing() -> None:
    assert one(rule("pods", "create", names=("web",))) == set()


def test_a_role_that_may_be_bound_by_name_gives_what_it_gives() -> None:
    admins = granted(user("root"), EVERYTHING, name="boss")
    bind = rule("clusterroles", "bind", group=RBAC, names=("boss",))
    write = rule("clusterrolebindings", "create", group=RBAC)
    assert way(cluster(*admins, *granted(ANN, bind, write)), vertex(ANN)) == ["bind-role", "administer"]
    assert way(cluster(*admins, *granted(ANN, bind)), vertex(ANN)) == []
    lower = granted(ANN, bind, rule("rolebindings", "create", group=RBAC), space="shop")
    assert way(cluster(*admins, *lower), vertex(ANN), Vertex("goal", "every Secret")) == []
    assert ("User ann", "bind-role", "ClusterRole shop/boss") in steps(cluster(*admins, *lower))


def test_websockets_open_shells_with_get_before_1_35() -> None:
    given = rule("pods/exec", "get")
    assert one(given, version="v1.34.0") == {"exec"}
    assert one(given, version="v1.35.0") == set()


def test_aws_auth_counts_where_it_exists() -> None:
    given = rule("configmaps", "update", names=("aws-auth",))
    there = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "aws-auth", "namespace": "kube-system"},
    }
    assert one(given, space="kube-system", more=(there,)) == {"edit-aws-auth"}
    assert one(given, space="kube-system") == set()
    assert one(given, space="shop", more=(there,)) == set()


def test_orders_to_a_controller_are_its_rights() -> None:
    given = rule("applications", "create", group="argoproj.io")
    controller = account("argocd-application-controller", "argocd")
    assert one(given, more=(controller,)) == {"steer-controller"}
    assert one(given) == set()


def test_a_namespace_that_enforces_a_level_refuses_privileged_pods() -> None:
    starts = granted(ANN, rule("pods", "create"), space="shop")
    nodes = Vertex("goal", "a node")
    assert way(cluster(namespace(), *starts), vertex(ANN), nodes) == [
        "run-as",
        "run-privileged",
        "pod-to-node",
    ]
    assert way(cluster(namespace(level="privileged"), *starts), vertex(ANN), nodes)
    for level in ("baseline", "restricted"):
        assert way(cluster(namespace(level=level), *starts), vertex(ANN), nodes) == []
    lifts = granted(ANN, rule("namespaces", "patch"), space="shop", name="lift")
    found = way(cluster(namespace(level="restricted"), *starts, *lifts), vertex(ANN), nodes)
    assert found == ["lift-psa", "pod-to-node"]


def test_started_pods_run_as_any_account_and_mount_any_secret_of_the_namespace_only() -> None:
    boss = granted(robot("boss"), EVERYTHING, name="boss")
    starts = granted(ANN, rule("pods", "create"), space="shop")
    found = cluster(account("boss"), *boss, *starts)
    assert way(found, vertex(ANN)) == ["run-as", "use-account", "within", "administer"]
    elsewhere = granted(ANN, rule("pods", "create"), space="data")
    level = namespace("data", "restricted")
    assert way(cluster(account("boss"), *boss, *elsewhere, level), vertex(ANN)) == []


def test_a_token_secret_is_its_account() -> None:
    token = {
        **SECRET,
        "type": "kubernetes.io/service-account-token",
        "metadata": {**SECRET["metadata"], "annotations": {"kubernetes.io/service-account.name": "boss"}},
    }
    boss = (account("boss"), *granted(robot("boss"), EVERYTHING, name="boss"))
    reads = granted(ANN, rule("secrets", "list"), space="shop")
    assert way(cluster(*boss, *reads, token), vertex(ANN)) == ["read-secret", "secret-is-token", "administer"]
    assert way(cluster(*boss, *reads, SECRET), vertex(ANN)) == []


def test_kubelets_may_not_do_what_admission_takes_from_them() -> None:
    kubelets = granted(group("system:nodes"), rule("pods", "create"), rule("secrets", "list"))
    assert kinds(cluster(*kubelets), Vertex("group", "system:nodes")) == {"read-secret"}


def test_an_anonymous_request_has_what_is_granted_to_it() -> None:
    given = granted(group("system:unauthenticated"), rule("secrets", "list"))
    found = way(cluster(*given), Vertex("user", "system:anonymous"), Vertex("goal", "every Secret"))
    assert found == ["member", "read-secret"]
