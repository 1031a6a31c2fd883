"""Decisions outlive a day in a cluster: pods get new names and nodes, lists another order, and nothing is lost."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
import yaml

from ksec_tui.checks import all_checks
from ksec_tui.cluster.kinds import kind_named
from ksec_tui.data import demo
from ksec_tui.findings.examples import snapshot_of
from ksec_tui.findings.finding import Finding
from ksec_tui.findings.runner import run
from ksec_tui.triage.decision import State
from ksec_tui.triage.triage import CHANGED, NOTHING, Triage
from tests.triage.values import TODAY, ruling

HEAD = {"kind": "Cluster", "serverVersion": "v1.33.4", "today": TODAY.isoformat()}
REORDERED = (
    "containers",
    "initContainers",
    "volumes",
    "env",
    "rules",
    "subjects",
    "ports",
    "tolerations",
    "webhooks",
)


def findings_in(trees: Iterable[Any]) -> tuple[Finding, ...]:
    known = (tree for tree in trees if kind_named(tree["apiVersion"].rpartition("/")[0], tree["kind"]))
    return run(snapshot_of([HEAD, *known]), all_checks()).findings


def rolled_out(tree: Any) -> Any:
    """The same object after its pods were replaced: those of workloads bear new names."""
    owners = tree["metadata"].get("ownerReferences", [])
    if tree["kind"] == "Pod" and owners and owners[0]["kind"] in ("ReplicaSet", "DaemonSet", "Job"):
        name = tree["metadata"]["name"]
        return {**tree, "metadata": {**tree["metadata"], "name": f"{name[:-5]}{name[-5:][::-1]}"}}
    return tree


def reordered(value: Any) -> Any:
    """The same object with its lists the other way round, where their order means nothing."""
    if isinstance(value, list):
        return [reordered(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key: reordered(item[::-1] if key in REORDERED and isinstance(item, list) else item)
        for key, item in value.items()
    }


@pytest.fixture(scope="module")
def everything() -> tuple[Triage, int]:
    """Every finding of the demo dismissed, and how many there are."""
    found = findings_in(demo.documents())
    return NOTHING.decide(found, ruling(State.WONT_FIX)), len(found)


@pytest.mark.parametrize("change", [rolled_out, reordered])
def test_every_decision_holds_after_what_changes_by_itself(
    everything: tuple[Triage, int], change: Any
) -> None:
    triage, count = everything
    later = findings_in(change(tree) for tree in demo.documents())
    lost = [
        f"{item.check} {item.subject}: {item.words}"
        for item in later
        if not triage.standing(item, TODAY).dismissed
    ]
    assert lost == []
    assert len(later) == count


BINDING = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: reader}
rules: [{apiGroups: [""], resources: [secrets], verbs: [list]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: readers}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: reader}
subjects:
- {apiGroup: rbac.authorization.k8s.io, kind: User, name: ann}
- {apiGroup: rbac.authorization.k8s.io, kind: User, name: bob}
"""


def test_somebody_else_behind_the_same_words_opens_the_finding_again() -> None:
    def listing(text: str) -> Finding:
        (found,) = (
            item for item in findings_in(yaml.safe_load_all(text)) if item.check == "rbac-secrets-list"
        )
        return found

    before, after = listing(BINDING), listing(BINDING.replace("bob", "eve"))
    assert before.words == after.words
    triage = NOTHING.decide([before], ruling())
    assert triage.standing(before, TODAY).dismissed
    assert triage.standing(after, TODAY).reopened == CHANGED
