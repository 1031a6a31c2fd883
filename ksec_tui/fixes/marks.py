"""What the labels and annotations of an object tell about who manages it.

Sources: Argo CD resource tracking, Flux kustomize- and helm-controller, Helm 3 ownership metadata, Config Sync's
managed objects, kapp's labels, the object sets of Rancher's wrangler, OLM owner labels, kube-addon-manager, the
labels of managed components of AKS and GKE, OpenShift's cluster version operator, Kustomize's buildMetadata.
The label ``app.kubernetes.io/instance`` alone tells nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ksec_tui.cluster.base import LAST_APPLIED, KubeObject
from ksec_tui.cluster.text import one_line
from ksec_tui.findings.fix import PatchType
from ksec_tui.fixes import manager
from ksec_tui.fixes.filenames import FileNames
from ksec_tui.fixes.manager import Tool
from ksec_tui.fixes.touched import Path
from ksec_tui.fixes.values_hints import chart_name, values_keys

MANAGED_BY = "app.kubernetes.io/managed-by"


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be done with an object.

    Attributes:
        paths: the fields that change.
        type: how; None when nothing is planned yet.
    """

    paths: tuple[Path, ...] = ()
    type: PatchType | None = None


@dataclass(frozen=True, slots=True)
class Mark:
    """A tool that has left its mark, its own name for what it does, and where the change belongs there."""

    tool: Tool
    name: str = ""
    places: tuple[str, ...] = ()


Reader = Callable[[KubeObject, Asked], Mark | None]


def marks(item: KubeObject, asked: Asked) -> Iterator[Mark]:
    """Every tool that has left its mark on `item`.

    Those that undo a live patch at once come first, then by nearness to the source of truth: GitOps before Helm,
    since it may render a chart.
    """
    for read in _READERS:
        found = read(item, asked)
        if found is not None:
            yield found


def _olm(item: KubeObject, asked: Asked) -> Mark | None:
    labels = item.metadata.labels
    owner = labels.get("olm.owner", "")
    if not owner:
        return None
    place = labels.get("olm.owner.namespace", "") or item.namespace
    bundle = f"spec.install of ClusterServiceVersion {place}/{owner}, which comes with the operator's bundle"
    config = {
        "resources",
        "env",
        "envFrom",
        "tolerations",
        "nodeSelector",
        "affinity",
        "volumes",
        "volumeMounts",
    }
    if asked.paths and all(
        config.intersection(step for step in path if isinstance(step, str)) for path in asked.paths
    ):
        return Mark(manager.OLM, owner, (f"spec.config of the operator's Subscription in {place}", bundle))
    return Mark(manager.OLM, owner, (bundle,))


def _addon(item: KubeObject, asked: Asked) -> Mark | None:
    mode = item.metadata.labels.get("addonmanager.kubernetes.io/mode", "")
    # What it only ensures to exist, it makes anew; a patch of it lasts.
    if mode == "Reconcile" or (mode == "EnsureExists" and asked.type is PatchType.DELETE):
        return Mark(manager.ADDON, "", ("/etc/kubernetes/addons on the control-plane nodes",))
    return None


def _aks(item: KubeObject, _: Asked) -> Mark | None:
    return Mark(manager.AKS) if item.metadata.labels.get("kubernetes.azure.com/managedby") == "aks" else None


def _gke(item: KubeObject, _: Asked) -> Mark | None:
    key = "components.gke.io/component-name"
    name = item.metadata.annotations.get(key) or item.metadata.labels.get(key, "")
    return Mark(manager.GKE, name) if name else None


def _openshift(item: KubeObject, _: Asked) -> Mark | None:
    told = any(key.startswith("include.release.openshift.io/") for key in item.metadata.annotations)
    return Mark(manager.OPENSHIFT) if told else None


def _argo(item: KubeObject, asked: Asked) -> Mark | None:
    tracking = item.metadata.annotations.get("argocd.argoproj.io/tracking-id", "")
    application, _, what = tracking.partition(":")
    # An operator may copy the annotation onto what it makes: only that of this very object counts, as for Argo CD.
    kind, _, name = what.partition(":")
    if what and (kind != f"{item.group}/{item.kind}" or name.rpartition("/")[2] != item.name):
        application = ""
    application = application or item.metadata.labels.get("argocd.argoproj.io/instance", "")
    if not application:
        return None
    chart = chart_name(item.metadata.labels)
    if chart:
        values = f"spec.source.helm.valuesObject or the values file of application {application}"
        return Mark(manager.ARGO, application, _values(values, item, asked))
    return Mark(manager.ARGO, application, (_overlay(item, f"the source of application {application}"),))


def _kustomization(item: KubeObject, _: Asked) -> Mark | None:
    prefix = "kustomize.toolkit.fluxcd.io/"
    name = item.metadata.labels.get(f"{prefix}name", "")
    if not name:
        return None
    space = item.metadata.labels.get(f"{prefix}namespace", "")
    whole = f"{space}/{name}" if space else name
    places = (_overlay(item, f"spec.path of Kustomization {whole}"), f"spec.patches of Kustomization {whole}")
    return Mark(manager.KUSTOMIZATION, name, places)


def _helm_release(item: KubeObject, asked: Asked) -> Mark | None:
    prefix = "helm.toolkit.fluxcd.io/"
    name = item.metadata.labels.get(f"{prefix}name", "")
    if not name:
        return None
    space = item.metadata.labels.get(f"{prefix}namespace", "")
    whole = f"{space}/{name}" if space else name
    places = _values(f"spec.values of HelmRelease {whole}", item, asked)
    return Mark(manager.HELM_RELEASE, name, (*places, f"spec.postRenderers of HelmRelease {whole}"))


def _config_sync(item: KubeObject, _: Asked) -> Mark | None:
    annotations = item.metadata.annotations
    if annotations.get("configmanagement.gke.io/managed") != "enabled":
        return None
    path = annotations.get("configmanagement.gke.io/source-path", "")
    return Mark(manager.CONFIG_SYNC, path, (f"{path} of its repository",) if path else ())


def _helm(item: KubeObject, asked: Asked) -> Mark | None:
    release = item.metadata.annotations.get("meta.helm.sh/release-name", "")
    if not release or item.metadata.labels.get(MANAGED_BY) != "Helm":
        return None
    space = item.metadata.annotations.get("meta.helm.sh/release-namespace", "") or item.namespace
    whole = f"{space}/{release}" if space else release
    places = _values(f"the values of release {whole}", item, asked)
    return Mark(
        manager.HELM, release, (*places, "a post-renderer with the exported patch (helm --post-renderer)")
    )


def _kapp(item: KubeObject, _: Asked) -> Mark | None:
    app = item.metadata.labels.get("kapp.k14s.io/app", "")
    return Mark(manager.KAPP, app) if app else None


def _object_set(item: KubeObject, _: Asked) -> Mark | None:
    prefix = "objectset.rio.cattle.io/owner-"
    annotations = item.metadata.annotations
    kind = annotations.get(f"{prefix}gvk", "").partition("Kind=")[2]
    name = annotations.get(f"{prefix}name", "")
    if not kind or not name:
        return None
    if kind == "Addon":
        files = (
            f"server/manifests/{name}.yaml below /var/lib/rancher/k3s or /var/lib/rancher/rke2 of each server"
        )
        chart = "a HelmChartConfig, where the addon is a chart"
        return Mark(manager.RANCHER_ADDON, name, (files, chart))
    space = annotations.get(f"{prefix}namespace", "")
    place = f"{kind} {space}/{name}" if space else f"{kind} {name}"
    return Mark(manager.OPERATOR, f"{kind} {name}", (place,))


def _pulumi(item: KubeObject, _: Asked) -> Mark | None:
    told = "pulumi.com/autonamed" in item.metadata.annotations
    return Mark(manager.PULUMI) if told or item.metadata.labels.get(MANAGED_BY) == "pulumi" else None


def _terraform(item: KubeObject, _: Asked) -> Mark | None:
    named = item.metadata.labels.get(MANAGED_BY, "").lower()
    return Mark(manager.TERRAFORM) if named in ("terraform", "opentofu") else None


def _kustomize(item: KubeObject, _: Asked) -> Mark | None:
    origin = item.metadata.annotations.get("config.kubernetes.io/origin", "")
    if not origin and not item.metadata.labels.get(MANAGED_BY, "").startswith("kustomize"):
        return None
    told = dict(line.split(": ", 1) for line in origin.splitlines() if ": " in line)
    parts = [told.get("path", ""), f"of {told['repo']}" if "repo" in told else ""]
    source = " ".join(part.strip() for part in parts if part)
    overlay = _overlay(item, "the overlay")
    return Mark(manager.KUSTOMIZE, "", (source, overlay) if source else (overlay,))


def _chart(item: KubeObject, asked: Asked) -> Mark | None:
    chart = chart_name(item.metadata.labels)
    if not chart:
        return None
    keys = values_keys(item.kind, item.metadata.labels, asked.paths)
    return Mark(manager.CHART, chart, (f"in those values, likely {', '.join(keys)}",) if keys else ())


def _kubectl(item: KubeObject, _: Asked) -> Mark | None:
    return Mark(manager.KUBECTL) if LAST_APPLIED in item.metadata.annotations else None


_READERS: tuple[Reader, ...] = (
    _addon,
    _olm,
    _aks,
    _gke,
    _openshift,
    _argo,
    _kustomization,
    _helm_release,
    _config_sync,
    _helm,
    _kapp,
    _object_set,
    _pulumi,
    _terraform,
    _kustomize,
    _chart,
    _kubectl,
)


def _overlay(item: KubeObject, where: str) -> str:
    return f"{where}: as patches/{FileNames().of(item.ref)}.yaml, under patches of its kustomization.yaml"


def _values(where: str, item: KubeObject, asked: Asked) -> tuple[str, ...]:
    """Where the values are, with the likely keys for what is asked."""
    chart = chart_name(item.metadata.labels)
    keys = values_keys(item.kind, item.metadata.labels, asked.paths)
    return (
        f"{one_line(where)}{f' (chart {chart})' if chart else ''}{': likely ' + ', '.join(keys) if keys else ''}",
    )
