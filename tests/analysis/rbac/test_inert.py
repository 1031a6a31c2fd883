"""Rules without effect are named, and rules with an effect never are."""

from __future__ import annotations

import pytest

from ksec_tui.analysis.rbac.inert import changed_by_name, inert_parts
from ksec_tui.cluster.access import PolicyRule

READ = ("get", "list", "watch")


def rule(
    resources: str = "",
    verbs: tuple[str, ...] = READ,
    groups: tuple[str, ...] = ("",),
    names: str = "",
    urls: str = "",
) -> PolicyRule:
    return PolicyRule(
        verbs=verbs,
        api_groups=groups if resources else (),
        resources=tuple(resources.split()),
        resource_names=tuple(names.split()),
        non_resource_urls=tuple(urls.split()),
    )


@pytest.mark.parametrize(
    ("given", "paths"),
    [
        (rule("pods/*"), [""]),
        (rule("pods pods/*"), ["/resources/1"]),
        (rule("*/*"), [""]),
        (rule("pod*"), [""]),
        (rule("Pods"), [""]),
        (rule("pod"), [""]),
        (rule("networkpolicy", groups=("networking.k8s.io",)), [""]),
        (rule("deployments"), [""]),
        (rule("pods", groups=("core",)), [""]),
        (rule("pods", groups=("v1",)), [""]),
        (rule("deployments", groups=("apps/v1",)), [""]),
        (rule("pods", verbs=("Get",)), [""]),
        (rule("pods", verbs=()), [""]),
        (rule("pods", verbs=("deletecollection",), names="web"), [""]),
        (rule("leases", verbs=("create",), groups=("coordination.k8s.io",), names="lock"), [""]),
        (rule("secrets", names="*"), [""]),
        (rule(urls="/metrics", verbs=("list", "watch")), [""]),
        (rule(urls="metrics"), [""]),
        (rule(urls="/a*b /a*"), ["/nonResourceURLs/0"]),
    ],
)
def test_what_can_never_match_is_named_with_its_place(given: PolicyRule, paths: list[str]) -> None:
    parts = inert_parts(given, inside=False)
    assert [part.path for part in parts] == paths
    assert all(part.reason for part in parts)


@pytest.mark.parametrize(
    "given",
    [
        rule("*"),
        rule("*/scale"),
        rule("pods/exec pods/log"),
        rule("pods deployments jobs", groups=("", "apps", "batch")),
        rule("events", groups=("", "events.k8s.io")),
        rule("deployments", groups=("extensions", "")),
        rule("widget", groups=("example.com",)),
        rule("Widgets", groups=("example.com",)),
        rule("pods", groups=("metrics.k8s.io",)),
        rule("pods", groups=("*",)),
        rule("users groups serviceaccounts", verbs=("impersonate",)),
        rule("signers", verbs=("approve",), groups=("certificates.k8s.io",), names="example.com/*"),
        rule("podsecuritypolicies", verbs=("use",), groups=("policy",), names="restricted"),
        rule("roles", verbs=("bind",), groups=("rbac.authorization.k8s.io",), names="*"),
        rule("secrets", verbs=("list", "watch"), names="tls"),
        rule("secrets", verbs=("create", "patch"), names="tls"),
        rule("pods/eviction", verbs=("create",), names="web"),
        rule("nodes"),
        rule(urls="* /healthz /logs/*", verbs=("get",)),
    ],
)
def test_what_can_match_is_left_alone(given: PolicyRule) -> None:
    assert inert_parts(given, inside=False) == ()


@pytest.mark.parametrize(
    ("given", "paths"),
    [
        (rule("nodes"), [""]),
        (rule("nodes/proxy"), [""]),
        (rule("pods nodes"), ["/resources/1"]),
        (rule("ingressclasses", groups=("networking.k8s.io",)), [""]),
        (rule("clusterroles", groups=("*",)), [""]),
        (rule("namespaces", verbs=("list", "create")), [""]),
        (rule("namespaces", verbs=("get", "list")), []),
        (rule("namespaces", verbs=("*",)), []),
        (rule("widgets", groups=("example.com",)), []),
        (rule(urls="/metrics", verbs=("get",)), [""]),
    ],
)
def test_a_role_reaches_its_own_namespace_only(given: PolicyRule, paths: list[str]) -> None:
    assert [part.path for part in inert_parts(given, inside=True)] == paths


def test_create_by_name_counts_with_update_or_patch_beside_it() -> None:
    create = rule("configmaps", verbs=("create",), names="lock")
    beside = changed_by_name((create, rule("configmaps", verbs=("get", "update"), names="lock")))
    assert inert_parts(create, inside=False, named=beside) == ()
    other = changed_by_name((create, rule("secrets", verbs=("update",))))
    assert inert_parts(create, inside=False, named=other) != ()
    assert inert_parts(create, inside=False, named=changed_by_name((rule("*", verbs=("*",)),))) == ()
