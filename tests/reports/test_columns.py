"""Columns line up in terminal cells, whatever the script."""

from __future__ import annotations

import pytest

from ksec_tui.reports.columns import columns, fit, width


@pytest.mark.parametrize(
    ("text", "cells"), [("", 0), ("abc", 3), ("日本", 4), ("é", 1), ("e\u0301", 1), ("…", 1)]
)
def test_width_counts_cells(text: str, cells: int) -> None:
    assert width(text) == cells


@pytest.mark.parametrize(
    ("text", "cells", "shown"),
    [
        ("abc", 3, "abc"),
        ("abcd", 3, "ab…"),
        ("日本語", 5, "日本…"),
        ("日本語", 4, "日…"),
        ("ab", 1, "…"),
        ("ab", 0, ""),
    ],
)
def test_fit_never_exceeds_its_cells(text: str, cells: int, shown: str) -> None:
    assert fit(text, cells) == shown
    assert width(shown) <= cells


def test_every_column_starts_at_the_same_cell() -> None:
    lines = list(columns([("日本", "x", "end"), ("a", "yyy", "end")]))
    assert [width(line[: line.index("end")]) for line in lines] == [11, 11]


def test_the_last_column_gives_way_to_the_terminal() -> None:
    (line,) = columns([("a", "b" * 200)], most=40)
    assert width(line) == 40
    assert line.endswith("…")


def test_no_rows_give_no_lines() -> None:
    assert list(columns([])) == []
