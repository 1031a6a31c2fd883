"""The garbage collector rests while thousands of objects arrive: none of them is garbage yet."""

from __future__ import annotations

import gc
import threading
import time
import weakref
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from ksec_tui.cluster.letting_go import free

_PATIENCE = 60.0
_LATER = 3.0
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


def let_go_slowly(owner: object, held: list[Iterable[Any]]) -> None:
    """Free what a large value holds in small pieces, so that no other thread has to wait for it.

    Args:
        owner: the value; once it is gone (and what shows it has had time to change), the pieces follow.
        held: what it holds, in collections; the list is used up.
    """
    gone = threading.Event()
    weakref.finalize(owner, gone.set).atexit = False
    threading.Thread(target=_let_go, args=(gone, held), name="ksec-free", daemon=True).start()


def _let_go(gone: threading.Event, held: list[Iterable[Any]]) -> None:
    gone.wait(_PATIENCE)
    time.sleep(_LATER)
    free(held)


def gc_young_only() -> None:
    """From now on, look for garbage among young objects only.

    Looking through everything that a large cluster consists of stops all threads for up to a second, and
    finds next to nothing: values without cycles are freed without the collector.
    """
    young, middle, _ = gc.get_threshold()
    gc.set_threshold(young or 700, middle or 10, _NEVER)
