"""One test for each rule of RBAC that tools get wrong, named by the rule; the comment is its row in the list."""

from __future__ import annotations

import pytest

from ksec_tui.analysis.rbac.answer import explain, explain_who
from ksec_tui.analysis.rbac.bindings import bindings
from ksec_tui.analysis.rbac.covers import covers
from ksec_tui.analysis.rbac.identity import Identity, Who, identity_of
from ksec_tui.analysis.rbac.inert import inert_parts
from ksec_tui.analysis.rbac.naming import request_named
from ksec_tui.analysis.rbac.requests import Request
from ksec_tui.analysis.rbac.risky import risk_of
from ksec_tui.analysis.rbac.rules import STANDARD_VERBS
from ksec_tui.analysis.rbac.subjects import subjects
from ksec_tui.cluster.access import PolicyRule
from ksec_tui.cluster.kinds import CLUSTER_ROLE, CLUSTER_ROLE_BINDING, ROLE_BINDING
from ksec_tui.findings.examples import snapshot_of
from tests.analysis.rbac.worlds import RBAC, account, ann, ask, bind, given, may, role, rule

READ_PODS = rule("get list watch", "pods")


def inert(tree: dict[str, list[str]], *, inside: bool = False) -> bool:
    """Whether a rule as written can never match anything."""
    made = PolicyRule(
        verbs=tuple(tree["verbs"]),
        api_groups=tuple(tree.get("apiGroups", ())),
        resources=tuple(tree.get("resources", ())),
        resource_names=tuple(tree.get("resourceNames", ())),
        non_resource_urls=tuple(tree.get("nonResourceURLs", ())),
    )
    return any(not part.path for part in inert_parts(made, inside=inside))


def test_a_cluster_role_bound_in_a_namespace_holds_there_only() -> None:  # 1
    world = given(rule("get", "secrets"), where="shop")
    assert may(world, "get secrets x -n shop")
    assert not may(world, "get secrets x -n other")
    assert not may(world, "list secrets")


def test_cluster_scoped_resources_are_out_of_reach_of_a_role_binding() -> None:  # 2
    world = given(rule("*", "nodes persistentvolumes"), where="shop")
    assert not may(world, "get nodes n1")
    assert inert(rule("get", "nodes"), inside=True)


def test_a_role_binding_reaches_its_own_namespace_object() -> None:  # 3
    world = given(rule("get patch list", "namespaces"), where="shop")
    asked = request_named(world, "patch", "namespaces", "shop").request
    assert (asked.namespace, asked.name) == ("shop", "shop")
    assert explain(world, ann(), asked).allowed
    assert not explain(world, ann(), request_named(world, "patch", "namespaces", "other").request).allowed
    assert not may(world, "list namespaces")


def test_paths_are_out_of_reach_of_a_role_binding() -> None:  # 4
    assert not may(given(rule("get", urls="/metrics"), where="shop"), "get /metrics")
    assert inert(rule("get", urls="/metrics"), inside=True)


def test_a_missing_role_grants_nothing_and_stops_nothing() -> None:  # 5
    world = snapshot_of(
        [
            bind("a", "ClusterRole ghost", "User ann"),
            role("r", READ_PODS),
            bind("b", "ClusterRole r", "User ann"),
        ]
    )
    assert [path.binding.name for path in ask(world, "get pods -n shop").by] == ["b"]
    assert [bound.ref.name for bound in bindings(world) if bound.dangling] == ["a"]


def test_a_role_is_looked_for_in_the_bindings_namespace_only() -> None:  # 6
    world = snapshot_of([role("other/r", READ_PODS), bind("shop/b", "Role r", "User ann")])
    assert not may(world, "get pods -n shop")
    assert not may(world, "get pods -n other")


def test_a_cluster_role_binding_to_a_role_grants_nothing() -> None:  # 7
    world = snapshot_of([role("shop/r", READ_PODS), bind("b", "Role r", "User ann")])
    assert not may(world, "get pods -n shop")


def test_one_cluster_role_bound_in_two_namespaces_holds_in_both() -> None:  # 8
    world = snapshot_of(
        [role("r", READ_PODS), *(bind(f"{place}/b", "ClusterRole r", "User ann") for place in ("a", "b"))]
    )
    assert may(world, "get pods -n a")
    assert may(world, "get pods -n b")
    found = explain_who(world, Request("get", "", "pods"), anywhere=True).holders
    assert [path.namespace for path in found[Who("User", "ann")]] == ["a", "b"]


def test_an_account_without_namespace_is_of_the_role_bindings_namespace() -> None:  # 9
    world = given(READ_PODS, to="ServiceAccount bot", where="shop")
    assert may(world, "get pods -n shop", account("shop", "bot"))
    assert not may(given(READ_PODS, to="ServiceAccount bot"), "get pods -n shop", account("shop", "bot"))


def test_an_account_of_another_namespace_can_be_bound() -> None:  # 10
    world = given(READ_PODS, to="ServiceAccount ci/bot", where="shop")
    assert may(world, "get pods -n shop", account("ci", "bot"))
    assert not may(world, "get pods -n shop", account("shop", "bot"))


def test_a_user_with_an_accounts_name_is_the_account() -> None:  # 11
    world = given(READ_PODS, to="User system:serviceaccount:ci:bot")
    assert may(world, "get pods -n x", account("ci", "bot"))
    assert str(subjects(world)[0].who) == "ServiceAccount ci/bot"


@pytest.mark.parametrize(
    "group", ["system:serviceaccounts", "system:serviceaccounts:ci", "system:authenticated"]
)
def test_accounts_are_in_three_groups_by_their_exact_names(group: str) -> None:  # 12
    world = given(READ_PODS, to=f"Group {group}")
    assert may(world, "get pods -n x", account("ci", "bot"))
    assert may(world, "get pods -n x", account("cider", "bot")) == (group != "system:serviceaccounts:ci")


def test_anonymous_is_not_authenticated() -> None:  # 13
    nobody = identity_of(Who("User", "system:anonymous"))
    assert not may(given(READ_PODS, to="Group system:authenticated"), "get pods -n x", nobody)
    assert may(given(READ_PODS, to="Group system:unauthenticated"), "get pods -n x", nobody)


def test_masters_may_do_everything_without_a_binding() -> None:  # 14
    answer = ask(snapshot_of([]), "delete nodes n", ann("system:masters"))
    assert answer.allowed
    assert [str(path) for path in answer.by] == [
        "Group system:masters is allowed everything before RBAC is asked"
    ]
    assert ask(snapshot_of([]), "get /metrics", ann("system:masters")).allowed


def test_a_star_as_a_subject_is_a_literal_name() -> None:  # 15
    for kind in ("User", "Group"):
        assert not may(given(READ_PODS, to=f"{kind} *"), "get pods -n x")
    assert may(given(READ_PODS, to="User *"), "get pods -n x", Identity("*"))


def test_a_subject_of_unknown_kind_is_nobody_and_its_api_group_does_not_count() -> None:  # 16
    assert not may(given(READ_PODS, to="user ann"), "get pods -n x")
    tree = bind("b", "ClusterRole r", "User ann")
    tree["subjects"][0]["apiGroup"] = "example.com"
    assert may(snapshot_of([role("r", READ_PODS), tree]), "get pods -n x")


def test_a_resource_does_not_include_its_subresources_a_star_does() -> None:  # 17
    assert not may(given(rule("create", "pods")), "create pods/exec x -n shop")
    assert may(given(rule("create", "*")), "create pods/exec x -n shop")


def test_star_slash_subresource_means_that_of_every_resource() -> None:  # 18
    world = given(rule("create", "*/exec"))
    assert may(world, "create pods/exec x -n shop")
    assert not may(world, "create pods -n shop")


@pytest.mark.parametrize("entry", ["pods/*", "*/*", "pod*"])
def test_other_stars_are_no_wildcards(entry: str) -> None:  # 19
    world = given(rule("get create", entry))
    assert not may(world, "get pods x -n shop")
    assert not may(world, "create pods/exec x -n shop")
    assert inert(rule("get", entry))


@pytest.mark.parametrize(
    ("group", "resource"), [("core", "pods"), ("v1", "pods"), ("apps/v1", "deployments")]
)
def test_the_core_group_is_empty_and_versions_are_no_groups(group: str, resource: str) -> None:  # 20
    world = given(rule("get", resource, group))
    assert not may(world, f"get {resource} x -n shop", group="apps" if resource != "pods" else "")
    assert inert(rule("get", resource, group))
    assert inert(rule("get", "deployments", ""))


def test_a_star_in_another_group_is_not_admin() -> None:  # 21
    world = given(rule("*", "*", "example.com"))
    assert may(world, "delete widgets x -n shop", group="example.com")
    assert not may(world, "get secrets x -n shop")
    assert risk_of("*", "example.com", "*", None) == ""


def test_names_are_case_sensitive_plurals() -> None:  # 22
    for odd in (rule("GET", "pods"), rule("get", "Pods"), rule("get", "pod")):
        assert not may(given(odd), "get pods x -n shop")
        assert inert(odd)


def test_all_axes_must_match_inside_one_rule() -> None:  # 23
    world = given(rule("get", "pods"), rule("delete", "secrets"))
    assert not may(world, "delete pods x -n shop")
    assert not may(world, "get secrets x -n shop")


def test_names_confine_verbs_that_name_an_object() -> None:  # 24
    world = given(rule("get", "secrets", names="tls"))
    assert may(world, "get secrets tls -n shop")
    assert not may(world, "get secrets other -n shop")


def test_a_create_by_post_names_nothing_so_names_leave_nothing() -> None:  # 25
    assert not may(given(rule("create", "secrets", names="tls")), "create secrets -n shop")
    assert inert(rule("create", "secrets", names="tls"))


def test_create_with_patch_by_name_can_create_that_name() -> None:  # 26
    world = given(rule("create patch", "secrets", names="tls"))
    assert may(world, "create secrets tls -n shop")
    assert may(world, "patch secrets tls -n shop")
    assert not inert(rule("create patch", "secrets", names="tls"))


def test_list_and_watch_by_name_work_with_a_field_selector() -> None:  # 27
    world = given(rule("list watch", "secrets", names="tls"))
    assert may(world, "list secrets tls -n shop")
    assert not may(world, "list secrets -n shop")
    assert not inert(rule("list watch", "secrets", names="tls"))


def test_deletecollection_never_names_an_object() -> None:  # 28
    assert not may(given(rule("deletecollection", "pods", names="web")), "deletecollection pods -n shop")
    assert inert(rule("deletecollection", "pods", names="web"))


def test_create_on_the_subresource_of_a_named_object_honours_the_name() -> None:  # 29
    world = given(rule("create", "pods/exec", names="web"))
    assert may(world, "create pods/exec web -n shop")
    assert not may(world, "create pods/exec db -n shop")
    assert not inert(rule("create", "pods/exec", names="web"))


def test_names_know_no_star_and_the_empty_name_means_requests_without_one() -> None:  # 30
    assert not may(given(rule("get", "secrets", names="*")), "get secrets x -n shop")
    assert inert(rule("get", "secrets", names="*"))
    empty = given({**rule("get list", "secrets"), "resourceNames": [""]})
    assert may(empty, "list secrets -n shop")
    assert not may(empty, "get secrets x -n shop")
    assert may(given({**rule("get", "secrets"), "resourceNames": []}), "get secrets x -n shop")


def test_signers_are_matched_by_name_or_by_their_domain_as_a_literal() -> None:  # 31
    group = "certificates.k8s.io"
    domain = given(rule("approve", "signers", group, names="example.com/*"))
    assert may(domain, "approve signers example.com/*", group=group)
    assert not may(domain, "approve signers example.com/own", group=group)
    assert not may(
        given(rule("approve", "signers", group, names="*")), "approve signers example.com/own", group=group
    )


def test_paths_match_exactly_or_by_a_trailing_star() -> None:  # 32
    world = given(rule("get", urls="/healthz/* /foo* /a/*/b /z/**"))
    assert [path for path in ("/healthz/x", "/foobar", "/z/y") if not may(world, f"get {path}")] == []
    assert [path for path in ("/healthz", "/a/x/b", "/fo") if may(world, f"get {path}")] == []


def test_all_resources_are_no_paths_and_all_paths_no_resources() -> None:  # 33
    assert not may(given({**rule("*", "*"), "apiGroups": ["*"]}), "get /metrics")
    assert not may(given(rule("*", urls="*")), "get pods x -n shop")


def test_paths_are_asked_for_with_the_http_method() -> None:  # 34
    assert not may(given(rule("list watch", urls="/metrics")), "get /metrics")
    assert inert(rule("list watch", urls="/metrics"))


@pytest.mark.parametrize("verb", ["bind", "escalate", "impersonate-on:user-info:list"])
def test_a_star_includes_verbs_that_no_list_names(verb: str) -> None:  # 35
    assert may(given(rule("*", "clusterroles", RBAC)), f"{verb} clusterroles x", group=RBAC)


def test_bind_is_asked_of_the_role_not_of_the_binding() -> None:  # 36
    world = given(rule("bind create", "rolebindings clusterrolebindings", RBAC))
    assert not may(world, "bind clusterroles cluster-admin", group=RBAC)
    assert risk_of("bind", RBAC, "rolebindings", None) == ""
    assert risk_of("bind", RBAC, "clusterroles", None) != ""


def test_tokens_and_evictions_are_of_the_core_group() -> None:  # 37
    wrong = given(rule("create", "serviceaccounts/token", "authentication.k8s.io"))
    assert not may(wrong, "create serviceaccounts/token bot -n ci")
    assert request_named(wrong, "create", "sa/token").request.group == ""
    assert risk_of("create", "", "serviceaccounts/token", None) != ""


def test_an_aggregated_role_counts_as_stored_or_in_manifests_as_it_will_be() -> None:  # 38
    part = role("part", rule("get", "secrets"), metadata={"labels": {"to": "all"}})
    collects = {"aggregationRule": {"clusterRoleSelectors": [{"matchLabels": {"to": "all"}}]}}
    for stored in (True, False):
        world = snapshot_of(
            [part, role("all", stored=stored, **collects), bind("b", "ClusterRole all", "User ann")]
        )
        assert may(world, "get secrets x -n shop") is not stored


def test_rights_add_up_and_each_way_is_told() -> None:  # 39
    world = snapshot_of(
        [
            role("one", rule("get", "secrets", names="x")),
            role("two", rule("list", "pods"), rule("get", "secrets")),
            bind("a", "ClusterRole one", "User ann"),
            bind("shop/b", "ClusterRole two", "Group dev"),
        ]
    )
    found = ask(world, "get secrets x -n shop", ann("dev")).by
    assert [(str(path.subject), path.binding.path, path.role.name, path.rule) for path in found] == [
        ("User ann", "a", "one", 0),
        ("Group dev", "shop/b", "two", 1),
    ]


def test_a_binding_without_subjects_grants_nothing_and_users_cannot_be_looked_up() -> None:  # 40
    assert not may(snapshot_of([role("r", READ_PODS), bind("b", "ClusterRole r")]), "get pods -n x")
    world = snapshot_of(
        [role("r", READ_PODS), bind("b", "ClusterRole r", "User ann", "ServiceAccount ci/gone")]
    )
    assert {str(item.who): item.exists for item in subjects(world)} == {
        "ServiceAccount ci/gone": False,
        "User ann": None,
    }


def test_rules_that_the_server_would_not_store_grant_nothing() -> None:  # 41
    assert inert(rule("", "pods"))
    assert inert({"verbs": ["get"], "resources": ["pods"]})
    assert not may(given({"verbs": ["get"], "resources": ["pods"]}), "get pods x -n shop")


def test_all_verbs_one_by_one_are_as_risky_as_a_star_but_do_not_cover_it() -> None:  # 42
    every = PolicyRule(verbs=STANDARD_VERBS, api_groups=("",), resources=("secrets",))
    star = PolicyRule(verbs=("*",), api_groups=("",), resources=("secrets",))
    assert covers((star,), (every,))
    assert not covers((every,), (star,))
    assert {bool(risk_of(verb, "", "secrets", None)) for verb in ("get", "*")} == {True}


def test_a_star_for_the_group_matches_the_same_plural_of_any_api() -> None:  # 43
    world = given({**rule("get", "services"), "apiGroups": ["*"]})
    assert may(world, "get services x -n shop", group="serving.knative.dev")
    assert may(world, "get services x -n shop")


def test_what_could_not_be_listed_leaves_only_that_unknown() -> None:  # 44
    documents = [role("r", READ_PODS), bind("shop/b", "ClusterRole r", "User ann")]
    world = snapshot_of(documents, forbidden=(CLUSTER_ROLE_BINDING,))
    assert ask(world, "get pods -n shop").allowed is True
    answer = ask(world, "get secrets -n shop")
    assert answer.allowed is None
    assert answer.unknown == (
        "clusterrolebindings.rbac.authorization.k8s.io could not be listed (forbidden)",
    )
    narrow = snapshot_of(documents, forbidden=(ROLE_BINDING,))
    assert ask(narrow, "get secrets").allowed is False
    roles = snapshot_of(documents, forbidden=(CLUSTER_ROLE,))
    assert ask(roles, "get pods -n shop").allowed is None
    assert ask(roles, "get pods -n other").allowed is False


@pytest.mark.parametrize(
    ("verb", "resource", "group"),
    [
        ("use", "securitycontextconstraints", "security.openshift.io"),
        ("approve", "signers", "certificates.k8s.io"),
        ("attest", "signers", "certificates.k8s.io"),
        ("impersonate-on:user-info:list", "pods", ""),
    ],
)
def test_verbs_beyond_the_usual_can_be_asked_for(verb: str, resource: str, group: str) -> None:  # 45
    world = given(rule(verb, resource, group))
    asked = request_named(world, verb, resource).request
    assert asked.group == group
    assert explain(world, ann(), asked).allowed


def test_a_slash_means_a_subresource_where_there_is_one_and_a_name_elsewhere() -> None:  # 46
    world = given(rule("get", "pods"))
    sub = request_named(world, "get", "pods/exec")
    assert (sub.request.subresource, sub.request.name, sub.notes) == ("exec", "", ())
    named = request_named(world, "get", "pods/foo")
    assert (named.request.subresource, named.request.name) == ("", "foo")
    assert named.notes == ("foo is no subresource of pods: taken for a name",)


def test_roles_and_bindings_by_the_thousand_are_answered_without_unfolding_them() -> None:  # 47
    words = [f"kind{number}" for number in range(2000)]
    huge = {"verbs": words, "apiGroups": words, "resources": words, "resourceNames": words}
    world = given(huge)
    assert may(world, "kind7 kind3 kind9 -n shop", group="kind5")
    assert not may(world, "kind7 kind3 other -n shop", group="kind5")
