"""What is large is freed without holding anybody up, and never while it is in use."""

from __future__ import annotations

import gc
import threading
import weakref

import pytest

from ksec_tui.sources import collector
from ksec_tui.sources.collector import gc_young_only, let_go_slowly


class Thing:
    """Something that can be watched."""

    def __init__(self, parts: object = None) -> None:
        self.parts = parts


def freeing() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "ksec-free"]


def test_parts_live_as_long_as_their_owner_and_then_all_of_them_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collector, "_LATER", 0.0)
    alive = weakref.WeakSet[Thing]()
    things = [Thing({number: Thing() for number in range(700)}) for _ in range(2)]
    proxied = Thing()
    things.append(Thing(weakref.proxy(proxied)))
    for thing in things:
        alive.add(thing)
        if isinstance(thing.parts, dict):
            alive.update(thing.parts.values())
    del proxied  # a dead proxy among the parts must not end the freeing
    count = len(alive)
    owner = Thing()
    let_go_slowly(owner, [things[:]])
    [thread] = freeing()
    del things, thing
    assert len(alive) == count
    del owner
    thread.join(20)
    assert not thread.is_alive()
    assert len(alive) == 0


def test_old_objects_are_never_searched_for_garbage_again() -> None:
    before = gc.get_threshold()
    try:
        gc_young_only()
        assert gc.get_threshold()[:2] == before[:2]
        assert gc.get_threshold()[2] > 1_000_000
    finally:
        gc.set_threshold(*before)
