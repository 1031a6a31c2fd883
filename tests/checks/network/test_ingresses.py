"""Ingresses and Gateways: TLS, shared doors, where they lead."""

from __future__ import annotations

import pytest

from ksec_tui.cluster.kinds import GATEWAY, SERVICE
from ksec_tui.findings.examples import snapshot_of
from ksec_tui.findings.runner import run_one
from tests.analysis.network.worlds import PUBLIC, Tree, deployment, gateway, ingress, listener, route, service
from tests.checks.network.judging import CHECKS, fixed, judge, severities, ways

TLS = [{"hosts": ["shop.example.com"], "secretName": "shop-tls"}]


@pytest.mark.parametrize(
    ("tree", "found"),
    [
        (ingress(), ["medium"]),
        (ingress(address=PUBLIC), ["medium"]),
        (ingress(address="10.1.1.1"), ["low"]),
        (ingress(tls=TLS), []),
        (ingress(tls=[{"secretName": "any"}]), []),
        (ingress(tls=[{"hosts": ["*.example.com"]}]), []),
        (ingress(tls=[{"hosts": ["*.com"]}]), ["medium"]),
        (ingress(tls=[{"hosts": ["other.example.com"]}]), ["medium"]),
        (ingress(annotations={"alb.ingress.kubernetes.io/certificate-arn": "arn:x"}), []),
        (ingress(annotations={"nginx.ingress.kubernetes.io/ssl-passthrough": "false"}), ["medium"]),
        (ingress(rules=[], defaultBackend={"service": {"name": "web", "port": {"number": 80}}}), ["medium"]),
    ],
)
def test_a_host_is_bare_unless_some_entry_covers_it(tree: Tree, found: list[str]) -> None:
    assert severities("net-ingress-no-tls", tree) == found


def test_the_answer_to_a_certificate_authority_is_in_the_clear_by_design() -> None:
    tree = ingress()
    tree["metadata"]["labels"] = {"acme.cert-manager.io/http01-solver": "true"}
    assert severities("net-ingress-no-tls", tree) == []


@pytest.mark.parametrize(
    ("trees", "count"),
    [
        ([ingress(host=""), ingress(namespace="other")], 1),
        ([ingress(host="*.example.com"), ingress(namespace="other")], 1),
        ([ingress(host=""), ingress("second")], 0),
        ([ingress(host=""), ingress(namespace="other", ingressClassName="internal")], 0),
        ([ingress(), ingress(namespace="other")], 0),
    ],
)
def test_taking_every_host_matters_on_a_door_shared_with_other_namespaces(
    trees: list[Tree], count: int
) -> None:
    assert len(judge("net-wildcard-host", *trees)) == count


def test_the_older_annotation_names_the_class_as_well() -> None:
    old = ingress(host="", annotations={"kubernetes.io/ingress.class": "nginx"})
    del old["spec"]["ingressClassName"]
    assert severities("net-wildcard-host", old, ingress(namespace="other")) == ["medium"]


def test_a_listener_keeps_the_namespaces_that_use_it() -> None:
    trees = [gateway(listener()), route(), deployment(), service()]
    after = fixed("net-listener-any-namespace", *trees)
    allowed = after.of(GATEWAY)[0].spec.listeners[0].allowed_routes.namespaces
    assert allowed.selector is not None
    assert [item.values for item in allowed.selector.match_expressions] == [("shop",)]
    assert ways(after) == ways(snapshot_of(trees))


def test_a_listener_that_only_its_own_namespace_uses_takes_no_others() -> None:
    after = fixed("net-listener-any-namespace", gateway(listener()), route("edge"))
    assert after.of(GATEWAY)[0].spec.listeners[0].allowed_routes.namespaces.from_ == "Same"


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("intranet.example.com", ["high"]),
        ("kubernetes.default.svc", ["critical"]),
        ("kubernetes.default.svc.cluster.local", ["critical"]),
        ("metadata.google.internal", ["critical"]),
        ("169.254.169.254", ["critical"]),
        ("metadata.example.com", ["high"]),
    ],
)
def test_a_name_behind_an_ingress_is_worst_when_it_is_the_control_plane_or_the_cloud(
    name: str, found: list[str]
) -> None:
    away = service(type="ExternalName", externalName=name)
    assert severities("net-external-name-pivot", ingress(), away) == found


def test_backends_that_are_missing_are_told_by_service_and_by_port() -> None:
    assert judge("net-dangling-backend", ingress(), service()) == ()
    (gone,) = judge("net-dangling-backend", ingress(), service("other"))
    assert gone.words == "shop.example.com/ leads to Service shop/web, which does not exist"
    (port,) = judge("net-dangling-backend", ingress(), service(ports=[{"port": 81}]))
    assert port.words == "shop.example.com/ leads to port 80, which Service shop/web does not have"


def test_backends_are_not_called_missing_when_services_cannot_be_read() -> None:
    snapshot = snapshot_of([ingress()], forbidden=[SERVICE])
    (finding,) = run_one(snapshot, CHECKS["net-dangling-backend"]).findings
    assert finding.verdict.value == "unknown"
