"""What was decided of a finding, and what differs from the last time: lines for the tab Why."""

from __future__ import annotations

from collections.abc import Iterator

from ksec_tui.cluster.text import one_line
from ksec_tui.findings.finding import Finding
from ksec_tui.screens.details.tab import Hand, line, prose
from ksec_tui.screens.widgets.text import Line
from ksec_tui.themes.palette import badge, style_name

NEWS = {"new": "new since the last time", "regressed": "back again: it was gone the last time"}


def decided_lines(finding: Finding, hand: Hand) -> Iterator[Line]:
    """What holds for a finding, with the reason; nothing where nobody decided and nothing is new."""
    ledger = hand.view.ledger
    if ledger.blank:
        return
    told = ledger.triaged(hand.view.state, finding)
    if told.mark:
        yield line(f"  {NEWS[told.mark]}, {ledger.since.last if ledger.since else ''}", "mark bold")
    standing = told.standing
    decision = standing.decision
    if decision is None:
        return
    style = "warning bold" if standing.reopened else "mark bold"
    yield from list(prose(f"Triage: {one_line(standing.words)}", hand.width, indent="  ", style=style))[:-1]
    if decision.reason:
        yield from list(prose(one_line(decision.reason), hand.width, indent="    "))[:-1]
    yield line(f"    decided {decision.at}", "muted")


def dismissed_lines(hand: Hand) -> Iterator[Line]:
    """The findings on the object in hand that do not count, each with why."""
    if not hand.row.dismissed or hand.row.finding is not None:
        return
    view = hand.view
    gone = view.ledger.judged(view.state).dismissed
    yield line()
    yield line(f"{hand.row.dismissed} dismissed: not counted", "header bold")
    for finding in view.state.results.on(hand.row.ref):
        if finding.fingerprint in gone:
            mark = badge(finding.severity, finding.verdict, ascii=view.ascii)
            yield Line(
                (
                    (f"{mark} ", style_name(finding.severity, finding.verdict)),
                    (finding.title, ""),
                    (f"  {finding.check}", "muted"),
                ),
                link=f"finding:{finding.fingerprint}",
                about=(finding,),
            )
            yield from decided_lines(finding, hand)
