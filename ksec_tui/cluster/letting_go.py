"""Frees large values a little at a time: whoever frees one in one go lets no other thread run meanwhile."""

from __future__ import annotations

import gc
import threading
import time
import types
from collections.abc import Collection, Iterable, Iterator
from typing import Any

_PIECE = 16
"""Values that are freed before the clock is looked at."""
_TURN = 0.003
"""Seconds for which values are freed before others get their turn."""
_FEW = 250
"""Values of a list up to which each may be large far below."""
_LARGE = 32
"""Elements from which a collection is freed piece by piece itself."""
_FAR, _NEAR = 3_000, 1
"""Values within one value that are looked at for such collections."""
_COLLECTIONS = (list, tuple, set, frozenset, dict)
_PLAIN = (str, bytes, int, float, bool, type(None), types.FunctionType, types.MethodType, types.ModuleType)


def free_slowly(held: list[Iterable[Any]]) -> None:
    """Free what collections hold that nobody else uses, in a thread of its own; the list is used up."""
    threading.Thread(target=free, args=(held,), name="ksec-free", daemon=True).start()


def free(held: list[Iterable[Any]]) -> None:
    """The same in this thread, with a pause every few milliseconds so that others get their turn."""
    until = time.perf_counter() + _TURN
    known: set[int] = set()
    given = len(held)
    for place, part in enumerate(held):  # which grows meanwhile
        # Not all at the beginning: the collector would look through all lists that are new at a time.
        items = list(part)
        held[place] = ()
        del part
        looks = _FAR if place < given and len(items) <= _FEW else _NEAR
        while items:
            for item in items[-_PIECE:]:
                held += _large_parts(item, looks, known)
            del items[-_PIECE:], item
            if time.perf_counter() > until:
                time.sleep(0.001)
                until = time.perf_counter() + _TURN


def _large_parts(item: object, looks: int, known: set[int]) -> Iterator[Collection[object]]:
    """The large collections that an object consists of, but for those within others.

    Args:
        item: the object; itself one of them where it is large.
        looks: how many objects within it are looked into.
        known: ids of those that were found before: many values share what they are worked out of. Once one of them is
            freed, another may get its id, and is then freed in one go.
    """
    waiting, seen = [item], {id(item)}
    while waiting:
        one = waiting.pop()
        # By its exact type: to ask a weak reference's proxy for its class is an error once the object is gone.
        kind = type(one)
        if kind in _COLLECTIONS and isinstance(one, Collection) and len(one) > _LARGE:
            if id(one) not in known:
                known.add(id(one))
                yield one.values() if isinstance(one, dict) else one
        elif looks:
            looks -= 1
            for part in gc.get_referents(one):
                if type(part) not in _PLAIN and not issubclass(type(part), type) and id(part) not in seen:
                    seen.add(id(part))
                    waiting.append(part)
