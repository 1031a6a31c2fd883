"""What people write is understood as the API server would take the request."""

from __future__ import annotations

import pytest

from ksec_tui.analysis.rbac.identity import Identity, Who
from ksec_tui.analysis.rbac.naming import NamingError, request_named, subject_named
from ksec_tui.analysis.rbac.requests import Request
from ksec_tui.analysis.rbac.reviews import Review, read_review
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.examples import snapshot_of
from tests.analysis.rbac.worlds import role, rule

EMPTY = snapshot_of([])


@pytest.fixture
def world() -> Snapshot:
    return snapshot_of(
        [
            role("r", rule("get", "widgets/parts", "example.com"), rule("get", "gears", "a.example")),
            role("shop/q", rule("list", "gears", "b.example")),
        ]
    )


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("get", "pods"), Request("get", "", "pods")),
        (("get", "po", "web", "shop"), Request("get", "", "pods", "", "web", "shop")),
        (("get", "Pod"), Request("get", "", "pods")),
        (("create", "deploy/scale"), Request("create", "apps", "deployments", "scale")),
        (("get", "deployments.apps"), Request("get", "apps", "deployments")),
        (("get", "deployments.extensions"), Request("get", "extensions", "deployments")),
        (("get", "things.example.com/console"), Request("get", "example.com", "things", "console")),
        (("get", "events"), Request("get", "", "events")),
        (("*", "*"), Request("*", "*", "*")),
        (("impersonate", "users", "bob"), Request("impersonate", "", "users", "", "bob")),
        (
            ("impersonate:user-info", "users"),
            Request("impersonate:user-info", "authentication.k8s.io", "users"),
        ),
        (("approve", "signers"), Request("approve", "certificates.k8s.io", "signers")),
        (("GET", "/healthz"), Request("get", path="/healthz")),
        (("get", "namespaces", "shop"), Request("get", "", "namespaces", "", "shop", "shop")),
        (("get", "ns", "", "shop"), Request("get", "", "namespaces", "", "shop", "shop")),
        (("create", "ns", "shop"), Request("create", "", "namespaces", "", "shop")),
        (("get", "nodes", "n1", "shop"), Request("get", "", "nodes", "", "n1")),
        (("get", "widgets"), Request("get", "example.com", "widgets")),
    ],
)
def test_words_become_the_request_that_the_server_sees(
    world: Snapshot, words: tuple[str, ...], expected: Request
) -> None:
    assert request_named(world, *words).request == expected


def test_a_namespace_that_does_not_apply_is_left_out_and_told() -> None:
    assert request_named(EMPTY, "get", "nodes", "", "shop").notes == (
        "nodes have no namespace: asked for the whole cluster",
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("get", "pots"), "did you mean pods"),
        (("get", "gears"), "gears.a.example, gears.b.example"),
        (("get", "pods/"), "subresource is expected"),
        (("get", "pods/foo", "bar"), "foo is no subresource of pods"),
        (("get", "/metrics", "", "shop"), "neither a name nor a namespace"),
        (("get", "ns", "other", "shop"), "not inside"),
        (("get", ".apps"), "no resource"),
    ],
)
def test_what_cannot_be_meant_is_said(world: Snapshot, words: tuple[str, ...], said: str) -> None:
    with pytest.raises(NamingError, match=said):
        request_named(world, *words)


@pytest.mark.parametrize(
    ("text", "who"),
    [
        ("user:ann", Who("User", "ann")),
        ("user:system:serviceaccount:ci:bot", Who("ServiceAccount", "bot", "ci")),
        ("group:oidc:dev", Who("Group", "oidc:dev")),
        ("sa:ci/bot", Who("ServiceAccount", "bot", "ci")),
        ("serviceaccount:ci/bot", Who("ServiceAccount", "bot", "ci")),
    ],
)
def test_subjects_are_written_with_their_kind(text: str, who: Who) -> None:
    assert subject_named(text) == who


@pytest.mark.parametrize("text", ["ann", "user:", "sa:bot", "sa:/bot", "sa:a/b/c", "robot:x", ""])
def test_other_subjects_are_refused(text: str) -> None:
    with pytest.raises(NamingError, match="user:NAME"):
        subject_named(text)


def test_a_review_is_read_with_exactly_its_groups() -> None:
    spec = b'{"user":"ann","groups":["dev"],"resourceAttributes":{"verb":"get","resource":"pods","version":"v1"}}'
    expected = Review(Identity("ann", ("dev",)), Request("get", "", "pods"))
    assert read_review(spec) == expected
    assert read_review(b'{"kind":"SubjectAccessReview","spec":' + spec + b"}") == expected
    path = b'{"groups":["dev"],"nonResourceAttributes":{"verb":"get","path":"/metrics"}}'
    assert read_review(path) == Review(Identity("", ("dev",)), Request("get", path="/metrics"))


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"{", "truncated"),
        (b"[]", "object"),
        (b'{"user": 1}', "user"),
        (b'{"resourceAttributes": {"verb": "get"}}', "neither user nor groups"),
        (b'{"user": "a"}', "exactly one"),
        (b'{"user": "a", "resourceAttributes": {}, "nonResourceAttributes": {}}', "exactly one"),
    ],
)
def test_what_is_no_review_is_said(raw: bytes, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        read_review(raw)
