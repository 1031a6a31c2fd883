"""A kustomization of the plan, to be laid over the manifests that it changes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ksec_tui.cluster.ingest import Document
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.fix import Change, PatchType
from ksec_tui.fixes.diff import yaml_text
from ksec_tui.fixes.filenames import FileNames
from ksec_tui.fixes.layouts.parts import SUFFIX, Files, api_version, comment, header, minimal
from ksec_tui.fixes.layouts.ports import without_ports
from ksec_tui.fixes.simulate import Simulation

_REGEX = re.compile(r"([.+*?()|\[\]{}^$\\])")
_KIND = {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization"}
_USE = (
    "Add the manifests or the base that these patches are for under resources.",
    "Or list this folder under components of your own overlay, with this on top instead:",
    "apiVersion: kustomize.config.k8s.io/v1alpha1, kind: Component.",
    "Names and namespaces are those of the cluster; a patch whose target is not there does nothing.",
)


def kustomize_files(simulation: Simulation, snapshot: Snapshot) -> Files:
    """A kustomization with one patch for each object; base it on the manifests that it is to change."""
    names, files = FileNames(), Files()
    resources: list[str] = []
    patches: list[dict[str, Any]] = []
    for merged in simulation.changes:
        change, target = merged.change, merged.change.target
        name, above = names.of(target), header(merged, simulation, snapshot)
        version = api_version(target, simulation)
        if change.type is PatchType.CREATE:
            path = f"resources/{name}.yaml"
            resources.append(path)
            files[path] = above + yaml_text(change.body)
            continue
        for ending, body in _bodies(change, version, simulation.before.get(target)):
            path = f"patches/{name}{ending}"
            files[path] = above + yaml_text(body)
            patches.append({"path": path, "target": _target(target, version)})
    top: dict[str, Any] = dict(_KIND)
    if resources:
        top["resources"] = resources
    if patches:
        top["patches"] = patches
    files["kustomization.yaml"] = comment(*_USE) + yaml_text(top)
    return files


def inline_kustomization(changes: Iterable[Change], snapshot: Snapshot, said: Mapping[ObjectRef, str]) -> str:
    """One kustomization that carries its patches inside it.

    Args:
        changes: strategic and JSON patches, at most one for each object.
        snapshot: where the objects are.
        said: what stands above the kustomization on each object, one sentence.
    """
    patches = []
    lines = []
    for change in changes:
        target = change.target
        document = snapshot.document(target) or {}
        version = str(document.get("apiVersion", ""))
        for _, body in _bodies(change, version, document):
            patches.append({"target": _target(target, version), "patch": yaml_text(body)})
        lines.append(f"{target}: {said[target]}" if said.get(target) else "")
    lines.append(_USE[0])
    return comment(*lines) + yaml_text({**_KIND, "patches": patches})


def _bodies(change: Change, version: str, before: Document | None) -> Iterator[tuple[str, Any]]:
    """What kustomize takes for a change: the ending of each file and what is in it.

    A strategic patch carries the identity of its object.
    """
    named = minimal(change.target, version)
    if change.type is PatchType.JSON:
        yield SUFFIX[change.type], change.body
    elif change.type is PatchType.DELETE:
        yield ".delete.yaml", {**named, "$patch": "delete"}
    else:
        body, operations = without_ports(change.body, before or {})
        if operations:
            yield ".json6902-ports.yaml", operations
        if body:
            yield SUFFIX[change.type], _identified(body, named)


def _identified(body: dict[str, Any], named: Document) -> Document:
    meta = {**named["metadata"], **body.get("metadata", {})}
    return {**named, **body, "metadata": meta}


def _target(target: ObjectRef, version: str) -> dict[str, str]:
    """Kustomize's selector; it takes name and namespace for anchored regular expressions."""
    parts = {
        "group": version.rpartition("/")[0],
        "version": version.rpartition("/")[2],
        "kind": target.kind,
        "name": _REGEX.sub(r"\\\1", target.name),
        "namespace": _REGEX.sub(r"\\\1", target.namespace),
    }
    return {key: value for key, value in parts.items() if value}
