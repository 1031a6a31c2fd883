"""Loading pods from a server in another process: CPU and memory beside the official models and the bare bytes.

``python -m bench.load --pods 10000``. For 100,000 pods the models need about 13 GB: only with ``--models``.
"""

from __future__ import annotations

import argparse
import threading
from collections import deque
from functools import partial
from typing import Any

import msgspec

from bench.measure import Figures, Report, arguments, child, cpu, interleaved, peak, printed, serving

MODELS_UP_TO = 20_000
"""Pods up to which the official models are loaded without being asked for."""


class _Meta(msgspec.Struct):
    continue_: str = msgspec.field(default="", name="continue")


class _Nothing(msgspec.Struct):
    metadata: _Meta


def ours(kubeconfig: str, *, whole: bool, idle: bool) -> Figures:
    """LiveSource, as the explorer reads."""
    import kubernetes.client.rest  # noqa: F401 - counted with the empty process

    from ksec_tui.cluster.kinds import KINDS, POD
    from ksec_tui.sources.base import load
    from ksec_tui.sources.connection import open_connection
    from ksec_tui.sources.kubeconfig import ConnectionOptions
    from ksec_tui.sources.live import LiveSource

    connection = open_connection(ConnectionOptions(kubeconfig=kubeconfig))
    connection.access()
    started = cpu()
    if idle:
        return {"cpu": 0.0, "peak": peak(), "objects": 0}
    snapshot, problems = load(LiveSource(connection, kinds=KINDS if whole else (POD,)))
    if problems:
        raise RuntimeError(str(problems))
    return {"cpu": cpu() - started, "peak": peak(), "objects": snapshot.count()}


def skipped(kubeconfig: str) -> Figures:
    """The same pages through the same transport, decoded into nothing: the floor."""
    import kubernetes.client.rest  # noqa: F401 - counted with the empty process

    from ksec_tui.cluster.kinds import POD
    from ksec_tui.sources.connection import open_connection
    from ksec_tui.sources.kubeconfig import ConnectionOptions
    from ksec_tui.sources.live import PAGE_SIZE
    from ksec_tui.sources.transport import RequestRecord, Transport

    connection = open_connection(ConnectionOptions(kubeconfig=kubeconfig))
    connection.access()
    log: deque[RequestRecord] = deque(maxlen=10)
    transport = Transport(connection, threading.Event(), log)
    started = cpu()
    token, pages = "", 0
    while True:
        more = f"&continue={token}" if token else ""
        page = msgspec.json.decode(transport.get(f"{POD.path()}?limit={PAGE_SIZE}{more}"), type=_Nothing)
        pages += 1
        token = page.metadata.continue_
        if not token:
            break
    spent = cpu() - started
    transport.close()
    return {"cpu": spent, "peak": peak(), "objects": pages}


def models(kubeconfig: str, *, idle: bool) -> Figures:
    """The official client's own classes, as its examples use them."""
    from kubernetes import client, config

    api: Any = client.CoreV1Api(config.new_client_from_config(config_file=kubeconfig))  # type: ignore[no-untyped-call]
    started = cpu()
    if idle:
        return {"cpu": 0.0, "peak": peak(), "objects": 0}
    found: list[object] = []
    token = None
    while True:
        page = api.list_pod_for_all_namespaces(limit=500, _continue=token)
        found += page.items
        token = page.metadata._continue
        if not token:
            break
    return {"cpu": cpu() - started, "peak": peak(), "objects": len(found)}


def run(pods: int, runs: int, *, with_models: bool) -> Report:
    """Measures it all."""
    report = Report(f"Loading {pods:,} pods")
    names = ["idle", "pods", "skip", "whole"] + (["models-idle", "models"] if with_models else [])
    with serving(pods) as kubeconfig:
        found = interleaved(
            {name: partial(child, "bench.load", name, str(kubeconfig)) for name in names}, runs
        )
    mine, floor, whole = found["pods"], found["skip"], found["whole"]
    grown = mine["peak"] - found["idle"]["peak"]
    report.row("pods, LiveSource: CPU", f"{mine['cpu']:.2f} s")
    report.row("pods, LiveSource: memory grown by", f"{grown:.0f} MiB")
    ratio = mine["cpu"] / floor["cpu"]
    report.row(
        "CPU, to skipping through the same bytes",
        f"{floor['cpu']:.2f} s",
        ratio=ratio,
        target="<= 2.5x",
        met=ratio <= 2.5,
    )
    if with_models:
        other = found["models"]
        ratio = other["cpu"] / mine["cpu"]
        report.row(
            "CPU, official models to ours",
            f"{other['cpu']:.1f} s",
            ratio=ratio,
            target=">= 40x",
            met=ratio >= 40,
        )
        theirs = other["peak"] - found["models-idle"]["peak"]
        report.row(
            "memory, official models to ours",
            f"{theirs:.0f} MiB",
            ratio=theirs / grown,
            target=">= 6x",
            met=theirs / grown >= 6,
        )
    else:
        report.note("The official models were left out: they would need more than 10 GB.")
    each = whole["cpu"] / whole["objects"] * 1e6
    report.row(
        f"whole cluster, {whole['objects']:,.0f} objects: CPU", f"{whole['cpu']:.2f} s ({each:.0f} us each)"
    )
    report.row("whole cluster: memory grown by", f"{whole['peak'] - found['idle']['peak']:.0f} MiB")
    report.note(f"Medians of {runs} interleaved runs, each in a process of its own; imports not counted.")
    return report


def _child(name: str, kubeconfig: str) -> Figures:
    match name:
        case "models" | "models-idle":
            return models(kubeconfig, idle=name == "models-idle")
        case "skip":
            return skipped(kubeconfig)
        case _:
            return ours(kubeconfig, whole=name == "whole", idle=name == "idle")


def main() -> None:
    """Measures, or is one of the measured processes."""
    mine, words = arguments()
    if mine:
        printed(_child(*mine))
        return
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pods", type=int, default=10_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--models", action="store_true", help="the official models too, however many pods")
    options = parser.parse_args(words)
    run(options.pods, options.runs, with_models=options.models or options.pods <= MODELS_UP_TO)


if __name__ == "__main__":
    main()
