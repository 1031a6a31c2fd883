"""The checks: one declaration each, discovered, never listed."""

from __future__ import annotations

import functools
import sys
from collections.abc import Iterable
from typing import Any

from ksec_tui.findings.check import Check, discover


@functools.cache
def all_checks(*, optional: bool = False) -> tuple[Check[Any], ...]:
    """Every check that runs unless somebody says otherwise, by id; with `optional` every one that there is."""
    if optional:
        return discover(sys.modules[__name__])
    return tuple(item for item in all_checks(optional=True) if not item.optional)


def chosen_checks(enable: Iterable[str] = (), disable: Iterable[str] = ()) -> tuple[Check[Any], ...]:
    """The checks that are to run, by id.

    Args:
        enable: ids of optional checks to run as well.
        disable: ids of checks not to run, even where they are enabled.
    """
    more, less = frozenset(enable), frozenset(disable)
    return tuple(
        item
        for item in all_checks(optional=True)
        if item.id not in less and (item.id in more or not item.optional)
    )


def checks_named(ids: Iterable[str]) -> tuple[Check[Any], ...]:
    """The checks with these ids, by id; ids of no check are left out."""
    wanted = frozenset(ids)
    return tuple(item for item in all_checks(optional=True) if item.id in wanted)
