"""What a server may say in a watch and mostly does not: nothing of it ends the watch, or leaves it stale."""

from __future__ import annotations

import json
import sys
import threading
import time
from pathlib import Path

import pytest

from ksec_tui.cluster.kinds import GATEWAY, POD
from ksec_tui.sources import live_feed, live_watch
from ksec_tui.sources.base import Idle, Link, Linked, Replaced, SourceError
from ksec_tui.sources.connection import open_connection
from ksec_tui.sources.kubeconfig import ConnectionOptions
from ksec_tui.sources.live import LiveSource
from ksec_tui.sources.live_events import read_event
from ksec_tui.sources.transport import Answer, RefusedError, refusal
from tests.apiserver import Access, ApiServer, ChangingCluster, Fault, Rule
from tests.apiserver.access import READ_VERBS
from tests.sources.followers import Follower, briefly, followed
from tests.sources.live_tools import document, pod, small_shop

PODS = "^/api/v1/pods$"

TWO_NAMESPACES = Access(
    rules=(
        Rule(READ_VERBS, frozenset({"*"}), frozenset({"*"}), frozenset({"shop", "bank"})),
        Rule(READ_VERBS, frozenset({""}), frozenset({"namespaces"})),
    )
)
"""Everything in two of the namespaces, which are known: they are listed one by one."""


@pytest.mark.parametrize("seconds", [10**12, 10**400, -(10**400)], ids=["ages", "huge", "negative"])
def test_a_pause_that_no_clock_can_measure_is_asked_for_in_vain(seconds: int) -> None:
    status = {"kind": "Status", "code": 429, "details": {"retryAfterSeconds": seconds}}
    body = json.dumps(status).encode()
    with pytest.raises(RefusedError) as caught:
        read_event(POD, b'{"type":"ERROR","object":%s}' % body)
    told = (caught.value.retry_after, refusal(Answer(429, body, "", "", "")).retry_after)
    assert all(0 <= seconds < threading.TIMEOUT_MAX for seconds in told)


def test_a_server_that_asks_for_days_of_peace_is_asked_again_in_half_a_minute(tmp_path: Path) -> None:
    cluster = ChangingCluster(small_shop())
    with ApiServer(cluster) as server, followed(server, tmp_path) as follower:
        server.faults.append(Fault(PODS, status=429, watch=True, times=None, retry_after=900_000))
        cluster.end_watches("end")
        follower.until(
            lambda: follower.link is not None and "too many requests" in follower.link.reason.lower()
        )
        retries = [event.link.retry for event in follower.events if isinstance(event, Linked)]
        assert max(retries) <= time.monotonic() + live_watch.LONGEST_PAUSE


def test_an_api_that_is_served_only_after_its_definition_is_noticed_soon(tmp_path: Path) -> None:
    cluster = ChangingCluster(small_shop())
    definition = document(
        "apiextensions.k8s.io/v1", "CustomResourceDefinition", "gateways.gateway.networking.k8s.io", spec={}
    )
    with ApiServer(cluster) as server, followed(server, tmp_path, again=600.0) as follower:
        before = len(server.requests)
        cluster.put(definition)
        follower.until(lambda: any(request.path == "/apis" for request in server.requests[before:]))
        cluster.put(document("gateway.networking.k8s.io/v1", "Gateway", "front", "shop", spec={}))
        follower.until(lambda: "front" in follower.names(GATEWAY))


def test_a_list_without_a_version_is_listed_again_though_those_of_other_namespaces_are_watched(
    tmp_path: Path,
) -> None:
    cluster = ChangingCluster(small_shop())
    fault = Fault("/namespaces/shop/pods$", behaviour="no_version", times=None, watch=False)
    with ApiServer(cluster, access=TWO_NAMESPACES, faults=[fault]) as server:  # noqa: SIM117
        with followed(server, tmp_path) as follower:
            cluster.put(pod("new", "shop"))
            follower.until(lambda: "new" in follower.names(POD))
            assert follower.link is not None
            assert "pods" in follower.link.polled


def test_watches_that_end_after_each_word_are_not_begun_anew_without_a_breath(tmp_path: Path) -> None:
    cluster = ChangingCluster(small_shop())
    waited: list[float] = []

    def wait(event: threading.Event, seconds: float) -> bool:
        waited.append(seconds)
        return event.wait(min(seconds, 0.02))

    brief = Fault(PODS, behaviour="short_watch", watch=True, times=20)
    with ApiServer(cluster) as server, followed(server, tmp_path, wait=wait) as follower:
        server.faults.append(brief)
        cluster.end_watches("end")
        follower.until(lambda: brief.hits == 20)
        assert len(waited) >= 19
        assert sum(waited) > 10
        cluster.put(pod("new", "shop"))
        follower.until(lambda: "new" in follower.names(POD))


def test_a_server_that_is_upgraded_meanwhile_is_known_by_its_new_version(tmp_path: Path) -> None:
    cluster = ChangingCluster(small_shop(), version={"gitVersion": "v1.33.4", "gitCommit": "0"})
    with ApiServer(cluster) as server, followed(server, tmp_path) as follower:
        assert follower.builder.source.server_version == "v1.33.4"
        cluster.upgrade(gitVersion="v1.34.1", gitCommit="1", buildDate="2025-09-09T00:00:00Z")
        follower.until(lambda: follower.builder.source.server_version == "v1.34.1")
        assert follower.builder.source.server_built == "2025-09-09"


def test_who_listens_slowly_is_not_buried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_feed, "MAX_WAITING", 50)
    feed, stop = live_feed.Feed(), threading.Event()

    def tell(count: int) -> None:
        for _ in range(count):
            feed.room(stop)
            feed.put(Idle())

    writers = [feed.started(tell, 500) for _ in range(3)]
    most = read = 0
    while read < 1500:
        most = max(most, feed.qsize())
        read += isinstance(feed.get(timeout=10), Idle)
    assert most <= 50 + 2 * len(writers)
    waiting = feed.started(tell, 1000)
    while feed.qsize() < 50:
        stop.wait(0.01)
    stop.set()
    waiting.join(10)
    assert not waiting.is_alive()


def test_a_watch_that_closes_its_connection_after_itself_ends_when_it_is_no_longer_wanted(
    tmp_path: Path,
) -> None:
    cluster = ChangingCluster(small_shop())
    dripping = Fault("/namespaces/shop/pods$", behaviour="drip", watch=True)
    broken = Fault("/namespaces/bank/pods$", status=410, watch=True)
    with ApiServer(cluster, access=TWO_NAMESPACES) as server, followed(server, tmp_path) as follower:
        server.faults.append(dripping)
        cluster.end_watches("end")
        assert dripping.arrived.wait(30)
        server.faults.append(broken)
        cluster.end_watches("end")
        follower.until(lambda: follower.count(Replaced))

        def running() -> int:
            return sum(thread.name == "ksec-live" for thread in threading.enumerate())

        link = follower.link
        assert link is not None
        for _ in range(500):
            if running() == link.watched + 1:
                break
            follower.cancel.wait(0.02)
        assert running() == link.watched + 1


def test_a_login_that_runs_out_while_a_cluster_is_followed_leaves_it_followed(tmp_path: Path) -> None:
    over, script = tmp_path / "over", tmp_path / "plugin.py"
    script.write_text(
        "import json, os, sys\n"
        f"if os.path.exists({str(over)!r}): sys.exit('no network')\n"
        "version = json.loads(os.environ['KUBERNETES_EXEC_INFO'])['apiVersion']\n"
        "print(json.dumps({'apiVersion': version, 'kind': 'ExecCredential', 'status': {'token': 'first'}}))\n"
    )
    cluster = ChangingCluster(small_shop())
    with ApiServer(cluster, token="first") as server:
        file = server.kubeconfig(tmp_path / "kubeconfig", exec_command=[sys.executable, str(script)])
        connection = open_connection(ConnectionOptions(kubeconfig=str(file)), interactive=False)
        source = LiveSource(connection, wait=briefly, again=0.1)
        with Follower(source).running() as follower:
            follower.until(lambda: cluster.open >= (follower.link or Link()).watched)
            over.touch()
            server.token = "second"
            # What is absent is looked for again all the time, with a login that is none any more.
            follower.until(lambda: follower.link is not None and "login expired" in follower.link.reason)
            cluster.put(pod("new", "shop"))
            follower.until(lambda: "new" in follower.names(POD))


def test_of_a_login_that_is_given_up_no_further_thread_runs_the_plugin(tmp_path: Path) -> None:
    runs, script = tmp_path / "runs", tmp_path / "plugin.py"
    script.write_text(f"import time\nopen({str(runs)!r}, 'a').write('x')\ntime.sleep(600)\n")
    with ApiServer(ChangingCluster([])) as server:
        file = server.kubeconfig(tmp_path / "kubeconfig", exec_command=[sys.executable, str(script)])
        connection = open_connection(ConnectionOptions(kubeconfig=str(file)), login=False)
    cancel = threading.Event()
    refused: list[SourceError] = []

    def ask() -> None:
        with pytest.raises(SourceError) as caught:
            connection.access(cancel)
        refused.append(caught.value)

    threads = [threading.Thread(target=ask) for _ in range(5)]
    for thread in threads:
        thread.start()
    while not (runs.exists() and runs.read_text()):
        cancel.wait(0.01)
    cancel.set()
    for thread in threads:
        thread.join(20)
    assert len(refused) == 5
    assert runs.read_text() == "x"
