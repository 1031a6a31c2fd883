"""Columns share the width, rows come in a sensible order, styles are resolved by name."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.style import Style

from ksec_tui.screens.widgets.cells import clip, fit
from ksec_tui.screens.widgets.columns import GAP, Column, in_order, natural, place
from ksec_tui.screens.widgets.styling import StyleBook


def column(name: str, width: int = 10, min_width: int = 4, grow: int = 0, priority: int = 1) -> Column[str]:
    return Column(name, name, str, width=width, min_width=min_width, grow=grow, priority=priority)


def widths(columns: list[Column[str]], room: int) -> dict[str, int]:
    return {placed.column.id: placed.width for placed in place(columns, room)}


def test_the_rest_of_the_width_goes_to_columns_by_their_share() -> None:
    columns = [column("a"), column("b", grow=1), column("c", grow=2)]
    assert widths(columns, 63) == {"a": 10, "b": 20, "c": 30}


def test_columns_are_squeezed_before_any_is_dropped() -> None:
    assert widths([column("a", min_width=10), column("b")], 17) == {"a": 10, "b": 5}


def test_the_column_with_the_greatest_priority_number_is_dropped_first() -> None:
    columns = [column("a", priority=0), column("b", priority=3), column("c", priority=2)]
    assert list(widths(columns, 14)) == ["a", "c"]
    assert list(widths(columns, 6)) == ["a"]


def test_the_last_column_is_never_dropped() -> None:
    assert list(widths([column("a"), column("b")], 1)) == ["a"]


def test_wide_mode_squeezes_nothing() -> None:
    columns = [column("a", width=50), Column[str]("b", "b", str, width=60, wide=True)]
    assert [placed.width for placed in place(columns, 40, wide=True)] == [50, 60]
    assert [placed.column.id for placed in place(columns, 40)] == ["a"]


@given(
    st.lists(st.tuples(st.integers(1, 40), st.integers(1, 10), st.integers(0, 3)), min_size=1, max_size=8),
    st.integers(1, 200),
)
def test_columns_never_overlap_and_fit_when_they_can(shapes: list[tuple[int, int, int]], room: int) -> None:
    columns = [
        column(str(number), width, min(low, width), grow) for number, (width, low, grow) in enumerate(shapes)
    ]
    placed = place(columns, room)
    for one, other in pairwise(placed):
        assert one.x + one.width + GAP == other.x
    if len(placed) > 1:
        assert placed[-1].x + placed[-1].width + GAP <= room
    assert all(spot.width >= spot.column.min_width for spot in placed)


def test_numbers_in_text_compare_as_numbers_and_case_does_not_count() -> None:
    names = ["pod-10", "Pod-2", "pod-1", "10d", "9d", "node"]
    assert sorted(names, key=natural) == ["9d", "10d", "node", "pod-1", "Pod-2", "pod-10"]


@pytest.mark.parametrize("text", ["9" * 10_000, "²³", "٣", "1" * 300 + "a", ""], ids=lambda text: text[:5])
def test_odd_numbers_have_an_order_too(text: str) -> None:
    assert sorted([text, "a1"], key=natural)


@given(st.lists(st.text()))
def test_any_texts_can_be_ordered(texts: list[str]) -> None:
    assert sorted(sorted(texts, key=natural)) == sorted(texts)


def test_sorting_is_stable_also_when_reversed() -> None:
    rows = ["b1", "a1", "b2", "a2"]
    by_letter = Column[str]("x", "X", str, sort=lambda row: row[0])
    assert list(in_order(rows, by_letter)) == ["a1", "a2", "b1", "b2"]
    assert list(in_order(rows, by_letter, reverse=True)) == ["b1", "b2", "a1", "a2"]


def test_keys_of_mixed_types_are_ordered_by_their_words() -> None:
    keys: dict[str, object] = {"a": 10, "b": None, "c": "2", "d": 9}
    mixed = Column[str]("x", "X", str, sort=lambda row: keys[row])
    assert list(in_order(list(keys), mixed)) == ["c", "d", "a", "b"]


@given(st.text(max_size=60), st.integers(1, 30), st.booleans())
def test_fitted_text_has_exactly_its_width(text: str, width: int, ascii_only: bool) -> None:
    assert cell_len(fit(text, width, ascii=ascii_only)) == width
    assert cell_len(clip(text, width, ascii=ascii_only)) <= width


def test_text_can_stand_on_the_right() -> None:
    assert fit("5d", 4, align="right") == "  5d"


BOOK = StyleBook(Style.parse("#ffffff on #000000"), {"severity-critical": "#ff0000", "accent": "#00ff00"})


def test_a_style_name_gives_its_colour_over_the_base() -> None:
    assert BOOK.style("critical bold") == Style.parse("bold #ff0000 on #000000")


def test_a_theme_without_our_variables_lends_a_near_one() -> None:
    assert BOOK.style("medium") == Style.parse("#00ff00 on #000000")


def test_a_misspelt_style_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="critcal"):
        BOOK.style("critcal")
