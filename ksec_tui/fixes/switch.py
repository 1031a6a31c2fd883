"""Has the files of an export take their places in a folder that holds some already, so that a break can be mended.

All are written aside first. One rename then makes that the folder `UNFINISHED`, from where each takes its place.
Whoever is cut short after that rename leaves the rest there, in plain sight, and none of the files that name others
(commands, kustomizations, reports), so that nothing leads to a mixture; the next export into the folder goes on
with it. Whoever is cut short before has changed nothing.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

from ksec_tui.cluster.files import sync_folder, temporary_name, write_private
from ksec_tui.fixes.errors import ExportError
from ksec_tui.fixes.layouts.parts import Files

UNFINISHED = "UNFINISHED-EXPORT"
"""The folder of what has not taken its place yet."""

_MARK = "READ-ME.txt"
_SAID = (
    "An export into the folder above was cut short while its files took their places: of the files there some are\n"
    "new, some are those of before. The rest of the new ones is here. Do not use them yet: export into the folder\n"
    "again with --force, which puts these in their places first.\n"
)
_NAMING_OTHERS = frozenset({"commands.sh", "kustomization.yaml", "plan.json", "REPORT.md", "MANUAL.md"})


def write_files(folder: Path, files: Files) -> None:
    """Write files into a new, empty folder of ours.

    Raises:
        OSError: one cannot be written.
    """
    for place in places(folder, files)[1:]:
        place.mkdir(mode=0o700)
    for path, text in sorted(files.items()):
        write_private(folder / path, text.encode("utf-8", "backslashreplace"))


def places(folder: Path, files: Iterable[str]) -> list[Path]:
    """The folder and those in it, each after the one that it is in."""
    return sorted({folder / parent for path in files for parent in Path(path).parents} | {folder})


def is_unfinished(folder: Path) -> bool:
    """Whether an export into `folder` was cut short while its files took their places."""
    aside = folder / UNFINISHED
    return aside.is_dir() and not aside.is_symlink() and (aside / _MARK).is_file()


def put(folder: Path, files: Files) -> None:
    """Put files into a folder that is there; those of the same names are replaced, others stay.

    What an export that was cut short has left is put in its place first.

    Raises:
        ExportError: a folder in it is a symbolic link, or `UNFINISHED` is taken by something else.
        OSError: it cannot be written.
    """
    _check(folder, files)
    if is_unfinished(folder):
        _take_places(folder)
    else:
        _check_free(folder / UNFINISHED)
    temporary = temporary_name(folder)
    temporary.mkdir(mode=0o700)
    try:
        write_files(temporary, files)
        write_private(temporary / _MARK, _SAID.encode())
        temporary.rename(folder / UNFINISHED)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    sync_folder(folder)
    _take_places(folder)


def _take_places(folder: Path) -> None:
    """Move what is aside to its place, what names others last, of which the old ones go first.

    Raises:
        ExportError: it cannot be done to its end; the next export can.
    """
    aside = folder / UNFINISHED
    try:
        left = _left(aside)
        _check(folder, left)
        naming = [path for path in left if Path(path).name in _NAMING_OTHERS]
        for path in naming:
            (folder / path).unlink(missing_ok=True)
        every = places(folder, left)
        for place in every[1:]:
            place.mkdir(mode=0o700, exist_ok=True)
        for path in sorted(left, key=lambda path: (path in naming, path)):
            (aside / path).replace(folder / path)
        for place in every:
            sync_folder(place)
        for below in sorted((path for path in aside.rglob("*") if path.is_dir()), reverse=True):
            below.rmdir()
        (aside / _MARK).unlink()
        aside.rmdir()
    except OSError as error:
        why = error.strerror or str(error)
        raise ExportError(f"{folder} holds only a part of the new files, {aside} the rest: {why}") from error
    sync_folder(folder)


def _left(aside: Path) -> list[str]:
    """The paths of the files that have not taken their places, as they will stand in the folder."""
    found = []
    for path in sorted(aside.rglob("*")):
        if path.is_symlink() or not (path.is_file() or path.is_dir()):
            raise ExportError(f"{path} is none of ours")
        if path.is_file() and path != aside / _MARK:
            found.append(str(path.relative_to(aside)))
    return found


def _check(folder: Path, files: Iterable[str]) -> None:
    """Refuse at once what would fail halfway."""
    paths = tuple(files)
    for place in places(folder, paths)[1:]:
        if place.is_symlink():
            raise ExportError(f"{place} is a symbolic link")
        if place.exists() and not place.is_dir():
            raise ExportError(f"{place} is no folder")
    for path in paths:
        if (folder / path).is_dir() and not (folder / path).is_symlink():
            raise ExportError(f"{folder / path} is a folder")


def _check_free(aside: Path) -> None:
    """Refuse what others have put there; an empty folder is what the last step of an export may leave."""
    if aside.is_symlink() or (aside.exists() and not (aside.is_dir() and not any(aside.iterdir()))):
        raise ExportError(f"{aside} is none of ours")
