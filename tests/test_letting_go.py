"""What was computed from a Snapshot goes with it at once: the program looks for no garbage among old objects."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Callable, Iterator

import pytest

from ksec_tui.analysis.network.blast import blast_radius
from ksec_tui.analysis.network.matrix import matrix
from ksec_tui.analysis.network.world import network
from ksec_tui.analysis.paths.graph import graph
from ksec_tui.analysis.workloads import workloads
from ksec_tui.checks import all_checks
from ksec_tui.cluster.building import SnapshotBuilder
from ksec_tui.cluster.following import FollowingBuilder
from ksec_tui.cluster.ingest import Page, collect, item_from_tree
from ksec_tui.cluster.kinds import KINDS, NAMESPACE
from ksec_tui.cluster.snapshot import Snapshot, SourceInfo
from ksec_tui.findings.renewal import renew
from ksec_tui.findings.runner import run
from ksec_tui.fixes.priorities import priorities
from ksec_tui.sources.base import apply, load
from ksec_tui.sources.demo import DemoSource


@pytest.fixture(autouse=True)
def _no_collector() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def _judged(snapshot: Snapshot) -> object:
    return run(snapshot, all_checks())


def _prioritised(snapshot: Snapshot) -> object:
    return len(priorities(snapshot, run(snapshot, all_checks()), all_checks()))


def _reached(snapshot: Snapshot) -> object:
    return [blast_radius(snapshot, item).pods for item in workloads(snapshot)], matrix(snapshot).namespaces


@pytest.mark.parametrize("work", [_judged, _prioritised, _reached])
def test_a_snapshot_that_nobody_holds_is_freed_with_all_that_was_worked_out_of_it(
    work: Callable[[Snapshot], object],
) -> None:
    snapshot, _ = load(DemoSource())
    kept = work(snapshot)
    gone: list[weakref.ref[object]] = [
        weakref.ref(item) for item in (snapshot, network(snapshot), graph(snapshot))
    ]
    del snapshot
    assert [item() for item in gone] == [None, None, None]
    assert kept


class _Engine:
    """Something worked out of a Snapshot, which goes on asking it."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot

    def more(self) -> _Engine:
        """What takes more work, done once."""
        found: _Engine = self.snapshot.derived(_Engine.more, _Engine)
        return found


def test_what_is_worked_out_when_the_snapshot_is_gone_already_goes_with_whoever_worked_it_out() -> None:
    snapshot, _ = load(DemoSource())
    engine: _Engine = snapshot.derived(_Engine, _Engine)
    del snapshot
    assert engine.more() is engine.more()
    assert engine.more().snapshot.of(NAMESPACE) == engine.snapshot.of(NAMESPACE)
    gone = [weakref.ref(engine.snapshot), weakref.ref(engine.more().snapshot)]
    del engine
    assert [item() for item in gone] == [None, None]


def test_what_somebody_still_holds_answers_though_its_snapshot_is_gone() -> None:
    snapshot, _ = load(DemoSource())
    found, some = network(snapshot), workloads(snapshot)[0]
    expected = [group.number for group in network(snapshot).group_of(some.ref)]
    del snapshot
    assert [group.number for group in found.group_of(some.ref)] == expected
    assert [group.number for group in network(found.snapshot).group_of(some.ref)] == expected


def test_what_was_worked_out_is_worked_out_once_wherever_it_is_asked_for() -> None:
    snapshot, _ = load(DemoSource())
    assert network(network(snapshot).snapshot) is network(snapshot)


class _Thing:
    """Something that can be watched."""


def test_what_was_worked_out_of_a_large_snapshot_goes_a_little_at_a_time() -> None:
    documents = (
        {"kind": "Namespace", "apiVersion": "v1", "metadata": {"name": f"n{n}"}} for n in range(10_000)
    )
    builder = SnapshotBuilder(SourceInfo())
    builder.add(collect(NAMESPACE, [item_from_tree(NAMESPACE, tree) for tree in documents]))
    snapshot = builder.snapshot()
    alive = weakref.WeakSet[_Thing]()

    def made(within: Snapshot) -> tuple[Snapshot, dict[str, list[_Thing]]]:
        things = [_Thing() for _ in range(3_000)]
        alive.update(things)
        return within, {"things": things}

    snapshot.derived(made, made)
    gone = weakref.ref(snapshot)
    del snapshot
    assert gone() is None
    [thread] = [each for each in threading.enumerate() if each.name == "ksec-free"]
    thread.join(20)
    assert not thread.is_alive()
    assert len(alive) == 0


def test_whatever_changes_in_what_is_followed_nothing_of_the_past_stays_behind_in_circles() -> None:
    """Collected by nobody, it would keep the objects of old states for as long as the program runs."""
    source = DemoSource()
    builder = FollowingBuilder(source.info)
    for event in source.events(threading.Event()):
        apply(builder, event)
    snapshot = builder.snapshot()
    checks = all_checks()
    results = run(snapshot, checks)
    for kind in KINDS:
        for item in snapshot.of(kind)[:1]:
            tree = snapshot.document(item.ref)
            assert tree is not None
            tree["metadata"]["labels"] = {**tree["metadata"].get("labels", {}), "turn": "1"}
            builder.change(item.ref, collect(kind, [item_from_tree(kind, tree)]))
            after = builder.snapshot()
            results = renew(snapshot, results, after, frozenset({kind.resource}), checks)
            snapshot = after
    gc.collect()
    for kind in KINDS:
        for item in snapshot.of(kind)[:1]:
            builder.change(item.ref, Page(kind))
            after = builder.snapshot()
            results = renew(snapshot, results, after, frozenset({kind.resource}), checks)
            snapshot = after
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        gc.collect()
        left = {
            type(item).__qualname__ for item in gc.garbage if type(item).__module__.startswith("ksec_tui.")
        }
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
    assert left == set()
