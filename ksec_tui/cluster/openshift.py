"""Routes of OpenShift and networks of OVN-Kubernetes (openshift/api route/v1; ovn-org k8s.ovn.org/v1)."""

from __future__ import annotations

from typing import ClassVar

from ksec_tui.cluster.base import KubeObject, Part, Text


class RouteTarget(Part, frozen=True):
    """route/v1 RouteTargetReference; the kind is Service, the only one there is."""

    kind: Text = ""
    name: Text = ""
    weight: int | None = None


class RoutePort(Part, frozen=True):
    """route/v1 RoutePort: a port of the Service's endpoints, by number or by the Service port's name."""

    target_port: int | Text = ""


class OpenShiftRouteSpec(Part, frozen=True):
    """route/v1 RouteSpec as far as it says where traffic goes."""

    host: Text = ""
    to: RouteTarget = RouteTarget()
    alternate_backends: tuple[RouteTarget, ...] = ()
    port: RoutePort | None = None


class OpenShiftRoute(KubeObject, frozen=True):
    """route/v1 Route."""

    group: ClassVar[str] = "route.openshift.io"
    kind: ClassVar[str] = "Route"
    spec: OpenShiftRouteSpec = OpenShiftRouteSpec()


class NetworkLayer(Part, frozen=True):
    """k8s.ovn.org/v1 Layer2Config and Layer3Config as far as they say what the network is for."""

    role: Text = ""


class UserDefinedNetworkSpec(Part, frozen=True):
    """k8s.ovn.org/v1 UserDefinedNetworkSpec."""

    topology: Text = ""
    layer2: NetworkLayer | None = None
    layer3: NetworkLayer | None = None


class UserDefinedNetwork(KubeObject, frozen=True):
    """k8s.ovn.org/v1 UserDefinedNetwork: a network of its namespace alone."""

    group: ClassVar[str] = "k8s.ovn.org"
    kind: ClassVar[str] = "UserDefinedNetwork"
    spec: UserDefinedNetworkSpec = UserDefinedNetworkSpec()

    @property
    def role(self) -> str:
        """``Primary`` (its pods' only network for traffic between pods) or ``Secondary`` (a further one)."""
        layer = self.spec.layer2 or self.spec.layer3
        return layer.role if layer else ""
