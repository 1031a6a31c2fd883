"""Killed at any step of writing, or failed by the disk: the old file is there or the new one, never half."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from ksec_tui.cluster.files import ABANDONED, write_private
from ksec_tui.triage import store
from tests.cli.conftest import ROOT
from tests.hostile.operations import OPERATIONS

GROUPS = (
    ("triage, new", "triage", "what was seen", "state", "state over a broken one"),
    ("snapshot", "snapshot over another", "table, summary, record", "settings", "facts", "in place"),
    ("export", "export into an empty folder", "export over another"),
)
DISTURBED = ("triage", "snapshot over another", "settings")
"""Those that stand for the others where time is short: under a lock, replacing, making folders."""


def tried(way: str, *names: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.hostile.crash", way, *names],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    told = json.loads(done.stdout)
    for name, found in told.items():
        assert found["wrong"] == [], (name, found["wrong"], done.stderr[-3000:])
        assert found["points"] >= 10, name
    assert set(told) == set(names)
    return dict(told)


def test_every_operation_is_tried() -> None:
    assert sorted(name for group in GROUPS for name in group) == sorted(OPERATIONS)


@pytest.mark.parametrize("names", GROUPS, ids=lambda names: names[0])
def test_killed_at_any_step_leaves_the_old_file_or_the_new_and_does_not_stop_the_next_run(
    names: tuple[str, ...],
) -> None:
    tried("killed", *names)


def test_a_step_that_fails_leaves_the_old_file_or_the_new_and_a_clear_error() -> None:
    tried("disturbed", *DISTURBED)


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in OPERATIONS if name not in DISTURBED])
def test_a_step_that_fails_in_any_other_operation_leaves_the_old_file_or_the_new(name: str) -> None:
    tried("disturbed", name)


WRITER = """
import os, signal, sys
from pathlib import Path
from ksec_tui.triage import store
from ksec_tui.triage.decision import Decision, State
from tests.hostile.steps import Steps, apart, kill
path, name = Path(sys.argv[1]), sys.argv[2]
def decide(number):
    store.save(path, [Decision("wl-host-pid", f"/Pod/{name}/p{number}", State.OPEN, "2026-11-21T00:00:00Z")])
for number in range(20):
    if name == "dying":
        steps = Steps(path.parent, number + 1, kill)
        def work():
            with steps.watching():
                decide(number)
        apart(work, ())
    else:
        decide(number)
"""


def test_a_program_that_dies_while_it_writes_costs_the_others_no_decision(tmp_path: Path) -> None:
    """Two write, a third is killed again and again, at another step each time, while it holds the file."""
    path = tmp_path / "t.yaml"
    programs = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(path), name], cwd=ROOT)
        for name in ("one", "two", "dying")
    ]
    assert [program.wait(timeout=120) for program in programs] == [0, 0, 0]
    found = [item.object for item in store.load(path).triage.decisions.values()]
    for name in ("one", "two"):
        assert sum(f"/{name}/" in item for item in found) == 20


def test_only_what_is_old_and_looks_left_behind_is_taken_away(tmp_path: Path) -> None:
    left, fresh = tmp_path / ".ksec-0123456789abcdef.tmp", tmp_path / ".ksec-fedcba9876543210.tmp"
    mine, link = tmp_path / ".ksec-notes.tmp", tmp_path / ".ksec-00000000000000ff.tmp"
    folder = tmp_path / ".ksec-ffffffffffffffff.tmp"
    for path in (left, fresh, mine):
        path.write_bytes(b"x")
    (folder / "kubectl").mkdir(parents=True)
    link.symlink_to(mine)
    ago = time.time() - ABANDONED - 60
    for path in (left, mine, folder, link):
        os.utime(path, (ago, ago), follow_symlinks=False)
    write_private(tmp_path / "new", b"data")
    assert sorted(tmp_path.iterdir()) == sorted([fresh, mine, link, tmp_path / "new"])


def test_where_there_are_no_hard_links_nothing_is_replaced_either(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def link(*_: object, **__: object) -> None:
        raise OSError(errno.EPERM, "no links")

    monkeypatch.setattr(os, "link", link)
    write_private(tmp_path / "a", b"one")
    with pytest.raises(FileExistsError):
        write_private(tmp_path / "a", b"two")
    assert (tmp_path / "a").read_bytes() == b"one"
    assert list(tmp_path.iterdir()) == [tmp_path / "a"]


def test_a_folder_that_may_be_written_but_not_read_is_written(tmp_path: Path) -> None:
    """Its names cannot be made to outlive a power cut, which is no reason to say that nothing was written."""
    folder = tmp_path / "f"
    folder.mkdir()
    folder.chmod(0o300)
    try:
        write_private(folder / "a", b"data")
        write_private(folder / "a", b"more", force=True)
        assert (folder / "a").read_bytes() == b"more"
    finally:
        folder.chmod(0o700)
