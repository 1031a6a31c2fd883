"""The garbage collector rests while thousands of objects arrive: none of them is garbage yet."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_NEVER = 1_000_000_000


@contextmanager
def gc_paused() -> Iterator[None]:
    """Switch the collector off; on again at the end if it was on."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def gc_young_only() -> None:
    """From now on, look for garbage among young objects only.

    Looking through everything that a large cluster consists of stops all threads for up to a second, and
    finds next to nothing: values without cycles are freed without the collector.
    """
    young, middle, _ = gc.get_threshold()
    gc.set_threshold(young or 700, middle or 10, _NEVER)
