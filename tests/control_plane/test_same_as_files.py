"""What is read from a real server gives what the files of the same objects give."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

from tests.control_plane.client import Tree
from tests.control_plane.conftest import Ksec
from tests.control_plane.dump import write_dump
from tests.control_plane.plane import Plane

PAYLOADS = {"sec-configmap"}
"""Checks that look into what is never asked of a server."""

ONLY_IN_THE_DEMO = {
    # The release of this server is younger.
    ("hyg-default-role-drift", "cluster"),
    ("rbac-pod-exec", "grafana-reads-everything"),
    ("ver-server-eol", "cluster"),
    # A server of today takes no misspelt labels.
    ("ns-psa-drift", "sandbox"),
    ("ns-psa-invalid-label", "sandbox"),
    # Here somebody else wrote it than the annotation of kubectl apply says, in a version that stays.
    ("ver-deprecated-api", "old-cms"),
}


def test_the_findings_are_those_of_the_files(demo: Plane, ksec: Ksec, tmp_path: Path) -> None:
    """Kinds that the server has not are absent there and "not supplied" as files, which is less known."""
    count = write_dump(demo.admin, tmp_path / "dump")
    assert count > 600
    today = dt.datetime.now(tz=dt.UTC).date().isoformat()
    live = json.loads(ksec("scan", "--kubeconfig", demo.admin_kubeconfig(), "-o", "json").out)
    files = json.loads(ksec("scan", "-f", tmp_path / "dump", "--today", today, "-o", "json").out)

    assert live["server_version"] == files["server_version"]
    assert (live["problems"], files["problems"]) == ([], [])
    kinds = live["coverage"]["kinds"]
    absent = {name for name, cover in kinds.items() if cover["state"] == "absent"}
    assert {name for name, cover in kinds.items() if cover["state"] != "ok"} == absent
    assert {name: cover for name, cover in files["coverage"]["kinds"].items() if name not in absent} == {
        name: cover for name, cover in kinds.items() if name not in absent
    }
    assert known(files) == known(live)
    assert sum(item["verdict"] == "fail" for item in live["findings"]) > 900
    # What the files leave open, the server tells, and never the other way round.
    assert {item["check"] for item in unknown(live)} - {item["check"] for item in unknown(files)} == PAYLOADS


def test_the_demo_cluster_tells_what_a_server_of_its_objects_tells(demo: Plane, ksec: Ksec) -> None:
    live = json.loads(ksec("scan", "--kubeconfig", demo.admin_kubeconfig(), "-o", "json").out)
    told = json.loads(ksec("scan", "--demo", "-o", "json").out)
    assert places(told) - places(live) <= ONLY_IN_THE_DEMO
    assert len(places(told) & places(live)) > 1000


def places(report: Tree) -> set[tuple[str, str]]:
    return {(item["check"], item["subject"]["name"]) for item in report["findings"]}


def known(report: Tree) -> list[Tree]:
    """The findings that are certain, but of what a server is not asked for."""
    return [
        item for item in report["findings"] if item["verdict"] == "fail" and item["check"] not in PAYLOADS
    ]


def unknown(report: Tree) -> list[Tree]:
    return [item for item in report["findings"] if item["verdict"] == "unknown"]
