"""Pane 1: what to do first, and how attackers get to what is worth taking: from outside, from a pod, with a login."""

from __future__ import annotations

from functools import partial

from ksec_tui.analysis.paths.lenses import Lens
from ksec_tui.screens.pane import Listing, Pane
from ksec_tui.screens.panes import priorities_follow
from ksec_tui.screens.priority_columns import COLUMNS, WORKING
from ksec_tui.screens.priority_rows import lens_rows, notice

_TITLES = {Lens.EXTERNAL: "Outside", Lens.CONTAINER: "Container", Lens.CREDENTIALS: "Credentials"}


def _listing(lens: Lens) -> Listing:
    rows, told = partial(lens_rows, lens=lens), partial(notice, lens=lens)
    return Listing(lens.value, _TITLES[lens], (), COLUMNS, rows, empty=WORKING, notice=told)


PANE = Pane(
    "priorities",
    1,
    "Priorities",
    "What to do first, and the open ways of attackers with what cuts them: of somebody outside, of a compromised "
    "container, of compromised credentials ( ( and ) switch ). h, l and enter fold; s on a fix stages it, on a way or "
    "a step the fix that cuts it best; x on any workload or subject shows what follows if it is compromised. "
    "Odds and shares of risk are judgements to put things in order, not measurements.",
    (*map(_listing, Lens), priorities_follow.LISTING),
    aliases=("paths", "attack", "home"),
    short="Prio",
)
