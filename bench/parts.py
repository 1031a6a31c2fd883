"""What ``python -m bench`` can run, by name."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bench import (
    checks,
    crowds,
    load,
    manifests,
    network,
    paint,
    paths,
    rbac,
    simulate,
    size,
    soak,
    stall,
    table,
    watch,
)
from bench.measure import Report


@dataclass(frozen=True)
class Part:
    """One part of the measures.

    Attributes:
        title: what it measures.
        run: measures it; takes how many runs.
        quick: whether it belongs to what is run in five minutes.
    """

    title: str
    run: Callable[[int], Sequence[Report]]
    quick: bool = False


def _rbac(_: int) -> list[Report]:
    report = Report("RBAC, 20,000 bindings, 5,000 roles")
    rbac.measure(report, 20_000, 5_000, 5_000)
    return [report]


def _paths(_: int) -> list[Report]:
    report = Report("Attack graph, 10,000 pods, 2,000 subjects")
    paths.measure(report, 10_000, 2_000)
    return [report]


def _manifests(runs: int) -> list[Report]:
    return [manifests.run(manifests.COUNT, runs, shutil.which("checkov") or "")]


PARTS = {
    "start": Part("start to first paint", lambda runs: [paint.run(max(5, runs))], quick=True),
    "load": Part("10,000 pods read", lambda runs: [load.run(10_000, runs, with_models=True)], quick=True),
    "table": Part("keys in a long list", lambda runs: [table.run(runs)], quick=True),
    "checks": Part("all checks, 10,000 pods", lambda runs: [checks.run(10_000, runs)], quick=True),
    "simulate": Part("a plan of 2,000 fixes", lambda runs: [simulate.run(10_000, runs)], quick=True),
    "watch": Part("one change while followed", lambda runs: [watch.run(10_000, runs)], quick=True),
    "stall": Part("stalls, 10,000 pods", lambda runs: [stall.run(10_000, runs)], quick=True),
    "growth": Part(
        "cost of one object, 1,000 to 10,000 pods",
        lambda runs: [size.run((1_000, 3_000, 10_000), runs)],
        quick=True,
    ),
    "growth-large": Part(
        "cost of one object, 10,000 to 100,000 pods", lambda runs: [size.run(size.PODS, runs)]
    ),
    "million": Part(
        "cost of one object, up to 1,000,000 objects",
        lambda runs: [size.run_million(size.PODS[-1], size.SMALL, runs)],
    ),
    "crowds": Part("many of one thing in one place", lambda runs: [crowds.run(runs)]),
    "load-large": Part("100,000 pods read", lambda runs: [load.run(100_000, runs, with_models=False)]),
    "stall-large": Part("stalls, 100,000 pods", lambda runs: [stall.run(100_000, runs)]),
    "soak": Part("four hours of changes in one", lambda _: [soak.run(60.0, 4.0)]),
    "rbac": Part("rights of a large cluster", _rbac),
    "network": Part(
        "network policies of a large cluster", lambda _: [network.run(10_000, 100_000, 20_000, 2_000)[0]]
    ),
    "paths": Part("attack graph", _paths),
    "manifests": Part("1,000 manifests scanned", _manifests),
}
"""In the order in which they stand in the file."""
