"""Network policies of a large cluster: compiling, blast radius, all pairs beside a plain loop; answers must agree.

``python -m bench.network`` (10,000 namespaces, 100,000 pods, 20,000 policies).
"""

from __future__ import annotations

import argparse
import gc
import random
from functools import partial

from bench.measure import Figures, Report, arguments, child, cpu, printed, resident
from bench.network_world import Plain, world
from ksec_tui.analysis.network.blast import blast_radius
from ksec_tui.analysis.network.bulk import receivers
from ksec_tui.analysis.network.matrix import matrix
from ksec_tui.analysis.network.ports import Connections
from ksec_tui.analysis.network.world import network
from ksec_tui.analysis.workloads import workloads
from ksec_tui.cluster.kinds import NETWORK_POLICY, POD

PORT = 8080


def compiled(namespaces: int, pods: int, policies: int) -> Figures:
    """Compile once in this process, then ask; CPU seconds and MiB."""
    snapshot = world(namespaces, pods, policies)
    gc.collect()
    gc.freeze()
    started = cpu()
    every = workloads(snapshot)
    owners = cpu() - started
    gc.collect()
    before = resident()
    started = cpu()
    found = network(snapshot)
    taken = cpu() - started
    grown = resident() - before
    some = random.Random(3).sample(every, min(1000, len(every)))
    blast_radius(snapshot, some[0])
    started = cpu()
    reached = [blast_radius(snapshot, workload).pods for workload in some]
    asked = (cpu() - started) / len(some)
    longest = 0.0
    for workload in some:
        started = cpu()
        blast_radius(snapshot, workload)
        longest = max(longest, cpu() - started)
    table = matrix(snapshot)
    started = cpu()
    table.row(table.namespaces[0])
    row = cpu() - started
    return {
        "owners": owners,
        "compile": taken,
        "grown": grown,
        "groups": len(found.groups),
        "blast": asked,
        "longest": longest,
        "row": row,
        "reached": sum(reached) / len(reached),
    }


def all_pairs(policies: int, pods: int, sample: int) -> Figures:
    """Every pair on one port, and the plain loop on a sample of them.

    Raises:
        RuntimeError: they disagree.
    """
    snapshot = world(pods // 10, pods, policies)
    gc.collect()
    started = cpu()
    found = network(snapshot)
    wanted = Connections.of("TCP", PORT, PORT)
    allowed = sum(group.count * receivers(found, group).count(wanted) for group in found.groups)
    quick = cpu() - started
    plain = Plain(snapshot)
    every = snapshot.of(POD)
    dice = random.Random(9)
    pairs = [(dice.choice(every), dice.choice(every)) for _ in range(sample)]
    pairs = [(one, two) for one, two in pairs if one is not two]
    started = cpu()
    said = [plain.allowed(one, two, PORT) for one, two in pairs]
    slow = (cpu() - started) / len(pairs)
    for (one, two), expected in zip(pairs, said, strict=True):
        (source,), (target,) = found.group_of(one.ref), found.group_of(two.ref)
        if receivers(found, source).with_group(target).connections.allows("TCP", PORT) is not expected:
            raise RuntimeError(f"{one.ref} to {two.ref}: the engine and the plain loop disagree")
    return {
        "quick": quick,
        "slow": slow * pods * (pods - 1),
        "pair": slow,
        "share": allowed / (pods * pods),
        "sampled": sum(said) / len(said),
        "policies": len(snapshot.of(NETWORK_POLICY)),
    }


def run(namespaces: int, pods: int, policies: int, sample: int) -> tuple[Report, bool]:
    """All figures; whether all targets are met."""
    words = partial(child, "bench.network")
    large = words("compile", str(namespaces), str(pods), str(policies))
    report = Report(f"Network policies, {namespaces:,} namespaces, {pods:,} pods, {policies:,} policies")
    met = [large["compile"] <= 2, large["grown"] <= 300, large["longest"] <= 0.001]
    report.row("owners of the pods (shared with all else)", f"{large['owners']:.2f} s CPU")
    figure = f"{large['compile']:.2f} s CPU"
    report.row(f"compile, {large['groups']:,.0f} groups", figure, target="<= 2 s", met=met[0])
    report.row("memory grown", f"{large['grown']:.0f} MiB", target="<= 300 MiB", met=met[1])
    report.row("blast radius, mean", f"{large['blast'] * 1e6:.0f} us")
    report.row("blast radius, slowest", f"{large['longest'] * 1e6:.0f} us", target="<= 1 ms", met=met[2])
    report.row("one row of the matrix of namespaces", f"{large['row'] * 1e3:.0f} ms")
    small = words("pairs", "2000", "10000", str(sample))
    ratio = small["slow"] / small["quick"]
    met.append(ratio >= 500)
    figure = f"{small['quick']:.2f} s, loop {small['slow']:.0f} s"
    title = "all pairs, 2,000 policies, 10,000 pods"
    report.row(title, figure, ratio=ratio, target=">= 500x", met=met[3])
    report.note(
        f"The loop was run on {sample:,} pairs ({small['pair'] * 1e6:.0f} us each) and extrapolated to all; "
        f"answers agree. Allowed: {small['share']:.0%} of all pairs, {small['sampled']:.0%} of the sample."
    )
    return report, all(met)


def main() -> None:
    """Measure and print, or be the child that measures."""
    asked, _ = arguments()
    if asked:
        sizes = [int(word) for word in asked[1:]]
        printed(compiled(*sizes) if asked[0] == "compile" else all_pairs(*sizes))
        return
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--namespaces", type=int, default=10_000)
    parser.add_argument("--pods", type=int, default=100_000)
    parser.add_argument("--policies", type=int, default=20_000)
    parser.add_argument("--sample", type=int, default=2_000, help="pairs for the plain loop")
    words = parser.parse_args()
    _, met = run(words.namespaces, words.pods, words.policies, words.sample)
    raise SystemExit(0 if met else 1)


if __name__ == "__main__":
    main()
