"""The controls of frameworks with their verdicts: as text for people, as JSON, as Markdown for a page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

import msgspec

from ksec_tui.findings.frameworks.framework import Framework, Standing
from ksec_tui.findings.verdict import Verdict
from ksec_tui.reports.columns import columns

SCHEMA = "ksec-frameworks/1"
LIMITS = (
    "Controls that no check looks at are left out; a check may cover a part of a control, or several at once. "
    "Counts of components of Kubernetes itself stand apart."
)
_TITLES = ("CONTROL", "VERDICT", "FAILS", "SYSTEM", "WORST", "TITLE")


def frameworks_text(standings: Sequence[Standing], *, width: int | None = None) -> str:
    """Each framework with a line for each control; ends with a line feed.

    Args:
        standings: the controls, those of a framework together.
        width: cells of a line where the terminal has so many; None prints everything in full.
    """
    return "".join(f"{line}\n" for line in _lines(standings, width))


def _grouped(standings: Sequence[Standing]) -> Iterator[tuple[Framework, list[Standing]]]:
    for _, items in groupby(standings, key=lambda item: item.framework.id):
        found = list(items)
        yield found[0].framework, found


def headline(standings: Sequence[Standing]) -> str:
    """How many controls have each verdict."""
    counts = Counter(item.verdict for item in standings)
    order = (Verdict.FAIL, Verdict.UNKNOWN, Verdict.PASS, Verdict.NOT_APPLICABLE)
    return ", ".join(f"{counts[verdict]} {verdict.value}" for verdict in order if counts[verdict])


def _lines(standings: Sequence[Standing], width: int | None) -> Iterator[str]:
    for framework, items in _grouped(standings):
        yield f"{framework.title}: {headline(items)}"
        yield from columns([_TITLES, *(_cells(item) for item in items)], most=width)
        yield ""
    yield LIMITS


def _cells(item: Standing) -> tuple[str, ...]:
    plain = item.framework.plain
    return (
        item.title if plain else item.control,
        item.verdict.value,
        str(item.failed) if item.verdict is Verdict.FAIL else "",
        str(item.system or ""),
        item.worst.word if item.worst is not None else "",
        ", ".join(item.checks) if plain else item.title,
    )


def frameworks_json(standings: Sequence[Standing]) -> str:
    """The same as one JSON object; ends with a line feed."""
    tree = {
        "schema": SCHEMA,
        "frameworks": [
            {
                "id": framework.id,
                "title": framework.title,
                "controls": [_tree(item) for item in items],
            }
            for framework, items in _grouped(standings)
        ],
    }
    return msgspec.json.format(msgspec.json.encode(tree)).decode() + "\n"


def _tree(item: Standing) -> dict[str, Any]:
    return {
        "control": item.control,
        "title": item.title,
        "verdict": item.verdict.value,
        "failed": item.failed,
        "system": item.system,
        "unknown": item.unknown,
        "worst": item.worst.word if item.worst is not None else None,
        "checks": list(item.checks),
    }


def frameworks_markdown(standings: Sequence[Standing]) -> str:
    """The same as a page with one table for each framework; ends with a line feed."""
    return "".join(f"{line}\n" for line in _page(standings))


def _page(standings: Sequence[Standing]) -> Iterator[str]:
    yield "# Frameworks"
    yield ""
    yield LIMITS
    for framework, items in _grouped(standings):
        yield ""
        yield f"## {framework.title}"
        yield ""
        yield f"{headline(items)}."
        yield ""
        yield "| Control | Title | Verdict | Fails | System | Worst | Checks |"
        yield "|---|---|---|---:|---:|---|---|"
        for item in items:
            worst = item.worst.word if item.worst is not None else ""
            checks = ", ".join(f"`{name}`" for name in item.checks)
            cells = (item.control, item.title, item.verdict.value, item.failed, item.system, worst, checks)
            yield f"| {' | '.join(map(str, cells))} |"
