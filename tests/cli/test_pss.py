"""pss: what a level refuses and why, exit codes that tell, batches that agree with upstream and a real server."""

from __future__ import annotations

import io
import json
import lzma
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cli.conftest import POD, Ksec

SHARED = Path(__file__).parents[3] / "shared"
PSS = SHARED / "conformance" / "pss"
ADMISSION = SHARED / "conformance" / "cluster" / "truth-psa.jsonl.xz"

HARDENED: dict[str, Any] = {
    "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
    "containers": [
        {
            "name": "app",
            "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
        }
    ],
}


@pytest.fixture
def manifests(tmp_path: Path) -> str:
    meta = {"name": "fine", "namespace": "shop"}
    fine = {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": HARDENED}
    path = tmp_path / "pods.yaml"
    path.write_text(f"{POD}---\n{yaml.safe_dump(fine)}", encoding="utf-8")
    return str(path)


def lines(path: Path, *trees: Any) -> str:
    path.write_text("".join(f"{json.dumps(tree)}\n" for tree in trees), encoding="utf-8")
    return str(path)


def test_refused_workloads_are_told_with_the_api_servers_reasons(ksec: Ksec, manifests: str) -> None:
    answer = ksec("pss", "--level", "baseline", "--version", "v1.33", "-f", manifests)
    assert answer.code == 1
    head, titles, fine, probe = answer.out.splitlines()
    assert head == "baseline of v1.33 would refuse 1 of 2 workloads"
    assert titles.split() == ["WORKLOAD", "REACHES", "REFUSED", "FOR"]
    assert fine.split() == ["Pod", "shop/fine", "restricted", "-"]
    assert probe.split(None, 3) == ["Pod", "shop/probe", "privileged", "host namespaces (hostPID=true)"]
    assert answer.err == ""


def test_a_source_in_which_all_is_admitted_exits_with_0(ksec: Ksec, tmp_path: Path) -> None:
    path = tmp_path / "pod.yaml"
    tree = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}, "spec": HARDENED}
    path.write_text(yaml.safe_dump(tree), encoding="utf-8")
    answer = ksec("pss", "-f", str(path))
    assert answer.code == 0
    assert "would refuse 0 of 1 workload" in answer.out
    assert "latest is v1.37" in answer.err


def test_what_cannot_be_read_is_never_admitted(ksec: Ksec, tmp_path: Path) -> None:
    path = tmp_path / "pod.yaml"
    tree = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}, "spec": {"hostPID": "yes"}}
    path.write_text(yaml.safe_dump(tree), encoding="utf-8")
    answer = ksec("pss", "-f", str(path))
    assert answer.code == 4
    assert "not known: " in answer.err


def test_json_holds_the_fields_that_stand_in_the_way(ksec: Ksec, manifests: str) -> None:
    answer = ksec("pss", "--level", "baseline", "--version", "v1.33", "-f", manifests, "-o", "json")
    tree = json.loads(answer.out)
    assert (tree["level"], tree["version"], tree["unknown"]) == ("baseline", "v1.33", [])
    (probe,) = (row for row in tree["workloads"] if not row["allowed"])
    assert probe["failed_checks"] == ["hostNamespaces"]
    (barrier,) = probe["barriers"]
    assert (barrier["check"], barrier["level"], barrier["fields"]) == (
        "hostNamespaces",
        "baseline",
        ["/spec/hostPID"],
    )
    assert barrier["object"].endswith("probe")


def test_all_versions_are_told_in_runs(ksec: Ksec, manifests: str) -> None:
    tree = json.loads(ksec("pss", "--version", "all", "-f", manifests, "-o", "json").out)
    rows = {row["name"]: row["runs"] for row in tree["workloads"]}
    assert [(run["from"], run["to"], run["allowed"]) for run in rows["fine"]] == [(0, 37, True)]
    assert [run["from"] for run in rows["probe"]] == [0, 8, 19, 22]
    text = ksec("pss", "--version", "all", "-f", manifests).out
    assert text.startswith("restricted of some version would refuse 1 of 2 workloads")
    assert "v1.8-v1.18" in text


def test_a_workload_is_as_good_as_the_worst_of_its_pods(ksec: Ksec, tmp_path: Path) -> None:
    owner = {"apiVersion": "apps/v1", "kind": "StatefulSet", "name": "db", "uid": "1", "controller": True}
    meta = {"name": "db", "namespace": "shop"}
    trees = [
        {
            "apiVersion": "apps/v1",
            "kind": "StatefulSet",
            "metadata": meta,
            "spec": {"template": {"spec": HARDENED}},
        },
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "db-0", "namespace": "shop", "ownerReferences": [owner]},
            "spec": {**HARDENED, "hostIPC": True},
            "status": {"phase": "Running"},
        },
    ]
    path = tmp_path / "db.yaml"
    path.write_text(yaml.safe_dump_all(trees), encoding="utf-8")
    answer = ksec("pss", "--version", "v1.30", "-f", str(path))
    assert answer.code == 1
    assert "Pod db-0: host namespaces (hostIPC=true)" in answer.out
    runs = json.loads(ksec("pss", "--version", "all", "-f", str(path), "-o", "json").out)["workloads"][0][
        "runs"
    ]
    assert [run["allowed"] for run in runs] == [False]


def test_versions_beyond_those_known_are_judged_by_the_newest_and_said_so(ksec: Ksec, manifests: str) -> None:
    answer = ksec("pss", "--version", "v1.99", "-f", manifests)
    assert answer.out.startswith("restricted of v1.37 ")
    assert "newest policy known" in answer.err


def test_a_batch_answers_each_line_under_its_id(ksec: Ksec, tmp_path: Path) -> None:
    path = lines(
        tmp_path / "b.jsonl",
        {"id": "a", "metadata": {}, "spec": HARDENED},
        {"id": 7, "metadata": {"name": "x"}, "spec": {"hostPID": True, "containers": []}},
    )
    answer = ksec("pss", "--level", "baseline", "--batch", path)
    assert answer.code == 0
    assert [json.loads(line) for line in answer.out.splitlines()] == [
        {"id": "a", "allowed": True, "failed_checks": [], "detail": ""},
        {
            "id": 7,
            "allowed": False,
            "failed_checks": ["hostNamespaces"],
            "detail": "host namespaces (hostPID=true)",
        },
    ]


def test_a_batch_says_what_it_cannot_judge(ksec: Ksec, tmp_path: Path) -> None:
    path = lines(tmp_path / "b.jsonl", {"id": "odd", "spec": {"containers": "none"}})
    answer = ksec("pss", "--batch", path)
    assert answer.code == 4
    said = json.loads(answer.out)
    assert (said["id"], said["allowed"]) == ("odd", None)
    assert "containers" in said["unknown"]


def test_a_batch_may_come_from_stdin(ksec: Ksec, monkeypatch: pytest.MonkeyPatch) -> None:
    raw = json.dumps({"spec": HARDENED}).encode()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw + b"\n\n")))
    said = json.loads(ksec("pss", "--batch", "-", "--version", "all").out)
    assert said["runs"] == [{"from": 0, "to": 37, "allowed": True, "failed_checks": [], "detail": ""}]


def test_the_way_to_restricted_is_printed_as_a_kustomization(ksec: Ksec, tmp_path: Path) -> None:
    meta = {"name": "web", "namespace": "shop"}
    spec = {"containers": [{"name": "app", "image": "a:1", "securityContext": {"privileged": True}}]}
    tree = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": meta,
        "spec": {"template": {"spec": spec}},
    }
    path = tmp_path / "web.yaml"
    path.write_text(yaml.safe_dump(tree), encoding="utf-8")
    answer = ksec("pss", "-o", "kustomize", "-f", str(path))
    assert answer.code == 0
    top = yaml.safe_load(answer.out)
    (patch,) = top["patches"]
    assert patch["target"] == {
        "group": "apps",
        "version": "v1",
        "kind": "Deployment",
        "name": "web",
        "namespace": "shop",
    }
    (app,) = yaml.safe_load(patch["patch"])["spec"]["template"]["spec"]["containers"]
    assert app["securityContext"] == {
        "privileged": None,
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
    }
    assert "# " in answer.out
    assert "review" in answer.out


def test_what_no_patch_can_do_is_said_beside_the_kustomization(ksec: Ksec, manifests: str) -> None:
    answer = ksec("pss", "-o", "kustomize", "-f", manifests)
    assert answer.code == 1
    assert yaml.safe_load(answer.out)["patches"] == []
    assert "cannot be changed in place" in answer.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("-o", "kustomize", "--level", "baseline", "--demo"), "leads to restricted"),
        (("-o", "kustomize", "--batch", "x"), "one JSON object a line"),
        (("--version", "1.33"), "no version"),
        (("--version", "v1.033"), "no version"),
        (("--level", "privileged"), "invalid choice"),
        (("--batch", "x", "--demo"), "no other source"),
    ],
)
def test_wrong_usage_is_explained(ksec: Ksec, words: tuple[str, ...], said: str) -> None:
    answer = ksec("pss", *words)
    assert (answer.code, answer.out) == (2, "")
    assert said in answer.err


@pytest.mark.parametrize(
    ("line", "said"), [("[]", "spec"), ("{", "line 1"), ('{"spec": {}, "metadata": []}', "metadata")]
)
def test_a_line_that_is_no_pod_is_named(ksec: Ksec, tmp_path: Path, line: str, said: str) -> None:
    path = tmp_path / "b.jsonl"
    path.write_text(f"{line}\n", encoding="utf-8")
    answer = ksec("pss", "--batch", str(path))
    assert (answer.code, answer.out) == (2, "")
    assert said in answer.err


def test_a_batch_that_is_not_there_is_an_unreadable_source(ksec: Ksec, tmp_path: Path) -> None:
    assert ksec("pss", "--batch", str(tmp_path / "none")).code == 3


@pytest.mark.skipif(not PSS.is_dir(), reason="shared/conformance/pss is not here")
@pytest.mark.parametrize("level", ["baseline", "restricted"])
def test_a_batch_agrees_with_upstream_in_every_version(ksec: Ksec, level: str) -> None:
    names = ("synthetic-edge", "synthetic-random", "upstream-fixtures-all-versions", "real-manifests")
    count = 0
    for name in names:
        path = PSS / f"{name}.jsonl"
        answer = ksec("pss", "--level", level, "--version", "all", "--batch", str(path))
        assert answer.code == 0
        rows = map(json.loads, path.read_text(encoding="utf-8").splitlines())
        for row, line in zip(rows, answer.out.splitlines(), strict=True):
            assert json.loads(line) == {"id": row["id"], "runs": row[level]}
            count += 1
    assert count >= 1954


@pytest.mark.skipif(
    not (ADMISSION.is_file() and (SHARED / "cluster").is_dir()),
    reason="shared/cluster and its truth set are not here",
)
@pytest.mark.parametrize("level", ["baseline", "restricted"])
def test_a_batch_agrees_with_a_real_api_server(ksec: Ksec, tmp_path: Path, level: str) -> None:
    listed = json.loads((SHARED / "cluster" / "pods.json").read_text(encoding="utf-8"))["items"]
    names = [(item["metadata"]["namespace"], item["metadata"]["name"]) for item in listed]
    cases = [{"id": name, **item} for name, item in zip(names, listed, strict=True)]
    path = lines(tmp_path / "b.jsonl", *cases)
    answer = ksec("pss", "--level", level, "--version", "v1.36", "--batch", path)
    said = {tuple(row["id"]): row for row in map(json.loads, answer.out.splitlines())}
    with lzma.open(ADMISSION, "rt", encoding="utf-8") as file:
        truth = [row for row in map(json.loads, file) if row["level"] == level]
    assert len(truth) >= 663
    for row in truth:
        found = said[row["ns"], row["pod"]]
        assert found["allowed"] == row["allowed"], row
        assert found["detail"] == row["message"].partition(f'"{level}:latest": ')[2], row
