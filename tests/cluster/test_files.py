"""Writing a private file: whole or not at all, never over what is there, never through a link."""

import stat
from pathlib import Path

import pytest

from ksec_tui.cluster.files import write_private


def test_the_file_is_for_its_owner_only_and_nothing_else_is_left(tmp_path: Path) -> None:
    write_private(tmp_path / "a", b"content")
    assert (tmp_path / "a").read_bytes() == b"content"
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [tmp_path / "a"]


def test_an_existing_file_stays_untouched(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"mine")
    with pytest.raises(FileExistsError):
        write_private(tmp_path / "a", b"new")
    assert (tmp_path / "a").read_bytes() == b"mine"
    assert list(tmp_path.iterdir()) == [tmp_path / "a"]


def test_force_replaces_a_file_and_its_mode(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"old")
    (tmp_path / "a").chmod(0o644)
    write_private(tmp_path / "a", b"new", force=True)
    assert (tmp_path / "a").read_bytes() == b"new"
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o600


def test_a_link_is_replaced_and_never_followed(tmp_path: Path) -> None:
    (tmp_path / "target").write_bytes(b"target")
    (tmp_path / "a").symlink_to(tmp_path / "target")
    write_private(tmp_path / "a", b"new", force=True)
    assert not (tmp_path / "a").is_symlink()
    assert (tmp_path / "target").read_bytes() == b"target"


def test_a_dangling_link_counts_as_taken(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to(tmp_path / "nowhere")
    with pytest.raises(FileExistsError):
        write_private(tmp_path / "a", b"new")
    assert not (tmp_path / "nowhere").exists()


def test_an_error_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    with pytest.raises(IsADirectoryError):
        write_private(tmp_path / "a", b"new", force=True)
    assert list(tmp_path.iterdir()) == [tmp_path / "a"]
    with pytest.raises(FileNotFoundError):
        write_private(tmp_path / "none" / "a", b"new")
