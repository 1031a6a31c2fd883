"""Lists that outlive the history of the store: read from the beginning, nothing lost and nothing doubled."""

from __future__ import annotations

import base64
import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator

import pytest
import urllib3

from ksec_tui.cluster.coverage import State
from ksec_tui.cluster.ingest import Document
from ksec_tui.cluster.kinds import SERVICE_ACCOUNT
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import SourceInfo
from ksec_tui.sources.base import Arrived, Event, load
from ksec_tui.sources.connection import open_connection
from ksec_tui.sources.kubeconfig import ConnectionOptions
from ksec_tui.sources.live import LiveSource
from tests.control_plane.client import Tree
from tests.control_plane.conftest import Started
from tests.control_plane.plane import Plane

ACCOUNTS = "/api/v1/namespaces/default/serviceaccounts"
MANY = 300


class Disturbed:
    """A live source to which something happens whenever a page arrives."""

    def __init__(self, live: LiveSource, happens: Callable[[int], None]) -> None:
        self._live = live
        self._happens = happens

    @property
    def info(self) -> SourceInfo:
        return self._live.info

    def events(self, cancel: threading.Event) -> Iterator[Event]:
        pages = 0
        for event in self._live.events(cancel):
            yield event
            if isinstance(event, Arrived):
                pages += 1
                self._happens(pages)

    def fetch(self, ref: ObjectRef) -> Document | None:
        return self._live.fetch(ref)


@pytest.fixture(scope="module")
def uncached(start: Started) -> Iterator[Plane]:
    """A server that asks the store for every page."""
    with start("uncached", "--watch-cache=false") as plane:
        plane.admin.post_all(ACCOUNTS, ({"metadata": {"name": f"a-{number}"}} for number in range(MANY)))
        yield plane


def source(plane: Plane) -> LiveSource:
    options = ConnectionOptions(kubeconfig=str(plane.admin_kubeconfig()))
    return LiveSource(open_connection(options), kinds=(SERVICE_ACCOUNT,), page_size=2)


def forget_history(store: str) -> None:
    """Let etcd drop every revision but the present one."""

    def ask(path: str, body: Tree) -> Tree:
        answer = urllib3.request("POST", f"{store}/v3/kv/{path}", body=json.dumps(body))
        assert answer.status == 200, answer.data
        found: Tree = json.loads(answer.data)
        return found

    revision = ask("range", {"key": base64.b64encode(b"/").decode()})["header"]["revision"]
    ask("compaction", {"revision": revision, "physical": True})


def test_a_list_begins_anew_when_the_store_forgets_and_is_right_in_the_end(uncached: Plane) -> None:
    def happens(page: int) -> None:
        if page == 1:
            uncached.admin.ask("DELETE", f"{ACCOUNTS}/a-299")
            uncached.admin.ask("DELETE", f"{ACCOUNTS}/a-0")
            uncached.admin.post(ACCOUNTS, {"metadata": {"name": "a-new"}})
            forget_history(uncached.store)

    live = source(uncached)
    snapshot, problems = load(Disturbed(live, happens))
    assert 410 in [request.status for request in live.log]
    assert problems == ()
    assert snapshot.coverage.of(SERVICE_ACCOUNT).state is State.OK
    there = [item["metadata"]["name"] for item in uncached.admin.get(ACCOUNTS)["items"]]
    assert Counter(item.name for item in snapshot.of(SERVICE_ACCOUNT)) == Counter(there)


def test_a_list_that_is_forgotten_twice_is_told_as_cut_short(uncached: Plane) -> None:
    def happens(page: int) -> None:
        uncached.admin.ask(
            "PATCH",
            f"{ACCOUNTS}/a-1",
            {"metadata": {"labels": {"page": str(page)}}},
            content_type="application/merge-patch+json",
        )
        forget_history(uncached.store)

    snapshot, _ = load(Disturbed(source(uncached), happens))
    cover = snapshot.coverage.of(SERVICE_ACCOUNT)
    assert cover.state is State.TRUNCATED
    assert "expired twice" in cover.reason
    assert 0 < len(snapshot.of(SERVICE_ACCOUNT)) < MANY
