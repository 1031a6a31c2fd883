"""Checks run again on what changed find what they find run from nothing."""

from __future__ import annotations

from functools import cache
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from ksec_tui.checks import all_checks
from ksec_tui.cluster.kinds import KINDS, kind_named
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.again import Again, Found, looks_only_at_its_subject
from ksec_tui.findings.runner import run, run_one
from ksec_tui.sources.base import load
from ksec_tui.sources.demo import DemoSource

CHECKS = {item.id: item for item in all_checks(optional=True)}


@cache
def demo() -> tuple[Snapshot, Found, tuple[ObjectRef, ...]]:
    snapshot, _ = load(DemoSource())
    results = run(snapshot, CHECKS.values())
    refs = tuple(item.ref for kind in KINDS if not kind.metadata_only for item in snapshot.of(kind))
    return snapshot, {name: result.findings for name, result in results.by_check.items()}, refs


def hardened(value: Any) -> Any:
    """The same tree with every switch thrown and every other list shorter: enough to change most verdicts."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, dict):
        return {key: item if key in ("metadata", "status") else hardened(item) for key, item in value.items()}
    if isinstance(value, list):
        return [hardened(item) for item in value[: max(1, len(value) - 1)]]
    return value


@settings(max_examples=15, deadline=None, derandomize=True)
@given(st.sets(st.integers(0, 2000), max_size=12), st.sets(st.integers(0, 2000), max_size=4))
def test_after_any_change_of_the_demo_cluster(altered: set[int], gone: set[int]) -> None:
    snapshot, found, refs = demo()
    changes: dict[ObjectRef, Any] = {}
    for place in altered:
        ref = refs[place % len(refs)]
        changes[ref] = hardened(snapshot.document(ref))
    changes |= {refs[place % len(refs)]: None for place in gone}
    after = snapshot.with_documents(changes)
    kinds = frozenset(kind.resource for ref in changes if (kind := kind_named(ref.group, ref.kind)))
    again = Again(snapshot, found, after, kinds).run(list(CHECKS.values()), lambda: None)
    for name, item in CHECKS.items():
        assert again[name] == run_one(after, item).findings, name


def test_what_did_not_change_is_not_looked_at_again() -> None:
    snapshot, found, refs = demo()
    ref = next(ref for ref in refs if ref.kind == "Deployment")
    after = snapshot.with_documents({ref: snapshot.document(ref)})
    again = Again(snapshot, found, after, frozenset({"deployments.apps"})).run(
        list(CHECKS.values()), lambda: None
    )
    assert again["rbac-secrets-list"] is found["rbac-secrets-list"], "it takes no Deployment"
    assert again["wl-privileged"] is found["wl-privileged"], "each workload is as it was"
    assert again == found


def test_whether_a_check_looks_beyond_its_subject_is_read_from_its_code() -> None:
    alone = {name for name, item in CHECKS.items() if looks_only_at_its_subject(item)}
    assert {"wl-privileged", "wl-host-pid", "rbac-cluster-admin"} <= alone
    assert not alone & {"ns-psa-can-tighten", "wl-seccomp-missing", "sec-automount"}
