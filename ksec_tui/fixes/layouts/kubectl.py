"""Files for ``kubectl patch``, ``apply`` and ``delete``, with the commands that would carry them out."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from ksec_tui.cluster.kinds import kind_named
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.cluster.text import one_line
from ksec_tui.findings.fix import PatchType
from ksec_tui.fixes.diff import yaml_text
from ksec_tui.fixes.filenames import FileNames
from ksec_tui.fixes.layouts.parts import SUFFIX, Files, api_version, comment, header, minimal, ways_back
from ksec_tui.fixes.simulate import Simulation

Command = list[str]


def kubectl_files(simulation: Simulation, snapshot: Snapshot) -> Files:
    """Patches, new objects and removals with the commands that would carry them out, and the way back."""
    names, files = FileNames(), Files()
    steps: list[Command] = []
    for merged in simulation.changes:
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
            path = f"10-patch/{name}{SUFFIX[change.type]}"
            files[path] = above + yaml_text(change.body)
            steps.append(_patch(target, change.type.value, path))
    back = list(_way_back(simulation, snapshot, names, files))
    files["commands.sh"] = _commands(steps, back, simulation)
    return files


def _patch(target: ObjectRef, how: str, path: str) -> Command:
    return ["kubectl", "patch", *_named(target), "--type", how, "--patch-file", path]


def _named(target: ObjectRef) -> list[str]:
    """The arguments that name an object to kubectl."""
    kind = kind_named(target.group, target.kind)
    resource = kind.resource if kind is not None else f"{target.kind}.{target.group}".rstrip(".")
    # A name that looks like an option must not become one.
    name = [f"{resource}/{target.name}"] if target.name.startswith("-") else [resource, target.name]
    return [*name, "-n", target.namespace] if target.namespace else name


def _way_back(
    simulation: Simulation, snapshot: Snapshot, names: FileNames, files: Files
) -> Iterator[Command]:
    """The commands; what they need is put into `files`.

    The endings of these files differ even where one object is called as another with an ending.
    """
    for back in ways_back(simulation, snapshot):
        name = names.of(back.target)
        if back.type is PatchType.DELETE:
            yield ["kubectl", "delete", "-f", f"00-create/{name}.yaml"]
        elif back.type is PatchType.CREATE:
            path = f"90-rollback/{name}.create.yaml"
            files[path] = comment(f"Creates {back.target} anew as it was read.") + yaml_text(back.body)
            yield ["kubectl", "create", "-f", path]
        else:
            path = f"90-rollback/{name}{SUFFIX[PatchType.JSON]}"
            said = comment(f"Puts {back.target} back to what it was read as.")
            files[path] = said + yaml_text(back.body)
            yield _patch(back.target, "json", path)


def _commands(steps: list[Command], back: list[Command], simulation: Simulation) -> str:
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
    if watched := [
        shlex.join(["kubectl", "rollout", "status", *_named(ref)]) for ref in _watchable(simulation)
    ]:
        lines += ["", "# Pods that are replaced.", *watched]
    if back:
        lines += ["", "# The way back."]
        lines += [f"# {one_line(shlex.join(step))}" for step in back]
    return "\n".join(lines) + "\n"


def _watchable(simulation: Simulation) -> Iterator[ObjectRef]:
    """Those whose rollout begins by itself; kubectl waits for others without end, or fails."""
    kinds = ("Deployment", "DaemonSet", "StatefulSet")
    return (ref for ref in simulation.rollouts if ref.kind in kinds and ref not in simulation.notes)
