"""Tab Links: every object that this one hangs together with; enter goes there."""

from __future__ import annotations

from collections.abc import Sequence

from ksec_tui.analysis.links import links
from ksec_tui.screens.details.tab import Hand, Tab, line
from ksec_tui.screens.widgets.text import Line
from ksec_tui.themes.palette import badge, style_name


def lines(hand: Hand) -> Sequence[Line]:
    """One line for each neighbour, with its worst finding."""
    found = []
    for neighbour in links(hand.snapshot, hand.row.ref):
        worst = next(iter(hand.view.results.on(neighbour.ref)), None)
        mark, style = "  ", ""
        if worst is not None:
            mark = badge(worst.severity, worst.verdict, ascii=hand.view.ascii).ljust(2)
            style = style_name(worst.severity, worst.verdict)
        note = "" if neighbour.found else "  (not read: absent, or not for you to read)"
        found.append(
            Line(
                (
                    (f"{neighbour.relation:16} ", "muted"),
                    (f"{mark} ", style),
                    (f"{neighbour.ref.kind} ", "muted"),
                    (neighbour.ref.path, "" if neighbour.found else "muted"),
                    (note, "unknown"),
                ),
                link=f"object:{neighbour.ref.id}",
            )
        )
    return found or [line("Nothing that was read hangs together with it.", "muted")]


TAB = Tab("links", 4, "Links", lines)
