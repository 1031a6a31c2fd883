"""Sets of ports and connections: canonical, and true to set algebra."""

from __future__ import annotations

import pickle

from hypothesis import given
from hypothesis import strategies as st

from ksec_tui.analysis.network.ports import ALL, NONE, PROTOCOLS, Connections, PortSet

interval = st.tuples(st.integers(-3, 40), st.integers(-3, 40))
port_sets = st.lists(interval, max_size=5).map(lambda items: PortSet.of(*items))
flows = st.builds(Connections, port_sets, port_sets, port_sets, st.booleans())
UNIVERSE = range(-3, 45)


def members(ports: PortSet) -> set[int]:
    return {port for port in UNIVERSE if port in ports}


@given(st.lists(interval, max_size=6))
def test_a_set_holds_the_valid_ports_of_its_ranges(items: list[tuple[int, int]]) -> None:
    wanted = {port for first, last in items for port in range(first, last + 1) if port >= 1}
    found = PortSet.of(*items)
    assert members(found) == wanted
    assert len(found) == len(wanted)
    assert bool(found) == bool(wanted)


@given(port_sets, port_sets)
def test_sets_of_ports_obey_set_algebra(left: PortSet, right: PortSet) -> None:
    assert members(left | right) == members(left) | members(right)
    assert members(left & right) == members(left) & members(right)
    assert members(left - right) == members(left) - members(right)


@given(port_sets, port_sets)
def test_equal_sets_are_one_object(left: PortSet, right: PortSet) -> None:
    assert (left is right) == (members(left) == members(right))
    assert pickle.loads(pickle.dumps(left)) is left  # noqa: S301 our own bytes


def test_ranges_that_touch_are_one_and_ports_end_at_65535() -> None:
    assert PortSet.of((1, 80), (81, 90)).ranges == ((1, 90),)
    assert PortSet.of((0, 70_000)).full
    assert PortSet.of(443, 80, (8000, 8080)).ranges == ((80, 80), (443, 443), (8000, 8080))
    assert str(PortSet.of(443, 80, (8000, 8080))) == "80,443,8000-8080"


@given(flows, flows)
def test_connections_obey_set_algebra(left: Connections, right: Connections) -> None:
    for name in PROTOCOLS:
        for port in UNIVERSE:
            one, two = left.allows(name, port), right.allows(name, port)
            assert (left | right).allows(name, port) == (one or two)
            assert (left & right).allows(name, port) == (one and two)
            assert (left - right).allows(name, port) == (one and not two)
    assert (left - right).allows("ICMP", 0) == (left.others and not right.others)
    assert bool(left) == (left != NONE)
    assert Connections.union((left, right)) == left | right


def test_everything_is_more_than_every_port() -> None:
    ports = Connections.of("TCP") | Connections.of("UDP") | Connections.of("SCTP")
    assert ports.all_ports
    assert not ports.all
    assert (ports | Connections.of("ICMP")).all
    assert ALL - ports == Connections(others=True)
    assert ALL - ALL == NONE


def test_connections_say_what_flows() -> None:
    assert str(ALL) == "everything"
    assert str(NONE) == "nothing"
    assert str(Connections.of("UDP", 53) | Connections.of("TCP", 80, 90)) == "TCP 80-90, UDP 53"
    assert [name for name, _ in ALL.protocols()] == ["SCTP", "TCP", "UDP"]
