"""A cluster read through its API server: everything arrives, nothing is asked for that must not be."""

from __future__ import annotations

import dataclasses
import gc
import subprocess
import sys
import threading
from pathlib import Path

import msgspec
import pytest

from ksec_tui.cluster.coverage import State
from ksec_tui.cluster.kinds import (
    CONFIG_MAP,
    GATEWAY,
    GRPC_ROUTE,
    HTTP_ROUTE,
    INGRESS,
    KINDS,
    POD,
    SECRET,
    TCP_ROUTE,
)
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.sources.base import Arrived, Ended, Opened, Started, load
from tests.apiserver import CANARY, CANARY_BASE64, Access, ApiServer, FakeCluster, Fault, documents_from
from tests.sources.live_tools import document, small_shop, snapshot_of, source

DUMP = Path(__file__).parents[2].parent / "shared" / "cluster"


def assert_same_objects(found: Snapshot, expected: Snapshot) -> None:
    for kind in KINDS:
        if kind.metadata_only:
            assert [item.metadata for item in found.of(kind)] == [item.metadata for item in expected.of(kind)]
        else:
            assert found.of(kind) == expected.of(kind), kind
            for item in found.of(kind):
                if found.whole(item.ref):
                    assert found.document(item.ref) == expected.document(item.ref)
    assert found.unreadable == expected.unreadable


def test_what_is_read_equals_the_documents_that_are_served(tmp_path: Path) -> None:
    documents = small_shop()
    with ApiServer(FakeCluster(documents)) as server:
        found, problems = load(source(server, tmp_path))
    assert_same_objects(found, snapshot_of(documents))
    assert found.count() == len(documents)
    assert problems == ()
    assert {cover.state for cover in found.coverage.kinds.values()} == {State.OK, State.ABSENT}


@pytest.mark.skipif(not DUMP.is_dir(), reason="no dump of a real cluster beside the checkout")
def test_a_dump_of_a_real_cluster_arrives_whole(tmp_path: Path) -> None:
    documents = list(documents_from(DUMP))
    with ApiServer(FakeCluster(documents)) as server:
        found, _ = load(source(server, tmp_path, page_size=100))
    assert_same_objects(found, snapshot_of(documents))
    assert found.count() > 1000


def test_the_server_says_who_reads_and_what_it_is(tmp_path: Path) -> None:
    with ApiServer(FakeCluster(small_shop()), access=Access(user="jane")) as server:
        live = source(server, tmp_path)
        assert live.info.user == "alice"  # the kubeconfig's entry, until the server tells
        events = list(live.events(threading.Event()))
    opened = events[0]
    assert isinstance(opened, Opened)
    assert (opened.info.kind, opened.info.label, opened.info.user) == ("live", "test", "jane")
    assert opened.info.server_version == "v1.36.2"
    assert opened.info.taken.startswith(opened.info.today)
    assert live.info == opened.info


def test_the_kubeconfig_names_the_user_when_the_server_does_not_tell(tmp_path: Path) -> None:
    faults = [Fault("selfsubjectreviews", status=404)]
    with ApiServer(FakeCluster([]), access=Access(user="jane"), faults=faults) as server:
        found, _ = load(source(server, tmp_path))
    assert found.source.user == "alice"


def test_a_long_list_comes_page_by_page_with_what_is_left(tmp_path: Path) -> None:
    with ApiServer(FakeCluster(small_shop(pods=5))) as server:
        events = list(source(server, tmp_path, page_size=4).events(threading.Event()))
        asked = [request for request in server.requests if request.path == "/api/v1/pods"]
    pages = [event for event in events if isinstance(event, Arrived) and event.page.kind is POD]
    assert [(len(page.page.objects), page.remaining) for page in pages] == [(4, 6), (4, 2), (2, None)]
    assert [request.query["limit"] for request in asked] == ["4", "4", "4"]


def test_every_kind_starts_and_ends_once(tmp_path: Path) -> None:
    with ApiServer(FakeCluster(small_shop())) as server:
        events = list(source(server, tmp_path).events(threading.Event()))
    assert sorted(e.kind.resource for e in events if isinstance(e, Started)) == sorted(
        k.resource for k in KINDS
    )
    assert sorted(e.kind.resource for e in events if isinstance(e, Ended)) == sorted(
        k.resource for k in KINDS
    )


def test_payloads_of_secrets_and_configmaps_are_never_asked_for(tmp_path: Path) -> None:
    with ApiServer(FakeCluster(small_shop())) as server:
        live = source(server, tmp_path)
        found, _ = load(live)
        secret = live.fetch(ObjectRef("shop", "Secret", "login"))
        settings = live.fetch(ObjectRef("shop", "ConfigMap", "settings"))
        asked = [
            r
            for r in server.requests
            if r.path.split("/")[-1] in ("secrets", "configmaps", "login", "settings")
        ]
    assert len(asked) == 4
    assert all("as=PartialObjectMetadata" in request.headers["accept"] for request in asked)
    assert all("," not in request.headers["accept"] for request in asked)
    assert [item.metadata.name for item in found.of(SECRET)] == ["login"]
    assert secret is not None
    assert (secret["apiVersion"], secret["kind"], secret["metadata"]["name"]) == ("v1", "Secret", "login")
    everything = msgspec.json.encode([found.of(SECRET), found.of(CONFIG_MAP), secret, settings]).decode()
    everything += repr([found.document(item.ref) for kind in KINDS for item in found.of(kind)])
    assert CANARY not in everything
    assert CANARY_BASE64 not in everything


def test_a_kind_is_an_error_when_the_server_cannot_reduce_it_to_metadata(tmp_path: Path) -> None:
    with ApiServer(FakeCluster(small_shop()), faults=[Fault("/secrets$", status=406, times=None)]) as server:
        found, _ = load(source(server, tmp_path))
        asked = [request for request in server.requests if request.path.endswith("/secrets")]
    assert found.coverage.of(SECRET).state is State.ERROR
    assert all("as=PartialObjectMetadataList" in request.headers["accept"] for request in asked)


def test_only_reads_and_questions_about_oneself_are_sent(tmp_path: Path) -> None:
    with ApiServer(FakeCluster(small_shop())) as server:
        live = source(server, tmp_path)
        load(live)
        live.fetch(ObjectRef("shop", "Pod", "web-1"))
        assert server.writes == []
        assert {r.path for r in server.requests if r.method != "GET"} == {
            "/apis/authentication.k8s.io/v1/selfsubjectreviews"
        }


def test_an_api_that_is_not_served_is_absent_without_a_question(tmp_path: Path) -> None:
    with ApiServer(FakeCluster([])) as server:
        found, _ = load(source(server, tmp_path))
        assert not [r for r in server.requests if "gateway.networking" in r.path]
    assert found.coverage.of(GATEWAY).state is State.ABSENT
    assert found.coverage.gap(GATEWAY) is None


def test_an_older_version_is_read_where_the_best_is_not_served(tmp_path: Path) -> None:
    gateway = document("gateway.networking.k8s.io/v1beta1", "Gateway", "edge", "shop", spec={})
    absent = ["gateway.networking.k8s.io/v1"]
    with ApiServer(FakeCluster([gateway], absent=absent)) as server:
        live = source(server, tmp_path)
        found, _ = load(live)
        whole = live.fetch(ObjectRef("shop", "Gateway", "edge", "gateway.networking.k8s.io"))
    assert [item.metadata.name for item in found.of(GATEWAY)] == ["edge"]
    assert found.coverage.of(GATEWAY).state is State.OK
    assert whole is not None
    assert whole["apiVersion"] == "gateway.networking.k8s.io/v1beta1"


def test_refused_discovery_makes_nothing_absent(tmp_path: Path) -> None:
    route = document("gateway.networking.k8s.io/v1", "HTTPRoute", "shop", "shop", spec={})
    with ApiServer(FakeCluster([route]), faults=[Fault("^/apis$", status=403, times=None)]) as server:
        found, problems = load(source(server, tmp_path))
    assert [item.metadata.name for item in found.of(HTTP_ROUTE)] == ["shop"]
    assert found.coverage.of(INGRESS).state is State.OK
    assert found.coverage.of(TCP_ROUTE).state is State.ERROR  # what stands before a server also knows no path
    assert [problem.where for problem in problems] == ["API discovery"]


def test_a_kind_that_its_group_lacks_is_absent(tmp_path: Path) -> None:
    route = document("gateway.networking.k8s.io/v1", "HTTPRoute", "shop", "shop", spec={})
    with ApiServer(FakeCluster([route])) as server:
        found, _ = load(source(server, tmp_path))
        asked = [request.path for request in server.requests if "gateway.networking" in request.path]
    assert found.coverage.of(HTTP_ROUTE).state is State.OK
    assert {found.coverage.of(kind).state for kind in (TCP_ROUTE, GRPC_ROUTE)} == {State.ABSENT}
    assert found.coverage.gap(TCP_ROUTE) is None
    assert len(asked) == len(set(asked))


def test_a_kind_in_an_unknown_version_is_an_error_and_not_absent(tmp_path: Path) -> None:
    route = document("gateway.networking.k8s.io/v9", "TCPRoute", "db", "shop", spec={})
    server_of = FakeCluster([route])
    resource = server_of.resources["tcproutes.gateway.networking.k8s.io"]
    server_of.resources[resource.key] = dataclasses.replace(resource, versions=("v9",))
    with ApiServer(server_of) as server:
        found, _ = load(source(server, tmp_path))
    assert found.coverage.of(TCP_ROUTE).state is State.ERROR
    assert "v9" in found.coverage.of(TCP_ROUTE).reason


def test_one_whole_object_can_be_read_anew(tmp_path: Path) -> None:
    with ApiServer(FakeCluster(small_shop())) as server:
        live = source(server, tmp_path)
        found = live.fetch(ObjectRef("shop", "Pod", "web-1"))
        assert found is not None
        assert (found["apiVersion"], found["kind"]) == ("v1", "Pod")
        assert found["spec"]["containers"][0]["image"] == "example/web-1:1"
        assert live.fetch(ObjectRef("shop", "Pod", "gone")) is None
        assert live.fetch(ObjectRef("shop", "Pod", "..")) is None
        assert live.fetch(ObjectRef("shop", "Widget", "web-1")) is None
        role = live.fetch(ObjectRef("", "ClusterRole", "viewer", "rbac.authorization.k8s.io"))
    assert role is not None
    assert role["rules"][0]["verbs"] == ["get"]


def test_every_request_is_in_the_log(tmp_path: Path) -> None:
    with ApiServer(FakeCluster(small_shop(pods=5))) as server:
        live = source(server, tmp_path, page_size=4)
        load(live)
        assert len(live.log) == len(server.requests)
    pods = [record for record in live.log if record.path.startswith("/api/v1/pods?")]
    assert [(record.method, record.status) for record in pods] == [("GET", 200)] * 3
    assert all(record.bytes > 100 for record in pods)


def test_garbage_collection_is_as_it_was_after_a_load(tmp_path: Path) -> None:
    with ApiServer(FakeCluster(small_shop())) as server:
        assert gc.isenabled()
        events = source(server, tmp_path).events(threading.Event())
        next(events)
        assert not gc.isenabled()
        list(events)
        assert gc.isenabled()


def test_hostile_text_is_made_visible(tmp_path: Path) -> None:
    role = document(
        "rbac.authorization.k8s.io/v1", "ClusterRole", "odd", rules=[{"verbs": ["\x1b]52;c;eA==\x07"]}]
    )
    with ApiServer(FakeCluster([role])) as server:
        live = source(server, tmp_path)
        found, _ = load(live)
        whole = live.fetch(ObjectRef("", "ClusterRole", "odd", "rbac.authorization.k8s.io"))
    assert "\x1b" not in repr(whole)
    assert [entry.ref.name for entry in found.hostile] == ["odd"]
    assert whole is not None
    assert whole["rules"][0]["verbs"] == ["␛]52;c;eA==␇"]


def test_the_client_is_not_imported_before_the_first_request(tmp_path: Path) -> None:
    with ApiServer(FakeCluster([])) as server:
        file = server.kubeconfig(tmp_path / "kubeconfig")
        program = (
            "import sys\n"
            "from ksec_tui.sources.connection import open_connection\n"
            "from ksec_tui.sources.kubeconfig import ConnectionOptions\n"
            "from ksec_tui.sources.live import LiveSource\n"
            f"LiveSource(open_connection(ConnectionOptions(kubeconfig={str(file)!r})))\n"
            "print(sorted({'kubernetes', 'urllib3', 'requests'} & set(sys.modules)))"
        )
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.stderr) == ("[]", "")
    assert server.requests == []
