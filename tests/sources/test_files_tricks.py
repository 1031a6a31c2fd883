"""Archives and folders that were made to be read wrong: nothing outside is read, nothing grows without bound."""

from __future__ import annotations

import functools
import gzip
import os
import resource
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from ksec_tui.cluster.coverage import State
from ksec_tui.cluster.kinds import POD
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.cluster.text import is_hostile
from ksec_tui.sources import archive
from tests.cli.conftest import ROOT
from tests.sources.manifests import POD_YAML, Write, names, read

OUTSIDE = POD_YAML % "outside"
MEMORY = 700 << 20
"""Bytes of address space in which every trick must be seen through."""


def entry(name: str, content: bytes = b"", kind: bytes = tarfile.REGTYPE, size: int | None = None) -> bytes:
    """One entry of a tar archive, its header saying what it is told to."""
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, "/etc/passwd" if kind in (tarfile.LNKTYPE, tarfile.SYMTYPE) else ""
    info.size = len(content) if size is None else size
    return info.tobuf(tarfile.GNU_FORMAT) + content + b"\0" * (-len(content) % 512)


def good(name: str, at: str = "good.yaml") -> bytes:
    return entry(at, (POD_YAML % name).encode())


def sparse(size: int) -> bytes:
    """A file of nothing but holes."""
    header = bytearray(entry("holes.yaml", kind=tarfile.GNUTYPE_SPARSE))
    for place, number in ((386, 0), (398, 0), (483, size)):
        header[place : place + 12] = b"%011o\0" % number
    header[148:156] = b"%06o\0 " % (256 + sum(header[:148]) + sum(header[156:512]))
    return bytes(header)


@functools.cache
def tricks() -> dict[str, tuple[bytes, str]]:
    """Archives, and a word of the reason that is told; after or before the trick stands a good pod."""
    return {
        "holes of 8 GiB": (good("a") + sparse((8 << 30) - 1), "sparse"),
        "a size that is not there": (good("a") + entry("b.yaml", b"x", size=1 << 32), "cut short"),
        "long names for long names": (good("a") + entry("n", b"name\0", b"L") * 3_000, "damaged"),
        "extended headers for extended headers": (
            good("a") + entry("n", b"9 path=a\n", b"x") * 3_000,
            "damaged",
        ),
        "too many entries": (good("a") + entry("d/", kind=tarfile.DIRTYPE) * 100_001, "100,000 entries"),
        "a bomb": (
            gzip.compress(good("a") + entry("b.yaml", size=72 << 20) + b" " * (72 << 20)),
            "times its size",
        ),
        "devices and links": (
            good("a")
            + b"".join(
                entry(f"{kind!r}.yaml", kind=kind)
                for kind in (
                    tarfile.SYMTYPE,
                    tarfile.LNKTYPE,
                    tarfile.CHRTYPE,
                    tarfile.BLKTYPE,
                    tarfile.FIFOTYPE,
                )
            ),
            "5 entries are links or devices",
        ),
        "archives in an archive": (
            good("a") + entry("in.tar.gz", b"x") + entry("b.zip", b"x"),
            "archives themselves",
        ),
        "names that act": (
            good("a", "../../\x1b]52;c;eA==\x07/\u202e.yaml") + entry("\x1b[2J.yaml", kind=b"2"),
            "␛",
        ),
    }


@pytest.mark.parametrize("trick", tricks())
def test_a_trick_in_an_archive_is_told_and_what_is_good_is_read(write: Write, trick: str) -> None:
    data, word = tricks()[trick]
    snapshot, problems = read(write("a.tar", data))
    assert names(snapshot) == ["a"]
    assert word in " ".join(problems.values())
    assert not any(is_hostile(where + reason) for where, reason in problems.items())


@pytest.mark.parametrize("trick", ["holes of 8 GiB", "a size that is not there"])
def test_what_was_wanted_and_not_read_makes_no_kind_complete(write: Write, trick: str) -> None:
    snapshot, _ = read(write("a.tar", tricks()[trick][0]))
    assert snapshot.coverage.of(POD).state is State.TRUNCATED


def test_of_entries_with_one_name_each_is_read(write: Write) -> None:
    snapshot, problems = read(write("a.tar", good("a") + good("b") + good("a")))
    assert names(snapshot) == ["a", "b"]
    assert "more than once" in " ".join(problems.values())


def test_no_archive_needs_much_memory(tmp_path: Path) -> None:
    for number, (data, _) in enumerate(tricks().values()):
        (tmp_path / f"{number}.tar").write_bytes(data)
    code = (
        "import sys; from ksec_tui.sources.base import load; from ksec_tui.sources.files import FileSource; "
    )
    code += "print(len(load(FileSource(sys.argv[1:]))[1]))"
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY)),
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert int(done.stdout) >= len(tricks()) - 1


def test_a_zip_archive_is_refused_with_advice(write: Write) -> None:
    snapshot, problems = read(write("a.zip", b"PK\x03\x04rest"), write("a.yaml", POD_YAML % "a"))
    assert "unpack it" in " ".join(problems.values())
    assert snapshot.coverage.of(POD).state is State.TRUNCATED


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one pod; beside it, outside, another."""
    (tmp_path / "inside").mkdir()
    (tmp_path / "inside" / "a.yaml").write_text(POD_YAML % "a")
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "o.yaml").write_text(OUTSIDE)
    return tmp_path / "inside"


def told(snapshot: Snapshot, problems: dict[str, str]) -> None:
    """Only the pod inside was read, and that something was not is said."""
    assert names(snapshot) == ["a"]
    assert "leads out" in " ".join(problems.values())
    assert snapshot.coverage.of(POD).state is State.TRUNCATED


@pytest.mark.parametrize("target", ["../outside/o.yaml", "/etc/passwd", "sub/../../outside/o.yaml"])
def test_a_link_out_of_a_folder_is_not_followed(folder: Path, target: str) -> None:
    (folder / "sub").mkdir()
    (folder / "link.yaml").symlink_to(target)
    told(*read(folder))


def test_a_link_to_a_folder_outside_is_not_followed_nor_are_two_in_a_row(folder: Path) -> None:
    (folder / "more").symlink_to(folder.parent / "outside", target_is_directory=True)
    (folder / "again").symlink_to(folder / "more", target_is_directory=True)
    told(*read(folder))


def test_links_inside_a_folder_are_followed_as_those_of_a_mounted_config_map_are(folder: Path) -> None:
    (folder / "..2026").mkdir()
    (folder / "..2026" / "b.yaml").write_text(POD_YAML % "b")
    (folder / "..data").symlink_to("..2026", target_is_directory=True)
    (folder / "b.yaml").symlink_to("..data/b.yaml")
    snapshot, problems = read(folder)
    assert names(snapshot) == ["a", "b"]
    assert problems == {}


def test_a_folder_named_by_a_link_is_read(folder: Path) -> None:
    (folder.parent / "named").symlink_to(folder, target_is_directory=True)
    assert names(read(folder.parent / "named")[0]) == ["a"]


def test_loops_pipes_and_links_to_themselves_end_with_a_reason(folder: Path) -> None:
    (folder / "self.yaml").symlink_to("self.yaml")
    (folder / "up").symlink_to("..", target_is_directory=True)
    (folder / "here").symlink_to(".", target_is_directory=True)
    os.mkfifo(folder / "pipe.yaml")
    snapshot, problems = read(folder)
    assert names(snapshot) == ["a"]
    assert {Path(where).name for where in problems} == {"self.yaml", "up", "pipe.yaml"}


def test_what_may_not_be_read_is_named(folder: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may read everything")
    (folder / "b.yaml").write_text(POD_YAML % "b")
    (folder / "b.yaml").chmod(0)
    snapshot, problems = read(folder)
    assert names(snapshot) == ["a"]
    assert problems == {str(folder / "b.yaml"): "Permission denied"}
    assert snapshot.coverage.of(POD).state is State.TRUNCATED


def test_a_member_is_never_written_anywhere(folder: Path) -> None:
    before = sorted(folder.parent.rglob("*"))
    (folder / "x.tar").write_bytes(good("b", "../../../x.yaml") + good("c", "/x.yaml"))
    assert names(read(folder)[0]) == ["a", "b", "c"]
    assert sorted(folder.parent.rglob("*")) == sorted([*before, folder / "x.tar"])
    assert archive.is_archive("x.tar")
