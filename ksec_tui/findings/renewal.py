"""Results brought up to date after some objects have changed, equal to those of a full run."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from typing import Any

from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.again import Again, Changes
from ksec_tui.findings.check import Check
from ksec_tui.findings.finding import Finding
from ksec_tui.findings.runner import Cancelled, CheckResult, Results, Tally, run_one, verdict
from ksec_tui.findings.verdict import Verdict


def renew(
    before: Snapshot,
    results: Results,
    after: Snapshot,
    changed: frozenset[str],
    checks: Sequence[Check[Any]],
    cancel: threading.Event | None = None,
) -> Results:
    """What `run` says of `after`, given what it said of `before`, an earlier Snapshot of the same source.

    Args:
        before: the Snapshot that is known.
        results: what all of `checks` say of it.
        after: the other.
        changed: resource names of what is not as it was, in objects or in coverage.
        checks: what to look for.
        cancel: when set, it stops with `Cancelled`.

    Returns:
        The very same results when nothing that is found is different.

    Raises:
        Cancelled: `cancel` was set.
    """
    again = Again(before, {name: old.findings for name, old in results.by_check.items()}, after, changed)
    found: dict[str, CheckResult] = {}
    for item in checks:
        if cancel is not None and cancel.is_set():
            raise Cancelled
        old = results.by_check[item.id]
        # What takes no kind judges the source itself, whose facts are no kind that changes.
        if item.kinds and changed.isdisjoint(kind.resource for kind in item.kinds):
            found[item.id] = old
        else:
            some = again.some(item)
            new = run_one(after, item) if some is None else _on_some(some, before, after, item, old)
            found[item.id] = old if new == old else new
    if all(result is results.by_check[name] for name, result in found.items()):
        return results
    return Results(found)


def _on_some(
    changes: Changes, before: Snapshot, after: Snapshot, item: Check[Any], old: CheckResult
) -> CheckResult:
    """Judge the subjects that differ; of those that went, what they added to the tally is judged once more."""
    judged = [verdict(item, subject, after) for subject in changes.differing]
    was = [verdict(item, subject, before) for subject in changes.former]
    tally = _counted(_counted(old.tally, was, -1), judged, 1)
    new = [finding for finding in judged if isinstance(finding, Finding)]
    return CheckResult(changes.joined(old.findings, new), tally, old.subjects)


def _counted(tally: Tally, found: Iterable[Finding | Verdict], step: int) -> Tally:
    """A tally with some verdicts more, or less."""
    count = dict.fromkeys(Verdict, 0)
    for each in found:
        count[each if isinstance(each, Verdict) else each.verdict] += step
    return Tally(
        tally.failed + count[Verdict.FAIL],
        tally.passed + count[Verdict.PASS],
        tally.unknown + count[Verdict.UNKNOWN],
        tally.not_applicable + count[Verdict.NOT_APPLICABLE],
    )
