"""The public cases of netpol-analyzer: what was asked, what it answered, and both as sets of lines."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TRUTH = Path(__file__).parents[3] / "shared" / "conformance" / "network" / "netpol-analyzer"
THERE = TRUTH.is_dir()

Table = frozenset[tuple[str, ...]]


@dataclass(frozen=True)
class Case:
    """One question in one form.

    Attributes:
        words: the arguments of the program.
        form: ``txt``, ``json`` or ``csv``.
        expected: the file that holds the answer.
    """

    words: tuple[str, ...]
    form: str
    expected: Path

    @property
    def name(self) -> str:
        return self.expected.name


def cases(kind: str, *, exposure: bool | None = None) -> list[Case]:
    """The cases of one kind, in every form that has an answer; none where the truth is not here."""
    found = []
    for item in _index("index.json"):
        if item["kind"] == kind and exposure in (None, item.get("exposure")):
            for form, path in zip(item["formats"], item["expected"], strict=True):
                words = _diff(item) if kind == "diff" else _list(item)
                found.append(Case((*words, "-o", form), form, TRUTH / "expected" / path))
    return found


def bad_inputs() -> list[dict[str, Any]]:
    """What netpol-analyzer refuses or warns of."""
    return _index("bad_input_index.json")


def folder(name: str) -> str:
    return str(TRUTH / "tests" / name)


def _index(name: str) -> list[dict[str, Any]]:
    return json.loads((TRUTH / name).read_text("utf-8")) if THERE else []


def _diff(item: dict[str, Any]) -> tuple[str, ...]:
    return ("connections", "diff", folder(item["dir1"]), folder(item["dir2"]))


def _list(item: dict[str, Any]) -> Iterator[str]:
    yield from ("connections", "-f", folder(item["dir"]), "--style", "netpol-analyzer")
    for name in item["focusworkload"]:
        yield from ("--focus", name)
    for name in item["focusworkload_peer"]:
        yield from ("--peer", name)
    if item["focus_direction"]:
        yield from ("--direction", item["focus_direction"])
    if item["focus_conn"]:
        yield from ("--conn", item["focus_conn"])
    if item["exposure"]:
        yield "--exposure"


def table(form: str, text: str) -> Table:
    """The lines of an answer: order, padding and the order of a requirement's values mean nothing."""
    if form == "csv":
        return frozenset(tuple(map(plain, row)) for row in csv.reader(io.StringIO(text)))
    if form == "json":
        return frozenset(_tree(json.loads(text or "[]"), ()))
    return frozenset((plain(line),) for line in text.splitlines() if line.strip())


def _tree(tree: Any, at: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    if isinstance(tree, dict) and "conn" in tree:
        yield (*at, *(f"{key}={plain(tree[key])}" for key in sorted(tree)))
    elif isinstance(tree, dict):
        for key, part in tree.items():
            yield from _tree(part, (*at, key))
    else:
        for part in tree or ():
            yield from _tree(part, at)


def plain(text: str) -> str:
    """Without what some versions write and others do not, and with sorted values."""
    text = " ".join(text.replace("[External]", "").split())
    return re.sub(r"Values:\[([^\]]*)\]", lambda found: f"Values:{sorted(found[1].split())}", text)
