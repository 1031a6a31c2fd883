"""What a default deny must keep: found in Services, Ingresses, webhooks, annotations, variables and commands."""

from __future__ import annotations

from typing import Any

import pytest

from ksec_tui.analysis.network.references import references, services_in
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.findings.examples import snapshot_of
from ksec_tui.fixes.network import may_break
from ksec_tui.fixes.network_needs import needs_of
from tests.analysis.network.worlds import Tree, definition, deployment, service

WEB = ObjectRef("shop", "Deployment", "web", "apps")
SERVICES = [
    service(name, space) for name, space in (("db", "shop"), ("db", "ops"), ("user", "shop"), ("web", "shop"))
]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("db", ["shop/db"]),
        ("db:5432", ["shop/db 5432"]),
        ("db.ops", ["ops/db"]),
        ("db.ops.svc", ["ops/db"]),
        ("db.ops.svc.cluster.local:5432", ["ops/db 5432"]),
        ("db.ops.svc.cluster.local.", ["ops/db"]),
        ("http://db/v1?x=1", ["shop/db"]),
        ("postgres://user:s3cret@db:5432/shop", ["shop/db 5432"]),
        ("--database=db.ops:5432,web", ["ops/db 5432", "shop/web"]),
        ("tcp(db:3306)/shop", ["shop/db 3306"]),
        ("db.example.com", []),
        ("db.ops.example.com", []),
        ("mydb.ops", []),
        ("-db", []),
        ("some db here", []),
        ("ann@db.ops", []),
        ("user.shop.svc", ["shop/user"]),
    ],
)
def test_a_service_is_found_by_the_names_that_resolve_to_it(text: str, found: list[str]) -> None:
    snapshot = snapshot_of([deployment(), *SERVICES])
    said = [f"{ref.path} {port or ''}".strip() for ref, port in services_in(snapshot, text, "shop")]
    assert said == found


def with_env(name: str, namespace: str, **values: str) -> Tree:
    tree = deployment(name, namespace)
    box = tree["spec"]["template"]["spec"]["containers"][0]
    box["env"] = [{"name": key, "value": value} for key, value in values.items()]
    return tree


def _needs(*trees: Any) -> set[str]:
    return {need.words for need in needs_of(snapshot_of(trees), WEB)}


def test_a_variable_in_another_namespace_makes_a_need_without_telling_its_value() -> None:
    caller = with_env("cron", "ops", TARGET="https://bot:hunter2@web.shop.svc:80/run", TARGET_USER="web.shop")
    (need,) = _needs(deployment(), service(), caller)
    assert need == (
        "TCP 8080 of Deployment shop/web from Deployment ops/cron: "
        "variable TARGET of container app names Service shop/web (inferred)"
    )
    assert len(references(snapshot_of([deployment(), service(), caller]))) == 1


def test_an_alias_makes_a_need_of_its_whole_namespace() -> None:
    alias = service(
        "shop-web", "ops", type="ExternalName", externalName="web.shop.svc.cluster.local", selector={}
    )
    (need,) = _needs(deployment(), service(), alias)
    assert "from Namespace ops" in need


def test_a_caller_on_its_nodes_network_has_no_address_that_a_selector_matches() -> None:
    caller = deployment("agent", "ops", args=("--server=web.shop",), hostNetwork=True)
    (need,) = _needs(deployment(), service(), caller)
    assert "from every address" in need


def test_metrics_are_for_what_collects_them() -> None:
    scraped = service(annotations={"prometheus.io/scrape": "true", "prometheus.io/port": "9090"})
    prometheus = deployment("prometheus", "monitoring", image="quay.io/prometheus/prometheus:v3.8.0")
    (need,) = _needs(deployment(), scraped, prometheus)
    assert need.startswith("TCP 9090 of Deployment shop/web from Deployment monitoring/prometheus")
    (guess,) = _needs(deployment(), scraped)
    assert "from every pod" in guess


@pytest.mark.parametrize("port", ["", "http", "0", "70000", "8" * 50, "٣"])
def test_an_annotation_that_is_no_port_is_passed_over(port: str) -> None:
    odd = service(annotations={"prometheus.io/scrape": "true", "prometheus.io/port": port})
    assert _needs(deployment(), odd) == set()


@pytest.mark.parametrize(
    ("others", "said"),
    [
        ([], False),
        ([definition("servicemonitors.monitoring.coreos.com")], True),
        ([definition("podmonitors.monitoring.coreos.com")], True),
        ([definition("monitors.example.org")], False),
        (
            [deployment("op", "monitoring", image="quay.io/prometheus-operator/prometheus-operator:v0.92.0")],
            True,
        ),
        (
            [
                deployment(
                    "op", "monitoring", image="quay.io/prometheus-operator/prometheus-config-reloader:v0.92.0"
                )
            ],
            False,
        ),
    ],
)
def test_it_is_said_that_what_an_operator_tells_prometheus_to_scrape_is_not_seen(
    others: list[Tree], said: bool
) -> None:
    assert ("ServiceMonitors" in may_break(snapshot_of([deployment(), *others]))) is said
