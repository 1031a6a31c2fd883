"""Files that take their places in a folder that holds some: a break is seen, leads nowhere, and is completed."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from ksec_tui.fixes.errors import ExportError
from ksec_tui.fixes.export import export
from ksec_tui.fixes.switch import UNFINISHED, is_unfinished, put
from tests.fixes.cluster import shop
from tests.fixes.test_export import proven

OLD = {"REPORT.md": "old", "kubectl/commands.sh": "old", "kubectl/10-patch/a.yaml": "old"}
NEW = {
    "REPORT.md": "new",
    "kubectl/commands.sh": "new",
    "kubectl/10-patch/a.yaml": "new",
    "kubectl/10-patch/b.yaml": "new",
}


def texts(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def cut_short(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in which the new files stopped taking their places after the first one."""
    folder = tmp_path / "out"
    folder.mkdir()
    put(folder, OLD)
    real, moved = os.replace, []

    def replace(source: Any, target: Any, **more: Any) -> None:
        moved.append(target)
        if len(moved) > 1:
            raise OSError(5, "Input/output error")
        real(source, target, **more)

    with monkeypatch.context() as broken:
        broken.setattr(os, "replace", replace)
        with pytest.raises(
            ExportError, match=f"only a part of the new files, .*{UNFINISHED} the rest: Input"
        ):
            put(folder, NEW)
    return folder


def test_what_is_cut_short_is_in_plain_sight_and_nothing_names_a_mixture(cut_short: Path) -> None:
    assert is_unfinished(cut_short)
    found = texts(cut_short)
    assert "--force" in found[f"{UNFINISHED}/READ-ME.txt"]
    assert "kubectl/commands.sh" not in found
    assert "REPORT.md" not in found
    assert found["kubectl/10-patch/a.yaml"] == "new"
    assert found[f"{UNFINISHED}/kubectl/10-patch/b.yaml"] == "new"


def test_the_next_export_completes_it_before_it_does_its_own(cut_short: Path) -> None:
    put(cut_short, {"REPORT.md": "newest"})
    assert texts(cut_short) == {**NEW, "REPORT.md": "newest"}
    assert not (cut_short / UNFINISHED).exists()


def test_without_force_it_is_left_as_it_is_and_the_error_says_what_it_is(cut_short: Path) -> None:
    before = texts(cut_short)
    with pytest.raises(
        ExportError, match="is not empty: an export into it was cut short, which --force completes"
    ):
        export(*proven(shop()), cut_short)
    assert texts(cut_short) == before


@pytest.mark.parametrize("there", ["file", "folder", "link"])
def test_a_thing_of_that_name_that_is_none_of_ours_is_left_alone(tmp_path: Path, there: str) -> None:
    aside = tmp_path / UNFINISHED
    if there == "file":
        aside.write_text("mine")
    elif there == "link":
        aside.symlink_to(tmp_path)
    else:
        aside.mkdir()
        (aside / "mine").write_text("mine")
    before = texts(tmp_path)
    with pytest.raises(ExportError, match="none of ours"):
        put(tmp_path, NEW)
    assert texts(tmp_path) == before


def test_a_link_in_what_was_left_is_not_put_in_place(cut_short: Path) -> None:
    (cut_short / UNFINISHED / "evil").symlink_to("/etc/hosts")
    with pytest.raises(ExportError, match="none of ours"):
        put(cut_short, NEW)
    assert not (cut_short / "evil").exists()


@pytest.mark.parametrize(("name", "why"), [("REPORT.md", "is a folder"), ("kubectl", "is no folder")])
def test_what_would_fail_halfway_is_refused_at_once(tmp_path: Path, name: str, why: str) -> None:
    if name == "REPORT.md":
        (tmp_path / name).mkdir()
    else:
        (tmp_path / name).write_text("mine")
    with pytest.raises(ExportError, match=why):
        put(tmp_path, NEW)
    assert [path.name for path in tmp_path.iterdir()] == [name]
