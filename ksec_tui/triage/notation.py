"""The triage file as text: what is read of it, each bad entry named with its line, and how an entry is written.

Schema ``ksec-triage/1``: a YAML mapping with ``schema`` and ``decisions``, a list of mappings with the fields
of `Decision` and ``finding``, its fingerprint (which may be left out).
"""

from __future__ import annotations

import bisect
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import msgspec

from ksec_tui.cluster.text import MAX_TEXT, clean, one_line
from ksec_tui.findings.filter_fields import nearest
from ksec_tui.sources import yaml_reader
from ksec_tui.triage.decision import Decision, DecisionError, State, check, day, moment, plain
from ksec_tui.triage.triage import NOTHING, Triage

SCHEMA = "ksec-triage/1"
LIST = "decisions"
MAX_FILE = 16 << 20
"""Bytes; about 40,000 decisions."""
HEADER = f"""\
# What was decided about findings. ksec-tui keeps the entries sorted by check and object, and keeps comments.
#   state     open, in-progress, false-positive, wont-fix, accepted (with owner and expires) or mitigated
#   reason    why; required to dismiss
#   expires   the last day on which the decision holds; the finding is open again from the next day on
#   evidence  what the decision was taken on; more evidence opens the finding again, none here means whatever it is
#   finding   the fingerprint of check and object; it may be left out
schema: {SCHEMA}
{LIST}:
"""
FIELDS = ("finding", "check", "object", "about", "state", "reason", "owner", "at", "expires", "evidence")
_REQUIRED = ("check", "object", "state", "at")
_STATES = {state.value: state for state in State}
_PLAIN = re.compile(
    r"(?:[0-9a-f]*[a-df][0-9a-f]*|[A-Za-z/](?:[A-Za-z0-9/._ ,;()=+@-]|:(?=[A-Za-z0-9/]))*)(?<! )"
)
"""Words, and digests that are no number in any reading of YAML."""


class TriageError(Exception):
    """The file cannot be used at all; the message names it, and the line."""


class Problem(msgspec.Struct, frozen=True):
    """An entry that does not count, and why.

    Attributes:
        line: where it begins, from 1; 0 for the whole file.
        reason: one sentence.
    """

    line: int
    reason: str


class Entry(NamedTuple):
    """An entry that was read: where it begins, and what it decides; None when it does not count."""

    line: int
    decision: Decision | None


class Read(msgspec.Struct, frozen=True):
    """What a triage file says.

    Attributes:
        triage: the decisions that count.
        entries: every entry in the order of the file.
        problems: the entries that do not count.
    """

    triage: Triage = NOTHING
    entries: tuple[Entry, ...] = ()
    problems: tuple[Problem, ...] = ()

    def line_of(self, decision: Decision) -> int:
        """Where a decision stands in the file; 0 when nowhere."""
        return next((entry.line for entry in self.entries if entry.decision == decision), 0)


def read(data: bytes, name: str) -> Read:
    """Read a triage file; an empty one says nothing.

    Args:
        data: its content.
        name: what to call it in messages.

    Raises:
        TriageError: it is too large, no YAML, or not of this schema.
    """
    if len(data) > MAX_FILE:
        raise TriageError(f"{one_line(name)}: larger than {MAX_FILE >> 20} MiB")
    try:
        found = [
            document
            for line, part in yaml_reader.split(data)
            for document in yaml_reader.documents(part, line, LIST)
        ]
    except yaml_reader.YamlError as error:
        raise TriageError(f"{one_line(name)}:{error.line}: {error.reason}") from error
    except ValueError as error:
        raise TriageError(f"{one_line(name)}: not readable as text") from error
    if not found:
        return Read()
    if len(found) > 1:
        raise TriageError(f"{one_line(name)}:{found[1].line}: a second document; a triage file is one")
    return _Reader(found[0], name).read()


class _Reader:
    def __init__(self, document: yaml_reader.YamlDocument, name: str) -> None:
        self.document = document
        self.name = name

    def read(self) -> Read:
        items = self._items()
        lines = self.document.item_lines
        twice = self._twice()
        entries: list[Entry] = []
        problems: list[Problem] = []
        for place, (item, line) in enumerate(zip(items, lines, strict=True)):
            try:
                entries.append(Entry(line, decision_of(item, twice.get(place, ""))))
            except DecisionError as error:
                entries.append(Entry(line, None))
                problems.append(Problem(line, str(error)))
        held: dict[str, int] = {}
        for place, (_, decision) in enumerate(entries):
            other = None if decision is None else held.setdefault(decision.fingerprint, place)
            if decision is None or other is None or other == place:
                continue
            rival = entries[other].decision
            older, newer = (other, place) if rival is None or rival.rank < decision.rank else (place, other)
            held[decision.fingerprint] = newer
            reason = f"decided again in line {lines[newer]}, which is later and holds"
            problems.append(Problem(lines[older], reason))
            entries[older] = Entry(lines[older], None)
        kept = {item.fingerprint: item for _, item in entries if item is not None}
        return Read(Triage(kept), tuple(entries), tuple(sorted(problems, key=lambda item: item.line)))

    def _twice(self) -> dict[int, str]:
        """The entries, by position, in which a key comes twice."""
        lines = self.document.item_lines
        return {bisect.bisect_right(lines, line) - 1: key for line, key in self.document.doubled}

    def _items(self) -> list[object]:
        """The entries of the list; the shape around them is checked."""
        tree = self.document.tree
        if not isinstance(tree, dict):
            raise self._error("a mapping with schema and decisions is expected")
        schema = tree.get("schema")
        if schema != SCHEMA:
            said = "is missing" if schema is None else f"is {one_line(str(schema), 60)}"
            raise self._error(f"schema {said}; {SCHEMA} is expected")
        for key in tree:
            if key not in ("schema", LIST):
                raise self._error(f"there is no field {one_line(key, 40)} ({nearest(key, ('schema', LIST))})")
        items = tree.get(LIST)
        if items is None:
            return []
        if not isinstance(items, list) or len(items) != len(self.document.item_lines):
            raise self._error(f"{LIST}: one list is expected")
        return items

    def _error(self, reason: str) -> TriageError:
        return TriageError(f"{one_line(self.name)}:{self.document.line}: {reason}")


def decision_of(item: object, twice: str = "") -> Decision:
    """The decision that an entry holds, in which the key `twice` comes again.

    Raises:
        DecisionError: it holds none.
    """
    if not isinstance(item, dict):
        raise DecisionError("a mapping is expected")
    if twice:
        raise DecisionError(f"{one_line(twice, 40)} is there twice")
    for key in item:
        if key not in FIELDS:
            raise DecisionError(f"there is no field {one_line(key, 40)} ({nearest(key, FIELDS)})")
    for key in _REQUIRED:
        if item.get(key) in (None, ""):
            raise DecisionError(f"{key} is missing")
    texts = {key: _text(key, item.get(key)) for key in FIELDS if key != "evidence"}
    state = _STATES.get(texts["state"])
    if state is None:
        raise DecisionError(
            f"state: there is no {one_line(texts['state'], 40)} ({nearest(texts['state'], _STATES)})"
        )
    decision = Decision(
        texts["check"],
        texts["object"],
        state,
        moment(texts["at"]),
        texts["reason"],
        texts["owner"],
        texts["expires"] and day(texts["expires"]),
        tuple(sorted(set(_pieces(item.get("evidence"))))),
        texts["about"],
    )
    check(decision)
    if texts["finding"] not in ("", decision.fingerprint):
        raise DecisionError(
            f"finding: {one_line(texts['finding'], 40)} is not that of this check and object, "
            f"which is {decision.fingerprint}"
        )
    return decision


def _text(key: str, value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        # Names of objects count to the last space.
        return clean(value, 4 * MAX_TEXT) if key == "object" else plain(value)
    raise DecisionError(f"{key}: a text is expected; put it in quotes")


def _pieces(value: object) -> Iterator[str]:
    if value is None:
        return
    if not isinstance(value, list):
        raise DecisionError("evidence: a list is expected")
    for piece in value:
        if not isinstance(piece, str):
            raise DecisionError("evidence: digests are texts; put them in quotes")
        yield piece


def written(decision: Decision) -> list[tuple[str, str]]:
    """An entry as the names of its fields and what stands behind the colon; empty fields are left out."""
    values = {
        "finding": _scalar(decision.fingerprint),
        "check": _scalar(decision.check),
        "object": _scalar(decision.object),
        "about": decision.about and _scalar(decision.about),
        "state": decision.state.value,
        "reason": decision.reason and _scalar(decision.reason),
        "owner": decision.owner and _scalar(decision.owner),
        "at": decision.at,
        "expires": decision.expires,
        "evidence": _flow(decision.evidence),
    }
    return [(key, value) for key, value in values.items() if value]


def _flow(pieces: Iterable[str]) -> str:
    said = ", ".join(_scalar(piece) for piece in pieces)
    return said and f"[{said}]"


def _scalar(text: str) -> str:
    """Text as YAML that every reader takes for the same text: plain where that is beyond doubt, else in quotes."""
    if _PLAIN.fullmatch(text) and yaml_reader.resolve(text) == text:
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(char if char.isprintable() else f"\\U{ord(char):08x}" for char in escaped) + '"'
