"""Who manages an object is read from the marks that tools leave on it."""

from __future__ import annotations

from typing import Any

import pytest

from ksec_tui.cluster.ingest import item_from_tree
from ksec_tui.cluster.kinds import DEPLOYMENT
from ksec_tui.fixes.owner import Manager, manager_of


def manager(**meta: Any) -> Manager | None:
    tree = {"metadata": {"name": "web", "namespace": "shop", **meta}}
    found = item_from_tree(DEPLOYMENT, tree).object
    assert found is not None
    return manager_of(found)


HELM = {
    "labels": {"app.kubernetes.io/managed-by": "Helm"},
    "annotations": {"meta.helm.sh/release-name": "shop-1"},
}


def owner(api_version: str, kind: str) -> dict[str, Any]:
    return {
        "ownerReferences": [
            {"apiVersion": api_version, "kind": kind, "name": "it", "uid": "u", "controller": True}
        ]
    }


@pytest.mark.parametrize(
    ("meta", "kind", "name"),
    [
        (HELM, "Helm", "shop-1"),
        (
            {"annotations": {"argocd.argoproj.io/tracking-id": "app-1:apps/Deployment:shop/web"}},
            "Argo CD",
            "app-1",
        ),
        ({"labels": {"argocd.argoproj.io/instance": "app-1"}}, "Argo CD", "app-1"),
        ({"labels": {"kustomize.toolkit.fluxcd.io/name": "infra"}}, "Flux", "infra"),
        ({"labels": {**HELM["labels"], "helm.toolkit.fluxcd.io/name": "hr"}}, "Flux", "hr"),
        ({"labels": {"olm.owner": "csv.v1"}}, "OLM", "csv.v1"),
        ({"labels": {"addonmanager.kubernetes.io/mode": "Reconcile"}}, "addon manager", ""),
        (owner("postgresql.example.org/v1", "Cluster"), "operator", "Cluster it"),
    ],
)
def test_a_manager_is_named_with_where_the_change_belongs(meta: Any, kind: str, name: str) -> None:
    found = manager(**meta)
    assert found is not None
    assert (found.kind, found.name) == (kind, name)
    assert found.advice.endswith(".")
    assert found.advice[0].isupper()
    assert name in found.advice
    assert "revert" in found.advice


@pytest.mark.parametrize(
    "meta",
    [
        {},
        {"labels": {"app.kubernetes.io/managed-by": "Helm"}},
        {"annotations": HELM["annotations"]},
        {"labels": {"app.kubernetes.io/instance": "app-1"}},
        {"labels": {"addonmanager.kubernetes.io/mode": "EnsureExists"}},
        owner("apps/v1", "ReplicaSet"),
        {"ownerReferences": [{"apiVersion": "example.org/v1", "kind": "App", "name": "a", "uid": "u"}]},
    ],
)
def test_a_hint_is_not_taken_for_a_manager(meta: Any) -> None:
    assert manager(**meta) is None


def test_a_name_cannot_break_out_of_its_line() -> None:
    found = manager(labels=HELM["labels"], annotations={"meta.helm.sh/release-name": "a\nkubectl delete"})
    assert found is not None
    assert "\n" not in found.name + found.advice
