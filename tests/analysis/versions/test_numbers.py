"""Version numbers as real components report them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ksec_tui.analysis.versions.distribution import (
    AKS,
    EKS,
    GKE,
    K3S,
    OPENSHIFT,
    OTHER,
    RKE2,
    UPSTREAM,
    Distribution,
    distribution_of,
    named,
    node_distribution,
)
from ksec_tui.analysis.versions.numbers import line_key, parse
from ksec_tui.cluster.base import ObjectMeta
from ksec_tui.cluster.platform import Node


@pytest.mark.parametrize(
    ("text", "number", "suffix", "distribution"),
    [
        ("v1.33.4", "1.33.4", "", UPSTREAM),
        ("1.33.4", "1.33.4", "", UPSTREAM),
        ("v1.31.7-eks-4096722", "1.31.7", "-eks-4096722", EKS),
        ("v1.33.5-eks-3cfe0ce", "1.33.5", "-eks-3cfe0ce", EKS),
        ("v1.30.10-gke.1070000", "1.30.10", "-gke.1070000", GKE),
        ("v1.29.14+k3s1", "1.29.14", "+k3s1", K3S),
        ("v1.32.5+rke2r1", "1.32.5", "+rke2r1", RKE2),
        ("v1.27.6+f67aeb3", "1.27.6", "+f67aeb3", OPENSHIFT),
        ("v1.27.16-akslts", "1.27.16", "-akslts", AKS),
        ("v1.28.9-aliyun.1", "1.28.9", "-aliyun.1", named("alibaba-ack")),
        ("v1.28.9+vendor.1", "1.28.9", "+vendor.1", OTHER),
        ("v1.33.4-rc1+k3s1", "1.33.4-rc.1", "+k3s1", K3S),
        ("v1.38.0-alpha.2", "1.38.0-alpha.2", "", UPSTREAM),
        ("v1.38.0-alpha.2.17+1a2b3c4d5e6f70", "1.38.0-alpha.2", ".17+1a2b3c4d5e6f70", OTHER),
        ("v1.38.0-beta.0+abcdef1", "1.38.0-beta.0", "+abcdef1", OTHER),
    ],
)
def test_a_version_is_its_number_and_what_a_vendor_added(
    text: str, number: str, suffix: str, distribution: Distribution
) -> None:
    version = parse(text)
    assert version is not None
    assert (version.number, version.suffix) == (number, suffix)
    assert distribution_of(version) is distribution


@pytest.mark.parametrize(
    "text", ["", "v1", "1.33", "27+", "latest", "v1.33.x", "v1.33." + "9" * 5000, "vv1.2.3"]
)
def test_what_is_no_x_y_z_is_no_version(text: str) -> None:
    assert parse(text) is None


@given(st.text())
def test_no_text_makes_the_reader_fail(text: str) -> None:
    assert parse(text) is None or "." in text


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ("1.9.0", "1.10.0"),
        ("1.33.4", "1.33.10"),
        ("1.38.0-alpha.2", "1.38.0-alpha.10"),
        ("1.38.0-alpha.9", "1.38.0-beta.0"),
        ("1.38.0-rc.1", "1.38.0"),
        ("1.37.9", "1.38.0-alpha.1"),
    ],
)
def test_versions_are_ordered_by_number_and_pre_releases_come_first(older: str, newer: str) -> None:
    first, second = parse(older), parse(newer)
    assert first is not None
    assert second is not None
    assert first < second
    assert first != second


def test_a_vendors_build_equals_the_release_that_it_was_made_from() -> None:
    assert parse("v1.33.4-eks-3cfe0ce") == parse("1.33.4")


def test_minors_are_ordered_as_numbers() -> None:
    assert sorted(["1.10", "1.9", "1.33"], key=line_key) == ["1.9", "1.10", "1.33"]


def test_aks_is_known_by_the_labels_of_its_nodes_since_its_versions_are_plain() -> None:
    kubelet = parse("v1.34.2")
    assert kubelet is not None
    labelled = Node(metadata=ObjectMeta(name="n", labels={"kubernetes.azure.com/cluster": "MC_x"}))
    assert node_distribution(labelled, kubelet) is AKS
    assert node_distribution(Node(metadata=ObjectMeta(name="n")), kubelet) is UPSTREAM
