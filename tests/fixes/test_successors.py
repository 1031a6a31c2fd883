"""Pods that follow a changed template: worked out for all that are alike at once, they are what each is by itself."""

from __future__ import annotations

import re
from functools import cache

import msgspec
import pytest

from ksec_tui.checks import all_checks
from ksec_tui.cluster.building import SnapshotBuilder
from ksec_tui.cluster.ingest import Document, collect, item_from_json
from ksec_tui.cluster.kinds import KINDS, POD
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot, item_of
from ksec_tui.findings.runner import fix_for, run
from ksec_tui.fixes.apply import apply
from ksec_tui.fixes.errors import PatchError
from ksec_tui.fixes.rollout import rolled_out
from ksec_tui.fixes.successors import successors
from ksec_tui.sources.base import load
from ksec_tui.sources.demo import DemoSource
from tests.fixes.cluster import POD as WEB_POD
from tests.fixes.cluster import WEB, shop

Case = tuple[ObjectRef, Document, Document]


@cache
def changed() -> tuple[Snapshot, tuple[Case, ...]]:
    """The demo cluster, and each workload of it before and after the first fix of each of its findings."""
    snapshot, _ = load(DemoSource())
    checks = {item.id: item for item in all_checks()}
    cases: dict[ObjectRef, Case] = {}
    for finding in run(snapshot, checks.values()).findings:
        fix = fix_for(finding, [checks[finding.check]], snapshot) if finding.fixable else None
        for change in fix.changes if fix is not None else ():
            before = snapshot.document(change.target)
            try:
                after = apply(cases[change.target][2] if change.target in cases else before, change)
            except PatchError:
                continue  # the earlier fix has done it already
            if before is not None and after is not None:
                cases[change.target] = (change.target, before, after)
    return snapshot, tuple(cases.values())


def as_a_live_cluster_gives_it(snapshot: Snapshot) -> Snapshot:
    """The same, in which what controllers made is not held whole."""
    builder = SnapshotBuilder(snapshot.source)
    for kind in KINDS:
        refs = [item.ref for item in snapshot.of(kind)]
        items = [item_from_json(kind, raw) for ref in refs if (raw := snapshot.raw(ref)) is not None]
        builder.add(collect(kind, items, keep_all=False))
        builder.cover(kind, snapshot.coverage.of(kind))
    return builder.snapshot()


def typed(ref: ObjectRef, document: Document | None) -> str:
    """All that analysis reads of a pod, without the name of its token's volume."""
    assert document is not None
    found = item_of(ref, document).object
    return re.sub(r"kube-api-access-[a-z0-9]{5}", "token", msgspec.json.encode(found).decode())


@pytest.mark.parametrize("live", [False, True])
def test_pods_are_what_they_are_one_by_one(live: bool) -> None:
    snapshot, cases = changed()
    if live:
        snapshot = as_a_live_cluster_gives_it(snapshot)
    pods = 0
    for ref, before, after in cases:
        expected = rolled_out(snapshot, ref, before, after)
        found = successors(snapshot, ref, before, after)
        assert found.keys() == expected.keys()
        for name, item in found.items():
            assert item is not None
            assert bool(item.document) == snapshot.whole(name)
            whole = snapshot.with_items({name: item}).document(name)
            assert typed(name, whole) == typed(name, expected[name]), name
            pods += 1
    assert pods > 20


def test_a_template_that_names_a_node_overrides_that_of_the_pod() -> None:
    snapshot = shop()
    before = snapshot.document(WEB)
    assert before is not None
    after = msgspec.json.decode(msgspec.json.encode(before))
    after["spec"]["template"]["spec"]["nodeName"] = "node-b"
    again = msgspec.json.decode(msgspec.json.encode(after))
    del again["spec"]["template"]["spec"]["nodeName"]
    for old, new, node in ((before, after, "node-b"), (after, again, "")):
        item = successors(snapshot, WEB, old, new)[WEB_POD]
        assert item is not None
        pod = item.object
        assert isinstance(pod, POD.struct)
        assert pod.spec.node_name == node
        assert msgspec.json.decode(item.document)["spec"].get("nodeName", "") == node
