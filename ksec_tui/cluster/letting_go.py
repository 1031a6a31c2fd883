"""Frees large values a little at a time: whoever frees one in one go lets no other thread run meanwhile."""

from __future__ import annotations

import gc
import threading
import time
import types
from collections.abc import Collection, Iterator
from typing import Any

_PIECE = 250
_DEEP = 3
_PLAIN = (str, bytes, int, float, bool, type(None), types.FunctionType, types.MethodType, types.ModuleType)


def free_slowly(held: list[list[Any]]) -> None:
    """Free what lists hold that nobody else uses, in a thread of its own."""
    threading.Thread(target=free, args=(held,), name="ksec-free", daemon=True).start()


def free(held: list[list[Any]]) -> None:
    """The same in this thread, with a pause after each piece so that others get their turn."""
    for items in held:  # which grows meanwhile
        depth = _DEEP if len(items) <= _PIECE else 1  # one of a few may be large far below
        while items:
            for item in items[-_PIECE:]:
                held += map(list, _large_parts(item, depth))
            del items[-_PIECE:]
            time.sleep(0.001)


def _large_parts(item: object, depth: int) -> Iterator[Collection[object]]:
    """The large collections that an object consists of, but for those within others."""
    # By its exact type: to ask a weak reference's proxy for its class is an error once the object is gone.
    kind = type(item)
    if kind in _PLAIN or issubclass(kind, type):
        return
    if kind in (list, tuple, set, frozenset) and isinstance(item, Collection) and len(item) > _PIECE:
        yield item
    elif kind is dict and isinstance(item, dict) and len(item) > _PIECE:
        yield item.values()
    elif depth:
        for part in gc.get_referents(item):
            yield from _large_parts(part, depth - 1)
