"""The session publishes what is known as it comes, newest last, and survives failures, refreshes and closing."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

from ksec_tui.checks import all_checks, chosen_checks
from ksec_tui.cluster.coverage import KindCoverage
from ksec_tui.cluster.coverage import State as Reading
from ksec_tui.cluster.kinds import DEPLOYMENT, POD
from ksec_tui.session import Session, State
from ksec_tui.sources.base import Event, Problem, SourceError
from tests.screens.world import API, World, cluster

PATIENCE = 20.0
"""Seconds after which something does not happen any more."""


class Listener:
    """Keeps every State and lets a test wait for one."""

    def __init__(self) -> None:
        self.states: list[State] = []
        self._arrived = threading.Condition()

    def __call__(self, state: State) -> None:
        with self._arrived:
            self.states.append(state)
            self._arrived.notify_all()

    def wait(self, condition: Callable[[State], bool]) -> State:
        """The newest State, once it is as wanted."""
        with self._arrived:
            assert self._arrived.wait_for(
                lambda: bool(self.states) and condition(self.states[-1]), PATIENCE
            ), self.states[-1:]
            return self.states[-1]


def done(state: State) -> bool:
    return not (state.reading or state.judging)


def names(state: State) -> set[str]:
    return {item.metadata.name for item in state.snapshot.of(DEPLOYMENT)}


def threads() -> set[str]:
    return {thread.name for thread in threading.enumerate() if thread.name.startswith("ksec-")}


def test_before_anything_is_read_everything_is_still_to_come() -> None:
    session = Session(World(), Listener())
    assert (session.state.reading, session.state.judging, session.state.snapshot.count()) == (True, True, 0)
    assert session.state.snapshot.coverage.of(POD).state is Reading.QUEUED


def test_states_come_while_it_reads_and_the_last_is_whole_and_judged() -> None:
    listener = Listener()
    session = Session(World(problems=[Problem("x.yaml:1", "is no object")]), listener)
    session.refresh()
    last = listener.wait(done)
    assert any(0 < state.snapshot.count() < last.snapshot.count() for state in listener.states)
    assert any(finding.check == "wl-privileged" for finding in last.results.findings)
    assert not last.results.pending
    assert [problem.where for problem in last.problems] == ["x.yaml:1"]
    assert session.state is last
    counts = [state.snapshot.count() for state in listener.states]
    assert counts == sorted(counts), "never an older State after a newer"
    session.close()


def test_it_looks_for_what_it_was_asked_to() -> None:
    listener = Listener()
    session = Session(World(), listener, chosen_checks(["wl-no-cpu-limit"], ["wl-privileged"]))
    session.refresh()
    ran = {*listener.wait(done).results.by_check}
    assert ran == {item.id for item in all_checks()} - {"wl-privileged"} | {"wl-no-cpu-limit"}
    session.close()


def test_a_refresh_keeps_the_old_state_until_the_new_one_is_whole() -> None:
    gate = threading.Event()
    gate.set()
    world = World(cluster(workers=1), cluster(workers=2), gate=gate)
    listener = Listener()
    session = Session(world, listener)
    session.refresh()
    before = listener.wait(done)
    gate.clear()
    session.refresh()
    during = listener.wait(lambda state: state.reading)
    assert during.snapshot is before.snapshot
    assert during.results is before.results
    gate.set()
    after = listener.wait(lambda state: done(state) and "worker-01" in names(state))
    assert "worker-01" not in names(before)
    assert not after.stale
    session.close()


def test_a_refresh_that_fails_leaves_the_old_state_as_stale_and_the_next_may_do_better() -> None:
    listener = Listener()
    session = Session(World(cluster(), SourceError("no route to host"), cluster(workers=5)), listener)
    session.refresh()
    good = listener.wait(done)
    session.refresh()
    failed = listener.wait(lambda state: bool(state.error))
    assert failed.error == "no route to host"
    assert failed.stale
    assert done(failed)
    assert failed.snapshot is good.snapshot
    assert failed.results is good.results
    session.refresh()
    again = listener.wait(lambda state: done(state) and "worker-04" in names(state))
    assert (again.stale, again.error) == (False, "")
    session.close()


def test_a_first_reading_that_fails_says_why_and_is_not_called_stale() -> None:
    listener = Listener()
    session = Session(World(SourceError("login refused")), listener)
    session.refresh()
    failed = listener.wait(lambda state: bool(state.error))
    assert (failed.error, failed.stale, done(failed)) == ("login refused", False, True)
    session.close()


class Broken(World):
    """A source with a defect."""

    def events(self, cancel: threading.Event) -> Iterator[Event]:
        yield from list(super().events(cancel))[:3]
        raise KeyError("spec")


def test_a_defect_of_a_source_is_told_and_never_leaves_the_screen_waiting() -> None:
    listener = Listener()
    session = Session(Broken(), listener)
    session.refresh()
    failed = listener.wait(lambda state: bool(state.error))
    assert "internal error: KeyError" in failed.error
    assert done(failed)
    session.close()


def test_closing_ends_the_threads_and_nothing_is_published_after_it() -> None:
    gate = threading.Event()
    listener = Listener()
    session = Session(World(gate=gate), listener)
    session.refresh()
    listener.wait(lambda state: state.snapshot.count() > 0)
    session.close(timeout=PATIENCE)
    assert threads() == set()
    count = len(listener.states)
    gate.set()
    session.close()
    assert len(listener.states) == count


def test_a_second_refresh_gives_up_the_first_and_only_its_state_counts() -> None:
    gate = threading.Event()
    listener = Listener()
    session = Session(World(cluster(workers=1), cluster(workers=2), gate=gate), listener)
    session.refresh()
    listener.wait(lambda state: state.snapshot.count() > 0)
    session.refresh()
    gate.set()
    last = listener.wait(lambda state: done(state) and "worker-01" in names(state))
    assert session.state is last
    session.close(timeout=PATIENCE)
    assert threads() == set()


def test_what_could_not_be_read_stays_told_during_a_refresh() -> None:
    gate = threading.Event()
    gate.set()
    world = World(problems=[Problem("x.yaml:1", "is no object")], gate=gate)
    listener = Listener()
    session = Session(world, listener)
    session.refresh()
    listener.wait(done)
    gate.clear()
    session.refresh()
    assert listener.wait(lambda state: state.reading).problems
    gate.set()
    session.close()


def test_an_object_held_in_part_is_fetched_once_for_a_snapshot() -> None:
    document = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "api", "namespace": "shop"},
    }
    world = World(whole={API: document})
    listener = Listener()
    session = Session(world, listener)
    session.refresh()
    snapshot = listener.wait(done).snapshot
    assert session.whole(snapshot, API) == document
    assert session.whole(snapshot, API) == document
    assert world.fetched == [API]
    session.refresh()
    newer = listener.wait(lambda state: done(state) and state.snapshot is not snapshot).snapshot
    session.whole(newer, API)
    assert world.fetched == [API, API]
    session.close()


def test_an_object_held_whole_is_not_fetched() -> None:
    world = World()
    listener = Listener()
    session = Session(world, listener)
    session.refresh()
    snapshot = listener.wait(done).snapshot
    document = session.whole(snapshot, API)
    assert document is not None
    assert document["kind"] == "Deployment"
    assert world.fetched == []
    session.close()


def test_a_kind_that_is_refused_is_known_as_refused() -> None:
    listener = Listener()
    session = Session(World(coverage={"pods": KindCoverage(Reading.FORBIDDEN)}), listener)
    session.refresh()
    last = listener.wait(done)
    assert last.snapshot.coverage.gap(POD) == "pods could not be listed (forbidden)"
    session.close()
