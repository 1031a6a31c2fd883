"""Who owns the very fields that a change is about is read from managedFields."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.findings.examples import snapshot_of
from ksec_tui.findings.fix import Change
from ksec_tui.fixes.build import delete, json_patch, op
from ksec_tui.fixes.managed_fields import field_managers, owners
from ksec_tui.fixes.owner import Manager, manager_of
from ksec_tui.fixes.touched import touched
from tests.fixes.managed import (
    IMAGE,
    PRIVILEGED,
    WEB,
    container_fields,
    deployment,
    owner,
    unprivileged,
    wrote,
)

HELM = {
    "labels": {"app.kubernetes.io/managed-by": "Helm"},
    "annotations": {"meta.helm.sh/release-name": "shop-1"},
}


def manager(entries: Any, change: Change | None = None, **meta: Any) -> Manager | None:
    return manager_of(snapshot_of([deployment(managedFields=entries, **meta)]), WEB, change)


@pytest.mark.parametrize(
    ("fields", "owned"),
    [
        (PRIVILEGED, True),
        (IMAGE, False),
        (container_fields("other", {"f:securityContext": {"f:privileged": {}}}), False),
        (container_fields("app", {"f:securityContext": {}}), True),  # the whole value
        ({"f:spec": {}}, True),
        ({"f:metadata": {"f:labels": {}}}, False),
        ({}, False),
        ({"f:spec": "no mapping"}, False),
        ({"f:spec": {"f:template": {"f:spec": {"f:containers": {"k:no JSON": {}}}}}}, False),
        ({"f:spec": {"f:template": {"f:spec": {"f:containers": {"k:[1]": {}}}}}}, False),
    ],
)
def test_a_field_is_owned_through_keys_of_lists_and_whole_values(fields: Any, owned: bool) -> None:
    raw = json.dumps({"metadata": {"managedFields": [wrote("helm", fields)]}}).encode()
    paths = [path for path, _ in touched(unprivileged())]
    assert bool(owners(field_managers(raw), paths)) is owned


@pytest.mark.parametrize(
    "entries",
    [
        None,
        "text",
        [1, None, {}],
        [{"manager": 7, "fieldsV1": {}}],
        [{"manager": "helm"}],
        [{"manager": "helm", "fieldsV1": []}],
        [wrote("kubelet", {"f:status": {}}) | {"subresource": "status"}],
    ],
)
def test_entries_that_the_api_does_not_write_are_nobody_s(entries: Any) -> None:
    assert field_managers(json.dumps({"metadata": {"managedFields": entries}}).encode()) == ()


def test_an_object_that_is_not_held_has_no_known_writers() -> None:
    assert field_managers(None) == ()
    assert field_managers(b'{"metadata": {"managedFields": [') == ()


@pytest.mark.parametrize(
    ("writer", "kind"),
    [
        ("argocd-controller", "Argo CD"),
        ("argocd-application-controller", "Argo CD"),
        ("kustomize-controller", "Flux"),
        ("helm-controller", "Flux"),
        ("helm", "Helm"),
        ("Helm", "Helm"),
        ("fleetagent", "Fleet"),
        ("kapp", "kapp"),
        ("eks", "EKS add-on"),
        ("cluster-version-operator", "OpenShift"),
        ("crossplane-kubernetes-provider", "Crossplane"),
        ("pulumi-kubernetes-31df3088", "Pulumi"),
        ("Terraform", "Terraform"),
        ("HashiCorp", "Terraform"),
        ("kubectl-client-side-apply", "kubectl"),
        ("kubectl", "kubectl"),
        ("postgres-operator", "operator"),
    ],
)
def test_a_writer_tells_who_manages_where_no_mark_does(writer: str, kind: str) -> None:
    for change in (None, unprivileged(), delete(WEB)):
        found = manager([wrote(writer, PRIVILEGED)], change)
        assert found is not None
        assert found.kind == kind
        assert "revert" in found.advice
    assert manager([wrote(writer, IMAGE)], unprivileged()) is None


@pytest.mark.parametrize(
    "writer", ["kubectl-edit", "kubectl-patch", "Mozilla", "kube-controller-manager", "me"]
)
def test_a_person_and_kubernetes_itself_manage_nothing(writer: str) -> None:
    assert manager([wrote(writer, PRIVILEGED)], unprivileged()) is None


def test_a_writer_of_labels_only_manages_nothing() -> None:
    assert manager([wrote("helm", {"f:metadata": {"f:labels": {"f:a": {}}}})]) is None


def test_a_tool_that_does_not_set_the_field_keeps_a_live_patch() -> None:
    kept = manager([wrote("helm", IMAGE)], unprivileged(), **HELM)
    assert kept is not None
    assert (kept.kind, kept.reverts) == ("Helm", False)
    assert kept.advice.endswith("the next upgrade keeps a live patch, but not a new object.")
    for entries in ([], [wrote("helm", PRIVILEGED)], [wrote("other", IMAGE)]):
        found = manager(entries, unprivileged(), **HELM)
        assert found is not None
        assert found.reverts


def test_a_field_that_somebody_set_by_hand_may_not_be_in_the_source_yet() -> None:
    said = "what changes was last set by hand, with kubectl-edit, and may not be there yet"
    helm = wrote("helm", PRIVILEGED, time="2026-01-01T00:00:00Z")
    found = manager([helm, wrote("kubectl-edit", PRIVILEGED)], unprivileged(), **HELM)
    assert found is not None
    assert found.places[-1] == said
    found = manager([helm, wrote("kubectl-edit", IMAGE)], unprivileged(), **HELM)
    assert found is not None
    assert said not in found.places


def test_an_operator_s_resource_counts_more_than_who_wrote_last() -> None:
    entries = [wrote("kubectl-edit", PRIVILEGED)]
    found = manager(entries, unprivileged(), **owner("example.org/v1", "App"))
    assert found is not None
    assert (found.kind, found.undone) == ("operator", True)


def test_positions_of_a_json_patch_mean_the_items_of_the_object() -> None:
    path = "/spec/template/spec/containers/0/securityContext/privileged"
    change = json_patch(WEB, op("test", path, True), op("replace", path, False))
    found = manager([wrote("helm", PRIVILEGED)], change)
    assert found is not None
    assert found.kind == "Helm"
    assert manager([wrote("helm", IMAGE)], change) is None


def test_an_atomic_list_is_owned_as_one_value() -> None:
    ref = ObjectRef("shop", "RoleBinding", "b", "rbac.authorization.k8s.io")
    binding = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": {"name": "b", "namespace": "shop", "managedFields": [wrote("helm", {"f:subjects": {}})]},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "r"},
        "subjects": [{"kind": "ServiceAccount", "name": "a", "namespace": "shop"}],
    }
    found = manager_of(snapshot_of([binding]), ref, json_patch(ref, op("remove", "/subjects/0")))
    assert found is not None
    assert found.kind == "Helm"
    other = json_patch(ref, op("remove", "/metadata/labels/a~1b"))
    assert manager_of(snapshot_of([binding]), ref, other) is None
