"""Annotations that write the configuration of a shared ingress-nginx, and certificates that are missing."""

from __future__ import annotations

import pytest

from ksec_tui.cluster.kinds import INGRESS
from tests.analysis.network.worlds import Tree, gateway, ingress, ingress_class, listener, route, service
from tests.checks.network.judging import fix, fixed, severities

PREFIX = "nginx.ingress.kubernetes.io/"


def annotated(**said: str) -> Tree:
    return ingress(annotations={f"{PREFIX}{key.replace('_', '-')}": text for key, text in said.items()})


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ({}, []),
        ({"configuration_snippet": "deny all;"}, ["high"]),
        ({"server_snippet": "   "}, []),
        ({"stream_snippet": "server { listen 8000; }"}, ["high"]),
        ({"auth_url": "https://auth.example.com/oauth2/auth?rd=$scheme://$host$request_uri"}, []),
        ({"auth_url": "http://x/#;}}}\n\nssl_engine /tmp/evil;"}, ["critical"]),
        ({"auth_tls_match_cn": "CN=(alice|bob){1,2}"}, []),
        ({"auth_tls_match_cn": "CN=x #;\n}} load_module x;"}, ["critical"]),
        ({"rewrite_target": "/$1{2}"}, []),
        ({"mirror_target": "https://copy.example.com$request_uri"}, []),
        ({"proxy_body_size": "8m"}, []),
    ],
)
def test_what_breaks_out_of_its_directive_is_told_from_plain_values(said: Tree, found: list[str]) -> None:
    assert severities("net-ingress-injection", annotated(**said), ingress_class()) == found


def test_another_controller_does_not_read_these_annotations() -> None:
    other = ingress_class(controller="traefik.io/ingress-controller")
    assert severities("net-ingress-injection", annotated(server_snippet="deny all;"), other) == []


def test_snippets_go_and_other_annotations_stay() -> None:
    tree = annotated(server_snippet="deny all;", proxy_body_size="8m")
    (after,) = fixed("net-ingress-injection", tree, ingress_class()).of(INGRESS)
    assert after.metadata.annotations == {f"{PREFIX}proxy-body-size": "8m"}


def test_what_may_authenticate_is_not_removed_by_a_patch() -> None:
    found = fix("net-ingress-injection", annotated(auth_snippet="auth_request /check;"), ingress_class())
    assert (found.risk.value, found.changes) == ("manual", ())
    assert any(f"{PREFIX}auth-snippet-" in step for step in found.steps)


def secret(name: str, namespace: str = "shop") -> Tree:
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name, "namespace": namespace}}


@pytest.mark.parametrize(
    ("trees", "found"),
    [
        ([ingress()], []),
        ([ingress(tls=[{"secretName": "web-tls"}])], ["low"]),
        ([ingress(tls=[{"secretName": "web-tls"}]), secret("web-tls")], []),
        ([ingress(tls=[{"secretName": "web-tls"}]), secret("web-tls", "other")], ["low"]),
        ([ingress(tls=[{"hosts": ["shop.example.com"]}])], []),
        ([ingress(tls=[{"secretName": "certs/delegated"}])], []),
        # In files the Secret that cert-manager will make is not there yet.
        (
            [
                ingress(
                    tls=[{"secretName": "web-tls"}],
                    annotations={"cert-manager.io/cluster-issuer": "letsencrypt"},
                )
            ],
            [],
        ),
    ],
)
def test_a_certificate_must_be_where_the_ingress_is(trees: list[Tree], found: list[str]) -> None:
    assert severities("net-tls-secret-missing", *trees) == found


PLAIN = listener(name="http", port=80, protocol="HTTP")
REDIRECT = {"filters": [{"type": "RequestRedirect", "requestRedirect": {"scheme": "https"}}]}


@pytest.mark.parametrize(
    ("trees", "found"),
    [
        ([gateway(PLAIN), route()], ["medium"]),
        ([gateway(PLAIN, address="10.0.0.9"), route()], ["low"]),
        ([gateway(PLAIN), route(rules=[REDIRECT])], []),
        ([gateway(PLAIN)], []),
        ([gateway(listener()), route()], []),
        ([gateway(PLAIN, listener()), route(parent={"sectionName": "https"})], []),
    ],
)
def test_a_plain_listener_is_told_when_a_route_serves_through_it(trees: list[Tree], found: list[str]) -> None:
    assert severities("net-listener-no-tls", *trees) == found


@pytest.mark.parametrize(
    ("trees", "dangling", "elsewhere"),
    [
        ([route(), service()], [], []),
        ([route()], ["low"], []),
        ([route(back={"port": 81}), service()], ["low"], []),
        ([route(back={"namespace": "other"}), service()], ["low"], []),
        ([route(back={"kind": "Bucket", "group": "storage.example.com"})], [], []),
        ([route(back={"weight": 0})], [], []),
        ([route(rules=[REDIRECT])], [], []),
        ([route(), service(type="ExternalName", externalName="intranet.example.com")], [], ["high"]),
        ([route(), service(type="ExternalName", externalName="metadata.google.internal")], [], ["critical"]),
    ],
)
def test_routes_that_lead_nowhere_or_elsewhere_are_told(
    trees: list[Tree], dangling: list[str], elsewhere: list[str]
) -> None:
    assert severities("net-route-dangling", *trees) == dangling
    assert severities("net-route-external-name", *trees) == elsewhere
