"""Checks judge in three states: what could not be read is UNKNOWN, never PASS."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import msgspec
import pytest

from ksec_tui.cluster.building import SnapshotBuilder
from ksec_tui.cluster.coverage import Coverage, KindCoverage, State
from ksec_tui.cluster.ingest import Page, Unreadable
from ksec_tui.cluster.kinds import KINDS, NAMESPACE, NETWORK_POLICY, POD
from ksec_tui.cluster.platform import Namespace
from ksec_tui.cluster.ref import CLUSTER, ObjectRef
from ksec_tui.cluster.snapshot import Snapshot, SourceInfo
from ksec_tui.findings.check import WORKLOADS, Check, Subjects, check, objects
from ksec_tui.findings.examples import snapshot_of
from ksec_tui.findings.finding import Evidence, NotApplicable, Outcome, Unknown
from ksec_tui.findings.runner import Cancelled, CheckResult, run, run_one
from ksec_tui.findings.verdict import Severity, Threat, Verdict

WHOLE: Subjects[Snapshot] = Subjects(
    "whole", (NAMESPACE,), lambda snapshot: (snapshot,), lambda _: CLUSTER, lambda snapshot, _: snapshot
)

PAGE = """A namespace has no policy.

## Why
Because.

## Risky
```yaml
a: 1
```

## Fixed
```yaml
a: 1
```
"""


def evaluate(namespace: Namespace, cluster: Snapshot) -> Iterator[Outcome]:
    """Behave as the namespace's name says."""
    match namespace.name:
        case "broken":
            raise KeyError("boom")
        case "unsure":
            yield Unknown("it cannot be told")
        case "other":
            yield NotApplicable()
        case name if not cluster.within(NETWORK_POLICY, name):
            yield Evidence("/metadata/name", f"namespace {name} has no policy")


evaluate.__doc__ = PAGE


def declared() -> Check[Namespace]:
    return check(
        "test-no-policy",
        "No policy",
        Severity.MEDIUM,
        on=objects(NAMESPACE),
        needs=(NETWORK_POLICY,),
        threats=(Threat.CONTAINER,),
        references=("none",),
    )(evaluate)


def namespace(name: str) -> dict[str, object]:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


def policy(space: str) -> dict[str, object]:
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "deny", "namespace": space},
        "spec": {"podSelector": {}},
    }


def covered(snapshot: Snapshot, **kinds: KindCoverage) -> Snapshot:
    """The same Snapshot with another coverage for some kinds."""
    known = {**snapshot.coverage.kinds}
    for name, cover in kinds.items():
        known[name.replace("__", ".")] = cover
    documents = {item.ref: snapshot.document(item.ref) for item in snapshot.of(NAMESPACE)}
    assert documents
    return Snapshot(
        snapshot.source,
        {NAMESPACE.resource: snapshot.of(NAMESPACE), NETWORK_POLICY.resource: snapshot.of(NETWORK_POLICY)},
        Coverage(known),
    )


def verdicts(result: CheckResult) -> dict[str, Verdict]:
    return {finding.subject.name: finding.verdict for finding in result.findings}


class TestRunOne:
    """One check over its subjects."""

    def test_each_subject_gets_its_own_verdict(self) -> None:
        """FAIL and UNKNOWN are findings, PASS and N/A are counted."""
        names = ("bare", "kept", "unsure", "other")
        result = run_one(snapshot_of([*map(namespace, names), policy("kept")]), declared())
        assert verdicts(result) == {"bare": Verdict.FAIL, "unsure": Verdict.UNKNOWN}
        assert (result.tally.failed, result.tally.passed) == (1, 1)
        assert (result.tally.unknown, result.tally.not_applicable) == (1, 1)

    def test_a_fault_in_a_check_is_unknown_and_hides_nothing(self) -> None:
        """The broken subject is UNKNOWN with the reason, the next one is judged."""
        result = run_one(snapshot_of([namespace("broken"), namespace("zone")]), declared())
        assert verdicts(result) == {"broken": Verdict.UNKNOWN, "zone": Verdict.FAIL}
        assert "KeyError" in next(item.reason for item in result.findings if item.subject.name == "broken")

    def test_a_forbidden_kind_makes_one_unknown_for_the_cluster(self) -> None:
        """Not one for each subject, and no PASS."""
        snapshot = covered(
            snapshot_of([namespace("a"), namespace("b")]),
            networkpolicies__networking__k8s__io=KindCoverage(State.FORBIDDEN),
        )
        result = run_one(snapshot, declared())
        assert verdicts(result) == {CLUSTER.name: Verdict.UNKNOWN}
        assert "2 of the namespaces not judged" in result.findings[0].reason
        assert result.tally.passed == 0
        assert result.tally.verdict is Verdict.UNKNOWN

    def test_a_namespace_that_was_read_is_judged_though_others_were_not(self) -> None:
        """Partial coverage is judged where it reaches."""
        cover = KindCoverage(State.PARTIAL, namespaces=("a",), failed={"b": ("forbidden", "403")})
        snapshot = covered(
            snapshot_of([namespace("a"), namespace("b")]), networkpolicies__networking__k8s__io=cover
        )
        assert verdicts(run_one(snapshot, declared())) == {"a": Verdict.FAIL, "b": Verdict.UNKNOWN}

    def test_subjects_that_could_not_all_be_listed_leave_no_pass(self) -> None:
        """What was read passes, the check as a whole does not."""
        cover = KindCoverage(State.TRUNCATED, count=1, reason="cut off")
        snapshot = covered(snapshot_of([namespace("kept"), policy("kept")]), namespaces=cover)
        result = run_one(snapshot, declared())
        assert verdicts(result) == {CLUSTER.name: Verdict.UNKNOWN}
        assert result.tally.verdict is Verdict.UNKNOWN

    def test_nothing_is_said_while_a_kind_is_loading(self) -> None:
        """Pending is neither PASS nor UNKNOWN findings."""
        snapshot = covered(
            snapshot_of([namespace("a")]),
            networkpolicies__networking__k8s__io=KindCoverage(State.LOADING),
        )
        result = run_one(snapshot, declared())
        assert result.findings == ()
        assert result.tally.pending

    def test_an_unreadable_subject_is_unknown(self) -> None:
        """A namespace that could not be decoded is not passed over."""
        whole = snapshot_of([namespace("kept"), policy("kept")])
        broken = ObjectRef("", "Namespace", "odd")
        snapshot = Snapshot(
            whole.source,
            {NAMESPACE.resource: whole.of(NAMESPACE), NETWORK_POLICY.resource: whole.of(NETWORK_POLICY)},
            whole.coverage,
            unreadable=(Unreadable(broken, "labels are no mapping"),),
        )
        result = run_one(snapshot, declared())
        assert verdicts(result) == {"odd": Verdict.UNKNOWN}
        assert "labels are no mapping" in result.findings[0].reason

    def test_an_unreadable_policy_makes_its_namespace_unknown_only(self) -> None:
        """What the check needs there could not be decoded; other namespaces are judged."""
        whole = snapshot_of([namespace("a"), namespace("b")])
        broken = ObjectRef("a", "NetworkPolicy", "deny", "networking.k8s.io")
        snapshot = Snapshot(
            whole.source,
            {NAMESPACE.resource: whole.of(NAMESPACE)},
            whole.coverage,
            unreadable=(Unreadable(broken, "spec is a string"),),
        )
        assert verdicts(run_one(snapshot, declared())) == {"a": Verdict.UNKNOWN, "b": Verdict.FAIL}


class TestRun:
    """All checks, again only where something changed."""

    def test_only_checks_whose_kinds_changed_run_again(self) -> None:
        """The rest keeps its result."""
        item = declared()
        before = run(snapshot_of([namespace("a")]), [item])
        after = snapshot_of([namespace("a"), namespace("b")])
        same = run(after, [item], previous=before, changed=frozenset({"pods"}))
        assert same.by_check[item.id] is before.by_check[item.id]
        again = run(after, [item], previous=before, changed=frozenset({"namespaces"}))
        assert len(again.findings) == 2

    def test_a_cancelled_run_stops(self) -> None:
        """A newer run is due."""
        cancel = threading.Event()
        cancel.set()
        with pytest.raises(Cancelled):
            run(snapshot_of([namespace("a")]), [declared()], cancel=cancel)

    def test_findings_come_worst_first_and_by_object(self) -> None:
        """FAIL before UNKNOWN; lookups by object and by the object that evidence lies in."""
        results = run(snapshot_of([namespace("unsure"), namespace("a")]), [declared()])
        assert [finding.subject.name for finding in results.findings] == ["a", "unsure"]
        assert results.on(ObjectRef("", "Namespace", "a")) == [results.findings[0]]
        assert results.pointing_at(ObjectRef("", "Namespace", "a")) == ()

    def test_a_fingerprint_survives_other_evidence(self) -> None:
        """It names check and object, not positions or words."""
        first = run(snapshot_of([namespace("a")]), [declared()]).findings[0]
        other = msgspec.structs.replace(first, evidence=(Evidence("/x/7", "said otherwise"),))
        assert first.fingerprint == other.fingerprint


def test_a_check_without_its_page_is_refused() -> None:
    """The docstring is the documentation: every section is needed."""

    def bare(namespace: Namespace, cluster: Snapshot) -> Iterator[Outcome]:
        """No sections at all."""
        yield Unknown("never")

    with pytest.raises(ValueError, match="no section '## Why'"):
        check("test-bare", "Bare", Severity.LOW, on=objects(NAMESPACE), threats=(), references=())(bare)


def test_a_flood_of_objects_that_cannot_be_decoded_is_counted_not_listed() -> None:
    """Nor is one name told twice."""
    named = tuple(Unreadable(ObjectRef("shop", POD.name, f"p{n}"), "bad") for n in range(500))
    nameless = tuple(Unreadable(ObjectRef("", POD.name, "(unnamed)"), "bad") for _ in range(500))
    builder = SnapshotBuilder(SourceInfo())
    builder.add(Page(POD, unreadable=named + nameless))
    for every in KINDS:
        builder.cover(every, KindCoverage(State.OK))
    declared = check(
        "toy-flood", "Flood", Severity.LOW, on=WORKLOADS, threats=(Threat.CONTAINER,), references=("toy",)
    )
    result = run_one(builder.snapshot(), declared(silent))
    assert len({item.fingerprint for item in result.findings}) == len(result.findings) < 200
    assert result.tally.verdict is Verdict.UNKNOWN
    said = " ".join(item.reason for item in result.findings)
    assert "499 more of that name" in said
    assert "401 more pods could not be decoded" in said


def silent(_: object, __: Snapshot) -> Iterator[Outcome]:
    yield from ()


silent.__doc__ = PAGE


def test_one_object_has_one_unknown_of_a_check_with_every_reason() -> None:
    """Two reasons on one subject make one finding, so that a fingerprint names one thing."""

    def unsure(cluster: Snapshot, _: Snapshot) -> Iterator[Outcome]:
        yield Unknown("the server does not say")

    unsure.__doc__ = PAGE
    item = check(
        "test-whole", "Whole", Severity.LOW, on=WHOLE, needs=(NETWORK_POLICY,), threats=(), references=()
    )(unsure)
    snapshot = covered(snapshot_of([namespace("a")]), namespaces=KindCoverage(State.FORBIDDEN))
    (finding,) = run_one(snapshot, item).findings
    assert "the server does not say" in finding.reason
    assert "namespaces could not be listed" in finding.reason
