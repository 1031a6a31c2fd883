"""A cluster that is followed: every change arrives, whatever becomes of connection, history, rights and APIs."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Literal

import pytest

from ksec_tui.cluster.coverage import State
from ksec_tui.cluster.kinds import CONFIG_MAP, GATEWAY, NODE, POD, SECRET
from ksec_tui.sources import live_watch
from ksec_tui.sources.base import Changed, Replaced
from ksec_tui.sources.live_events import LostTrackError, read_event
from tests.apiserver import CANARY, CANARY_BASE64, Access, ApiServer, ChangingCluster, Fault, Rule
from tests.apiserver.access import READ_VERBS
from tests.sources.followers import differences, followed, listed
from tests.sources.live_tools import document, pod, small_shop

LIST_ONLY = Access(rules=(Rule(frozenset({"get", "list"}), frozenset({"*"}), frozenset({"*"})),))


def test_what_comes_changes_and_goes_is_known_at_once_without_a_list(tmp_path: Path) -> None:
    cluster = ChangingCluster(small_shop())
    with ApiServer(cluster) as server, followed(server, tmp_path) as follower:
        before = len(server.requests)
        cluster.put(pod("new", "shop"))
        follower.until(lambda: "new" in follower.names(POD))
        cluster.put({**pod("new", "shop"), "status": {"phase": "Failed"}})
        follower.until(lambda: any(item.status.phase == "Failed" for item in follower.now.of(POD)))
        cluster.delete(pod("new", "shop"))
        follower.until(lambda: "new" not in follower.names(POD))
        assert len(server.requests) == before
        assert differences(follower.now, listed(server, tmp_path)) == []


def test_every_list_is_watched_once_from_where_it_stands_with_bookmarks_and_an_end(tmp_path: Path) -> None:
    cluster = ChangingCluster(small_shop())
    with ApiServer(cluster) as server, followed(server, tmp_path) as follower:
        assert follower.link is not None
        watches = [request for request in server.requests if request.query.get("watch")]
        assert len(watches) == follower.link.watched == len({request.path for request in watches})
        for request in watches:
            assert request.query["resourceVersion"] == str(cluster.latest)
            assert request.query["allowWatchBookmarks"] == "true"
            assert 60 < int(request.query["timeoutSeconds"]) < 600
        assert not server.writes


def test_of_secrets_and_config_maps_nothing_but_metadata_is_ever_watched(tmp_path: Path) -> None:
    cluster = ChangingCluster(small_shop())
    with ApiServer(cluster) as server, followed(server, tmp_path) as follower:
        for kind in ("Secret", "ConfigMap"):
            cluster.put(document("v1", kind, "fresh", "shop", data={"a": "eA=="}))
        follower.until(lambda: "fresh" in follower.names(SECRET) & follower.names(CONFIG_MAP))
        asked = {
            request.headers["accept"]
            for request in server.requests
            if request.query.get("watch") and request.path.endswith(("/secrets", "/configmaps"))
        }
        assert asked == {"application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"}
        assert CANARY not in repr(follower.events)
        assert CANARY_BASE64 not in repr(follower.events)


def test_a_server_that_does_not_reduce_secrets_in_a_watch_is_not_listened_to(tmp_path: Path) -> None:
    cluster = ChangingCluster(small_shop())
    faults: list[Fault] = []
    with ApiServer(cluster, faults=faults) as server, followed(server, tmp_path) as follower:
        line = b'{"type":"ADDED","object":{"kind":"Secret","metadata":{"name":"x","namespace":"shop"},"data":{}}}'
        with pytest.raises(LostTrackError, match="sent Secret for secrets"):
            read_event(SECRET, line)
        assert "x" not in follower.names(SECRET)


@pytest.mark.parametrize("how", ["end", "cut", "reset"])
def test_a_watch_that_breaks_is_resumed_from_the_last_event(
    tmp_path: Path, how: Literal["end", "cut", "reset"]
) -> None:
    cluster = ChangingCluster(small_shop())
    with ApiServer(cluster) as server, followed(server, tmp_path) as follower:
        seen = cluster.put(pod("first", "shop"))
        follower.until(lambda: "first" in follower.names(POD))
        cluster.end_watches(how)
        cluster.put(pod("meanwhile", "shop"))
        follower.until(lambda: "meanwhile" in follower.names(POD))
        resumed = [r for r in server.requests if r.query.get("watch") and r.path.endswith("/pods")]
        assert resumed[1].query["resourceVersion"] == str(seen)
        assert follower.count(Replaced) == 0
        follower.until(lambda: follower.link is not None and not follower.link.lost)
        assert [event.ref.name for event in follower.events if isinstance(event, Changed)] == [
            "first",
            "meanwhile",
        ]


def test_a_bookmark_moves_the_place_to_resume_from(tmp_path: Path) -> None:
    cluster = ChangingCluster(small_shop())
    with ApiServer(cluster) as server, followed(server, tmp_path) as follower:
        cluster.put(
            document("v1", "Node", "n2", spec={})
        )  # moves the version of all, and only nodes hear of it
        follower.until(lambda: "n2" in follower.names(NODE))
        cluster.bookmark()
        cluster.compact()
        cluster.end_watches("end")
        cluster.put(pod("later", "shop"))
        follower.until(lambda: "later" in follower.names(POD))
        assert differences(follower.now, listed(server, tmp_path)) == []


@pytest.mark.parametrize("gone_as", ["event", "status"])
def test_a_version_that_is_forgotten_lists_that_resource_again_and_no_other(
    tmp_path: Path, gone_as: Literal["event", "status"]
) -> None:
    cluster = ChangingCluster(small_shop())
    cluster.gone_as = gone_as
    fault = Fault("/api/v1/pods$", status=503, watch=True, times=3)
    with ApiServer(cluster) as server, followed(server, tmp_path, page_size=3) as follower:
        cluster.bookmark()
        server.faults.append(fault)  # the watch of pods stays away while all others get their bookmark
        cluster.end_watches("end")
        assert fault.arrived.wait(30)
        cluster.delete(pod("web-0", "shop"))
        cluster.put(pod("late", "bank"))
        cluster.compact()
        follower.until(lambda: "late" in follower.names(POD))
        replaced = [event.kind for event in follower.events if isinstance(event, Replaced)]
        assert POD in replaced
        assert ("shop", "web-0") not in {(i.namespace, i.name) for i in follower.now.of(POD)}
        follower.until(lambda: not differences(follower.now, listed(server, tmp_path)))


def test_it_goes_on_after_the_server_was_away(tmp_path: Path) -> None:
    cluster = ChangingCluster(small_shop())
    with ApiServer(cluster) as server:
        port = server.port
        with followed(server, tmp_path) as follower:
            server.__exit__(None, None, None)
            follower.until(lambda: follower.link is not None and follower.link.lost == follower.link.watched)
            assert follower.link is not None
            assert follower.link.reason
            assert follower.link.retry > 0
            assert "web-0" in follower.names(POD)
            assert {"pods", "secrets"} <= set(follower.link.silent)
            cluster.put(pod("new", "shop"))
            with ApiServer(cluster, port=port):
                follower.until(lambda: "new" in follower.names(POD))
                follower.until(lambda: follower.link is not None and not follower.link.lost)
                assert follower.link.silent == ()
                assert follower.count(Replaced) == 0


def test_a_right_that_is_taken_away_makes_unknown_what_it_showed(tmp_path: Path) -> None:
    cluster = ChangingCluster(small_shop())
    with ApiServer(cluster) as server, followed(server, tmp_path) as follower:
        server.access = Access.without("secrets", "pods")
        cluster.end_watches("end")  # rights are looked at when a watch begins
        gone = (SECRET, POD)
        follower.until(lambda: {follower.now.coverage.of(kind).state for kind in gone} == {State.FORBIDDEN})
        assert not any(follower.now.of(kind) for kind in gone)
        server.access = Access()
        follower.until(lambda: follower.now.coverage.of(SECRET).state is State.OK)
        follower.until(lambda: not differences(follower.now, listed(server, tmp_path)))


def test_who_may_list_but_not_watch_gets_everything_listed_again_now_and_then(tmp_path: Path) -> None:
    cluster = ChangingCluster(small_shop())
    with ApiServer(cluster, access=LIST_ONLY) as server, followed(server, tmp_path) as follower:
        follower.until(lambda: follower.link is not None and "pods" in follower.link.polled)
        assert follower.link is not None
        assert follower.link.listed_again("pods") == 0.1
        cluster.put(pod("new", "shop"))
        follower.until(lambda: "new" in follower.names(POD))


def test_an_api_that_comes_and_goes_is_noticed(tmp_path: Path) -> None:
    cluster = ChangingCluster(small_shop())
    gateway = document("gateway.networking.k8s.io/v1", "Gateway", "front", "shop", spec={})
    with ApiServer(cluster) as server, followed(server, tmp_path) as follower:
        assert follower.now.coverage.of(GATEWAY).state is State.ABSENT
        cluster.put(gateway)
        follower.until(lambda: "front" in follower.names(GATEWAY))
        cluster.delete(gateway)
        cluster.end_watches("end")
        follower.until(lambda: follower.now.coverage.of(GATEWAY).state is State.ABSENT)


def test_namespaces_that_come_and_go_are_followed_where_each_is_read_by_itself(tmp_path: Path) -> None:
    cluster = ChangingCluster(small_shop())
    rules = (
        Rule(READ_VERBS, frozenset({"*"}), frozenset({"*"}), frozenset({"shop", "bank", "fresh"})),
        Rule(READ_VERBS, frozenset({""}), frozenset({"namespaces"})),
    )
    with ApiServer(cluster, access=Access(rules=rules)) as server, followed(server, tmp_path) as follower:
        assert follower.now.coverage.of(POD).namespaces == ("bank", "shop")
        cluster.put(pod("new", "bank"))
        follower.until(lambda: "new" in follower.names(POD))
        cluster.put(document("v1", "Namespace", "fresh"))
        cluster.put(pod("there", "fresh"))
        follower.until(lambda: "there" in follower.names(POD))
        cluster.delete(pod("there", "fresh"))
        cluster.delete(document("v1", "Namespace", "fresh"))
        follower.until(lambda: follower.now.coverage.of(POD).namespaces == ("bank", "shop"))
        follower.until(lambda: not differences(follower.now, listed(server, tmp_path)))


def test_more_lists_than_connections_are_listed_again_instead(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_watch, "MAX_WATCHES", 5)
    cluster = ChangingCluster(small_shop())
    with ApiServer(cluster) as server, followed(server, tmp_path) as follower:
        assert follower.link is not None
        assert follower.link.watched == 5
        cluster.put(document("v1", "ConfigMap", "new", "shop"))
        follower.until(lambda: "new" in follower.names(CONFIG_MAP))


def test_heartbeats_and_versions_alone_are_told_from_changes(tmp_path: Path) -> None:
    node = document("v1", "Node", "n1", spec={})
    beat = {"type": "Ready", "status": "True", "lastHeartbeatTime": "2026-11-21T10:00:00Z"}
    cluster = ChangingCluster([{**node, "status": {"conditions": [beat]}}])
    with ApiServer(cluster) as server, followed(server, tmp_path) as follower:
        later = {**beat, "lastHeartbeatTime": "2026-11-21T10:05:00Z"}
        cluster.put({**node, "status": {"conditions": [later]}})
        follower.until(lambda: len(follower.told) == 1)
        cluster.put({**node, "status": {"conditions": [{**later, "status": "False"}]}})
        follower.until(lambda: len(follower.told) == 2)
        assert follower.told == [False, True]
        assert differences(follower.now, listed(server, tmp_path)) == []


def test_nothing_is_left_running_or_connected_once_it_is_cancelled(tmp_path: Path) -> None:
    cluster = ChangingCluster(small_shop())
    with ApiServer(cluster) as server:
        with followed(server, tmp_path):
            assert cluster.open > 20
        for _ in range(100):  # who has hung up shows when something is sent
            with cluster.changed:
                cluster.bookmark()
                if cluster.changed.wait_for(lambda: cluster.open == 0, 0.1):
                    break
        assert cluster.open == 0
        assert not [t for t in threading.enumerate() if t.name.startswith("ksec-")]
