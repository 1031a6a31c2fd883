"""Answers and lists that never end: they are given up in bounded time, with bounded memory, and told of."""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest

from ksec_tui.checks import all_checks
from ksec_tui.cluster.base import KubeObject
from ksec_tui.cluster.coverage import State
from ksec_tui.cluster.kinds import (
    CLUSTER_ROLE,
    CLUSTER_ROLE_BINDING,
    DEPLOYMENT,
    INGRESS,
    NETWORK_POLICY,
    POD,
    SECRET,
    Kind,
)
from ksec_tui.findings.runner import run
from tests.apiserver import Fault
from tests.apiserver.faults import Behaviour
from tests.apiserver.wire import Wire
from tests.faults.shop import PAGE, lies, read, refs, whole
from tests.faults.troubles import TIMED

SECONDS = 0.5
KINDS_TRIED = (POD, SECRET, CLUSTER_ROLE, CLUSTER_ROLE_BINDING, DEPLOYMENT, NETWORK_POLICY)
LIMIT = 1024 * 1024


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A whole answer may take as long as a silence."""
    monkeypatch.setattr("ksec_tui.sources.transport.BODY_PATIENCE", 1)


@pytest.fixture
def memory() -> Iterator[None]:
    """The highest use of memory, from here on, by this process (of which the server is a part)."""
    tracemalloc.start()
    yield
    tracemalloc.stop()


@pytest.mark.parametrize("times", [1, None])
@pytest.mark.parametrize("page", [1, 2, 3])
@pytest.mark.usefixtures("impatient")
def test_answers_that_never_end_are_given_up_all_at_once(
    tmp_path: Path, page: int, times: int | None
) -> None:
    """One sort of them for each of six lists, which are read at the same time."""
    pairs = list(zip(KINDS_TRIED, TIMED, strict=True))
    faults = [trouble.fault(f"/{kind.plural}$", page=page, times=times) for kind, trouble in pairs]
    began = time.monotonic()
    found, _, _ = read(tmp_path, faults, request_timeout=SECONDS)
    assert time.monotonic() - began < 20 * SECONDS
    for kind, trouble in pairs:
        cover = found.coverage.of(kind)
        assert cover.state is (State.ERROR if page == 1 else State.TRUNCATED), (str(trouble), cover)
        assert "no answer within" in cover.reason or "too slowly" in cover.reason, (str(trouble), cover)
        assert [item.ref for item in found.of(kind)] == [
            item.ref for item in whole().of(kind)[: (page - 1) * PAGE]
        ]
    assert refs(found, besides=KINDS_TRIED) == refs(whole(), besides=KINDS_TRIED)
    assert lies(run(found, all_checks())) == []


@pytest.mark.parametrize("behaviour", ["endless", "same_token"])
def test_a_list_whose_pages_never_end_is_given_up(tmp_path: Path, behaviour: Behaviour) -> None:
    found, _, server = read(tmp_path, [Fault("/pods$", behaviour=behaviour, times=None)])
    cover = found.coverage.of(POD)
    assert (cover.state, cover.reason) == (State.TRUNCATED, "the server never ended the list")
    assert {item.ref for item in found.of(POD)} <= {item.ref for item in whole().of(POD)}
    assert len([request for request in server.requests if request.path == "/api/v1/pods"]) <= 40 / PAGE
    assert lies(run(found, all_checks())) == []


def peak(folder: Path, *faults: Fault) -> int:
    """The bytes that a load (and the server, in the same process) has at most."""
    tracemalloc.reset_peak()
    before, _ = tracemalloc.get_traced_memory()
    read(folder, faults)
    return tracemalloc.get_traced_memory()[1] - before


@pytest.mark.parametrize("behaviour", ["endless_body", "gzip_bomb", "huge_header"])
@pytest.mark.usefixtures("memory")
def test_an_answer_without_end_takes_no_more_memory_than_an_answer_may(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, behaviour: Wire
) -> None:
    monkeypatch.setattr("ksec_tui.sources.transport.MAX_BODY", LIMIT)
    fault = Fault("/pods$", behaviour=behaviour, times=None)
    found, _, _ = read(tmp_path, [fault])  # the server's own share is made once
    assert found.coverage.of(POD).state is State.ERROR
    more = 30_000_000 if behaviour == "huge_header" else 4 * LIMIT  # the server makes the header anew
    assert peak(tmp_path, fault) - peak(tmp_path) < more


def test_an_answer_that_is_too_large_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ksec_tui.sources.transport.MAX_BODY", LIMIT)
    kinds: list[tuple[Kind[KubeObject], Behaviour | Wire]] = [
        (POD, "endless_body"),
        (DEPLOYMENT, "gzip_bomb"),
        (SECRET, "huge_name"),
    ]
    faults = [Fault(f"/{kind.plural}$", behaviour=behaviour, times=None) for kind, behaviour in kinds]
    found, _, _ = read(tmp_path, faults)
    for kind, _ in kinds:
        assert found.coverage.of(kind).reason == "the answer is larger than 1 MiB"


def test_a_list_that_is_too_large_as_a_whole_is_cut_off_and_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ksec_tui.sources.live_lists.MAX_LIST", 1500)
    found, _, _ = read(tmp_path, ())
    cover = found.coverage.of(DEPLOYMENT)
    assert cover.state is State.TRUNCATED
    assert "larger than" in cover.reason
    assert 0 < cover.count < len(whole().of(DEPLOYMENT))
    assert found.coverage.of(INGRESS).state is State.OK
    assert lies(run(found, all_checks())) == []
