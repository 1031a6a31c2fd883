"""The plain list: top owners, both families of addresses, what is only perhaps so, and a bound on its size."""

from __future__ import annotations

from typing import Any

import pytest

from ksec_tui.analysis.network.addresses import ANYWHERE, AddressSet
from ksec_tui.analysis.network.listing import choice as choices
from ksec_tui.analysis.network.listing.choice import Choice, ChoiceError
from ksec_tui.analysis.network.listing.plain import Pair, plain_listing
from ksec_tui.findings.examples import snapshot_of
from tests.analysis.network.listing.test_lists import pod, policy, replica_set
from tests.analysis.network.worlds import Tree, deployment


def listed(*trees: Tree, **choice: Any) -> tuple[Pair, ...]:
    return plain_listing(snapshot_of(trees), Choice(**choice))


def told(*trees: Tree, **choice: Any) -> set[tuple[str, str, str]]:
    return {
        (str(pair.source), str(pair.destination), str(pair.connections)) for pair in listed(*trees, **choice)
    }


WEB, DB = "Deployment shop/web", "Deployment shop/db"
ALL = str(ANYWHERE)


def test_without_policies_every_pair_is_open() -> None:
    assert told(deployment("web"), deployment("db")) == {
        (WEB, DB, "everything"),
        (DB, WEB, "everything"),
        (WEB, ALL, "everything"),
        (DB, ALL, "everything"),
        (ALL, WEB, "everything"),
        (ALL, DB, "everything"),
    }


def test_a_workload_is_its_top_owner() -> None:
    whole = [deployment("web"), replica_set("web-5d", "web"), pod("web-1", ("ReplicaSet", "web-5d"))]
    assert told(*whole) == {(WEB, ALL, "everything"), (ALL, WEB, "everything")}


def test_addresses_of_which_the_same_is_told_are_put_together() -> None:
    rules = [
        {"from": [{"ipBlock": {"cidr": "10.0.0.0/8"}}, {"ipBlock": {"cidr": "fd00::/8"}}]},
        {"from": [{"ipBlock": {"cidr": "192.168.0.0/16"}}]},
        {"from": [{"ipBlock": {"cidr": "10.1.0.0/16"}}], "ports": [{"port": 80}]},
    ]
    pairs = listed(deployment("web"), policy(ingress=rules))
    (inward,) = [pair for pair in pairs if isinstance(pair.source, AddressSet)]
    assert str(inward.source) == "10.0.0.0/8, 192.168.0.0/16, fd00::/8"


def test_pods_of_one_workload_that_policies_tell_apart_are_remarked() -> None:
    pair = [
        pod("a-1", ("ReplicaSet", "a"), labels={"tier": "x"}),
        pod("a-2", ("ReplicaSet", "a"), labels={"tier": "y"}),
    ]
    closed = policy(podSelector={"matchLabels": {"tier": "x"}}, policyTypes=["Ingress"])
    (inward,) = [pair for pair in listed(*pair, closed) if isinstance(pair.source, AddressSet)]
    assert (inward.partly, inward.connections.all) == (True, True)


def test_what_depends_on_an_address_that_is_not_known_is_only_perhaps_so() -> None:
    only = policy(
        podSelector={"matchLabels": {"app": "web"}},
        ingress=[{"from": [{"ipBlock": {"cidr": "10.0.0.0/8"}}], "ports": [{"port": 80}]}],
    )
    pairs = listed(deployment("web"), deployment("db"), only)
    (between,) = [pair for pair in pairs if (str(pair.source), str(pair.destination)) == (DB, WEB)]
    assert not between.connections
    assert str(between.perhaps) == "TCP 80"


def test_a_pod_in_a_block_is_matched_by_it() -> None:
    client = pod("client")
    client["status"] |= {"podIP": "10.1.2.3", "podIPs": [{"ip": "10.1.2.3"}]}
    only = policy(
        podSelector={"matchLabels": {"app": "web"}}, ingress=[{"from": [{"ipBlock": {"cidr": "10.0.0.0/8"}}]}]
    )
    assert ("Pod shop/client", WEB, "everything") in told(client, deployment("web"), only)


def test_a_list_that_nobody_could_read_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    trees = [deployment(f"app-{number}") for number in range(20)]
    monkeypatch.setattr(choices, "MOST", 100)
    with pytest.raises(ChoiceError, match="400 pairs: choose some with --focus"):
        listed(*trees)
    assert len(listed(*trees, focus=("app-1",))) == 2 * 19 + 2
