"""Whatever a server or a network does: what was read is kept, what was not is named, nothing hangs."""

from __future__ import annotations

import threading
from collections.abc import Generator
from pathlib import Path

import pytest

from ksec_tui.cluster.coverage import State
from ksec_tui.cluster.kinds import KINDS, NODE, POD, ROLE, SERVICE_ACCOUNT
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.sources.base import Arrived, Ended, Problem, SourceError, Started, load
from ksec_tui.sources.live import LiveSource
from tests.apiserver import ApiServer, FakeCluster, Fault
from tests.apiserver.faults import Behaviour
from tests.sources.live_tools import Waits, connect, document, small_shop, source

PODS = "/api/v1/pods$"


def read(folder: Path, *faults: Fault, page_size: int = 4) -> tuple[Snapshot, ApiServer]:
    """The small shop, ten pods, as it is read through these faults."""
    with ApiServer(FakeCluster(small_shop(pods=5)), faults=faults) as server:
        found, _ = load(source(server, folder, page_size=page_size))
    return found, server


def asked_for_pods(server: ApiServer) -> list[tuple[int, int]]:
    """Page number and status of every request for the list of pods."""
    return [
        (2 if "continue" in request.query else 1, request.status)
        for request in server.requests
        if request.path == "/api/v1/pods"
    ]


def test_a_refused_login_is_one_sentence(tmp_path: Path) -> None:
    with ApiServer(FakeCluster([]), token="right") as server:
        live = source(server, tmp_path, token="wrong")
        with pytest.raises(SourceError, match=r"^the server refuses the login: Unauthorized$"):
            load(live)


def test_a_server_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    with ApiServer(FakeCluster([])) as server:
        live = source(server, tmp_path)
    with pytest.raises(SourceError, match=r"no connection to http://127.0.0.1:\d+: Connection refused"):
        load(live)


def test_a_login_page_of_a_network_is_not_taken_for_a_cluster(tmp_path: Path) -> None:
    faults = [Fault("/version", behaviour="wrong_content_type", times=None)]
    with (
        ApiServer(FakeCluster([]), faults=faults) as server,
        pytest.raises(SourceError, match="not from a Kubernetes API: text/html"),
    ):
        load(source(server, tmp_path))


def test_a_refused_version_is_a_problem_and_no_end(tmp_path: Path) -> None:
    with ApiServer(FakeCluster(small_shop()), faults=[Fault("/version", status=403, times=None)]) as server:
        found, problems = load(source(server, tmp_path))
    assert [problem.where for problem in problems] == ["server version"]
    assert found.source.server_version == ""
    assert found.coverage.of(POD).state is State.OK


def test_throttling_waits_as_long_as_the_server_asks(tmp_path: Path) -> None:
    waits = Waits()
    faults = [Fault(PODS, status=429, retry_after=7, times=3)]
    with ApiServer(FakeCluster(small_shop()), faults=faults) as server:
        found, _ = load(LiveSource(connect(server, tmp_path), wait=waits))
    assert waits.seconds == [7, 7, 7]
    assert asked_for_pods(server) == [(1, 429), (1, 429), (1, 429), (1, 200)]
    assert found.coverage.of(POD).state is State.OK


def test_endless_throttling_ends_as_an_error(tmp_path: Path) -> None:
    waits = Waits()
    faults = [Fault(PODS, status=429, retry_after=900, times=None)]
    with ApiServer(FakeCluster(small_shop()), faults=faults) as server:
        found, _ = load(LiveSource(connect(server, tmp_path), wait=waits))
    assert waits.seconds == [30, 30, 30, 30]
    assert len(asked_for_pods(server)) == 5
    assert found.coverage.of(POD).state is State.ERROR
    assert "Too many requests" in found.coverage.of(POD).reason


@pytest.mark.parametrize("status", [500, 503])
def test_a_passing_server_error_is_tried_again(tmp_path: Path, status: int) -> None:
    found, server = read(tmp_path, Fault(PODS, status=status, times=2))
    assert found.coverage.of(POD).state is State.OK
    assert len(found.of(POD)) == 10
    assert [status for _, status in asked_for_pods(server)][:2] == [status, status]


def test_a_lasting_server_error_is_named(tmp_path: Path) -> None:
    found, server = read(tmp_path, Fault(PODS, status=500, times=None))
    assert found.coverage.of(POD).state is State.ERROR
    assert "etcdserver" in found.coverage.of(POD).reason
    assert len(asked_for_pods(server)) == 3
    assert found.coverage.gap(POD) is not None
    assert found.coverage.of(NODE).state is State.OK


@pytest.mark.parametrize("behaviour", ["cut", "reset"])
def test_a_broken_connection_is_tried_again(tmp_path: Path, behaviour: Behaviour) -> None:
    found, _ = read(tmp_path, Fault(PODS, behaviour=behaviour, times=2))
    assert found.coverage.of(POD).state is State.OK
    assert len(found.of(POD)) == 10


@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [
        ("cut", "the answer was cut off"),
        ("reset", "broke"),
        ("malformed", "the list of pods is not valid"),
        ("wrong_content_type", "not from a Kubernetes API"),
    ],
)
def test_pages_that_came_before_a_failure_are_kept(tmp_path: Path, behaviour: Behaviour, reason: str) -> None:
    found, _ = read(tmp_path, Fault(PODS, behaviour=behaviour, page=2, times=None))
    cover = found.coverage.of(POD)
    assert cover.state is State.TRUNCATED
    assert reason in cover.reason
    assert cover.count == len(found.of(POD)) == 4
    assert "incomplete" in (found.coverage.gap(POD) or "")


@pytest.mark.parametrize("behaviour", ["cut", "reset", "malformed", "wrong_content_type"])
def test_a_list_that_never_came_is_an_error(tmp_path: Path, behaviour: Behaviour) -> None:
    found, _ = read(tmp_path, Fault(PODS, behaviour=behaviour, times=None))
    assert found.coverage.of(POD).state is State.ERROR
    assert found.of(POD) == ()


def test_a_refusal_in_the_middle_leaves_the_list_incomplete(tmp_path: Path) -> None:
    found, _ = read(tmp_path, Fault(PODS, status=409, page=2, times=None))
    assert found.coverage.of(POD).state is State.TRUNCATED
    assert len(found.of(POD)) == 4


def test_an_object_with_wrong_types_spoils_only_itself(tmp_path: Path) -> None:
    found, _ = read(tmp_path, Fault(PODS, behaviour="wrong_types", page=1))
    assert len(found.of(POD)) == 9
    assert found.coverage.of(POD).unreadable == 1
    assert [entry.ref.kind for entry in found.unreadable] == ["Pod"]


def test_an_expired_list_begins_again(tmp_path: Path) -> None:
    with ApiServer(FakeCluster(small_shop(pods=5)), faults=[Fault(PODS, status=410, page=2)]) as server:
        events = list(source(server, tmp_path, page_size=4).events(threading.Event()))
    pods = [event for event in events if _kind(event) is POD]
    assert [type(event) for event in pods] == [Started, Arrived, Started, Arrived, Arrived, Arrived, Ended]
    ended = pods[-1]
    assert isinstance(ended, Ended)
    assert ended.coverage.state is State.OK


def _kind(event: object) -> object:
    if isinstance(event, Arrived):
        return event.page.kind
    return event.kind if isinstance(event, (Started, Ended)) else None


def test_a_list_that_expires_twice_is_incomplete(tmp_path: Path) -> None:
    found, server = read(tmp_path, Fault(PODS, status=410, page=2, times=None))
    assert found.coverage.of(POD).state is State.TRUNCATED
    assert "expired twice" in found.coverage.of(POD).reason
    assert len(found.of(POD)) == 4
    assert asked_for_pods(server) == [(1, 200), (2, 410), (1, 200), (2, 410)]


def test_a_list_that_never_ends_is_given_up(tmp_path: Path) -> None:
    faults = [Fault(PODS, behaviour="endless", times=None)]
    with ApiServer(FakeCluster(small_shop(pods=5)), faults=faults) as server:
        live = LiveSource(connect(server, tmp_path), page_size=5, max_objects=50, wait=Waits())
        found, _ = load(live)
    assert found.coverage.of(POD).state is State.TRUNCATED
    assert found.coverage.of(POD).reason == "the server never ended the list"
    assert len(asked_for_pods(server)) == 10


def test_a_page_that_is_too_large_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ksec_tui.sources.transport.MAX_BODY", 1024 * 1024)
    big = document("v1", "ServiceAccount", "big", "shop", padding="x" * (2 * 1024 * 1024))
    with ApiServer(FakeCluster([*small_shop(), big])) as server:
        found, _ = load(source(server, tmp_path))
    assert found.coverage.of(SERVICE_ACCOUNT).state is State.ERROR
    assert found.coverage.of(SERVICE_ACCOUNT).reason == "the answer is larger than 1 MiB"
    assert found.coverage.of(POD).state is State.OK


def test_a_silent_server_is_not_waited_for_longer_than_asked(tmp_path: Path) -> None:
    with ApiServer(FakeCluster(small_shop()), faults=[Fault.slow(PODS)]) as server:
        found, _ = load(source(server, tmp_path, request_timeout=0.2))
    assert found.coverage.of(POD).state is State.ERROR
    assert found.coverage.of(POD).reason == "no answer within 0.2 seconds"


@pytest.mark.parametrize("match", [PODS, "/version", "/apis$", "selfsubjectreviews"])
@pytest.mark.parametrize("request_timeout", [0, 30])
def test_cancelling_ends_a_load_that_waits_for_the_server(
    tmp_path: Path, match: str, request_timeout: float
) -> None:
    fault = Fault.slow(match, 60)
    cancel = threading.Event()
    events: list[object] = []
    with ApiServer(FakeCluster(small_shop()), faults=[fault]) as server:
        live = source(server, tmp_path, request_timeout=request_timeout)
        reader = threading.Thread(target=lambda: events.extend(live.events(cancel)))
        reader.start()
        assert fault.arrived.wait(20)
        cancel.set()
        reader.join(10)
        assert not reader.is_alive()
    assert not [thread for thread in threading.enumerate() if thread.name == "ksec-live"]
    assert not [event for event in events if isinstance(event, Ended) and event.kind is POD]


def test_cancelling_ends_the_wait_before_another_attempt(tmp_path: Path) -> None:
    cancel = threading.Event()
    waited: list[bool] = []

    def wait(event: threading.Event, seconds: float) -> bool:
        cancel.set()
        waited.append(event.wait(20))
        return waited[-1]

    faults = [Fault(PODS, status=429, retry_after=30, times=None)]
    with ApiServer(FakeCluster(small_shop()), faults=faults) as server:
        list(LiveSource(connect(server, tmp_path), wait=wait).events(cancel))
    assert waited == [True]
    assert asked_for_pods(server) == [(1, 429)]


def test_leaving_the_events_early_ends_the_threads(tmp_path: Path) -> None:
    with ApiServer(FakeCluster(small_shop()), faults=[Fault.slow(PODS, 60)]) as server:
        events = source(server, tmp_path).events(threading.Event())
        next(events)
        assert isinstance(events, Generator)
        events.close()
    assert not [thread for thread in threading.enumerate() if thread.name == "ksec-live"]


def test_a_required_api_that_is_absent_is_a_gap(tmp_path: Path) -> None:
    found, _ = read(tmp_path, Fault("/roles$", status=404, times=None))
    assert found.coverage.of(ROLE).state is State.ABSENT
    assert found.coverage.gap(ROLE) is not None  # roles are no optional API
    assert all(found.coverage.of(kind).state is not State.LOADING for kind in KINDS)


def test_an_unverified_certificate_is_reported(tmp_path: Path) -> None:
    with ApiServer(FakeCluster([])) as server:
        _, problems = load(source(server, tmp_path, insecure_skip_tls_verify=True))
    assert problems == (Problem("connection", "the server's certificate is not verified"),)
