"""A real cluster that is followed: every change arrives, through restarts, compaction and lost rights."""

from __future__ import annotations

import contextlib
import json
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
import urllib3

from ksec_tui.cluster.coverage import State
from ksec_tui.cluster.kinds import CONFIG_MAP, CUSTOM_RESOURCE, GATEWAY, KINDS, SECRET
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.sources.base import Changed, Replaced, load
from ksec_tui.sources.connection import open_connection
from ksec_tui.sources.kubeconfig import ConnectionOptions
from ksec_tui.sources.live import LiveSource
from tests.control_plane.certificates import Authority
from tests.control_plane.client import Client, RefusedError, Tree
from tests.control_plane.conftest import Started, Tally
from tests.control_plane.plane import MASTERS, Plane
from tests.control_plane.processes import apiserver, etcd
from tests.envtest.assets import Assets
from tests.sources.followers import Follower, briefly, differences

RBAC = "/apis/rbac.authorization.k8s.io/v1"
CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"


def source(kubeconfig: Path, *, watch_seconds: float = 240.0) -> LiveSource:
    connection = open_connection(ConnectionOptions(kubeconfig=str(kubeconfig)), interactive=False)
    return LiveSource(connection, wait=briefly, again=0.2, watch_seconds=watch_seconds)


def listed(kubeconfig: Path) -> Snapshot:
    return load(source(kubeconfig))[0]


def equal_in_the_end(follower: Follower, kubeconfig: Path) -> None:
    """The server itself writes now and then: both are looked at until they agree."""
    follower.until(lambda: not differences(follower.now, listed(kubeconfig)))


def churn(admin: Client, dice: random.Random, count: int) -> int:
    """Creates, changes and deletes objects of several kinds; returns how often."""
    done = 0
    for _ in range(count):
        number = dice.randrange(12)
        name = f"thing-{number}"
        made: list[tuple[str, Tree]] = [
            ("/api/v1/namespaces/default/configmaps", {"data": {"turn": str(done)}}),
            ("/api/v1/namespaces/default/secrets", {"stringData": {"turn": str(done)}}),
            ("/api/v1/namespaces/default/serviceaccounts", {}),
            (
                f"{RBAC}/clusterroles",
                {"rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]},
            ),
            ("/api/v1/namespaces/default/services", {"spec": {"ports": [{"port": 80 + number}]}}),
        ]
        path, body = dice.choice(made)
        labels = {"metadata": {"name": name, "labels": {"turn": str(done)}}}
        try:
            match dice.randrange(3):
                case 0:
                    admin.post(path, {**body, **labels})
                case 1:
                    admin.patch(f"{path}/{name}", {"metadata": labels["metadata"]})
                case _:
                    admin.ask("DELETE", f"{path}/{name}")
        except RefusedError as error:
            if error.status not in (404, 409):
                raise
        else:
            done += 1
    return done


@pytest.fixture
def plane(start: Started, request: pytest.FixtureRequest) -> Iterator[Plane]:
    """A server for one test."""
    with start(f"watch-{abs(hash(request.node.name))}") as plane:
        yield plane


@pytest.mark.parametrize("watch_seconds", [240.0, 1.0])
def test_churn_ends_as_a_full_list(
    plane: Plane, dice: random.Random, tally: Tally, watch_seconds: float
) -> None:
    kubeconfig = plane.admin_kubeconfig()
    with Follower(source(kubeconfig, watch_seconds=watch_seconds)).running() as follower:
        assert follower.link is not None
        assert follower.link.polled == ()
        done = 0
        while done < 300:
            done += churn(plane.admin, dice, 50)
            equal_in_the_end(follower, kubeconfig)
        tally["changes followed, each state equal to a full list"] += done
        tally["events taken in"] += follower.count(Changed)
        assert follower.count(Replaced) == 0


def test_of_secrets_and_config_maps_only_metadata_are_watched(plane: Plane) -> None:
    kubeconfig = plane.admin_kubeconfig()
    with Follower(source(kubeconfig)).running() as follower:
        for plural, field in (("secrets", "stringData"), ("configmaps", "data")):
            body = {"metadata": {"name": "canary"}, field: {"key": "canary-in-the-mine"}}
            plane.admin.post(f"/api/v1/namespaces/default/{plural}", body)
        follower.until(lambda: "canary" in follower.names(SECRET) & follower.names(CONFIG_MAP))
        assert "canary-in-the-mine" not in repr(follower.events)
        assert "Y2FuYXJ5" not in repr(follower.events)


def test_an_api_that_is_installed_and_removed_is_noticed(plane: Plane) -> None:
    version = {
        "name": "v1",
        "served": True,
        "storage": True,
        "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}},
    }
    names = {"plural": "gateways", "kind": "Gateway", "singular": "gateway"}
    group = "gateway.networking.k8s.io"
    definition = {
        "metadata": {
            "name": f"gateways.{group}",
            "annotations": {"api-approved.kubernetes.io": "unapproved, for a test"},
        },
        "spec": {"group": group, "names": names, "scope": "Namespaced", "versions": [version]},
    }
    kubeconfig = plane.admin_kubeconfig()
    with Follower(source(kubeconfig)).running() as follower:
        assert follower.now.coverage.of(GATEWAY).state is State.ABSENT
        plane.admin.post(CRDS, definition)
        follower.until(lambda: follower.now.coverage.of(GATEWAY).state is State.OK)
        plane.admin.post(f"/apis/{group}/v1/namespaces/default/gateways", {
            "apiVersion": f"{group}/v1", "kind": "Gateway", "metadata": {"name": "front"}
        })  # fmt: skip
        follower.until(lambda: "front" in follower.names(GATEWAY))
        plane.admin.ask("DELETE", f"{CRDS}/gateways.{group}")
        follower.until(lambda: follower.now.coverage.of(GATEWAY).state is State.ABSENT)
        follower.until(lambda: not follower.names(CUSTOM_RESOURCE))
        assert not follower.now.of(GATEWAY)


def test_a_right_that_is_taken_away_makes_unknown_what_it_showed(plane: Plane) -> None:
    rules = [
        {"apiGroups": [kind.group], "resources": [kind.plural], "verbs": ["get", "list", "watch"]}
        for kind in KINDS
    ]
    admin = plane.admin
    admin.post(f"{RBAC}/clusterroles", {"metadata": {"name": "reader"}, "rules": rules})
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "reader"}
    subject = {"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "reader"}
    binding = {"metadata": {"name": "reader"}, "roleRef": reference, "subjects": [subject]}
    admin.post(f"{RBAC}/clusterrolebindings", binding)
    admin.post("/api/v1/namespaces/default/secrets", {"metadata": {"name": "seen"}})
    kubeconfig = plane.kubeconfig(plane.authority.client("reader", "readers"))
    with Follower(source(kubeconfig, watch_seconds=1.0)).running() as follower:
        follower.until(lambda: follower.now.coverage.of(SECRET).state is State.OK)
        assert "seen" in follower.names(SECRET)
        left = [rule for rule in rules if rule["resources"] != ["secrets"]]
        admin.patch(f"{RBAC}/clusterroles/reader", {"rules": left})
        follower.until(lambda: follower.now.coverage.of(SECRET).state is State.FORBIDDEN)
        assert follower.names(SECRET) == set()
        admin.patch(f"{RBAC}/clusterroles/reader", {"rules": rules})
        follower.until(lambda: "seen" in follower.names(SECRET))


def test_a_server_that_restarts_with_its_history_compacted_is_followed_on(
    assets: Assets, tmp_path: Path, dice: random.Random, tally: Tally
) -> None:
    authority = Authority(tmp_path)
    serving, keys = authority.server("server"), authority.account_key()
    login = authority.client("test", MASTERS)
    with etcd(assets, tmp_path / "etcd") as store:

        @contextlib.contextmanager
        def server(port: int | None) -> Iterator[Plane]:
            running = apiserver(
                assets,
                tmp_path / "one",
                store,
                authority=authority,
                serving=serving,
                account_key=keys,
                port=port,
            )
            with running as url:
                admin = Client(url, str(authority.own.certificate), login)
                yield Plane(url, tmp_path / "one", authority, admin, keys, store)
                admin.close()

        with contextlib.ExitStack() as following:
            with server(None) as plane:
                kubeconfig = plane.admin_kubeconfig()
                port = int(plane.url.rpartition(":")[2])
                follower = following.enter_context(Follower(source(kubeconfig)).running())
                churn(plane.admin, dice, 50)
                equal_in_the_end(follower, kubeconfig)
            follower.until(lambda: follower.link is not None and follower.link.lost > 0)
            before = follower.count(Replaced)
            with server(port) as again:
                churn(again.admin, dice, 50)
                _compact(store)
                equal_in_the_end(follower, kubeconfig)
                churn(again.admin, dice, 50)
                equal_in_the_end(follower, kubeconfig)
                follower.until(lambda: follower.link is not None and not follower.link.lost)
                following.close()
            tally["restarts of a server followed"] += 1
            tally["lists read again after them"] += follower.count(Replaced) - before


def _compact(store: str) -> None:
    """Let etcd forget what was."""
    pool = urllib3.PoolManager()
    status = pool.request("POST", f"{store}/v3/maintenance/status", body=b"{}")
    revision = json.loads(status.data)["header"]["revision"]
    done = pool.request("POST", f"{store}/v3/kv/compaction", body=json.dumps({"revision": revision}).encode())
    assert done.status == 200, done.data
    pool.clear()
