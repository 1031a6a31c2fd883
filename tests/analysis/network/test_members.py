"""Sets of groups in worlds so large that they take their wide form: selectors, bulk answers, beside plain loops."""

from __future__ import annotations

from bench.network_world import Plain, world
from ksec_tui.analysis.network.bulk import receivers, senders
from ksec_tui.analysis.network.labels import Postings, bits_of, canonical, meets, numbers_of
from ksec_tui.analysis.network.reach import PodEnd, flow, pod_end, verdict
from ksec_tui.analysis.network.world import network
from ksec_tui.cluster.base import LabelRequirement, LabelSelector
from ksec_tui.cluster.kinds import POD
from ksec_tui.findings.examples import snapshot_of
from tests.analysis.network.worlds import Tree, policy

SELECTORS = (
    LabelSelector(),
    LabelSelector(match_labels={"a": "1"}),
    LabelSelector(match_labels={"a": "1", "b": "x"}),
    LabelSelector(match_labels={"a": "none"}),
    *(
        LabelSelector(match_expressions=(LabelRequirement(key="a", operator=operator, values=values),))
        for operator, values in (
            ("In", ("1", "2")),
            ("NotIn", ("1",)),
            ("Exists", ()),
            ("DoesNotExist", ()),
            ("Unheard", ()),
        )
    ),
)


def test_selectors_select_by_lookup_what_they_match_one_by_one() -> None:
    values = [("a", "0"), ("a", "1"), ("a", "2"), ("b", "x"), ("b", "y"), ("c", "z"), ("d", "w")]
    items = [
        dict((values[number % 7], values[number // 7 % 7], values[number // 49 % 7])) for number in range(500)
    ]
    index = Postings(items)
    for selector in SELECTORS:
        canon = canonical(selector)
        wanted = [number for number, labels in enumerate(items) if selector.matches(labels)]
        assert [number for number, labels in enumerate(items) if meets(canon, labels)] == wanted
        assert list(index.numbers(canon)) == wanted
        assert numbers_of(index.bits(canon)) == wanted
        assert bits_of(wanted, len(items)) == index.bits(canon)


def test_selectors_that_mean_the_same_are_one() -> None:
    one = LabelSelector(match_labels={"a": "1"})
    two = LabelSelector(match_expressions=(LabelRequirement(key="a", operator="In", values=("1", "1")),))
    assert canonical(one) == canonical(two)


def test_many_namespaces_give_the_answers_of_a_plain_loop() -> None:
    snapshot = world(300, 1800, 700)
    plain, found = Plain(snapshot), network(snapshot)
    assert found.ingress.sure.wide, "no rule has peers in many namespaces"
    pods = snapshot.of(POD)
    for number in range(300):
        one, two = pods[number * 7919 % len(pods)], pods[(number * 104_729 + 1) % len(pods)]
        ends = [pod_end(snapshot, pod.namespace, pod.name) for pod in (one, two)]
        for port in (5432, 8080, 8500):
            wanted = plain.allowed(one, two, port)
            assert verdict(snapshot, ends[0], ends[1], "TCP", port).allowed is wanted
            reached = receivers(found, ends[0].group).with_group(ends[1].group).connections
            assert reached.allows("TCP", port) is wanted
            let_in = senders(found, ends[1].group).with_group(ends[0].group).connections
            assert let_in.allows("TCP", port) is wanted


def test_a_crowded_namespace_gives_the_same_answers_in_bulk_and_by_pair() -> None:
    pods = [
        {
            "kind": "Pod",
            "metadata": {
                "name": f"p{number}",
                "namespace": "shop",
                "labels": {"n": str(number), "odd": str(number % 2)},
            },
            "spec": {"containers": [{"name": "c"}]},
            "status": {"phase": "Running", "podIPs": [{"ip": f"10.0.0.{number}"}]},
        }
        for number in range(90)
    ]
    some: Tree = {
        "podSelector": {"matchExpressions": [{"key": "n", "operator": "In", "values": ["1", "2", "3"]}]}
    }
    odd: Tree = {"podSelector": {"matchLabels": {"odd": "1"}}}
    trees = [
        policy("a", ingress=[{"from": [some]}], **odd),
        policy("b", ingress=[{"from": [odd], "ports": [{"port": 80}]}], **some),
    ]
    snapshot = snapshot_of([*pods, *trees])
    found = network(snapshot)
    assert len(found.groups) == 90
    for one in found.groups[:10]:
        crowd = receivers(found, one)
        for two in found.groups:
            if one is not two:
                assert crowd.with_group(two).connections == flow(snapshot, PodEnd(one), PodEnd(two)).both
