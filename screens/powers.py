"""What a ServiceAccount is worth to whoever breaks into its pods: the worst that was found on its bindings."""

from __future__ import annotations

from ksec_tui.analysis.accounts import bindings_of_account, token_mounted
from ksec_tui.analysis.rbac.grants import gaps
from ksec_tui.analysis.workloads import Workload
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.cluster.text import one_line
from ksec_tui.findings.finding import Finding
from ksec_tui.findings.runner import Results
from ksec_tui.findings.verdict import Severity, Verdict
from ksec_tui.screens.pane import View
from ksec_tui.screens.widgets.columns import Cell
from ksec_tui.themes.palette import badge, style_name


def power(view: View, namespace: str, account: str) -> Finding | None:
    """The worst FAIL on a binding that names the account or its namespace's accounts; None when there is none."""
    results = view.state.results
    # Results are kept beside what was looked up in them: an id alone could come back for another object.
    kept: tuple[Results, dict[tuple[str, str], Finding | None]] = view.state.snapshot.derived(
        ("powers", id(results)), lambda _: (results, {})
    )
    known = kept[1]
    key = namespace, account
    if key not in known:
        found = [
            finding
            for bound in bindings_of_account(view.state.snapshot, namespace, account)
            for finding in results.on(bound.ref)
            if finding.verdict is Verdict.FAIL
        ]
        known[key] = max(found, key=lambda item: item.severity, default=None)
    return known[key]


def powerful(view: View, workload: Workload) -> Finding | None:
    """The same for the account of a workload whose pods carry its token, if it is of high severity or worse."""
    found = power(view, workload.namespace, workload.spec.account)
    if found is None or found.severity < Severity.HIGH or not carries(view.state.snapshot, workload):
        return None
    return found


def carries(snapshot: Snapshot, workload: Workload) -> bool:
    """Whether its pods hold the account's token."""
    return token_mounted(workload.spec, workload.namespace, snapshot)


def account_cell(view: View, workload: Workload) -> Cell:
    """The account: with the severity of what it may do, or that its token is not in the pod."""
    snapshot = view.state.snapshot
    name = one_line(workload.spec.account, 80)
    if not carries(snapshot, workload):
        return Cell(f"{name} (no token)", "muted")
    found = power(view, workload.namespace, workload.spec.account)
    if found is not None:
        mark = badge(found.severity, found.verdict, ascii=view.ascii)
        return Cell(f"{mark} {name}", style_name(found.severity, found.verdict))
    if gaps(snapshot, workload.namespace):
        return Cell(f"? {name}", "unknown")
    return Cell(name, "")
