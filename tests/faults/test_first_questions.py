"""The first questions to a server fail in any way: either one sentence says why nothing can be read, or all is read."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from ksec_tui.checks import all_checks
from ksec_tui.cluster.coverage import State
from ksec_tui.cluster.kinds import GATEWAY, KINDS, POD
from ksec_tui.findings.runner import run
from ksec_tui.sources.base import SourceError
from tests.apiserver import ApiServer, FakeCluster
from tests.faults.shop import documents, judged, lies, read, refs, whole
from tests.faults.troubles import ANY, BROKEN, TIMED, Trouble, sampled
from tests.sources.live_tools import document

QUESTIONS = {"/version$": "server version", "/apis$": "API discovery", "/selfsubjectreviews$": ""}
BODY = 16 * 1024 * 1024


@pytest.fixture(autouse=True)
def _limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ksec_tui.sources.transport.MAX_BODY", BODY)
    monkeypatch.setattr("ksec_tui.sources.transport.BODY_PATIENCE", 1)


def asked(folder: Path, question: str, trouble: Trouble, times: int | None) -> None:
    """One load whose `question` meets `trouble`."""
    with ApiServer(FakeCluster([])) as elsewhere:
        fault = trouble.fault(question, times=times, location=f"{elsewhere.url}/version")
        seen = times is None or not trouble.mends or trouble.status == 410
        if question == "/version$" and seen and ends_all(trouble):
            with pytest.raises(SourceError) as failure:
                read(folder, [fault], request_timeout=0.5 if trouble.timed else 30)
            assert str(failure.value).isprintable()
            assert len(str(failure.value)) < 600
            return
        found, problems, _ = read(folder, [fault], request_timeout=0.5 if trouble.timed else 30)
        assert elsewhere.requests == []
    assert fault.hits
    assert {problem.where for problem in problems} == ({QUESTIONS[question]} - {""} if seen else set())
    assert refs(found) == refs(whole())
    for kind in KINDS:
        # What a server has not, and does not say so, is asked for in vain: that is not the same as absent.
        unsaid = question == "/apis$" and seen and not whole().of(kind)
        assert found.coverage.of(kind).state in (State.OK, State.ABSENT, *([State.ERROR] if unsaid else ()))
    told = lies(run(found, all_checks()))
    # Without a version nobody knows whose distribution it is: what is peculiar to one is then judged everywhere.
    assert [lie for lie in told if not lie.startswith(("ver-", "rbac-cm-aws-auth"))] == []


NO_CLUSTER = (*(str(trouble) for trouble in (*BROKEN, *TIMED)), "wrong_content_type", "protobuf", "not_gzip")
TOO_LARGE = ("gzip_bomb", "endless_body")


def ends_all(trouble: Trouble) -> bool:
    """Whether this, as the answer to the very first question, means that there is no cluster to talk to."""
    return trouble.status == 401 or trouble.behaviour in (*NO_CLUSTER, *TOO_LARGE)


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("trouble", sampled(ANY))
def test_a_first_question_that_keeps_failing(tmp_path: Path, question: str, trouble: Trouble) -> None:
    judged()
    asked(tmp_path, question, trouble, None)


@pytest.mark.slow
@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("trouble", ANY, ids=str)
def test_a_first_question_that_fails_once(tmp_path: Path, question: str, trouble: Trouble) -> None:
    asked(tmp_path, question, trouble, 1)


@pytest.mark.slow
@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("trouble", TIMED, ids=str)
def test_a_first_question_that_is_never_answered(tmp_path: Path, question: str, trouble: Trouble) -> None:
    asked(tmp_path, question, trouble, None)


@pytest.mark.parametrize("trouble", sampled(ANY))
def test_a_group_that_does_not_say_what_it_has_leaves_nothing_out(tmp_path: Path, trouble: Trouble) -> None:
    """Gateways are optional, so it is asked whether they are there; without an answer they are read none the less."""
    gateway = document("gateway.networking.k8s.io/v1", "Gateway", "door", "space-0", spec={})
    with ApiServer(FakeCluster([])) as elsewhere:
        fault = trouble.fault("/apis/gateway.networking.k8s.io/v1$", times=None, location=elsewhere.url)
        found, problems, _ = read(tmp_path, [fault], FakeCluster([*documents(), gateway]))
        assert elsewhere.requests == []
    assert fault.hits
    assert problems == ()
    assert [item.name for item in found.of(GATEWAY)] == ["door"]
    assert found.coverage.of(POD).state is State.OK
    assert all(found.coverage.of(kind).state is not State.LOADING for kind in KINDS)


@pytest.mark.parametrize("trouble", sampled(ANY))
def test_a_group_of_unknown_versions_that_does_not_answer_is_a_gap(tmp_path: Path, trouble: Trouble) -> None:
    """What it has may be what is looked for."""
    gateway = document("gateway.networking.k8s.io/v9", "Gateway", "door", "space-0", spec={})
    cluster = FakeCluster([*documents(), gateway])
    name = "gateways.gateway.networking.k8s.io"
    cluster.resources[name] = dataclasses.replace(cluster.resources[name], versions=("v9",))
    fault = trouble.fault("/apis/gateway.networking.k8s.io/v9$", times=None, location="http://127.0.0.1:1/")
    found, _, _ = read(tmp_path, [fault], cluster)
    assert fault.hits
    assert found.coverage.of(GATEWAY).state is State.ERROR
    assert "its versions are not known" in found.coverage.of(GATEWAY).reason
    assert found.gap(GATEWAY) is not None
