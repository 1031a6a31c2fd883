"""The rows of versions: the API server first, then every node; every minor with its dates."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from ksec_tui.analysis.version_rows import Component, Level, components, minors
from ksec_tui.cluster.ref import CLUSTER
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.data import demo
from ksec_tui.findings.examples import snapshot_of

TODAY = "2026-11-21"
REAL = Path(__file__).parents[3] / "shared" / "cluster"


def world(server: str, nodes: Iterable[dict[str, Any]]) -> Snapshot:
    return snapshot_of([{"kind": "Cluster", "serverVersion": server, "today": TODAY}, *nodes])


def demo_world(server: str = "") -> Snapshot:
    nodes = [dict(item) for item in demo.documents() if item["kind"] == "Node"]
    return world(server or demo.server_version()["gitVersion"], nodes)


def by_name(found: Iterable[Component]) -> dict[str, Component]:
    return {item.name: item for item in found}


def test_the_api_server_comes_first_and_every_node_has_a_row() -> None:
    found = components(demo_world())
    assert found[0].ref == CLUSTER
    assert found[0].version == "v1.33.4"
    workers = [f"harbor-worker-{number}" for number in (1, 2, 3, 4)]
    assert [item.name for item in found[1:]] == ["harbor-cp-1", "harbor-edge-1", *workers]


def test_a_row_tells_support_skew_runtime_system_and_kernel() -> None:
    item = by_name(components(demo_world()))["harbor-worker-4"]
    assert item.support.words == "end of life since 2025-07-15"
    assert item.support.days == -494
    assert (item.skew.words, item.skew.level) == ("3 minors older, the limit", Level.SOON)
    assert (item.runtime.words, item.runtime.level) == ("containerd 1.7.13 (eol)", Level.BAD)
    assert (item.system.words, item.system.level) == ("Ubuntu 20.04.6 LTS (extended)", Level.SOON)
    assert item.kernel == "5.4.0-216-generic"
    assert item.level is Level.BAD


def test_an_unknown_server_is_told_and_leaves_the_skew_of_nodes_unknown() -> None:
    nodes = [dict(item) for item in demo.documents() if item["kind"] == "Node"]
    found = components(world("", nodes))
    assert found[0].unknown.startswith("the server's version is not known")
    assert {item.skew.level for item in found} == {Level.UNKNOWN}


def test_a_node_that_reports_nothing_keeps_its_row() -> None:
    bare = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n"}}
    item = components(world("v1.36.5", [bare]))[1]
    assert item.unknown
    assert {item.support.level, item.skew.level, item.runtime.level, item.system.level} == {Level.UNKNOWN}


def test_a_provider_is_named_where_its_dates_count() -> None:
    node = {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": "n"},
        "status": {"nodeInfo": {"kubeletVersion": "v1.33.4-eks-3cfe0ce"}},
    }
    item = components(world("v1.33.4-eks-3cfe0ce", [node]))[1]
    assert item.support.words == "Amazon EKS: extended support until 2027-07-29"
    assert item.support.level is Level.SOON


def test_minors_are_listed_newest_first_with_the_nodes_on_them() -> None:
    found = minors(demo_world())
    assert [item.line for item in found][:3] == ["1.37", "1.36", "1.35"]
    used = {item.line: item.nodes for item in found if item.nodes}
    assert used == {"1.33": 4, "1.32": 1, "1.30": 1}
    assert [item.line for item in found if item.server] == ["1.33"]


def test_a_minor_that_the_data_does_not_know_is_listed_when_it_runs() -> None:
    found = minors(demo_world("v1.99.0"))
    assert (found[0].line, found[0].server, found[0].released) == ("1.99", True, None)
    assert found[0].fact.level is Level.UNKNOWN


@pytest.mark.skipif(not (REAL / "nodes.json").exists(), reason="the dump of a real cluster is not here")
def test_the_fourteen_nodes_of_a_real_cluster() -> None:
    items = json.loads((REAL / "nodes.json").read_text(encoding="utf-8"))["items"]
    server = json.loads((REAL / "version.json").read_text(encoding="utf-8"))["gitVersion"]
    found = by_name(
        components(world(server, ({"apiVersion": "v1", "kind": "Node", **item} for item in items)))
    )
    assert len(found) == 15
    told = {
        name: (item.distribution.id, item.support.level, item.skew.words, item.system.level)
        for name, item in found.items()
    }
    assert told["cp-1"] == ("upstream", Level.FINE, "same minor", Level.FINE)
    assert told["edge-arm-1"] == ("k3s", Level.BAD, "7 minors older, 3 allowed", Level.SOON)
    assert told["gke-pool-1-8f1c2b9d-x7kq"] == ("gke", Level.BAD, "6 minors older, 3 allowed", Level.FINE)
    assert told["ip-10-240-0-21.eu-west-1.compute.internal"][:2] == ("eks", Level.SOON)
    assert told["legacy-1"] == ("upstream", Level.BAD, "8 minors older, 3 allowed", Level.FINE)
    assert told["worker-b2"][2] == "3 minors older, the limit"
    assert found["gpu-1"].runtime.words == "cri-o 1.35.0"
    assert found["win-1"].system.words == "Windows Server 2022 Datacenter"
