"""Questions about ends by name: Services end at the pods they select, and what was not read is not claimed."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import pytest

from ksec_tui.analysis.network.questions import Answers, Port, ask
from ksec_tui.analysis.network.reach import EndError, UnreadEndError
from ksec_tui.cluster.kinds import DEPLOYMENT, ENDPOINT_SLICE, POD, SERVICE, Kind
from ksec_tui.findings.examples import snapshot_of
from ksec_tui.reports.reach import reach_json, reach_line, reach_text
from tests.analysis.network.worlds import daemon_set, deployment, policy, service

Tree = dict[str, Any]
CLIENT = {
    "kind": "Pod",
    "metadata": {"name": "client", "namespace": "shop", "labels": {"app": "client"}},
    "spec": {"containers": [{"name": "c"}]},
    "status": {"phase": "Running", "podIP": "10.0.0.9"},
}


def pod(name: str, ip: str, port: int, version: str, phase: str = "Running") -> Tree:
    """A pod of the StatefulSet ``db``."""
    return {
        "kind": "Pod",
        "metadata": {
            "name": name,
            "namespace": "data",
            "labels": {"app": "db", "version": version, "statefulset.kubernetes.io/pod-name": name},
            "ownerReferences": [
                {"apiVersion": "apps/v1", "kind": "StatefulSet", "name": "db", "controller": True}
            ],
        },
        "spec": {"containers": [{"name": "c", "ports": [{"name": "pg", "containerPort": port}]}]},
        "status": {"phase": phase, "podIP": ip},
    }


SET = {**deployment("db", "data", port=5432), "kind": "StatefulSet"}
PODS = (pod("db-0", "10.0.1.1", 5432, "old"), pod("db-1", "10.0.1.2", 6432, "new"))
OLD_ONLY = policy("old", "data", podSelector={"matchLabels": {"version": "old"}}, ingress=[])


def asked(
    *trees: Tree, to: str = "data/svc/db", port: int = 80, forbidden: Iterable[Kind[Any]] = ()
) -> Answers:
    snapshot = snapshot_of([CLIENT, *trees], forbidden=forbidden)
    return ask(snapshot, "shop/client", to, Port("TCP", port))


def ends(found: Answers) -> list[tuple[str, int]]:
    return [(str(answer.destination), answer.port.number) for answer in found.found]


def db(**spec: Any) -> Tree:
    return service("db", "data", **{"ports": [{"name": "sql", "port": 80, "targetPort": "pg"}], **spec})


def test_a_service_ends_at_the_pods_it_selects_only() -> None:
    newer = db(selector={"app": "db", "version": "new"})
    found = asked(SET, *PODS, OLD_ONLY, newer)
    assert (found.allowed, ends(found)) == (True, [("data/db", 6432)])
    both = asked(SET, *PODS, OLD_ONLY, db())
    assert both.allowed is None
    assert {answer.verdict.allowed for answer in both.found} == {True, False}


def test_a_port_by_name_ends_at_each_pods_own_port() -> None:
    assert sorted(number for _, number in ends(asked(SET, *PODS, db()))) == [5432, 6432]


def test_ended_pods_are_behind_no_service() -> None:
    found = asked(SET, PODS[0], pod("db-1", "10.0.1.2", 6432, "new", "Failed"), db())
    assert ends(found) == [("data/db", 5432)]


def test_a_headless_service_translates_nothing() -> None:
    assert ends(asked(SET, PODS[0], db(clusterIP="None"), port=9999)) == [("data/db", 9999)]


def test_a_service_without_selector_ends_where_its_slices_say() -> None:
    slices = {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {"name": "db-1", "namespace": "data", "labels": {"kubernetes.io/service-name": "db"}},
        "addressType": "IPv4",
        "ports": [{"name": "sql", "port": 5432}, {"name": "other", "port": 1}],
        "endpoints": [
            {"addresses": ["10.0.1.1"]},
            {"addresses": ["203.0.113.9"]},
            {"addresses": ["db.example"]},
        ],
    }
    found = asked(SET, *PODS, OLD_ONLY, db(selector={}), slices)
    assert ends(found) == [("data/db-0", 5432), ("203.0.113.9", 5432)]
    assert [answer.verdict.allowed for answer in found.found] == [False, True]
    with pytest.raises(UnreadEndError, match="leads to nothing that is known"):
        asked(db(selector={}), forbidden=[ENDPOINT_SLICE])


def test_another_name_is_no_end() -> None:
    alias = service("db", "data", type="ExternalName", externalName="db.example.com", selector={})
    with pytest.raises(EndError, match="another name for db"):
        asked(alias)


@pytest.mark.parametrize(
    ("to", "kind"),
    [("data/db-9", POD), ("data/svc/gone", SERVICE), ("data/deploy/gone", DEPLOYMENT)],
)
def test_what_may_be_there_unread_is_not_known_and_what_is_not_there_is_an_error(
    to: str, kind: Kind[Any]
) -> None:
    with pytest.raises(UnreadEndError, match="forbidden"):
        asked(SET, to=to, forbidden=[kind])
    with pytest.raises(EndError) as plain:
        asked(SET, to=to)
    assert not isinstance(plain.value, UnreadEndError)


def test_that_the_plugin_ignores_policies_stands_on_top() -> None:
    flannel = daemon_set("kube-flannel-ds", "ghcr.io/flannel-io/flannel:v0.27.4")
    opened: list[list[Tree]] = [[], [{}]]
    for rules in opened:
        found = asked(SET, *PODS, db(), policy("p", "data", ingress=rules), flannel)
        first, second, *_ = reach_text(found).splitlines()
        assert first.startswith("policies are not enforced: Flannel")
        assert second.startswith("allowed" if rules else "denied")
        assert next(iter(json.loads(reach_json(found)))) == "notEnforced"
        assert reach_line(found).startswith('{"notEnforced":"Flannel')
