"""The table: worst first, colours only where asked for, what is unknown said apart."""

from __future__ import annotations

import re
from pathlib import Path

from ksec_tui.checks import all_checks
from ksec_tui.cluster.kinds import NETWORK_POLICY
from ksec_tui.findings.examples import example_snapshot
from ksec_tui.findings.runner import run
from ksec_tui.findings.verdict import Severity
from ksec_tui.reports.columns import width
from ksec_tui.reports.report import Report, make_report
from ksec_tui.reports.table import render
from ksec_tui.sources.base import Problem, load
from ksec_tui.sources.files import FileSource

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


def test_kinds_that_a_manifest_does_not_hold_take_one_line(tmp_path: Path) -> None:
    path = tmp_path / "pod.yaml"
    path.write_text(
        "{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {hostPID: true}}\n", encoding="utf-8"
    )
    snapshot, problems = load(FileSource([str(path)]))
    checks = all_checks()
    text = render(make_report(snapshot, run(snapshot, checks), checks, problems, lambda _: True))
    assert "wl-host-pid" in text
    _, _, unknown = text.partition("what could not be judged is no pass:\n")
    lines = unknown.splitlines()
    assert len(lines) < 12
    assert unknown.count("not supplied: ") == 1
    assert re.match(r"  \d+ checks would look further at what was not supplied: ", lines[0])
