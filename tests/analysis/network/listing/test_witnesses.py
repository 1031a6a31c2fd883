"""Whether labels can meet selectors at once is decided right, and told with labels that do."""

from __future__ import annotations

from itertools import combinations, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ksec_tui.analysis.network.labels import Canon, meets
from ksec_tui.analysis.network.listing import witnesses
from ksec_tui.analysis.network.listing.kinds import PodKind
from ksec_tui.analysis.network.listing.names import NamedPorts
from ksec_tui.analysis.network.listing.witnesses import FRESH, labels_for, telling, together
from ksec_tui.analysis.network.ports import ALL, Connections
from ksec_tui.analysis.network.rules import Clause, Policy, Ports, Scope, Tier
from ksec_tui.analysis.network.selectors import NAME_LABEL
from ksec_tui.cluster.ref import ObjectRef

requirements = st.one_of(
    st.tuples(
        st.sampled_from("ab"),
        st.sampled_from(("In", "NotIn")),
        st.sampled_from((("x",), ("y",), ("x", "y"))),
    ),
    st.tuples(st.sampled_from("ab"), st.sampled_from(("Exists", "DoesNotExist")), st.just(())),
)
canons = st.lists(requirements, max_size=3).map(lambda found: tuple(sorted(set(found))))

EVERY = [
    {key: value for key, value in zip("ab", values, strict=True) if value}
    for values in product(("", "x", "y", "other"), repeat=2)
]
"""Every label set that selectors of that form tell apart."""


def met_by(canons: list[Canon], labels: dict[str, str]) -> int:
    return sum(1 << place for place, canon in enumerate(canons) if meets(canon, labels))


@given(wanted=canons, others=st.lists(canons, max_size=3))
def test_labels_are_found_exactly_where_there_are_some(wanted: Canon, others: list[Canon]) -> None:
    found = labels_for(wanted, others)
    assert (found is not None) == any(meets(wanted, labels) for labels in EVERY)
    assert found is None or meets(wanted, found)


@given(some=st.lists(canons, min_size=1, max_size=4))
def test_every_set_of_selectors_that_labels_can_meet_is_found(some: list[Canon]) -> None:
    found = telling(some)
    assert set(found) == {met_by(some, labels) for labels in EVERY}
    assert all(met_by(some, labels) == met for met, labels in found.items())


@given(some=st.lists(canons, min_size=1, max_size=4))
def test_where_there_are_too_many_every_two_selectors_are_tried_together(some: list[Canon]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(witnesses, "MOST", 1)
        found = telling(some)
    for one, other in combinations(range(len(some)), 2):
        wanted = together(some[one], some[other])
        both = 1 << one | 1 << other
        possible = any(meets(wanted, labels) for labels in EVERY)
        assert any(met & both == both for met in found) == possible


def test_a_value_that_nobody_names_is_one_that_nobody_names() -> None:
    found = labels_for((("a", "Exists", ()),), [(("a", "In", (FRESH,)),)])
    assert found == {"a": f"{FRESH}x"}


def test_kinds_of_pods_are_named_by_what_they_ask_for() -> None:
    here = ((NAME_LABEL, "In", ("shop",)),)
    assert str(PodKind(here)) == "shop/[all pods]"
    assert (
        str(PodKind((), (("b", "In", ("x",)), ("a", "In", ("y",)))))
        == "[all namespaces]/[pod with {a=y,b=x}]"
    )
    assert str(PodKind((("t", "NotIn", ("x", "y")), ("u", "In", ("z",))))) == (
        "[namespace with {u=z,{Key:t,Operator:NotIn,Values:[x y],}}]/[all pods]"
    )


def named(*rules: Ports) -> NamedPorts:
    clauses = tuple(Clause(number, ports=ports) for number, ports in enumerate(rules, 1))
    ref = ObjectRef("shop", "NetworkPolicy", "p")
    return NamedPorts([Policy(ref, Tier.NAMESPACE, 0, Scope("shop"), None, clauses)])


def test_a_named_port_is_told_by_name_and_never_by_its_number() -> None:
    names = named(Ports(Connections.of("TCP", 60000, 65535), (("http", "TCP"), ("dns", ""))))
    http, dns = names.numbers["http"], names.numbers["dns"]
    flow = Connections.of("TCP", http, http)
    for protocol in ("TCP", "UDP", "SCTP"):
        flow = flow | Connections.of(protocol, dns, dns)
    ranged = flow - Connections.of("TCP", 60000, 65535)
    connections, said = names.told(ranged)
    assert (str(connections), set(said)) == ("nothing", {"UDP dns", "SCTP dns"})
    assert set(names.told(Connections.of("UDP", 53, 53) | Connections.of("TCP", dns, dns))[1]) == {"TCP dns"}


def test_a_range_that_holds_the_number_of_a_name_stays_whole() -> None:
    names = named(Ports(Connections.of("TCP", 80, 80), (("http", "TCP"),)))
    assert names.told(ALL) == (ALL, ())
    number = names.numbers["http"]
    assert names.told(ALL - Connections.of("TCP", number, number)) == (ALL, ())
