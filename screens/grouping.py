"""Findings in groups: by check, object, namespace or who manages the object; folded, counted, worst group first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ksec_tui.cluster.ref import CLUSTER, ObjectRef
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.cluster.text import one_line
from ksec_tui.findings.finding import Finding
from ksec_tui.findings.verdict import Severity, Verdict
from ksec_tui.fixes.owner import manager_of
from ksec_tui.screens.pane import Row, View
from ksec_tui.screens.view import Branch
from ksec_tui.screens.widgets.columns import Column, natural, text_of

GROUPS: tuple[str, ...] = ("check", "object", "ns", "owner")
"""By what findings can be grouped."""
NOBODY = "no known manager"
HEAD = "group"
"""Where a row's values hold the row at the top of its group."""
NAMED = "group-name"
TOLD = "group-words"

_Key = tuple[str, ObjectRef]


def grouped(rows: Sequence[Row], view: View) -> Sequence[Row]:
    """The rows that the view keeps, below one row for each of their groups.

    Args:
        rows: one row for each finding, in their order.
        view: says by what they are grouped, which groups are open, and which rows are wanted.
    """
    keep = view.keep
    group = _KEYS[view.ledger.group]
    owners: dict[ObjectRef, str] = {}
    groups: dict[_Key, list[Row]] = {}
    for row in rows:
        if row.finding is not None and (keep is None or keep(row)):
            groups.setdefault(group(row.finding, view.state.snapshot, owners), []).append(row)
    found: list[Row] = []
    for (name, ref), inside in groups.items():
        key = f"group|{view.ledger.group}|{name}"
        opened = key in view.turned
        head = _head(key, name, ref, inside, view, opened=opened)
        found.append(head)
        if opened:
            found += (
                replace(row, branch=Branch(1, key), values={**row.values, HEAD: head}) for row in inside
            )
    return found


def _head(key: str, name: str, ref: ObjectRef, inside: Sequence[Row], view: View, *, opened: bool) -> Row:
    findings = tuple(row.finding for row in inside if row.finding is not None)
    closed, wide = (">", "v") if view.ascii else ("▸", "▾")
    told = _told(inside, findings)
    values: dict[str, Any] = {NAMED: f"{wide if opened else closed} {one_line(name)}", TOLD: told}
    staged = sum(row.staged for row in inside)
    return Row(
        key,
        ref,
        findings,
        values,
        judged=True,
        staged=bool(staged) and staged == len(inside),
        text=f"{name} {told}",
        haystack=f"{name} {told}".lower(),
        notes=(f"{one_line(name)}: {_many(len(inside))}: {told}. Keys act on {_all(len(inside))}.",),
        branch=Branch(0, "", opened),
    )


def _many(count: int) -> str:
    return f"{count:,} finding{'' if count == 1 else 's'}"


def _all(count: int) -> str:
    return "it" if count == 1 else "all of them"


def _told(inside: Sequence[Row], findings: Sequence[Finding]) -> str:
    """How many there are of what, in words."""
    counted = Counter(item.severity for item in findings if item.verdict is Verdict.FAIL)
    unknown = sum(item.verdict is Verdict.UNKNOWN for item in findings)
    parts = [f"{counted[severity]:,} {severity.word}" for severity in reversed(Severity) if counted[severity]]
    parts += [f"{unknown:,} unknown"] if unknown else []
    for words, count in (
        ("staged", sum(row.staged for row in inside)),
        ("dismissed", sum(row.hidden for row in inside)),
        ("new", sum(any(item.mark == "new" for item in row.triaged) for row in inside)),
    ):
        parts += [f"{count:,} {words}"] if count else []
    return ", ".join(parts)


def _by_check(finding: Finding, _: Snapshot, __: dict[ObjectRef, str]) -> _Key:
    return finding.check, ObjectRef("", "Check", finding.check, "")


def _by_object(finding: Finding, _: Snapshot, __: dict[ObjectRef, str]) -> _Key:
    return str(finding.subject), finding.subject


def _by_namespace(finding: Finding, _: Snapshot, __: dict[ObjectRef, str]) -> _Key:
    subject = finding.subject
    name = subject.name if subject.kind == "Namespace" else subject.namespace
    return (name, ObjectRef("", "Namespace", name, "")) if name else ("the whole cluster", CLUSTER)


def _by_owner(finding: Finding, snapshot: Snapshot, known: dict[ObjectRef, str]) -> _Key:
    subject = finding.subject
    if subject not in known:
        manager = manager_of(snapshot, subject)
        known[subject] = f"{manager.kind} {manager.name}".strip() if manager is not None else NOBODY
    return known[subject], CLUSTER


_KEYS: Mapping[str, Callable[[Finding, Snapshot, dict[ObjectRef, str]], _Key]] = {
    "check": _by_check,
    "object": _by_object,
    "ns": _by_namespace,
    "owner": _by_owner,
}


def name_of(row: Row) -> str:
    """The object's name, below its group a step to the right; of a group its name."""
    if NAMED in row.values:
        return str(row.values[NAMED])
    return f"  {row.ref.name}" if row.branch is not None else row.ref.name


def in_groups(*columns: Column[Row]) -> tuple[Column[Row], ...]:
    """The columns so that sorting orders whole groups and leaves what is in them below them."""
    return tuple(replace(column, sort=_whole(column)) for column in columns)


def with_room(columns: tuple[Column[Row], ...]) -> tuple[Column[Row], ...]:
    """The columns of a grouped list: names of groups need room, and tell what some columns tell of a finding."""
    shapes: dict[str, dict[str, int]] = {
        "name": {"width": 30, "min_width": 24},
        "namespace": {"priority": 7},
        "kind": {"priority": 8},
        "check": {"priority": 9},
    }
    return tuple(replace(column, **_shape(column, shapes)) for column in columns)


def _shape(column: Column[Row], shapes: Mapping[str, Mapping[str, int]]) -> dict[str, Any]:
    cell = column.cell
    blank = {"cell": lambda row: "" if NAMED in row.values else cell(row)}
    return {**shapes.get(column.id, {}), **(blank if column.id in ("namespace", "kind", "check") else {})}


def _whole(column: Column[Row]) -> Callable[[Row], Any]:
    order = column.sort or (lambda row: natural(text_of(column.cell(row))))

    def sort(row: Row) -> Any:
        head = row.values.get(HEAD, row) if row.values else row
        return (order(head), head.key if head.branch is not None else "")

    return sort
