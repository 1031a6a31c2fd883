"""Tab Why: what is wrong, where exactly, why it matters, and to whom."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ksec_tui.checks import all_checks
from ksec_tui.findings.check import Check
from ksec_tui.findings.finding import Finding
from ksec_tui.findings.verdict import Verdict
from ksec_tui.screens.details.decided import decided_lines, dismissed_lines
from ksec_tui.screens.details.network_workload import deciding_lines
from ksec_tui.screens.details.pod_security import barrier_lines, level_lines
from ksec_tui.screens.details.tab import Hand, Tab, heading, line, prose
from ksec_tui.screens.widgets.columns import Cell
from ksec_tui.screens.widgets.text import Line
from ksec_tui.themes.palette import badge, style_name

MANY = 5
"""Pods that are named."""

SHOWN = 100
"""Findings on one row that are told in full."""


def lines(hand: Hand) -> Sequence[Line]:
    """The finding in hand in full, or every finding on the object in hand."""
    row = hand.row
    if row.tells is not None:
        return row.tells(hand)
    found: list[Line] = [Line(((f"{row.ref.kind} ", "muted"), (row.ref.path, "bold")))]
    if row.finding is None:
        found.extend(level_lines(hand))
    for note in row.notes:
        found.extend(list(prose(note, hand.width, indent="  "))[:-1])
    if row.notes and row.finding is not None:
        found.append(line())
    if row.finding is None:
        found.extend(deciding_lines(hand))
    if row.finding is not None:
        found.extend(_finding(row.finding, hand, full=True))
        others = [item for item in hand.view.state.results.on(row.ref) if item.check != row.finding.check]
        if others:
            found.append(heading("Also found on this object"))
            found.extend(_short(item, hand) for item in others)
        return found
    found.extend(dismissed_lines(hand))
    if not row.findings:
        if not row.dismissed:
            found.extend((line(), *_nothing(hand)))
        found.extend(barrier_lines(hand))
        return found
    for item in row.findings[:SHOWN]:
        found.append(line())
        found.extend(_finding(item, hand, full=len(row.findings) == 1))
    if len(row.findings) > SHOWN:
        found.append(line(f"and {len(row.findings) - SHOWN:,} more findings; pane 2 lists them all", "muted"))
    found.extend(barrier_lines(hand))
    return found


def _nothing(hand: Hand) -> Iterator[Line]:
    row = hand.row
    if row.unknown:
        yield line("? not known", "unknown bold")
        yield from prose(row.unknown, hand.width)
    elif row.judged:
        mark = badge(None, Verdict.PASS, ascii=hand.view.ascii)
        yield line(f"{mark} no check found anything wrong here", "pass")
        yield line("Checks that look at other objects may still concern it: see Links.", "muted")
    elif hand.view.state.judging:
        yield line("judging …", "muted")
    elif not row.notes:
        for name, value in row.values.items():
            text = value.text if isinstance(value, Cell) else str(value)
            # Other values are for sorting: an object would be written out with all that it holds.
            if text and isinstance(value, str | int | Cell):
                first, *rest = list(prose(text, hand.width - 13))[:-1]
                yield Line(((f"{name:12} ", "muted"), *first.spans))
                yield from (Line(((" " * 13, ""), *more.spans)) for more in rest)


def _finding(finding: Finding, hand: Hand, *, full: bool) -> Iterator[Line]:
    yield _short(finding, hand)
    yield from decided_lines(finding, hand)
    if finding.subject != hand.row.ref:
        yield Line(
            ((f"  {finding.subject}", "bold"),), link=f"finding:{finding.fingerprint}", about=(finding,)
        )
    if finding.verdict is Verdict.UNKNOWN:
        yield from prose(finding.reason, hand.width, indent="  ", style="unknown")
    for piece in finding.evidence:
        elsewhere = piece.ref is not None and piece.ref != finding.subject
        where = f" in {piece.ref}" if elsewhere and str(piece.ref) not in piece.words else ""
        for said in list(prose(f"› {piece.words}{where}", hand.width, indent="  ", style="evidence"))[:-1]:
            yield Line(said.spans, about=(finding,))
        if piece.path:
            # The tab YAML shows the object in hand alone.
            link = f"field:{piece.path}" if (piece.ref or finding.subject) == hand.row.ref else ""
            yield Line(((f"    {piece.path}", "muted"),), link=link, about=(finding,))
    if finding.reaches:
        count = len(finding.reaches)
        more = ", …" if count > MANY else ""
        reached = f"reaches {count} pod{'s' if count != 1 else ''}: {', '.join(finding.reaches[:MANY])}{more}"
        yield from list(prose(reached, hand.width, indent="  ", style="muted"))[:-1]
    if full:
        yield line()
        declared = next((item for item in all_checks(optional=True) if item.id == finding.check), None)
        if declared is not None:
            yield from _page(declared, hand)


def _short(finding: Finding, hand: Hand) -> Line:
    mark = badge(finding.severity, finding.verdict, ascii=hand.view.ascii)
    style = style_name(finding.severity, finding.verdict)
    severity = finding.severity.word if finding.verdict is Verdict.FAIL else "unknown"
    return Line(
        (
            (f"{mark} ", f"{style} bold"),
            (finding.title, "bold"),
            (f"  {severity}", style),
            (f"  {finding.check}", "muted"),
        ),
        link=f"finding:{finding.fingerprint}",
        about=(finding,),
    )


def _page(declared: Check[object], hand: Hand) -> Iterator[Line]:
    yield heading("Why it matters")
    yield from prose(declared.page.why, hand.width)
    yield from list(prose("Seen by  " + ", ".join(threat.value for threat in declared.threats), hand.width))[
        :-1
    ]
    yield from list(prose("References  " + ", ".join(declared.references), hand.width, style="muted"))
    if declared.make_fix is not None:
        yield line(f"{hand.key('fix.stage')} stages its fix, the tab Fix shows the change.", "muted")


TAB = Tab("why", 1, "Why", lines)
