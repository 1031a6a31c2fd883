"""How a namespace is graded: each control counts as far as it holds, and nothing unknown makes a grade better."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from ksec_tui.analysis.isolation import GRADES, WEIGHTS, Part, grade, isolation, span
from ksec_tui.cluster.kinds import KINDS, LIMIT_RANGE, NETWORK_POLICY, ROLE_BINDING, SERVICE, Kind
from ksec_tui.findings.examples import snapshot_of

RBAC = "rbac.authorization.k8s.io"
PSA = "pod-security.kubernetes.io/"
Object = dict[str, Any]


def part(name: str, share: float | None) -> Part:
    return Part(name, share, "", "")


def parts(*shares: float | None) -> list[Part]:
    return [part(name, share) for name, share in zip(WEIGHTS, shares, strict=True)]


def test_the_weights_are_percents() -> None:
    assert sum(WEIGHTS.values()) == 100
    assert [letter for _, letter in GRADES] == list("ABCDEF")


@pytest.mark.parametrize(
    ("shares", "letter"),
    [
        ((1, 1, 1, 1, 1, 1), "A"),
        ((1, 1, 1, 0.25, 1, 1), "B"),
        ((0.7, 1, 1, 1, 1, 1), "A"),
        ((0, 1, 1, 1, 1, 1), "C"),
        ((0, 1, 1, 0, 1, 1), "D"),
        ((1, 0, 0, 0, 0, 0), "E"),
        ((0.7, 0, 0, 0, 0, 0.5), "F"),
        ((0, 0, 0, 0, 0, 0), "F"),
    ],
)
def test_the_grade_is_the_sum_of_the_parts(shares: Sequence[float], letter: str) -> None:
    assert grade(parts(*shares)) == letter


def test_what_is_not_known_makes_the_grade_unknown_and_never_better() -> None:
    open_question = parts(1, None, 1, 1, 1, 1)
    assert grade(open_question) == "?"
    assert span(open_question) == ("B", "A")
    assert grade(parts(None, 1, 1, 1, 1, 1)) == "?"


def test_what_cannot_change_the_grade_leaves_it_known() -> None:
    assert grade(parts(0, 0, 0, None, 0, 0.5)) == "F"


@pytest.mark.parametrize("name", WEIGHTS)
def test_a_better_part_never_makes_a_worse_grade(name: str) -> None:
    steps = (0.0, 0.25, 0.5, 0.7, 1.0)
    for others in steps:
        letters = [
            grade([part(each, step if each == name else others) for each in WEIGHTS]) for step in steps
        ]
        assert letters == sorted(letters, reverse=True)


def namespace(**labels: str) -> Object:
    full = {f"{PSA}{key}": value for key, value in labels.items()}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop", "labels": full}}


def thing(api: str, kind: str, name: str, **rest: object) -> Object:
    return {"apiVersion": api, "kind": kind, "metadata": {"name": name, "namespace": "shop"}, **rest}


def deployment(name: str = "web", **spec: object) -> Object:
    pod = {"containers": [{"name": "app", "image": "app:1", "ports": [{"containerPort": 80}]}], **spec}
    template = {"metadata": {"labels": {"app": name}}, "spec": pod}
    selector = {"matchLabels": {"app": name}}
    return thing("apps/v1", "Deployment", name, spec={"selector": selector, "template": template})


def policy(name: str, direction: str = "Ingress", *, app: str = "", **rules: object) -> Object:
    selector = {"matchLabels": {"app": app}} if app else {}
    spec = {"podSelector": selector, "policyTypes": [direction], **rules}
    return thing("networking.k8s.io/v1", "NetworkPolicy", name, spec=spec)


CALICO = {
    "apiVersion": "apps/v1",
    "kind": "DaemonSet",
    "metadata": {"name": "calico-node", "namespace": "kube-system"},
    "spec": {
        "selector": {"matchLabels": {"a": "b"}},
        "template": {
            "metadata": {"labels": {"a": "b"}},
            "spec": {"containers": [{"name": "c", "image": "docker.io/calico/node:v3.29.0"}]},
        },
    },
}


def found(*objects: Object, without: Sequence[Kind[Any]] = ()) -> dict[str, Part]:
    snapshot = snapshot_of([namespace(), CALICO, *objects], forbidden=without)
    return {item.name: item for item in isolation(snapshot, "shop")}


def level(**labels: str) -> Part:
    (first, *_) = isolation(snapshot_of([namespace(**labels)]), "shop")
    return first


@pytest.mark.parametrize(
    ("labels", "share", "short"),
    [
        ({"enforce": "restricted"}, 1.0, "restricted"),
        ({"enforce": "baseline", "enforce-version": "v1.25"}, 0.7, "baseline"),
        ({"enforce": "privileged"}, 0.0, "privileged"),
        ({"enforce": "Baseline"}, 1.0, "restricted"),  # the server reads what it does not know as restricted
        ({"warn": "restricted", "audit": "baseline"}, 0.0, "warn only"),
        ({}, 0.0, "none"),
    ],
    ids=str,
)
def test_pod_security_counts_as_the_server_reads_the_labels(
    labels: dict[str, str], share: float, short: str
) -> None:
    assert (level(**labels).share, level(**labels).short) == (share, short)


@pytest.mark.parametrize(
    ("objects", "share", "short"),
    [
        ([], 0.0, "open"),
        ([deployment()], 0.0, "open"),
        ([policy("deny")], 1.0, "deny"),
        ([deployment(), policy("deny")], 1.0, "deny"),
        ([deployment(), policy("deny"), policy("all", app="web", ingress=[{}])], 0.5, "some open"),
        ([deployment(), policy("all", ingress=[{}])], 0.0, "open"),
        (
            [deployment(), policy("pods", ingress=[{"from": [{"namespaceSelector": {}}]}])],
            0.0,
            "open",
        ),
        (
            [deployment(), policy("dns", ingress=[{"ports": [{"port": 53, "protocol": "UDP"}]}])],
            1.0,
            "deny",
        ),
        ([deployment(), policy("web", app="web")], 0.8, "all now"),
        ([deployment(), deployment("api"), policy("web", app="web")], 0.5, "1 of 2"),
        ([deployment(hostNetwork=True), policy("web", app="web")], 0.0, "open"),
    ],
    ids=str,
)
def test_ingress_counts_by_what_policies_isolate(objects: list[Object], share: float, short: str) -> None:
    item = found(*objects)["ingress"]
    assert (item.share, item.short) == (share, short)
    assert found(*objects)["egress"].share == 0.0


def test_egress_is_judged_by_policies_of_egress() -> None:
    dns = {"to": [{"namespaceSelector": {}}], "ports": [{"port": 53, "protocol": "UDP"}]}
    assert found(deployment(), policy("out", "Egress", egress=[dns]))["egress"].share == 1.0
    assert found(deployment(), policy("out", "Egress", egress=[{}]))["egress"].share == 0.0
    world = {"to": [{"ipBlock": {"cidr": "0.0.0.0/0"}}]}
    assert found(deployment(), policy("out", "Egress", egress=[world]))["egress"].share == 0.0


def test_policies_that_nothing_enforces_isolate_nothing() -> None:
    flannel = {**CALICO, "metadata": {"name": "kube-flannel", "namespace": "kube-flannel"}}
    containers = [{"name": "c", "image": "docker.io/flannel/flannel:v0.26.0"}]
    template = {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": containers}}
    flannel["spec"] = {"selector": {"matchLabels": {"a": "b"}}, "template": template}
    item = isolation(snapshot_of([namespace(), flannel, policy("deny")]), "shop")[1]
    assert (item.share, item.short) == (0.0, "unenforced")
    assert "ignores NetworkPolicies" in item.words


def test_policies_of_which_nobody_knows_whether_they_are_enforced_are_unknown() -> None:
    item = isolation(snapshot_of([namespace(), policy("deny")]), "shop")[1]
    assert item.share is None
    assert "it is not known whether policies are enforced" in item.words


def test_a_cluster_wide_policy_that_goes_first_and_lets_through_leaves_isolation_unknown() -> None:
    admin = {
        "apiVersion": "policy.networking.k8s.io/v1alpha1",
        "kind": "AdminNetworkPolicy",
        "metadata": {"name": "monitoring"},
        "spec": {
            "priority": 1,
            "subject": {"namespaces": {}},
            "ingress": [{"action": "Allow", "from": [{"namespaces": {}}]}],
        },
    }
    parts = found(deployment(), policy("deny"), policy("out", "Egress"), admin)
    assert parts["ingress"].share is None
    assert "AdminNetworkPolicy monitoring may let through" in parts["ingress"].words
    assert parts["egress"].share == 1.0


@pytest.mark.parametrize(
    ("objects", "share", "short"),
    [
        ([], 0.0, "none"),
        ([thing("v1", "ResourceQuota", "q", spec={"hard": {"pods": "9"}})], 0.5, "quota"),
        ([thing("v1", "ResourceQuota", "q", spec={})], 0.0, "none"),
        ([thing("v1", "LimitRange", "l", spec={"limits": [{"type": "Container"}]})], 0.5, "limits"),
        (
            [
                thing("v1", "ResourceQuota", "q", spec={"hard": {"pods": "9"}}),
                thing("v1", "LimitRange", "l", spec={"limits": [{"type": "Container"}]}),
            ],
            1.0,
            "both",
        ),
    ],
    ids=str,
)
def test_a_quota_and_limits_count_half_each(objects: list[Object], share: float, short: str) -> None:
    item = found(*objects)["quota and limits"]
    assert (item.share, item.short) == (share, short)


def test_the_default_account_counts_by_what_it_is_worth() -> None:
    subject = {"kind": "ServiceAccount", "name": "default", "namespace": "shop"}
    rule = {"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}
    rights = (
        thing(f"{RBAC}/v1", "Role", "reader", rules=[rule]),
        thing(
            f"{RBAC}/v1",
            "RoleBinding",
            "reader",
            subjects=[subject],
            roleRef={"apiGroup": RBAC, "kind": "Role", "name": "reader"},
        ),
    )
    name = "default account"
    assert found()[name].share == 1.0
    assert found(deployment(serviceAccountName="web"))[name].short == "unused"
    assert found(deployment())[name].share == 0.5
    assert found(deployment(automountServiceAccountToken=False))[name].short == "no token"
    assert found(*rights)[name].share == 0.0


def service(**spec: object) -> Object:
    return thing("v1", "Service", "web", spec={"selector": {"app": "web"}, "ports": [{"port": 80}], **spec})


def test_exposure_counts_by_the_widest_zone_and_is_unknown_while_that_is() -> None:
    public = service(type="LoadBalancer")
    public["status"] = {"loadBalancer": {"ingress": [{"ip": "203.0.113.9"}]}}
    assert found(deployment(), service(type="ClusterIP"))["exposure"].share == 1.0
    assert found(deployment(), public)["exposure"].share == 0.0
    pending = found(deployment(), service(type="LoadBalancer"))["exposure"]
    assert pending.share is None
    assert "may be reached" in pending.words


UNREADABLE: dict[str, Kind[Any]] = {
    "ingress": NETWORK_POLICY,
    "egress": NETWORK_POLICY,
    "exposure": SERVICE,
    "quota and limits": LIMIT_RANGE,
    "default account": ROLE_BINDING,
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_a_part_whose_objects_may_not_be_read_is_unknown_with_the_reason(name: str) -> None:
    item = found(deployment(serviceAccountName="web"), without=[UNREADABLE[name]])[name]
    assert (item.share, item.short) == (None, "?")
    assert UNREADABLE[name].resource in item.words


def test_where_nothing_may_be_read_nothing_counts() -> None:
    snapshot = snapshot_of([], forbidden=KINDS)
    assert all(item.share is None for item in isolation(snapshot, "shop"))
    assert grade(isolation(snapshot, "shop")) == "?"
