"""The summary of a sitting: what it tells, and that hostile text stays text."""

from __future__ import annotations

import datetime as dt
import threading

from ksec_tui.checks import all_checks
from ksec_tui.cluster.building import SnapshotBuilder
from ksec_tui.cluster.coverage import KindCoverage
from ksec_tui.cluster.coverage import State as Reading
from ksec_tui.cluster.snapshot import Snapshot, SourceInfo
from ksec_tui.findings.runner import Results, run
from ksec_tui.fixes.offer import offer
from ksec_tui.fixes.plan import FixPlan, Staged
from ksec_tui.reports.sitting import Exported, Sitting, summary
from ksec_tui.sources.base import apply
from ksec_tui.triage.decision import Ruling, State
from ksec_tui.triage.seen import Since
from ksec_tui.triage.triage import NOTHING
from tests.screens.world import World


def world(label: str = "prod") -> tuple[Snapshot, Results]:
    info = SourceInfo(kind="demo", label=label, today="2026-11-21")
    builder = SnapshotBuilder(info)
    missing = {"networkpolicies.networking.k8s.io": KindCoverage(Reading.FORBIDDEN)}
    for event in World(coverage=missing, info=info).events(threading.Event()):
        apply(builder, event)
    snapshot = builder.snapshot()
    return snapshot, run(snapshot, [item for item in all_checks() if item.id.startswith("wl-")])


def test_it_tells_what_was_decided_by_whom_until_when_and_why_and_what_is_in_no_file() -> None:
    snapshot, results = world()
    first, second, third = results.findings[:3]
    before = NOTHING.decide([third], Ruling(State.WONT_FIX, "2026-11-01", "of old"))
    after = before.decide([first], Ruling(State.ACCEPTED, "2026-11-21", "till the rewrite", "team-a"))
    after = after.decide([second], Ruling(State.FALSE_POSITIVE, "2026-11-21", "it is none"))
    after = after.decide([third], Ruling(State.OPEN, "2026-11-21"))
    text = summary(Sitting(snapshot, results, after, before, FixPlan(), unkept=2))
    assert "- accepted until 2026-12-21 by team-a: till the rewrite\n  - " in text
    assert "- false-positive: it is none" in text
    assert "## Decided: 2" in text
    assert "2 of the decisions are in no file" in text
    assert f"## Opened again\n\n- {third.check}" in text
    assert "- Dismissed: 2" in text
    assert "of old" not in text


def test_it_tells_what_was_staged_exported_looked_at_and_what_is_not_known() -> None:
    snapshot, results = world()
    staged = [
        Staged(item, fix)
        for item in results.findings
        if (fix := offer(item, all_checks(), snapshot)) is not None and fix.changes
    ][:2]
    plan = FixPlan().stage_many(staged)
    refused = {staged[0].fingerprint: "it removes nothing"}
    sitting = Sitting(
        snapshot,
        results,
        NOTHING,
        NOTHING,
        plan,
        looked_at=results.findings[:1],
        refused=refused,
        since=Since("2026-11-20", new=frozenset({"a"}), fixed=frozenset({"b", "c"})),
    )
    text = summary(sitting)
    assert "## Staged: 2, not exported" in text
    assert "refused: it removes nothing" in text
    assert "## Looked at" in text
    assert "1 new, 0 back again, 2 fixed" in text
    assert "networkpolicies" in text[text.index("## Not known") :]
    done = summary(Sitting(snapshot, results, NOTHING, NOTHING, plan, [Exported("out", 7, plan)]))
    assert "## Staged: 2, exported" in done
    assert "- 2 fixes as 7 files in out" in done


def test_what_the_cluster_and_people_say_is_shown_as_it_is() -> None:
    evil = "<script>![x](http://evil.test)"
    snapshot, results = world(label=f"{evil}\n# heading")
    ruling = Ruling(State.FALSE_POSITIVE, "2026-11-21", f"# {evil} @everyone\n- [ ] done")
    after = NOTHING.decide(results.findings[:1], ruling)
    text = summary(Sitting(snapshot, results, after, NOTHING, FixPlan()))
    assert "<script>" not in text
    assert "![x](http" not in text
    assert "\n# heading" not in text
    assert " @everyone" not in text
    assert dt.date(2026, 11, 21).isoformat() in text


def test_a_long_list_is_cut_and_counted() -> None:
    snapshot, results = world()
    text = summary(
        Sitting(snapshot, results, NOTHING, NOTHING, FixPlan(), looked_at=results.findings[:1] * 500)
    )
    assert "- and 300 more" in text
