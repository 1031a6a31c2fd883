"""Somebody who follows a live source, and churn for what is followed."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ksec_tui.cluster.coverage import State
from ksec_tui.cluster.following import FollowingBuilder
from ksec_tui.cluster.kinds import KINDS
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.sources.base import Changed, Event, Idle, Link, Linked, Replaced, Update, apply, load
from ksec_tui.sources.live import LiveSource
from tests.apiserver import ApiServer, ChangingCluster
from tests.sources.live_tools import Tree, connect, document, pod

PATIENCE = 30.0
"""Seconds after which something does not happen any more."""


def briefly(event: threading.Event, seconds: float) -> bool:
    """Waits, but never long."""
    return event.wait(min(seconds, 0.02))


def following(server: ApiServer, folder: Path, **options: Any) -> LiveSource:
    """A live source whose pauses are short."""
    names = ("page_size", "watch_seconds", "again", "wait")
    given: dict[str, Any] = {name: options.pop(name) for name in names if name in options}
    return LiveSource(connect(server, folder, **options), **{"wait": briefly, "again": 0.1, **given})


class Follower:
    """Takes in what a source that is followed says; lets a test wait for what comes of it."""

    def __init__(self, source: LiveSource) -> None:
        self.builder = FollowingBuilder(source.info)
        self.link: Link | None = None
        self.events: list[Event | Update] = []
        self.told: list[bool] = []
        self.cancel = threading.Event()
        self.error: BaseException | None = None
        self._source = source
        self._news = threading.Condition()
        self._thread = threading.Thread(target=self._follow, name="follower")

    def _follow(self) -> None:
        try:
            for event in self._source.watch(self.cancel):
                with self._news:
                    self._take(event)
                    self._news.notify_all()
        except BaseException as error:  # noqa: BLE001 - for the test, which raises it
            with self._news:
                self.error = error
                self._news.notify_all()

    def _take(self, event: Event | Update) -> None:
        if isinstance(event, Idle):
            return
        self.events.append(event)
        match event:
            case Changed(ref, page):
                self.told.append(self.builder.change(ref, page))
            case Replaced(kind, pages, coverage):
                self.told.append(self.builder.replace(kind, pages, coverage))
            case Linked(link):
                self.link = link
            case _:
                apply(self.builder, event)

    def until(self, condition: Callable[[], object]) -> None:
        """Wait until something is so."""
        with self._news:
            reached = self._news.wait_for(lambda: self.error is not None or condition(), PATIENCE)
        if self.error is not None:
            raise self.error
        assert reached, (self.link, [type(event).__name__ for event in self.events[-20:]])

    @property
    def now(self) -> Snapshot:
        """What is known now."""
        with self._news:
            return self.builder.snapshot()

    def names(self, kind: Any) -> set[str]:
        """The objects of a kind."""
        return {item.metadata.name for item in self.builder.snapshot().of(kind)}

    def count(self, kind: type[Event | Update]) -> int:
        """How many events of one sort have come."""
        return sum(isinstance(event, kind) for event in self.events)

    @contextmanager
    def running(self) -> Iterator[Follower]:
        """Follow while the context lasts, from when everything was read."""
        self._thread.start()
        try:
            self.until(lambda: self.link is not None)
            yield self
        finally:
            self.cancel.set()
            self._thread.join(PATIENCE)


@contextmanager
def followed(server: ApiServer, folder: Path, **options: Any) -> Iterator[Follower]:
    """A follower whose watches the server has begun to answer."""
    with Follower(following(server, folder, **options)).running() as follower:
        cluster = server.cluster
        assert isinstance(cluster, ChangingCluster)
        follower.until(lambda: cluster.open >= (follower.link or Link()).watched)
        yield follower


def differences(found: Snapshot, expected: Snapshot) -> list[str]:
    """Where two Snapshots of one cluster are not equal; in what state a kind failed counts, not in which words."""
    wrong = [
        f"{kind.resource}: {[i.ref.path for i in found.of(kind)]} is not {[i.ref.path for i in expected.of(kind)]}"
        for kind in KINDS
        if found.of(kind) != expected.of(kind)
    ]
    for ref, raw in {**dict(found.raw_documents()), **dict(expected.raw_documents())}.items():
        if found.raw(ref) != expected.raw(ref):
            wrong.append(f"the document of {ref}: {found.raw(ref)!r} is not {raw!r}")
    for kind in KINDS:
        mine, other = found.coverage.of(kind), expected.coverage.of(kind)
        if _facts(mine) != _facts(other):
            wrong.append(f"coverage of {kind.resource}: {mine} is not {other}")
    if found.hostile != expected.hostile:
        wrong.append("hostile")
    if found.unreadable != expected.unreadable:
        wrong.append(f"unreadable: {found.unreadable} is not {expected.unreadable}")
    return wrong


def _facts(cover: Any) -> tuple[Any, ...]:
    known = cover.state in (State.OK, State.PARTIAL)
    return cover.state, cover.count, cover.unreadable, cover.namespaces if known else None, set(cover.failed)


def listed(server: ApiServer, folder: Path, **options: Any) -> Snapshot:
    """What a full list says now."""
    options.pop("watch_seconds", None)
    return load(following(server, folder, **options))[0]


class Churn:
    """Changes a cluster at random, always the same for the same seed."""

    def __init__(self, cluster: ChangingCluster, seed: int) -> None:
        self.cluster = cluster
        self.dice = random.Random(seed)  # noqa: S311 - the same for the same seed is the point
        self.changes = 0

    def step(self) -> None:
        """One change: an object comes, changes or goes."""
        self.changes += 1
        dice = self.dice
        there = [tree for tree in self.cluster.documents() if tree["kind"] != "Namespace"]
        if there and dice.random() < 0.3:
            self.cluster.delete(dice.choice(there))
        else:
            self.cluster.put(self._thing())

    def _thing(self) -> Tree:
        dice = self.dice
        number, space = dice.randrange(8), dice.choice(["shop", "bank"])
        name, labels = f"thing-{number}", {"turn": str(self.changes)}
        made: list[Tree] = [
            pod(f"web-{number}", space),
            document("v1", "Secret", name, space, type="Opaque", data={"a": "eA=="}),
            document("v1", "ConfigMap", name, space, data={"a": "b"}),
            document("v1", "ServiceAccount", name, space),
            document("v1", "Node", name, spec={}),
            document("apps/v1", "Deployment", name, space, spec={"replicas": number, "template": None}),
            document("rbac.authorization.k8s.io/v1", "ClusterRole", name, rules=[{"verbs": ["get"]}]),
            document("gateway.networking.k8s.io/v1", "Gateway", name, space, spec={"gatewayClassName": "x"}),
        ]
        tree = dice.choice(made)
        tree["metadata"]["labels"] = labels
        match dice.randrange(12):
            case 0:
                tree["metadata"]["annotations"] = {"note": "\x1b[2Jgone"}
            case 1:
                tree["spec"] = "no object"
            case 2:
                owner = {
                    "apiVersion": "apps/v1",
                    "kind": "ReplicaSet",
                    "name": "web",
                    "uid": "1",
                    "controller": True,
                }
                tree["metadata"]["ownerReferences"] = [owner]
            case 3:
                tree["metadata"]["annotations"] = {"half": "\ud800"}
            case 4:
                tree["metadata"]["labels"] = None
        return tree
