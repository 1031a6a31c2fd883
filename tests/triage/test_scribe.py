"""The thread that reads and writes triage: what it tells, what it tries again, what closing waits for."""

from __future__ import annotations

import threading
from pathlib import Path

from ksec_tui.cluster.building import SnapshotBuilder
from ksec_tui.cluster.snapshot import SourceInfo
from ksec_tui.findings.runner import CheckResult, Results, Tally
from ksec_tui.triage import seen, store
from ksec_tui.triage.decision import Decision, State, decided
from ksec_tui.triage.scribe import Compared, Filed, Scribe, Told
from tests.triage.values import TODAY, finding, ruling

SNAPSHOT = SnapshotBuilder(SourceInfo(kind="demo", label="test", today="2026-11-21")).snapshot()


class Ear:
    """Hears what a scribe tells."""

    def __init__(self) -> None:
        self.told: list[Told] = []
        self._heard = threading.Condition()

    def __call__(self, told: Told) -> None:
        with self._heard:
            self.told.append(told)
            self._heard.notify_all()

    def wait(self, count: int = 1) -> None:
        """Wait until that much was told."""
        with self._heard:
            assert self._heard.wait_for(lambda: len(self.told) >= count, 20)

    @property
    def last(self) -> Filed:
        """The last word about the file."""
        return [item for item in self.told if isinstance(item, Filed)][-1]


def decision(check: str = "wl-privileged") -> Decision:
    return decided(finding(check=check), ruling())


def results(*checks: str) -> Results:
    found = {name: CheckResult((finding(check=name),), Tally(failed=1)) for name in checks}
    return Results(found)


def test_what_is_kept_is_written_and_told(tmp_path: Path) -> None:
    ear = Ear()
    path = tmp_path / "new" / "triage.yaml"
    scribe = Scribe(path, None, ear)
    scribe.keep([decision()])
    ear.wait()
    assert ear.last.unkept == 0
    assert ear.last.read is not None
    assert list(ear.last.read.triage.decisions.values()) == [decision()]
    assert store.load(path).triage == ear.last.read.triage


def test_closing_writes_what_is_not_written_yet(tmp_path: Path) -> None:
    path = tmp_path / "triage.yaml"
    scribe = Scribe(path, None, Ear())
    for number in range(20):
        scribe.keep([decision(f"wl-{number}")])
    scribe.close(20)
    assert len(store.load(path).triage.decisions) == 20


def test_what_could_not_be_written_is_counted_and_written_with_the_next(tmp_path: Path) -> None:
    ear = Ear()
    path = tmp_path / "triage.yaml"
    path.write_text("decisions: [")
    scribe = Scribe(path, None, ear)
    scribe.keep([decision("wl-a")])
    ear.wait(1)
    assert ear.last.unkept == 1
    assert "triage.yaml" in ear.last.trouble
    assert path.read_text() == "decisions: ["
    scribe.read()
    ear.wait(2)
    assert ear.last.unkept == 1
    path.unlink()
    scribe.keep([decision("wl-b")])
    ear.wait(3)
    assert (ear.last.unkept, ear.last.trouble) == (0, "")
    assert len(store.load(path).triage.decisions) == 2


def test_a_later_decision_of_somebody_else_stays_and_is_told(tmp_path: Path) -> None:
    ear = Ear()
    path = tmp_path / "triage.yaml"
    theirs = decided(finding(), ruling(State.MITIGATED, at="2026-11-22"))
    store.save(path, [theirs])
    scribe = Scribe(path, None, ear)
    scribe.keep([decision()])
    ear.wait()
    assert ear.last.newer == (theirs,)
    assert ear.last.unkept == 0


def test_without_a_file_nothing_is_told_or_started() -> None:
    ear = Ear()
    before = threading.active_count()
    scribe = Scribe(None, None, ear)
    scribe.read()
    scribe.keep([decision()])
    scribe.look(SNAPSHOT, results("wl-a"), (), TODAY)
    assert scribe.idle
    assert threading.active_count() == before
    scribe.close(1)
    assert ear.told == []


def test_what_is_new_is_told_against_the_last_sitting_also_after_a_refresh(tmp_path: Path) -> None:
    path = tmp_path / "seen.json"
    for _ in range(2):
        ear = Ear()
        scribe = Scribe(None, path, ear)
        scribe.look(SNAPSHOT, results("wl-a"), (), TODAY)
        ear.wait()
        scribe.close(20)
    ear = Ear()
    scribe = Scribe(None, path, ear)
    for count in (1, 2):
        scribe.look(SNAPSHOT, results("wl-a", "wl-b"), (), TODAY)
        ear.wait(count)
    scribe.close(20)
    for told in ear.told:
        assert isinstance(told, Compared)
        assert told.since.new == {finding(check="wl-b").fingerprint}
    assert len(seen.load(path).sightings) == 2


def test_a_broken_file_of_what_was_seen_is_told_and_not_written_over(tmp_path: Path) -> None:
    ear = Ear()
    path = tmp_path / "seen.json"
    path.write_text("{")
    scribe = Scribe(None, path, ear)
    scribe.look(SNAPSHOT, results("wl-a"), (), TODAY)
    ear.wait()
    scribe.look(SNAPSHOT, results("wl-a"), (), TODAY)
    scribe.close(20)
    assert path.read_text() == "{"
    (told,) = ear.told
    assert isinstance(told, Compared)
    assert "seen.json" in told.trouble
