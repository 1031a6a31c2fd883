"""The files of an export, by layout: for ``kubectl patch`` and for a kustomization."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ksec_tui.cluster.ingest import Document
from ksec_tui.cluster.kinds import kind_named
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.cluster.text import one_line
from ksec_tui.findings.fix import Change, PatchType
from ksec_tui.fixes.diff import yaml_text
from ksec_tui.fixes.filenames import FileNames
from ksec_tui.fixes.owner import manager_of
from ksec_tui.fixes.plan import Merged
from ksec_tui.fixes.rollback import recreation, reverse_patch
from ksec_tui.fixes.simulate import Simulation

Files = dict[str, str]

_SUFFIX = {PatchType.STRATEGIC: ".patch.yaml", PatchType.JSON: ".json6902.yaml"}
_REGEX = re.compile(r"([.+*?()|\[\]{}^$\\])")


def comment(*lines: str) -> str:
    """YAML or shell comment lines; a line of data never ends one."""
    return "".join(f"# {one_line(line)}\n" for line in lines if line)


def header(merged: Merged, simulation: Simulation, snapshot: Snapshot) -> str:
    """What stands above each file: why, how risky, what was read."""
    target = merged.change.target
    lines = [str(target)]
    for item in merged.staged:
        fix, finding = item.fix, item.finding
        lines.append(f"Fixes {finding.check} ({item.fingerprint}) of {finding.subject}: {fix.title}")
        lines.append(f"Risk: {fix.risk.value}." + (f" May break: {fix.may_break}" if fix.may_break else ""))
    found = snapshot.get(target)
    manager = manager_of(found) if found is not None else None
    if manager is not None:
        lines.append(manager.advice)
    lines.append(simulation.notes.get(target, ""))
    lines += [f"Keeps {note}" for note in merged.change.notes]
    lines.append(_read(target, snapshot))
    return comment(*lines)


def _read(target: ObjectRef, snapshot: Snapshot) -> str:
    found = snapshot.get(target)
    version = found.metadata.resource_version if found is not None else ""
    parts = [f"server {snapshot.source.server_version}" if snapshot.source.server_version else ""]
    parts.append(f"resourceVersion {version}" if version else "")
    said = ", ".join(part for part in parts if part)
    return f"Made for {said}." if said else ""


def minimal(target: ObjectRef, api_version: str) -> Document:
    """Just enough of an object to name it."""
    meta = {"name": target.name} | ({"namespace": target.namespace} if target.namespace else {})
    return {"apiVersion": api_version, "kind": target.kind, "metadata": meta}


def api_version(target: ObjectRef, simulation: Simulation) -> str:
    """The apiVersion in which the object was read or is created."""
    document = simulation.before.get(target) or simulation.after.get(target) or {}
    version = document.get("apiVersion")
    if isinstance(version, str) and version:
        return version
    kind = kind_named(target.group, target.kind)
    number = kind.versions[0] if kind is not None else "v1"
    return f"{target.group}/{number}" if target.group else number


def kubectl_files(simulation: Simulation, snapshot: Snapshot) -> Files:
    """Patches, new objects and removals with the commands that would carry them out, and the way back."""
    names, files = FileNames(), Files()
    steps: list[list[str]] = []
    back: list[list[str]] = []
    changes = simulation.plan.changes()
    for merged in changes:
        change, target = merged.change, merged.change.target
        name, above = names.of(target), header(merged, simulation, snapshot)
        if change.type is PatchType.CREATE:
            path = f"00-create/{name}.yaml"
            files[path] = above + yaml_text(change.body)
            steps.append(["kubectl", "apply", "--server-side", "-f", path])
        elif change.type is PatchType.DELETE:
            path = f"20-delete/{name}.yaml"
            files[path] = above + yaml_text(minimal(target, api_version(target, simulation)))
            steps.append(["kubectl", "delete", "-f", path])
        else:
            path = f"10-patch/{name}{_SUFFIX[change.type]}"
            files[path] = above + yaml_text(change.body)
            steps.append(_patch(target, change.type.value, path))
    for target in reversed(list(dict.fromkeys(merged.change.target for merged in changes))):
        back.extend(_way_back(target, names.of(target), simulation, files))
    files["commands.sh"] = _commands(steps, back, simulation)
    return files


def _patch(target: ObjectRef, how: str, path: str) -> list[str]:
    return ["kubectl", "patch", *_named(target), "--type", how, "--patch-file", path]


def _named(target: ObjectRef) -> list[str]:
    kind = kind_named(target.group, target.kind)
    resource = kind.resource if kind is not None else f"{target.kind}.{target.group}".rstrip(".")
    # A name that looks like an option must not become one.
    name = [f"{resource}/{target.name}"] if target.name.startswith("-") else [resource, target.name]
    return [*name, "-n", target.namespace] if target.namespace else name


def _way_back(target: ObjectRef, name: str, simulation: Simulation, files: Files) -> Iterator[list[str]]:
    before, after = simulation.before.get(target), simulation.after.get(target)
    if before is None:
        yield ["kubectl", "delete", "-f", f"00-create/{name}.yaml"]
    elif after is None:
        whole = recreation(before)
        if whole is not None:
            path = f"90-rollback/{name}.yaml"
            files[path] = comment(f"Creates {target} anew as it was read.") + yaml_text(whole)
            yield ["kubectl", "create", "-f", path]
    else:
        operations = reverse_patch(before, after)
        if operations:
            path = f"90-rollback/{name}.json6902.yaml"
            files[path] = comment(f"Puts {target} back to what it was read as.") + yaml_text(operations)
            yield _patch(target, "json", path)


def _commands(steps: list[list[str]], back: list[list[str]], simulation: Simulation) -> str:
    lines = [
        "#!/bin/sh",
        "# Nothing of this has been run. Run it in this folder, against the cluster that was looked at;",
        "# kubectl uses your current context (kubectl config current-context).",
        "set -eu",
        "",
        "# What the server would say; nothing changes.",
        *(shlex.join([*step, "--dry-run=server"]) for step in steps),
        "",
        "# The changes themselves.",
        *(shlex.join(step) for step in steps),
    ]
    if simulation.rollouts:
        lines += ["", "# Pods that are replaced."]
        lines += [
            shlex.join(["kubectl", "rollout", "status", *_named(ref)]) for ref in _watchable(simulation)
        ]
    if back:
        lines += ["", "# The way back."]
        lines += [f"# {one_line(shlex.join(step))}" for step in back]
    return "\n".join(lines) + "\n"


def _watchable(simulation: Simulation) -> Iterator[ObjectRef]:
    return (ref for ref in simulation.rollouts if ref.kind in ("Deployment", "DaemonSet", "StatefulSet"))


def kustomize_files(simulation: Simulation, snapshot: Snapshot) -> Files:
    """A kustomization with one patch for each object; base it on the manifests that it is to change."""
    names, files = FileNames(), Files()
    resources: list[str] = []
    patches: list[dict[str, Any]] = []
    for merged in simulation.plan.changes():
        change, target = merged.change, merged.change.target
        name, above = names.of(target), header(merged, simulation, snapshot)
        version = api_version(target, simulation)
        if change.type is PatchType.CREATE:
            path = f"resources/{name}.yaml"
            resources.append(path)
            files[path] = above + yaml_text(change.body)
            continue
        path = f"patches/{name}{_SUFFIX.get(change.type, '.delete.yaml')}"
        body = change.body
        if change.type is PatchType.STRATEGIC:
            body = _identified(change.body, minimal(target, version))
        elif change.type is PatchType.DELETE:
            body = minimal(target, version) | {"$patch": "delete"}
        files[path] = above + yaml_text(body)
        patches.append({"path": path, "target": _target(target, version)})
    top: dict[str, Any] = {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization"}
    if resources:
        top["resources"] = resources
    if patches:
        top["patches"] = patches
    said = comment("Add the manifests or the base that these patches are for under resources.")
    files["kustomization.yaml"] = said + yaml_text(top)
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
        version = str((snapshot.document(target) or {}).get("apiVersion", ""))
        body = change.body
        if change.type is PatchType.STRATEGIC:
            body = _identified(body, minimal(target, version))
        patches.append({"target": _target(target, version), "patch": yaml_text(body)})
        lines.append(f"{target}: {said[target]}" if said.get(target) else "")
    top = {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization", "patches": patches}
    lines.append("Add the manifests or the base that these patches are for under resources.")
    return comment(*lines) + yaml_text(top)


def _identified(body: dict[str, Any], named: Document) -> Document:
    """A strategic merge patch with the identity that kustomize wants in its file."""
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
