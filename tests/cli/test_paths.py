"""paths: open ways by lens, ways between two ends with what cuts them, and what follows from a start."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from tests.analysis.paths.worlds import (
    EVERYTHING,
    account,
    daemon_set,
    granted,
    namespace,
    robot,
    rule,
    user,
)
from tests.cli.conftest import TODAY, Ksec

DEMO = ("--demo", *TODAY)


@pytest.fixture
def manifests(tmp_path: Path) -> str:
    trees = [
        daemon_set(serviceAccountName="web"),
        account(),
        namespace(level="restricted"),
        *granted(robot(), EVERYTHING, name="boss"),
        *granted(user(), rule("pods", "list"), name="harmless"),
    ]
    path = tmp_path / "world.yaml"
    path.write_text(yaml.safe_dump_all(trees), encoding="utf-8")
    return str(path)


def test_each_lens_lists_its_ways_and_what_cuts_most(ksec: Ksec) -> None:
    answer = ksec("paths", *DEMO)
    assert (answer.code, answer.err) == (0, "")
    heads = [line.partition(":")[0] for line in answer.out.splitlines() if line.endswith(" open")]
    assert heads == ["external attacker", "compromised container", "compromised credentials"]
    assert answer.out.count("what cuts most:") == 3
    assert "judgements" in answer.out.splitlines()[-1]


def test_one_lens_and_fewer_ways_can_be_asked_for(ksec: Ksec) -> None:
    answer = ksec("paths", *DEMO, "--lens", "container", "--most", "2")
    assert answer.out.splitlines()[0].startswith("compromised container: ")
    assert "external" not in answer.out
    assert sum(" → " in line for line in answer.out.splitlines()) == 2


def test_the_planted_way_is_told_step_by_step_with_what_cuts_it(ksec: Ksec) -> None:
    answer = ksec("paths", *DEMO, "--from", "ci/deploy/preview-runner", "--to", "cluster-admin")
    assert answer.code == 1
    lines = answer.out.splitlines()
    assert lines[0] == "Deployment ci/preview-runner to cluster-admin: open"
    assert lines[1] == "1. 2 steps, chance 95%"
    assert "Deployment ci/preview-runner holds the token of ServiceAccount ci/deployer" in lines[2]
    assert "cut by: ClusterRoleBinding ci-deployer (rbac-cluster-admin)" in answer.out
    assert "closed for good by changing: " in answer.out


def test_json_carries_steps_techniques_evidence_and_cuts(ksec: Ksec) -> None:
    answer = ksec("paths", *DEMO, "--from", "internet", "--to", "cluster-admin", "--most", "4", "-o", "json")
    tree = json.loads(answer.out)
    assert tree["status"] == "open"
    assert len(tree["paths"]) == 4
    first = tree["paths"][0]["steps"][0]
    assert (first["kind"], first["technique"], first["from"]) == ("expose", "T1190", "zone/internet")
    assert first["evidence"][0]["object"].startswith("Service ")
    assert first["cutBy"]


def test_the_listing_as_json_holds_every_way(ksec: Ksec) -> None:
    tree = json.loads(ksec("paths", *DEMO, "-o", "json").out)
    assert [item["lens"] for item in tree["lenses"]] == [
        "external attacker",
        "compromised container",
        "compromised credentials",
    ]
    risks = [item["risk"] for item in tree["lenses"][1]["open"]]
    assert risks == sorted(risks, reverse=True)
    assert tree["gaps"] == []


def test_what_follows_is_a_tree(ksec: Ksec) -> None:
    answer = ksec("paths", *DEMO, "--from", "sa:ci/deployer")
    assert answer.out.splitlines()[0] == "ServiceAccount ci/deployer 100%"
    assert (
        "  holds cluster-admin (everything by ClusterRoleBinding ci-deployer) 100%" in answer.out.splitlines()
    )
    tree = json.loads(ksec("paths", *DEMO, "--from", "sa:ci/deployer", "-o", "json").out)
    assert tree["from"]["id"] == "account/ci/deployer"
    assert tree["from"]["then"]


def test_no_way_is_said_only_where_everything_was_read(ksec: Ksec, manifests: str) -> None:
    answer = ksec("paths", "-f", manifests, "--from", "user:ann", "--to", "cluster-admin")
    # Files do not hold every kind, so that there may be more.
    assert answer.code == 4
    assert answer.out.splitlines()[0] == "User ann to cluster-admin: not known"
    assert ksec("paths", "-f", manifests, "--from", "shop/ds/web", "--to", "cluster-admin").code == 1
    none = ksec("paths", *DEMO, "--from", "anonymous", "--to", "cluster-admin")
    assert (none.code, none.out) == (0, "User system:anonymous to cluster-admin: none\n")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--to", "node"), "--to needs --from"),
        (("--from", "moon"), "'moon' is none of internet, outside"),
        (("--from", "user:nobody"), "User nobody is not among what was read"),
        (("--from", "internet", "--lens", "external"), "--lens lists every start"),
        (("--most", "-1"), "--most"),
        (("--from", "shop/web/x/y"), "is none of"),
    ],
)
def test_what_means_nothing_is_refused(ksec: Ksec, words: tuple[str, ...], said: str) -> None:
    answer = ksec("paths", *DEMO, *words)
    assert answer.code == 2
    assert said in answer.err


def test_every_form_of_an_end_is_understood(ksec: Ksec) -> None:
    for text in (
        "outside",
        "group:sre",
        "node/harbor-cp-1",
        "secrets:ci",
        "secret:ci/deployer-token",
        "cluster-admin",
    ):
        assert ksec("paths", *DEMO, "--from", text).code == 0, text
    for text in ("cloud", "secrets", "node", "data", "namespace-secrets", "secrets:ci", "sa:ci/deployer"):
        assert ksec("paths", *DEMO, "--from", "internet", "--to", text).code == 1, text


def test_names_with_control_characters_do_not_reach_the_terminal(ksec: Ksec, tmp_path: Path) -> None:
    trees = granted({"kind": "User", "name": "a\x1b]0;x\x07"}, EVERYTHING)
    path = tmp_path / "hostile.json"
    path.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": trees}), encoding="utf-8")
    answer = ksec("paths", "-f", str(path))
    assert "\x1b" not in answer.out
    assert "\x07" not in answer.out
