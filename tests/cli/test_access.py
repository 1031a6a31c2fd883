"""can-i and who-can: answers with their provenance, exit codes that tell, batches that agree with real servers."""

from __future__ import annotations

import io
import json
import lzma
import re
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.analysis.rbac.worlds import bind, role, rule
from tests.cli.conftest import Ksec

SHARED = Path(__file__).parents[3] / "shared"
needs_truth = pytest.mark.skipif(
    not (SHARED / "conformance" / "rbac").is_dir(), reason="the RBAC truth sets are not beside this checkout"
)


@pytest.fixture
def manifests(tmp_path: Path) -> str:
    trees = [
        role("reader", rule("get list", "secrets"), rule("get", urls="/metrics")),
        role("shop/debug", rule("create", "pods/exec")),
        bind("readers", "ClusterRole reader", "Group dev"),
        bind("shop/debuggers", "Role debug", "ServiceAccount bot", "User ann"),
    ]
    path = tmp_path / "rbac.yaml"
    path.write_text(yaml.safe_dump_all(trees), encoding="utf-8")
    return str(path)


def test_a_granted_right_names_binding_role_and_rule(ksec: Ksec, manifests: str) -> None:
    answer = ksec("can-i", "create", "pods/exec", "-n", "shop", "--subject", "sa:shop/bot", "-f", manifests)
    assert (answer.code, answer.err) == (0, "")
    head, columns, row = answer.out.splitlines()
    assert head == "granted by RBAC: ServiceAccount shop/bot may create pods/exec in namespace shop"
    assert columns.split() == ["SUBJECT", "SCOPE", "BINDING", "ROLE"]
    assert re.split("  +", row) == [
        "ServiceAccount shop/bot",
        "shop",
        "RoleBinding shop/debuggers",
        "Role shop/debug, rule 1",
    ]


def test_what_is_not_granted_is_never_called_denied(ksec: Ksec, manifests: str) -> None:
    answer = ksec("can-i", "create", "pods/exec", "--subject", "user:ann", "-f", manifests)
    assert answer.code == 1
    assert answer.out == "not granted by RBAC: User ann, create pods/exec in the whole cluster\n"
    assert answer.err == "ksec-tui: granted in 1 namespace: shop\n"


def test_groups_of_a_user_can_be_given(ksec: Ksec, manifests: str) -> None:
    words = ("can-i", "list", "secrets", "--subject", "user:ann", "-f", manifests)
    assert ksec(*words).code == 1
    assert ksec(*words, "--groups", "ops, dev").code == 0


def test_what_was_not_supplied_makes_it_unknown(ksec: Ksec, tmp_path: Path) -> None:
    path = tmp_path / "role.yaml"
    path.write_text(yaml.safe_dump(role("r", rule("get", "pods"))), encoding="utf-8")
    answer = ksec("can-i", "get", "pods", "--subject", "user:ann", "-f", str(path))
    assert answer.code == 4
    assert answer.out.startswith("unknown: User ann, get pods")
    assert "clusterrolebindings.rbac.authorization.k8s.io were not supplied" in answer.out
    listed = ksec("who-can", "get", "pods", "-f", str(path), "-o", "json")
    assert listed.code == 4
    assert json.loads(listed.out)["unknown"]


def test_an_answer_as_json_holds_request_verdict_and_paths(ksec: Ksec, manifests: str) -> None:
    words = ("can-i", "get", "secrets", "tls", "--subject", "group:dev", "-f", manifests, "-o", "json")
    tree = json.loads(ksec(*words).out)
    assert tree["allowed"] is True
    assert tree["request"] == {"verb": "get", "resource": "secrets", "name": "tls"}
    assert tree["by"] == ["Group dev > ClusterRoleBinding readers > ClusterRole reader, rule 1"]
    (path,) = tree["paths"]
    assert path["binding"] == {"kind": "ClusterRoleBinding", "name": "readers"}
    assert (path["rule"], path["namespace"]) == (0, None)


def test_who_can_lists_holders_here_there_and_anywhere(ksec: Ksec, manifests: str) -> None:
    def holders(*more: str) -> list[str]:
        tree = json.loads(ksec("who-can", "create", "pods/exec", "-f", manifests, "-o", "json", *more).out)
        return [holder["subject"] for holder in tree["holders"]]

    assert holders() == ["Group system:masters"]
    assert holders("-n", "shop") == ["Group system:masters", "ServiceAccount shop/bot", "User ann"]
    assert holders("-A") == holders("-n", "shop")
    text = ksec("who-can", "get", "/metrics", "-f", manifests).out.splitlines()
    assert text[0] == "granted by RBAC: get /metrics"
    assert text[2].startswith("Group dev ")
    assert "(none needed)" in text[3]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("can-i", "get", "pods"), "--subject are needed"),
        (("can-i", "get", "pods", "--subject", "ann"), "user:NAME"),
        (("can-i", "get", "pots", "--subject", "user:ann"), "did you mean pods"),
        (("who-can", "get", "pots"), "did you mean pods"),
        (("can-i", "get", "pods", "--subject", "user:ann", "--batch", "x"), "takes every question"),
        (("can-i", "--batch", "-", "-f", "-"), "cannot both read stdin"),
        (
            ("can-i", "get", "pods", "--subject", "user:a", "--context", "c"),
            "different sources|is for a live",
        ),
    ],
)
def test_wrong_usage_is_explained(ksec: Ksec, manifests: str, words: tuple[str, ...], said: str) -> None:
    more = () if "-f" in words else ("-f", manifests)
    answer = ksec(*words, *more)
    assert (answer.code, answer.out) == (2, "")
    assert any(part in answer.err for part in said.split("|"))


def test_a_batch_answers_line_by_line(
    ksec: Ksec, manifests: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    resource = {"verb": "get", "resource": "secrets", "name": "tls"}
    questions: list[dict[str, Any]] = [
        {"user": "ann", "groups": ["dev"], "resourceAttributes": resource},
        {"user": "ann", "groups": [], "resourceAttributes": resource},
        {"user": "x", "groups": ["dev"], "nonResourceAttributes": {"verb": "get", "path": "/metrics"}},
    ]
    text = "\n\n".join(json.dumps(question) for question in questions)
    path = tmp_path / "questions.jsonl"
    path.write_text(text, encoding="utf-8")
    answer = ksec("can-i", "--batch", str(path), "-f", manifests)
    assert answer.code == 0
    rows = [json.loads(line) for line in answer.out.splitlines()]
    assert [row["allowed"] for row in rows] == [True, False, True]
    assert rows[0] == {
        "allowed": True,
        "by": ["Group dev > ClusterRoleBinding readers > ClusterRole reader, rule 1"],
    }
    assert rows[1] == {"allowed": False, "by": []}
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    assert ksec("can-i", "--batch", "-", "-f", manifests).out == answer.out


def test_a_batch_says_what_is_unknown_and_where_a_line_is_wrong(ksec: Ksec, tmp_path: Path) -> None:
    manifest, questions = tmp_path / "role.yaml", tmp_path / "q.jsonl"
    manifest.write_text(yaml.safe_dump(role("r", rule("get", "pods"))), encoding="utf-8")
    questions.write_text('{"user":"a","resourceAttributes":{"verb":"get","resource":"pods"}}\n')
    answer = ksec("can-i", "--batch", str(questions), "-f", str(manifest))
    assert answer.code == 4
    row = json.loads(answer.out)
    assert row["allowed"] is False
    assert "clusterrolebindings" in row["unknown"]
    questions.write_text('{"user":"a"}\n')
    wrong = ksec("can-i", "--batch", str(questions), "-f", str(manifest))
    assert (wrong.code, wrong.out) == (2, "")
    assert "line 1: exactly one of resourceAttributes" in wrong.err
    assert ksec("can-i", "--batch", str(tmp_path / "gone"), "-f", str(manifest)).code == 3


def test_hostile_names_cannot_reach_the_terminal(ksec: Ksec, tmp_path: Path) -> None:
    path = tmp_path / "rbac.yaml"
    trees = [
        role("r\x1b[2J", rule("get", "pods")),
        bind("b\u202e", "ClusterRole r\x1b[2J", "User e\x1b]0;x\x07"),
    ]
    path.write_text(yaml.safe_dump_all(trees), encoding="utf-8")
    answer = ksec("who-can", "get", "pods", "-f", str(path))
    assert "User e" in answer.out
    assert not any(char in answer.out for char in "\x1b\x07\u202e")
    asked = ksec("can-i", "get", "pods", "--subject", "user:e\x1b]0;x\x07", "-f", str(path))
    assert asked.code == 0
    assert "\x1b" not in asked.out + asked.err


def batch(ksec: Ksec, folder: Path, source: str, questions: list[dict[str, Any]]) -> list[dict[str, Any]]:
    path = folder / "questions.jsonl"
    path.write_text("".join(f"{json.dumps(question)}\n" for question in questions), encoding="utf-8")
    answer = ksec("can-i", "--batch", str(path), "-f", source)
    assert answer.code == 0
    return [json.loads(line) for line in answer.out.splitlines()]


@needs_truth
def test_a_batch_of_five_thousand_agrees_with_a_real_server_and_its_reasons(
    ksec: Ksec, tmp_path: Path
) -> None:
    with lzma.open(SHARED / "conformance" / "rbac" / "subject-access-reviews.json.xz") as file:
        data = json.load(file)
    items = [
        {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": _KINDS[plural], **item}
        for plural, listed in data["objects"].items()
        for item in listed
    ]
    source = tmp_path / "objects.json"
    source.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": items}), encoding="utf-8")
    rows = batch(ksec, tmp_path, str(source), data["queries"])
    answers = [query["answer"] for query in data["queries"]]
    assert [row["allowed"] for row in rows] == [answer["allowed"] for answer in answers]
    assert len(rows) == 5000
    assert [row for row in rows if "unknown" in row] == []
    reasons = [(_reason(answer["reason"]), row["by"]) for answer, row in zip(answers, rows, strict=True)]
    told = [(reason, by) for reason, by in reasons if reason]
    assert len(told) > 1000
    assert [reason for reason, by in told if not any(all(word in way for word in reason) for way in by)] == []


@needs_truth
def test_a_batch_on_a_real_cluster_agrees_with_its_server(ksec: Ksec, tmp_path: Path) -> None:
    with lzma.open(SHARED / "conformance" / "cluster" / "truth-sar.jsonl.xz", "rt") as file:
        truth = [json.loads(line) for line in file]
    questions = [
        {
            "user": _user(row),
            "groups": row["groups"],
            "resourceAttributes": {
                "verb": row["verb"],
                "group": row["group"],
                "resource": row["resource"],
                "subresource": row["subresource"],
                "name": row.get("resource_name", ""),
                "namespace": row["scope"] or "",
            },
        }
        for row in truth
    ]
    rows = batch(ksec, tmp_path, str(SHARED / "cluster"), questions)
    assert len(rows) == 17_360
    assert [row["allowed"] for row in rows] == [row["allowed"] for row in truth]


_KINDS = {
    "clusterroles": "ClusterRole",
    "clusterrolebindings": "ClusterRoleBinding",
    "roles": "Role",
    "rolebindings": "RoleBinding",
}


def _user(row: dict[str, Any]) -> str:
    if row["kind"] == "ServiceAccount":
        return f"system:serviceaccount:{row['ns']}:{row['name']}"
    return row["name"] if row["kind"] == "User" else ""


def _reason(text: str) -> list[str]:
    """The names in ``RBAC: allowed by RoleBinding "b/shop" of ClusterRole "r" to User "u"``, as we write them."""
    if not text.startswith("RBAC: allowed by"):
        return []
    binding, role_name = text.split('"')[1:4:2]
    name, _, namespace = binding.partition("/")
    return [f"{namespace}/{name}" if namespace else name, role_name]
