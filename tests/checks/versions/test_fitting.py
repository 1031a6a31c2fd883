"""Control planes and proxies that do not fit, and flaws of components that run in pods."""

from __future__ import annotations

from typing import Any

import pytest

from ksec_tui.cluster import kinds
from ksec_tui.findings.examples import snapshot_of
from ksec_tui.findings.runner import run_one
from ksec_tui.findings.verdict import Severity, Verdict
from tests.checks.versions.worlds import CHECKS, TODAY, cluster, judged, node


def static(component: str, image: str, name: str = "cp-1") -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": f"{component}-{name}",
            "namespace": "kube-system",
            "annotations": {"kubernetes.io/config.mirror": "x"},
        },
        "spec": {"nodeName": name, "containers": [{"name": component, "image": image}]},
    }


def proxy(tag: str, on: str = "worker-1", repository: str = "registry.k8s.io/kube-proxy") -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": f"kube-proxy-{on}", "namespace": "kube-system"},
        "spec": {"nodeName": on, "containers": [{"name": "kube-proxy", "image": f"{repository}:{tag}"}]},
    }


def words(check: str, server: str, *objects: dict[str, Any]) -> list[str]:
    return [piece.words for item in judged(check, cluster(server, *objects)) for piece in item.evidence]


def test_a_half_done_upgrade_shows_in_the_images_of_api_servers() -> None:
    servers = [
        static("kube-apiserver", "registry.k8s.io/kube-apiserver:v1.36.5"),
        static("kube-apiserver", "registry.k8s.io/kube-apiserver:v1.34.1", "cp-2"),
    ]
    (found,) = judged("ver-server-skew", cluster("v1.36.5", *servers))
    (piece,) = found.evidence
    assert piece.ref is not None
    assert piece.ref.name == "kube-apiserver-cp-2"
    assert "runs 1.34.1, while another API server runs 1.36.5" in piece.words


@pytest.mark.parametrize("check", ["ver-server-skew", "ver-controller-skew"])
@pytest.mark.parametrize("server", ["v1.36.1-eks-3cfe0ce", "v1.36.1-gke.1640000", "v1.36.1+k3s1", "v1.36.1"])
def test_a_control_plane_out_of_sight_is_never_fine(check: str, server: str) -> None:
    (found,) = judged(check, cluster(server))
    assert found.verdict is Verdict.UNKNOWN
    assert "not visible" in found.reason


def test_an_older_api_server_makes_a_current_controller_too_new() -> None:
    world = (
        static("kube-apiserver", "registry.k8s.io/kube-apiserver:v1.35.9"),
        static("kube-scheduler", "registry.k8s.io/kube-scheduler:v1.36.5"),
        static("kube-controller-manager", "registry.k8s.io/kube-controller-manager:v1.35.9"),
    )
    (told,) = words("ver-controller-skew", "v1.36.5", *world)
    assert told.startswith("kube-scheduler-cp-1 1.36.5: 1 minor newer, not allowed")


def test_a_controller_without_a_version_in_its_tag_is_unknown() -> None:
    (found,) = judged(
        "ver-controller-skew", cluster("v1.36.5", static("kube-scheduler", "kube-scheduler:canary"))
    )
    assert found.verdict is Verdict.UNKNOWN


def test_a_proxy_is_judged_by_its_image_not_by_what_the_node_reports() -> None:
    (told,) = words("ver-proxy-skew", "v1.36.5", node("v1.36.5"), proxy("v1.32.1"))[:1]
    assert told == "kube-proxy 1.32.1: 4 minors older, 3 allowed, against the API servers"


def test_a_proxy_far_from_the_kubelet_beside_it_is_told() -> None:
    (told,) = words("ver-proxy-skew", "v1.36.2", node("v1.28.15"), proxy("v1.36.2"))
    assert told == "kube-proxy 1.36.2: 8 minors newer, not allowed, against kubelet 1.28.15 of the node"


@pytest.mark.parametrize(
    ("tag", "repository"),
    [
        ("v1.36.2", "registry.k8s.io/kube-proxy"),
        ("v1.35.1-eksbuild.2", "602401143452.dkr.ecr.eu-west-1.amazonaws.com/eks/kube-proxy"),
        ("v1.33.0@sha256:" + "0" * 64, "registry.k8s.io/kube-proxy-arm64"),
    ],
)
def test_a_proxy_that_fits_is_fine_whoever_built_it(tag: str, repository: str) -> None:
    assert words("ver-proxy-skew", "v1.36.5", node("v1.36.5"), proxy(tag, repository=repository)) == []


def test_without_kube_proxy_another_data_plane_does_its_work() -> None:
    result = run_one(cluster("v1.36.5", node()), CHECKS["ver-proxy-skew"])
    assert result.findings == ()
    assert result.tally.not_applicable == 1


def test_proxies_that_could_not_be_read_are_unknown() -> None:
    world = [{"kind": "Cluster", "serverVersion": "v1.36.5", "today": TODAY}, node()]
    (found,) = judged("ver-proxy-skew", snapshot_of(world, forbidden=(kinds.POD,)))
    assert found.verdict is Verdict.UNKNOWN


def deployment(image: str, namespace: str = "kube-system") -> dict[str, Any]:
    spec = {"containers": [{"name": "main", "image": image}]}
    labels = {"app": "x"}
    template = {"metadata": {"labels": labels}, "spec": spec}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "x", "namespace": namespace},
        "spec": {"selector": {"matchLabels": labels}, "template": template},
    }


@pytest.mark.parametrize(
    ("image", "flaw", "severity"),
    [
        ("registry.k8s.io/ingress-nginx/controller:v1.11.4", "CVE-2025-1974", Severity.CRITICAL),
        ("registry.k8s.io/ingress-nginx/controller:v1.11.5", "CVE-2025-1974", None),
        ("registry.k8s.io/ingress-nginx/controller-chroot:v1.12.0", "CVE-2025-1974", Severity.CRITICAL),
        ("registry.k8s.io/ingress-nginx/controller:v1.12.1@sha256:00", "CVE-2025-1974", None),
        ("registry.k8s.io/coredns/coredns:v1.14.2", "CVE-2026-26017", None),
        ("registry.k8s.io/coredns/coredns:v1.14.1", "CVE-2026-26017", Severity.LOW),
        ("registry.k8s.io/sig-storage/nfsplugin:v4.13.0", "CVE-2026-3864", Severity.LOW),
        ("registry.k8s.io/sig-storage/nfsplugin:v4.13.1", "CVE-2026-3864", None),
    ],
)
def test_a_component_in_a_pod_is_judged_by_its_tag(image: str, flaw: str, severity: Severity | None) -> None:
    found = judged("ver-component-cve", cluster("v1.36.5", deployment(image)))
    told = [piece.severity for item in found for piece in item.evidence if flaw in piece.words]
    assert told == ([] if severity is None else [severity])


def test_a_component_whose_tag_says_nothing_is_unknown() -> None:
    (found,) = judged(
        "ver-component-cve", cluster("v1.36.5", deployment("registry.k8s.io/coredns/coredns:latest"))
    )
    assert found.verdict is Verdict.UNKNOWN


def test_a_program_of_the_same_name_elsewhere_is_no_part_of_this_control_plane() -> None:
    hosted = static("kube-apiserver", "registry.k8s.io/kube-apiserver:v1.20.0")
    hosted["metadata"]["namespace"] = "tenant-a"
    (found,) = judged("ver-server-skew", cluster("v1.36.5", hosted))
    assert found.verdict is Verdict.UNKNOWN
