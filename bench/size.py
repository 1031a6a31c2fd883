"""What one object costs as the cluster grows: time and memory for each, from reading to the report.

``python -m bench.size``: 10,000, 30,000 and 100,000 pods with what owns them, and a cluster of 1,000,000 objects,
most of them small, beside one of a tenth of that. What grows as its cluster costs the same for each object: the
ratio of the largest to the smallest is what counts. A process for each, in turn; CPU seconds of all its threads.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial

from bench.measure import Figures, Report, child, interleaved, serving

PODS = (10_000, 30_000, 100_000)
SMALL = 790_000
"""Small objects that make a million of all with the largest number of pods."""
PER_FIX = 50
"""Pods for each fix of the plan."""
FLAT = 2.0
"""The cost of one object in the largest cluster to that in the smallest, up to which it counts as flat.

What is quadratic comes to 10 where the largest is ten times the smallest. A tree of sorted things and memory that
the processor's caches do not hold cost up to half as much again.
"""
TIMEOUT = 1_800.0

TIMES = {
    "load": ("read over the wire", "objects"),
    "index": ("found by name, namespace, owner", "objects"),
    "checks": ("all checks", "objects"),
    "rows": ("the list of findings", "findings"),
    "filter": ("three filters over it", "findings"),
    "priorities": ("attack graph and priorities", "objects"),
    "simulate": ("a plan proven", "fixes"),
    "export": ("exported for kubectl and kustomize", "fixes"),
    "report": ("the JSON report", "findings"),
    "save": ("saved to a file", "objects"),
    "open": ("opened again", "objects"),
}
"""What is measured, and by what it is divided."""
MEMORY = {
    "memory load": "memory, read",
    "memory checks": "memory, judged",
    "memory peak": "memory at most",
}


def tell(report: Report, small: Figures, others: Sequence[Figures]) -> None:
    """A row for each measure: the cost of one in every cluster, the ratio of the last to the first."""
    every = [small, *others]
    for name, (title, by) in TIMES.items():
        if name in small:
            _row(report, f"{title}, us for each of the {by}", [1e6 * one[name] / one[by] for one in every])
    for name, title in MEMORY.items():
        _row(report, f"{title}, KiB for each object", [1024 * one[name] / one["objects"] for one in every])
    last = every[-1]
    parts = ", ".join(f"{name} {last[name]:.1f} s" for name in TIMES if name in last)
    report.note(f"In the largest: {parts}; {last['memory checks']:,.0f} MiB judged.")
    for one in every:
        more = ""
        if "fixes" in one:
            more = f", {one['fixes']:,.0f} fixes proven ({one['refused']:.0f} refused)"
        report.note(f"- {one['objects']:,.0f} objects, {one['findings']:,.0f} findings{more}")


def _row(report: Report, title: str, costs: Sequence[float]) -> None:
    ratio = costs[-1] / costs[0]
    shown = ", ".join(f"{cost:.1f}" if cost < 100 else f"{cost:.0f}" for cost in costs)
    report.row(title, shown, ratio=ratio, target=f"<= {FLAT}x", met=ratio <= FLAT)


def _measured(sizes: Sequence[tuple[int, int]], runs: int, *, whole: bool) -> list[Figures]:
    """The figures of each cluster, by its pods and small objects."""
    with ExitStack() as stack:
        tasks = {
            f"{pods} {small}": partial(
                child,
                "bench.road",
                str(stack.enter_context(serving(pods, small=small))),
                str(pods // PER_FIX if whole else 0),
                timeout=TIMEOUT,
            )
            for pods, small in sizes
        }
        found = interleaved(tasks, runs)
    return list(found.values())


def run(pods: Sequence[int], runs: int) -> Report:
    """Measures clusters of so many pods, the smallest first."""
    report = Report(f"Growth: {', '.join(f'{count:,}' for count in pods)} pods")
    small, *others = _measured([(count, 0) for count in pods], runs, whole=True)
    tell(report, small, others)
    _say_how(report, runs)
    return report


def run_million(pods: int, small: int, runs: int) -> Report:
    """Measures a cluster with many small objects, beside one of a tenth of its size."""
    sizes = [(pods // 10, small // 10), (pods, small)]
    first, last = _measured(sizes, runs, whole=False)
    report = Report(f"Growth: {first['objects']:,.0f} and {last['objects']:,.0f} objects, most of them small")
    tell(report, first, [last])
    _say_how(report, runs)
    return report


def _say_how(report: Report, runs: int) -> None:
    report.note(
        f"Medians of {runs} interleaved run{'s' if runs > 1 else ''}, each in a process of its own; the ratio is that "
        "of the cost in the largest to that in the smallest. Lists of findings and filters as the explorer has them."
    )


def main() -> None:
    """Measures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pods", type=int, nargs="+", default=PODS)
    parser.add_argument("--small", type=int, default=SMALL, help="small objects of the largest; 0 for none")
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--only-small", action="store_true", help="only the cluster with small objects")
    options = parser.parse_args()
    if not options.only_small:
        run(options.pods, options.runs)
    if options.small:
        run_million(options.pods[-1], options.small, options.runs)


if __name__ == "__main__":
    main()
