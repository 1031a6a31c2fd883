"""Puts a proven plan into the manifest files that the objects came from.

Only the text that must change is changed: comments, order, quoting, indentation, line ends, separators and byte
order marks stay. Every changed file is read again and says exactly what was proven, or it is left alone and the
reason is told. New objects get a file of their own beside the object that they are for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import msgspec

from ksec_tui.cluster.files import replace_content, write_private
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.text import one_line
from ksec_tui.findings.fix import Change, PatchType
from ksec_tui.fixes.apply import apply
from ksec_tui.fixes.diff import yaml_text
from ksec_tui.fixes.errors import PatchError
from ksec_tui.fixes.filenames import FileNames
from ksec_tui.fixes.in_place_document import Wanted, rewritten
from ksec_tui.fixes.in_place_files import editable, pieces, read
from ksec_tui.fixes.in_place_nodes import NotInPlaceError
from ksec_tui.fixes.plan import FixPlan, Merged
from ksec_tui.fixes.simulate import Refused, Simulation

Origins = Mapping[ObjectRef, tuple[str, int]]
"""Where each object was read: path and line, from 1; see `FileSource.origins`."""


class FileChange(msgspec.Struct, frozen=True):
    """What is to become of one file.

    Attributes:
        path: the file.
        before: its content; None for a new file.
        after: the content that it gets.
        targets: the objects that change.
    """

    path: Path
    before: bytes | None
    after: bytes
    targets: tuple[ObjectRef, ...]


class InPlace(msgspec.Struct, frozen=True):
    """What can be put into the files, and why the rest cannot.

    Attributes:
        files: in order of their paths.
        refused: object -> why its file must stay as it is, one sentence.
    """

    files: tuple[FileChange, ...]
    refused: dict[ObjectRef, str]


class Settled(msgspec.Struct, frozen=True):
    """A plan of which everything goes into the files.

    Attributes:
        simulation: the proof of the part that does.
        files: what is to be written.
        refused: the fixes that do not, be it that the proof or the files do not let them.
    """

    simulation: Simulation
    files: tuple[FileChange, ...]
    refused: tuple[Refused, ...]


def settle(
    simulation: Simulation,
    again: Callable[[FixPlan], Simulation],
    origins: Origins,
    repeated: Iterable[ObjectRef],
    roots: Sequence[str],
) -> Settled:
    """The largest part of a proven plan that goes into the files, proven anew without the rest.

    A fix of several objects goes in whole or not at all.

    Args:
        simulation: the proof of the whole plan.
        again: proves a smaller one.
        origins: where the objects were read.
        repeated: objects that were read more than once.
        roots: the paths that were named by the user; nothing outside of them is written.
    """
    twice = frozenset(repeated)
    refused = list(simulation.refused)
    while True:
        found = prepare(simulation, origins, twice, roots)
        kept = []
        for item in simulation.plan.staged:
            reason = next(
                (found.refused[c.target] for c in item.fix.changes if c.target in found.refused), None
            )
            if reason is None:
                kept.append(item)
            else:
                refused.append(Refused(item, reason))
        if len(kept) == len(simulation.plan.staged):
            return Settled(simulation, found.files, tuple(refused))
        simulation = again(simulation.plan.keeping(kept))
        refused += simulation.refused


def prepare(
    simulation: Simulation, origins: Origins, repeated: frozenset[ObjectRef], roots: Sequence[str]
) -> InPlace:
    """The files as the proven part of a plan would leave them; nothing is written. For the arguments see `settle`."""
    changes: dict[ObjectRef, list[Merged]] = {}
    for merged in simulation.changes:
        changes.setdefault(merged.change.target, []).append(merged)
    refused: dict[ObjectRef, str] = {}
    by_path: dict[str, dict[ObjectRef, Wanted]] = {}
    made: list[ObjectRef] = []
    for target, group in changes.items():
        before, after = simulation.before.get(target), simulation.after.get(target)
        if before is None:
            made.append(target)
        elif target in repeated:
            refused[target] = _sentence(
                target, "it was found more than once, and which one counts is not for sure"
            )
        elif target not in origins:
            refused[target] = _sentence(target, "it stands in no file")
        else:
            wanted = Wanted(tuple(merged.change for merged in group), before, after)
            by_path.setdefault(origins[target][0], {})[target] = wanted
    files: list[FileChange] = []
    for path, wanted_here in sorted(by_path.items()):
        lines = {target: origins[target][1] for target in wanted_here}
        file, why = _in_file(path, wanted_here, lines, roots)
        refused.update({target: _sentence(target, reason, path) for target, reason in why.items()})
        files += [] if file is None else [file]
    names = FileNames()
    for target in made:
        try:
            files.append(_beside(target, changes[target], origins, roots, names))
        except (NotInPlaceError, PatchError) as error:
            refused[target] = _sentence(target, str(error))
    return InPlace(tuple(sorted(files, key=lambda file: str(file.path))), refused)


def write(files: Iterable[FileChange]) -> dict[Path, str]:
    """Write the files, each whole or not at all.

    Returns:
        Why some could not be written, one sentence each.
    """
    failed: dict[Path, str] = {}
    for file in files:
        try:
            if file.before is None:
                write_private(file.path, file.after)
            elif file.path.is_symlink() or file.path.read_bytes() != file.before:
                failed[file.path] = f"{one_line(str(file.path))} has changed meanwhile"
            else:
                replace_content(file.path, file.after)
        except OSError as error:
            said = one_line(error.strerror or str(error), 160)
            failed[file.path] = f"{one_line(str(file.path))} cannot be written: {said}"
    return failed


def _in_file(
    path: str, wanted: Mapping[ObjectRef, Wanted], lines: Mapping[ObjectRef, int], roots: Sequence[str]
) -> tuple[FileChange | None, dict[ObjectRef, str]]:
    """One file with the changes of all its objects."""
    try:
        file = editable(path, roots)
        data = read(file)
        parts = pieces(data)
    except NotInPlaceError as error:
        return None, dict.fromkeys(wanted, str(error))
    refused: dict[ObjectRef, str] = {}
    result: list[bytes] = []
    left = dict(wanted)
    for start, part in parts:
        end = start + part.count(b"\n") + (not part.endswith(b"\n"))
        here = {ref: item for ref, item in left.items() if start and start <= lines[ref] < end}
        for ref in here:
            del left[ref]
        changed, why = _in_part(part, here)
        refused.update(why)
        result.append(changed)
    refused.update(dict.fromkeys(left, "its file has changed since it was read"))
    after = b"".join(result)
    done = tuple(ref for ref in wanted if ref not in refused)
    if done and not any(start and part for (start, _), part in zip(parts, result, strict=True)):
        return None, dict.fromkeys(
            wanted, "it is all that its file holds: delete the file, and what names it"
        )
    return (FileChange(file, data, after, done) if done else None), refused


def _in_part(part: bytes, wanted: Mapping[ObjectRef, Wanted]) -> tuple[bytes, dict[ObjectRef, str]]:
    if not wanted:
        return part, {}
    try:
        text = part.decode()
    except UnicodeDecodeError:
        return part, dict.fromkeys(wanted, "its file is not UTF-8")
    changed, refused = rewritten(text, wanted)
    return (b"" if changed is None else changed.encode()), refused


def _beside(
    target: ObjectRef, group: Sequence[Merged], origins: Origins, roots: Sequence[str], names: FileNames
) -> FileChange:
    """A file for a new object, in the folder of what it is for.

    Raises:
        NotInPlaceError: there is no such folder, or the name is taken.
        PatchError: the changes of the plan do not make the object.
    """
    subjects = [item.finding.subject for merged in group for item in merged.staged]
    near = [ref for ref in subjects if ref in origins]
    space = ObjectRef("", "Namespace", target.namespace)
    near += sorted(
        ref for ref in origins if target.namespace and (ref.namespace == target.namespace or ref == space)
    )
    if not near:
        raise NotInPlaceError("there is no file beside which it belongs")
    neighbour = editable(origins[near[0]][0], roots)
    path = neighbour.parent / f"{names.of(target)}.yaml"
    if path.exists() or path.is_symlink():
        raise NotInPlaceError(f"{one_line(path.name)} is there already")
    document = None
    for merged in group:
        document = apply(document, merged.change)
    notes = (note for merged in group for note in _notes(merged.change))
    titles = (f"{item.finding.check}: {item.fix.title}" for merged in group for item in merged.staged)
    said = "".join(f"# {one_line(line)}\n" for line in dict.fromkeys((*titles, *notes)))
    return FileChange(
        path, None, f"{said}{yaml_text(document)}".encode("utf-8", "backslashreplace"), (target,)
    )


def _notes(change: Change) -> Iterable[str]:
    return (f"Keeps {note}" for note in change.notes) if change.type is PatchType.CREATE else ()


def _sentence(target: ObjectRef, reason: str, path: str = "") -> str:
    where = f" in {one_line(path)}" if path else ""
    return f"{one_line(str(target))}{where} is left alone: {reason}."
