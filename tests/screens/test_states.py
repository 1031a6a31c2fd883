"""Loading, none, refused, not served, failed, stale, not given, hidden: each looks different and says what to do."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import NoReturn

import pytest

from ksec_tui.cluster.coverage import KindCoverage, State
from ksec_tui.cluster.kinds import KINDS
from ksec_tui.cluster.snapshot import SourceInfo
from ksec_tui.screens.pane import View
from ksec_tui.sources.base import Problem, SourceError
from tests.screens.explorers import exploring
from tests.screens.world import World, cluster, thing

EVERY_KIND = [kind.resource for kind in KINDS]


def all_are(state: State, reason: str = "") -> dict[str, KindCoverage]:
    return {resource: KindCoverage(state, reason=reason) for resource in EVERY_KIND}


async def test_what_is_still_loading_is_not_called_empty() -> None:
    gate = threading.Event()
    async with exploring(World([], gate=gate), wait=False) as user:
        await user.until(lambda: "reading …" in user.lines[0])
        await user.press("5")
        gate.set()
        await user.loaded()
        assert "reading" not in user.lines[0]
    gate = threading.Event()
    last = KINDS[-1]
    source = World([], gate=gate)
    async with exploring(source, wait=False) as user:
        await user.until(lambda: source.readings == 1)
        await user.press("8")
        row = await user.find(name=last.resource)
        assert row.values["state"].text.endswith(("queued", "loading"))
        gate.set()


@pytest.mark.parametrize(
    ("state", "reason", "words"),
    [
        (State.FORBIDDEN, "", "namespaces could not be listed (forbidden)"),
        (State.ERROR, "timed out", "namespaces could not be read: timed out"),
        (State.NOT_SUPPLIED, "", "namespaces were not supplied"),
        (State.ABSENT, "", "namespaces are not served by this API server"),
        (State.TRUNCATED, "too many", "the list of namespaces is incomplete: too many"),
    ],
    ids=lambda value: value.value if isinstance(value, State) else "",
)
async def test_an_empty_list_says_why_it_is_empty(state: State, reason: str, words: str) -> None:
    async with exploring(World([], coverage=all_are(state, reason))) as user:
        await user.press("3")
        assert words in user.screen
        assert "Pane 8 shows what is missing" in user.screen
        assert "no namespaces" not in user.screen
        assert "coverage 100%" not in user.lines[0] or state is State.ABSENT


async def test_truly_none_is_said_plainly() -> None:
    async with exploring(World([])) as user:
        await user.press("3")
        assert "no namespaces" in user.screen
        assert "Pane 8" not in user.screen


async def test_what_nobody_may_read_is_unknown_and_never_a_pass() -> None:
    coverage = {"networkpolicies.networking.k8s.io": KindCoverage(State.FORBIDDEN)}
    async with exploring(World(coverage=coverage)) as user:
        await user.filter("verdict:unknown rule:ns-no-netpol*")
        assert user.explorer.table.shown_count > 0
        assert all(line.split()[0] == "?" for line in user.lines[4 : 4 + user.explorer.table.shown_count])
        assert "forbidden" in user.detail
        await user.press("escape", "3")
        assert "?" in next(line for line in user.lines if " shop " in line)
        await user.press("8")
        row = await user.find(name="networkpolicies.networking.k8s.io")
        assert row.values["state"].text == "x forbidden"


async def test_an_error_at_the_start_is_shown_with_what_to_do_and_r_tries_again() -> None:
    async with exploring(World(SourceError("no route to host"), cluster())) as user:
        assert "ERROR" in user.lines[0]
        assert "no route to host" in user.screen
        assert "Press R to try again." in user.screen
        assert user.said == ["no route to host; R tries again"]
        await user.press("R")
        await user.loaded()
        assert "ERROR" not in user.lines[0]
        assert user.explorer.table.shown_count > 0


async def test_where_nothing_could_be_read_every_pane_says_why() -> None:
    reason = f"no route to https://{'a' * 40}.example.com: connection refused by the very first try"
    async with exploring(World(SourceError(reason), cluster()), size=(80, 24), pane="priorities") as user:
        shown = " ".join(user.screen.split())
        assert "connection refused by the very first try Press R to try again." in shown
        assert "No way" not in shown
        assert "still loading" not in shown
        await user.press("8")
        row = await user.find(name="namespaces")
        assert row.values["state"].text == "! error"
        assert row.values["reason"] == reason


async def test_a_refresh_that_fails_keeps_the_rows_and_calls_them_stale() -> None:
    async with exploring(World(cluster(), SourceError("no route to host"))) as user:
        rows = [row.key for row in user.explorer.table.shown]
        await user.press("R")
        await user.until(lambda: user.app.session.state.error)
        await user.rests()
        assert "STALE" in user.lines[0]
        assert user.said == ["no route to host; R tries again"]
        assert [row.key for row in user.explorer.table.shown] == rows


async def test_what_is_hidden_is_counted_and_what_hides_it_is_named() -> None:
    async with exploring() as user:
        total = user.explorer.table.total_count
        await user.filter("zzz")
        assert f"all {total} rows hidden by the filter zzz" in user.screen
        assert "esc shows them again" in user.screen
        await user.press("escape")
        await user.command("ns nowhere")
        assert f"all {total} rows hidden by namespaces nowhere" in user.screen


async def test_what_could_not_be_taken_in_is_listed() -> None:
    broken = thing("v1", "Pod", "odd", "shop", spec={"containers": "none"})
    source = World([*cluster(), broken], problems=[Problem("notes.yaml:3", "is no object")])
    async with exploring(source) as user:
        await user.press("8", "right_parenthesis")
        assert "notes.yaml:3" in user.screen
        assert "is no object" in user.screen
        assert "Pod shop/odd" in user.screen


async def test_the_state_of_a_live_cluster_has_an_age_and_others_have_none() -> None:
    async with exploring(World(info=SourceInfo(kind="live", label="prod", user="ann"))) as user:
        assert "s ago" in user.lines[0]
        assert "as ann" in user.lines[0]
    async with exploring() as user:
        assert "ago" not in user.lines[0]


def faulty(_: View) -> NoReturn:
    raise ValueError("a fault of the program")


async def test_a_fault_in_one_tab_takes_no_other_list_away() -> None:
    async with exploring() as user:
        explorer = user.explorer
        shown = explorer.table.total_count
        versions = next(i for i, pane in enumerate(explorer.panes) if pane.id == "versions")
        panes = list(explorer.panes)
        panes[versions] = replace(panes[versions], badge=faulty)
        explorer.panes = tuple(panes)
        explorer.rebuild()
        await user.press("6", "2")
        assert explorer.table.total_count == shown > 0


async def test_a_list_that_could_not_be_worked_out_is_not_called_empty() -> None:
    async with exploring() as user:
        explorer = user.explorer
        panes = list(explorer.panes)
        place = next(i for i, pane in enumerate(panes) if pane.id == "namespaces")
        listing = replace(panes[place].listings[0], rows=faulty)
        panes[place] = replace(panes[place], listings=(listing,))
        explorer.panes = tuple(panes)
        await user.press("3")
        await user.until(lambda: "could not be worked out" in user.screen)
        assert "no namespaces" not in user.screen
        assert any(said.startswith("internal error: ") for said in user.said)
        user.app.clear_notifications()
        await user.press("6")
        assert "could not be worked out" not in user.screen
