"""Carries out the commands of an export with the real kubectl, offline, on objects as they were read."""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from ksec_tui.cluster.kinds import kind_of_resource
from ksec_tui.cluster.ref import ObjectRef
from tests.fixes.dumps import Tree, ref_of
from tests.fixes.kubectl import patched_file, plain, run

Command = list[str]
Objects = Mapping[ObjectRef, Tree | None]


@dataclass
class Carried:
    """What became of objects.

    Attributes:
        objects: each that was touched; None for what is gone.
        refused: patch files that kubectl does not take, and what of.
        unknown: what was patched of a kind that this kubectl does not know yet, as foreseen.
        other: what came out otherwise than foreseen.
        files: the patch files of each object, in the order of application.
    """

    objects: dict[ObjectRef, Tree | None] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    unknown: list[ObjectRef] = field(default_factory=list)
    other: list[ObjectRef] = field(default_factory=list)
    files: dict[ObjectRef, list[Path]] = field(default_factory=dict)


def commands_of(script: str) -> tuple[list[Command], list[Command]]:
    """The commands that change something and those of the way back, as words."""
    changes = script.partition("# The changes themselves.\n")[2]
    steps, _, back = changes.partition("# The way back.\n")
    forth = [shlex.split(line) for line in steps.splitlines() if line.startswith("kubectl")]
    return (
        [words for words in forth if words[1] != "rollout"],
        [shlex.split(line.removeprefix("# ")) for line in back.splitlines() if line.startswith("# kubectl")],
    )


def carried_out(
    commands: Iterable[Command], folder: Path, objects: Objects, foreseen: Objects, scratch: Path
) -> Carried:
    """Run `commands`, made to be run in `folder`.

    Args:
        commands: creations, patches and deletions.
        folder: where their files are.
        objects: what is there before.
        foreseen: what the patched objects are to be; an old kubectl forgets fields that it does not know, so
            that both are then compared as it sees them.
        scratch: an empty folder.
    """
    done = Carried()
    patches: dict[ObjectRef, list[tuple[str, Path]]] = {}
    for words in commands:
        path = folder / words[words.index("--patch-file" if words[1] == "patch" else "-f") + 1]
        if words[1] == "patch":
            target = _named(words)
            patches.setdefault(target, []).append((words[words.index("--type") + 1], path))
            done.files.setdefault(target, []).append(path)
        else:
            document = yaml.safe_load(path.read_text())
            done.objects[ref_of(document)] = None if words[1] == "delete" else document
    with ThreadPoolExecutor((os.cpu_count() or 1) + 1) as pool:
        jobs = [
            (
                target,
                pool.submit(_patched, objects[target], steps, foreseen[target], scratch / f"{number}.json"),
            )
            for number, (target, steps) in enumerate(patches.items())
        ]
        for target, job in jobs:
            verdict, document = job.result()
            done.objects[target] = document
            if verdict == "refused":
                done.refused.append(str(target))
            elif verdict == "unknown":
                done.unknown.append(target)
            elif verdict == "other":
                done.other.append(target)
    return done


def _named(words: Command) -> ObjectRef:
    resource, _, name = words[2].partition("/")
    kind = kind_of_resource(resource)
    assert kind is not None, words
    space = words[words.index("-n") + 1] if "-n" in words else ""
    return ObjectRef(space, kind.name, name or words[3], kind.group)


def _patched(
    document: Tree | None, steps: list[tuple[str, Path]], foreseen: Tree | None, given: Path
) -> tuple[str, Tree | None]:
    """How it went, and the object after the patches."""
    assert document is not None
    assert foreseen is not None
    here = document
    for how, path in steps:
        given.write_text(json.dumps(here))
        made = patched_file(given, how, ("--patch-file", str(path)))
        if made is None:
            return ("unknown" if _unknown(given) else "refused"), foreseen
        here = made
    if plain(here) == plain(foreseen):
        return "same", here
    given.write_text(json.dumps(foreseen))
    as_seen = patched_file(given, "merge", ("-p", "{}"))
    return ("same" if plain(as_seen) == plain(here) else "other"), foreseen


def _unknown(given: Path) -> bool:
    """Whether this kubectl does not know the kind of an object, so that it has no merge keys of it."""
    return "locally" in run("patch", "--local", "-f", str(given), "-p", "{}", "-o", "name").stderr
