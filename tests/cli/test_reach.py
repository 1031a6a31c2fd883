"""reach: verdicts with the deciding rule, exit codes that tell, batches that agree with the public truth sets."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.analysis.network.truth import rows, states
from tests.analysis.network.worlds import deployment, service
from tests.cli.conftest import Ksec

Tree = dict[str, Any]
CYCLONUS, CLUSTER = states("cyclonus"), states("cluster-network-policy")
WORDS = {True: "allow", False: "deny", None: "unknown"}


def policy(**spec: Any) -> Tree:
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "web-only", "namespace": "data"},
        "spec": {"podSelector": {}, **spec},
    }


def pod(name: str, labels: Tree, ip: str) -> Tree:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": "shop", "labels": labels},
        "spec": {"containers": [{"name": "c", "image": "x"}]},
        "status": {"phase": "Running", "podIP": ip},
    }


@pytest.fixture
def manifests(tmp_path: Path) -> str:
    rule = {"from": [{"namespaceSelector": {}, "podSelector": {"matchLabels": {"app": "web"}}}]}
    trees = [
        deployment("web"),
        deployment("db", "data", ports=[{"name": "pg", "containerPort": 5432}]),
        service("db", "data", ports=[{"port": 80, "targetPort": "pg"}]),
        policy(ingress=[{**rule, "ports": [{"port": 5432}]}]),
        pod("alone", {"app": "alone"}, "10.0.0.9"),
    ]
    path = tmp_path / "world.yaml"
    path.write_text(yaml.safe_dump_all(trees), encoding="utf-8")
    return str(path)


def test_an_allowed_connection_names_the_rule(ksec: Ksec, manifests: str) -> None:
    words = ("reach", "--from", "shop/deploy/web", "--to", "data/deploy/db", "--port", "5432/TCP")
    answer = ksec(*words, "-f", manifests)
    assert (answer.code, answer.err) == (0, "")
    head, out, into, *rest = answer.out.splitlines()
    assert head == "allowed by the policies: shop/deploy/web to data/deploy/db, TCP 5432"
    assert out == "egress   allowed  no policy governs the egress of shop/web: open by default"
    assert into == "ingress  allowed  NetworkPolicy data/web-only: Ingress rule #1 allows it"
    assert all(line.startswith("not certain: ") for line in rest)


@pytest.mark.parametrize(
    ("source", "port", "why"),
    [
        ("shop/deploy/web", "5433", "allows from shop/web other ports only"),
        ("shop/alone", "5432", "no rule of it allows from shop/alone"),
        ("203.0.113.9", "5432", "no rule of it allows from 203.0.113.9"),
    ],
)
def test_a_denied_connection_names_the_policy_that_stands_in_the_way(
    ksec: Ksec, manifests: str, source: str, port: str, why: str
) -> None:
    answer = ksec("reach", "--from", source, "--to", "data/deploy/db", "--port", port, "-f", manifests)
    assert answer.code == 1
    assert answer.out.startswith("denied by the policies: ")
    assert f"NetworkPolicy data/web-only selects data/db and {why}" in answer.out


def test_an_address_that_a_pod_has_is_that_pod(ksec: Ksec, manifests: str) -> None:
    answer = ksec("reach", "--from", "10.0.0.9", "--to", "data/deploy/db", "--port", "5432", "-f", manifests)
    assert "allows from shop/alone" in answer.out


def test_the_port_of_a_service_is_translated(ksec: Ksec, manifests: str) -> None:
    words = ("reach", "--from", "shop/deploy/web", "--to", "data/svc/db", "-f", manifests, "--port")
    answer = ksec(*words, "80", "-o", "json")
    assert answer.code == 0
    tree = json.loads(answer.out)
    (pair,) = tree["pairs"]
    assert (tree["port"], pair["port"], pair["to"]) == (80, 5432, "data/db")
    assert pair["ingress"]["reasons"][0]["policy"] == {
        "kind": "NetworkPolicy",
        "namespace": "data",
        "name": "web-only",
    }
    wrong = ksec(*words, "81")
    assert wrong.code == 2
    assert "has no port 81/TCP; it has 80/TCP" in wrong.err


def test_that_nothing_is_known_to_enforce_policies_is_said_of_what_they_deny(
    ksec: Ksec, manifests: str
) -> None:
    answer = ksec("reach", "--from", "shop/alone", "--to", "data/deploy/db", "--port", "1", "-f", manifests)
    assert "not certain: it is not known whether policies are enforced" in answer.out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--from", "a/b", "--to", "c/d"), "--from, --to and --port are needed"),
        (("--from", "a/b", "--to", "c/d", "--port", "0"), "443/TCP"),
        (("--from", "a/b", "--to", "c/d", "--port", "80/ICMP"), "443/TCP"),
        (("--from", "shop/gone", "--to", "shop/alone", "--port", "80"), "no pod shop/gone was read"),
        (("--from", "shop/deplo/web", "--to", "shop/alone", "--port", "80"), "did you mean deploy"),
        (("--from", "shop/svc/db", "--to", "shop/alone", "--port", "80"), "name a workload"),
        (("--from", "10.0.0.300", "--to", "shop/alone", "--port", "80"), "is no IP address"),
        (("--from", "web", "--to", "shop/alone", "--port", "80"), "is no IP address"),
        (("--from", "shop/alone", "--to", "data/svc/x", "--port", "80"), "no Service data/x was read"),
        (("--batch", "x", "--port", "80"), "takes every question"),
        (("--batch", "-", "-f", "-"), "cannot both read stdin"),
    ],
)
def test_wrong_questions_are_told_what_is_wrong(
    ksec: Ksec, manifests: str, words: tuple[str, ...], said: str
) -> None:
    answer = ksec("reach", *words, *(() if "-f" in words else ("-f", manifests)))
    assert (answer.code, answer.out) == (2, "")
    assert said in answer.err


def test_a_batch_answers_line_by_line(ksec: Ksec, manifests: str, tmp_path: Path) -> None:
    web, store = (
        {"namespace": "shop", "workload": "deploy/web"},
        {"namespace": "data", "workload": "deploy/db"},
    )
    questions = [
        {"from": web, "to": store, "protocol": "TCP", "port": 5432},
        {"from": {"ip": "2001:db8::1"}, "to": store, "protocol": "UDP", "port": 5432},
        {"from": {"namespace": "shop", "pod": "gone"}, "to": store, "port": 5432},
    ]
    path = tmp_path / "questions.jsonl"
    path.write_text("\n".join(map(json.dumps, questions)), encoding="utf-8")
    answer = ksec("reach", "--batch", str(path), "-f", manifests)
    assert answer.code == 4
    found = [json.loads(line) for line in answer.out.splitlines()]
    assert [(line["ingress"], line["egress"], line["allowed"]) for line in found] == [
        (True, True, True),
        (False, True, False),
        (None, None, None),
    ]
    assert found[2]["because"] == ["no pod shop/gone was read"]


def test_a_batch_with_a_bad_line_names_it(ksec: Ksec, manifests: str, tmp_path: Path) -> None:
    path = tmp_path / "questions.jsonl"
    for line in (
        "{",
        '{"from": {}, "to": {"ip": "::1"}}',
        '{"from": {"ip": "::1"}, "to": {"ip": "::1"}, "port": 0}',
    ):
        path.write_text(f"\n{line}\n", encoding="utf-8")
        answer = ksec("reach", "--batch", str(path), "-f", manifests)
        assert answer.code == 2
        assert ", line 2: " in answer.err
    assert ksec("reach", "--batch", str(tmp_path / "gone"), "-f", manifests).code == 3


def test_hostile_names_do_not_reach_the_terminal(ksec: Ksec, manifests: str) -> None:
    answer = ksec("reach", "--from", "a/\x1b]0;x\x07", "--to", "shop/alone", "--port", "1", "-f", manifests)
    assert answer.code == 2
    assert "\x1b" not in answer.err


def asked(row: dict[str, str]) -> str:
    ends = [dict(zip(("namespace", "pod"), row[key].split("/"), strict=True)) for key in ("src", "dst")]
    question = {"from": ends[0], "to": ends[1], "protocol": row["protocol"], "port": int(row["port"])}
    return json.dumps(question)


@pytest.mark.skipif(not CYCLONUS, reason="shared/conformance/network/cyclonus is not here")
def test_batches_agree_with_the_public_verdicts(ksec: Ksec, tmp_path: Path) -> None:
    path = tmp_path / "questions.jsonl"
    count = 0
    for folder in CYCLONUS:
        truth = list(rows(folder))
        count += len(truth)
        path.write_text("\n".join(map(asked, truth)), encoding="utf-8")
        answer = ksec("reach", "--batch", str(path), "-f", str(folder / "manifests.yaml"))
        assert (answer.code, answer.err) == (0, "")
        found = [json.loads(line) for line in answer.out.splitlines()]
        said = [tuple(WORDS[line[key]] for key in ("ingress", "egress", "allowed")) for line in found]
        assert said == [(row["ingress"], row["egress"], row["combined"]) for row in truth]
    assert count == 34_428


@pytest.mark.skipif(not CLUSTER, reason="shared/conformance/network/cluster-network-policy is not here")
def test_batches_agree_with_the_public_probes_of_cluster_network_policies(ksec: Ksec, tmp_path: Path) -> None:
    path = tmp_path / "questions.jsonl"
    for folder in CLUSTER:
        truth = list(rows(folder))
        path.write_text("\n".join(map(asked, truth)), encoding="utf-8")
        answer = ksec("reach", "--batch", str(path), "-f", str(folder / "manifests.yaml"))
        found = [json.loads(line)["allowed"] for line in answer.out.splitlines()]
        assert found == [row["expected"] == "allow" for row in truth]
