"""Which flaws the cluster has, and for what the list of them cannot speak."""

from __future__ import annotations

from typing import Any

import pytest

from ksec_tui.analysis.versions.upgrade import beyond, hops
from ksec_tui.analysis.versions.vulnerable import not_assessed, vulnerabilities
from ksec_tui.cluster.kinds import NODE, POD, Kind
from ksec_tui.findings.examples import snapshot_of
from tests.checks.versions.test_fitting import static
from tests.checks.versions.worlds import TODAY, cluster, node


def test_nothing_is_missing_where_everything_was_read_and_is_known() -> None:
    assert not_assessed(cluster("v1.36.5", node("v1.36.5"))) == ()


@pytest.mark.parametrize(
    ("server", "nodes", "words"),
    [
        ("", (), "version is not known"),
        ("latest", (), "no version number"),
        ("v1.99.0", (), "newer than the data"),
        ("v1.38.0-alpha.2", (), "newer than the data"),
        ("v1.36.5", (node("v1.99.1"),), "1 node: run a kubelet newer than the data"),
        ("v1.36.5", (node(""), node("", name="b")), "2 nodes: told no version of the kubelet"),
        (
            "v1.36.5",
            (node(runtime="youki://0.4.0"),),
            "1 node: run a container runtime that is not in the data, or told none",
        ),
        ("v1.36.5", (node(runtime="containerd://9.9.1"),), "run a container runtime that is not in the data"),
        ("v1.36.5", (node(runtime="cri-o://1.99.0"),), "run a container runtime that is not in the data"),
    ],
)
def test_what_the_data_or_the_reader_does_not_know_is_told(
    server: str, nodes: tuple[dict[str, Any], ...], words: str
) -> None:
    (found,) = not_assessed(cluster(server, *nodes))
    assert words in found


@pytest.mark.parametrize("kind", [NODE, POD])
def test_what_could_not_be_read_is_told(kind: Kind[Any]) -> None:
    world = [{"kind": "Cluster", "serverVersion": "v1.36.5", "today": TODAY}]
    (found,) = not_assessed(snapshot_of(world, forbidden=(kind,)))
    assert "could not be listed" in found


def test_a_component_whose_image_tells_no_version_is_told() -> None:
    (found,) = not_assessed(cluster("v1.36.5", static("etcd", "registry.k8s.io/etcd@sha256:1b2c")))
    assert "1 pod of the cluster's own software" in found


def test_an_api_server_of_another_version_beside_the_one_that_answered_has_flaws_of_its_own() -> None:
    other = static("kube-apiserver", "registry.k8s.io/kube-apiserver:v1.24.0")
    found = {str(place.ref) for item in vulnerabilities(cluster("v1.36.5", other)) for place in item.places}
    assert found == {"Pod kube-system/kube-apiserver-cp-1"}
    same = static("kube-apiserver", "registry.k8s.io/kube-apiserver:v1.36.5")
    assert not any(item.places for item in vulnerabilities(cluster("v1.36.5", same)))


def test_the_way_beyond_the_newest_minor_known_is_not_known_to_a_newer_server() -> None:
    assert beyond(cluster("v1.37.1")) == ""
    assert beyond(cluster("v1.33.4")) == ""
    assert "newer than the data" in beyond(cluster("v1.38.0"))
    assert hops(cluster("v1.38.0")) == ()
    assert "version is not known" in beyond(cluster(""))
