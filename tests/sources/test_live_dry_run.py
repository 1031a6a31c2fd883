"""Dry runs: what a server says to changes, object by object; it stays as it was."""

from __future__ import annotations

import json
import re
import threading
from pathlib import Path
from typing import Any

import pytest

from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.sources import live_dry_run
from ksec_tui.sources.base import load
from ksec_tui.sources.live import LiveSource
from ksec_tui.sources.trials import Outcome, Trial, Tried
from tests.apiserver import Access, ApiServer, FakeCluster, Fault, Rule
from tests.apiserver.statuses import ApiError
from tests.sources.live_tools import document, small_shop, source

STRATEGIC = "application/strategic-merge-patch+json"
JSON_PATCH = "application/json-patch+json"
RBAC = "rbac.authorization.k8s.io"


def cluster(**options: Any) -> FakeCluster:
    gateway = document("gateway.networking.k8s.io/v1", "Gateway", "front", "shop", spec={"listeners": []})
    return FakeCluster([*small_shop(), gateway], **options)


def patch(ref: ObjectRef, version: str, body: object, kind: str = STRATEGIC) -> Trial:
    return Trial(ref, "PATCH", version, kind, json.dumps(body).encode())


def label(ref: ObjectRef, version: str = "v1") -> Trial:
    return patch(ref, version, {"metadata": {"labels": {"team": "a"}}})


def opened(server: ApiServer, folder: Path, **options: Any) -> LiveSource:
    """A source that has read its cluster, with the requests so far forgotten."""
    found = source(server, folder, **options)
    load(found)
    server.requests.clear()
    return found


def stored(server: ApiServer) -> dict[str, list[bytes]]:
    return {key: [item.body for item in server.cluster.items(key)] for key in server.cluster.resources}


POD = ObjectRef("shop", "Pod", "web-0")
ROLE = ObjectRef("shop", "Role", "reader", RBAC)
GATEWAY = ObjectRef("shop", "Gateway", "front", "gateway.networking.k8s.io")
ACCOUNT = ObjectRef("shop", "ServiceAccount", "fresh")


def new_account(namespace: str = "shop") -> Trial:
    body = {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {"name": "fresh", "namespace": namespace},
    }
    return Trial(
        ObjectRef(namespace, "ServiceAccount", "fresh"), "POST", "v1", body=json.dumps(body).encode()
    )


def test_every_kind_of_change_is_asked_in_its_own_way_and_nothing_is_stored(tmp_path: Path) -> None:
    test_op = [{"op": "test", "path": "/metadata/name", "value": "front"}]
    trials = [
        new_account(),
        label(POD),
        patch(ROLE, f"{RBAC}/v1", [{"op": "replace", "path": "/rules", "value": []}], JSON_PATCH),
        patch(GATEWAY, "gateway.networking.k8s.io/v1", test_op, JSON_PATCH),
        Trial(ObjectRef("", "ClusterRole", "viewer", RBAC), "DELETE", f"{RBAC}/v1"),
    ]
    with ApiServer(cluster()) as server:
        before = stored(server)
        found = opened(server, tmp_path).dry_run(trials)
        assert found == tuple(Tried(item.target, item.method, Outcome.ACCEPTED) for item in trials)
        assert stored(server) == before
        assert len(server.dry_runs) == len(server.requests) == len(trials)
        asked = {(item.method, item.path, item.headers.get("content-type", "")) for item in server.requests}
        assert server.writes == []
    for request in server.requests:
        assert request.query == {"dryRun": "All", "fieldManager": "ksec-tui", "fieldValidation": "Strict"}
    shop = "/namespaces/shop"
    assert asked == {
        ("POST", f"/api/v1{shop}/serviceaccounts", "application/json"),
        ("PATCH", f"/api/v1{shop}/pods/web-0", STRATEGIC),
        ("PATCH", f"/apis/{RBAC}/v1{shop}/roles/reader", JSON_PATCH),
        ("PATCH", f"/apis/gateway.networking.k8s.io/v1{shop}/gateways/front", JSON_PATCH),
        ("DELETE", f"/apis/{RBAC}/v1/clusterroles/viewer", ""),
    }


def test_a_session_sends_only_reads_until_a_dry_run_is_asked_for(tmp_path: Path) -> None:
    with ApiServer(cluster()) as server:
        found = source(server, tmp_path)
        load(found)
        found.fetch(POD)
        assert {item.method for item in server.requests if not item.path.endswith("selfsubjectreviews")} == {
            "GET"
        }
        assert server.dry_runs == server.writes == []


@pytest.mark.parametrize(
    ("trial", "words"),
    [
        (label(ObjectRef("shop", "Pod", "gone")), 'pods "gone" not found'),
        (new_account("nowhere"), 'namespaces "nowhere" not found'),
        (patch(GATEWAY, "gateway.networking.k8s.io/v1", {}), "unknown format"),
        (
            patch(ROLE, f"{RBAC}/v1", [{"op": "test", "path": "/metadata/name", "value": "x"}], JSON_PATCH),
            "is invalid",
        ),
    ],
    ids=["gone", "no namespace", "wrong patch", "test fails"],
)
def test_what_the_server_does_not_accept_is_told_in_its_words(
    tmp_path: Path, trial: Trial, words: str
) -> None:
    with ApiServer(cluster()) as server:
        found, good = opened(server, tmp_path).dry_run([trial, label(POD)])
    assert found.outcome is Outcome.REFUSED
    assert words in found.words
    assert good.outcome is Outcome.ACCEPTED


def test_an_object_that_is_there_already_cannot_be_made(tmp_path: Path) -> None:
    runner = {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {"name": "runner", "namespace": "shop"},
    }
    trial = Trial(
        ObjectRef("shop", "ServiceAccount", "runner"), "POST", "v1", body=json.dumps(runner).encode()
    )
    with ApiServer(cluster()) as server:
        (found,) = opened(server, tmp_path).dry_run([trial])
    assert (found.outcome, found.words) == (Outcome.REFUSED, 'serviceaccounts "runner" already exists')


def test_what_admission_says_is_a_refusal_and_a_missing_right_is_none(tmp_path: Path) -> None:
    def admission(new: object) -> str:
        return "violates PodSecurity \x1b[31mrestricted" if "Pod" in str(new) else ""

    everything = frozenset({"*"})
    rules = (
        Rule(frozenset({"get", "list"}), everything, everything),
        Rule(frozenset({"patch"}), everything, frozenset({"pods"})),
    )
    with ApiServer(cluster(admission=admission), access=Access(rules=rules)) as server:
        pod, role = opened(server, tmp_path).dry_run([label(POD), label(ROLE, f"{RBAC}/v1")])
    assert pod.outcome is Outcome.REFUSED
    assert pod.words == 'pods "web-0" is forbidden: violates PodSecurity ␛[31mrestricted'
    assert role.outcome is Outcome.NOT_TRIED
    assert re.match("you have no right to it: .*cannot patch resource", role.words)


@pytest.mark.parametrize(
    ("status", "outcome", "words"),
    [
        (400, Outcome.REFUSED, "the request is not valid"),
        (401, Outcome.NOT_TRIED, "the login is not accepted: Unauthorized"),
        (409, Outcome.REFUSED, "the object has been modified"),
        (429, Outcome.NOT_TRIED, "the server has too much to do: Too many requests, please try again later."),
        (
            500,
            Outcome.NOT_TRIED,
            "the server failed at it: Internal error occurred: etcdserver: request timed",
        ),
        (503, Outcome.NOT_TRIED, "the server is not available: the server is currently unable to handle"),
    ],
)
def test_faults_of_the_server_are_told_for_the_object_alone(
    tmp_path: Path, status: int, outcome: Outcome, words: str
) -> None:
    with ApiServer(cluster()) as server:
        live = opened(server, tmp_path)
        server.faults.append(Fault("/web-0", status=status, times=None))
        bad, good = live.dry_run([label(POD), label(ObjectRef("bank", "Pod", "web-1"))])
    assert (bad.outcome, bad.words[: len(words)]) == (outcome, words)
    assert good.outcome is Outcome.ACCEPTED


WEBHOOK = 'admission webhook "guard.example.com"'
FAILED = 'Internal error occurred: failed calling webhook "guard.example.com": failed to call webhook'


@pytest.mark.parametrize(
    ("status", "reason", "said", "outcome"),
    [
        (403, "Forbidden", f"{WEBHOOK} denied the request: no latest", Outcome.REFUSED),
        (400, "", f"{WEBHOOK} denied the request without explanation", Outcome.REFUSED),
        (500, "", f"{WEBHOOK} denied the request: my own fault", Outcome.REFUSED),
        (
            403,
            "Forbidden",
            f'{WEBHOOK} denied the request: User "a" cannot patch resource "x"',
            Outcome.REFUSED,
        ),
        (
            403,
            "Forbidden",
            "ValidatingAdmissionPolicy 'p' with binding 'b' denied request: no",
            Outcome.REFUSED,
        ),
        (
            422,
            "Invalid",
            "ValidatingAdmissionPolicy 'p' with binding 'b' denied request: no",
            Outcome.REFUSED,
        ),
        (500, "InternalError", f"{FAILED}: dial tcp 10.0.0.1:443: connection refused", Outcome.NOT_TRIED),
        (504, "Timeout", f"{FAILED}: context deadline exceeded", Outcome.NOT_TRIED),
        (408, "", "request timed out", Outcome.NOT_TRIED),
        (502, "BadGateway", "no upstream", Outcome.NOT_TRIED),
        (400, "BadRequest", f"{WEBHOOK} does not support dry run", Outcome.NOT_TRIED),
    ],
)
def test_a_refusal_by_admission_is_told_from_an_admission_that_could_not_judge(
    tmp_path: Path, status: int, reason: str, said: str, outcome: Outcome
) -> None:
    """As kube-apiserver answers (apiserver/pkg/admission/plugin/webhook: errors, dispatchers)."""

    def admission(_: object) -> str:
        raise ApiError(status, reason, said)

    with ApiServer(cluster(admission=admission)) as server:
        (found,) = opened(server, tmp_path).dry_run([label(POD)])
    assert found.outcome is outcome
    assert said in found.words


@pytest.mark.parametrize("behaviour", ["redirect", "web page"])
def test_what_stands_before_the_server_refuses_nothing_in_its_name(tmp_path: Path, behaviour: str) -> None:
    with ApiServer(cluster()) as server:
        live = opened(server, tmp_path)
        if behaviour == "redirect":
            server.faults.append(
                Fault("/web-0", behaviour="redirect", location="https://login.example", times=None)
            )
        else:
            server.faults.append(Fault("/web-0", behaviour="forbidden_page", times=None))
        (found,) = live.dry_run([label(POD)])
    assert found.outcome is Outcome.NOT_TRIED
    assert "the server" in found.words


def test_names_that_could_lead_elsewhere_are_not_sent(tmp_path: Path) -> None:
    odd = [
        ObjectRef("shop", "Pod", ".."),
        ObjectRef("../..", "Pod", "x"),
        ObjectRef("", "Strange", "x", "example.com"),
    ]
    with ApiServer(cluster()) as server:
        found = opened(server, tmp_path).dry_run([label(ref) for ref in odd])
        assert [item.outcome for item in found] == [Outcome.NOT_TRIED] * 3
        assert server.requests == []
        opened(server, tmp_path).dry_run([label(ObjectRef("shop", "Pod", "a/b?dryRun=None#c"))])
        (sent,) = server.requests
    assert sent.query["dryRun"] == "All"
    assert sent.path == "/api/v1/namespaces/shop/pods/a%2Fb%3FdryRun%3DNone%23c"


@pytest.mark.parametrize("version", ["v1.11.3", "v1.18.20", "", "unknown"])
def test_a_server_that_may_not_know_dry_runs_is_asked_nothing(tmp_path: Path, version: str) -> None:
    with ApiServer(cluster(version={"gitVersion": version, "gitCommit": "0"})) as server:
        (found,) = opened(server, tmp_path).dry_run([label(POD)])
        assert server.requests == []
    assert found.outcome is Outcome.NOT_TRIED
    assert "would carry" in found.words


def silent(server: ApiServer) -> None:
    """From now on the server says nothing about one pod."""
    server.faults.append(Fault("/web-0", behaviour="slow", seconds=30.0, times=None))


def test_a_server_that_falls_silent_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_dry_run, "SECONDS", 0.2)
    with ApiServer(cluster()) as server:
        live = opened(server, tmp_path)
        silent(server)
        (found,) = live.dry_run([label(POD)])
    assert (found.outcome, found.words) == (Outcome.NOT_TRIED, "there was no answer in time")


def test_cancelling_keeps_the_answers_that_came_and_leaves_the_rest_untried(tmp_path: Path) -> None:
    cancel = threading.Event()
    told: list[tuple[int, int]] = []

    def progress(done: int, of: int) -> None:
        told.append((done, of))
        cancel.set()

    with ApiServer(cluster()) as server:
        live = opened(server, tmp_path)
        silent(server)
        late, good = live.dry_run(
            [label(POD), label(ObjectRef("bank", "Pod", "web-1"))], cancel=cancel, progress=progress
        )
    assert (late.outcome, good.outcome) == (Outcome.NOT_TRIED, Outcome.ACCEPTED)
    assert told == [(1, 2), (2, 2)]


def test_dry_runs_are_in_the_log_of_requests(tmp_path: Path) -> None:
    with ApiServer(cluster()) as server:
        live = opened(server, tmp_path)
        live.dry_run([label(POD)])
        last = live.log[-1]
    assert (last.method, last.status) == ("PATCH", 200)
    assert "dryRun=All" in last.path
