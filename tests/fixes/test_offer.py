"""A patch that something would undo at once is offered as what to do where it lasts."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from ksec_tui.analysis.workloads import workload_named
from ksec_tui.checks import all_checks
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.examples import snapshot_of
from ksec_tui.findings.finding import Finding
from ksec_tui.findings.fix import Fix, PatchType, Risk
from ksec_tui.findings.runner import fix_for, run
from ksec_tui.findings.verdict import Verdict
from ksec_tui.fixes.build import strategic
from ksec_tui.fixes.manual import manual
from ksec_tui.fixes.offer import offer
from ksec_tui.fixes.plan import FixPlan
from ksec_tui.fixes.restricted import restricted_changes
from ksec_tui.fixes.simulate import simulate
from tests.fixes.managed import WEB, deployment, owner, pod, replica_set, template

CHECKS = [
    item for item in all_checks() if item.id in ("wl-privileged", "wl-allow-priv-esc", "ns-no-netpol-ingress")
]


def findings(snapshot: Snapshot) -> dict[str, Finding]:
    found = run(snapshot, CHECKS).findings
    return {item.check: item for item in found if item.verdict is Verdict.FAIL}


def offered(*documents: Any, check: str = "wl-privileged") -> Fix:
    snapshot = snapshot_of(documents)
    found = findings(snapshot)[check]
    assert found.fixable
    fix = offer(found, CHECKS, snapshot)
    assert fix is not None
    return fix


HELM = {
    "labels": {"app.kubernetes.io/managed-by": "Helm"},
    "annotations": {"meta.helm.sh/release-name": "shop-1"},
}


@pytest.mark.parametrize(
    "meta",
    [
        {},
        HELM,
        {"labels": {"argocd.argoproj.io/instance": "a"}},
        {"labels": {"kustomize.toolkit.fluxcd.io/name": "a"}},
        {"annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{}"}},
    ],
)
def test_what_a_reviewer_merges_into_the_source_stays_a_patch(meta: Any) -> None:
    snapshot = snapshot_of([deployment(**meta)])
    found = findings(snapshot)["wl-privileged"]
    fix = offer(found, CHECKS, snapshot)
    assert fix is not None
    assert [change.type for change in fix.changes] == [PatchType.STRATEGIC]
    assert fix == fix_for(found, CHECKS, snapshot)


@pytest.mark.parametrize(
    ("meta", "place"),
    [
        (owner("example.org/v1", "App"), "App shop/it (example.org/v1)"),
        ({"labels": {"addonmanager.kubernetes.io/mode": "Reconcile"}}, "/etc/kubernetes/addons"),
        ({"labels": {"olm.owner": "csv.v1"}}, "ClusterServiceVersion shop/csv.v1"),
        (
            owner("argoproj.io/v1alpha1", "Rollout"),
            "Rollout shop/it (argoproj.io/v1alpha1): spec.template.spec.containers[name=app].securityContext",
        ),
        (
            owner("monitoring.coreos.com/v1", "Prometheus", "k8s"),
            "Prometheus shop/k8s (monitoring.coreos.com/v1): spec.containers[name=app].securityContext.privileged",
        ),
        (owner("minio.min.io/v2", "Tenant"), "spec.pools[].containerSecurityContext.privileged"),
        (owner("core.strimzi.io/v1beta2", "StrimziPodSet"), "spec.kafka.template"),
    ],
)
def test_what_is_undone_at_once_becomes_steps_that_say_where_and_what(meta: Any, place: str) -> None:
    fix = offered(deployment(**meta))
    assert (fix.changes, fix.risk) == ((), Risk.MANUAL)
    assert "reverts a live patch" in fix.steps[0]
    assert any(place in step for step in fix.steps)
    wanted = "Deployment shop/web: spec.template.spec.containers[name=app].securityContext.privileged"
    assert any(step.startswith(f"What should come out: {wanted}") for step in fix.steps)
    assert fix.may_break
    assert offered(deployment(**meta)) == fix


def test_a_new_object_beside_what_an_operator_makes_stays_a_patch() -> None:
    space = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}
    fix = offered(space, deployment(**owner("example.org/v1", "App")), check="ns-no-netpol-ingress")
    assert {change.type for change in fix.changes} == {PatchType.CREATE}


def static(**meta: Any) -> dict[str, Any]:
    annotations = {"kubernetes.io/config.mirror": "x", "kubernetes.io/config.source": "file"}
    named = {
        **owner("v1", "Node", "cp-1"),
        "name": "proxy-cp-1",
        "namespace": "edge",
        "annotations": annotations,
    }
    spec = {**template()["spec"], "nodeName": "cp-1"}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": named | meta, "spec": spec}


def node(version: str, image: str = "Ubuntu 24.04.3 LTS", **labels: str) -> dict[str, Any]:
    info = {"kubeletVersion": version, "osImage": image}
    meta = {"name": "cp-1", "labels": labels}
    return {"apiVersion": "v1", "kind": "Node", "metadata": meta, "status": {"nodeInfo": info}}


@pytest.mark.parametrize(
    ("nodes", "place"),
    [
        ([], "/etc/kubernetes/manifests/proxy.yaml on node cp-1"),
        ([node("v1.33.4")], "/etc/kubernetes/manifests/proxy.yaml on node cp-1"),
        ([node("v1.33.4+rke2r1")], "/var/lib/rancher/rke2/agent/pod-manifests/proxy.yaml on node cp-1"),
        ([node("v1.33.4+k3s1")], "/var/lib/rancher/k3s/agent/pod-manifests/proxy.yaml on node cp-1"),
        ([node("v1.33.4", "Talos (v1.11.0)")], "the machine configuration of Talos on node cp-1"),
        ([node("v1.33.4-gke.100")], "the node image of the provider"),
    ],
)
def test_a_static_pod_is_fixed_in_the_file_of_its_node(nodes: list[Any], place: str) -> None:
    fix = offered(*nodes, static())
    assert fix.changes == ()
    assert any(f"Likely place: {place}" in step for step in fix.steps)


def test_a_static_pod_from_an_address_has_no_file() -> None:
    annotations = {"kubernetes.io/config.mirror": "x", "kubernetes.io/config.source": "http"}
    fix = offered(static(annotations=annotations))
    assert any("staticPodURL" in step for step in fix.steps)


def test_pods_of_an_owner_that_was_not_read_are_sent_to_it() -> None:
    fix = offered(pod(**owner("postgresql.cnpg.io/v1", "Cluster", "db")))
    assert fix.changes == ()
    assert any("Likely place: Cluster shop/db (postgresql.cnpg.io/v1)" in step for step in fix.steps)


def injected(container: str, *webhooks: Any) -> Fix:
    calm = {"name": "app", "image": "a:1", "securityContext": {"allowPrivilegeEscalation": False}}
    quiet = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [calm]}}
    top, middle, live = deployment(), replica_set(), pod()
    top["spec"]["template"] = middle["spec"]["template"] = quiet
    live["spec"]["containers"] = [calm, {"name": container, "image": "mesh:1"}]
    snapshot = snapshot_of([top, middle, live, *webhooks])
    workload = workload_named(snapshot, WEB)
    assert workload is not None
    assert [item.container.name for item in workload.placed if item.injected] == [container]
    found = findings(snapshot)["wl-allow-priv-esc"]
    fix = offer(found, CHECKS, snapshot)
    assert fix is not None
    assert (fix.changes, fix.risk) == ((), Risk.MANUAL)
    return fix


@pytest.mark.parametrize(
    ("container", "who"),
    [
        ("istio-proxy", "Istio"),
        ("linkerd-proxy", "Linkerd"),
        ("vault-agent", "Vault"),
        ("daprd", "Dapr"),
        ("opentelemetry-auto-instrumentation-java", "OpenTelemetry"),
    ],
)
def test_what_admission_adds_is_fixed_at_the_injector(container: str, who: str) -> None:
    fix = injected(container)
    assert container in fix.title
    assert who in fix.steps[0]
    assert "fix it there" in fix.steps[0]


def webhook(name: str, resources: list[str]) -> dict[str, Any]:
    rule = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": resources}
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "MutatingWebhookConfiguration",
        "metadata": {"name": name},
        "webhooks": [{"name": f"{name}.test", "clientConfig": {"url": "https://hook.test"}, "rules": [rule]}],
    }


def test_an_unknown_injector_is_sought_among_the_webhooks_that_see_pods() -> None:
    fix = injected("agent", webhook("adds-agents", ["pods"]), webhook("labels-secrets", ["secrets"]))
    assert "Mutating webhooks that may: adds-agents." in fix.steps[0]


def meshed() -> Snapshot:
    """A template that may escalate privileges, and a live pod that got a container which may as well."""
    live = pod()
    live["spec"]["containers"] = [*live["spec"]["containers"], {"name": "istio-proxy", "image": "mesh:1"}]
    return snapshot_of([deployment(), replica_set(), live])


def test_a_template_is_mended_though_its_pods_get_more_and_the_rest_is_told() -> None:
    snapshot = meshed()
    found = findings(snapshot)["wl-allow-priv-esc"]
    fix = offer(found, CHECKS, snapshot)
    assert fix is not None
    assert fix.changes
    assert [words for words in fix.leaves if "istio-proxy" in words] == list(fix.leaves) != []
    plan = FixPlan().stage(found, fix)
    outcome = simulate(snapshot, plan, CHECKS)
    assert (outcome.ok, outcome.refused, outcome.added) == (True, (), ())
    assert outcome.plan == plan
    assert found.fingerprint not in {item.fingerprint for item in outcome.removed}
    told = manual(outcome, plan, snapshot)
    assert "## Besides the patches" in told
    assert "added to live pods by Istio" in told


def test_a_fix_that_leaves_more_than_it_said_is_refused() -> None:
    snapshot = meshed()
    found = findings(snapshot)["wl-allow-priv-esc"]
    fix = offer(found, CHECKS, snapshot)
    assert fix is not None
    idle = strategic(WEB, {"metadata": {"annotations": {"a": "b"}}})
    outcome = simulate(
        snapshot, FixPlan().stage(found, msgspec.structs.replace(fix, changes=(idle,))), CHECKS
    )
    assert not outcome.ok
    assert outcome.refused


def test_a_fix_of_the_template_alone_leaves_nothing() -> None:
    snapshot = meshed()
    fix = offer(findings(snapshot)["wl-privileged"], CHECKS, snapshot)
    assert fix is not None
    assert (fix.leaves, fix.steps) == ((), ())


def test_nothing_is_offered_for_what_is_unknown_or_gone() -> None:
    snapshot = snapshot_of([deployment()])
    found = findings(snapshot)["wl-privileged"]
    assert offer(found, CHECKS, snapshot_of([])) is None
    assert offer(found, [], snapshot) is None
    unknown = msgspec.structs.replace(found, verdict=Verdict.UNKNOWN)
    assert offer(unknown, CHECKS, snapshot) is None


def test_the_way_to_restricted_is_by_hand_as_well_where_an_operator_decides() -> None:
    for meta, patched in (({}, True), (owner("example.org/v1", "App"), False)):
        snapshot = snapshot_of([deployment(**meta)])
        workload = workload_named(snapshot, WEB)
        assert workload is not None
        reach = restricted_changes(snapshot, workload, all_checks())
        assert reach.fix is not None
        assert bool(reach.fix.changes) is patched
        assert any("Operator of App it" in said for said in reach.reasons) is not patched


GOING = {"deletionTimestamp": "2026-11-20T00:00:00Z"}


def space(**meta: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop", **meta}}


@pytest.mark.parametrize("check", ["wl-privileged", "ns-no-netpol-ingress"])
def test_nothing_is_patched_or_made_in_a_namespace_that_is_being_deleted(check: str) -> None:
    """The server makes nothing there (NamespaceLifecycle), and one refusal ends the commands before all others."""
    fix = offered(deployment(), space(**GOING), check=check)
    assert (fix.risk, fix.changes) == (Risk.MANUAL, ())
    assert fix.steps[0] == "Namespace shop is being deleted, and what is in it with it: leave it alone."
    assert "finalizers" in fix.steps[1]
    assert offered(deployment(), space(), check=check).changes


def test_nothing_is_patched_that_is_being_deleted() -> None:
    fix = offered(deployment(**GOING), space())
    assert (fix.risk, fix.changes) == (Risk.MANUAL, ())
    assert fix.steps[0] == "Deployment shop/web is being deleted: leave it alone."
