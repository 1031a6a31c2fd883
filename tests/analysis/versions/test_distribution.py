"""Whose Kubernetes a node or a cluster is."""

from __future__ import annotations

from typing import Any

import pytest

from ksec_tui.analysis.versions.distribution import cluster_distribution, node_distribution
from ksec_tui.analysis.versions.numbers import parse
from ksec_tui.cluster.kinds import NODE
from ksec_tui.data.versions import distributions
from ksec_tui.findings.examples import snapshot_of

PLAIN = "v1.34.2"


def node(
    kubelet: str = PLAIN,
    *,
    name: str = "n1",
    provider: str = "",
    image: str = "",
    labels: dict[str, str] | None = None,
) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": labels or {}},
        "spec": {"providerID": provider},
        "status": {"nodeInfo": {"kubeletVersion": kubelet, "osImage": image}},
    }


ROWS = [
    ("eks", node("v1.33.5-eks-3cfe0ce")),
    ("eks", node(labels={"eks.amazonaws.com/nodegroup": "a"})),
    ("eks", node(labels={"alpha.eksctl.io/cluster-name": "a"})),
    ("gke", node("v1.36.3-gke.1640000")),
    ("gke", node(labels={"cloud.google.com/gke-nodepool": "a"})),
    ("aks", node(labels={"kubernetes.azure.com/agentpool": "a"})),
    ("aks", node("v1.27.16-akslts")),
    ("openshift", node("v1.27.6+f67aeb3")),
    ("openshift", node(labels={"node.openshift.io/os_id": "rhcos"})),
    ("k3s", node("v1.29.14+k3s1")),
    ("k3s", node(labels={"node.kubernetes.io/instance-type": "k3s"})),
    ("k3s", node(provider="k3s://edge-1")),
    ("k3d", node("v1.29.14+k3s1", name="k3d-dev-server-0")),
    ("rke2", node("v1.32.5+rke2r1")),
    ("rke2", node(labels={"node.kubernetes.io/instance-type": "rke2"})),
    ("rke1", node("v1.26.8-rancher1")),
    ("ibm-iks", node("v1.30.4+IKS")),
    ("ibm-iks", node(labels={"ibm-cloud.kubernetes.io/worker-id": "a"})),
    ("alibaba-ack", node("v1.28.9-aliyun.1")),
    ("alibaba-ack", node(labels={"alibabacloud.com/nodepool-id": "a"})),
    ("tanzu", node("v1.28.8+vmware.1-fips.1")),
    ("tanzu", node(labels={"run.tanzu.vmware.com/kubernetesDistributionVersion": "a"})),
    ("microk8s", node(labels={"microk8s.io/cluster": "true"})),
    ("minikube", node(labels={"minikube.k8s.io/name": "a"})),
    ("kind", node(provider="kind://docker/kind/kind-worker")),
    ("docker-desktop", node(name="docker-desktop")),
    ("talos", node(image="Talos (v1.8.0)")),
    ("digitalocean", node(labels={"doks.digitalocean.com/node-pool": "a"})),
    ("digitalocean", node(provider="digitalocean://1")),
    ("linode", node(labels={"lke.linode.com/pool-id": "1"})),
    ("linode", node(provider="linode://1")),
    ("oracle-oke", node(labels={"oci.oraclecloud.com/fault-domain": "FD-1"})),
    ("oracle-oke", node(provider="ocid1.instance.oc1")),
    ("vultr", node(labels={"vke.vultr.com/node-pool": "a"})),
    ("scaleway", node(labels={"k8s.scaleway.com/pool": "a"})),
    ("ovh", node(labels={"node.k8s.ovh/type": "standard"})),
    # A cloud alone is no distribution: kops and kubeadm run there too. Nor is a label of another value.
    ("upstream", node(labels={"nodepool": "a"})),
    ("upstream", node(provider="aws:///eu-west-1a/i-0a1b2c3d")),
    ("upstream", node(provider="gce://project/zone/name")),
    ("upstream", node(provider="azure:///subscriptions/x")),
    ("upstream", node(labels={"node.kubernetes.io/instance-type": "m5.large"})),
    ("upstream", node(labels={"microk8s.io/cluster": "false"})),
    ("upstream", node(name="docker-desktop-2")),
    ("upstream", node()),
    ("other", node("v1.34.2+company.4")),
]


@pytest.mark.parametrize(
    ("expected", "document"), ROWS, ids=lambda value: value if isinstance(value, str) else ""
)
def test_a_node_is_known_by_version_labels_name_provider_or_system(
    expected: str, document: dict[str, Any]
) -> None:
    (found,) = snapshot_of([document]).of(NODE)
    kubelet = parse(found.status.node_info.kubelet_version)
    assert node_distribution(found, kubelet).id == expected


def test_every_distribution_of_the_data_has_a_row_here() -> None:
    known = {item.id for item in distributions().distributions}
    assert known - {expected for expected, _ in ROWS} == {"kubeadm"}


def cluster(server: str, *documents: dict[str, Any]) -> str:
    found = snapshot_of([{"kind": "Cluster", "serverVersion": server, "today": "2026-11-21"}, *documents])
    return cluster_distribution(found).id


def definition(name: str) -> dict[str, Any]:
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": name},
    }


@pytest.mark.parametrize(
    ("expected", "server", "documents"),
    [
        ("eks", "v1.33.5-eks-3cfe0ce", [node()]),
        ("aks", PLAIN, [node(labels={"kubernetes.azure.com/cluster": "a"}, name=name) for name in "ab"]),
        ("kind", PLAIN, [node(provider="kind://docker/kind/a")]),
        ("k3d", "v1.33.5+k3s1", [node("v1.33.5+k3s1", name="k3d-dev-agent-0")]),
        ("k3s", "v1.33.5+k3s1", [node("v1.33.5+k3s1")]),
        ("openshift", PLAIN, [definition("clusterversions.config.openshift.io")]),
        ("kubeadm", PLAIN, [node(labels={"node-role.kubernetes.io/control-plane": ""})]),
        ("upstream", PLAIN, [node()]),
        ("upstream", PLAIN, []),
        # One pool of a provider in a cluster of one's own does not make it the provider's.
        ("upstream", PLAIN, [node(labels={"cloud.google.com/gke-nodepool": "a"}), node(name="n2")]),
    ],
)
def test_a_cluster_is_known_by_its_server_its_nodes_or_its_api(
    expected: str, server: str, documents: list[dict[str, Any]]
) -> None:
    assert cluster(server, *documents) == expected
