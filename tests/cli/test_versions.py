"""``versions``: every node with its support, skew and runtime; the same on any day."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.checks.versions.worlds import node
from tests.cli.conftest import TODAY, Ksec

CLUSTER = Path(__file__).parents[2].parent / "shared" / "cluster"

# Worked out by hand from the dates of upstream, EKS, GKE and containerd, as of 2026-11-21.
EXPECTED = {
    "cp-1": ("fine", "fine", "bad"),
    "cp-2": ("fine", "fine", "bad"),
    "cp-3": ("fine", "fine", "bad"),
    "edge-arm-1": ("bad", "bad", "bad"),
    "gke-pool-1-8f1c2b9d-x7kq": ("bad", "bad", "bad"),
    "gpu-1": ("fine", "fine", "fine"),
    "ip-10-240-0-21.eu-west-1.compute.internal": ("soon", "bad", "bad"),
    "legacy-1": ("bad", "bad", "bad"),
    "win-1": ("bad", "fine", "bad"),
    "worker-a1": ("fine", "fine", "bad"),
    "worker-a2": ("fine", "fine", "fine"),
    "worker-b1": ("bad", "fine", "bad"),
    "worker-b2": ("bad", "soon", "bad"),
    "worker-c1": ("bad", "bad", "bad"),
}


def tree(ksec: Ksec, *argv: str) -> dict[str, Any]:
    done = ksec("versions", *argv, "-o", "json")
    assert done.code in (0, 4), done.err
    found: dict[str, Any] = json.loads(done.out)
    return found


@pytest.mark.skipif(not CLUSTER.exists(), reason="the state of the real cluster is not here")
def test_every_node_of_the_real_cluster_is_judged_as_by_hand(ksec: Ksec) -> None:
    found = tree(ksec, "-f", str(CLUSTER), *TODAY)
    told = {
        node["name"]: tuple(node[part]["verdict"] for part in ("support", "skew", "runtime"))
        for node in found["nodes"]
    }
    assert told == EXPECTED
    assert found["server"]["servers"] == ["1.36.2", "1.36.1"]
    assert found["server"]["support"]["until"] == "2027-06-28"
    assert {node["name"]: node["distribution"] for node in found["nodes"]}["edge-arm-1"] == "K3s"
    windows = [node for node in found["nodes"] if any(hit["id"] == "CVE-2026-76654" for hit in node["cves"])]
    assert [node["name"] for node in windows] == ["win-1"]


def test_the_demo_is_told_alike_on_any_day(ksec: Ksec) -> None:
    first = ksec("versions", "--demo", *TODAY, "-o", "json").out
    assert first == ksec("versions", "--demo", *TODAY, "-o", "json").out
    found = json.loads(first)
    assert found["today"] == "2026-11-21"
    assert found["data"]["cves.json"] == "2026-09-28"
    assert found["server"]["support"]["phase"] == "end of life"


def test_another_day_is_another_verdict(ksec: Ksec) -> None:
    found = tree(ksec, "--demo", "--today", "2026-06-28")
    assert found["server"]["support"]["phase"] == "maintenance"
    assert found["server"]["support"]["days"] == 0


def test_the_table_names_server_nodes_and_what_blocks_the_next_upgrade(ksec: Ksec) -> None:
    done = ksec("versions", "--demo", *TODAY)
    assert done.code == 0
    assert done.out.startswith("v1.33.4 · ")
    assert "built 2025-08-13 (465 d)" in done.out.splitlines()[0]
    assert "data as of 2026-08-22 (91 d)" in done.out.splitlines()[0]
    assert "harbor-worker-4" in done.out
    assert "To reach 1.34 these block, in this order:" in done.out


def test_manifests_without_a_server_say_what_is_missing(ksec: Ksec, tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("{apiVersion: v1, kind: Namespace, metadata: {name: a}}", encoding="utf-8")
    done = ksec("versions", "-f", str(path), *TODAY)
    assert done.code == 4
    assert "the server's version is not known" in done.out


def test_a_managed_control_plane_is_not_visible_and_never_fine(ksec: Ksec, tmp_path: Path) -> None:
    (tmp_path / "version.json").write_text('{"gitVersion": "v1.34.2-eks-3cfe0ce"}', encoding="utf-8")
    (tmp_path / "a.yaml").write_text(
        "{apiVersion: v1, kind: List, items: [{apiVersion: v1, kind: Namespace, metadata: {name: a}}]}",
        encoding="utf-8",
    )
    found = tree(ksec, "-f", str(tmp_path), *TODAY)
    assert found["server"]["managed"] is True
    told = {item["id"]: item["status"] for item in found["safeguards"]}
    assert told["audit-log"] == "not visible"
    assert told["kms-v2"] == "not visible"


def dump(folder: Path, server: str, *nodes: dict[str, Any]) -> str:
    (folder / "version.json").write_text(json.dumps({"gitVersion": server}), encoding="utf-8")
    tree = {"apiVersion": "v1", "kind": "NodeList", "items": list(nodes)}
    (folder / "nodes.json").write_text(json.dumps(tree), encoding="utf-8")
    return str(folder)


def test_a_server_newer_than_the_data_is_never_fine_and_never_bad(ksec: Ksec, tmp_path: Path) -> None:
    path = dump(tmp_path, "v1.99.0", node("v1.99.0"))
    found = tree(ksec, "-f", path, *TODAY)
    assert found["server"]["support"]["phase"] == "unknown"
    assert found["server"]["cves"] is None
    assert found["server"]["patches_behind"] is None
    assert found["nodes"][0]["support"]["verdict"] == "unknown"
    assert "kubelet" in found["nodes"][0]["cves_not_assessed"]
    assert any("newer than the data" in reason for reason in found["cves_not_assessed"])
    text = ksec("versions", "-f", path, *TODAY).out
    assert "Not known: what comes after Kubernetes 1.99" in text


def test_hostile_names_and_versions_reach_neither_table_nor_json_raw(ksec: Ksec, tmp_path: Path) -> None:
    bad = "v1.36.5\x1b[31m\u202e[red]" + "x" * 5000
    entry = {"manager": bad, "operation": "Update", "apiVersion": "batch/v1beta1", "time": bad}
    job = {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": {"name": "a", "namespace": "b", "uid": "u", "managedFields": [entry]},
        "spec": {"schedule": "0 3 * * *"},
    }
    (tmp_path / "cronjobs.json").write_text(json.dumps(job), encoding="utf-8")
    path = dump(tmp_path, bad, node(bad, name=f"n{bad}", runtime=bad, image=bad))
    for form in ("json", "table"):
        done = ksec("versions", "-f", path, *TODAY, "-o", form)
        assert "\x1b" not in done.out
        assert "\\u001b" not in done.out
        assert "\u202e" not in done.out
        assert max(map(len, done.out.splitlines())) < 2000


def test_nodes_that_are_not_ready_and_mixed_patches_are_told(ksec: Ksec, tmp_path: Path) -> None:
    away = node("v1.33.2", name="away")
    away["spec"] = {"unschedulable": True}
    away["status"]["conditions"] = [{"type": "Ready", "status": "Unknown"}]
    path = dump(tmp_path, "v1.36.5", away, node("v1.36.5", name="b"), node("v1.36.2", name="c"))
    found = tree(ksec, "-f", path, *TODAY)
    assert {item["name"]: item["state"] for item in found["nodes"]} == {
        "away": "cordoned and not ready",
        "b": None,
        "c": None,
    }
    assert found["mixed_patches"] == {"1.36": ["1.36.5", "1.36.2"]}


@pytest.mark.parametrize("said", [None, 5, "", "yesterday", "2026-13-45T00:00:00Z"])
def test_a_build_date_that_is_none_is_left_out(ksec: Ksec, tmp_path: Path, said: object) -> None:
    path = dump(tmp_path, "v1.36.5", node("v1.36.5"))
    (tmp_path / "version.json").write_text(
        json.dumps({"gitVersion": "v1.36.5", "buildDate": said}), encoding="utf-8"
    )
    assert tree(ksec, "-f", path, *TODAY)["server"]["built"] is None
    assert "built" not in ksec("versions", "-f", path, *TODAY).out


def test_the_day_of_the_build_survives_a_saved_snapshot(ksec: Ksec, tmp_path: Path) -> None:
    path = tmp_path / "demo.ksec"
    assert ksec("snapshot", "save", str(path), "--demo", *TODAY).code == 0
    assert tree(ksec, "--snapshot", str(path), *TODAY)["server"]["built"] == "2025-08-13"


def test_dates_of_upstream_are_not_passed_off_as_those_of_a_provider(ksec: Ksec, tmp_path: Path) -> None:
    path = dump(
        tmp_path, "v1.37.1-eks-3cfe0ce", node("v1.37.1-eks-3cfe0ce"), node("v1.36.1-eks-3cfe0ce", name="b")
    )
    found = tree(ksec, "-f", path, *TODAY)
    assert found["server"]["support"]["provider"] is None
    told = {item["name"]: item["support"]["words"] for item in found["nodes"]}
    assert told["worker-1"] == "upstream supported until 2027-10-28"
    assert told["b"] == "Amazon EKS: supported until 2027-08-02"
