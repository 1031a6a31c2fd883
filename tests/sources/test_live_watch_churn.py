"""Whatever happens while a cluster is followed, in the end it is as a full list says: nothing lost, nothing doubled."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Literal, get_args

import pytest

from ksec_tui.cluster.kinds import POD
from ksec_tui.sources.base import Changed, Replaced
from tests.apiserver import Access, ApiServer, ChangingCluster, Fault, Rule
from tests.apiserver.access import READ_VERBS
from tests.sources.followers import Churn, Follower, differences, followed, listed
from tests.sources.live_tools import document, small_shop

TROUBLES = Literal["none", "end", "cut", "reset", "bookmark", "compact", "refuse", "throttle", "away"]
SEEDS = [*range(2), *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(2, 14))]
FEW = [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(1, 6))]
STEPS = 150


def _trouble(server: ApiServer, cluster: ChangingCluster, dice: random.Random) -> None:
    match dice.choice(get_args(TROUBLES)):
        case "end" | "cut" | "reset" as how:
            cluster.end_watches(how)
        case "bookmark":
            cluster.bookmark()
        case "compact":
            cluster.gone_as = dice.choice(["event", "status"])
            cluster.compact()
            cluster.end_watches("end")
        case "refuse":
            server.faults.append(Fault("pods|secrets|nodes", status=dice.choice([500, 503, 410]), times=2))
            cluster.end_watches("cut")
        case "throttle":
            server.faults.append(Fault("", status=429, watch=True, times=9, retry_after=1))
            cluster.end_watches("end")
        case "away":
            server.faults.append(Fault("", behaviour="reset", times=40))
            cluster.end_watches("reset")


def _turn(step: int, churn: Churn, server: ApiServer, follower: Follower, dice: random.Random) -> None:
    """A change, now and then trouble, and now and then time to hear of it."""
    heard = follower.count(Changed) + follower.count(Replaced)
    churn.step()
    if step % 12 == 7:
        _trouble(server, churn.cluster, dice)
    elif step % 3 == 1:
        follower.until(lambda: follower.count(Changed) + follower.count(Replaced) > heard)


def _settled(follower: Follower, server: ApiServer, folder: Path) -> list[str]:
    """Wait for the follower to have what a full list says; returns where they differ when it never does."""
    wanted = listed(server, folder)
    last: list[str] = []

    def same() -> bool:
        nonlocal last
        last = differences(follower.now, wanted)
        return not last

    try:
        follower.until(same)
    except AssertionError:
        return last
    return []


@pytest.mark.parametrize("seed", SEEDS)
def test_after_any_churn_and_trouble_it_equals_a_full_list(tmp_path: Path, seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311 - the same for the same seed is the point
    cluster = ChangingCluster(small_shop(3))
    churn = Churn(cluster, seed)
    with (
        ApiServer(cluster) as server,
        followed(server, tmp_path, page_size=dice.choice([2, 5, 250])) as follower,
    ):
        for step in range(STEPS):
            _turn(step, churn, server, follower, dice)
        server.faults.clear()
        assert _settled(follower, server, tmp_path) == []
        assert follower.count(Changed) + follower.count(Replaced) > STEPS // 4
        # And it still follows.
        cluster.put(document("v1", "Pod", "the-last", "shop", spec={"containers": []}))
        follower.until(lambda: "the-last" in follower.names(POD))


@pytest.mark.parametrize("seed", FEW)
def test_the_same_where_namespaces_are_read_one_by_one(tmp_path: Path, seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311 - the same for the same seed is the point
    cluster = ChangingCluster(small_shop(3))
    churn = Churn(cluster, seed)
    rules = (
        Rule(READ_VERBS, frozenset({"*"}), frozenset({"*"}), frozenset({"shop", "bank"})),
        Rule(READ_VERBS, frozenset({""}), frozenset({"namespaces", "nodes"})),
    )
    with (
        ApiServer(cluster, access=Access(rules=rules)) as server,
        followed(server, tmp_path) as follower,
    ):
        for step in range(60):
            _turn(step, churn, server, follower, dice)
        server.faults.clear()
        assert _settled(follower, server, tmp_path) == []


def test_a_server_that_goes_and_comes_again_while_things_change(tmp_path: Path) -> None:
    cluster = ChangingCluster(small_shop(3))
    churn = Churn(cluster, 99)
    first = ApiServer(cluster)
    first.__enter__()
    with followed(first, tmp_path) as follower:
        port = first.port
        for turn in range(3):
            first.__exit__(None, None, None)
            for _ in range(20):
                churn.step()
            if turn == 1:
                cluster.compact()
            first = ApiServer(cluster, port=port)
            first.__enter__()
            follower.until(lambda: follower.link is not None and not follower.link.lost)
        assert _settled(follower, first, tmp_path) == []
    first.__exit__(None, None, None)
