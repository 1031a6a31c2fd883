"""Ways in that are seen but not followed: routes of other kinds, and programs that open tunnels from inside."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ksec_tui.analysis.network.gateways import LISTENER_SETS
from ksec_tui.analysis.network.selectors import alive
from ksec_tui.analysis.network.sensitive import repository
from ksec_tui.analysis.workloads import workloads
from ksec_tui.cluster.kinds import CUSTOM_RESOURCE
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot

ROUTES: dict[str, str] = {
    "virtualservices.networking.istio.io": "Istio VirtualServices",
    "gateways.networking.istio.io": "Istio Gateways",
    "ingressroutes.traefik.io": "Traefik IngressRoutes",
    "ingressroutetcps.traefik.io": "Traefik IngressRoutes for TCP",
    "ingressrouteudps.traefik.io": "Traefik IngressRoutes for UDP",
    "ingressroutes.traefik.containo.us": "Traefik IngressRoutes",
    "httpproxies.projectcontour.io": "Contour HTTPProxies",
    "mappings.getambassador.io": "Emissary Mappings",
    "tcpmappings.getambassador.io": "Emissary TCPMappings",
    "virtualservers.k8s.nginx.org": "NGINX VirtualServers",
    "transportservers.k8s.nginx.org": "NGINX TransportServers",
    "apisixroutes.apisix.apache.org": "APISIX routes",
    "tcpingresses.configuration.konghq.com": "Kong TCPIngresses",
    "udpingresses.configuration.konghq.com": "Kong UDPIngresses",
    "ciliumenvoyconfigs.cilium.io": "CiliumEnvoyConfigs",
    "targetgroupbindings.elbv2.k8s.aws": "TargetGroupBindings of the AWS Load Balancer Controller",
    "listenersets.gateway.networking.k8s.io": LISTENER_SETS[0] + "s of the Gateway API",
    "xlistenersets.gateway.networking.x-k8s.io": LISTENER_SETS[1] + "s of the Gateway API",
    "ingresses.networking.internal.knative.dev": "Knative Ingresses",
}
"""Definitions of objects that lead traffic to pods and that this program does not follow, by full name."""

TUNNELS: tuple[tuple[str, str], ...] = (
    ("cloudflare/cloudflared", "Cloudflare Tunnel"),
    ("ngrok", "ngrok"),
    ("ngrok-agent", "ngrok"),
    ("tailscale/tailscale", "Tailscale"),
    ("frpc", "frp"),
    ("inlets", "inlets"),
    ("inlets-pro", "inlets"),
    ("localtunnel", "localtunnel"),
    ("openziti/ziti-tunnel", "OpenZiti"),
    ("openziti/zrok", "zrok"),
    ("jpillora/chisel", "chisel"),
    ("gsocket", "gsocket"),
)
"""The end of an image's name -> the program that opens a tunnel outwards and takes traffic in by it."""


@dataclass(frozen=True, slots=True)
class Unread:
    """A way in that may be there.

    Attributes:
        ref: the definition of the kind, or the workload.
        path: JSON pointer of what tells; empty for a definition.
        words: what it is.
        tunnel: whether it is a tunnel, told by an image's name alone.
    """

    ref: ObjectRef
    path: str
    words: str
    tunnel: bool = False


def unread(snapshot: Snapshot) -> tuple[Unread, ...]:
    """Every one: other kinds of routes by name, then tunnels by workload; computed once."""
    found: tuple[Unread, ...] = snapshot.derived(_collect, _collect)
    return found


def _collect(snapshot: Snapshot) -> tuple[Unread, ...]:
    return (*_routes(snapshot), *_tunnels(snapshot))


def _routes(snapshot: Snapshot) -> Iterator[Unread]:
    for item in snapshot.of(CUSTOM_RESOURCE):
        if item.name in ROUTES:
            yield Unread(item.ref, "", f"{ROUTES[item.name]} may lead traffic to pods and are not analysed")


def _tunnels(snapshot: Snapshot) -> Iterator[Unread]:
    for workload in workloads(snapshot):
        if not alive(workload):
            continue
        for item in workload.placed:
            image = repository(item.container.image)
            name = next((words for end, words in TUNNELS if f"/{image}".endswith(f"/{end}")), "")
            if name:
                words = (
                    f"container {item.container.name} looks like {name}, which takes traffic in by a tunnel"
                )
                yield Unread(workload.ref, f"{item.pointer}/image", words, tunnel=True)
                break
