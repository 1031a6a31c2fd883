"""Which network plugins enforce NetworkPolicies."""

from __future__ import annotations

import pytest

from ksec_tui.analysis.network.engines import enforcing_cni
from ksec_tui.cluster.kinds import DAEMON_SET
from ksec_tui.findings.examples import snapshot_of
from tests.analysis.network.worlds import Tree, daemon_set, deployment

FLANNEL = daemon_set("kube-flannel-ds", "ghcr.io/flannel-io/flannel:v0.27.4")


@pytest.mark.parametrize(
    ("agents", "enforced"),
    [
        ([daemon_set("calico-node", "quay.io/calico/node:v3.31.2")], True),
        ([daemon_set("rke2-canal", "rancher/hardened-calico:v3.31.2"), FLANNEL], True),
        ([daemon_set("cilium", "quay.io/cilium/cilium:v1.18@sha256:00")], True),
        ([daemon_set("antrea-agent", "antrea/antrea-agent-ubuntu:v2.4.0")], True),
        ([daemon_set("ovnkube-node", "quay.io/openshift/art@sha256:00")], True),
        ([daemon_set("kube-router", "docker.io/cloudnativelabs/kube-router")], True),
        ([daemon_set("kube-router", "cloudnativelabs/kube-router:v2", "--run-firewall=false")], None),
        ([FLANNEL], False),
        (
            [
                FLANNEL,
                daemon_set("kube-network-policies", "registry.k8s.io/networking/kube-network-policies:v0.9"),
            ],
            True,
        ),
        ([daemon_set("kindnet", "docker.io/kindest/kindnetd:v20250512")], None),
        ([daemon_set("aws-node", "602401143452.dkr.ecr.example/amazon-k8s-cni:v1.20")], False),
        ([daemon_set("log-collector", "docker.io/fluent/fluent-bit:3.2")], None),
        ([], None),
    ],
)
def test_the_plugin_is_told_by_its_daemon_set(agents: list[Tree], enforced: bool | None) -> None:
    assert enforcing_cni(snapshot_of(agents)).value is enforced


@pytest.mark.parametrize(("switch", "enforced"), [("true", True), ("false", False)])
def test_the_amazon_plugin_enforces_only_with_its_agent_switched_on(switch: str, enforced: bool) -> None:
    tree = daemon_set("aws-node", "amazon-k8s-cni:v1.20")
    agent = daemon_set("x", "amazon/aws-network-policy-agent:v1.2", f"--enable-network-policy={switch}")
    containers = agent["spec"]["template"]["spec"]["containers"]
    tree["spec"]["template"]["spec"]["containers"].append({**containers[0], "name": "agent"})
    assert enforcing_cni(snapshot_of([tree])).value is enforced


def test_daemon_sets_that_could_not_be_read_leave_it_open() -> None:
    answer = enforcing_cni(snapshot_of([deployment()], forbidden=[DAEMON_SET]))
    assert answer.value is None
    assert "forbidden" in answer.reason
