"""The matrix of a subject shows what it may do, where, on which names, and why; two of them can be compared."""

from __future__ import annotations

from ksec_tui.analysis.rbac.answer import explain
from ksec_tui.analysis.rbac.default_policy import default_policy
from ksec_tui.analysis.rbac.grants import effective_grants
from ksec_tui.analysis.rbac.identity import Identity, Who, identity_of
from ksec_tui.analysis.rbac.permissions import MAX_ROWS, URL, Matrix, Row, diff, matrix
from ksec_tui.analysis.rbac.places import Place, merged, without
from ksec_tui.analysis.rbac.requests import Request
from ksec_tui.analysis.rbac.rules import STANDARD_VERBS
from ksec_tui.analysis.rbac.subjects import subjects
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.examples import snapshot_of
from tests.analysis.rbac.worlds import ann, bind, given, role, rule


def shown(rows: tuple[Row, ...]) -> dict[str, dict[str, str]]:
    """Resource -> verb -> scope."""
    return {
        f"{row.resource}.{row.group}".rstrip("."): {cell.verb: cell.scope for cell in row.cells}
        for row in rows
    }


def test_rights_are_shown_with_their_place_and_names() -> None:
    world = snapshot_of(
        [
            role("wide", rule("get list", "pods"), rule("get", "secrets", names="tls")),
            role("near", rule("get delete", "pods"), rule("use", "policies", "example.com")),
            bind("a", "ClusterRole wide", "User ann"),
            *(bind(f"{place}/b", "ClusterRole near", "User ann") for place in ("shop", "ci")),
        ]
    )
    table = matrix(world, ann())
    assert shown(table.rows) == {
        "pods": {"delete": "2 namespaces", "get": "cluster", "list": "cluster"},
        "secrets": {"get": "cluster, named"},
        "policies.example.com": {"use": "2 namespaces"},
    }
    pods = table.row(("", "pods"))
    cell = pods.cell("get")
    assert cell is not None
    assert [(path.binding.path, path.rule) for path in cell.by] == [("a", 0), ("ci/b", 0), ("shop/b", 0)]
    assert cell.everywhere
    assert not cell.named
    assert table.left_out == 0


def test_wildcards_stay_and_the_risky_resources_behind_them_are_shown_too() -> None:
    table = matrix(given({**rule("*", "*"), "apiGroups": ["*"]}, rule("get", urls="/metrics")), ann())
    first = table.rows[0]
    assert (first.group, first.resource) == ("*", "*")
    assert {cell.verb for cell in first.cells} == {*STANDARD_VERBS, "*"}
    secrets = next(row for row in table.rows if (row.group, row.resource) == ("", "secrets"))
    assert "reads credentials" in secrets.risks
    last = table.rows[-1]
    assert last.is_url
    assert (last.group, last.resource) == (URL, "/metrics")


def test_risky_cells_are_marked_and_others_are_not() -> None:
    table = matrix(
        given(
            rule("get watch delete", "secrets"),
            rule("create", "pods/exec serviceaccounts/token"),
            rule("escalate get", "clusterroles", "rbac.authorization.k8s.io"),
            rule("get", "nodes/proxy pods configmaps"),
            rule("impersonate-on:user-info:get", "pods"),
        ),
        ann(),
    )
    risky = {(row.resource, cell.verb) for row in table.rows for cell in row.cells if cell.risk}
    assert risky == {
        ("secrets", "get"),
        ("secrets", "watch"),
        ("pods/exec", "create"),
        ("serviceaccounts/token", "create"),
        ("clusterroles", "escalate"),
        ("nodes/proxy", "get"),
        ("pods", "impersonate-on:user-info:get"),
    }


def test_get_on_exec_is_risky_on_servers_where_it_opens_a_shell() -> None:
    def risk(version: str) -> str:
        world = snapshot_of(
            [
                {"kind": "Cluster", "serverVersion": version},
                role("r", rule("get", "pods/exec")),
                bind("b", "ClusterRole r", "User ann"),
            ]
        )
        cell = matrix(world, ann()).row(("", "pods/exec")).cell("get")
        assert cell is not None
        return cell.risk

    assert risk("v1.34.1") == risk("") == "opens a shell in a pod"
    assert risk("v1.35.0") == ""


def test_what_a_role_binding_cannot_reach_is_not_shown() -> None:
    rules = (rule("get list patch", "namespaces nodes"), rule("impersonate", "users"), rule("get", urls="/x"))
    table = matrix(given(*rules, where="shop"), ann())
    assert shown(table.rows) == {
        "namespaces": {"get": "namespace shop, named", "patch": "namespace shop, named"}
    }


def test_every_permission_of_the_matrix_is_granted_when_asked_for() -> None:
    world = snapshot_of(
        [
            role("r", rule("get *", "pods */log"), rule("bind get", "things", "example.com", names="a b")),
            role("n", rule("get", "namespaces secrets"), rule("get", urls="/a/*")),
            bind("b", "ClusterRole r", "User ann"),
            bind("shop/b", "ClusterRole n", "User ann"),
            bind("c", "ClusterRole n", "Group dev"),
        ]
    )
    found = list(matrix(world, ann("dev")).permissions())
    assert len(found) > 20
    for item in found:
        asked = Request(
            item.verb,
            item.group,
            item.resource,
            item.subresource,
            item.name,
            item.namespace or "",
            item.url or None,
        )
        answer = explain(world, ann("dev"), asked)
        assert answer.allowed, item
        assert set(item.by) & set(answer.by), item


def test_two_subjects_are_compared_with_wildcards_understood() -> None:
    world = snapshot_of(
        [
            role("all", rule("*", "*")),
            role(
                "some",
                rule("get", "pods"),
                rule("bind", "things", "example.com"),
                rule("get list", "secrets"),
            ),
            bind("shop/a", "ClusterRole all", "User ann"),
            bind("b", "ClusterRole some", "User bob"),
        ]
    )
    both = diff(matrix(world, ann()), matrix(world, identity_of(Who("User", "bob"))))
    assert shown(both.only_b) == {
        "pods": {"get": "cluster"},
        "secrets": {"get": "cluster", "list": "cluster"},
        "things.example.com": {"bind": "cluster"},
    }
    only_a = shown(both.only_a)
    assert "get" not in only_a["pods"]
    assert only_a["secrets"]["delete"] == "namespace shop"
    assert only_a["*"]["get"] == "namespace shop"
    same = diff(matrix(world, ann()), matrix(world, ann()))
    assert (same.only_a, same.only_b) == ((), ())


def test_a_subject_can_be_compared_with_what_the_default_policy_gives_it() -> None:
    policy = default_policy(36)
    assert policy is not None
    bot = identity_of(Who("ServiceAccount", "cronjob-controller", "kube-system"))
    name = "system:controller:cronjob-controller"
    world = snapshot_of(
        [
            role(name, rule("get list watch", "cronjobs", "batch"), rule("get", "secrets")),
            bind(name, f"ClusterRole {name}", "ServiceAccount kube-system/cronjob-controller"),
        ]
    )
    found = diff(matrix(world, bot), Matrix(world, policy.grants(bot)))
    assert shown(found.only_a) == {"secrets": {"get": "cluster"}}
    assert "jobs.batch" in shown(found.only_b)


def test_masters_have_a_row_for_everything() -> None:
    table = matrix(snapshot_of([]), Identity("root", ("system:masters",)))
    first = table.rows[0]
    assert (first.group, first.resource, first.cells[0].everywhere) == ("*", "*", True)
    assert table.row((URL, "/metrics")).cells


def test_a_rule_of_thousands_of_words_makes_a_table_of_bounded_size() -> None:
    words = [f"w{number}" for number in range(3000)]
    world = given({"verbs": ["get"], "apiGroups": words, "resources": words})
    table = matrix(world, ann())
    assert len(table.rows) <= MAX_ROWS + len(words)
    assert table.left_out > 0


def test_places_are_kept_minimal() -> None:
    shop, cluster = Place("shop"), Place()
    assert merged([shop, cluster, Place("ci", ("a",))]) == (cluster,)
    assert merged([Place(None, ("a",)), shop, Place("ci", ("a", "b"))]) == (
        Place(None, ("a",)),
        Place("ci", ("b",)),
        shop,
    )
    assert without([cluster], [shop]) == (cluster,)
    assert without([Place("shop", ("a", "b"))], [Place("shop", ("a",)), Place("ci")]) == (
        Place("shop", ("b",)),
    )


def test_a_holder_tells_how_far_its_own_grants_reach() -> None:
    world: Snapshot = snapshot_of(
        [
            role("r", rule("get", "pods"), rule("get", "secrets")),
            *(bind(f"{place}/b", "ClusterRole r", "User ann") for place in ("shop", "ci")),
            bind("c", "ClusterRole r", "Group system:authenticated"),
        ]
    )
    found = {str(item.who): item for item in subjects(world)}
    person = found["User ann"]
    assert (person.everywhere, person.namespaces, person.paths) == (False, ("ci", "shop"), 6)
    assert found["Group system:authenticated"].everywhere
    assert person.grants == effective_grants(world, ann())
