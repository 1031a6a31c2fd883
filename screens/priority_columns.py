"""The columns of the trees of ways."""

from __future__ import annotations

import dataclasses
from typing import Any

from ksec_tui.screens.pane import Row, value_column
from ksec_tui.screens.widgets.columns import Column

WORKING = "working out paths …"
"""What is said while a tree is worked out: it is never empty."""


def _column(name: str, title: str, **shape: Any) -> Column[Row]:
    """A column by which nothing is ordered: the order of a tree of ways is that of their risk."""
    return dataclasses.replace(value_column(name, title, **shape), sort=lambda _: 0)


COLUMNS: tuple[Column[Row], ...] = (
    _column("sev", "SEV", width=3, min_width=3, priority=0),
    _column("what", "WAY, STEP, FIX", width=58, min_width=44, grow=4, priority=0),
    _column("chance", "ODDS/RISK", width=9, min_width=9, right=True, priority=1),
    _column("state", "STATE", width=12, min_width=11, priority=1),
    _column("cut", "CUT BY, REMOVES", width=40, min_width=36, grow=3, priority=2),
)
