"""Which cloud a node is a machine of, and how ServiceAccounts get identities there."""

from __future__ import annotations

from ksec_tui.cluster.kinds import SERVICE_ACCOUNT
from ksec_tui.cluster.platform import Node
from ksec_tui.cluster.snapshot import Snapshot

CLOUDS = {
    "aws": "AWS",
    "gce": "Google Cloud",
    "azure": "Azure",
    "digitalocean": "DigitalOcean",
    "openstack": "OpenStack",
    "hcloud": "Hetzner",
    "oci": "Oracle Cloud",
    "ibm": "IBM Cloud",
    "linode": "Akamai",
    "vultr": "Vultr",
    "scaleway": "Scaleway",
    "exoscale": "Exoscale",
    "equinixmetal": "Equinix Metal",
    "yandex": "Yandex Cloud",
    "huaweicloud": "Huawei Cloud",
    "qcloud": "Tencent Cloud",
}
"""Scheme of a node's providerID -> the cloud whose machines answer at 169.254.169.254."""

LOCAL = frozenset(
    {"kind", "k3s", "k0s", "minikube", "docker", "vsphere", "libvirt", "proxmox", "metal3", "baremetal"}
)
"""Schemes of providers without a metadata service that gives out credentials."""

IDENTITIES = (
    "eks.amazonaws.com/role-arn",
    "iam.gke.io/gcp-service-account",
    "azure.workload.identity/client-id",
)
"""Annotations by which an account gets an identity of its own, so that pods need not use the node's."""

CONCEALED = "iam.gke.io/gke-metadata-server-enabled"
"""Label of nodes on which GKE's own server answers pods in place of the machine's."""


def scheme(node: Node) -> str:
    """The scheme of its providerID; empty when it has none."""
    text = node.spec.provider_id
    # Oracle's controller writes the machine's bare identifier.
    return "oci" if text.startswith("ocid1.") else text.partition("://")[0] if "://" in text else ""


def cloud(node: Node) -> str:
    """The cloud that a node is a machine of; empty when none is known."""
    return CLOUDS.get(scheme(node), "")


def own_identities(snapshot: Snapshot) -> bool:
    """Whether some account has an identity of its own, so that the node's need not be worth much."""
    found: bool = snapshot.derived(_any_identity, _any_identity)
    return found


def _any_identity(snapshot: Snapshot) -> bool:
    return any(
        key in item.metadata.annotations for item in snapshot.of(SERVICE_ACCOUNT) for key in IDENTITIES
    )
