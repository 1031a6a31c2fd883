"""Tab Rights: all that a subject may do, as a table of resources and verbs; risky cells marked and explained."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ksec_tui.analysis.rbac.answer import Path
from ksec_tui.analysis.rbac.default_policy import default_policy
from ksec_tui.analysis.rbac.identity import Who, identity_of
from ksec_tui.analysis.rbac.permissions import Cell, Matrix, Row, diff, matrix
from ksec_tui.analysis.rbac.rules import ALL
from ksec_tui.analysis.security_context import minor_version
from ksec_tui.analysis.workloads import workload_named
from ksec_tui.cluster.coverage import Coverage
from ksec_tui.cluster.kinds import CLUSTER_ROLE, CLUSTER_ROLE_BINDING, ROLE, ROLE_BINDING
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.cluster.text import one_line
from ksec_tui.screens.details.tab import Hand, Tab, heading, line, prose
from ksec_tui.screens.lens import who_of
from ksec_tui.screens.widgets.text import Line

LETTERS = {
    "get": "g",
    "list": "l",
    "watch": "w",
    "create": "c",
    "update": "u",
    "patch": "p",
    "delete": "d",
    "deletecollection": "D",
}
"""The usual verbs in the order of their columns, one letter each."""


def subject_in(snapshot: Snapshot, ref: ObjectRef) -> Who | None:
    """Whose rights belong to an object: the subject itself, or the ServiceAccount that a workload runs as."""
    found = who_of(ref)
    if found is not None:
        return found
    workload = workload_named(snapshot, ref)
    return None if workload is None else Who("ServiceAccount", workload.spec.account, workload.namespace)


def lines(hand: Hand) -> Sequence[Line]:
    """The rights of the subject in hand, or what sets it apart from another."""
    snapshot, lens = hand.snapshot, hand.view.lens
    who = subject_in(snapshot, hand.row.ref)
    if who is None:
        return [
            line("Users, groups, ServiceAccounts and workloads have rights; this is none of them.", "muted")
        ]
    own = matrix(snapshot, identity_of(who))
    found = [Line(((f"{who}", "bold"), ("  and the groups that the API server adds", "muted")))]
    found += (line(gap, "unknown") for gap in _gaps(snapshot.coverage))
    if lens.against_default:
        found += _against_default(hand, who, own)
    elif lens.compare is not None and lens.compare != who:
        other = matrix(snapshot, identity_of(lens.compare))
        found += _difference(hand, own, other, str(who), str(lens.compare))
    else:
        found += _table(hand, own.rows)
        if own.left_out:
            found.append(line(f"{own.left_out} more names of resources are left out.", "muted"))
    return found


def _gaps(coverage: Coverage) -> list[str]:
    """What was not read, so that there may be more rights."""
    kinds = (CLUSTER_ROLE_BINDING, ROLE_BINDING, CLUSTER_ROLE, ROLE)
    return [f"? there may be more: {gap}" for kind in kinds if (gap := coverage.gap(kind))]


def _against_default(hand: Hand, who: Who, own: Matrix) -> Iterator[Line]:
    snapshot = hand.snapshot
    version = snapshot.source.server_version
    policy = default_policy(minor_version(version))
    if policy is None:
        yield from prose(f"The default policy of {version or 'this server'} is not known here.", hand.width)
        return
    other = Matrix(snapshot, policy.grants(identity_of(who)))
    yield from _difference(hand, own, other, str(who), f"the default policy of {version}")


def _difference(hand: Hand, own: Matrix, other: Matrix, this: str, that: str) -> Iterator[Line]:
    found = diff(own, other)
    if not found.only_a and not found.only_b:
        yield line(f"The same rights as {that}.", "pass")
        return
    for sign, title, rows in (("+", f"only {this}", found.only_a), ("-", f"only {that}", found.only_b)):
        if rows:
            yield line()
            yield Line(((f"{sign} {title}", "added bold" if sign == "+" else "removed bold"),))
            yield from _table(hand, rows)


def _table(hand: Hand, rows: Sequence[Row]) -> Iterator[Line]:
    if not rows:
        yield line("no rights at all", "muted")
        return
    yield line()
    name = max(16, min(34, hand.width // 2 - 8))
    yield heading(f"{'RESOURCE':{name}} {' '.join(LETTERS.values())}  WHERE")
    for row in rows:
        yield _row(hand, row, name)
    yield line()
    on, risky = ("x", "!") if hand.view.ascii else ("✓", "!")
    legend = ", ".join(f"{letter} {verb}" for verb, letter in LETTERS.items())
    yield from prose(f"{legend}.", hand.width, style="muted")
    yield line(f"{on} granted   {risky} granted and risky   n for some names only   enter: by what", "muted")


def _row(hand: Hand, row: Row, width: int) -> Line:
    name = one_line(row_name(row), width)
    spans: list[tuple[str, str]] = [(f"{name:{width}} ", "bold" if row.risks else "")]
    star = row.cell(ALL)
    usual = [row.cell(verb) or star for verb in LETTERS]
    spans += [(f"{_mark(hand, cell)} ", _style(cell)) for cell in usual]
    spans.append((" " + ", ".join(dict.fromkeys(cell.scope for cell in row.cells)), "muted"))
    others = [cell.verb for cell in row.cells if cell.verb not in LETTERS]
    if others:
        spans.append((f"  + {', '.join(others)}", "warning"))
    risks = row.risks
    return Line(
        tuple(spans),
        gutter="!" if risks else "",
        gutter_style="high",
        note=risks[0] if risks else "",
        link=f"right:{row.group}|{row.resource}",
    )


def row_name(row: Row) -> str:
    """``deployments.apps``, ``every resource``, or a path."""
    if row.is_url or not row.group:
        return row.resource
    if row.group == ALL:
        return "every resource" if row.resource == ALL else f"{row.resource} (any group)"
    return f"{row.resource}.{row.group}"


def _mark(hand: Hand, cell: Cell | None) -> str:
    if cell is None:
        return "-" if hand.view.ascii else "·"
    if cell.risk:
        return "!"
    return "n" if cell.named else "x" if hand.view.ascii else "✓"


def _style(cell: Cell | None) -> str:
    if cell is None:
        return "muted"
    return "high bold" if cell.risk else "pass"


def explanation(snapshot: Snapshot, who: Who, link: str) -> list[Line]:
    """By what each right on one resource is granted; `link` is that of the resource's line."""
    group, _, resource = link.partition("|")
    row = matrix(snapshot, identity_of(who)).row((group, resource))
    found: list[Line] = []
    for cell in row.cells:
        found.append(Line(((f"{cell.verb:18}", "bold"), (cell.scope, "muted"), (f"  {cell.risk}", "high"))))
        found += (_way(path) for path in cell.by)
    return found


def _way(path: Path) -> Line:
    return line(f"    {path}", link=f"object:{path.binding.id}")


TAB = Tab("rights", 5, "Rights", lines)
