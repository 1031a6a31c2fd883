"""A real cluster: everything that is published appears with its chain, and nothing internal is called internet."""

from __future__ import annotations

import ipaddress
import re
from pathlib import Path

import pytest

from ksec_tui.analysis.network.balancers import Zone
from ksec_tui.analysis.network.dead_ends import dead_ends
from ksec_tui.analysis.network.exposure import Certainty, blocked, exposures
from ksec_tui.analysis.network.surface import surface
from ksec_tui.analysis.workloads import workload_named
from ksec_tui.cluster.kinds import GATEWAY, HTTP_ROUTE, INGRESS, NODE, POD, SERVICE
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.sources.base import load
from ksec_tui.sources.files import FileSource

CLUSTER = Path(__file__).parents[4] / "shared" / "cluster"
pytestmark = pytest.mark.skipif(
    not CLUSTER.is_dir(), reason="the dump of a cluster is not beside this checkout"
)


@pytest.fixture(scope="module")
def cluster() -> Snapshot:
    return load(FileSource([str(CLUSTER)], today="2026-11-21"))[0]


def test_every_published_object_appears_with_its_chain(cluster: Snapshot) -> None:
    chains = [item.chain for item in (*exposures(cluster), *blocked(cluster))]
    chains += [item.chain for item in dead_ends(cluster)]
    told = {link.ref for chain in chains for link in chain}
    published = [
        item.ref
        for item in cluster.of(SERVICE)
        if item.spec.type in ("LoadBalancer", "NodePort") or item.spec.external_ips
    ]
    published += [item.ref for kind in (INGRESS, GATEWAY, HTTP_ROUTE) for item in cluster.of(kind)]
    assert len(published) > 30
    assert [str(ref) for ref in published if ref not in told] == []


def test_no_internal_address_is_called_internet(cluster: Snapshot) -> None:
    internal = {pod.status.pod_ip for pod in cluster.of(POD)} | {
        pod.status.host_ip for pod in cluster.of(POD)
    }
    internal |= {
        item.address
        for node in cluster.of(NODE)
        for item in node.status.addresses
        if item.type == "InternalIP"
    }
    for item in exposures(cluster):
        if item.zone is Zone.INTERNET:
            # What lies before the proxy or Service tells the zone.
            for text in re.findall(r"\d+\.\d+\.\d+\.\d+", item.chain[0].words):
                address = ipaddress.ip_address(text)
                assert text not in internal, item.words
                assert not any(
                    address in ipaddress.ip_network(block) for block in ("10.0.0.0/8", "172.16.0.0/12")
                ), item.words


def test_only_what_has_a_public_address_is_on_the_internet_for_certain(cluster: Snapshot) -> None:
    sure = [
        item for item in exposures(cluster) if item.zone is Zone.INTERNET and item.certainty is Certainty.YES
    ]
    assert sure
    for item in sure:
        door = cluster.find(SERVICE, item.chain[0].ref.name, item.chain[0].ref.namespace)
        assert door is not None
        assert door.status.load_balancer.ingress, item.words


def test_an_ingress_without_a_class_is_on_no_known_network(cluster: Snapshot) -> None:
    keycloak = workload_named(cluster, ObjectRef("keycloak", "StatefulSet", "keycloak", "apps"))
    assert keycloak is not None
    (found,) = (item for item in surface(cluster, keycloak) if item.port == 8080)
    assert found.zone(Zone.INTERNET).words == "maybe"
    assert "names no class" in found.zone(Zone.INTERNET).answer.reason
