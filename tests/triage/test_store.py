"""The triage file on disk: private, whole, and shared by programs that write at the same time."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ksec_tui.triage import store
from ksec_tui.triage.decision import Decision, State
from ksec_tui.triage.notation import HEADER, TriageError
from ksec_tui.triage.triage import NOTHING
from tests.triage.values import finding, ruling, text_of

ROOT = Path(__file__).parents[2]
WRITER = """
import sys
from pathlib import Path
from ksec_tui.triage import store
from ksec_tui.triage.decision import Decision, State
for number in range(int(sys.argv[3])):
    name = f"/Pod/{sys.argv[2]}/pod-{number}"
    store.save(Path(sys.argv[1]), [Decision("wl-host-pid", name, State.OPEN, "2026-11-21T00:00:00Z")])
"""


def decision(name: str = "web", state: State = State.MITIGATED, at: str = "2026-11-21") -> Decision:
    checked = finding(check=f"wl-{name}")
    found = NOTHING.decide([checked], ruling(state, at)).of(checked)
    assert found is not None
    return found


def test_a_file_is_made_for_its_owner_only_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "state" / "triage" / "t.yaml"
    saved = store.save(path, [decision()])
    assert saved.written == (decision(),)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert [item.name for item in path.parent.iterdir()] == ["t.yaml"]
    assert store.load(path).triage == saved.read.triage == NOTHING.merged([decision()])


def test_two_sessions_keep_each_others_decisions_in_either_order(tmp_path: Path) -> None:
    one, other = decision("one"), decision("other")
    for name, order in (("a", (one, other)), ("b", (other, one))):
        for item in order:
            store.save(tmp_path / name, [item])
    assert text_of(tmp_path / "a") == text_of(tmp_path / "b")
    assert store.load(tmp_path / "a").triage == NOTHING.merged([one, other])


def test_of_two_sessions_that_decide_alike_the_later_decision_holds_in_either_order(tmp_path: Path) -> None:
    older, newer = decision(at="2026-11-20"), decision(state=State.WONT_FIX)
    store.save(tmp_path / "a", [older])
    assert store.save(tmp_path / "a", [newer]).newer == ()
    store.save(tmp_path / "b", [newer])
    saved = store.save(tmp_path / "b", [older])
    assert (saved.written, saved.newer) == ((), (newer,))
    assert text_of(tmp_path / "a") == text_of(tmp_path / "b")


def test_what_somebody_took_out_or_changed_by_hand_is_not_put_back(tmp_path: Path) -> None:
    path = tmp_path / "t.yaml"
    store.save(path, [decision("gone"), decision("kept")])
    read = store.load(path)
    path.write_text(HEADER, encoding="utf-8")
    after = read.triage.decide([finding(check="wl-new")], ruling())
    store.save(path, after.changes(read.triage))
    assert [item.check for item in store.load(path).triage.decisions.values()] == ["wl-new"]


def test_programs_that_write_at_the_same_time_lose_nothing(tmp_path: Path) -> None:
    path, each = tmp_path / "t.yaml", 12
    programs = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(path), name, str(each)], cwd=ROOT)
        for name in ("a", "b", "c")
    ]
    assert [program.wait(timeout=120) for program in programs] == [0, 0, 0]
    assert len(store.load(path).triage.decisions) == 3 * each
    assert [item.name for item in tmp_path.iterdir()] == ["t.yaml"]


def test_a_file_that_another_program_holds_is_waited_for_but_not_forever(tmp_path: Path) -> None:
    path = tmp_path / "t.yaml"
    beside = os.open(tmp_path / ".t.yaml.lock", os.O_RDWR | os.O_CREAT)
    fcntl.flock(beside, fcntl.LOCK_EX)
    with pytest.raises(TriageError, match="another program"), store.locked(path, seconds=0):
        pass
    os.close(beside)
    store.save(path, [decision()])


@pytest.mark.parametrize("text", ["schema: [", "schema: other/1\n", "{schema: ksec-triage/1}\n"])
def test_a_file_that_cannot_be_gone_on_with_stays_as_it_is(tmp_path: Path, text: str) -> None:
    path = tmp_path / "t.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(TriageError, match=r"t\.yaml"):
        store.save(path, [decision()])
    assert text_of(path) == text
    assert [item.name for item in tmp_path.iterdir()] == ["t.yaml"]


def test_a_link_is_read_but_never_written_through_or_replaced(tmp_path: Path) -> None:
    path, link = tmp_path / "t.yaml", tmp_path / "link.yaml"
    store.save(path, [decision()])
    link.symlink_to(path)
    assert store.load(link).triage.decisions
    with pytest.raises(TriageError, match="symbolic link"):
        store.save(link, [decision("other")])
    assert link.is_symlink()


def test_what_is_no_file_is_refused_without_waiting_for_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", tmp_path, Path("/dev/zero")):
        with pytest.raises(TriageError, match="no regular file"):
            store.load(path)
    for path in (tmp_path / "none", tmp_path / "a\0b"):
        with pytest.raises(TriageError):
            store.load(path)
    assert store.load(tmp_path / "none", missing_ok=True).triage == NOTHING


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(TriageError, match=r"file/t\.yaml"):
        store.save(tmp_path / "file" / "t.yaml", [decision()])
