"""Who manages an object is read from owners, from the marks that tools leave on it, and from managedFields."""

from __future__ import annotations

from typing import Any

import pytest

from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.findings.examples import snapshot_of
from ksec_tui.findings.fix import Change, PatchType
from ksec_tui.fixes.build import delete
from ksec_tui.fixes.owner import Manager, managed_lines, manager_of
from tests.fixes.managed import WEB, deployment, owner, pod, replica_set


def manager(**meta: Any) -> Manager | None:
    return manager_of(snapshot_of([deployment(**meta)]), WEB)


def removal(**meta: Any) -> Manager | None:
    return manager_of(snapshot_of([deployment(**meta)]), WEB, delete(WEB))


HELM = {
    "labels": {"app.kubernetes.io/managed-by": "Helm"},
    "annotations": {"meta.helm.sh/release-name": "shop-1", "meta.helm.sh/release-namespace": "shop"},
}
TRACKING = "argocd.argoproj.io/tracking-id"
ADDON = {
    "objectset.rio.cattle.io/owner-gvk": "k3s.cattle.io/v1, Kind=Addon",
    "objectset.rio.cattle.io/owner-name": "coredns",
    "objectset.rio.cattle.io/owner-namespace": "kube-system",
}


@pytest.mark.parametrize(
    ("meta", "kind", "name", "place"),
    [
        (HELM, "Helm", "shop-1", "the values of release shop/shop-1"),
        (
            {"annotations": {TRACKING: "app-1:apps/Deployment:shop/web"}},
            "Argo CD",
            "app-1",
            "kustomization.yaml",
        ),
        ({"labels": {"argocd.argoproj.io/instance": "app-1"}}, "Argo CD", "app-1", "kustomization.yaml"),
        (
            {"labels": {"argocd.argoproj.io/instance": "app-1", "helm.sh/chart": "web-1.2.3"}},
            "Argo CD",
            "app-1",
            "spec.source.helm.valuesObject",
        ),
        (
            {"labels": {f"kustomize.toolkit.fluxcd.io/{key}": key for key in ("name", "namespace")}},
            "Flux",
            "name",
            "spec.patches of Kustomization namespace/name",
        ),
        (
            {"labels": {**HELM["labels"], "helm.toolkit.fluxcd.io/name": "hr"}},
            "Flux",
            "hr",
            "spec.values of HelmRelease hr",
        ),
        (
            {
                "annotations": {
                    "configmanagement.gke.io/managed": "enabled",
                    "configmanagement.gke.io/source-path": "shop/web.yaml",
                }
            },
            "Config Sync",
            "shop/web.yaml",
            "shop/web.yaml of its repository",
        ),
        ({"labels": {"kapp.k14s.io/app": "1700"}}, "kapp", "1700", ""),
        ({"annotations": ADDON}, "K3s/RKE2", "coredns", "server/manifests/coredns.yaml"),
        ({"labels": {"app.kubernetes.io/managed-by": "pulumi"}}, "Pulumi", "", ""),
        ({"labels": {"app.kubernetes.io/managed-by": "Terraform"}}, "Terraform", "", ""),
        (
            {"labels": {"app.kubernetes.io/managed-by": "kustomize-v5.4.1"}},
            "Kustomize",
            "",
            "shop.deployment.web",
        ),
        (
            {
                "annotations": {
                    "config.kubernetes.io/origin": "path: base/web.yaml\nrepo: https://git.test/shop\n"
                }
            },
            "Kustomize",
            "",
            "base/web.yaml of https://git.test/shop",
        ),
        ({"labels": {"helm.sh/chart": "grafana-9.2.2"}}, "Helm", "grafana", ""),
        ({"annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{}"}}, "kubectl", "", ""),
    ],
)
def test_a_manager_is_named_and_a_patch_of_it_stays_worth_writing(
    meta: Any, kind: str, name: str, place: str
) -> None:
    found = manager(**meta)
    assert found is not None
    assert (found.kind, found.name) == (kind, name)
    assert (found.reverts, found.undone) == (True, False)
    assert found.advice[0].isupper()
    assert found.advice.endswith(" reverts a live patch.")
    assert name in found.advice
    assert any(place in said for said in found.places) or not place


@pytest.mark.parametrize(
    ("meta", "kind", "name", "place"),
    [
        (
            {"labels": {"olm.owner": "csv.v1", "olm.owner.namespace": "operators"}},
            "OLM",
            "csv.v1",
            "ClusterServiceVersion operators/csv.v1",
        ),
        (
            {"labels": {"addonmanager.kubernetes.io/mode": "Reconcile"}},
            "addon manager",
            "",
            "/etc/kubernetes/addons",
        ),
        ({"labels": {"kubernetes.azure.com/managedby": "aks"}}, "AKS", "", ""),
        ({"annotations": {"components.gke.io/component-name": "netd"}}, "GKE", "netd", ""),
        (
            {"annotations": {"include.release.openshift.io/self-managed-high-availability": "true"}},
            "OpenShift",
            "",
            "",
        ),
        (
            {
                "annotations": {
                    "objectset.rio.cattle.io/owner-gvk": "example.cattle.io/v1, Kind=Thing",
                    "objectset.rio.cattle.io/owner-name": "it",
                }
            },
            "operator",
            "Thing it",
            "Thing it",
        ),
        (owner("postgresql.example.org/v1", "Cluster"), "operator", "Cluster it", "Cluster shop/it"),
        (
            {
                **owner("example.org/v1", "App", controller=False),
                "labels": {"app.kubernetes.io/managed-by": "app-operator"},
            },
            "operator",
            "App it",
            "App shop/it",
        ),
    ],
)
def test_what_undoes_a_live_patch_at_once_is_told_apart(meta: Any, kind: str, name: str, place: str) -> None:
    found = manager(**meta)
    assert found is not None
    assert (found.kind, found.name, found.undone) == (kind, name, True)
    assert "reverts a live patch" in found.advice
    assert any(place in said for said in found.places) or not place


@pytest.mark.parametrize(
    "meta",
    [
        {},
        {"labels": {"app.kubernetes.io/managed-by": "Helm"}},
        {"annotations": HELM["annotations"]},
        {"labels": {"app.kubernetes.io/instance": "app-1"}},
        {"labels": {"addonmanager.kubernetes.io/mode": "EnsureExists"}},
        {"labels": {"chart": "a line of a table"}},
        {"annotations": {TRACKING: "app-1:apps/StatefulSet:shop/db"}},
        {"annotations": {"configmanagement.gke.io/managed": "disabled"}},
        owner("apps/v1", "ReplicaSet"),
        owner("example.org/v1", "App", controller=False),
    ],
)
def test_a_hint_is_not_taken_for_a_manager(meta: Any) -> None:
    assert manager(**meta) is None


def test_what_was_not_read_has_no_manager() -> None:
    assert manager_of(snapshot_of([]), WEB) is None


def test_an_addon_that_need_only_exist_is_made_anew_when_it_is_deleted() -> None:
    found = removal(labels={"addonmanager.kubernetes.io/mode": "EnsureExists"})
    assert found is not None
    assert found.undone


def test_the_marks_that_an_operator_copies_are_those_of_its_resource() -> None:
    found = manager(**HELM, **owner("monitoring.coreos.com/v1", "Prometheus"))
    assert found is not None
    assert (found.kind, found.name, found.undone) == ("operator", "Prometheus it", True)
    assert found.places[-1] == "that resource in turn is likely from Helm release shop-1"


def test_an_owner_that_was_read_tells_where_it_is_from_itself() -> None:
    gateway = {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "Gateway",
        "metadata": {"name": "it", "namespace": "shop", "labels": {"argocd.argoproj.io/instance": "edge"}},
        "spec": {"gatewayClassName": "istio"},
    }
    made = deployment(**owner("gateway.networking.k8s.io/v1", "Gateway"))
    found = manager_of(snapshot_of([gateway, made]), WEB)
    assert found is not None
    assert found.places[-1] == "that resource in turn is likely from Argo CD application edge"
    assert "spec.infrastructure.parametersRef" in found.places[0]


POD = ObjectRef("shop", "Pod", "web-1-a")
SETS = ObjectRef("shop", "ReplicaSet", "web-1", "apps")


def test_the_chain_of_controllers_is_climbed_to_the_source() -> None:
    chain = [pod(), replica_set(), deployment(**HELM)]
    found = manager_of(snapshot_of(chain), POD)
    assert found is not None
    assert (found.kind, found.name) == ("Helm", "shop-1")
    chain[-1] = deployment(**owner("argoproj.io/v1alpha1", "Thing"))
    found = manager_of(snapshot_of(chain), POD)
    assert found is not None
    assert (found.kind, found.name) == ("operator", "Thing it")


def test_a_patch_of_what_a_controller_makes_is_sent_to_the_controller() -> None:
    snapshot = snapshot_of([pod(), replica_set(), deployment()])
    for ref in (POD, SETS):
        found = manager_of(snapshot, ref, Change(ref, PatchType.STRATEGIC, {"spec": {"hostPID": None}}))
        assert found is not None
        assert (found.kind, found.undone) == ("controller", True)
        assert found.places == ("Deployment shop/web",)
        assert manager_of(snapshot, ref) is None
    # A deleted pod comes anew from its template, which is what one deletes it for.
    assert manager_of(snapshot, POD, delete(POD)) is None


def test_owners_in_a_circle_end_the_search() -> None:
    first = replica_set(name="a", **owner("apps/v1", "ReplicaSet", "b"))
    second = replica_set(name="b", **owner("apps/v1", "ReplicaSet", "a"))
    ref = ObjectRef("shop", "ReplicaSet", "a", "apps")
    assert manager_of(snapshot_of([first, second]), ref) is None


HOSTILE = ("a\nkubectl delete", "a\x1b[31m", "a\u202eb", "x" * 5000, "../../etc", "*" * 40)


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize(
    "meta",
    [
        lambda name: {**HELM, "annotations": {"meta.helm.sh/release-name": name}},
        lambda name: {"labels": {"argocd.argoproj.io/instance": name, "helm.sh/chart": f"{name}-1.0.0"}},
        lambda name: {"labels": {"olm.owner": name, "olm.owner.namespace": name}},
        lambda name: {"annotations": {"config.kubernetes.io/origin": f"path: {name}\nrepo: {name}"}},
        lambda name: owner("example.org/v1", name, name),
        lambda name: owner("monitoring.coreos.com/v1", "Prometheus", name),
    ],
)
def test_a_name_cannot_break_out_of_its_line(meta: Any, name: str) -> None:
    snapshot = snapshot_of([deployment(**meta(name))])
    change = Change(
        WEB,
        PatchType.STRATEGIC,
        {
            "spec": {
                "template": {
                    "spec": {"containers": [{"name": name, "securityContext": {"privileged": None}}]}
                }
            }
        },
    )
    lines = managed_lines(snapshot, [change])
    assert lines
    for said in lines:
        assert said.isprintable()
        assert len(said) < 1000
