"""The list of findings at 1,000 and at 100,000 rows: filling, keys, filter and order, until painted.

CPU seconds of the process, headless at 120x45: in the table alone and in the whole explorer.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from bench.measure import Figures, Report, arguments, child, cpu, interleaved, printed

if TYPE_CHECKING:
    from textual.app import App

    from ksec_tui.session import State

SMALL, LARGE = 1_000, 100_000
FILTER = "app-01"
KEYS = 15
_WORDS = ("runs as root", "mounts a host path", "may escalate", "has no limits", "holds a wildcard")


def state_of(count: int) -> State:
    """A State with so many findings on as many objects."""
    from ksec_tui.cluster.ref import ObjectRef
    from ksec_tui.cluster.snapshot import SourceInfo
    from ksec_tui.findings.finding import Evidence, Finding
    from ksec_tui.findings.runner import CheckResult, Results, Tally
    from ksec_tui.findings.verdict import Severity, Verdict
    from ksec_tui.session import State, empty_snapshot

    by_check: dict[str, CheckResult] = {}
    severities = list(Severity)
    for part, words in enumerate(_WORDS):
        found = tuple(
            Finding(
                f"bench-check-{part}",
                f"Bench check {part}",
                Verdict.FAIL,
                severities[number % len(severities)],
                ObjectRef(
                    f"team-{number % 40:03d}", "Deployment", f"app-{number:06d}-{words[:4].strip()}", "apps"
                ),
                (Evidence("/spec/template/spec", f"container app {words}, as many do"),),
            )
            for number in range(part, count, len(_WORDS))
        )
        by_check[f"bench-check-{part}"] = CheckResult(found, Tally(failed=len(found)), "workloads")
    return State(empty_snapshot(SourceInfo(kind="live", label="bench")), Results(by_check))


class Watch:
    """Tells when a frame has been painted."""

    def __init__(self, app: App[Any]) -> None:
        self.painted = asyncio.Event()
        self._app = app
        display = app._display

        def watched(screen: Any, renderable: Any) -> None:
            display(screen, renderable)
            if renderable is not None and not app._batch_count:
                self.painted.set()

        app._display = watched  # type: ignore[method-assign]  # Textual's own hook, only watched

    async def until(self, holds: Callable[[], bool]) -> None:
        """Waits for a frame at which `holds`, at most a minute."""
        async with asyncio.timeout(60):
            while True:
                self.painted.clear()
                await self.painted.wait()
                if holds():
                    return

    async def press(self, key: str, *, rest: bool = False) -> float:
        """CPU seconds from a key to the next frame, or until everything has come to rest."""
        from textual import events

        self.painted.clear()
        started = cpu()
        self._app.post_message(events.Key(key, key if len(key) == 1 else None))
        await asyncio.wait_for(self.painted.wait(), 60)
        spent = cpu() - started
        await asyncio.sleep(0.15)
        return cpu() - started if rest else spent


async def _keys(watch: Watch) -> Figures:
    found: Figures = {}
    for key in ("down", "pagedown"):
        found[key] = statistics.median([await watch.press(key) for _ in range(KEYS)])
    return found


async def bare(count: int) -> Figures:
    """The table alone, in an app of its own."""
    from textual.app import App, ComposeResult

    from ksec_tui.fixes.plan import FixPlan
    from ksec_tui.screens.pane import Row, View
    from ksec_tui.screens.panes.findings import PANE
    from ksec_tui.screens.widgets.table import VirtualTable

    listing = PANE.listings[0]
    rows: Sequence[Row] = listing.rows(View.of(state_of(count), FixPlan(), ascii=False))

    class Alone(App[None]):
        def compose(self) -> ComposeResult:
            yield VirtualTable[Row](listing.columns, lambda row: row.key, id="table")

    app = Alone()
    async with app.run_test(size=(120, 45)) as pilot:
        await pilot.pause()
        table: VirtualTable[Row] = app.query_one("#table", VirtualTable)
        table.focus()
        watch = Watch(app)
        started = cpu()
        table.set_rows(rows)
        await watch.until(lambda: table.shown_count == count)
        found = {"fill": cpu() - started}
        await asyncio.sleep(0.1)
        found |= await _keys(watch)
        watch.painted.clear()
        started = cpu()
        table.set_sort("name", reverse=True)
        await watch.painted.wait()
        found["sort"] = cpu() - started
    return found


class _Silent:
    """A source without any event."""

    log = ()

    def __init__(self) -> None:
        from ksec_tui.cluster.snapshot import SourceInfo

        self.info = SourceInfo(kind="live", label="bench")

    def events(self, _cancel: object) -> Iterator[Any]:
        return iter(())

    def fetch(self, _ref: object) -> None:
        return None


async def whole(count: int) -> Figures:
    """The explorer, which is handed the State."""
    from ksec_tui.app import KsecApp
    from ksec_tui.screens.arrivals import StateArrived
    from ksec_tui.screens.explorer import Explorer

    app = KsecApp(_Silent())
    async with app.run_test(size=(120, 45)) as pilot:
        await asyncio.sleep(0.5)
        explorer = app.screen
        if not isinstance(explorer, Explorer):
            raise TypeError("the explorer is not on the screen")
        await pilot.press("2")
        state = state_of(count)
        watch = Watch(app)
        started = cpu()
        explorer.post_message(StateArrived(state))
        await watch.until(lambda: explorer.table.shown_count == count)
        found = {"fill": cpu() - started}
        await asyncio.sleep(1.0)
        found |= await _keys(watch)
        await pilot.press("slash")
        await asyncio.sleep(0.2)
        for what, keys in (("filter, a letter more", FILTER), ("filter, a letter less", ["backspace"] * 5)):
            found[what] = statistics.median([await watch.press(key, rest=True) for key in keys])
        await pilot.press("escape")
        await asyncio.sleep(0.5)
        found["sort"] = await watch.press("O")
    return found


def run(runs: int) -> Report:
    """Measures it."""
    report = Report(f"The list of findings, {SMALL:,} and {LARGE:,} rows")
    names = [(kind, count) for kind in ("table", "explorer") for count in (SMALL, LARGE)]
    tasks = {f"{kind} {count}": partial(child, "bench.table", kind, str(count)) for kind, count in names}
    found = interleaved(tasks, runs)
    for kind in ("table", "explorer"):
        few, many = found[f"{kind} {SMALL}"], found[f"{kind} {LARGE}"]
        for what in many:
            ratio = many[what] / few[what]
            shown = f"{few[what] * 1000:.1f} / {many[what] * 1000:.1f} ms"
            if what in ("down", "pagedown"):
                report.row(f"{kind}: {what}", shown, ratio=ratio, target="<= 1.2x", met=ratio <= 1.2)
            elif what == "fill" and kind == "table":
                report.row("table: fill and paint", shown, target="<= 100 ms", met=many[what] <= 0.1)
            else:
                report.row(f"{kind}: {what}", shown)
    report.note(
        f"CPU from the key (or the rows) to the frame; {KEYS} keys, medians of {runs} interleaved runs."
    )
    return report


def main() -> None:
    """Measures, or is a measured process."""
    mine, words = arguments()
    if mine:
        work = bare if mine[0] == "table" else whole
        printed(asyncio.run(work(int(mine[1]))))
        return
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    run(parser.parse_args(words).runs)


if __name__ == "__main__":
    main()
