"""A check names every kind that it looks at: what it does not name changes without its being judged anew."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from ksec_tui.checks import all_checks
from ksec_tui.cluster.coverage import Coverage, KindCoverage
from ksec_tui.cluster.kinds import FILE_KINDS, Kind
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import Check
from ksec_tui.findings.examples import example_snapshot, snapshot_of
from ksec_tui.findings.runner import run_one
from ksec_tui.sources.base import load
from ksec_tui.sources.demo import DemoSource

OFFLINE = {kind.resource for kind in FILE_KINDS}
"""No server has them: they never change while a cluster is followed."""

ROLES = {"roles.rbac.authorization.k8s.io", "clusterroles.rbac.authorization.k8s.io"}
ADMIN = {
    f"{name}.policy.networking.k8s.io"
    for name in ("clusternetworkpolicies", "adminnetworkpolicies", "baselineadminnetworkpolicies")
}
HARMLESS = {
    # Bindings are worked out with the rights that they give; these look at the subjects alone.
    "hyg-dangling-subject": ROLES,
    "hyg-no-subjects": ROLES,
    "rbac-masters-subject": ROLES,
    # The labels of workloads are cut to those that any selector names; of Services these look at none.
    "net-datastore-open": {"services"},
    "net-policy-accidental-or": {"services"},
    "net-policy-dangling-peer": {"services"},
    "net-policy-port-name": {"services"},
    "net-policy-selects-nothing": {"services"},
    "ns-metadata-reachable": {"services"},
    "ns-no-netpol-egress": {"services"},
    "ns-no-netpol-ingress": {"services"},
    # Policies of all sorts are read at once; of each of these sorts only those of its own are compared.
    "net-policy-redundant": ADMIN,
    "net-admin-policy-order": {"networkpolicies.networking.k8s.io"},
    # What judges the source itself runs after every change.
    **{item.id: {"*"} for item in all_checks() if not item.kinds},
}
"""What is read on the way to something else."""


class Noted(Coverage, frozen=True):
    """A Coverage that knows whose was asked for."""

    asked: set[str] = set()

    def of(self, kind: Kind[Any]) -> KindCoverage:
        """As ever, and noted."""
        self.asked.add(kind.resource)
        return super().of(kind)


class Watched(Snapshot):
    """A Snapshot that knows which kinds were looked at."""

    def __init__(self, like: Snapshot) -> None:
        self.asked: set[str] = set()
        documents = dict(like.raw_documents())
        coverage = Noted(like.coverage.kinds, self.asked)
        super().__init__(like.source, like._objects, coverage, documents, like.hostile, like.unreadable)

    def _inner(self) -> Snapshot:
        return self

    def of(self, kind: Kind[Any]) -> tuple[Any, ...]:
        """As ever, and noted."""
        self.asked.add(kind.resource)
        return super().of(kind)


def documents(item: Check[Any]) -> Iterator[dict[str, Any]]:
    for text in (item.page.risky, item.page.fixed):
        yield from (tree for tree in yaml.safe_load_all(text) if tree["kind"] != "Cluster")


@pytest.fixture(scope="module")
def everything() -> Snapshot:
    """The demo and all examples in one cluster, of each object the last."""
    demo, _ = load(DemoSource())
    trees = [tree for item in all_checks() for tree in documents(item)]
    trees += [tree for ref, _ in demo.raw_documents() if (tree := demo.document(ref)) is not None]
    by_name = {
        (
            tree["kind"],
            str(tree.get("apiVersion")).partition("/")[0],
            str(meta.get("namespace")),
            meta.get("name"),
        ): tree
        for tree in trees
        if (meta := tree.get("metadata") or {}) is not None
    }
    return snapshot_of(by_name.values())


@pytest.mark.parametrize("item", all_checks(), ids=lambda item: item.id)
def test_a_check_looks_at_no_kind_that_it_does_not_name(item: Check[Any], everything: Snapshot) -> None:
    examples = [example_snapshot(text) for text in (item.page.risky, item.page.fixed)]
    named = {kind.resource for kind in item.kinds} | OFFLINE | HARMLESS.get(item.id, set())
    if "*" in named:
        return
    for cluster in (everything, *examples):
        watched = Watched(cluster)
        run_one(watched, item)
        assert watched.asked <= named
