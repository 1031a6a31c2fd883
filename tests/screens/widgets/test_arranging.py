"""Rows that are ordered and filtered elsewhere end up as if it had been done here and at once."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from ksec_tui.screens.widgets.arranging import Arranged, arranged
from ksec_tui.screens.widgets.columns import in_order
from ksec_tui.screens.widgets.rows import Rows
from tests.screens.widgets.tables import COLUMNS, Pod, pods

RISK, NAME = COLUMNS[:2]


def at_least(limit: int) -> Callable[[Pod], bool]:
    return lambda pod: pod.risk >= limit


def test_a_list_that_never_rests_is_shown_all_the_same() -> None:
    rows = Rows[Pod](lambda pod: pod.name)
    rows.give(pods(5))
    first = rows.wish
    assert first is not None
    rows.give(pods(6))
    assert rows.take(Arranged(first, first.given, list(first.given)))
    assert len(rows.shown) == 5
    assert rows.wish is not None, "the newer ones are still to come"
    rows.settle()
    assert len(rows.shown) == 6
    assert rows.wish is None


def test_what_was_asked_for_before_another_filter_is_not_shown() -> None:
    rows = Rows[Pod](lambda pod: pod.name)
    rows.give(pods(9))
    rows.settle()
    rows.filter(at_least(1), narrows=True)
    old = rows.wish
    assert old is not None
    rows.filter(at_least(2), narrows=True)
    assert arranged(old, lambda: rows.wants(old)) is None
    late = arranged(old)
    assert late is not None
    assert not rows.take(late)
    assert len(rows.shown) == 9
    rows.settle()
    assert [pod.risk for pod in rows.shown] == [2, 2, 2]


@pytest.mark.parametrize("seed", range(20))
def test_whatever_is_asked_for_in_whatever_order_the_last_word_holds(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - only to try much
    rows = Rows[Pod](lambda pod: pod.name)
    given: list[Pod] = []
    column, reverse, limit = None, False, 0
    under_way: list[Arranged[Pod]] = []
    for _ in range(60):
        match chance.randrange(6):
            case 0:
                given = [Pod(f"pod-{chance.randrange(99)}", chance.randrange(5)) for _ in range(30)]
                rows.give(given)
            case 1:
                column, reverse = chance.choice([None, RISK, NAME]), chance.random() < 0.5
                rows.sort(column, reverse=reverse)
            case 2:
                # One letter more, or a new filter.
                narrows = chance.random() < 0.5
                limit = chance.randrange(limit, 6) if narrows else chance.randrange(6)
                rows.filter(at_least(limit), narrows=narrows)
            case 3 if rows.wish is not None and (found := arranged(rows.wish)) is not None:
                under_way.append(found)
            case 4 if under_way:
                rows.take(under_way.pop(chance.randrange(len(under_way))))
            case 5:
                rows.settle()
    rows.settle()
    ordered = in_order(given, column, reverse=reverse)
    assert list(rows.every) == list(ordered)
    assert rows.shown == [pod for pod in ordered if pod.risk >= limit]
