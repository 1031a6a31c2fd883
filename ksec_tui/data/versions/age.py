"""How old facts about versions are, and how that is to be taken."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import Enum

OLD_DAYS = 45
"""Patches come about every month: older data has missed a round of them."""

STALE_DAYS = 120
"""A minor release appears about every 120 days: older data has missed one."""


class Freshness(Enum):
    """How the age of facts is to be taken."""

    FRESH = "fresh"
    OLD = "old"
    STALE = "stale"
    AHEAD = "from the future"


@dataclass(frozen=True, slots=True)
class Age:
    """The age of facts on a day.

    Attributes:
        as_of: the date up to which they know the world.
        days: since then; negative when the clock is behind the facts.
    """

    as_of: dt.date
    days: int

    @property
    def freshness(self) -> Freshness:
        """How the age is to be taken."""
        if self.days < 0:
            return Freshness.AHEAD
        if self.days > STALE_DAYS:
            return Freshness.STALE
        return Freshness.OLD if self.days > OLD_DAYS else Freshness.FRESH

    @property
    def words(self) -> str:
        """``data as of 2026-09-28 (54 d)``; a clock before the data is told."""
        if self.days < 0:
            return f"data as of {self.as_of}, after today's date: is the clock right?"
        return f"data as of {self.as_of} ({self.days} d)"


def age(as_of: dt.date, day: dt.date) -> Age:
    """How old facts of `as_of` are on `day`."""
    return Age(as_of, (day - as_of).days)
