"""Tab Fix: the smallest change that removes the finding, as a diff, with its risk and its proof."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ksec_tui.checks import all_checks, checks_named
from ksec_tui.findings.finding import Finding
from ksec_tui.findings.fix import Fix, Risk
from ksec_tui.findings.verdict import Verdict
from ksec_tui.fixes import flow_effects
from ksec_tui.fixes.diff import object_diff
from ksec_tui.fixes.offer import offer
from ksec_tui.fixes.owner import managed_lines
from ksec_tui.fixes.plan import FixPlan
from ksec_tui.fixes.rights import rights_changes
from ksec_tui.fixes.simulate import simulate
from ksec_tui.fixes.wholes import wholes
from ksec_tui.screens.details.planned import planned_lines
from ksec_tui.screens.details.restricted import restricted_lines
from ksec_tui.screens.details.tab import Hand, Tab, heading, line, prose
from ksec_tui.screens.widgets.diff_view import diff_lines
from ksec_tui.screens.widgets.text import Line

RISK_STYLES = {Risk.SAFE: "pass", Risk.LIKELY: "low", Risk.REVIEW: "medium", Risk.MANUAL: "high"}

EFFECTS = 8
"""Changes of connections that are told here."""


def lines(hand: Hand) -> Sequence[Line]:
    """The fix of the finding in hand, or of the worst on the object in hand that has one; the way to restricted.

    Of an object of the plan: what the whole plan makes of it.
    """
    branch = hand.row.branch
    if branch is not None and branch.depth == 0 and hand.row.findings and hand.row.staged:
        return list(planned_lines(hand))
    return [*_chosen_fix(hand), *restricted_lines(hand)]


def _chosen_fix(hand: Hand) -> Sequence[Line]:
    finding = chosen(hand)
    if finding is None:
        return [line("There is nothing here to fix.", "muted")]
    staged = hand.view.plan.of(finding.fingerprint)
    fix = staged.fix if staged else offer(finding, all_checks(optional=True), hand.snapshot)
    if fix is None:
        return [
            line(f"No fix is known for {finding.check} on {finding.subject}.", "muted"),
            line("The tab Why says what is wrong; the change is yours to choose.", "muted"),
        ]
    return [*_one_of(hand), *_fix(finding, fix, hand)]


def _several(hand: Hand) -> list[Finding]:
    """What is staged together where a row stands for several findings; empty for one."""
    row = hand.row
    found = [item for item in row.findings if item.verdict is Verdict.FAIL and item.fixable]
    return found if row.finding is None and len(found) > 1 else []


def _one_of(hand: Hand) -> Iterator[Line]:
    """That only one fix of several is shown, and what the key would do."""
    several = _several(hand)
    if not several:
        return
    count, staged = len(several), sum(hand.view.plan.has(item.fingerprint) for item in several)
    key = hand.key("fix.stage")
    does = (
        f"all are staged, {key} takes them out again"
        if staged == count
        else f"{staged:,} staged, {key} stages the other {count - staged:,}"
        if staged
        else f"{key} stages all {count:,}"
    )
    yield from list(prose(f"The worst of {count:,} findings with a fix here: {does}.", hand.width))[:-1]
    yield line()


def chosen(hand: Hand) -> Finding | None:
    """The finding whose fix is meant."""
    row = hand.row
    if row.finding is not None:
        return row.finding if row.finding.verdict is Verdict.FAIL else None
    fails = [item for item in row.findings if item.verdict is Verdict.FAIL]
    return next((item for item in fails if item.fixable), fails[0] if fails else None)


def _fix(finding: Finding, fix: Fix, hand: Hand) -> Iterator[Line]:
    yield Line(((fix.title, "bold"), (f"   {finding.check}", "muted")))
    yield Line((("risk  ", "muted"), (fix.risk.value, RISK_STYLES[fix.risk])))
    if fix.may_break:
        yield from list(prose(f"May break: {fix.may_break}", hand.width))[:-1]
    if fix.rolls_out:
        yield line("Pods are replaced when it is applied.", "muted")
    for said in managed_lines(hand.snapshot, fix.changes):
        yield from list(prose(said, hand.width, style="warning"))[:-1]
    yield line()
    if fix.risk is Risk.MANUAL or not fix.changes:
        yield heading("No patch can do this. By hand:")
        for number, step in enumerate(fix.steps, 1):
            yield from list(prose(f"{number}. {step}", hand.width, indent="  "))[:-1]
        return
    yield from _proof(finding, fix, hand)


def _proof(finding: Finding, fix: Fix, hand: Hand) -> Iterator[Line]:
    view = hand.view
    plan = FixPlan().stage(finding, fix)
    documents = wholes(plan, hand.snapshot, hand.fetch)
    results = view.state.results
    checks = checks_named(results.by_check)
    outcome = simulate(hand.snapshot, plan, checks, documents=documents, results=results)
    if outcome.refused:
        for refused in outcome.refused:
            yield from prose(f"Refused: {refused.reason}", hand.width, style="error")
    else:
        count = len(outcome.removed)
        mark = "ok" if view.ascii else "✓"
        said = f"{mark} proven on the loaded state: {count} finding{'s' if count != 1 else ''} gone, none new"
        yield line(said, "pass")
        key, staged = hand.key("fix.stage"), view.plan.has(finding.fingerprint)
        if not _several(hand):
            yield line(f"staged; {key} takes it out again" if staged else f"{key} stages it", "muted")
    gone = finding.fingerprint in {item.fingerprint for item in outcome.removed}
    for step in fix.besides(gone=gone):
        yield from list(prose(f"Left to do besides: {step}", hand.width, style="warning"))[:-1]
    for change in rights_changes(hand.snapshot, outcome.snapshot, outcome.after):
        yield from list(prose(change.words, hand.width, style="evidence"))[:-1]
    flows = list(flow_effects.said(hand.snapshot, outcome.snapshot, outcome.after))
    more = [f"{len(flows) - EFFECTS} more changes of connections: the report of an export has them all"]
    for words in [*flows[:EFFECTS], *(more if len(flows) > EFFECTS else ())]:
        yield from list(prose(words, hand.width, style="evidence"))[:-1]
    for note in dict.fromkeys(note for change in fix.changes for note in change.notes):
        yield from list(prose(f"Keeps {note}", hand.width, style="muted"))[:-1]
    yield line()
    for ref, after in outcome.after.items():
        before = outcome.before.get(ref)
        sign = "+ " if before is None else "- " if after is None else "~ "
        yield Line(((sign, "accent"), (str(ref), "bold"), (f"  {outcome.notes.get(ref, '')}", "warning")))
        yield from diff_lines(*object_diff(before, after))
        yield line()


TAB = Tab("fix", 2, "Fix", lines)
