"""What earlier sessions saw of one cluster, so that the next one knows what is new, back again, or gone."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec

from ksec_tui.cluster.files import write_private
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.text import one_line
from ksec_tui.findings.finding import Finding, fingerprint_of
from ksec_tui.triage.absence import Absences
from ksec_tui.triage.decision import DecisionError, day
from ksec_tui.triage.evidence import digests
from ksec_tui.triage.notation import TriageError
from ksec_tui.triage.store import content, locked

SCHEMA = "ksec-seen/1"
MAX_FILE = 64 << 20
"""Bytes; some 300,000 findings."""
KEEP_GONE = 365
"""Days for which a finding that is gone is remembered, to know it again."""


class Sighting(msgspec.Struct, frozen=True):
    """One finding that was seen.

    Attributes:
        check: the check's id.
        object: `ObjectRef.id` of its subject.
        evidence: one digest of all it rested on.
        first: the day on which it was first seen.
        last: the day on which it was last seen.
        gone: the day from which on it was not there any more; empty while it is.
    """

    check: str
    object: str
    evidence: str
    first: str
    last: str
    gone: str = ""

    @property
    def ref(self) -> ObjectRef:
        """The subject."""
        group, kind, namespace, name = self.object.split("/", 3)
        return ObjectRef(namespace, kind, name, group)


class Since(msgspec.Struct, frozen=True):
    """How things differ from the last time, by fingerprint.

    Attributes:
        last: the day of the last time; empty when there was none, and then nothing is new.
        new: never seen before.
        regressed: seen, then gone, now back.
        changed: on other evidence than the last time.
        fixed: there the last time, and known to be away now.
    """

    last: str = ""
    new: frozenset[str] = frozenset()
    regressed: frozenset[str] = frozenset()
    changed: frozenset[str] = frozenset()
    fixed: frozenset[str] = frozenset()

    def mark(self, fingerprint: str) -> str:
        """``new``, ``regressed`` or nothing: the mark of a finding in filters and lists."""
        if fingerprint in self.new:
            return "new"
        return "regressed" if fingerprint in self.regressed else ""


class Seen(msgspec.Struct, frozen=True):
    """Every finding that was ever seen, by fingerprint; `last` is the day of the last look. Immutable."""

    last: str = ""
    sightings: Mapping[str, Sighting] = {}

    def since(self, findings: Iterable[Finding], absences: Absences) -> Since:
        """How `findings`, all that there are now, differ from what was seen."""
        if not self.last:
            return Since()
        new, regressed, changed, present = set(), set(), set(), set()
        for finding in findings:
            key = finding.fingerprint
            present.add(key)
            old = self.sightings.get(key)
            if old is None:
                new.add(key)
            elif old.gone:
                regressed.add(key)
            elif old.evidence != _evidence(finding):
                changed.add(key)
        fixed = {
            key
            for key, old in self.sightings.items()
            if not old.gone and key not in present and absences.of(old.check, old.ref)[0].fixed
        }
        return Since(self.last, *map(frozenset, (new, regressed, changed, fixed)))

    def observed(self, findings: Iterable[Finding], absences: Absences, today: dt.date) -> Seen:
        """With what is there now; what could not be judged stays as it was."""
        date = today.isoformat()
        found: dict[str, Sighting] = {}
        for finding in findings:
            key = finding.fingerprint
            old = self.sightings.get(key)
            first = date if old is None else old.first
            found[key] = Sighting(finding.check, finding.subject.id, _evidence(finding), first, date)
        oldest = (today - dt.timedelta(days=KEEP_GONE)).isoformat()
        for key, old in self.sightings.items():
            if key in found or (old.gone and old.gone < oldest):
                continue
            away = not old.gone and absences.of(old.check, old.ref)[0].fixed
            found[key] = msgspec.structs.replace(old, gone=date) if away else old
        return Seen(date, found)


NOTHING = Seen()


class _Document(msgspec.Struct, rename={"schema_": "schema"}, forbid_unknown_fields=True):
    schema_: str
    last: str
    seen: list[Sighting]


def load(path: Path) -> Seen:
    """Read what was seen; nothing when there is no such file.

    Raises:
        TriageError: it cannot be read, or was not written by this program.
    """
    data = content(path, MAX_FILE)
    return NOTHING if data is None else _decoded(data, path)


def observe(path: Path, findings: Iterable[Finding], absences: Absences, today: dt.date) -> Seen:
    """Bring the file up to date with what is there now, and return it; other sessions' findings stay.

    Raises:
        TriageError: it cannot be read or written; then it is as before.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with locked(path):
            seen = load(path).observed(findings, absences, today)
            write_private(path, _encoded(seen), force=True)
    except OSError as error:
        raise TriageError(f"{one_line(str(path))}: {error.strerror or error}") from error
    return seen


def _encoded(seen: Seen) -> bytes:
    rows = sorted(seen.sightings.values(), key=lambda row: (row.check, row.object))
    lines = ",\n".join(msgspec.json.encode(row).decode() for row in rows)
    head = f'{{"schema":"{SCHEMA}","last":"{seen.last}","seen":['
    return f"{head}\n{lines}\n]}}\n".encode()


def _decoded(data: bytes, path: Path) -> Seen:
    name = one_line(str(path))
    if len(data) > MAX_FILE:
        raise TriageError(f"{name}: larger than {MAX_FILE >> 20} MiB")
    try:
        document = msgspec.json.decode(data, type=_Document)
        if document.schema_ != SCHEMA:
            raise TriageError(f"{name}: schema {one_line(document.schema_, 40)}; {SCHEMA} is expected")
        days = {document.last, *(text for row in document.seen for text in (row.first, row.last, row.gone))}
        for text in days - {""}:
            day(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, DecisionError) as error:
        raise TriageError(f"{name}: not what this program writes: {one_line(str(error), 120)}") from error
    known = {
        fingerprint_of(row.check, row.object): row for row in document.seen if row.object.count("/") >= 3
    }
    return Seen(document.last, known)


def _evidence(finding: Finding) -> str:
    return hashlib.sha256(" ".join(digests(finding)).encode()).hexdigest()[:8]
