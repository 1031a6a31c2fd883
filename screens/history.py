"""Where one has been: back, forward, last, each with cursor and filter."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ksec_tui.cluster.ref import ObjectRef


@dataclass(frozen=True, slots=True)
class Place:
    """What one was looking at.

    Attributes:
        pane: index of the pane.
        listing: index of its view.
        filter: the filter as typed.
        key: the row under the cursor, empty for none.
        sort: column id and whether reversed.
        peek: the object that was looked at instead of the row.
        asked: what the views that answer a question were asked (`Lens.asked`); None for what they are asked now.
    """

    pane: int = 0
    listing: int = 0
    filter: str = ""
    key: str = ""
    sort: tuple[str | None, bool] = (None, False)
    peek: ObjectRef | None = None
    asked: tuple[str, str, ObjectRef | None] | None = None

    def same_list(self, other: Place) -> bool:
        """Whether only the cursor, the sorting or the peek differs."""
        mine, others = (replace(item, key="", sort=(None, False), peek=None) for item in (self, other))
        return mine == others


LIMIT = 200
"""Places remembered."""


class History:
    """A line of places with the present one somewhere on it."""

    def __init__(self) -> None:
        self._places: list[Place] = []
        self._at = -1
        self._left: dict[tuple[int, int], Place] = {}

    def leave(self, place: Place) -> None:
        """Remember how a view was left, whichever way one comes back to it."""
        self._left[place.pane, place.listing] = place

    def lefts(self) -> tuple[Place, ...]:
        """How each view that one was in was left."""
        return tuple(self._left.values())

    def left(self, pane: int, listing: int) -> Place | None:
        """How a view was left last; None when one was never there."""
        return self._left.get((pane, listing))

    def visit(self, left: Place, entered: Place) -> None:
        """Go from `left` to `entered`; what was forward is forgotten."""
        if self._at >= 0:
            self._places[self._at] = left
        else:
            self._places, self._at = [left], 0
        if left == entered:
            return
        self._places = [*self._places[: self._at + 1], entered][-LIMIT:]
        self._at = len(self._places) - 1

    def back(self, left: Place) -> Place | None:
        """The place before, remembering how `left` was left; None at the start."""
        return self._go(left, self._at - 1)

    def forward(self, left: Place) -> Place | None:
        """The place after; None at the end."""
        return self._go(left, self._at + 1)

    @property
    def can_go_back(self) -> bool:
        """Whether there is a place before."""
        return self._at > 0

    @property
    def can_go_forward(self) -> bool:
        """Whether there is a place after."""
        return self._at < len(self._places) - 1

    def _go(self, left: Place, index: int) -> Place | None:
        if not 0 <= index < len(self._places) or self._at < 0:
            return None
        self._places[self._at] = left
        self._at = index
        return self._places[index]
