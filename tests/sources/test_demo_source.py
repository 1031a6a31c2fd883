"""The demo cluster as a source."""

import gc
import threading

from ksec_tui.cluster.coverage import State
from ksec_tui.cluster.kinds import KINDS, POD, SECRET
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.sources.base import Ended, load
from ksec_tui.sources.demo import DemoSource


def test_every_object_of_the_demo_can_be_read() -> None:
    snapshot, problems = load(DemoSource())
    assert problems == ()
    assert snapshot.unreadable == ()
    assert len(snapshot.of(POD)) > 80
    assert all(snapshot.whole(pod.ref) for pod in snapshot.of(POD))
    assert snapshot.of(SECRET)


def test_all_of_the_demo_is_known() -> None:
    snapshot, _ = load(DemoSource())
    assert {snapshot.coverage.of(kind).state for kind in KINDS} == {State.OK}
    assert all(snapshot.coverage.gap(kind) is None for kind in KINDS)


def test_it_says_that_it_is_the_demo_and_judges_by_the_date_given() -> None:
    info = DemoSource(today="2026-04-01").info
    assert (info.kind, info.label, info.user) == ("demo", "demo", "demo")
    assert info.server_version.startswith("v1.")
    assert info.date.isoformat() == "2026-04-01"


def test_two_readings_are_equal_and_the_collector_runs_afterwards() -> None:
    source = DemoSource()
    first, second = load(source)[0], load(source)[0]
    assert all(first.of(kind) == second.of(kind) for kind in KINDS)
    assert gc.isenabled()
    assert source.fetch(ObjectRef("shop", "Pod", "any")) is None


def test_cancelling_ends_the_reading_without_a_claim() -> None:
    cancel = threading.Event()
    cancel.set()
    assert not [event for event in DemoSource().events(cancel) if isinstance(event, Ended)]
