"""A load balancer is internal or public by evidence, or that is not known."""

from __future__ import annotations

from typing import Any

import pytest

from ksec_tui.analysis.network.balancers import (
    is_public,
    node_ports,
    parse_ip,
    service_placement,
    source_ranges,
)
from ksec_tui.cluster.kinds import SERVICE
from ksec_tui.cluster.networking import Service
from ksec_tui.findings.examples import snapshot_of
from tests.analysis.network.worlds import service

BETA = "service.beta.kubernetes.io"


def _service(**fields: Any) -> Service:
    return snapshot_of([service(type="LoadBalancer", **fields)]).of(SERVICE)[0]


@pytest.mark.parametrize(
    ("fields", "zone"),
    [
        ({"address": "203.0.113.7"}, "internet"),
        ({"address": "2001:db8::7"}, "internet"),
        ({"address": "8.8.8.8"}, "internet"),
        ({"address": "10.1.2.3"}, "outside"),
        ({"address": "100.64.0.9"}, "outside"),
        ({"address": "fd00::1"}, "outside"),
        ({"address": "169.254.1.1"}, "outside"),
        ({"hostname": "internal-a1-2.eu-west-1.elb.amazonaws.com"}, "outside"),
        ({"hostname": "a1-2.eu-west-1.elb.amazonaws.com"}, "internet"),
        ({"hostname": "a1-2.elb.eu-west-1.amazonaws.com"}, "unknown"),
        ({"hostname": "lb.example.net"}, "unknown"),
        ({"hostname": "localhost"}, "outside"),
        ({}, "unknown"),
        ({"annotations": {f"{BETA}/azure-load-balancer-internal": "true"}}, "outside"),
        ({"annotations": {f"{BETA}/azure-load-balancer-internal": "false"}}, "unknown"),
        ({"annotations": {"networking.gke.io/load-balancer-type": "Internal"}}, "outside"),
        ({"annotations": {f"{BETA}/aws-load-balancer-internal": "0.0.0.0/0"}}, "outside"),
        ({"annotations": {f"{BETA}/aws-load-balancer-internal": "false"}}, "internet"),
        ({"annotations": {f"{BETA}/aws-load-balancer-type": "external"}}, "outside"),
        (
            {
                "annotations": {
                    f"{BETA}/aws-load-balancer-type": "external",
                    f"{BETA}/aws-load-balancer-scheme": "internet-facing",
                }
            },
            "internet",
        ),
        ({"loadBalancerClass": "service.k8s.aws/nlb"}, "outside"),
        ({"loadBalancerClass": "tailscale"}, "outside"),
        ({"loadBalancerClass": "example.com/other"}, "unknown"),
        (
            {"address": "203.0.113.7", "annotations": {f"{BETA}/azure-load-balancer-internal": "true"}},
            "internet",
        ),
    ],
)
def test_address_then_annotation_then_class_tell(fields: dict[str, Any], zone: str) -> None:
    assert service_placement(_service(**fields)).zone.value == zone


CLOUDS = [
    ("Amazon, in-tree, internal", f"{BETA}/aws-load-balancer-internal", "true", "outside"),
    ("Amazon, scheme internal", f"{BETA}/aws-load-balancer-scheme", "internal", "outside"),
    ("Amazon, scheme public", f"{BETA}/aws-load-balancer-scheme", "internet-facing", "internet"),
    ("Amazon, targets by address", f"{BETA}/aws-load-balancer-type", "nlb-ip", "outside"),
    ("Amazon, in-tree network balancer", f"{BETA}/aws-load-balancer-type", "nlb", "unknown"),
    ("Azure", f"{BETA}/azure-load-balancer-internal", "true", "outside"),
    ("Azure, off", f"{BETA}/azure-load-balancer-internal", "false", "unknown"),
    ("Google", "networking.gke.io/load-balancer-type", "Internal", "outside"),
    ("Google, older", "cloud.google.com/load-balancer-type", "Internal", "outside"),
    ("Oracle", f"{BETA}/oci-load-balancer-internal", "true", "outside"),
    ("Oracle, network balancer", "oci-network-load-balancer.oraclecloud.com/internal", "true", "outside"),
    ("OpenStack", f"{BETA}/openstack-internal-load-balancer", "true", "outside"),
    ("Alibaba, internal", f"{BETA}/alibaba-cloud-loadbalancer-address-type", "intranet", "outside"),
    ("Alibaba, public", f"{BETA}/alibaba-cloud-loadbalancer-address-type", "internet", "internet"),
    ("Tencent", "service.kubernetes.io/qcloud-loadbalancer-internal-subnetid", "subnet-1", "outside"),
    ("IBM, private", "service.kubernetes.io/ibm-load-balancer-cloud-provider-ip-type", "private", "outside"),
    ("IBM, public", "service.kubernetes.io/ibm-load-balancer-cloud-provider-ip-type", "public", "internet"),
    ("Outscale", f"{BETA}/osc-load-balancer-internal", "true", "outside"),
    ("DigitalOcean", f"{BETA}/do-loadbalancer-network", "INTERNAL", "outside"),
    ("DigitalOcean, public", f"{BETA}/do-loadbalancer-network", "EXTERNAL", "unknown"),
    ("Hetzner", "load-balancer.hetzner.cloud/disable-public-network", "true", "outside"),
    ("Scaleway", f"{BETA}/scw-loadbalancer-private", "true", "outside"),
    ("Yandex, internal", "yandex.cloud/load-balancer-type", "internal", "outside"),
    ("Yandex, public", "yandex.cloud/load-balancer-type", "external", "internet"),
    ("Baidu", f"{BETA}/cce-load-balancer-internal-vpc", "true", "outside"),
    ("Tailscale's funnel", "tailscale.com/funnel", "true", "internet"),
    ("an annotation that is not known", "example.com/internal", "true", "unknown"),
]


@pytest.mark.parametrize(
    ("key", "value", "zone"), [row[1:] for row in CLOUDS], ids=[row[0] for row in CLOUDS]
)
def test_each_cloud_says_it_by_an_annotation_of_its_own(key: str, value: str, zone: str) -> None:
    placed = service_placement(_service(annotations={key: value}))
    assert placed.zone.value == zone
    if zone != "unknown":
        assert placed.path == "/metadata/annotations/" + key.replace("/", "~1")


def test_every_range_for_documentation_counts_as_public() -> None:
    for text in ("192.0.2.1", "198.51.100.1", "203.0.113.1", "2001:db8::1", "3fff::1"):
        address = parse_ip(text)
        assert address is not None
        assert is_public(address)


@pytest.mark.parametrize(
    ("fields", "ranges"),
    [
        ({"loadBalancerSourceRanges": ["198.51.100.0/24"]}, ("198.51.100.0/24",)),
        ({"loadBalancerSourceRanges": ["198.51.100.0/24", "0.0.0.0/0"]}, ()),
        (
            {"annotations": {f"{BETA}/load-balancer-source-ranges": "10.0.0.0/8, 192.0.2.0/24"}},
            ("10.0.0.0/8", "192.0.2.0/24"),
        ),
        ({}, ()),
    ],
)
def test_a_range_of_everything_is_no_limit(fields: dict[str, Any], ranges: tuple[str, ...]) -> None:
    assert source_ranges(_service(**fields)) == ranges


def test_node_ports_stay_when_only_their_allocation_was_switched_off() -> None:
    off = {"allocateLoadBalancerNodePorts": False}
    assert node_ports(_service())
    assert not node_ports(_service(**off))
    assert node_ports(_service(**off, ports=[{"port": 80, "nodePort": 30080}]))
