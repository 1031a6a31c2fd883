"""What the flags of the control plane's static pods mean, and what cannot be told without them."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from ksec_tui.checks import all_checks
from ksec_tui.cluster.building import SnapshotBuilder
from ksec_tui.cluster.coverage import KindCoverage, State
from ksec_tui.cluster.ingest import collect, item_from_tree
from ksec_tui.cluster.kinds import CLUSTER_ROLE_BINDING, POD, ROLE_BINDING
from ksec_tui.cluster.ref import CLUSTER
from ksec_tui.cluster.snapshot import SourceInfo
from ksec_tui.findings.examples import snapshot_of
from ksec_tui.findings.finding import Finding
from ksec_tui.findings.runner import run_one
from ksec_tui.findings.verdict import Severity, Verdict
from tests.checks.control_plane.pods import GOOD, control_plane, static_pod, without

CHECKS = {item.id: item for item in all_checks() if item.id.startswith("cp-")}
API = "kube-apiserver"


def found(check: str, documents: list[dict[str, Any]], **options: Any) -> list[Finding]:
    return list(run_one(snapshot_of(documents, **options), CHECKS[check]).findings)


def verdict(check: str, documents: list[dict[str, Any]]) -> str:
    return ",".join(finding.verdict.value for finding in found(check, documents)) or "pass"


@pytest.mark.parametrize("check", CHECKS)
def test_a_control_plane_that_shows_no_pods_is_unknown_with_the_reason(check: str) -> None:
    for version in ("", "v1.33.4-eks-0123abc"):
        (finding,) = found(check, [{"kind": "Cluster", "serverVersion": version}])
        assert finding.verdict is Verdict.UNKNOWN
        assert finding.subject == CLUSTER
        assert "not visible" in finding.reason
        assert ("Amazon EKS" in finding.reason) is bool(version)


@pytest.mark.parametrize("check", CHECKS)
def test_pods_that_may_not_be_listed_are_no_control_plane_without_flaws(check: str) -> None:
    (finding,) = found(check, control_plane(), forbidden=[POD])
    assert finding.verdict is Verdict.UNKNOWN
    assert "pods could not be listed" in finding.reason


@pytest.mark.parametrize("check", CHECKS)
def test_a_sound_control_plane_passes(check: str) -> None:
    wanted = "fail" if check == "cp-encryption" else "pass"
    assert verdict(check, control_plane()) == wanted


def test_pods_of_another_namespace_are_not_this_clusters_control_plane() -> None:
    hosted = static_pod(API, ["--anonymous-auth=true"], namespace="tenant-1")
    assert verdict("cp-anonymous-auth", [hosted]) == "unknown"


@pytest.mark.parametrize(("namespace", "told"), [("shop", 0), ("kube-system", 1)])
def test_a_pod_that_cannot_be_read_blinds_only_where_the_control_plane_is(namespace: str, told: int) -> None:
    broken = {"kind": "Pod", "metadata": {"name": "odd", "namespace": namespace}, "spec": 7}
    builder = SnapshotBuilder(SourceInfo())
    builder.add(collect(POD, [item_from_tree(POD, tree) for tree in (*control_plane(), broken)]))
    builder.cover(POD, KindCoverage(State.OK))
    result = run_one(builder.snapshot(), CHECKS["cp-profiling"])
    assert [finding.verdict for finding in result.findings] == [Verdict.UNKNOWN] * told


BAD = [
    ("cp-anonymous-auth", API, ["--anonymous-auth=true"], Severity.MEDIUM),
    ("cp-anonymous-auth", API, [], Severity.MEDIUM),
    ("cp-token-auth-file", API, ["--token-auth-file", "/etc/tokens.csv"], Severity.HIGH),
    ("cp-authz-always-allow", API, [], Severity.CRITICAL),
    ("cp-authz-always-allow", API, ["--authorization-mode=RBAC,AlwaysAllow"], Severity.CRITICAL),
    ("cp-authz-always-allow", API, ["--authorization-mode=Node,Webhook"], Severity.HIGH),
    ("cp-authz-always-allow", API, ["--authorization-mode=RBAC"], Severity.HIGH),
    ("cp-node-restriction", API, [], Severity.HIGH),
    ("cp-always-admit", API, ["--disable-admission-plugins=PodSecurity,Priority"], Severity.HIGH),
    ("cp-always-admit", API, ["--admission-control=NamespaceLifecycle"], Severity.HIGH),
    ("cp-always-admit", API, ["--enable-admission-plugins=AlwaysAdmit"], Severity.LOW),
    ("cp-audit-off", API, ["--audit-log-path=/var/log/a"], Severity.HIGH),
    ("cp-audit-off", API, ["--audit-policy-file=/etc/p"], Severity.HIGH),
    ("cp-audit-retention", API, ["--audit-log-path=/a", "--audit-log-maxage=7"], Severity.LOW),
    ("cp-audit-retention", API, ["--audit-log-path=/a"], Severity.INFO),
    ("cp-encryption", API, [], Severity.MEDIUM),
    ("cp-kubelet-ca", API, [], Severity.MEDIUM),
    ("cp-kubelet-client-cert", API, ["--kubelet-client-certificate=/c"], Severity.MEDIUM),
    ("cp-sa-lookup", API, ["--service-account-lookup=F"], Severity.MEDIUM),
    ("cp-sa-token-extension", API, [], Severity.LOW),
    (
        "cp-tls-ciphers",
        API,
        ["--tls-cipher-suites=TLS_AES_128_GCM_SHA256,TLS_RSA_WITH_AES_128_GCM_SHA256"],
        Severity.LOW,
    ),
    ("cp-insecure-port", API, ["--insecure-port=8080"], Severity.CRITICAL),
    ("cp-profiling", API, [], Severity.LOW),
    ("cp-profiling", "kube-scheduler", ["--profiling"], Severity.LOW),
    ("cp-bind-address", "kube-scheduler", [], Severity.LOW),
    ("cp-bind-address", "kube-controller-manager", ["--bind-address=::"], Severity.LOW),
    ("cp-sa-credentials", "kube-controller-manager", [], Severity.LOW),
    ("cp-etcd-tls", "etcd", ["--listen-client-urls=https://10.0.0.5:2379", "--auto-tls"], Severity.CRITICAL),
    ("cp-etcd-tls", "etcd", without("etcd", "--client-cert-auth"), Severity.CRITICAL),
    ("cp-etcd-tls", "etcd", without("etcd", "--peer-client-cert-auth"), Severity.CRITICAL),
    ("cp-etcd-tls", "etcd", [], Severity.HIGH),
    ("cp-etcd-exposed", "etcd", ["--listen-client-urls=http://10.0.0.5:2379"], Severity.CRITICAL),
    ("cp-etcd-exposed", "etcd", ["--listen-metrics-urls=http://0.0.0.0:2381"], Severity.HIGH),
]


@pytest.mark.parametrize(
    ("check", "component", "flags", "severity"), BAD, ids=[f"{row[0]} {' '.join(row[2])}" for row in BAD]
)
def test_a_flag_that_opens_the_control_plane_is_found(
    check: str, component: str, flags: list[str], severity: Severity
) -> None:
    others = [pod for pod in control_plane() if pod["metadata"]["name"] != f"{component}-cp-1"]
    (finding,) = found(check, [*others, static_pod(component, flags)])
    assert (finding.verdict, finding.severity, finding.subject) == (Verdict.FAIL, severity, CLUSTER)
    place = finding.evidence[0]
    assert place.ref is not None
    assert place.ref.name == f"{component}-cp-1"
    assert place.path.startswith("/spec/containers/0/command")


FINE = [
    ("cp-anonymous-auth", API, ["--anonymous-auth=0"]),
    ("cp-anonymous-auth", API, ["--authorization-mode=AlwaysAllow"]),
    ("cp-token-auth-file", API, ["--token-auth-file="]),
    ("cp-node-restriction", API, ["--admission-control=NodeRestriction,ServiceAccount"]),
    ("cp-always-admit", API, ["--admission-control=NamespaceLifecycle,ServiceAccount"]),
    ("cp-always-admit", API, ["--disable-admission-plugins=Priority"]),
    ("cp-audit-off", API, ["--audit-policy-file=/p", "--audit-webhook-config-file=/w"]),
    ("cp-audit-retention", API, ["--audit-log-path=-", "--audit-log-maxage=1"]),
    ("cp-insecure-port", API, ["--insecure-port=0"]),
    ("cp-bind-address", "kube-scheduler", ["--bind-address=::1"]),
    ("cp-etcd-exposed", "etcd", ["--listen-client-urls=http://127.0.0.1:2379,http://[::1]:2379"]),
]


@pytest.mark.parametrize(("check", "component", "flags"), FINE, ids=[f"{row[0]} {row[2][0]}" for row in FINE])
def test_a_flag_that_opens_nothing_is_not_told(check: str, component: str, flags: list[str]) -> None:
    others = [pod for pod in control_plane() if pod["metadata"]["name"] != f"{component}-cp-1"]
    assert verdict(check, [*others, static_pod(component, flags)]) == "pass"


ELSEWHERE = [
    ("cp-anonymous-auth", API, ["--authentication-config=/a.yaml"]),
    ("cp-authz-always-allow", API, ["--authorization-config=/a.yaml"]),
    ("cp-encryption", API, ["--encryption-provider-config=/a.yaml"]),
    ("cp-profiling", "kube-scheduler", ["--config=/s.yaml"]),
    ("cp-etcd-tls", "etcd", ["--config-file=/e.yaml"]),
    ("cp-etcd-exposed", "etcd", ["--config-file=/e.yaml"]),
]


@pytest.mark.parametrize(("check", "component", "flags"), ELSEWHERE)
def test_what_stands_in_a_file_of_the_node_is_unknown(check: str, component: str, flags: list[str]) -> None:
    others = [pod for pod in control_plane() if pod["metadata"]["name"] != f"{component}-cp-1"]
    assert verdict(check, [*others, static_pod(component, flags)]) == "unknown"


def bound(name: str, role: str, subject: str, **place: str) -> list[dict[str, Any]]:
    group = "rbac.authorization.k8s.io"
    kind = "RoleBinding" if place else "ClusterRoleBinding"
    ref = {"apiGroup": group, "kind": "ClusterRole", "name": role}
    subjects = [{"apiGroup": group, "kind": "Group" if "un" in subject else "User", "name": subject}]
    rules = [{"apiGroups": [""], "resources": ["pods"], "verbs": ["list"]}]
    return [
        {"apiVersion": f"{group}/v1", "kind": "ClusterRole", "metadata": {"name": role}, "rules": rules},
        {
            "apiVersion": f"{group}/v1",
            "kind": kind,
            "metadata": {"name": name, **place},
            "roleRef": ref,
            "subjects": subjects,
        },
    ]


@pytest.mark.parametrize(
    ("binding", "severity"),
    [
        (bound("open", "reader", "system:anonymous"), Severity.CRITICAL),
        (bound("open", "reader", "system:unauthenticated", namespace="shop"), Severity.CRITICAL),
        (bound("open", "reader", "ann"), Severity.MEDIUM),
        (
            bound("system:public-info-viewer", "system:public-info-viewer", "system:unauthenticated"),
            Severity.MEDIUM,
        ),
        (bound("dangling", "reader", "system:anonymous")[1:], Severity.MEDIUM),
    ],
)
def test_anonymous_requests_with_rights_are_critical(
    binding: list[dict[str, Any]], severity: Severity
) -> None:
    pods = control_plane(kube_apiserver=[])
    (finding,) = found("cp-anonymous-auth", [*pods, *binding])
    assert finding.severity is severity
    (finding,) = found("cp-anonymous-auth", [*pods, *binding], forbidden=[CLUSTER_ROLE_BINDING, ROLE_BINDING])
    assert finding.severity is Severity.MEDIUM


@pytest.mark.parametrize("last", ["true", "false"])
def test_the_last_of_a_repeated_flag_counts(last: str) -> None:
    flags = ["--anonymous-auth=true", "--anonymous_auth=false", f"--anonymous-auth={last}"]
    assert verdict("cp-anonymous-auth", [static_pod(API, flags)]) == ("fail" if last == "true" else "pass")


def test_entries_of_a_repeated_list_add_up() -> None:
    flags = ["--authorization-mode=Node", "--authorization-mode=RBAC"]
    assert verdict("cp-authz-always-allow", [static_pod(API, flags)]) == "pass"


def test_each_of_several_servers_is_judged_and_a_difference_is_told() -> None:
    for first, second in itertools.permutations(["--anonymous-auth=false", "--anonymous-auth=true"]):
        pods = [static_pod(API, [first], node="cp-1"), static_pod(API, [second], node="cp-2")]
        (finding,) = found("cp-anonymous-auth", pods)
        (piece,) = finding.evidence
        assert piece.ref is not None
        assert piece.ref.name == ("kube-apiserver-cp-1" if first.endswith("true") else "kube-apiserver-cp-2")
        assert "1 of the 2 visible ones are set otherwise" in piece.words


def test_etcd_outside_of_the_cluster_is_judged_by_how_the_api_server_connects() -> None:
    bare = [pod for pod in control_plane() if not pod["metadata"]["name"].startswith("etcd")]
    assert verdict("cp-etcd-tls", bare) == "unknown"
    plain = static_pod(API, ["--etcd-servers=http://10.0.0.9:2379"])
    assert verdict("cp-etcd-tls", [plain]) == "fail"
    uncertified = static_pod(API, ["--etcd-servers=https://10.0.0.9:2379"])
    assert verdict("cp-etcd-tls", [uncertified]) == "fail"


def test_a_release_that_opens_the_insecure_port_by_itself_is_found() -> None:
    old = static_pod(API, [], image="registry.k8s.io/kube-apiserver:v1.19.16")
    assert verdict("cp-insecure-port", [old]) == "fail"
    new = static_pod(API, [], image="registry.k8s.io/kube-apiserver:v1.20.0")
    assert verdict("cp-insecure-port", [new]) == "pass"


def test_every_fix_is_for_a_human_and_names_file_and_flag() -> None:
    for item in CHECKS.values():
        assert item.make_fix is not None
        snapshot = snapshot_of(control_plane())
        fix = item.make_fix(snapshot, snapshot)
        assert fix is not None
        assert not fix.changes
        told = " ".join(fix.steps)
        assert any(f"/etc/kubernetes/manifests/{component}.yaml" in told for component in GOOD)
        assert "--" in told
