"""Where newer facts about versions may lie than those that came with the program. Imports nothing heavy."""

from __future__ import annotations

from pathlib import Path

_folders: tuple[Path, ...] = ()


def user_folder() -> Path:
    """Where ``ksec-tui data update`` puts files: the platform's place for data of a program."""
    import platformdirs

    return platformdirs.user_data_path("ksec-tui") / "data"


def use(*folders: Path) -> None:
    """From now on look in these folders too; call it before anything is judged."""
    global _folders
    _folders = folders


def folders() -> tuple[Path, ...]:
    """The folders that are looked in besides the program's own; none unless `use` named some."""
    return _folders
