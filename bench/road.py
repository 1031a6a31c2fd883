"""The whole road once, measured by its parts: read, indexed, judged, filtered, proven, exported, reported, saved."""

from __future__ import annotations

import gc
import tempfile
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from bench.measure import Figures, arguments, cpu, peak, printed, resident
from ksec_tui.analysis.workloads import workloads
from ksec_tui.checks import all_checks
from ksec_tui.cluster.kinds import KINDS
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import Check
from ksec_tui.findings.filter import parse
from ksec_tui.findings.runner import Results, fix_for, run
from ksec_tui.fixes.export import contents
from ksec_tui.fixes.plan import FixPlan, Staged
from ksec_tui.fixes.priorities import priorities
from ksec_tui.fixes.simulate import simulate
from ksec_tui.reports import json_report
from ksec_tui.reports.report import make_report
from ksec_tui.screens.pane import View
from ksec_tui.screens.panes.findings import PANE
from ksec_tui.session import State
from ksec_tui.sources.base import load
from ksec_tui.sources.collector import gc_young_only
from ksec_tui.sources.connection import open_connection
from ksec_tui.sources.kubeconfig import ConnectionOptions
from ksec_tui.sources.live import LiveSource
from ksec_tui.sources.saved import SavedSource, save

T = TypeVar("T")

FILTERS = ("app-0001", "ns:team-01* sev:>=high", "/priv.*escal/ !app-00")


class Meter:
    """Takes figures one after the other, with the collector run before each."""

    def __init__(self) -> None:
        self.found: Figures = {}

    def take(self, name: str, work: Callable[[], T]) -> T:
        """The CPU seconds of `work` count under `name`, without those that free what came before."""
        for thread in threading.enumerate():
            if thread.name == "ksec-free":
                thread.join()
        gc.collect()
        started = cpu()
        made = work()
        self.found[name] = cpu() - started
        return made


def measured(kubeconfig: str, fixes: int, folder: Path) -> Figures:
    """Goes the road; with no `fixes` only as far as the checks. Memory in MiB more than before."""
    import kubernetes.client.rest  # noqa: F401 - counted with the empty process

    checks = all_checks()
    connection = open_connection(ConnectionOptions(kubeconfig=kubeconfig))
    connection.access()
    meter = Meter()
    found = meter.found
    gc.collect()
    empty = resident()
    gc_young_only()  # as the program does
    snapshot, problems = meter.take("load", lambda: load(LiveSource(connection)))
    if problems:
        raise RuntimeError(str(problems))
    gc.collect()
    found |= {"objects": float(snapshot.count()), "memory load": resident() - empty}
    meter.take("index", lambda: _indexed(snapshot))
    results = meter.take("checks", lambda: run(snapshot, checks))
    found |= {"findings": float(len(results.findings)), "memory checks": resident() - empty}
    if fixes:
        _afterwards(meter, snapshot, results, checks, fixes)
        _saved(meter, snapshot, folder / "cluster.ksec")
    return {**found, "memory peak": peak() - empty}


def _indexed(snapshot: Snapshot) -> int:
    for kind in KINDS:
        snapshot.find(kind, "")
        snapshot.within(kind, "")
    return len(workloads(snapshot))


def _afterwards(
    meter: Meter, snapshot: Snapshot, results: Results, checks: Sequence[Check[Any]], fixes: int
) -> None:
    _listed(meter, State(snapshot, results))
    meter.take("priorities", lambda: priorities(snapshot, results, checks))
    _exported(meter, snapshot, results, checks, fixes)
    report = make_report(snapshot, results, checks, (), lambda _: True)
    text = meter.take("report", lambda: json_report.render(report))
    meter.found["report MB"] = len(text) / 1e6


def _listed(meter: Meter, state: State) -> None:
    rows = meter.take("rows", lambda: PANE.listings[0].rows(View.of(state, FixPlan(), ascii=False)))
    tests = [parse(words).matches for words in FILTERS]
    kept = meter.take("filter", lambda: [sum(map(test, rows)) for test in tests])
    meter.found["kept"] = float(sum(kept))


def _exported(
    meter: Meter, snapshot: Snapshot, results: Results, checks: Sequence[Check[Any]], fixes: int
) -> None:
    plan = FixPlan().stage_many(_chosen(snapshot, results, checks, fixes))
    simulation = meter.take("simulate", lambda: simulate(snapshot, plan, checks, results=results))
    meter.found |= {"fixes": float(len(plan.staged)), "refused": float(len(simulation.refused))}
    files = meter.take("export", lambda: contents(simulation, plan, snapshot))
    meter.found["exported MB"] = sum(map(len, files.values())) / 1e6


def _chosen(snapshot: Snapshot, results: Results, checks: Sequence[Check[Any]], fixes: int) -> list[Staged]:
    """So many fixes, spread over all checks and objects."""
    known = {item.id: item for item in checks}
    every = [finding for finding in results.findings if finding.fixable]
    chosen: list[Staged] = []
    for finding in every[:: max(1, len(every) // (2 * fixes))]:
        fix = fix_for(finding, [known[finding.check]], snapshot)
        if fix is not None and fix.changes and len(chosen) < fixes:
            chosen.append(Staged(finding, fix))
    return chosen


def _saved(meter: Meter, snapshot: Snapshot, path: Path) -> None:
    meter.take("save", lambda: save(snapshot, path))
    meter.found["saved MB"] = path.stat().st_size / 1e6
    again, _ = meter.take("open", lambda: load(SavedSource(path)))
    if again.count() != snapshot.count():
        raise RuntimeError(f"{again.count()} of {snapshot.count()} objects came back")


def main() -> None:
    """One measured process."""
    mine, _ = arguments()
    with tempfile.TemporaryDirectory() as folder:
        printed(measured(mine[0], int(mine[1]), Path(folder)))


if __name__ == "__main__":
    main()
