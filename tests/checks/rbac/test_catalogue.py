"""Every right of the catalogue weighs what it is worth in the whole cluster and in one namespace."""

from __future__ import annotations

import pytest

from tests.checks.rbac.worlds import (
    ANN,
    CHECKS,
    GROUP,
    Tree,
    account,
    binding,
    fails,
    group,
    judged,
    role,
    rule,
    severities,
    version,
)

CERTS = "certificates.k8s.io"
POLICIES = "admissionregistration.k8s.io"
BOOTSTRAP: Tree = {"labels": {"kubernetes.io/bootstrapping": "rbac-defaults"}}
EVERY_URL: Tree = {"nonResourceURLs": ["/metrics"], "verbs": ["get"]}

C, H, M, L, I = ["critical"], ["high"], ["medium"], ["low"], ["info"]  # noqa: E741 - the letters of the table
NONE: list[str] = []


@pytest.mark.parametrize(
    ("check", "rules", "cluster", "inside"),
    [
        ("rbac-binding-write", [rule("rolebindings", "patch", GROUP)], M, L),
        ("rbac-binding-write", [rule("rolebindings", "bind", GROUP)], NONE, NONE),
        ("rbac-role-write", [rule("roles clusterroles", "update", GROUP)], M, L),
        ("rbac-role-write", [rule("clusterroles", "update", GROUP)], M, NONE),
        ("rbac-secret-token-mint", [rule("secrets", "create get")], C, H),
        ("rbac-secret-token-mint", [rule("secrets", "create"), rule("secrets", "watch")], C, H),
        ("rbac-secret-token-mint", [rule("secrets", "create")], NONE, NONE),
        ("rbac-secret-token-mint", [rule("secrets", "update")], C, H),
        ("rbac-secret-token-mint", [rule("secrets", "update", names="tls")], NONE, NONE),
        ("rbac-secret-token-mint", [rule("secrets", "create patch", names="tls")], H, M),
        ("rbac-bootstrap-token", [rule("secrets", "create")], H, NONE),
        ("rbac-bootstrap-token", [rule("secrets", "create update", names="bootstrap-token-abc123")], H, NONE),
        ("rbac-bootstrap-token", [rule("secrets", "create update", names="tls")], NONE, NONE),
        ("rbac-sa-write", [rule("serviceaccounts", "patch")], M, L),
        ("rbac-sa-write", [rule("serviceaccounts/token", "create")], NONE, NONE),
        ("rbac-tokenreview", [rule("tokenreviews", "create", "authentication.k8s.io")], L, NONE),
        ("rbac-sar", [rule("subjectaccessreviews", "create", "authorization.k8s.io")], L, NONE),
        ("rbac-sar", [rule("selfsubjectaccessreviews", "create", "authorization.k8s.io")], NONE, NONE),
        ("rbac-ctb-attest", [rule("clustertrustbundles", "update", CERTS)], M, NONE),
        ("rbac-ctb-attest", [rule("signers", "attest", CERTS)], M, NONE),
        ("rbac-secrets-write", [rule("secrets", "delete")], H, M),
        ("rbac-secrets-write", [rule("secrets", "delete", names="tls")], M, L),
        ("rbac-cm-coredns", [rule("configmaps", "patch")], H, NONE),
        ("rbac-cm-coredns", [rule("configmaps", "patch", names="coredns")], H, NONE),
        ("rbac-cm-coredns", [rule("configmaps", "patch", names="app")], NONE, NONE),
        ("rbac-cm-trust", [rule("configmaps", "update", names="kubelet-config-1.32")], H, NONE),
        ("rbac-cm-trust", [rule("configmaps", "get list")], NONE, NONE),
        ("rbac-configmaps-write", [rule("configmaps", "update")], M, L),
        ("rbac-configmaps-write", [rule("configmaps", "update", names="app")], NONE, NONE),
        ("rbac-pods-log", [rule("pods/log", "get")], M, L),
        ("rbac-pods-log", [rule("pods", "get")], NONE, NONE),
        ("rbac-controller-write", [rule("deployments", "patch", "apps")], C, H),
        ("rbac-controller-write", [rule("deployments", "patch")], NONE, NONE),
        ("rbac-controller-write", [rule("deployments", "patch", "apps", "web")], H, M),
        ("rbac-controller-write", [rule("daemonsets", "patch", "apps")], NONE, NONE),
        ("rbac-daemonset-write", [rule("daemonsets", "patch", "apps")], C, H),
        ("rbac-pod-ephemeral", [rule("pods/ephemeralcontainers", "patch")], C, H),
        ("rbac-pod-ephemeral", [rule("*/ephemeralcontainers", "update")], C, H),
        ("rbac-pod-update", [rule("pods", "patch")], H, M),
        ("rbac-pod-status", [rule("pods/status", "patch")], M, L),
        ("rbac-pod-binding", [rule("pods/binding", "create")], H, M),
        ("rbac-pod-binding", [rule("bindings", "create")], H, M),
        ("rbac-evict", [rule("pods/eviction", "create")], M, L),
        ("rbac-evict", [rule("pods/eviction", "create", "policy")], NONE, NONE),
        ("rbac-nodes-fine", [rule("nodes/log", "get")], M, NONE),
        ("rbac-nodes-fine", [rule("nodes/checkpoint", "create")], H, NONE),
        ("rbac-nodes-fine", [rule("nodes/metrics nodes/stats", "get")], NONE, NONE),
        ("rbac-nodes-write", [rule("nodes/status", "patch")], H, NONE),
        ("rbac-nodes-delete", [rule("nodes", "delete")], H, NONE),
        ("rbac-steal-pods", [rule("nodes", "patch"), rule("pods/eviction", "create")], H, NONE),
        ("rbac-steal-pods", [rule("nodes", "patch")], NONE, NONE),
        ("rbac-steal-pods", [rule("pods", "delete")], NONE, NONE),
        ("rbac-vap-write", [rule("validatingadmissionpolicybindings", "delete", POLICIES)], H, NONE),
        ("rbac-vap-write", [rule("mutatingadmissionpolicies", "create", POLICIES)], C, NONE),
        ("rbac-policy-engine-write", [rule("policyexceptions", "create", "kyverno.io")], H, M),
        (
            "rbac-policy-engine-write",
            [rule("k8spspprivileged", "delete", "constraints.gatekeeper.sh")],
            H,
            NONE,
        ),
        ("rbac-crd-write", [rule("customresourcedefinitions", "patch", "apiextensions.k8s.io")], H, NONE),
        ("rbac-apiservice-write", [rule("apiservices", "create", "apiregistration.k8s.io")], C, NONE),
        ("rbac-namespace-patch", [rule("namespaces", "patch")], H, H),
        ("rbac-namespace-patch", [rule("namespaces", "create")], NONE, NONE),
        ("rbac-namespace-delete", [rule("namespaces", "delete")], H, H),
        ("rbac-flowcontrol", [rule("flowschemas", "patch", "flowcontrol.apiserver.k8s.io")], M, NONE),
        ("rbac-priorityclass", [rule("priorityclasses", "create", "scheduling.k8s.io")], M, NONE),
        ("rbac-runtimeclass", [rule("runtimeclasses", "update", "node.k8s.io")], M, NONE),
        ("rbac-endpoints-write", [rule("endpointslices", "patch", "discovery.k8s.io")], H, M),
        ("rbac-service-mitm", [rule("services", "update")], H, M),
        ("rbac-service-mitm", [rule("services/status", "patch")], H, M),
        ("rbac-ingress-write", [rule("ingresses", "create", "networking.k8s.io")], M, M),
        ("rbac-ingress-write", [rule("httproutes", "create", "gateway.networking.k8s.io")], M, M),
        ("rbac-ingress-write", [rule("ingressclasses", "create", "networking.k8s.io")], M, NONE),
        ("rbac-netpol-write", [rule("networkpolicies", "delete", "networking.k8s.io")], H, M),
        ("rbac-netpol-write", [rule("ciliumclusterwidenetworkpolicies", "delete", "cilium.io")], H, NONE),
        ("rbac-pv-create", [rule("persistentvolumes", "create"), rule("pods", "create")], C, NONE),
        ("rbac-pv-create", [rule("persistentvolumes", "create")], H, NONE),
        ("rbac-pv-create", [rule("persistentvolumes", "update patch delete")], NONE, NONE),
        ("rbac-storage-infra", [rule("volumesnapshots", "create", "snapshot.storage.k8s.io")], H, M),
        ("rbac-storage-infra", [rule("storageclasses", "create", "storage.k8s.io")], H, NONE),
        ("rbac-delete-any", [rule("persistentvolumeclaims", "delete")], H, M),
        ("rbac-delete-any", [rule("jobs", "deletecollection", "batch")], H, M),
        ("rbac-events-delete", [rule("events", "delete", "events.k8s.io")], L, L),
        ("rbac-leases-write", [rule("leases", "update", "coordination.k8s.io")], M, NONE),
        ("rbac-leases-write", [rule("leases", "create get", "coordination.k8s.io")], NONE, NONE),
        ("rbac-leases-write", [rule("leases", "update", "coordination.k8s.io", "my-lock")], NONE, NONE),
        ("rbac-scale", [rule("deployments/scale", "patch", "apps")], M, L),
        ("rbac-scale", [rule("*/scale", "patch", "apps")], M, L),
        ("rbac-rbac-read", [rule("rolebindings", "list", GROUP)], I, NONE),
        ("rbac-events-read", [rule("events", "watch")], I, NONE),
        ("rbac-wildcard-group", [rule("deployments", "get", "*")], L, L),
        ("rbac-wildcard-group", [rule("*/scale", "patch", "*")], NONE, NONE),
        (
            "rbac-impersonate-extra",
            [rule("userextras/scopes", "impersonate", "authentication.k8s.io")],
            NONE,
            NONE,
        ),
    ],
)
def test_weight_by_scope(check: str, rules: list[Tree], cluster: list[str], inside: list[str]) -> None:
    assert severities(check, role(*rules), binding(ANN)) == cluster
    assert severities(check, role(*rules), binding(ANN, namespace="shop")) == inside


@pytest.mark.parametrize(
    ("check", "what"),
    [
        ("rbac-pods-log", rule("pods/log", "get")),
        ("rbac-delete-any", rule("deployments", "delete", "apps")),
        ("rbac-sa-write", rule("serviceaccounts", "patch")),
    ],
)
def test_in_kube_system_a_right_weighs_as_in_the_whole_cluster(check: str, what: Tree) -> None:
    everywhere = severities(check, role(what), binding(ANN))
    assert severities(check, role(what), binding(ANN, namespace="kube-system")) == everywhere


@pytest.mark.parametrize(
    "crowd", ["system:authenticated", "system:serviceaccounts", "system:unauthenticated"]
)
def test_a_right_of_everyone_weighs_one_more(crowd: str) -> None:
    assert severities("rbac-pods-log", role(rule("pods/log", "get")), binding(group(crowd))) == H


def test_what_matters_in_one_place_is_told_of_that_place_only() -> None:
    cases = {
        "rbac-bootstrap-token": (rule("secrets", "create"), "kube-system"),
        "rbac-cm-coredns": (rule("configmaps", "patch"), "kube-system"),
        "rbac-cm-trust": (rule("configmaps", "patch"), "kube-public"),
        "rbac-leases-write": (rule("leases", "update", "coordination.k8s.io"), "kube-node-lease"),
    }
    for check, (what, place) in cases.items():
        assert severities(check, role(what), binding(ANN, namespace=place)) in (M, H)
        assert judged(check, role(what), binding(ANN, namespace="shop")).tally.not_applicable == 1


@pytest.mark.parametrize("name", ["kubernetes.io/kube-apiserver-client", "kubernetes.io/*"])
def test_approving_needs_the_signer_and_the_approval(name: str) -> None:
    signer, approval = (
        rule("signers", "approve", CERTS, name),
        rule("certificatesigningrequests/approval", "update", CERTS),
    )
    assert severities("rbac-csr-approve", role(signer, approval), binding(ANN)) == C
    assert severities("rbac-csr-approve", role(signer), binding(ANN)) == NONE
    assert severities("rbac-csr-approve", role(approval), binding(ANN)) == NONE


def test_approving_for_serving_certificates_or_signers_of_ones_own_logs_nobody_in() -> None:
    approval = rule("certificatesigningrequests/approval", "update", CERTS)
    for name in ("kubernetes.io/kubelet-serving", "example.com/mesh"):
        signer = rule("signers", "approve", CERTS, name)
        assert severities("rbac-csr-approve", role(signer, approval), binding(ANN)) == NONE


def test_rights_that_need_each_other_may_come_from_two_bindings_of_one_subject() -> None:
    roles = role(rule("nodes", "patch"), name="one"), role(rule("pods", "delete"), name="two")
    nodes = binding(ANN, to="ClusterRole/one")
    for who, expected in ((ANN, H), (group("dev"), NONE), (group("system:authenticated"), H)):
        pods = binding(who, to="ClusterRole/two", name="c")
        assert severities("rbac-steal-pods", *roles, nodes, pods) == expected


EXEC = [rule("pods/portforward", "get")]


@pytest.mark.parametrize(("number", "expected"), [("v1.34.2", M), ("v1.35.0", NONE)])
def test_forwarding_by_get_ends_with_135(number: str, expected: list[str]) -> None:
    assert severities("rbac-pod-portforward", version(number), role(*EXEC), binding(ANN)) == expected


def test_forwarding_by_get_is_unknown_without_the_version() -> None:
    assert judged("rbac-pod-portforward", role(*EXEC), binding(ANN)).tally.unknown == 1


@pytest.mark.parametrize(("number", "expected"), [("v1.36.0", H), ("v1.35.1", H), ("v1.34.0", NONE)])
def test_constrained_impersonation_counts_where_the_server_knows_it(number: str, expected: list[str]) -> None:
    whom = rule("users", "impersonate:user-info", "authentication.k8s.io")
    what = rule("secrets", "impersonate-on:user-info:list")
    check = "rbac-impersonate-constrained"
    assert severities(check, version(number), role(whom, what), binding(ANN)) == expected
    assert severities(check, version(number), role(whom), binding(ANN)) == NONE


def test_acting_for_the_own_node_weighs_little() -> None:
    whom = rule("nodes", "impersonate:associated-node", "authentication.k8s.io")
    what = rule("pods", "impersonate-on:associated-node:list")
    assert severities("rbac-impersonate-constrained", role(whom, what), binding(ANN)) == L


def test_attributes_count_with_a_user_to_set_them_on() -> None:
    extras = rule("userextras/scopes", "impersonate", "authentication.k8s.io")
    users = rule("users", "impersonate", names="bob")
    assert severities("rbac-impersonate-extra", role(extras, users), binding(ANN)) == L


@pytest.mark.parametrize(
    ("number", "expected"), [("v1.33.1-eks-1de2ab1", C), ("v1.33.1", NONE), ("v1.33.1-gke.1", NONE)]
)
def test_aws_auth_matters_on_eks(number: str, expected: list[str]) -> None:
    what = role(rule("configmaps", "update", names="aws-auth"))
    assert (
        severities("rbac-cm-aws-auth", version(number), what, binding(ANN, namespace="kube-system"))
        == expected
    )


def test_aws_auth_is_unknown_without_the_version() -> None:
    assert judged("rbac-cm-aws-auth", role(rule("configmaps", "update")), binding(ANN)).tally.unknown == 1


CONSTRAINTS: Tree = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "securitycontextconstraints.security.openshift.io"},
}


def test_security_context_constraints_count_where_there_are_any() -> None:
    use = role(rule("securitycontextconstraints", "use", "security.openshift.io", "privileged"))
    mild = role(rule("securitycontextconstraints", "use", "security.openshift.io", "restricted-v2"))
    check = "rbac-scc-psp-use"
    assert severities(check, CONSTRAINTS, use, binding(ANN, namespace="shop")) == M
    assert severities(check, CONSTRAINTS, mild, binding(ANN, namespace="shop")) == NONE
    assert severities(check, version("v1.30.0"), use, binding(ANN, namespace="shop")) == NONE


@pytest.mark.parametrize(("number", "expected"), [("v1.24.9", H), ("v1.25.0", NONE)])
def test_pod_security_policies_count_before_125(number: str, expected: list[str]) -> None:
    use = role(rule("podsecuritypolicies", "use", "policy"))
    assert severities("rbac-scc-psp-use", version(number), use, binding(ANN)) == expected


ORDERS = role(rule("applications", "create", "argoproj.io"))


def test_orders_weigh_more_when_their_controller_may_do_everything() -> None:
    argo = binding(
        account("argocd-application-controller", "argocd"), to="ClusterRole/cluster-admin", name="argo"
    )
    inside = binding(ANN, namespace="argocd")
    assert severities("rbac-gitops-cr", ORDERS, binding(ANN)) == H
    assert severities("rbac-gitops-cr", ORDERS, inside) == M
    assert severities("rbac-gitops-cr", ORDERS, inside, argo) == C


def test_a_controller_and_a_policy_engine_may_write_their_own_objects() -> None:
    own = binding(account("argocd-server", "argocd"))
    assert severities("rbac-gitops-cr", ORDERS, own) == NONE
    policies = role(rule("clusterpolicies", "update", "kyverno.io"))
    assert severities("rbac-policy-engine-write", policies, binding(account("kyverno", "kyverno"))) == NONE


def test_delegated_login_is_what_that_role_is_made_for() -> None:
    name = "system:auth-delegator"
    reviews = role(rule("tokenreviews", "create", "authentication.k8s.io"), name=name)
    assert severities("rbac-tokenreview", reviews, binding(ANN, to=f"ClusterRole/{name}")) == NONE


VERBS = ("get list watch", "create update patch delete deletecollection")


def test_all_verbs_one_by_one_are_everything() -> None:
    rules = [rule("*", verbs, "*") for verbs in VERBS]
    assert severities("rbac-effective-admin", role(*rules), binding(ANN)) == C
    assert severities("rbac-effective-admin", role(*rules), binding(ANN, namespace="shop")) == H
    assert severities("rbac-effective-admin", role(rules[0]), binding(ANN)) == NONE
    assert (
        severities("rbac-effective-admin", role(*[rule("*", verbs, "apps") for verbs in VERBS]), binding(ANN))
        == NONE
    )


def test_a_grant_of_everything_is_one_finding() -> None:
    admins = binding(ANN, to="ClusterRole/cluster-admin")
    found = {check for check in CHECKS for finding in fails(check, admins)}
    assert found == {"rbac-cluster-admin"}


def test_the_lesser_rights_in_a_wildcard_or_a_default_role_are_not_told_again() -> None:
    lesser = {"rbac-pods-log", "rbac-scale", "rbac-evict", "rbac-events-delete", "rbac-configmaps-write"}
    wild = (role(rule("*", "get create update patch delete")), binding(ANN, namespace="shop"))
    words = "pods/log pods/eviction events configmaps deployments/scale"
    default = role(rule(words, "get create update patch delete", "*"), name="edit", **BOOTSTRAP)
    edit = (default, binding(ANN, to="ClusterRole/edit", namespace="shop"))
    for world in (wild, edit):
        assert {check for check in lesser if fails(check, *world)} == set()
    own = role(rule(words, "get create update patch delete", "*"), name="edit")
    mine = (own, binding(ANN, to="ClusterRole/edit", namespace="shop"))
    assert {check for check in lesser if fails(check, *mine)} == lesser


def test_paths_that_are_no_resources_are_no_right_over_resources() -> None:
    found = {check for check in CHECKS for finding in fails(check, role(EVERY_URL), binding(ANN))}
    assert found == set()
