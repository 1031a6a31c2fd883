"""A session and a source that is followed, when it fails, and when nothing happens while days go by."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Iterator

import msgspec

from ksec_tui.checks import all_checks
from ksec_tui.cluster.snapshot import SourceInfo
from ksec_tui.findings.runner import run
from ksec_tui.session import Session
from ksec_tui.sources.base import Event, Idle, Link, Linked, Opened, SourceError, Update
from tests.screens.world import World
from tests.test_session import Listener, done


class Followed(World):
    """A world in which no object changes, and that says at last why it cannot be followed any more."""

    fails = ""
    upgraded: SourceInfo | None = None

    def watch(self, cancel: threading.Event) -> Iterator[Event | Update]:
        """As it is read, then nothing."""
        yield from self.events(cancel)
        yield Linked(Link(watched=3))
        while not cancel.wait(0.01):
            if self.fails:
                raise SourceError(self.fails)
            if self.upgraded is not None:
                yield Opened(self.upgraded)
            yield Idle()


def test_what_cannot_be_followed_any_more_is_not_called_live() -> None:
    listener, world = Listener(), Followed()
    session = Session(world, listener, follow=True)
    session.refresh()
    listener.wait(lambda state: done(state) and state.link is not None)
    world.fails = "the login is over"
    last = listener.wait(lambda state: bool(state.error))
    assert last.error == "the login is over"
    assert last.link is None
    session.close()


def test_a_server_that_is_upgraded_is_judged_by_its_new_version() -> None:
    listener, world = Listener(), Followed()
    session = Session(world, listener, follow=True, update_every=0.01)
    session.refresh()
    first = listener.wait(lambda state: done(state) and state.link is not None)
    old = msgspec.structs.replace(first.snapshot.source, server_version="v1.20.1")
    world.upgraded = old
    last = listener.wait(lambda state: state.snapshot.source.server_version == "v1.20.1")
    assert last.results.by_check == run(last.snapshot, all_checks()).by_check
    assert last.results.by_check["ver-server-eol"] != first.results.by_check["ver-server-eol"]
    session.close()


def test_a_day_that_ends_while_nothing_changes_is_judged_anew() -> None:
    listener, world = Listener(), Followed()
    world.info = msgspec.structs.replace(world.info, today="2019-01-01")
    session = Session(world, listener, follow=True, update_every=0.01)
    session.refresh()
    first = listener.wait(lambda state: done(state) and state.link is not None)
    assert any(
        item.check == "ver-server-eol"
        for item in listener.wait(
            lambda state: (
                state.snapshot.source.date >= dt.datetime.now(tz=dt.UTC).date() - dt.timedelta(days=1)
                and state.results is not first.results
            )
        ).results.findings
    )
    session.close()
