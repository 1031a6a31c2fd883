"""The longest that the running explorer does not answer, while it loads, judges, filters and refreshes.

A coroutine beside the app asks to be woken every 5 ms; what comes later is a stall. Wall time: a busy
machine makes it worse, so the median of several runs is given.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from bench.measure import Figures, Report, arguments, child, cpu, interleaved, peak, printed, serving

if TYPE_CHECKING:
    from ksec_tui.app import KsecApp
    from ksec_tui.session import State

BEAT = 0.005
TARGET = 50.0
"""Milliseconds."""
WORDS = "app-0001 deploy"


class Heartbeat:
    """Wakes every few milliseconds and keeps how late it was, by what was going on."""

    def __init__(self, phase: Callable[[], str]) -> None:
        self._phase = phase
        self.late: dict[str, list[float]] = {}

    async def beat(self) -> None:
        """Runs until it is cancelled."""
        while True:
            phase, asked = self._phase(), time.perf_counter()
            await asyncio.sleep(BEAT)
            late = (time.perf_counter() - asked - BEAT) * 1000
            self.late.setdefault(phase, []).append(late)

    def figures(self) -> Figures:
        """The worst and the 99th percentile of each phase, milliseconds."""
        found: Figures = {}
        for phase, late in self.late.items():
            late.sort()
            found[phase] = late[-1]
            found[f"{phase} p99"] = late[len(late) * 99 // 100]
        return found


def _app(kubeconfig: str) -> KsecApp:
    from ksec_tui.app import KsecApp
    from ksec_tui.sources.connection import open_connection
    from ksec_tui.sources.kubeconfig import ConnectionOptions
    from ksec_tui.sources.live import LiveSource

    return KsecApp(LiveSource(open_connection(ConnectionOptions(kubeconfig=kubeconfig))))


async def _until(app: KsecApp, holds: Callable[[State], bool]) -> None:
    """Waits for a State, at most four minutes; ends with the session's error if there is one."""
    async with asyncio.timeout(240):
        while not holds(app.session.state):
            if app.session.state.error:
                raise RuntimeError(app.session.state.error)
            await asyncio.sleep(BEAT)


async def _sit(app: KsecApp) -> Figures:
    """Loads, filters while it loads, filters when all is there, refreshes."""
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
        await pilot.press("slash")
        for letter in WORDS:
            await pilot.press("space" if letter == " " else letter)
            await asyncio.sleep(0.05)
        for _ in WORDS:
            await pilot.press("backspace")
            await asyncio.sleep(0.05)
        explorer = app.explorer
        if explorer is None:
            raise RuntimeError("the explorer is gone")
        while explorer.prompt.is_open:
            await pilot.press("escape")
        doing = "sorting"
        explorer.table.action_sort_selected()
        await asyncio.sleep(0.5)
        doing = "refreshing"
        explorer.action_refresh()
        await _until(app, lambda state: not (state.reading or state.judging))
        await asyncio.sleep(1.0)
        beating.cancel()
        state = app.session.state
    found = heart.figures()
    counts = {"objects": float(state.snapshot.count()), "findings": float(len(state.results.findings))}
    return {**found, **counts, "cpu": loaded, "peak": peak()}


def run(pods: int, runs: int) -> Report:
    """Measures it."""
    report = Report(f"Stalls of the event loop, {pods:,} pods live")
    with serving(pods) as kubeconfig:
        found = interleaved({"app": partial(child, "bench.stall", str(kubeconfig))}, runs)["app"]
    for phase in ("start", "reading", "judging", "filtering", "sorting", "refreshing"):
        worst = found.get(phase)
        if worst is not None:
            shown = f"{worst:.0f} ms (p99 {found[f'{phase} p99']:.0f} ms)"
            report.row(f"worst while {phase}", shown, target=f"<= {TARGET:.0f} ms", met=worst <= TARGET)
    report.row("read and judged", f"{found['cpu']:.1f} s CPU, {found['peak']:.0f} MiB")
    report.note(
        f"{found['objects']:,.0f} objects, {found['findings']:,.0f} findings; medians of {runs} runs of their own."
    )
    return report


def main() -> None:
    """Measures, or is the measured process."""
    mine, words = arguments()
    if mine:
        printed(asyncio.run(_sit(_app(mine[0]))))
        return
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pods", type=int, default=10_000)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args(words)
    run(options.pods, options.runs)


if __name__ == "__main__":
    main()
