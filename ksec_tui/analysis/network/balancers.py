"""Whether a load balancer faces the internet: told by its address, then by annotation or class, never guessed."""

from __future__ import annotations

import fnmatch
import ipaddress
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from typing import Literal

from ksec_tui.analysis.network.addresses import ANY4, ANY6, AddressError, AddressSet
from ksec_tui.cluster.base import KubeObject
from ksec_tui.cluster.gateway import Gateway
from ksec_tui.cluster.networking import BalancerIngress, Ingress, Service

IP = ipaddress.IPv4Address | ipaddress.IPv6Address


class Zone(Enum):
    """Where clients may stand, widest first. OUTSIDE is a private network around the cluster, not the internet.

    The last three are inside the cluster: any pod, a future one of a new namespace included; the pods of
    some namespaces; the pods of the workload's own.
    """

    INTERNET = "internet"
    OUTSIDE = "outside"
    NODES = "nodes"
    UNKNOWN = "unknown"
    ANY_POD = "any pod"
    NAMESPACES = "namespaces"
    SAME_NAMESPACE = "same namespace"


@dataclass(frozen=True, slots=True)
class Placement:
    """Where an entry is.

    Attributes:
        zone: UNKNOWN when neither address nor annotation tells.
        why: ``203.0.113.7``, or the annotation that says so, or what is missing.
        path: JSON pointer of the field that tells.
        doubt: why nothing may answer there yet; empty when an address says that something does.
    """

    zone: Zone
    why: str
    path: str
    doubt: str = ""


DOCUMENTATION = tuple(
    ipaddress.ip_network(text)
    for text in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32", "3fff::/20")
)
"""Ranges for examples (RFC 5737, 3849, 9637). `ipaddress` calls them private, but where they appear they
stand for public addresses, as in the demo cluster; no private network uses them."""

PRIVATE = AddressSet.union(
    AddressSet.block(text)
    for text in (
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "100.64.0.0/10",
        "169.254.0.0/16",
        "127.0.0.0/8",
        "fc00::/7",
        "fe80::/10",
        "::1/128",
    )
)
"""Addresses that are not routed on the internet (RFC 1918, 6598, 3927, 4193, 4291)."""

Scheme = Literal["internal", "public"]
_PREFIX = "service.beta.kubernetes.io/"
_SERVICE = "service.kubernetes.io/"

ANNOTATIONS: tuple[tuple[str, str, Scheme], ...] = (
    ("tailscale.com/funnel", "true", "public"),
    (f"{_PREFIX}aws-load-balancer-scheme", "internal", "internal"),
    (f"{_PREFIX}aws-load-balancer-scheme", "internet-facing", "public"),
    (f"{_PREFIX}aws-load-balancer-internal", "false", "public"),
    (f"{_PREFIX}aws-load-balancer-internal", "*", "internal"),  # any other value, even 0.0.0.0/0
    ("alb.ingress.kubernetes.io/scheme", "internal", "internal"),
    ("alb.ingress.kubernetes.io/scheme", "internet-facing", "public"),
    (f"{_PREFIX}azure-load-balancer-internal", "true", "internal"),
    ("appgw.ingress.kubernetes.io/use-private-ip", "true", "internal"),
    ("networking.gke.io/load-balancer-type", "internal", "internal"),
    ("cloud.google.com/load-balancer-type", "internal", "internal"),
    (f"{_PREFIX}oci-load-balancer-internal", "true", "internal"),
    ("oci-network-load-balancer.oraclecloud.com/internal", "true", "internal"),
    (f"{_PREFIX}openstack-internal-load-balancer", "true", "internal"),
    (f"{_PREFIX}alibaba-cloud-loadbalancer-address-type", "intranet", "internal"),
    (f"{_PREFIX}alibaba-cloud-loadbalancer-address-type", "internet", "public"),
    (f"{_SERVICE}qcloud-loadbalancer-internal-subnetid", "?*", "internal"),
    (f"{_SERVICE}ibm-load-balancer-cloud-provider-ip-type", "private", "internal"),
    (f"{_SERVICE}ibm-load-balancer-cloud-provider-ip-type", "public", "public"),
    (f"{_PREFIX}osc-load-balancer-internal", "true", "internal"),
    (f"{_PREFIX}do-loadbalancer-network", "internal", "internal"),
    ("load-balancer.hetzner.cloud/disable-public-network", "true", "internal"),
    (f"{_PREFIX}scw-loadbalancer-private", "true", "internal"),
    ("yandex.cloud/load-balancer-type", "internal", "internal"),
    ("yandex.cloud/load-balancer-type", "external", "public"),
    (f"{_PREFIX}cce-load-balancer-internal-vpc", "true", "internal"),
    # AWS Load Balancer Controller: internal unless aws-load-balancer-scheme says otherwise, since its 2.2.
    (f"{_PREFIX}aws-load-balancer-type", "external", "internal"),
    (f"{_PREFIX}aws-load-balancer-type", "nlb-ip", "internal"),
)
"""(annotation, value as a lower-case pattern, what it means); the first that matches counts. Each provider's
own documentation of its annotations."""

BALANCER_CLASSES: tuple[tuple[str, Scheme], ...] = (
    ("service.k8s.aws/nlb", "internal"),
    ("networking.gke.io/l4-regional-internal", "internal"),
    ("networking.gke.io/l4-regional-external", "public"),
    ("tailscale", "internal"),
)
"""spec.loadBalancerClass -> what it means when no annotation says otherwise."""

INGRESS_CLASSES: tuple[tuple[str, Scheme], ...] = (
    ("gce-internal", "internal"),
    ("gce", "public"),
    ("alb", "internal"),
    ("ingress.k8s.aws/alb", "internal"),
    ("tailscale", "internal"),
    ("tailscale.com/ts-ingress", "internal"),
)
"""Class name or controller of Ingresses that a load balancer outside the cluster serves."""

GATEWAY_CLASSES: tuple[tuple[str, Scheme], ...] = (
    ("gke-l7-rilb*", "internal"),
    ("gke-l7-cross-regional-internal*", "internal"),
    ("gke-l7-global-external*", "public"),
    ("gke-l7-regional-external*", "public"),
    ("gke-l7-gxlb*", "public"),
    ("gateway.k8s.aws/alb", "internal"),
    ("gateway.k8s.aws/nlb", "internal"),
)
"""Patterns of names of GatewayClasses (GKE's) and of their controllers (AWS's, internal unless configured)."""

SOURCE_RANGES = f"{_PREFIX}load-balancer-source-ranges"
"""The annotation that loadBalancerSourceRanges replaced and that the cloud providers still read."""


def parse_ip(text: str) -> IP | None:
    """An address, or None when `text` is none."""
    try:
        found = ipaddress.ip_address(text.strip())
    except ValueError:
        return None
    return (found.ipv4_mapped or found) if isinstance(found, ipaddress.IPv6Address) else found


def is_public(address: IP) -> bool:
    """Whether an address is one of the internet's; `DOCUMENTATION` ranges count as such."""
    return (address.is_global and not address.is_multicast) or any(
        address in network for network in DOCUMENTATION
    )


def service_placement(service: Service) -> Placement:
    """Where the load balancer of a LoadBalancer Service is."""
    meta, spec = service.metadata, service.spec
    addresses = service.status.load_balancer.ingress
    declared = _by_annotation(meta.annotations) or _by_class(
        spec.load_balancer_class or "", BALANCER_CLASSES, "/spec/loadBalancerClass"
    )
    return _by_addresses(addresses) or _pending(declared, service, addresses) or _unknown(addresses)


def ingress_placement(ingress: Ingress, class_names: Iterable[str]) -> Placement:
    """Where an Ingress is published, as far as it tells itself.

    Args:
        ingress: the Ingress.
        class_names: its class's name and controller.
    """
    addresses = ingress.status.load_balancer.ingress
    declared = _by_annotation(ingress.metadata.annotations)
    for name in class_names:
        declared = declared or _by_class(name, INGRESS_CLASSES, "/spec/ingressClassName")
    return _by_addresses(addresses) or _pending(declared, ingress, addresses) or _unknown(addresses)


def gateway_placement(gateway: Gateway, controller: str = "") -> Placement:
    """Where a Gateway is published.

    Args:
        gateway: the Gateway.
        controller: its class's controllerName; empty when that is not known.
    """
    path = "/status/addresses"
    addresses = tuple(
        BalancerIngress(ip=item.value) if parse_ip(item.value) else BalancerIngress(hostname=item.value)
        for item in gateway.status.addresses
    )
    made = gateway.spec.infrastructure
    declared = _by_annotation(made.annotations, "/spec/infrastructure/annotations") if made else None
    declared = declared or _by_annotation(gateway.metadata.annotations)
    for name in (gateway.spec.gateway_class_name, controller):
        declared = declared or _by_class(name, GATEWAY_CLASSES, "/spec/gatewayClassName")
    return (
        _by_addresses(addresses, path) or _pending(declared, gateway, addresses) or _unknown(addresses, path)
    )


def _pending(
    found: Placement | None, item: KubeObject, addresses: Iterable[BalancerIngress]
) -> Placement | None:
    """What an object declares, in doubt while the cluster that it lives in gave it no address.

    An object that no API server stored (it has no UID) is a manifest and says what will be.
    """
    if found is None or tuple(addresses) or not item.metadata.uid:
        return found
    return Placement(found.zone, found.why, found.path, "it has no address yet")


def source_ranges(service: Service) -> tuple[str, ...]:
    """The client ranges that a load balancer admits; empty for everyone.

    Ranges that together hold every address of a family (``0.0.0.0/0``, ``::/0``) are no limit.
    """
    said = service.metadata.annotations.get(SOURCE_RANGES, "")
    ranges = service.spec.load_balancer_source_ranges or tuple(
        text.strip() for text in said.split(",") if text.strip()
    )
    admitted = addresses_of(ranges)
    return () if admitted.covers(ANY4) or admitted.covers(ANY6) else ranges


def addresses_of(blocks: Iterable[str]) -> AddressSet:
    """The addresses of blocks in CIDR notation; text that is none names no address."""
    found = []
    for text in blocks:
        with suppress(AddressError):
            found.append(AddressSet.block(text))
    return AddressSet.union(found)


def node_ports(service: Service) -> bool:
    """Whether every node opens a port for the Service: NodePort always, LoadBalancer unless switched off (KEP-1864)."""
    spec = service.spec
    if spec.type == "NodePort":
        return True
    if spec.type != "LoadBalancer":
        return False
    return spec.allocate_load_balancer_node_ports is not False or any(port.node_port for port in spec.ports)


def _by_addresses(
    addresses: Iterable[BalancerIngress], path: str = "/status/loadBalancer/ingress"
) -> Placement | None:
    best: Placement | None = None
    for item in addresses:
        address = parse_ip(item.ip)
        if address is not None:
            if is_public(address):
                return Placement(Zone.INTERNET, item.ip, path)
            best = best or Placement(Zone.OUTSIDE, item.ip, path)
            continue
        zone = _by_name(item.hostname.lower())
        if zone is Zone.INTERNET:
            return Placement(zone, item.hostname, path)
        if zone is not None:
            best = best or Placement(zone, item.hostname, path)
    return best


def _by_name(hostname: str) -> Zone | None:
    """The zone that a host name tells: AWS marks internal classic and application load balancers by a prefix.

    The names of its network load balancers (``NAME.elb.REGION.amazonaws.com``) tell nothing.
    """
    if hostname == "localhost" or fnmatch.fnmatchcase(hostname, "internal-*.*.elb.amazonaws.com"):
        return Zone.OUTSIDE
    return Zone.INTERNET if fnmatch.fnmatchcase(hostname, "*.*.elb.amazonaws.com") else None


def _by_annotation(annotations: Mapping[str, str], root: str = "/metadata/annotations") -> Placement | None:
    for key, pattern, scheme in ANNOTATIONS:
        value = annotations.get(key)
        if value is not None and fnmatch.fnmatchcase(value.lower(), pattern):
            escaped = key.replace("~", "~0").replace("/", "~1")
            return Placement(_zone(scheme), f"annotation {key}: {value}", f"{root}/{escaped}")
    return None


def _by_class(name: str, table: Iterable[tuple[str, Scheme]], path: str) -> Placement | None:
    for pattern, scheme in table:
        if fnmatch.fnmatchcase(name, pattern):
            return Placement(_zone(scheme), f"class {name}", path)
    return None


def _zone(scheme: Scheme) -> Zone:
    return Zone.OUTSIDE if scheme == "internal" else Zone.INTERNET


def _unknown(addresses: Iterable[BalancerIngress], path: str = "/status/loadBalancer/ingress") -> Placement:
    name = next((item.hostname for item in addresses if item.hostname), "")
    why = f"{name}, whose addresses are not known here" if name else "no address yet"
    return Placement(Zone.UNKNOWN, why, path)
