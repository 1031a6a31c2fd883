"""The packaged default policy is that of upstream, and only what goes beyond it is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from ksec_tui.analysis.rbac.bindings import bindings, rules_of
from ksec_tui.analysis.rbac.covers import uncovered
from ksec_tui.analysis.rbac.default_policy import DefaultPolicy, default_policy, extra_rules, extra_subjects
from ksec_tui.analysis.rbac.identity import Who
from ksec_tui.cluster.access import ClusterRole, Role
from ksec_tui.cluster.kinds import CLUSTER_ROLE, ROLE
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.data.rbac import MINORS, defaults
from ksec_tui.findings.examples import snapshot_of
from tests.analysis.rbac.worlds import bind, role, rule

BOOTSTRAP = Path(__file__).parents[4] / "shared" / "conformance" / "rbac" / "bootstrap-policy"
needs_policy = pytest.mark.skipif(
    not BOOTSTRAP.is_dir(), reason="the RBAC truth sets are not beside this checkout"
)


def policy() -> DefaultPolicy:
    found = default_policy(36)
    assert found is not None
    return found


def upstream(*, gates: bool) -> Snapshot:
    """The policy as upstream writes it down, with the features that are off by default or without them."""
    documents: dict[tuple[str, str, str], Any] = {}
    names = sorted(BOOTSTRAP.glob("*.yaml"), key=lambda path: "featuregates" in path.name)
    for path in names:
        if gates or "featuregates" not in path.name:
            for document in yaml.safe_load_all(path.read_text()):
                for item in document["items"]:
                    meta = item["metadata"]
                    documents[item["kind"], meta.get("namespace", ""), meta["name"]] = item
    return snapshot_of(documents.values())


def roles(snapshot: Snapshot) -> list[Role | ClusterRole]:
    return [*snapshot.of(CLUSTER_ROLE), *snapshot.of(ROLE)]


@needs_policy
def test_every_default_role_has_exactly_upstreams_rights() -> None:
    snapshot = upstream(gates=False)
    known = policy()
    for item in roles(snapshot):
        actual, expected = known.roles[item.ref], rules_of(snapshot, item)
        assert uncovered(actual, expected) == uncovered(expected, actual) == (), item.ref
    extra = {ref.name for ref in known.roles} - {item.name for item in roles(snapshot)}
    assert extra == {"system:cluster-trust-bundle-discovery"}


@needs_policy
def test_rights_behind_features_are_known_and_apart() -> None:
    snapshot = upstream(gates=True)
    known = policy()
    for item in roles(snapshot):
        expected = rules_of(snapshot, item)
        actual = (*known.roles[item.ref], *known.gated.get(item.ref, ()))
        assert uncovered(actual, expected) == uncovered(expected, actual) == (), item.ref


@needs_policy
def test_every_default_binding_has_exactly_upstreams_subjects() -> None:
    found = {bound.ref: (bound.role, bound.people) for bound in bindings(upstream(gates=False))}
    assert policy().bindings == found


def test_the_facts_say_whence_and_when_they_are() -> None:
    for minor in MINORS:
        facts = defaults(minor)
        assert facts is not None
        assert (facts.kubernetes, facts.licence) == (f"1.{minor}", "Apache-2.0")
        assert facts.as_of
        assert facts.source.startswith("kubernetes/kubernetes ")


@pytest.mark.parametrize("minor", [None, 1, 35])
def test_of_other_versions_nothing_is_claimed(minor: int | None) -> None:
    assert default_policy(minor) is None


def test_what_was_added_to_a_default_role_is_told_and_what_a_feature_adds_is_not() -> None:
    known = policy()
    by_feature = rule("patch", "podgroups/status", "scheduling.k8s.io")
    world = snapshot_of(
        [
            role("system:kube-scheduler", rule("get", "nodes"), by_feature, rule("get list", "secrets pods")),
            role("mine", rule("*", "*")),
        ]
    )
    found = {item.name: extra_rules(known, item) for item in roles(world)}
    (extra,) = found["system:kube-scheduler"] or ()
    assert (extra.verbs, extra.resources) == (("get", "list"), ("secrets",))
    assert found["mine"] is None


def test_who_was_added_to_a_default_binding_is_told() -> None:
    known = policy()
    world = snapshot_of(
        [
            bind("cluster-admin", "ClusterRole cluster-admin", "Group system:masters", "User eve"),
            bind("own", "ClusterRole view", "User eve"),
        ]
    )
    found = {bound.ref.name: extra_subjects(known, bound.ref, bound.people) for bound in bindings(world)}
    assert found == {"cluster-admin": (Who("User", "eve"),), "own": None}
