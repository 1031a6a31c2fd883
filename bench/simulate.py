"""A plan of 2,000 fixes proven on a synthetic cluster: CPU seconds, and how long the event loop waits meanwhile."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from bench.measure import Figures, Report, arguments, child, cpu, printed, serving
from bench.stall import TARGET as STALL
from bench.stall import Heartbeat

T = TypeVar("T")

OWNERS = 1_500
"""Deployments that own the pods."""

FIXES = 2_000
TARGET = 2.0
"""CPU seconds that proving them may take, at 10,000 pods."""


def proven(kubeconfig: str, fixes: int) -> Figures:
    """Loads the cluster and runs every check, then proves one fix, a hundred and `fixes`, in a thread each."""
    import msgspec

    from ksec_tui.checks import all_checks
    from ksec_tui.findings.runner import fix_for, run
    from ksec_tui.fixes.build import strategic
    from ksec_tui.fixes.plan import FixPlan, Staged
    from ksec_tui.fixes.simulate import simulate
    from ksec_tui.sources.base import load
    from ksec_tui.sources.collector import gc_young_only
    from ksec_tui.sources.connection import open_connection
    from ksec_tui.sources.kubeconfig import ConnectionOptions
    from ksec_tui.sources.live import LiveSource

    snapshot, _ = load(LiveSource(open_connection(ConnectionOptions(kubeconfig=kubeconfig))))
    checks = {item.id: item for item in all_checks()}
    gc_young_only()  # as the program does before it judges
    before = cpu()
    results = run(snapshot, checks.values())
    found = {"checks": cpu() - before}
    every: list[Staged] = []
    for finding in results.findings:
        fix = fix_for(finding, [checks[finding.check]], snapshot) if finding.fixable else None
        if fix is not None and fix.changes:
            every.append(Staged(finding, fix))
    # Spread over all checks and objects.
    step = max(1, len(every) // fixes)
    chosen = every[::step][:fixes]
    bad = {item.fingerprint for item in chosen[:: max(1, fixes // 20)]}
    nothing = {"metadata": {"labels": {"tried": "yes"}}}
    spoiled = [
        Staged(
            item.finding,
            msgspec.structs.replace(item.fix, changes=(strategic(item.fix.changes[0].target, nothing),)),
        )
        if item.fingerprint in bad
        else item
        for item in chosen
    ]
    plans = {"one": chosen[:1], "hundred": chosen[:: max(1, fixes // 100)], "all": chosen, "spoiled": spoiled}
    for name, items in plans.items():
        plan = FixPlan().stage_many(items)
        before = cpu()
        outcome, late = _meanwhile(partial(simulate, snapshot, plan, checks.values(), results=results))
        found |= {
            name: cpu() - before,
            f"{name} late": late,
            f"{name} count": float(len(items)),
            f"{name} refused": float(len(outcome.refused)),
        }
    return found


def _meanwhile(work: Callable[[], T]) -> tuple[T, float]:
    """What `work` gives, done in a thread, and by how many milliseconds the event loop was late at worst."""

    async def both() -> tuple[T, float]:
        heart = Heartbeat(lambda: "proving")
        beating = asyncio.create_task(heart.beat())
        done = await asyncio.to_thread(work)
        beating.cancel()
        return done, heart.figures().get("proving", 0.0)

    return asyncio.run(both())


def run(pods: int, runs: int, fixes: int = FIXES, owners: int = OWNERS) -> Report:
    """Measures it. Of the runs the best counts: what else the machine does only adds."""
    report = Report(f"A plan of {fixes:,} fixes, {pods:,} pods")
    with serving(pods, min(owners, pods)) as kubeconfig:
        taken = [child("bench.simulate", str(kubeconfig), str(fixes)) for _ in range(runs)]
    found = {name: min(figures[name] for figures in taken) for name in taken[0]}
    report.row("all checks, from nothing", f"{found['checks']:.2f} s")
    for name in ("one", "hundred", "all", "spoiled"):
        count, refused = found[f"{name} count"], found[f"{name} refused"]
        more = f", {refused:.0f} refused" if refused else ""
        whole = name == "all"
        report.row(
            f"{count:,.0f} fix{'es' if count != 1 else ''} proven{more}",
            f"{found[name]:.2f} s",
            ratio=found[name] / found["checks"],
            target=f"{TARGET:.0f} s" if whole else "",
            met=found[name] <= TARGET,
        )
    late = max(found[f"{name} late"] for name in ("one", "hundred", "all", "spoiled"))
    report.row("the event loop, late at worst", f"{late:.0f} ms", target=f"{STALL:.0f} ms", met=late <= STALL)
    report.note(
        f"CPU, the ratio to all checks; the best of {runs} runs, in a thread beside an event loop. In the last "
        "plan twenty fixes do nothing for their findings."
    )
    return report


def main() -> None:
    """Measures, or is the measured process."""
    mine, words = arguments()
    if mine:
        printed(proven(mine[0], int(mine[1])))
        return
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pods", type=int, default=10_000)
    parser.add_argument("--owners", type=int, default=OWNERS)
    parser.add_argument("--fixes", type=int, default=FIXES)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args(words)
    run(options.pods, options.runs, options.fixes, options.owners)


if __name__ == "__main__":
    main()
