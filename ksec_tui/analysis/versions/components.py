"""What runs besides kubelets, and in which version: told by the images of pods.

Image tags are claims of whoever pushed them; they are what the API shows. Control planes that run out of
sight have no such pods, and then nothing is known.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass

from ksec_tui.analysis.network.sensitive import repository
from ksec_tui.analysis.versions.cluster import server_version
from ksec_tui.analysis.versions.numbers import Version, parse
from ksec_tui.cluster.kinds import POD
from ksec_tui.cluster.platform import Node
from ksec_tui.cluster.pods import Pod
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot

API_SERVER = "kube-apiserver"
CONTROLLERS = ("kube-controller-manager", "kube-scheduler", "cloud-controller-manager")
PROXY = "kube-proxy"

PLACE = "kube-system"
"""Where the components of Kubernetes itself run; a pod of that name elsewhere belongs to another cluster."""

_IMAGES: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (name, re.compile(pattern))
    for name, pattern in (
        (API_SERVER, r"(?:.*/)?(?:hardened-)?kube-apiserver(?:-[a-z0-9]+)?"),
        ("kube-controller-manager", r"(?:.*/)?kube-controller-manager(?:-[a-z0-9]+)?"),
        ("kube-scheduler", r"(?:.*/)?kube-scheduler(?:-[a-z0-9]+)?"),
        ("cloud-controller-manager", r"(?:.*/)?(?:[a-z]+-)?cloud-controller-manager(?:-[a-z0-9]+)?"),
        (PROXY, r"(?:.*/)?kube-proxy(?:-[a-z0-9]+)?"),
        ("etcd", r"(?:.*/)?etcd(?:-[a-z0-9]+)?"),
        ("coredns", r"(?:.*/)?(?:hardened-)?coredns(?:-coredns)?"),
        (
            "ingress-nginx",
            r"(?:.*/)?(?:ingress-nginx/controller(?:-chroot)?|nginx-ingress-controller(?:-[a-z0-9]+)?)",
        ),
        ("csi-driver-nfs", r"(?:.*/)?nfsplugin"),
        ("csi-driver-smb", r"(?:.*/)?smbplugin"),
        ("azurefile-csi-driver", r"(?:.*/)?azurefile-csi"),
        ("secrets-store-csi-driver", r"(?:.*/)?secrets-store/driver|(?:.*/)?csi-secrets-store/driver"),
        ("secrets-store-sync-controller", r"(?:.*/)?secrets-store-sync/controller"),
        ("csi-proxy", r"(?:.*/)?csi-proxy"),
        ("aws-iam-authenticator", r"(?:.*/)?aws-iam-authenticator"),
    )
)
"""Component -> the repositories of its images, matched whole."""

KUBERNETES = frozenset({API_SERVER, *CONTROLLERS, PROXY})
"""Components whose version is that of Kubernetes."""


@dataclass(frozen=True, slots=True)
class Running:
    """A component in a pod.

    Attributes:
        component: which one.
        version: by its image's tag; None when that is no version.
        image: the image, as the pod asks for it.
        pod: the pod.
        pointer: JSON pointer of the image in the pod.
    """

    component: str
    version: Version | None
    image: str
    pod: Pod
    pointer: str

    @property
    def ref(self) -> ObjectRef:
        """The pod's name."""
        return self.pod.ref

    @property
    def node(self) -> str:
        """The node that the pod is on; empty when it is on none yet."""
        return self.pod.spec.node_name


def running(snapshot: Snapshot, component: str = "") -> tuple[Running, ...]:
    """Every known component in every pod that has not ended, or those of one component."""
    found: dict[str, tuple[Running, ...]] = snapshot.derived(_collect, _collect)
    if component:
        return found.get(component, ())
    return tuple(item for items in found.values() for item in items)


def proxies_on(snapshot: Snapshot, node: Node) -> tuple[Running, ...]:
    """The pods of kube-proxy on a node."""
    found: dict[str, tuple[Running, ...]] = snapshot.derived(_by_node, _by_node)
    return found.get(node.name, ())


def _by_node(snapshot: Snapshot) -> dict[str, tuple[Running, ...]]:
    found: dict[str, tuple[Running, ...]] = {}
    for item in running(snapshot, PROXY):
        found[item.node] = (*found.get(item.node, ()), item)
    return found


@functools.lru_cache(maxsize=8192)
def component_of(image: str) -> str:
    """Which component an image is of; empty when it is none that is known here."""
    name = repository(image)
    return next((component for component, pattern in _IMAGES if pattern.fullmatch(name)), "")


def image_version(image: str) -> Version | None:
    """The version that an image's tag states: ``1.31.2`` with suffix for ``…:v1.31.2-eksbuild.2@sha256:…``."""
    tail = image.partition("@")[0].rpartition("/")[2]
    return parse(tail.partition(":")[2])


def server_versions(snapshot: Snapshot) -> tuple[Version, ...]:
    """The versions of all API servers that can be seen, newest first: of ``/version`` and of their pods."""
    told = server_version(snapshot)
    found = {item.version for item in running(snapshot, API_SERVER) if item.version is not None}
    return tuple(sorted({*found, *((told,) if told is not None else ())}, reverse=True))


def _collect(snapshot: Snapshot) -> dict[str, tuple[Running, ...]]:
    found: dict[str, list[Running]] = {component: [] for component, _ in _IMAGES}
    known: dict[str, str] = {}  # a cluster has few images
    for pod in snapshot.of(POD):
        for index, container in enumerate(pod.spec.containers):
            image = container.image
            component = known.get(image)
            if component is None:
                component = known[image] = component_of(image)
            if not component or pod.finished or (component in KUBERNETES and pod.namespace != PLACE):
                continue
            pointer = f"/spec/containers/{index}/image"
            found[component].append(Running(component, image_version(image), image, pod, pointer))
    return {component: tuple(items) for component, items in found.items()}
