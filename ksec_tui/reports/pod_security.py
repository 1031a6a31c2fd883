"""Which workloads a Pod Security level admits, as text for people and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from ksec_tui.analysis.pod_security import Barrier, Evaluation, Run
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.text import one_line
from ksec_tui.reports.columns import columns

_CELL = 80


class Row(msgspec.Struct, frozen=True):
    """One workload.

    Attributes:
        ref: the workload.
        reaches: the strictest level that it meets.
        runs: what the level says, by version; one run when one version was asked for.
        object: what the pointers of `barriers` point into: its owner, or one of its pods.
        barriers: what the level refuses; empty when several versions were asked for.
    """

    ref: ObjectRef
    reaches: str
    runs: tuple[Run, ...]
    object: ObjectRef
    barriers: tuple[Barrier, ...] = ()

    @property
    def allowed(self) -> bool:
        """Whether the level admits it in every version asked for."""
        return all(run.evaluation.allowed for run in self.runs)


def table(rows: Sequence[Row], level: str, version: str, *, width: int | None = None) -> str:
    """A headline, then one line for each workload and run of versions; ends with a line feed.

    Args:
        rows: the workloads.
        level: the level that was asked for.
        version: the version, in words.
        width: cells of a line where the terminal has so many; None prints everything in full.
    """
    refused = sum(not row.allowed for row in rows)
    noun = "workload" if len(rows) == 1 else "workloads"
    head = f"{level} of {version} would refuse {refused:,} of {len(rows):,} {noun}"
    several = any(len(row.runs) > 1 for row in rows)
    titles = ("WORKLOAD", "REACHES", *(("VERSIONS",) if several else ()), "REFUSED FOR")
    lines = [titles, *(cells for row in rows for cells in _cells(row, several=several))]
    body = columns(lines, most=width) if rows else ()
    return "".join(f"{line}\n" for line in (head, *body))


def _cells(row: Row, *, several: bool) -> Iterator[tuple[str, ...]]:
    for run in row.runs:
        said = run.evaluation.detail or "-"
        if row.object != row.ref and not run.evaluation.allowed:
            said = f"{row.object.kind} {row.object.name}: {said}"
        versions = (f"v1.{run.first}" if run.first == run.last else f"v1.{run.first}-v1.{run.last}",)
        yield (
            one_line(str(row.ref), _CELL),
            row.reaches,
            *(versions if several else ()),
            one_line(said, 2000),
        )


def as_json(rows: Sequence[Row], level: str, version: str, unknown: Sequence[str]) -> str:
    """The same as one JSON object, with the fields to change; `unknown` says what could not be read."""
    several = any(len(row.runs) > 1 for row in rows) or version == "all"
    tree = {
        "level": level,
        "version": version,
        "workloads": [_row(row, several=several) for row in rows],
        "unknown": list(unknown),
    }
    return msgspec.json.format(msgspec.json.encode(tree), indent=2).decode() + "\n"


def _row(row: Row, *, several: bool) -> dict[str, Any]:
    tree: dict[str, Any] = {"kind": row.ref.kind, "namespace": row.ref.namespace, "name": row.ref.name}
    tree["reaches"] = row.reaches
    if several:
        return {**tree, "runs": [_run(run) for run in row.runs]}
    tree |= _verdict(row.runs[0].evaluation)
    tree["barriers"] = [
        {"check": item.check, "level": item.level, "object": str(row.object), "fields": item.fields}
        for item in row.barriers
    ]
    return tree


def case_line(case_id: object, runs: Sequence[Run], *, several: bool) -> str:
    """One line of JSON on one pod: ``allowed``, ``failed_checks``, ``detail``; with `several`, ``runs`` of them."""
    said = {"runs": [_run(run) for run in runs]} if several else _verdict(runs[0].evaluation)
    return msgspec.json.encode({"id": case_id, **said}).decode() + "\n"


def unreadable_line(case_id: object, reason: str) -> str:
    """One line of JSON on a pod that cannot be judged: ``allowed`` is null, ``unknown`` says why."""
    return msgspec.json.encode({"id": case_id, "allowed": None, "unknown": reason}).decode() + "\n"


def _run(run: Run) -> dict[str, Any]:
    return {"from": run.first, "to": run.last, **_verdict(run.evaluation)}


def _verdict(said: Evaluation) -> dict[str, Any]:
    return {"allowed": said.allowed, "failed_checks": said.checks, "detail": said.detail}
