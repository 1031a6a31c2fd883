"""An hour of changes in some minutes: a session follows a cluster, judges what changes, and must not grow.

``python -m bench.soak --minutes 5``: an hour of a cluster in which ten things change a second. Memory is sampled as
the program runs, with its own settings of the garbage collector. In the end what was followed must equal a full list.
"""

from __future__ import annotations

import argparse
import gc
import statistics
import sys
import threading
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from bench.measure import Figures, Report, arguments, child, cpu, printed, resident, server_of

if TYPE_CHECKING:
    from ksec_tui.session import State

PER_HOUR = 36_000
"""Changes of an hour: ten a second."""
SAMPLES = 40
PODS = 1_000
FLAT = 2.0
"""Growth by which memory counts as flat: percent in the second half, by the fitted line."""
QUIET = 60.0
"""Seconds for the last changes to come."""


def followed(kubeconfig: str, seconds: float, *, collect: bool) -> Figures:
    """Follows for so long; what it took and how memory went."""
    from ksec_tui.session import Session
    from ksec_tui.sources.base import Changed, Event, Replaced, Update, load
    from ksec_tui.sources.collector import gc_young_only
    from ksec_tui.sources.connection import open_connection
    from ksec_tui.sources.kubeconfig import ConnectionOptions
    from ksec_tui.sources.live import LiveSource
    from tests.sources.followers import differences

    class Counting(LiveSource):
        heard = 0
        relisted = 0

        def watch(self, cancel: threading.Event) -> Iterator[Event | Update]:
            for event in super().watch(cancel):
                self.heard += isinstance(event, Changed)
                self.relisted += isinstance(event, Replaced)
                yield event

    updates = 0

    def listener(state: State) -> None:
        nonlocal updates
        updates += state.link is not None

    gc_young_only()  # as the program does
    connection = open_connection(ConnectionOptions(kubeconfig=kubeconfig))
    source = Counting(connection)
    session = Session(source, listener, follow=True, update_every=0.05)
    session.refresh()
    while session.state.link is None or session.state.judging:
        if session.state.error:
            raise RuntimeError(session.state.error)
        time.sleep(0.1)
    objects = session.state.snapshot.count()
    started, before = time.monotonic(), cpu()
    found: Figures = {}
    for number in range(SAMPLES):
        time.sleep(max(0.0, started + (number + 1) * seconds / SAMPLES - time.monotonic()))
        if collect:
            gc.collect()
        now = f"{number:03d}"
        found |= {f"rss {now}": resident(), f"blocks {now}": float(sys.getallocatedblocks())}
        found |= {f"heard {now}": float(source.heard), f"updates {now}": float(updates)}
        print(f"{now} {found[f'rss {now}']:.0f} MiB {source.heard} heard {updates} updates", file=sys.stderr)
    spent = cpu() - before
    until = time.monotonic() + QUIET
    wanted = load(LiveSource(connection))[0]
    while (wrong := differences(session.state.snapshot, wanted)) and time.monotonic() < until:
        time.sleep(1.0)
        wanted = load(LiveSource(connection))[0]
    del wanted
    blocks, held = sys.getallocatedblocks(), resident()
    garbage = gc.collect()
    found |= {"objects": float(objects), "after": float(session.state.snapshot.count()), "cpu": spent}
    found |= {"wrong": float(len(wrong)), "relisted": float(source.relisted), "garbage": float(garbage)}
    found |= {"freed blocks": float(blocks - sys.getallocatedblocks()), "freed": held - resident()}
    session.close()
    return found


def slope(figures: Figures, what: str) -> tuple[float, float]:
    """Growth in the second half by the fitted line: in percent of its mean, and for 1,000 changes in its own unit."""
    half = range(SAMPLES // 2, SAMPLES)
    values = [figures[f"{what} {number:03d}"] for number in half]
    heard = [figures[f"heard {number:03d}"] for number in half]
    each = statistics.linear_regression(heard, values).slope if heard[-1] > heard[0] else 0.0
    return 100 * each * (heard[-1] - heard[0]) / statistics.mean(values), 1000 * each


def run(minutes: float, hours: float = 1.0, pods: int = PODS, *, collect: bool = False) -> Report:
    """Measures it."""
    changes = round(PER_HOUR * hours)
    rate = round(changes / (minutes * 60))
    report = Report(f"A soak: {changes:,} changes, {pods:,} pods followed")
    words = ["--pods", str(pods), "--changes", str(changes), "--rate", str(rate)]
    with server_of("bench.churning", *words) as kubeconfig:
        mode = "collect" if collect else "program"
        found = child("bench.soak", str(kubeconfig), str(minutes * 60), mode, timeout=minutes * 60 + 600)
    last = f"{SAMPLES - 1:03d}"
    quarter, heard = f"{SAMPLES // 4:03d}", found[f"heard {last}"]
    report.row(
        f"changes heard of, at {rate} a second", f"{heard:,.0f} in {found[f'updates {last}']:,.0f} updates"
    )
    for what, title, unit in (("rss", "memory", "MiB"), ("blocks", "blocks of Python's allocator", "k")):
        scale = 1000.0 if what == "blocks" else 1.0
        values = [found[f"{what} {number:03d}"] / scale for number in range(SAMPLES)]
        shown = f"{values[0]:.0f}, {values[SAMPLES // 4]:.0f}, {values[SAMPLES // 2]:.0f}, {values[-1]:.0f} {unit}"
        report.row(f"{title}: at first, after a quarter, half, all", shown)
        percent, each = slope(found, what)
        report.row(
            f"{title}: growth in the second half",
            f"{percent:+.1f} %, {each / scale * 1024 if what == 'rss' else each:+.1f} "
            f"{'KiB' if what == 'rss' else 'blocks'} for 1,000 changes",
            target=f"<= {FLAT:.0f} %",
            met=percent <= FLAT,
        )
    report.row(
        "differences to a full list at the end", f"{found['wrong']:.0f}", target="0", met=not found["wrong"]
    )
    report.row("CPU for 1,000 changes, judged", f"{found['cpu'] / max(1.0, heard) * 1000:.2f} s")
    report.row(
        "what the collector finds at the end", f"{found['garbage']:,.0f} objects, {found['freed']:.0f} MiB"
    )
    report.note(
        f"{found['objects']:,.0f} objects at first and {found['after']:,.0f} at the end; {found['relisted']:.0f} lists "
        f"were read again; heard of after a quarter: {found[f'heard {quarter}']:,.0f}. All watches are cut every 45 s. "
        + ("The collector ran before each sample." if collect else "The collector as the program sets it.")
    )
    return report


def main() -> None:
    """Measures, or is the measured process."""
    mine, words = arguments()
    if mine:
        printed(followed(mine[0], float(mine[1]), collect=mine[2] == "collect"))
        return
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=5.0, help="how long it takes")
    parser.add_argument(
        "--hours", type=float, default=1.0, help="of a cluster in which ten things change a second"
    )
    parser.add_argument("--pods", type=int, default=PODS)
    parser.add_argument("--collect", action="store_true", help="collect garbage before each sample")
    options = parser.parse_args(words)
    run(options.minutes, options.hours, options.pods, collect=options.collect)


if __name__ == "__main__":
    main()
