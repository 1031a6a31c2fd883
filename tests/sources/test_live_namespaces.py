"""Namespaces asked for and namespaces that are readable: nothing counts as read that was not."""

from __future__ import annotations

from pathlib import Path

import pytest

from ksec_tui.cluster.coverage import State
from ksec_tui.cluster.kinds import CLUSTER_ROLE, KINDS, NAMESPACE, NODE, POD, ROLE, SECRET
from ksec_tui.sources.base import SourceError, load
from ksec_tui.sources.connection import open_connection
from ksec_tui.sources.kubeconfig import ConnectionOptions
from ksec_tui.sources.live import LiveSource
from tests.apiserver import Access, ApiServer, FakeCluster, Fault, Rule
from tests.sources.live_tools import Waits, document, small_shop, source

READ = frozenset({"get", "list"})
ANY = frozenset({"*"})


def access(*namespaces: str, everywhere: str = "") -> Access:
    """May read everything in `namespaces`, and cluster-wide the resources in `everywhere`."""
    rules = [Rule(READ, ANY, ANY, frozenset(namespaces))]
    if everywhere:
        rules.append(Rule(READ, ANY, frozenset(everywhere.split())))
    return Access(rules=tuple(rules))


def test_a_user_of_one_namespace_sees_it_and_is_told_of_all_else(tmp_path: Path) -> None:
    with ApiServer(FakeCluster(small_shop()), access=Access.namespaces({"shop"})) as server:
        file = server.kubeconfig(tmp_path / "kubeconfig", namespace="shop")
        live = LiveSource(open_connection(ConnectionOptions(kubeconfig=str(file))), wait=Waits())
        found, problems = load(live)
    coverage = found.coverage
    assert len(found.of(POD)) == 7
    assert {item.metadata.namespace for item in found.of(POD)} == {"shop"}
    assert coverage.of(POD).state is State.PARTIAL
    assert coverage.of(POD).namespaces == ("shop",)
    assert coverage.gap(POD, "shop") is None
    assert coverage.gap(POD, "bank") is not None
    assert coverage.gap(POD) is not None
    assert coverage.of(NODE).state is State.FORBIDDEN
    assert 'User "alice" cannot list resource "nodes"' in coverage.of(NODE).reason
    assert [item.metadata.name for item in found.of(NAMESPACE)] == ["shop"]
    assert coverage.of(NAMESPACE).state is State.PARTIAL
    assert not [kind for kind in KINDS if coverage.of(kind).state is State.OK]
    assert [problem.where for problem in problems] == ["namespaces"]


def test_readable_namespaces_are_found_by_their_list(tmp_path: Path) -> None:
    with ApiServer(FakeCluster(small_shop()), access=access("shop", everywhere="namespaces")) as server:
        found, _ = load(source(server, tmp_path))
    cover = found.coverage.of(POD)
    assert cover.state is State.PARTIAL
    assert cover.namespaces == ("shop",)
    assert cover.failed["bank"][0] == State.FORBIDDEN.value
    assert found.coverage.gap(POD, "bank") == "pods in namespace bank could not be listed (forbidden)"
    assert found.coverage.of(NAMESPACE).state is State.OK


def test_every_namespace_one_by_one_is_as_good_as_all_at_once(tmp_path: Path) -> None:
    granted = access("shop", "bank", everywhere="namespaces")
    with ApiServer(FakeCluster(small_shop()), access=granted) as server:
        found, _ = load(source(server, tmp_path))
    assert found.coverage.of(POD).state is State.OK
    assert len(found.of(POD)) == 14


def test_a_namespaced_kind_that_is_readable_nowhere_is_forbidden(tmp_path: Path) -> None:
    with ApiServer(FakeCluster(small_shop()), access=Access.without("secrets")) as server:
        found, _ = load(source(server, tmp_path))
    assert found.coverage.of(SECRET).state is State.FORBIDDEN
    assert found.coverage.of(ROLE).state is State.OK


def test_a_failure_in_one_namespace_leaves_the_others_known(tmp_path: Path) -> None:
    granted = access("shop", "bank", everywhere="namespaces")
    faults = [Fault("/namespaces/bank/pods$", status=500, times=None)]
    with ApiServer(FakeCluster(small_shop()), access=granted, faults=faults) as server:
        found, _ = load(source(server, tmp_path))
    cover = found.coverage.of(POD)
    assert cover.state is State.PARTIAL
    assert cover.namespaces == ("shop",)
    assert cover.failed["bank"][0] == State.ERROR.value
    assert "etcdserver" in (found.coverage.gap(POD, "bank") or "")


def test_an_expired_list_of_one_namespace_begins_again_with_all(tmp_path: Path) -> None:
    faults = [Fault("/namespaces/shop/pods$", status=410, page=2)]
    with ApiServer(FakeCluster(small_shop()), faults=faults) as server:
        found, _ = load(source(server, tmp_path, page_size=4, namespaces=("bank", "shop")))
    assert found.coverage.of(POD).namespaces == ("bank", "shop")
    assert len(found.of(POD)) == 14


def test_only_the_namespaces_asked_for_are_listed(tmp_path: Path) -> None:
    with ApiServer(FakeCluster(small_shop())) as server:
        found, _ = load(source(server, tmp_path, namespaces=("shop",)))
        paths = {request.path for request in server.requests}
    assert {item.metadata.namespace for item in found.of(POD)} == {"shop"}
    assert found.coverage.of(POD).state is State.PARTIAL
    assert found.coverage.gap(POD, "shop") is None
    assert found.coverage.of(CLUSTER_ROLE).state is State.OK
    assert [item.metadata.name for item in found.of(NAMESPACE)] == ["shop"]
    assert "/api/v1/pods" not in paths
    assert "/api/v1/namespaces" not in paths
    assert not [path for path in paths if "/namespaces/bank" in path]
    assert found.source.namespaces == ("shop",)


@pytest.mark.parametrize(
    ("wanted", "read"),
    [
        (("team-*",), ("team-a", "team-b")),
        (("team-*", "!team-b"), ("team-a",)),
        (("!team-*",), ("kube-system",)),
        (("team-?", "kube-system", "!*-a"), ("kube-system", "team-b")),
    ],
)
def test_globs_and_exclusions_choose_among_the_namespaces(
    tmp_path: Path, wanted: tuple[str, ...], read: tuple[str, ...]
) -> None:
    names = ("kube-system", "team-a", "team-b")
    with ApiServer(FakeCluster([document("v1", "Namespace", name) for name in names])) as server:
        found, _ = load(source(server, tmp_path, namespaces=wanted))
    assert found.coverage.of(POD).namespaces == read
    assert tuple(item.metadata.name for item in found.of(NAMESPACE)) == read


def test_a_glob_that_cannot_be_resolved_is_a_refusal_with_the_reason(tmp_path: Path) -> None:
    with ApiServer(FakeCluster(small_shop()), access=Access.namespaces({"shop"})) as server:
        found, problems = load(source(server, tmp_path, namespaces=("sh*",)))
    assert found.coverage.of(POD).state is State.FORBIDDEN
    assert "the namespaces could not be listed" in found.coverage.of(POD).reason
    assert [problem.where for problem in problems] == ["namespaces"]


def test_a_namespace_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with ApiServer(FakeCluster(small_shop())) as server:
        found, _ = load(source(server, tmp_path, namespaces=("shop", "shpo")))
    assert found.coverage.of(NAMESPACE).failed["shpo"][1] == "there is no such namespace"


def test_when_no_namespace_asked_for_exists_that_is_the_reason(tmp_path: Path) -> None:
    with ApiServer(FakeCluster(small_shop())) as server:
        found, _ = load(source(server, tmp_path, namespaces=("shpo",)))
    assert found.coverage.gap(NAMESPACE) == "namespaces could not be read: there is no such namespace"


def test_all_namespaces_wins_over_names(tmp_path: Path) -> None:
    with ApiServer(FakeCluster(small_shop())) as server:
        found, _ = load(source(server, tmp_path, namespaces=("shop",), all_namespaces=True))
    assert found.coverage.of(POD).state is State.OK
    assert found.source.namespaces == ()


@pytest.mark.parametrize("name", ["../../nodes", "Shop", "", "a b", "!", "shop/pods"])
def test_what_can_be_no_namespace_is_refused(tmp_path: Path, name: str) -> None:
    with (
        ApiServer(FakeCluster([])) as server,
        pytest.raises(SourceError, match="can be no namespace"),
    ):
        source(server, tmp_path, namespaces=(name,))
