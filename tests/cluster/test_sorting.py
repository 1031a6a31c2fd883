"""Many things are sorted piece by piece, and come out as from one sort."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest

from ksec_tui.cluster.sorting import PIECE, sorted_gently


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("different", [1, 5, 100_000])
def test_many_things_are_sorted_as_few_are(different: int, *, reverse: bool) -> None:
    chance = random.Random(different)  # noqa: S311 - only to try much
    things = [(chance.randrange(different), number) for number in range(8 * PIECE)]
    found = sorted_gently(things, lambda thing: thing[0], reverse=reverse)
    assert found == sorted(things, key=lambda thing: thing[0], reverse=reverse)
    assert any(one[1] > other[1] for one, other in pairwise(found)) is (different > 1)


def test_a_few_of_many_things_that_do_not_compare_are_an_error_as_for_sorted() -> None:
    things: list[object] = [*range(3 * PIECE), "x"]
    with pytest.raises(TypeError):
        sorted_gently(things, lambda thing: thing)
