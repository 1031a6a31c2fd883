"""The API server for tests fails on demand, in the ways in which servers and networks fail."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Iterator

import pytest

from tests.apiserver import ApiServer, Fault
from tests.apiserver.trial import PODS, Client, Start, servers, small_cluster


@pytest.fixture
def start() -> Iterator[Start]:
    with servers() as starter:
        yield starter


def test_a_token_of_another_resource_version_is_expired(start: Start) -> None:
    server, client = start()
    token = client.get(f"{PODS}?limit=5")["metadata"]["continue"]
    server.cluster = small_cluster(resource_version=100_001)
    status, body, _ = client.send(f"{PODS}?limit=5&continue={token}")
    content = json.loads(body)
    assert (status, content["reason"]) == (410, "Expired")
    resumed = client.get(f"{PODS}?limit=5&continue={content['metadata']['continue']}")
    assert resumed["metadata"]["remainingItemCount"] == 14


def test_a_fault_hits_the_page_it_is_meant_for_as_often_as_it_says(start: Start) -> None:
    expired = Fault("/pods$", status=410, page=2)
    _, client = start(faults=[expired])
    first = client.get(f"{PODS}?limit=5")
    second = f"{PODS}?limit=5&continue={first['metadata']['continue']}"
    assert json.loads(client.send(second)[1])["reason"] == "Expired"
    assert client.send(second)[0] == 200
    assert expired.hits == 1


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (401, "Unauthorized"),
        (403, "Forbidden"),
        (404, "NotFound"),
        (409, "Conflict"),
        (410, "Expired"),
        (429, "TooManyRequests"),
        (500, "InternalError"),
        (503, "ServiceUnavailable"),
    ],
)
def test_a_fault_with_a_status_answers_with_its_status_object(start: Start, status: int, reason: str) -> None:
    _, client = start(faults=[Fault("pods", status=status, times=None)])
    for _ in range(2):
        code, body, headers = client.send(PODS)
        content = json.loads(body)
        assert (code, content["kind"], content["code"], content["reason"]) == (
            status,
            "Status",
            status,
            reason,
        )
        assert "retry-after" not in headers
    assert client.send("/api/v1/nodes")[0] == 200


def test_a_simulated_refusal_names_user_and_resource_as_a_real_one(start: Start) -> None:
    _, client = start(faults=[Fault("pods", status=403)])
    assert client.get(PODS)["message"].startswith(
        'pods is forbidden: User "alice" cannot list resource "pods"'
    )


@pytest.mark.parametrize("status", [429, 503])
def test_an_overloaded_server_says_when_to_come_back(start: Start, status: int) -> None:
    _, client = start(faults=[Fault("pods", status=status, retry_after=7)])
    _, body, headers = client.send(PODS)
    assert headers["retry-after"] == "7"
    assert json.loads(body)["details"]["retryAfterSeconds"] == 7
    assert client.send(PODS)[0] == 200


def test_a_cut_body_is_an_incomplete_read(start: Start) -> None:
    _, client = start(faults=[Fault("pods", behaviour="cut")])
    with pytest.raises(http.client.IncompleteRead):
        client.send(PODS)
    client.connection.close()
    assert client.send(PODS)[0] == 200


def test_a_reset_connection_is_reset_and_recorded(start: Start) -> None:
    server, client = start(faults=[Fault("pods", behaviour="reset")])
    with pytest.raises(ConnectionResetError) as failure:
        client.send(PODS)
    assert failure.type is ConnectionResetError  # not a mere end of the stream
    assert server.requests[-1].status == 0


def test_spoilt_answers_have_status_200(start: Start) -> None:
    faults = [
        Fault("pods", behaviour="malformed"),
        Fault("pods", behaviour="wrong_types"),
        Fault("pods", behaviour="wrong_content_type"),
    ]
    _, client = start(faults=faults)
    status, body, _ = client.send(PODS)
    assert status == 200
    with pytest.raises(json.JSONDecodeError):
        json.loads(body)
    items = client.get(PODS)["items"]
    assert isinstance(items[0]["spec"], str)
    assert isinstance(items[1]["spec"], dict)
    status, body, headers = client.send(PODS)
    assert (status, headers["content-type"]) == (200, "text/html; charset=utf-8")


def test_endless_pages_never_end_by_themselves(start: Start) -> None:
    _, client = start(faults=[Fault("pods", behaviour="endless", times=None)])
    token, seen = "", 0
    for _ in range(10):
        page = client.get(f"{PODS}?limit=10&continue={token}")
        token = page["metadata"]["continue"]
        seen += len(page["items"])
    assert seen > 24


def test_a_slow_answer_comes_when_the_test_lets_it(start: Start) -> None:
    slow = Fault.slow("pods")
    _, client = start(faults=[slow])
    answers: list[int] = []
    asking = threading.Thread(target=lambda: answers.append(client.send(PODS)[0]))
    asking.start()
    assert slow.arrived.wait(10)
    assert answers == []
    slow.release.set()
    asking.join(10)
    assert answers == [200]


def test_the_server_stops_quickly_with_a_slow_request_pending() -> None:
    slow = Fault.slow("pods", seconds=60)
    failures: list[type[BaseException]] = []

    def ask(client: Client) -> None:
        try:
            client.send(PODS)
        except (ConnectionError, http.client.HTTPException) as error:
            failures.append(type(error))
        finally:
            client.connection.close()

    with ApiServer(small_cluster(), faults=[slow]) as server:
        asking = threading.Thread(target=ask, args=(Client(server),))
        asking.start()
        assert slow.arrived.wait(10)
        stopping = time.monotonic()
    took = time.monotonic() - stopping
    asking.join(10)
    assert took < 5
    assert len(failures) == 1


def test_a_fault_is_either_a_status_or_a_behaviour() -> None:
    with pytest.raises(ValueError, match="either a status or a behaviour"):
        Fault("pods")
    with pytest.raises(ValueError, match="either a status or a behaviour"):
        Fault("pods", status=500, behaviour="cut")
