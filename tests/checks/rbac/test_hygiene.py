"""Hygiene of RBAC: what is redundant, unused, wider than needed, changed from the default, or left over."""

from __future__ import annotations

import pytest

from ksec_tui.cluster.kinds import CLUSTER_ROLE_BINDING, ROLE_BINDING, SECRET
from ksec_tui.findings.fix import Risk
from ksec_tui.findings.runner import fix_for
from ksec_tui.fixes.plan import FixPlan
from ksec_tui.fixes.simulate import simulate
from tests.checks.rbac.worlds import (
    ANN,
    CHECKS,
    GROUP,
    Tree,
    account,
    account_object,
    binding,
    fails,
    fixed,
    group,
    judged,
    role,
    rule,
    severities,
    version,
)

READ = role(rule("pods services", "get list"))
LESS = role(rule("pods", "get"), name="less")
BOOTSTRAP: Tree = {"labels": {"kubernetes.io/bootstrapping": "rbac-defaults"}}


def names(check: str, *documents: Tree) -> list[str]:
    return [finding.subject.path for finding in fails(check, *documents)]


def test_what_a_greater_role_gives_too_is_redundant() -> None:
    greater, lesser = binding(ANN), binding(ANN, to="ClusterRole/less", namespace="shop", name="c")
    assert names("hyg-redundant", READ, LESS, greater, lesser) == ["shop/c"]
    assert (
        names("hyg-redundant", READ, LESS, greater, binding(group("dev"), to="ClusterRole/less", name="c"))
        == []
    )


def test_of_two_that_give_the_same_one_stays() -> None:
    assert names("hyg-redundant", READ, binding(ANN), binding(ANN, name="c")) == ["b"]
    three = [binding(ANN, name=name) for name in "bcd"]
    assert names("hyg-redundant", READ, *three) == ["b", "c"]


def test_what_may_all_go_together_leaves_nobody_without_a_right() -> None:
    roles = [
        role(rule(words, "get"), name=words.replace(" ", "-")) for words in ("pods nodes", "nodes secrets")
    ]
    third = role(rule("pods", "get"), rule("secrets", "get"), name="third")
    targets = ("ClusterRole/pods-nodes", "ClusterRole/nodes-secrets", "ClusterRole/third")
    bound = [binding(ANN, to=to, name=name) for to, name in zip(targets, "bcd", strict=True)]
    assert len(names("hyg-redundant", *roles, third, *bound)) == 1


def test_another_namespace_or_a_single_subject_more_makes_it_needed() -> None:
    one, two = binding(ANN, namespace="shop"), binding(ANN, namespace="data")
    assert names("hyg-redundant", READ, one, two) == []
    more = binding(ANN, group("dev"), to="ClusterRole/less", name="c")
    assert names("hyg-redundant", READ, LESS, binding(ANN), more) == []


def test_names_are_narrower_than_none() -> None:
    pinned = role(rule("pods", "get", names="web"), name="pinned")
    both = binding(ANN), binding(ANN, to="ClusterRole/pinned", name="c")
    assert names("hyg-redundant", READ, pinned, *both) == ["c"]


def test_a_grant_of_everything_holds_up_no_other() -> None:
    admin = binding(ANN, to="ClusterRole/cluster-admin", name="root")
    assert names("hyg-redundant", READ, admin, binding(ANN)) == []


WEB = account("web", "shop")
SERVICE_ACCOUNT = account_object("web", "shop")


def test_a_program_of_one_namespace_needs_no_grant_in_all() -> None:
    change = role(rule("configmaps", "update"))
    check = "hyg-crb-could-be-rb"
    assert severities(check, change, binding(WEB)) == ["medium"]
    assert severities(check, READ, binding(WEB)) == ["info"]
    assert severities(check, role(rule("secrets", "get")), binding(WEB)) == ["medium"]
    assert severities(check, change, binding(WEB, account("db", "shop"))) == ["medium"]
    assert severities(check, change, binding(WEB, account("db", "data"))) == []
    assert severities(check, change, binding(WEB, ANN)) == []
    assert severities(check, change, binding(WEB, namespace="shop")) == []


@pytest.mark.parametrize(
    "more",
    [
        rule("nodes", "get"),
        rule("widgets", "get", "example.com"),
        rule("*", "get", "apps"),
        {"nonResourceURLs": ["/metrics"], "verbs": ["get"]},
    ],
    ids=["cluster-scoped", "scope not known", "every resource", "a path"],
)
def test_what_a_role_binding_could_not_give_keeps_the_grant(more: Tree) -> None:
    documents = (role(rule("configmaps", "update"), more), binding(WEB))
    assert severities("hyg-crb-could-be-rb", *documents) == []


def test_a_narrower_binding_carries_its_lesser_findings_without_being_refused() -> None:
    documents = (role(rule("pods", "create")), binding(WEB), SERVICE_ACCOUNT)
    snapshot, (fix,) = fixed("hyg-crb-could-be-rb", *documents)
    (finding,) = fails("hyg-crb-could-be-rb", *documents)
    result = simulate(snapshot, FixPlan().stage(finding, fix), CHECKS.values())
    assert (result.ok, result.added) == (True, ())
    assert result.snapshot.of(CLUSTER_ROLE_BINDING) == ()
    assert [item.ref.path for item in result.snapshot.of(ROLE_BINDING)] == ["shop/b"]
    assert [item.check for item in result.removed] == ["hyg-crb-could-be-rb"]
    (before,) = fails("rbac-pod-create", *documents)
    (moved,) = result.moved
    assert (moved.check, moved.subject.path) == ("rbac-pod-create", "shop/b")
    assert moved.severity < before.severity


def test_a_role_that_others_take_up_is_used() -> None:
    label = f"{GROUP}/aggregate-to-view"
    part = role(rule("widgets", "get", "example.com"), labels={label: "true"})
    own = role(rule("widgets", "get", "example.com"), labels={"team": "shop"})
    total: Tree = {
        **role(name="total"),
        "aggregationRule": {"clusterRoleSelectors": [{"matchLabels": {"team": "shop"}}]},
    }
    assert names("hyg-unused-role", part) == []
    assert names("hyg-unused-role", own, total, binding(ANN, to="ClusterRole/total")) == []
    assert names("hyg-unused-role", own) == ["r"]
    assert names("hyg-unused-role", role(rule("pods", "get"), name="view", **BOOTSTRAP)) == []


def test_a_binding_counts_for_the_role_of_its_own_namespace() -> None:
    here, there = (role(rule("pods", "get"), namespace=place) for place in ("shop", "data"))
    bound = binding(ANN, to="Role/r", namespace="shop")
    assert names("hyg-unused-role", here, there, bound) == ["data/r"]


def label_to(name: str) -> Tree:
    return {"labels": {f"{GROUP}/aggregate-to-{name}": "true"}}


def test_view_that_reads_secrets_is_a_surprise_and_edit_that_does_is_none() -> None:
    secrets = rule("secrets", "get")
    check = "hyg-aggregated-surprise"
    assert severities(check, role(secrets, **label_to("view"))) == ["high"]
    assert severities(check, role(secrets, **label_to("edit"))) == []
    assert severities(check, role(rule("nodes/proxy", "get"), **label_to("edit"))) == ["high"]
    assert severities(check, role(rule("widgets", "get list", "example.com"), **label_to("view"))) == []
    marked = label_to("view")["labels"] | BOOTSTRAP["labels"]
    assert severities(check, role(secrets, labels=marked)) == []


DISCOVERY = "system:discovery"


def test_a_default_role_that_was_extended_is_told_whatever_its_name() -> None:
    check = "hyg-default-role-drift"
    extended = role(rule("secrets", "list"), name=DISCOVERY, **BOOTSTRAP)
    (finding,) = fails(check, version("v1.36.2"), extended)
    assert (finding.severity.word, finding.system) == ("high", False)
    assert finding.words.startswith("ClusterRole system:discovery grants list secrets")
    healthy = role(
        {"nonResourceURLs": ["/healthz", "/version"], "verbs": ["get"]}, name=DISCOVERY, **BOOTSTRAP
    )
    assert fails(check, version("v1.36.2"), healthy) == []


def test_a_default_binding_that_names_somebody_more_is_told() -> None:
    default = binding(
        group("system:masters"), ANN, to="ClusterRole/cluster-admin", name="cluster-admin", **BOOTSTRAP
    )
    (finding,) = fails("hyg-default-role-drift", version("v1.36.2"), default)
    assert finding.evidence[0].path == "/subjects/1"


def test_without_facts_on_the_version_drift_is_unknown_once() -> None:
    extended = role(rule("secrets", "list"), name=DISCOVERY, **BOOTSTRAP)
    for documents in ((extended,), (version("v1.19.3"), extended, LESS)):
        result = judged("hyg-default-role-drift", *documents)
        assert (result.tally.unknown, result.tally.failed) == (1, 0)


def pods_of(name: str, **spec: object) -> Tree:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "web-1", "namespace": "shop"},
        "spec": {"serviceAccountName": name, "containers": [{"name": "app", "image": "x:1"}], **spec},
    }


def test_an_account_is_told_when_neither_rights_nor_pods_speak_of_its_token() -> None:
    check = "hyg-automount"
    assert severities(check, SERVICE_ACCOUNT) == ["info"]
    assert severities(check, {**SERVICE_ACCOUNT, "automountServiceAccountToken": False}) == []
    assert severities(check, SERVICE_ACCOUNT, READ, binding(WEB)) == []
    assert severities(check, SERVICE_ACCOUNT, pods_of("web")) == []
    assert severities(check, SERVICE_ACCOUNT, pods_of("web", automountServiceAccountToken=False)) == ["info"]


def test_pods_of_an_absent_account_are_told_but_not_those_of_default() -> None:
    assert severities("hyg-missing-sa", pods_of("web")) == ["low"]
    assert severities("hyg-missing-sa", pods_of("web"), SERVICE_ACCOUNT) == []
    assert severities("hyg-missing-sa", pods_of("default")) == []


def token(kind: str = "kubernetes.io/service-account-token", **metadata: object) -> Tree:
    owner = {"annotations": {"kubernetes.io/service-account.name": "web"}}
    meta = {"name": "t", "namespace": "shop", **owner, **metadata}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": meta, **({"type": kind} if kind else {})}


def test_a_token_secret_is_known_by_its_annotation_where_the_type_was_not_read() -> None:
    check = "hyg-legacy-token-secret"
    assert severities(check, token()) == ["medium"]
    assert severities(check, token("")) == ["medium"]
    assert severities(check, token("Opaque")) == []
    assert severities(check, token(annotations={})) == []
    refused = token(labels={"kubernetes.io/legacy-token-invalid-since": "2026-01-02"})
    assert severities(check, refused) == ["info"]
    assert judged(check, token(), forbidden=(SECRET,)).tally.unknown == 1


def test_the_last_use_of_a_token_is_told_before_it_is_deleted() -> None:
    used = token(labels={"kubernetes.io/legacy-token-last-used": "2026-11-20"})
    snapshot, (fix,) = fixed("hyg-legacy-token-secret", used)
    (finding,) = fails("hyg-legacy-token-secret", used)
    assert "last used 2026-11-20" in finding.words
    assert fix_for(finding, CHECKS.values(), snapshot) == fix
    assert (fix.risk, fix.changes) == (Risk.MANUAL, ())
    assert "2026-11-20" in fix.steps[0]
