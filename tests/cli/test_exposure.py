"""exposure: what is reached from where, with the way; what is not certain or not read says so."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.analysis.network.worlds import (
    Tree,
    balancer,
    daemon_set,
    definition,
    deployment,
    ingress,
    node,
    policy,
    service,
)
from tests.analysis.rbac.worlds import bind, role, rule
from tests.cli.conftest import Ksec


@pytest.fixture
def manifests(tmp_path: Path) -> str:
    return _written(
        tmp_path,
        deployment(),
        balancer(),
        deployment("admin", port=9000),
        service("admin", type="NodePort"),
        deployment("shut", port=7000),
        balancer("shut", address="203.0.113.8"),
        policy("nobody", podSelector={"matchLabels": {"app": "shut"}}, policyTypes=["Ingress"]),
        balancer("lost", address="203.0.113.9"),
        ingress("gone", backend="gone"),
        node("n1", ("InternalIP", "10.0.0.1")),
    )


def _written(folder: Path, *trees: Tree) -> str:
    path = folder / "cluster.yaml"
    path.write_text(yaml.safe_dump_all(trees), encoding="utf-8")
    return str(path)


def test_the_widest_and_surest_comes_first_and_nothing_published_is_left_out(
    ksec: Ksec, manifests: str
) -> None:
    answer = ksec("exposure", "-f", manifests)
    assert answer.code == 0
    head, *rows = answer.out.splitlines()
    assert head.split() == ["FROM", "WORKLOAD", "PORT", "POLICY", "WAY"]
    assert rows[0].split("  ")[0] == "internet"
    assert "Deployment shop/web" in rows[0]
    assert "Service shop/web (LoadBalancer 203.0.113.7)" in rows[0]
    shut = next(row for row in rows if "shop/shut" in row)
    assert shut.startswith("internet (shut)")
    assert "nobody" in shut
    assert any("Service shop/lost" in row and "no pods match its selector" in row for row in rows)
    assert any("Ingress shop/gone" in row and "does not exist" in row for row in rows)
    assert any(row.startswith("nodes ") and "Deployment shop/admin" in row for row in rows)


def test_a_zone_narrows_the_list_and_all_adds_those_inside_the_cluster(ksec: Ksec, manifests: str) -> None:
    nodes = ksec("exposure", "-f", manifests, "--zone", "nodes").out.splitlines()[1:]
    assert {row.split()[0] for row in nodes if not row.startswith("note:")} == {"nodes"}
    everything = ksec("exposure", "-f", manifests, "--all").out
    assert "no policy governs it: open by default" in everything
    inner = json.loads(ksec("exposure", "-f", manifests, "--zone", "any-pod", "-o", "json").out)
    answers = {item["workload"]["name"]: item["zones"]["any pod"]["answer"] for item in inner["ports"]}
    assert answers == {"web": "yes", "admin": "yes", "shut": "no"}


def test_json_holds_the_chain_with_the_path_of_each_field(ksec: Ksec, manifests: str) -> None:
    tree: dict[str, Any] = json.loads(ksec("exposure", "-f", manifests, "-o", "json").out)
    web = next(item for item in tree["exposures"] if item["workload"]["name"] == "web")
    assert (web["zone"], web["answer"], web["port"]) == ("internet", "yes", 8080)
    assert [link["object"]["kind"] for link in web["chain"]] == ["Service", "Deployment"]
    assert web["chain"][0]["path"] == "/status/loadBalancer/ingress"
    (shut,) = tree["shut"]
    assert (shut["answer"], shut["policies"][0]["name"]) == ("no", "nobody")
    assert {item["missing"] for item in tree["deadEnds"]} >= {"no pods match its selector"}


def test_what_is_seen_but_not_followed_is_told(ksec: Ksec, tmp_path: Path) -> None:
    path = _written(
        tmp_path,
        deployment("tunnel", image="docker.io/cloudflare/cloudflared:2026.1.0"),
        definition("virtualservices.networking.istio.io"),
        daemon_set("flannel", "docker.io/flannel/flannel:v0.27.0"),
    )
    out = ksec("exposure", "-f", path).out
    assert "note: Istio VirtualServices may lead traffic to pods and are not analysed" in out
    assert "looks like Cloudflare Tunnel" in out
    assert "ignores NetworkPolicies" in out


def test_files_without_a_kind_are_told_apart_from_what_could_not_be_read(ksec: Ksec, manifests: str) -> None:
    answer = ksec("exposure", "-f", manifests)
    assert answer.code == 0
    assert "not supplied: ingressclasses.networking.k8s.io" in answer.err
    assert "\nnot known:" not in answer.out


def test_who_passes_by_rights_is_told_beside(ksec: Ksec, tmp_path: Path) -> None:
    path = _written(
        tmp_path,
        deployment(),
        role("forward", rule("create", "pods/portforward")),
        bind("forward", "ClusterRole forward", "User ann"),
        role("shop/here", rule("create", "pods/portforward")),
        bind("shop/here", "Role here", "User bob"),
    )
    out = ksec("exposure", "-f", path).out
    assert "past every policy, all pods are reached by User ann\n" in out
    tree = json.loads(ksec("exposure", "-f", path, "-o", "json").out)
    assert tree["apiServer"] == [{"subject": "User ann", "right": "create pods/portforward"}]


def test_an_unknown_zone_is_refused(ksec: Ksec, manifests: str) -> None:
    assert ksec("exposure", "-f", manifests, "--zone", "moon").code == 2
