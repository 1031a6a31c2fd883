"""The attack graph of a large cluster: how long it takes to make it, to find every way, and to put fixes in order.

``python -m bench.paths`` (10,000 pods, 2,000 subjects).
"""

from __future__ import annotations

import argparse
import gc

from bench.measure import Report, cpu
from bench.paths_world import world
from ksec_tui.analysis.network.world import network
from ksec_tui.analysis.paths.choke import candidates, choke_points, edges_by_object
from ksec_tui.analysis.paths.graph import graph
from ksec_tui.analysis.paths.lenses import Lens, open_paths
from ksec_tui.analysis.ranking import Candidate, next_fixes, ranked
from ksec_tui.analysis.rbac.bindings import bindings
from ksec_tui.analysis.workloads import workloads


def measure(report: Report, pods: int, subjects: int) -> bool:
    """Print the figures; whether the target is met."""
    snapshot = world(pods, subjects)
    workloads(snapshot)
    network(snapshot)
    bindings(snapshot)
    gc.collect()
    started = cpu()
    found = graph(snapshot)
    made = cpu() - started
    report.row(f"graph, {len(found.vertices):,} vertices, {len(found.edges):,} edges", f"{made:.2f} s CPU")
    started = cpu()
    ways = sum(len(open_paths(found, lens)) for lens in Lens)
    searched = cpu() - started
    report.row(f"easiest way for {ways:,} pairs of start and goal", f"{searched:.2f} s CPU")
    met = made + searched <= 3
    report.row("both", f"{made + searched:.2f} s CPU", target="<= 3 s", met=met)
    started = cpu()
    choke_points(found)
    spent = cpu() - started
    total = made + searched + spent
    report.row(f"choke points among {len(candidates(found)):,} objects", f"{spent:.2f} s CPU")
    report.row("graph, ways and choke points", f"{total:.2f} s CPU", target="<= 3 s", met=total <= 3)
    fixes = [
        Candidate(f"{check} {ref.id}", ((ref, check),))
        for ref in candidates(found)
        for check in dict.fromkeys(
            check
            for number in edges_by_object(found)[ref]
            for cut in found.edges[number].cuts
            for check in cut.checks
        )
    ]
    started = cpu()
    ranked(found, fixes)
    spent = cpu() - started
    total = made + searched + spent
    report.row(f"{len(fixes):,} fixes put in order", f"{spent:.2f} s CPU")
    report.row("graph, ways and ranking", f"{total:.2f} s CPU", target="<= 3 s", met=total <= 3)
    started = cpu()
    next_fixes(found, fixes)
    report.row("the next five, each after those before it", f"{cpu() - started:.2f} s CPU")
    return met and total <= 3


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pods", type=int, default=10_000)
    parser.add_argument("--subjects", type=int, default=2_000)
    words = parser.parse_args()
    report = Report(f"Attack graph, {words.pods:,} pods, {words.subjects:,} subjects")
    raise SystemExit(0 if measure(report, words.pods, words.subjects) else 1)


if __name__ == "__main__":
    main()
