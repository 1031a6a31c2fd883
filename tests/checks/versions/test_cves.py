"""Known flaws as findings: severities, conditions, vendors' builds, and what is never fixed."""

from typing import Any

import pytest

from ksec_tui.cluster import kinds
from ksec_tui.cluster.kinds import CLUSTER_ROLE
from ksec_tui.findings.examples import snapshot_of
from ksec_tui.findings.finding import Evidence
from ksec_tui.findings.verdict import Severity, Verdict
from tests.checks.versions.worlds import TODAY, cluster, fixed, judged, node


def pieces(check: str, server: str, *objects: dict[str, Any]) -> dict[str, Evidence]:
    """The evidence by CVE."""
    found = judged(check, cluster(server, *objects))
    return {
        word.strip("():"): piece
        for item in found
        for piece in item.evidence
        for word in piece.words.split()
        if word.startswith("CVE-")
    }


def test_a_flaw_of_the_server_is_told_with_its_remedy() -> None:
    piece = pieces("ver-kube-cve", "v1.33.3")["CVE-2025-5187"]
    assert piece.severity is Severity.MEDIUM
    assert "kube-apiserver 1.33.3 has CVE-2025-5187 (medium 6.7, fixed in 1.33.4)" in piece.words


def test_a_release_out_of_support_hears_that_it_gets_no_fix() -> None:
    piece = pieces("ver-kube-cve", "v1.33.13")["CVE-2026-2270"]
    assert "no fix in 1.33" in piece.words


def test_a_vendors_build_may_have_the_fix_and_is_one_step_lower() -> None:
    piece = pieces("ver-kube-cve", "v1.33.3-eks-3cfe0ce")["CVE-2025-5187"]
    assert piece.severity is Severity.LOW
    assert "Amazon EKS may have the fix already" in piece.words


def test_a_flaw_with_a_condition_is_one_step_lower_and_tells_it() -> None:
    piece = pieces("ver-runtime-cve", "v1.36.5", node(runtime="containerd://2.2.4"))["CVE-2026-53492"]
    assert piece.severity is Severity.MEDIUM
    assert "only where containers are restored from checkpoints" in piece.words


GIT_REPO = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "build", "namespace": "ci"},
    "spec": {
        "containers": [{"name": "app", "image": "example.org/build:1"}],
        "volumes": [{"name": "src", "gitRepo": {"repository": "https://example.org/src.git"}}],
    },
}


def test_a_condition_that_objects_show_decides() -> None:
    assert "CVE-2024-10220" not in pieces("ver-kubelet-cve", "v1.33.4", node("v1.30.2"))
    piece = pieces("ver-kubelet-cve", "v1.33.4", node("v1.30.2"), GIT_REPO)["CVE-2024-10220"]
    assert piece.severity is Severity.HIGH
    assert "; here pods may use gitRepo volumes" in piece.words


def test_a_condition_that_could_not_be_looked_for_is_told_as_one() -> None:
    world = [{"kind": "Cluster", "serverVersion": "v1.33.4", "today": TODAY}, node("v1.30.2")]
    (found,) = judged("ver-kubelet-cve", snapshot_of(world, forbidden=(kinds.POD,)))
    (piece,) = (piece for piece in found.evidence if "CVE-2024-10220" in piece.words)
    assert piece.severity is Severity.MEDIUM
    assert "only where pods may use gitRepo volumes" in piece.words


def test_windows_flaws_need_a_windows_node() -> None:
    assert "CVE-2026-76654" not in pieces("ver-kubelet-cve", "v1.36.5", node("v1.34.1"))
    assert "CVE-2026-76654" in pieces("ver-kubelet-cve", "v1.36.5", node("v1.34.1", system="windows"))
    labelled = node("v1.34.1", system="", labels={"kubernetes.io/os": "windows"})
    assert "CVE-2026-76654" in pieces("ver-kubelet-cve", "v1.36.5", labelled)


def test_a_kubelet_newer_than_the_data_is_unknown() -> None:
    (found,) = judged("ver-kubelet-cve", cluster("v1.99.0", node("v1.99.0")))
    assert found.verdict is Verdict.UNKNOWN


@pytest.mark.parametrize(
    ("runtime", "verdict"),
    [
        ("containerd://2.3.4", None),
        ("containerd://2.3.1", Verdict.FAIL),
        ("containerd://1.6.39", Verdict.FAIL),
        ("containerd://1.7.34", Verdict.UNKNOWN),
        ("cri-o://1.30.0", Verdict.FAIL),
        ("cri-o://1.36.0", None),
        ("docker://29.0.0", None),
        ("containerd://9.9.1", Verdict.UNKNOWN),
        ("cri-o://1.99.0", Verdict.UNKNOWN),
        ("mystery://1.0.0", Verdict.UNKNOWN),
    ],
)
def test_a_runtime_without_known_flaws_is_clean_only_while_advisories_judge_it(
    runtime: str, verdict: Verdict | None
) -> None:
    found = judged("ver-runtime-cve", cluster("v1.36.5", node(runtime=runtime)))
    assert [item.verdict for item in found] == ([] if verdict is None else [verdict])


def test_the_steps_name_the_first_version_without_any_of_the_flaws() -> None:
    fix = fixed("ver-kubelet-cve", cluster("v1.33.4", node("v1.30.2")))
    assert fix is not None
    assert fix.title == "Bring the kubelet of worker-1 to 1.30.10"
    control_plane = fixed("ver-kube-cve", cluster("v1.36.2"))
    assert control_plane is not None
    assert control_plane.title == "Upgrade the control plane to Kubernetes 1.36.5"


SERVICE = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "web", "namespace": "shop"},
    "spec": {"externalIPs": ["203.0.113.7"]},
}
POD = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "web", "namespace": "shop"},
    "spec": {
        "containers": [{"name": "app", "image": "registry.example/app:1"}],
        "volumes": [{"name": "code", "gitRepo": {"repository": "https://git.example/x.git"}}],
    },
}


def role(name: str, *verbs: str, group: str = "", resource: str = "endpoints") -> dict[str, Any]:
    rule = {"apiGroups": [group], "resources": [resource], "verbs": list(verbs)}
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": {"name": name},
        "rules": [rule],
    }


@pytest.mark.parametrize(
    ("thing", "cve"),
    [
        (SERVICE, "CVE-2020-8554"),
        (POD, "CVE-2025-1767"),
        (role("edit", "get", "update"), "CVE-2021-25740"),
        (role("admin", "create", group="discovery.k8s.io", resource="endpointslices"), "CVE-2021-25740"),
        (role("edit", "get", "list"), None),
        (role("endpoints-controller", "update"), None),
    ],
)
def test_what_is_never_fixed_is_told_for_information_where_it_is_in_use(
    thing: dict[str, Any], cve: str | None
) -> None:
    found = judged("ver-cve-by-design", cluster("v1.36.5", thing))
    assert [item.severity for item in found] == ([Severity.INFO] if cve else [])
    for item in found:
        assert item.words.startswith(f"{cve} (never fixed): ")
        assert item.evidence[0].ref is not None


def test_the_advice_is_that_of_the_flaws_in_use_only() -> None:
    fix = fixed("ver-cve-by-design", cluster("v1.36.5", SERVICE))
    assert fix is not None
    assert [step.partition(":")[0] for step in fix.steps] == ["CVE-2020-8554"]


def test_unread_roles_leave_it_unknown() -> None:
    (found,) = judged("ver-cve-by-design", snapshot_of([SERVICE], forbidden=[CLUSTER_ROLE]))
    assert found.verdict is Verdict.UNKNOWN
