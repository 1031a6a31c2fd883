"""One pod of many changes while a cluster is followed: CPU until its findings are told, beside judging everything."""

from __future__ import annotations

import argparse
from typing import Any

from bench.measure import Figures, Report, arguments, child, cpu, printed, serving

OWNERS = 1_500
"""Deployments that own the pods."""

TARGET = 0.6
"""The part of the CPU of a full run that judging one changed object may take."""


def followed(kubeconfig: str) -> Figures:
    """Loads the cluster and runs every check; then changes one object of a kind at a time, as a watch tells of it."""
    import threading

    import msgspec

    from ksec_tui.checks import all_checks
    from ksec_tui.cluster.following import FollowingBuilder
    from ksec_tui.cluster.ingest import Page
    from ksec_tui.cluster.kinds import CONFIG_MAP, DEPLOYMENT, NODE, POD, ROLE_BINDING, Kind
    from ksec_tui.findings.renewal import renew
    from ksec_tui.findings.runner import run
    from ksec_tui.sources.base import apply
    from ksec_tui.sources.collector import gc_young_only
    from ksec_tui.sources.connection import open_connection
    from ksec_tui.sources.kubeconfig import ConnectionOptions
    from ksec_tui.sources.live import LiveSource

    source = LiveSource(open_connection(ConnectionOptions(kubeconfig=kubeconfig)))
    builder = FollowingBuilder(source.info)
    for event in source.events(threading.Event()):
        apply(builder, event)
    checks = all_checks()
    gc_young_only()  # as the program does before it judges
    snapshot = builder.snapshot()
    before = cpu()
    results = run(snapshot, checks)
    found = {"all": cpu() - before, "objects": float(snapshot.count())}

    def changed(kind: Kind[Any], turn: int, **fields: object) -> float:
        nonlocal snapshot, results
        items = snapshot.of(kind)
        item = items[len(items) // 2 + turn]
        metadata = msgspec.structs.replace(item.metadata, resource_version=f"new-{turn}", **fields)
        new = msgspec.structs.replace(item, metadata=metadata)
        kept = snapshot.raw(item.ref)
        page = Page(kind, (new,), {} if kept is None else {item.ref: kept})
        began = cpu()
        told = builder.change(item.ref, page)
        after = builder.snapshot()
        results = renew(snapshot, results, after, frozenset({kind.resource} if told else ()), checks)
        snapshot = after
        return cpu() - began

    for kind in (POD, DEPLOYMENT, CONFIG_MAP, ROLE_BINDING, NODE):
        if len(snapshot.of(kind)) > 6:
            taken = [changed(kind, turn, labels={"turn": str(turn)}) for turn in range(3)]
            found[kind.resource] = min(taken)
    found["heartbeat"] = min(changed(POD, turn) for turn in range(3))
    return found


def run(pods: int, runs: int, owners: int = OWNERS) -> Report:
    """Measures it. Of the runs the best counts: what else the machine does only adds."""
    report = Report(f"One change while a cluster is followed, {pods:,} pods")
    with serving(pods, min(owners, pods)) as kubeconfig:
        taken = [child("bench.watch", str(kubeconfig)) for _ in range(runs)]
    found = {name: min(figures[name] for figures in taken) for name in taken[0]}
    report.row(f"all checks on {found['objects']:,.0f} objects", f"{found['all']:.2f} s")
    for name in sorted(found.keys() - {"all", "objects", "heartbeat"}, key=lambda name: -found[name]):
        ratio = found[name] / found["all"]
        target = f"{TARGET:.1f}x" if name == "pods" else ""
        report.row(
            f"one of the {name}", f"{found[name]:.3f} s", ratio=ratio, target=target, met=ratio <= TARGET
        )
    report.row("a heartbeat of a pod", f"{found['heartbeat']:.3f} s", ratio=found["heartbeat"] / found["all"])
    report.note(
        f"CPU, the ratio to all checks; the best of {runs} runs: taking the change in, the next Snapshot, and "
        "results equal to those of a full run. At most a fifth of the time is spent on judging changes."
    )
    return report


def main() -> None:
    """Measures, or is the measured process."""
    mine, words = arguments()
    if mine:
        printed(followed(mine[0]))
        return
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pods", type=int, default=10_000)
    parser.add_argument("--owners", type=int, default=OWNERS)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args(words)
    run(options.pods, options.runs, options.owners)


if __name__ == "__main__":
    main()
