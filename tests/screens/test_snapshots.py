"""Pictures of every pane and state: a change of looks shows as a difference to look at.

After a change that is meant: ``pytest tests/screens/test_snapshots.py --snapshot-update``.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Awaitable, Callable
from importlib.metadata import version
from typing import Any

import pytest
from textual.pilot import Pilot

from ksec_tui.app import KsecApp
from ksec_tui.cluster.coverage import KindCoverage, State
from ksec_tui.cluster.kinds import KINDS
from ksec_tui.screens import panes
from ksec_tui.screens.explorer import Explorer
from ksec_tui.screens.pane import discover
from ksec_tui.sources.base import SourceError
from ksec_tui.sources.demo import DemoSource
from tests.screens.explorers import User
from tests.screens.world import World, cluster

DRAWN_BY = "8.2"
"""The minor release of Textual that drew the pictures: others may draw the same screen differently."""

pytestmark = [
    pytest.mark.skipif(
        not version("textual").startswith(f"{DRAWN_BY}."), reason=f"pictures are of Textual {DRAWN_BY}"
    ),
    pytest.mark.skipif(sys.version_info[:2] not in {(3, 11), (3, 12), (3, 13)}, reason="untried Python"),
]

Compare = Callable[..., bool]
SIZES = {"80x24": (80, 24), "140x45": (140, 45)}
PANES = {pane.id: str(pane.number) for pane in discover(panes)}


def demo() -> KsecApp:
    return KsecApp(DemoSource(today="2026-11-21"))


def after(*keys: str) -> Callable[[Pilot[Any]], Awaitable[None]]:
    """Load everything, press keys, wait until the screen shows what came of it."""

    async def run(pilot: Pilot[Any]) -> None:
        app = pilot.app
        assert isinstance(app, KsecApp)
        user = User(app, pilot)
        await user.until(lambda: isinstance(app.screen, Explorer))
        await user.loaded()
        await user.press(*keys)
        await user.rests()
        app.clear_notifications()
        await pilot.pause()

    return run


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("pane", PANES)
def test_pane(snap_compare: Compare, pane: str, size: str) -> None:
    assert snap_compare(demo(), terminal_size=SIZES[size], run_before=after(PANES[pane]))


@pytest.mark.parametrize("pane", ["findings", "namespaces", "rbac"])
def test_pane_without_colour(snap_compare: Compare, monkeypatch: pytest.MonkeyPatch, pane: str) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert snap_compare(demo(), terminal_size=(80, 24), run_before=after(PANES[pane]))


@pytest.mark.parametrize(("tab", "key"), [("fix", "D"), ("yaml", "y"), ("links", "u")])
def test_detail(snap_compare: Compare, tab: str, key: str) -> None:
    filtered = ["6", "slash", *"build-agent", "enter", key]
    keys = ["minus" if char == "-" else char for char in filtered]
    assert snap_compare(demo(), terminal_size=(140, 45), run_before=after(*keys))


def test_narrow_list(snap_compare: Compare) -> None:
    assert snap_compare(demo(), terminal_size=(60, 20), run_before=after())


def test_ascii(snap_compare: Compare) -> None:
    app = KsecApp(DemoSource(today="2026-11-21"), ascii=True)
    assert snap_compare(app, terminal_size=(80, 24), run_before=after())


def test_state_loading(snap_compare: Compare) -> None:
    gate = threading.Event()

    async def run(pilot: Pilot[Any]) -> None:
        assert isinstance(pilot.app, KsecApp)
        app, user = pilot.app, User(pilot.app, pilot)
        await user.until(lambda: isinstance(app.screen, Explorer))
        await user.until(lambda: app.session.state.snapshot.coverage.of(KINDS[-2]).state is State.OK)
        await user.press("8", "G")
        await user.rests()

    assert snap_compare(KsecApp(World([], gate=gate)), terminal_size=(80, 24), run_before=run)


def test_state_empty(snap_compare: Compare) -> None:
    assert snap_compare(KsecApp(World([])), terminal_size=(80, 24), run_before=after("6"))


def test_state_forbidden(snap_compare: Compare) -> None:
    coverage = {kind.resource: KindCoverage(State.FORBIDDEN) for kind in KINDS}
    app = KsecApp(World([], coverage=coverage))
    assert snap_compare(app, terminal_size=(80, 24), run_before=after("6"))


def test_state_failed(snap_compare: Compare) -> None:
    app = KsecApp(World(SourceError("10.0.0.1 does not answer")))
    assert snap_compare(app, terminal_size=(80, 24), run_before=after())


def test_state_stale_and_hidden(snap_compare: Compare) -> None:
    app = KsecApp(World(cluster(), SourceError("10.0.0.1 does not answer")))
    keys = ["R", "6", "slash", *"nothing", "enter"]
    assert snap_compare(app, terminal_size=(80, 24), run_before=after(*keys))
