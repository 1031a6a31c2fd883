"""A console is told by the widest way in, and worst where nobody asks who is there."""

from __future__ import annotations

import pytest

from tests.analysis.network.worlds import PUBLIC, Tree, balancer, deployment, ingress, node, service
from tests.checks.network.judging import judge, severities

CONSOLE = "wl-exposed-admin-ui"
PROMETHEUS = deployment(image="quay.io/prometheus/prometheus:v3.7.1")
ARGO = deployment(image="quay.io/argoproj/argocd:v3.1")
EDGE = node("edge", ("ExternalIP", "203.0.113.21"))


def asking(tree: Tree) -> Tree:
    """The Ingress with a login before it."""
    notes = {"nginx.ingress.kubernetes.io/auth-url": "https://login.shop.example"}
    return {**tree, "metadata": {**tree["metadata"], "annotations": notes}}


@pytest.mark.parametrize(
    ("trees", "found"),
    [
        ([PROMETHEUS, balancer()], ["critical"]),
        ([ARGO, balancer()], ["high"]),
        ([PROMETHEUS, balancer(address="10.1.1.1")], ["high"]),
        ([PROMETHEUS, service(type="NodePort"), EDGE], ["high"]),
        ([PROMETHEUS, service(), ingress(address=PUBLIC)], ["critical"]),
        ([PROMETHEUS, service(), asking(ingress(address=PUBLIC))], ["high"]),
        ([PROMETHEUS, balancer(address="")], ["unknown"]),
        ([PROMETHEUS, service()], []),
        ([PROMETHEUS], []),
        ([deployment(), balancer()], []),
    ],
)
def test_a_console_counts_by_who_gets_to_it(trees: list[Tree], found: list[str]) -> None:
    assert severities(CONSOLE, *trees) == found


def test_a_console_on_the_internet_is_told_by_this_check_alone() -> None:
    assert severities("net-sensitive-port-public", PROMETHEUS, balancer()) == []
    (finding,) = judge(CONSOLE, PROMETHEUS, balancer())
    assert finding.words.startswith("Prometheus can be reached: internet → Service shop/web")
    assert finding.words.endswith("by itself it asks nobody to log in")
