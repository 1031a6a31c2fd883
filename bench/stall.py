"""The longest that the running explorer does not answer, while it loads, judges, filters, refreshes and follows.

A coroutine beside the app asks to be woken every 5 ms; what comes later is a stall, as far as the process was busy
meanwhile: what else the machine does is no fault of the program's.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from bench.measure import Figures, Report, arguments, child, cpu, peak, printed, server_of
from ksec_tui.drawing import drawn

if TYPE_CHECKING:
    from textual.pilot import Pilot

    from ksec_tui.app import KsecApp
    from ksec_tui.screens.explorer import Explorer
    from ksec_tui.session import State

BEAT = 0.005
TARGET = 50.0
"""Milliseconds."""
WORDS = "app-0001 deploy"
FOLLOWED = 30.0
"""Seconds for which a cluster that changes is followed at least, and until something was judged again."""
CHANGES = 10
"""A second."""
PHASES = (
    "start",
    "reading",
    "judging",
    "filtering",
    "sorting",
    "refreshing",
    "following",
    "filtering meanwhile",
)


class Heartbeat:
    """Wakes every few milliseconds and keeps how late it was, by what was going on.

    A machine that does other work makes it late too. What counts is therefore that part of the delay for which
    this process itself was busy, with all its threads; the whole delay is kept beside it.
    """

    def __init__(self, phase: Callable[[], str]) -> None:
        self._phase = phase
        self.own: dict[str, list[float]] = {}
        self.wall: dict[str, float] = {}

    async def beat(self) -> None:
        """Runs until it is cancelled."""
        while True:
            phase, asked, busy = self._phase(), time.perf_counter(), cpu()
            await asyncio.sleep(BEAT)
            late = (time.perf_counter() - asked - BEAT) * 1000
            self.own.setdefault(phase, []).append(min(late, (cpu() - busy) * 1000))
            self.wall[phase] = max(late, self.wall.get(phase, 0.0))

    def figures(self) -> Figures:
        """The worst and the 99th percentile of each phase, and by the wall clock, milliseconds."""
        found: Figures = {}
        for phase, late in self.own.items():
            late.sort()
            found[phase] = late[-1]
            found[f"{phase} p99"] = late[len(late) * 99 // 100]
            found[f"{phase} wall"] = self.wall[phase]
        return found


def _app(kubeconfig: str, *, follow: bool) -> KsecApp:
    from ksec_tui.app import KsecApp
    from ksec_tui.sources.connection import open_connection
    from ksec_tui.sources.kubeconfig import ConnectionOptions
    from ksec_tui.sources.live import LiveSource

    return KsecApp(LiveSource(open_connection(ConnectionOptions(kubeconfig=kubeconfig))), watch=follow)


async def _until(app: KsecApp, holds: Callable[[State], bool]) -> None:
    """Waits for a State, at most four minutes; ends with the session's error if there is one."""
    async with asyncio.timeout(240):
        # Whoever asks for the session before the explorer is there imports it here and now.
        while app.explorer is None or not holds(app.session.state):
            if app.explorer is not None and app.session.state.error:
                raise RuntimeError(app.session.state.error)
            await asyncio.sleep(BEAT)


async def _filtered(pilot: Pilot[int], explorer: Explorer) -> None:
    """Types a filter and takes it back."""
    await pilot.press("slash")
    for letter in WORDS:
        await pilot.press("space" if letter == " " else letter)
        await asyncio.sleep(0.05)
    for _ in WORDS:
        await pilot.press("backspace")
        await asyncio.sleep(0.05)
    while explorer.prompt.is_open:
        await pilot.press("escape")


async def _sit(app: KsecApp, *, follow: bool) -> Figures:
    """Loads, filters when all is there, sorts, refreshes; then lets the cluster change and filters meanwhile."""
    doing = "start"

    def phase() -> str:
        if doing:
            return doing
        state = app.session.state
        return "reading" if state.reading else "judging" if state.judging else "at rest"

    heart = Heartbeat(phase)
    async with app.run_test(size=(120, 45)) as pilot:
        beating = asyncio.create_task(heart.beat())
        await _until(app, lambda state: state.snapshot.count() > 0)
        doing = ""
        await _until(app, lambda state: not (state.reading or state.judging))
        loaded = cpu()
        await asyncio.sleep(1.0)
        doing = "filtering"
        explorer = app.explorer
        if explorer is None:
            raise RuntimeError("the explorer is gone")
        await _filtered(pilot, explorer)
        doing = "sorting"
        explorer.table.action_sort_selected()
        await asyncio.sleep(0.5)
        doing = "refreshing"
        explorer.action_refresh()
        await _until(app, lambda state: not (state.reading or state.judging))
        await asyncio.sleep(1.0)
        if follow:
            doing = "following"
            known, until = app.session.state.snapshot, time.monotonic() + FOLLOWED
            await _until(app, lambda state: state.snapshot is not known and time.monotonic() > until)
            doing = "filtering meanwhile"
            await _filtered(pilot, explorer)
        doing = "end"
        beating.cancel()
        state = app.session.state
    found = heart.figures()
    counts = {"objects": float(state.snapshot.count()), "findings": float(len(state.results.findings))}
    return {**found, **counts, "cpu": loaded, "peak": peak()}


def run(pods: int, runs: int, *, follow: bool = True) -> Report:
    """Measures it."""
    report = Report(f"Stalls of the event loop, {pods:,} pods live{' and followed' if follow else ''}")
    taken: list[Figures] = []
    for _ in range(runs):  # each with a server of its own: what changes begins anew
        words = ["--pods", str(pods), "--in-place", "--rate", str(CHANGES), "--break-every", "1e9"]
        with server_of("bench.churning", *words, "--changes", str(CHANGES * 3600)) as kubeconfig:
            taken.append(child("bench.stall", str(kubeconfig), *(["follow"] if follow else [])))
    found = {name: statistics.median(one[name] for one in taken) for name in taken[0]}
    for phase in PHASES:
        worst = found.get(phase)
        if worst is not None:
            shown = f"{worst:.0f} ms (p99 {found[f'{phase} p99']:.0f}, wall {found[f'{phase} wall']:.0f})"
            report.row(f"worst while {phase}", shown, target=f"<= {TARGET:.0f} ms", met=worst <= TARGET)
    report.row("read and judged", f"{found['cpu']:.1f} s CPU, {found['peak']:.0f} MiB")
    report.note(
        f"{found['objects']:,.0f} objects, {found['findings']:,.0f} findings; medians of {runs} runs of their own. "
        "A stall counts as far as the process itself was busy; beside it the same by the wall clock."
        + (f" While it is followed {CHANGES} pods a second change." if follow else "")
    )
    return report


def main() -> None:
    """Measures, or is the measured process."""
    mine, words = arguments()
    if mine:
        follow = "follow" in mine
        printed(drawn(_sit(_app(mine[0], follow=follow), follow=follow)))
        return
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pods", type=int, default=10_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--no-follow", action="store_true", help="do not follow the cluster in the end")
    options = parser.parse_args(words)
    run(options.pods, options.runs, follow=not options.no_follow)


if __name__ == "__main__":
    main()
