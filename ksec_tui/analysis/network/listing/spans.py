"""The ranges of addresses that the rules of one direction tell apart."""

from __future__ import annotations

from collections.abc import Iterable

from ksec_tui.analysis.network.addresses import AddressSet, partition
from ksec_tui.analysis.network.intervals import Interval
from ksec_tui.analysis.network.rules import Direction, Policy


def spans(policies: Iterable[Policy], direction: Direction) -> tuple[Interval, ...]:
    """The ranges of IPv4 addresses between which no rule of that direction tells a difference, rising."""
    blocks = (
        AddressSet(ranges4=block.ranges4)
        for policy in policies
        for clause in policy.rules(direction) or ()
        for block in clause.blocks
    )
    return tuple(sorted(interval for part in partition(blocks) for interval in part.ranges4))
