"""The tab Fix says who manages what a patch would change, and where it lasts."""

from __future__ import annotations

from typing import Any

from ksec_tui.checks import all_checks, checks_named
from ksec_tui.findings.examples import snapshot_of
from ksec_tui.findings.runner import run
from ksec_tui.fixes.offer import offer
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


def grouped(*staged: str) -> str:
    """The text of the tab for a row that stands for all findings on the Deployment, some of them staged."""
    snapshot = snapshot_of([deployment()])
    results = run(snapshot, CHECKS)
    plan = FixPlan()
    for item in results.findings:
        if item.check in staged:
            made = offer(item, CHECKS, snapshot)
            assert made is not None
            plan = plan.stage(item, made)
    view = View.of(State(snapshot, results), plan, ascii=False)
    row = object_row(view, WEB, findings=[item for item in results.findings if item.fixable])
    return " ".join(line.text.strip() for line in fix.lines(Hand(row, view, 200)))


def test_one_of_several_fixes_is_shown_as_such_with_what_the_key_stages() -> None:
    assert "The worst of 2 findings with a fix here: s stages all 2." in grouped()
    assert "here: 1 staged, s stages the other 1." in grouped("wl-privileged")
    assert "here: all are staged, s takes them out again." in grouped("wl-privileged", "wl-allow-priv-esc")
    assert " s stages it" not in grouped()


def test_a_fix_that_stands_alone_is_not_called_one_of_several() -> None:
    text = said("wl-privileged", deployment())
    assert "The worst of" not in text
    assert "s stages it" in text


def test_what_is_left_to_do_is_told_though_the_finding_goes() -> None:
    snapshot = snapshot_of([docker_builder()])
    results = run(snapshot, checks_named(["wl-runtime-socket"]))
    view = View.of(State(snapshot, results), FixPlan(), ascii=False)
    row = object_row(view, results.findings[0].subject, findings=results.findings)
    text = " ".join(line.text.strip() for line in fix.lines(Hand(row, view, 200)))
    assert "proven on the loaded state: 1 finding gone" in text
    assert "Left to do besides: Build images with a rootless builder" in text


def docker_builder() -> dict[str, Any]:
    tree = deployment()
    spec = tree["spec"]["template"]["spec"]
    spec["volumes"] = [{"name": "docker", "hostPath": {"path": "/var/run/docker.sock"}}]
    spec["containers"][0]["volumeMounts"] = [{"name": "docker", "mountPath": "/var/run/docker.sock"}]
    return tree
