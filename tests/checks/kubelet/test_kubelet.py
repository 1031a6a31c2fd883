"""What a kubelet's configuration file means, and that nothing is known without one."""

from __future__ import annotations

from typing import Any

import pytest

from ksec_tui.checks import all_checks
from ksec_tui.cluster.ref import CLUSTER
from ksec_tui.findings.examples import snapshot_of
from ksec_tui.findings.finding import Finding
from ksec_tui.findings.runner import run_one
from ksec_tui.findings.verdict import Verdict
from tests.checks.workloads.pods import cluster, daemon_set, severity, words

CHECKS = {item.id: item for item in all_checks() if item.id.startswith("kl-")}


def config(**fields: Any) -> dict[str, Any]:
    return {"apiVersion": "kubelet.config.k8s.io/v1beta1", "kind": "KubeletConfiguration", **fields}


def found(check: str, *documents: dict[str, Any]) -> tuple[Finding, ...]:
    return run_one(snapshot_of(documents), CHECKS[check]).findings


@pytest.mark.parametrize("check", CHECKS)
def test_without_a_configuration_nothing_is_known_and_the_way_to_see_it_is_told(check: str) -> None:
    (finding,) = found(check)
    assert (finding.verdict, finding.subject) == (Verdict.UNKNOWN, CLUSTER)
    assert "kubectl -n kube-system get configmap kubelet-config" in finding.reason


SOUND = config(
    authentication={"x509": {"clientCAFile": "/pki/ca.crt"}},
    rotateCertificates=True,
    seccompDefault=True,
    podPidsLimit=4096,
    protectKernelDefaults=True,
)


@pytest.mark.parametrize("check", CHECKS)
def test_a_sound_configuration_passes_with_the_defaults_of_files(check: str) -> None:
    assert found(check, SOUND) == ()


@pytest.mark.parametrize(
    ("check", "fields", "severity"),
    [
        ("kl-anonymous", {"authentication": {"anonymous": {"enabled": True}}}, "high"),
        (
            "kl-anonymous",
            {"authentication": {"anonymous": {"enabled": True}}, "authorization": {"mode": "AlwaysAllow"}},
            "critical",
        ),
        ("kl-authz", {"authorization": {"mode": "AlwaysAllow"}}, "critical"),
        ("kl-client-ca", {"authentication": {}}, "high"),
        ("kl-readonly-port", {"readOnlyPort": 10255}, "medium"),
        ("kl-seccomp-default", {"seccompDefault": False}, "low"),
        ("kl-rotate-certs", {"rotateCertificates": False}, "low"),
        ("kl-pod-pids", {"podPidsLimit": -1}, "low"),
        ("kl-kernel-defaults", {"protectKernelDefaults": False}, "info"),
        ("kl-streaming-timeout", {"streamingConnectionIdleTimeout": "0s"}, "info"),
        ("kl-tls", {"tlsCipherSuites": ["TLS_RSA_WITH_AES_128_CBC_SHA"]}, "low"),
        ("kl-event-qps", {"eventRecordQPS": 0}, "info"),
    ],
)
def test_a_setting_that_opens_the_kubelet_is_found(check: str, fields: dict[str, Any], severity: str) -> None:
    (finding,) = found(check, SOUND | fields)
    assert (finding.verdict, finding.severity.word, finding.subject) == (Verdict.FAIL, severity, CLUSTER)
    (piece,) = finding.evidence
    assert piece.ref is not None
    assert piece.ref.kind == "KubeletConfiguration"


def test_each_of_several_configurations_is_judged() -> None:
    two = (SOUND | {"readOnlyPort": 10255}, SOUND | {"readOnlyPort": 1}, SOUND)
    (finding,) = found("kl-readonly-port", *two)
    assert len({piece.ref for piece in finding.evidence}) == 2


def test_a_default_profile_of_kubelets_makes_a_missing_one_harmless() -> None:
    pod = daemon_set()
    assert severity("wl-seccomp-missing", pod) != "info"
    assert severity("wl-seccomp-missing", pod, SOUND) == "info"
    mixed = (SOUND, SOUND | {"seccompDefault": False})
    assert severity("wl-seccomp-missing", pod, *mixed) == severity("wl-seccomp-missing", pod)
    assert "the kubelets give it none" in words("wl-seccomp-missing", pod, *mixed)[0]
    assert cluster(SOUND).count() == 1
