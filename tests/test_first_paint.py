"""The first frame comes before everything that takes time: reading, engines, the cluster's client."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from ksec_tui.app import KsecApp
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import SourceInfo
from ksec_tui.screens import panes
from ksec_tui.screens.explorer import Explorer
from ksec_tui.screens.opening import Opening
from ksec_tui.screens.pane import discover
from ksec_tui.sources.base import Event

ROOT = Path(__file__).resolve().parents[1]


def imported_by(module: str) -> set[str]:
    """The modules that importing one brings in a fresh interpreter."""
    script = f"import sys, {module}; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


def test_importing_the_app_brings_no_client_no_engine_and_no_yaml() -> None:
    found = imported_by("ksec_tui.app")
    late = {
        "kubernetes",
        "urllib3",
        "yaml",
        "msgspec",
        "ksec_tui.checks",
        "ksec_tui.session",
        "ksec_tui.cluster.kinds",
    }
    assert not found & late


def test_the_explorer_does_without_the_client_until_it_reads() -> None:
    assert not imported_by("ksec_tui.screens.explorer") & {"kubernetes", "urllib3"}


WATCHED_IMPORTS = """
import asyncio, sys, threading
from ksec_tui.app import KsecApp
from ksec_tui.sources.demo import DemoSource

class Watcher:
    def find_spec(self, name, path=None, target=None):
        if threading.current_thread() is threading.main_thread():
            print(name)

async def explore():
    app = KsecApp(DemoSource(today="2026-11-21"))
    async with app.run_test() as pilot:
        sys.meta_path.insert(0, Watcher())
        while app.explorer is None or not app.explorer.at_rest:
            await pilot.pause()
        for key in "123456789":
            await pilot.press(key)
            while not app.explorer.at_rest:
                await pilot.pause()
    print("ended")

asyncio.run(explore())
"""


def test_the_thread_that_draws_imports_no_engine_pane_or_tab() -> None:
    command = [sys.executable, "-c", WATCHED_IMPORTS]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    found = done.stdout.split()
    assert found[-1] == "ended"
    assert [name for name in found if name.startswith("ksec_tui")] == []


class Blocking:
    """A source that holds its first event back and tells what was on screen when it was asked."""

    info = SourceInfo(kind="live", label="prod-eu")

    def __init__(self) -> None:
        self.asked = threading.Event()
        self.frames_before = -1
        self.app: Watched | None = None

    def events(self, cancel: threading.Event) -> Iterator[Event]:
        self.frames_before = self.app.explorer_frames if self.app else -1
        self.asked.set()
        cancel.wait(30)
        return iter(())

    def fetch(self, ref: ObjectRef) -> None:
        return None


class Watched(KsecApp):
    """Counts the frames of the explorer that reached the terminal."""

    explorer_frames = 0

    def _display(self, screen: object, renderable: object) -> None:
        super()._display(screen, renderable)  # type: ignore[arg-type]  # Textual's own hook, only watched
        if renderable is not None and not self._batch_count and isinstance(screen, Explorer):
            self.explorer_frames += 1


async def test_the_source_is_asked_for_nothing_before_the_explorer_is_on_the_screen() -> None:
    source = Blocking()
    app = source.app = Watched(source)
    async with app.run_test(size=(100, 30)) as pilot:
        for _ in range(500):
            if source.asked.is_set():
                break
            await pilot.pause()
        assert source.frames_before > 0
        shown = app.export_screenshot()
    for words in ("prod-eu", "READ-ONLY", "Priorities", "reading"):
        assert words in shown


@pytest.mark.parametrize("width", [80, 120])
async def test_the_first_frame_shows_status_panes_and_that_it_loads(width: int) -> None:
    app = KsecApp(Blocking())
    async with app.run_test(size=(width, 24)):
        await app.push_screen(Opening("prod-eu", lambda: None))
        frame = app.screen.render()
    lines = str(frame).splitlines()
    assert "prod-eu" in lines[0]
    assert "READ-ONLY" in lines[0]
    assert all(f"{number} {title[:4]}" in lines[1] for number, title in enumerate(panes.TITLES, 1))
    assert any(line.strip().startswith("loading") for line in lines)
    assert max(map(len, lines)) <= width


def test_the_first_frame_calls_the_panes_what_they_are_called() -> None:
    found = {pane.number: pane.title for pane in discover(panes)}
    assert found.items() <= dict(enumerate(panes.TITLES, 1)).items()
