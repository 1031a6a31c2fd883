"""The table: worst first, colours only where asked for, what is unknown said apart."""

from __future__ import annotations

import re

from ksec_tui.checks import all_checks
from ksec_tui.cluster.kinds import NETWORK_POLICY
from ksec_tui.findings.examples import example_snapshot
from ksec_tui.findings.runner import run
from ksec_tui.findings.verdict import Severity
from ksec_tui.reports.columns import width
from ksec_tui.reports.report import Report, make_report
from ksec_tui.reports.table import render
from ksec_tui.sources.base import Problem

MANIFEST = """\
kind: Cluster
serverVersion: v1.33.4
today: 2026-11-21
---
{apiVersion: v1, kind: Namespace, metadata: {name: shop}}
---
apiVersion: v1
kind: Pod
metadata: {name: 店, namespace: shop}
spec:
  hostPID: true
  containers: [{name: main, image: registry.example/a:1, securityContext: {privileged: true}}]
"""
SGR = re.compile(r"\x1b\[[0-9;]*m")


def report(*, forbidden: bool = False, words: str = "") -> Report:
    snapshot = example_snapshot(MANIFEST, forbidden=[NETWORK_POLICY] if forbidden else [])
    checks = all_checks()
    results = run(snapshot, checks)
    return make_report(snapshot, results, checks, [Problem("x", "y")], lambda item: words in item.check)


def test_the_worst_stands_first_and_the_summary_counts_all() -> None:
    text = render(report(words="wl-"))
    rows = [line.split()[0] for line in text.split("\n\n")[0].splitlines()[1:]]
    ranks = [Severity.parse(word) for word in rows]
    assert ranks == sorted(ranks, reverse=True)
    assert f"{len(rows)} findings: " in text
    assert "not shown" in text
    assert "on example (v1.33.4)" in text


def test_colours_paint_the_severity_and_nothing_else() -> None:
    plain, painted = render(report()), render(report(), colour=True)
    assert SGR.search(plain) is None
    assert SGR.sub("", painted) == plain
    assert painted.splitlines()[1].startswith("\x1b[")


def test_rows_fit_the_terminal_and_are_whole_without_one() -> None:
    narrow = render(report(), width=100).split("\n\n")[0].splitlines()
    assert max(map(width, narrow)) <= 100
    assert "…" not in render(report(words="wl-privileged"))


def test_what_could_not_be_read_is_named_with_what_it_leaves_unknown() -> None:
    text = render(report(forbidden=True))
    assert "forbidden: networkpolicies.networking.k8s.io" in text
    reason = next(line for line in text.splitlines() if "networkpolicies" in line and line.startswith("  "))
    assert "could not be listed (forbidden)" in reason
    assert "net-" in reason or "ns-" in reason


def test_without_findings_it_says_so() -> None:
    text = render(report(words="no such check"))
    assert text.startswith("No findings from ")
    assert "SEVERITY" not in text
