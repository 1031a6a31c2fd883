"""connections: forms, exit codes, what is told beside the list, and differences of two states."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
import yaml

from tests.analysis.network.listing.test_lists import pod, policy
from tests.analysis.network.worlds import Tree, deployment
from tests.cli.conftest import Ksec


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A web server that anyone may reach, a database that the web server alone may."""
    rule = policy(
        podSelector={"matchLabels": {"app": "db"}},
        ingress=[{"from": [{"podSelector": {"matchLabels": {"app": "web"}}}], "ports": [{"port": 5432}]}],
    )
    return written(tmp_path / "shop.yaml", deployment("web"), deployment("db"), rule)


def written(path: Path, *trees: Tree) -> Path:
    path.write_text(yaml.safe_dump_all(trees), encoding="utf-8")
    return path


def test_the_plain_list_is_a_table(ksec: Ksec, shop: Path) -> None:
    answer = ksec("connections", "-f", str(shop))
    assert answer.code == 0
    assert [line.split("  ")[0] for line in answer.out.splitlines()] == [
        "SOURCE",
        *["Deployment shop/db"] * 2,
        *["Deployment shop/web"] * 2,
        "any address outside",
    ]
    assert "Deployment shop/web  Deployment shop/db   TCP 5432\n" in answer.out
    assert "policies are enforced" in answer.err


def test_the_plain_list_in_json_names_ends_ports_and_doubts(ksec: Ksec, shop: Path) -> None:
    tree = json.loads(
        ksec("connections", "-f", str(shop), "-o", "json", "--focus", "db", "--peer", "web").out
    )
    into = {
        "source": {"kind": "Deployment", "namespace": "shop", "name": "web"},
        "destination": {"kind": "Deployment", "namespace": "shop", "name": "db"},
        "connections": {"TCP": "5432", "others": False},
    }
    assert into in tree["connections"]
    assert len(tree["connections"]) == 2
    assert any("enforced" in words for words in tree["doubts"])


def test_the_plain_list_in_csv_has_a_row_for_each_pair(ksec: Ksec, shop: Path) -> None:
    rows = list(csv.reader(io.StringIO(ksec("connections", "-f", str(shop), "-o", "csv").out)))
    assert rows[0] == ["source", "destination", "connections"]
    assert ["Deployment shop/web", "Deployment shop/db", "TCP 5432"] in rows


def test_nothing_that_may_connect_is_said_so(ksec: Ksec, tmp_path: Path) -> None:
    closed = policy(policyTypes=["Ingress", "Egress"])
    path = written(tmp_path / "closed.yaml", deployment("web"), closed)
    answer = ksec("connections", "-f", str(path))
    assert (answer.code, answer.out) == (0, "nothing may connect to anything\n")


def test_a_policy_that_a_server_refuses_is_named_and_the_rest_listed(ksec: Ksec, tmp_path: Path) -> None:
    bad = policy(ingress=[{"from": [{"ipBlock": {"cidr": "ten"}}]}])
    path = written(tmp_path / "bad.yaml", deployment("web"), bad)
    answer = ksec("connections", "-f", str(path))
    assert answer.code == 1
    assert "bad.yaml:" in answer.err
    assert "NetworkPolicy shop/p: spec.ingress[0].from[0].ipBlock.cidr: 'ten' is no block" in answer.err
    assert answer.out.splitlines()[1:] == ["Deployment shop/web  any address outside  everything"]


def test_a_policy_that_cannot_be_decoded_is_named(ksec: Ksec, tmp_path: Path) -> None:
    bad = policy(ingress={"from": []})
    path = written(tmp_path / "bad.yaml", deployment("web"), bad)
    answer = ksec("connections", "-f", str(path), "--style", "netpol-analyzer")
    assert (answer.code, answer.out) == (3, "")
    assert "error: NetworkPolicy shop/p: " in answer.err
    assert "$.spec.ingress" in answer.err


@pytest.mark.parametrize("style", ["plain", "netpol-analyzer"])
def test_a_workload_that_is_not_there_is_told(ksec: Ksec, shop: Path, style: str) -> None:
    answer = ksec("connections", "-f", str(shop), "--style", style, "--focus", "cache")
    assert answer.code == 0
    assert "there is no workload called cache" in answer.err


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("--exposure",), "--exposure needs --style netpol-analyzer"),
        (("--conn", "http"), "--conn: 'http' is no protocol and port"),
        (("--peer", "web"), "--peer and --direction need --focus"),
        (("--direction", "egress"), "--peer and --direction need --focus"),
    ],
)
def test_words_that_ask_for_nothing_are_refused(
    ksec: Ksec, shop: Path, words: tuple[str, ...], reason: str
) -> None:
    answer = ksec("connections", "-f", str(shop), *words)
    assert (answer.code, answer.out) == (2, "")
    assert reason in answer.err


def test_the_difference_of_two_states_is_told_by_pair(ksec: Ksec, shop: Path, tmp_path: Path) -> None:
    after = written(
        tmp_path / "after.yaml", deployment("web"), deployment("db"), policy(policyTypes=["Egress"])
    )
    answer = ksec("connections", "diff", str(shop), str(after), "-o", "json")
    changed = {(item["source"], item["destination"]): item["type"] for item in json.loads(answer.out)}
    assert answer.code == 0
    assert changed == {
        ("shop/db[Deployment]", "0.0.0.0-255.255.255.255[External]"): "removed",
        ("shop/db[Deployment]", "shop/web[Deployment]"): "removed",
        ("shop/web[Deployment]", "0.0.0.0-255.255.255.255[External]"): "removed",
        ("shop/web[Deployment]", "shop/db[Deployment]"): "removed",
        ("0.0.0.0-255.255.255.255[External]", "shop/db[Deployment]"): "added",
    }


def test_a_saved_snapshot_can_be_one_of_the_two_states(ksec: Ksec, shop: Path, tmp_path: Path) -> None:
    saved = str(tmp_path / "before.ksec")
    assert ksec("snapshot", "save", saved, "-f", str(shop)).code == 0
    answer = ksec("connections", "diff", saved, str(shop))
    assert (answer.code, answer.out) == (0, "")


def test_a_namespace_with_a_network_of_its_own_is_told(ksec: Ksec, shop: Path, tmp_path: Path) -> None:
    network = {
        "apiVersion": "k8s.ovn.org/v1",
        "kind": "UserDefinedNetwork",
        "metadata": {"name": "own", "namespace": "shop"},
        "spec": {"topology": "Layer2", "layer2": {"role": "Primary"}},
    }
    more = written(tmp_path / "network.yaml", network)
    for style in ("plain", "netpol-analyzer"):
        answer = ksec("connections", "-f", str(shop), "-f", str(more), "--style", style)
        assert "UserDefinedNetwork shop/own is a primary network" in answer.err


def test_names_of_others_cannot_act_in_a_list(ksec: Ksec, tmp_path: Path) -> None:
    path = written(tmp_path / "odd.yaml", pod("a\x1b[31m[red]b"), pod("c"))
    for form in ("txt", "json", "csv"):
        for style in ("plain", "netpol-analyzer"):
            answer = ksec("connections", "-f", str(path), "-o", form, "--style", style)
            assert "\x1b" not in answer.out + answer.err
