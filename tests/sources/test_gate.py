"""The gate before every connection: nothing that could change a cluster leaves this program."""

from __future__ import annotations

import threading
from collections import deque
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ksec_tui.sources.gate import NotReadOnlyError, pass_gate
from ksec_tui.sources.transport import JSON, Transport
from tests.apiserver import ApiServer, FakeCluster
from tests.sources.live_tools import connect, small_shop

POD = "/api/v1/namespaces/shop/pods/web-0"


@pytest.mark.parametrize(
    ("method", "target", "body"),
    [
        ("GET", f"{POD}?watch=0", None),
        ("POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", b"{}"),
        ("POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", b"{}"),
        ("POST", "/api/v1/namespaces/shop/pods?dryRun=All", b"{}"),
        ("PATCH", f"{POD}?dryRun=All&fieldManager=x", b"{}"),
        ("DELETE", f"{POD}?dryRun=All", None),
        ("DELETE", "/apis/rbac.authorization.k8s.io/v1/clusterroles/a%2Fb:c?dryRun=All", None),
    ],
)
def test_reads_questions_about_oneself_and_dry_runs_pass(
    method: str, target: str, body: bytes | None
) -> None:
    pass_gate(method, target, body)


@pytest.mark.parametrize(
    ("method", "target", "body"),
    [
        ("POST", "/api/v1/namespaces/shop/pods", b"{}"),
        ("PUT", f"{POD}?dryRun=All", b"{}"),
        ("PATCH", POD, b"{}"),
        ("PATCH", f"{POD}?dryRun=", b"{}"),
        ("PATCH", f"{POD}?dryRun=None", b"{}"),
        ("PATCH", f"{POD}?dryRun=All&dryRun=None", b"{}"),
        ("PATCH", f"{POD}?dryrun=All", b"{}"),
        ("PATCH", f"{POD}#?dryRun=All", b"{}"),
        ("PATCH", f"{POD}/status?dryRun=All", b"{}"),
        ("PATCH", f"{POD}?dryRun=All", None),
        ("DELETE", POD, None),
        # Options in a body win over those in the query.
        ("DELETE", f"{POD}?dryRun=All", b"{}"),
        ("DELETE", "/api/v1/namespaces/shop/pods?dryRun=All", None),
        ("POST", f"{POD}/eviction?dryRun=All", b"{}"),
        ("POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews/x", b"{}"),
        ("POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews", b"{}"),
        ("GET", POD, b"{}"),
        ("patch", f"{POD}?dryRun=All", b"{}"),
    ],
)
def test_whatever_might_change_something_is_not_sent(method: str, target: str, body: bytes | None) -> None:
    with pytest.raises(NotReadOnlyError, match="was not sent"):
        pass_gate(method, target, body)


@given(st.sampled_from(["POST", "PUT", "PATCH", "DELETE", "OPTIONS"]), st.text(max_size=40))
def test_no_query_without_the_mark_passes(method: str, query: str) -> None:
    """Whatever stands in a query: without the very words dryRun=All it is refused."""
    if "dryRun=All" in query:
        return
    with pytest.raises((NotReadOnlyError, ValueError)):
        pass_gate(method, f"{POD}?{query}", None if method == "DELETE" else b"{}")


def test_the_transport_itself_sends_nothing_that_the_gate_refuses(tmp_path: Path) -> None:
    with ApiServer(FakeCluster(small_shop())) as server:
        transport = Transport(connect(server, tmp_path), threading.Event(), deque())
        with pytest.raises(NotReadOnlyError):
            transport.dry_run("DELETE", POD, None, JSON)
        with pytest.raises(NotReadOnlyError):
            transport.review(POD, b"{}")
        transport.close()
        assert server.requests == []
