"""Kinds of OpenShift and OVN-Kubernetes are read as their APIs state them."""

from __future__ import annotations

from ksec_tui.cluster.ingest import item_from_tree
from ksec_tui.cluster.kinds import OPENSHIFT_ROUTE, USER_DEFINED_NETWORK
from ksec_tui.cluster.openshift import OpenShiftRoute, UserDefinedNetwork


def test_a_route_names_its_services_and_the_port() -> None:
    read = item_from_tree(
        OPENSHIFT_ROUTE,
        {
            "metadata": {"name": "web", "namespace": "shop"},
            "spec": {
                "to": {"kind": "Service", "name": "web", "weight": 90},
                "alternateBackends": [{"kind": "Service", "name": "new", "weight": 10}],
                "port": {"targetPort": "http"},
            },
        },
    ).object
    assert isinstance(read, OpenShiftRoute)
    assert [target.name for target in (read.spec.to, *read.spec.alternate_backends)] == ["web", "new"]
    assert read.spec.port is not None
    assert read.spec.port.target_port == "http"


def test_the_role_of_a_network_stands_in_the_layer_of_its_topology() -> None:
    def role(spec: dict[str, object]) -> str:
        tree = {"metadata": {"name": "own", "namespace": "blue"}, "spec": spec}
        read = item_from_tree(USER_DEFINED_NETWORK, tree).object
        assert isinstance(read, UserDefinedNetwork)
        return read.role

    assert role({"topology": "Layer2", "layer2": {"role": "Primary"}}) == "Primary"
    assert role({"topology": "Layer3", "layer3": {"role": "Secondary"}}) == "Secondary"
    assert role({"topology": "Layer2"}) == ""
