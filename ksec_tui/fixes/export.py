"""Writes a proven plan as files: patches, commands, a kustomization, reports. Nothing is applied."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

import msgspec

from ksec_tui.cluster.files import is_temporary, sync_folder, temporary_name
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.fixes.errors import ExportError
from ksec_tui.fixes.layouts.kubectl import kubectl_files
from ksec_tui.fixes.layouts.kustomize import kustomize_files
from ksec_tui.fixes.layouts.machine import json_files
from ksec_tui.fixes.layouts.parts import Files
from ksec_tui.fixes.layouts.single import single_files
from ksec_tui.fixes.manual import manual
from ksec_tui.fixes.plan import FixPlan
from ksec_tui.fixes.report import report
from ksec_tui.fixes.simulate import Refused, Simulation
from ksec_tui.fixes.switch import UNFINISHED, is_unfinished, put, write_files

LAYOUTS: dict[str, Callable[[Simulation, Snapshot], Files]] = {
    "kubectl": kubectl_files,
    "kustomize": kustomize_files,
    "single": single_files,
    "json": json_files,
}
"""The ways in which a plan can be written, each into the folder of its name."""

DEFAULT_LAYOUTS = ("kubectl", "kustomize")
"""Those that are written unless others are asked for."""


class Exported(msgspec.Struct, frozen=True):
    """What was written, and which staged fixes were not.

    Attributes:
        files: what was written.
        refused: what was not, and why.
        stale: what stood in the places of an export already and is none of this one's, as of an earlier one.
    """

    files: tuple[Path, ...]
    refused: tuple[Refused, ...]
    stale: tuple[Path, ...] = ()


def contents(
    simulation: Simulation, plan: FixPlan, snapshot: Snapshot, layouts: Iterable[str] = DEFAULT_LAYOUTS
) -> Files:
    """The files of an export: path inside the folder -> text.

    Raises:
        ExportError: a layout is not known.
    """
    files: Files = {}
    for layout in layouts:
        if layout not in LAYOUTS:
            raise ExportError(f"there is no layout {layout!r}; one of {', '.join(LAYOUTS)}")
        made = LAYOUTS[layout](simulation, snapshot)
        files.update({f"{layout}/{path}": text for path, text in made.items()})
    files["REPORT.md"] = report(simulation, plan, snapshot)
    if by_hand := manual(simulation, plan, snapshot):
        files["MANUAL.md"] = by_hand
    return files


def export(
    simulation: Simulation,
    plan: FixPlan,
    snapshot: Snapshot,
    folder: Path,
    *,
    layouts: Iterable[str] = DEFAULT_LAYOUTS,
    force: bool = False,
) -> Exported:
    """Write what `simulation` proved of `plan` into `folder`.

    Files have mode 0600 and folders 0700. A new folder appears complete or not at all. In one that is there,
    nothing is touched before everything is written; then, with `force`, files of the same names are replaced, each
    whole, and others stay. Where that is cut short the folder says so, and the next export completes it.

    Raises:
        ExportError: the folder holds something already, or cannot be written; the message says so.
    """
    files = contents(simulation, plan, snapshot, layouts)
    try:
        if folder.exists() or folder.is_symlink():
            if not folder.is_dir():
                raise ExportError(f"{folder} is no folder")
            if not force and any(not is_temporary(path) for path in folder.iterdir()):
                cut = f": an export into it was cut short, which --force completes ({UNFINISHED})"
                raise ExportError(f"{folder} is not empty{cut if is_unfinished(folder) else ''}")
            put(folder, files)
        else:
            _write_anew(folder, files)
    except OSError as error:
        raise ExportError(f"{folder} cannot be written: {error.strerror or error}") from error
    return Exported(tuple(folder / path for path in sorted(files)), simulation.refused, _stale(folder, files))


def _stale(folder: Path, files: Files) -> tuple[Path, ...]:
    every = (path for layout in LAYOUTS for path in (folder / layout).rglob("*"))
    found = {path for path in (*every, folder / "MANUAL.md") if path.is_file()}
    return tuple(sorted(found - {folder / path for path in files}))


def _write_anew(folder: Path, files: Files) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary = temporary_name(folder.parent)
    temporary.mkdir(mode=0o700)
    try:
        write_files(temporary, files)
        temporary.rename(folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    sync_folder(folder.parent)
