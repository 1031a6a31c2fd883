"""Who manages an object, so that a change to it lasts only when it is made there."""

from __future__ import annotations

import msgspec

from ksec_tui.cluster.base import KubeObject
from ksec_tui.cluster.text import one_line
from ksec_tui.fixes.merge_keys import BUILT_IN_GROUPS


class Manager(msgspec.Struct, frozen=True):
    """What reconciles an object.

    Attributes:
        kind: ``Helm``, ``Argo CD``, ``Flux``, ``OLM``, ``addon manager`` or ``operator``.
        name: the release, application or owner.
        advice: one sentence: where the change belongs.
    """

    kind: str
    name: str
    advice: str


def manager_of(item: KubeObject) -> Manager | None:
    """Who manages `item`, by the marks that the tools leave on it; None when nobody is seen to.

    The nearest to the source of truth wins: GitOps before Helm, since it may render a chart. The label
    ``app.kubernetes.io/instance`` alone tells nothing. Marks: Argo CD resource tracking, Flux
    kustomize- and helm-controller, Helm 3 ownership metadata, OLM owner labels, kube-addon-manager.
    """
    labels, annotations = item.metadata.labels, item.metadata.annotations
    argo = annotations.get("argocd.argoproj.io/tracking-id", "").partition(":")[0]
    argo = argo or labels.get("argocd.argoproj.io/instance", "")
    if argo:
        return _manager(
            "Argo CD", "application", argo, "put the change into its repository; the next sync reverts"
        )
    if kustomization := labels.get("kustomize.toolkit.fluxcd.io/name", ""):
        said = "put the change into its repository; the next reconciliation reverts"
        return _manager("Flux", "Kustomization", kustomization, said)
    if release := labels.get("helm.toolkit.fluxcd.io/name", ""):
        return _manager(
            "Flux", "HelmRelease", release, "put the change into its values; the next reconciliation reverts"
        )
    helm = annotations.get("meta.helm.sh/release-name", "")
    if helm and labels.get("app.kubernetes.io/managed-by") == "Helm":
        return _manager("Helm", "release", helm, "put the change into its values; the next upgrade reverts")
    if olm := labels.get("olm.owner", ""):
        return _manager("OLM", "owner", olm, "change the operator's subscription; the operator reverts")
    mode = labels.get("addonmanager.kubernetes.io/mode", "")
    if mode == "Reconcile":
        advice = "The addon manager reconciles this: change the addon's manifest; it reverts a live patch."
        return Manager("addon manager", "", advice)
    owner = item.controller
    if owner is not None and owner.group not in BUILT_IN_GROUPS:
        name = one_line(f"{owner.kind} {owner.name}")
        return _manager("operator", "of", name, "change that object; its controller reverts")
    return None


def _manager(kind: str, what: str, name: str, advice: str) -> Manager:
    name = one_line(name)
    said = f"{kind} {what} {name} manages this: {advice} a live patch."
    return Manager(kind, name, said[0].upper() + said[1:])
