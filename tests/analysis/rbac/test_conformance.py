"""The RBAC engine answers as a real API server and upstream's own vectors do."""

from __future__ import annotations

import functools
import json
import lzma
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import yaml

from ksec_tui.analysis.rbac.bindings import rules_of
from ksec_tui.analysis.rbac.grants import can, can_url, who_can
from ksec_tui.analysis.rbac.identity import Identity, Who, identity_of, user_named, who
from ksec_tui.analysis.rbac.rules import aggregated_rules, permits, permits_url
from ksec_tui.cluster.access import ClusterRole, ClusterRoleBinding, PolicyRule, RoleBinding
from ksec_tui.cluster.building import SnapshotBuilder
from ksec_tui.cluster.coverage import KindCoverage, State
from ksec_tui.cluster.ingest import ingest_list, item_from_tree
from ksec_tui.cluster.kinds import CLUSTER_ROLE, CLUSTER_ROLE_BINDING, ROLE, ROLE_BINDING, kind_of_resource
from ksec_tui.cluster.snapshot import Snapshot, SourceInfo
from ksec_tui.findings.examples import snapshot_of

SHARED = Path(__file__).parents[4] / "shared"
RBAC = SHARED / "conformance" / "rbac"
VECTORS = RBAC / "vectors"
RBAC_KINDS = {kind.plural: kind for kind in (CLUSTER_ROLE, CLUSTER_ROLE_BINDING, ROLE, ROLE_BINDING)}

pytestmark = pytest.mark.skipif(not RBAC.is_dir(), reason="the RBAC truth sets are not beside this checkout")


def vectors(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((VECTORS / f"{name}.json").read_text())
    return loaded


def policy_rule(tree: dict[str, Any]) -> PolicyRule:
    item = item_from_tree(CLUSTER_ROLE, {"metadata": {"name": "x"}, "rules": [tree]})
    assert isinstance(item.object, ClusterRole)
    assert item.object.rules
    return item.object.rules[0]


def world(objects: Iterable[dict[str, Any]]) -> Snapshot:
    """The objects as an API server has stored them, which is with a uid."""
    return snapshot_of(
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            **tree,
            "metadata": {**tree["metadata"], "uid": f"0-{index}"},
        }
        for index, tree in enumerate(objects)
    )


def allowed(snapshot: Snapshot, request: dict[str, Any]) -> bool:
    identity = Identity(request["user"], tuple(request["groups"]))
    if not request["resourceRequest"]:
        return bool(can_url(snapshot, identity, request["verb"], request["path"]))
    return bool(
        can(
            snapshot,
            identity,
            request["verb"],
            request["apiGroup"],
            request["resource"],
            name=request["name"],
            subresource=request["subresource"],
            namespace=request["namespace"],
        )
    )


def test_each_rule_matches_the_requests_that_upstream_says_it_matches() -> None:
    wrong = []
    for case in vectors("rule_allows")["cases"]:
        rule, request = policy_rule(case["rule"]), case["request"]
        if request["resourceRequest"]:
            names = (request["name"], request["subresource"])
            answer = permits(rule, request["verb"], request["apiGroup"], request["resource"], *names)
        else:
            answer = permits_url(rule, request["verb"], request["path"])
        if answer != case["expected"]:
            wrong.append(case["case"])
    assert wrong == []


def test_upstream_authorizer_worlds_allow_and_withhold_the_same_requests() -> None:
    for case in vectors("authorizer")["cases"]:
        snapshot = world(case["objects"])
        assert [request for request in case["allow"] if not allowed(snapshot, request)] == []
        assert [request for request in case["deny"] if allowed(snapshot, request)] == []


def test_edge_cases_that_other_tools_get_wrong_are_answered_right() -> None:
    wrong = []
    for case in vectors("edge_cases")["cases"]:
        snapshot = world(case["objects"])
        wrong += [
            (case["id"], check["request"])
            for check in case["checks"]
            if allowed(snapshot, check["request"]) != check["allowed"]
        ]
    assert wrong == []


def test_subjects_match_the_users_that_upstream_says_they_match() -> None:
    for case in vectors("applies_to")["cases"]:
        binding = {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "RoleBinding" if case["namespace"] else "ClusterRoleBinding",
            "metadata": {"name": "b", "namespace": case["namespace"]},
            "subjects": case["subjects"],
            "roleRef": {"kind": "ClusterRole", "name": "r"},
        }
        snapshot = snapshot_of([binding])
        every: list[RoleBinding | ClusterRoleBinding] = [*snapshot.of(ROLE_BINDING)]
        every += snapshot.of(CLUSTER_ROLE_BINDING)
        subjects = every[0].subjects or ()
        logins = Identity(case["user"], tuple(case["groups"])).logins
        hits = []
        for index, subject in enumerate(subjects):
            name = who(subject, case["namespace"])
            if name is not None and name.login in logins:
                hits.append(index)
        assert bool(hits) == case["applies"], case["case"]
        if hits:
            assert hits[0] == case["index"], case["case"]


def test_aggregated_roles_unite_the_rules_that_their_controller_would_write() -> None:
    for case in vectors("aggregation")["cases"]:
        if "expectedRules" not in case:
            continue
        roles = world(case["objects"]).of(CLUSTER_ROLE)
        combined = next(role for role in roles if role.aggregation_rule is not None)
        expected = tuple(policy_rule(tree) for tree in case["expectedRules"] or ())
        assert aggregated_rules(combined, roles) == expected, case["case"]


def test_the_default_policy_gives_each_power_to_the_same_subjects() -> None:
    documents: list[Any] = []
    for file in sorted((RBAC / "bootstrap-policy").glob("*.yaml")):
        if "featuregates" not in file.name:
            for document in yaml.safe_load_all(file.read_text()):
                documents.extend(document["items"])
    snapshot = snapshot_of(documents)
    edit = snapshot.find(CLUSTER_ROLE, "edit")
    assert edit is not None
    assert edit.rules in (None, ())
    assert rules_of(snapshot, edit)
    for query in vectors("bootstrap_who_can")["queries"]:
        request = query["request"]
        found = who_can(
            snapshot,
            request["verb"],
            request["apiGroup"],
            request["resource"],
            name=request["name"],
            subresource=request["subresource"],
            namespace=request["namespace"],
        )
        expected = {Who(item["kind"], item["name"], item.get("namespace", "")) for item in query["subjects"]}
        assert set(found) == expected, request


def builder_of(pages: Iterable[tuple[str, bytes]]) -> Snapshot:
    builder = SnapshotBuilder(SourceInfo())
    for resource, raw in pages:
        kind = kind_of_resource(resource)
        if kind is not None:
            builder.add(ingest_list(kind, raw))
            builder.cover(kind, KindCoverage(State.OK))
    return builder.snapshot()


def test_five_thousand_answers_of_a_real_api_server_are_the_same() -> None:
    with lzma.open(RBAC / "subject-access-reviews.json.xz") as file:
        data = json.load(file)
    pages = (
        (RBAC_KINDS[name].resource, json.dumps({"items": items})) for name, items in data["objects"].items()
    )
    snapshot = builder_of((name, text.encode()) for name, text in pages)
    wrong = []
    for query in data["queries"]:
        identity = Identity(query["user"], tuple(query.get("groups", ())))
        if "nonResourceAttributes" in query:
            asked = query["nonResourceAttributes"]
            answer = can_url(snapshot, identity, asked.get("verb", ""), asked.get("path", ""))
        else:
            asked = query["resourceAttributes"]
            extra = {key: asked.get(key, "") for key in ("name", "subresource", "namespace")}
            answer = can(
                snapshot, identity, asked["verb"], asked.get("group", ""), asked["resource"], **extra
            )
        if bool(answer) != query["answer"]["allowed"]:
            wrong.append(query)
    assert len(data["queries"]) == 5000
    assert wrong == []


def test_every_subject_of_a_real_cluster_gets_the_answers_its_server_gave() -> None:
    files = sorted((SHARED / "cluster").glob("*.rbac.authorization.k8s.io.json"))
    snapshot = builder_of((file.stem, file.read_bytes()) for file in files)
    with lzma.open(SHARED / "conformance" / "cluster" / "truth-sar.jsonl.xz", "rt") as file:
        rows = [json.loads(line) for line in file]
    wrong = []
    for row in rows:
        identity = _identity(row["kind"], row["ns"] or "", row["name"], tuple(row["groups"]))
        answer = can(
            snapshot,
            identity,
            row["verb"],
            row["group"],
            row["resource"],
            subresource=row["subresource"],
            namespace=row["scope"] or "",
            name=row.get("resource_name", ""),
        )
        if bool(answer) != row["allowed"]:
            wrong.append(row)
    assert len(rows) == 17_360
    assert wrong == []


@functools.cache
def _identity(kind: str, namespace: str, name: str, groups: tuple[str, ...]) -> Identity:
    """What the API server adds must be known without being told; what an identity provider says cannot be."""
    if kind == "ServiceAccount":
        return identity_of(Who(kind, name, namespace))
    if kind == "Group":
        return identity_of(Who(kind, name))
    return identity_of(user_named(name), tuple(group for group in groups if not group.startswith("system:")))
