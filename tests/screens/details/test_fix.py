"""The tab Fix says who manages what a patch would change, and where it lasts."""

from __future__ import annotations

from typing import Any

from ksec_tui.checks import all_checks
from ksec_tui.findings.examples import snapshot_of
from ksec_tui.findings.runner import run
from ksec_tui.fixes.plan import FixPlan
from ksec_tui.screens.details import fix
from ksec_tui.screens.details.tab import Hand
from ksec_tui.screens.pane import View, object_row
from ksec_tui.session import State
from tests.fixes.managed import WEB, deployment, owner, pod, replica_set

CHECKS = [item for item in all_checks() if item.id in ("wl-privileged", "wl-allow-priv-esc")]


def said(check: str, *documents: Any) -> str:
    """The text of the tab for one finding on the Deployment."""
    snapshot = snapshot_of(documents)
    results = run(snapshot, CHECKS)
    view = View.of(State(snapshot, results), FixPlan(), ascii=False)
    row = object_row(view, WEB, findings=[item for item in results.findings if item.check == check])
    return " ".join(line.text.strip() for line in fix.lines(Hand(row, view, 200)))


def test_a_patch_of_a_helm_release_is_shown_with_the_values_that_set_it() -> None:
    labels = {"app.kubernetes.io/managed-by": "Helm", "helm.sh/chart": "app-1.0.0"}
    text = said(
        "wl-privileged", deployment(labels=labels, annotations={"meta.helm.sh/release-name": "shop-1"})
    )
    assert "Helm release shop-1 manages this" in text
    assert "containerSecurityContext.privileged" in text
    assert "proven on the loaded state: 1 finding gone" in text


def test_what_an_operator_makes_is_changed_at_its_resource() -> None:
    text = said("wl-privileged", deployment(**owner("monitoring.coreos.com/v1", "Prometheus", "k8s")))
    assert "No patch can do this. By hand: 1. Operator of Prometheus k8s manages this" in text
    assert "spec.containers[name=app].securityContext.privileged" in text
    assert "proven" not in text


def test_what_is_left_to_do_at_the_injector_stands_below_the_proof() -> None:
    live = pod()
    live["spec"]["containers"] = [*live["spec"]["containers"], {"name": "istio-proxy", "image": "mesh:1"}]
    text = said("wl-allow-priv-esc", deployment(), replica_set(), live)
    assert "Left to do besides: istio-proxy: added to live pods by Istio" in text
