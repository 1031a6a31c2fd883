"""What ``can-i`` answers is what the API server's own authorizer answers, on random roles and on the demo cluster."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from pathlib import Path

from tests.control_plane import rights
from tests.control_plane.client import RefusedError, Tree
from tests.control_plane.conftest import Ksec, Tally
from tests.control_plane.demo import path_of
from tests.control_plane.plane import Plane

REVIEWS = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
QUESTIONS = 4000


def answers_differ(
    plane: Plane, ksec: Ksec, questions: Sequence[Tree], scratch: Path, tally: Tally
) -> tuple[list[Tree], int]:
    """The questions on which the tool and the server differ, and how many the server says yes to."""
    asked = plane.admin.post_all(REVIEWS, ({"spec": spec} for spec in questions))
    tally["access reviews compared"] += len(questions)
    truth = [review["status"]["allowed"] for review in asked]
    batch = scratch / "questions.jsonl"
    batch.write_text("".join(f"{json.dumps(spec)}\n" for spec in questions))
    done = ksec("can-i", "--kubeconfig", plane.admin_kubeconfig(), "--batch", batch)
    assert done.code == 0, done.err
    said = [json.loads(line)["allowed"] for line in done.out.splitlines()]
    wrong = [spec for spec, ours, theirs in zip(questions, said, truth, strict=True) if ours != theirs]
    return wrong, sum(truth)


def test_random_questions_about_random_roles_are_answered_as_the_server_does(
    bare: Plane, ksec: Ksec, tmp_path: Path, tally: Tally, dice: random.Random
) -> None:
    for space in rights.SPACES:
        bare.admin.post("/api/v1/namespaces", {"metadata": {"name": space}})
    places = [dice.choice(("", *rights.SPACES)) for _ in range(150)]
    roles = [rights.role(dice, number, place) for number, place in enumerate(places)]
    bindings = [
        rights.binding(dice, number, dice.choice(("", *rights.SPACES)), roles) for number in range(60)
    ]
    made = bare.admin.try_all((path_of(item), item) for item in (*roles, *bindings))
    assert [str(item) for item in made if isinstance(item, RefusedError)] == []
    questions = [rights.question(dice) for _ in range(QUESTIONS)]
    wrong, allowed = answers_differ(bare, ksec, questions, tmp_path, tally)
    assert wrong == []
    assert QUESTIONS / 10 < allowed < QUESTIONS * 9 / 10


def test_questions_about_the_demo_cluster_are_answered_as_its_server_does(
    demo: Plane, ksec: Ksec, tmp_path: Path, tally: Tally, dice: random.Random
) -> None:
    """Every subject that its bindings name, and every ServiceAccount, asks for whatever its roles speak of."""
    questions = demo_questions(demo, dice)
    assert len(questions) >= 2000
    wrong, allowed = answers_differ(demo, ksec, questions, tmp_path, tally)
    assert wrong == []
    assert allowed > 100


def demo_questions(demo: Plane, dice: random.Random) -> list[Tree]:
    askers: list[Tree] = [{"user": "", "groups": ["system:unauthenticated"]}]
    rules: list[Tree] = []
    for plural in ("clusterroles", "roles"):
        for item in demo.admin.get(f"/apis/{rights.RBAC}/v1/{plural}")["items"]:
            rules += item.get("rules") or []
    for plural in ("clusterrolebindings", "rolebindings"):
        for item in demo.admin.get(f"/apis/{rights.RBAC}/v1/{plural}")["items"]:
            for subject in item.get("subjects") or []:
                if subject["kind"] == "User":
                    askers.append({"user": subject["name"], "groups": ["system:authenticated"]})
                elif subject["kind"] == "Group":
                    askers.append({"user": "someone", "groups": [subject["name"]]})
    for item in demo.admin.get("/api/v1/serviceaccounts")["items"]:
        space, name = item["metadata"]["namespace"], item["metadata"]["name"]
        groups = ["system:serviceaccounts", f"system:serviceaccounts:{space}", "system:authenticated"]
        askers.append({"user": f"system:serviceaccount:{space}:{name}", "groups": groups})
    spaces = [item["metadata"]["name"] for item in demo.admin.get("/api/v1/namespaces")["items"]]
    return [
        asker | asked_by(dice, dice.choice(rules), spaces)
        for asker in askers
        if not asker["user"].startswith("system:node:") and "system:nodes" not in asker["groups"]
        for _ in range(45)
    ]


def asked_by(dice: random.Random, rule: Tree, spaces: list[str]) -> Tree:
    """A question that the rule may answer, in some namespace or in none."""
    verb = dice.choice(rule["verbs"])
    if rule.get("nonResourceURLs"):
        path = dice.choice(rule["nonResourceURLs"]).replace("*", "x")
        return {"nonResourceAttributes": {"verb": "get" if verb == "*" else verb, "path": path}}
    resource, _, part = dice.choice(rule["resources"]).partition("/")
    asked = {
        "verb": "get" if verb == "*" else verb,
        "group": dice.choice(rule["apiGroups"]).replace("*", "apps"),
        "resource": "pods" if resource == "*" else resource,
        "subresource": "log" if part == "*" else part,
        "name": dice.choice(["", *(rule.get("resourceNames") or ())]),
        "namespace": dice.choice(["", *spaces]),
    }
    return {"resourceAttributes": {key: value for key, value in asked.items() if value}}
