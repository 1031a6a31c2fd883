"""Snapshots in files: gzipped JSON lines that load again into an equal Snapshot.

The first line is a header, each further line one object, one object with hostile text, or one that could
not be read. Documents are saved as they are shown: without payloads of Secrets and without credentials.
"""

from __future__ import annotations

import datetime as dt
import gzip
import io
import threading
import zlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import msgspec

from ksec_tui.cluster.base import KubeObject
from ksec_tui.cluster.coverage import KindCoverage, State
from ksec_tui.cluster.files import write_private
from ksec_tui.cluster.ingest import Document, Hostile, Page, Unreadable, collect, item_from_json
from ksec_tui.cluster.kinds import FILE_KINDS, KINDS, Kind, kind_named, kind_of_resource
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot, SourceInfo
from ksec_tui.cluster.text import clean_tree, one_line
from ksec_tui.sources.base import Arrived, Ended, Event, Opened, Problem, SourceError, Started
from ksec_tui.sources.collector import gc_paused

S = TypeVar("S", bound=msgspec.Struct)

FORMAT = "ksec-snapshot/1"
MAX_UNPACKED = 4 << 30
"""Bytes of one file when unpacked."""
MAX_LINE = 64 << 20
_PAGE = 500
_ENCODER = msgspec.json.Encoder(order="deterministic")


class _Header(msgspec.Struct):
    """The first line. `objects` counts the lines of each resource, so that a loss is noticed."""

    format: str
    source: SourceInfo
    coverage: dict[str, KindCoverage]
    objects: dict[str, int]


class _Line(msgspec.Struct, omit_defaults=True):
    """An object (`r` its resource, `w` whether it is whole, `d` the document), or one of the two others."""

    r: str = ""
    w: bool = True
    d: msgspec.Raw = msgspec.Raw()
    hostile: Hostile | None = None
    unreadable: Unreadable | None = None


class _LossError(ValueError):
    """The file breaks off or goes beyond a limit; the message says why in one sentence."""


_HEADER = msgspec.json.Decoder(_Header)
_LINE = msgspec.json.Decoder(_Line)


def save(snapshot: Snapshot, path: Path, *, force: bool = False) -> None:
    """Write `snapshot` to `path`, readable by its owner only; equal Snapshots give equal bytes.

    Raises:
        SourceError: `path` exists and `force` is not given, or it cannot be written.
    """
    packed = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", compresslevel=6, fileobj=packed, mtime=0) as file:
        for line in _lines(snapshot):
            file.write(_ENCODER.encode(line) + b"\n")
    try:
        write_private(path, packed.getvalue(), force=force)
    except FileExistsError as error:
        raise SourceError(f"{one_line(str(path))} exists already and is not overwritten") from error
    except OSError as error:
        raise SourceError(f"{one_line(str(path))}: {error.strerror}") from error


def _lines(snapshot: Snapshot) -> Iterator[_Header | _Line]:
    kinds = (*KINDS, *(kind for kind in FILE_KINDS if snapshot.of(kind)))
    counts = {kind.resource: len(snapshot.of(kind)) for kind in kinds}
    yield _Header(FORMAT, snapshot.source, snapshot.coverage.kinds, counts)
    for kind in kinds:
        for item in snapshot.of(kind):
            document = msgspec.Raw(_ENCODER.encode(snapshot.document(item.ref)))
            yield _Line(kind.resource, snapshot.whole(item.ref), document)
    for hostile in snapshot.hostile:
        yield _Line(hostile=hostile)
    for unreadable in snapshot.unreadable:
        yield _Line(unreadable=unreadable)


class SavedSource:
    """Reads what `save` wrote.

    Args:
        path: the file.
        today: the date on which ages and support are judged, ISO 8601; empty for the one saved.
    """

    def __init__(self, path: Path, *, today: str = "") -> None:
        self._path = path
        self._today = today
        self._info = SourceInfo(kind="snapshot", label=one_line(str(path), 120), today=today)

    @property
    def info(self) -> SourceInfo:
        """The path until it is opened, then what the file says of the cluster it was taken from."""
        return self._info

    def events(self, cancel: threading.Event) -> Iterator[Event]:
        """Read the file once; see `Source.events`.

        Raises:
            SourceError: it cannot be opened or is no saved snapshot.
        """
        with gc_paused(), self._open() as file:
            reading = _Reading(self._path.name, self._header(file))
            self._info = reading.info(self._today)
            yield Opened(self._info)
            for kind in KINDS:
                yield Started(kind)
            for event in reading.objects(file):
                if cancel.is_set():
                    return
                yield event
            if not cancel.is_set():
                yield from reading.finish()

    def fetch(self, ref: ObjectRef) -> Document | None:  # noqa: ARG002 - the protocol's
        """None: what the file holds was read already."""
        return None

    def _open(self) -> gzip.GzipFile:
        try:
            return gzip.open(self._path)
        except OSError as error:
            raise SourceError(f"{self._info.label}: {error.strerror}") from error

    def _header(self, file: gzip.GzipFile) -> _Header:
        try:
            header = _HEADER.decode(file.readline(MAX_LINE))
        except (OSError, EOFError, zlib.error, ValueError, RecursionError) as error:
            raise SourceError(f"{self._info.label} is no saved snapshot") from error
        if header.format != FORMAT:
            raise SourceError(
                f"{self._info.label} has the format {one_line(header.format, 40)}; only {FORMAT} is read"
            )
        return header


class _Reading:
    """One pass over the lines after the header."""

    def __init__(self, name: str, header: _Header) -> None:
        self._name = one_line(name, 120)
        self._header = header
        self._line = 1
        self._read: Counter[str] = Counter()
        self._unknown: Counter[str] = Counter()
        self._hostile: dict[str, list[Hostile]] = {}
        self._unreadable: dict[str, list[Unreadable]] = {}

    def info(self, today: str) -> SourceInfo:
        """What the header says, made safe to show."""
        saved = _safe(self._header.source)
        return msgspec.structs.replace(saved, kind="snapshot", today=today or _date(saved.today))

    def objects(self, file: gzip.GzipFile) -> Iterator[Event]:
        """Pages of objects, and a Problem for each line that is none."""
        kind: Kind[KubeObject] | None = None
        pending: list[_Line] = []
        try:
            for raw in _bounded_lines(file):
                self._line += 1
                try:
                    line = _LINE.decode(raw)
                except (ValueError, RecursionError):
                    yield Problem(f"{self._name}:{self._line}", "this line is damaged and was left out")
                    continue
                found = self._object_kind(line)
                if found is None:
                    continue
                if kind is not None and (found is not kind or len(pending) >= _PAGE):
                    yield self._page(kind, pending)
                    pending = []
                kind = found
                pending.append(line)
        except (_LossError, OSError, EOFError, zlib.error) as error:
            reason = str(error) if isinstance(error, _LossError) else "the file is damaged or cut short here"
            yield Problem(f"{self._name}:{self._line + 1}", reason)
        if kind is not None and pending:
            yield self._page(kind, pending)

    def finish(self) -> Iterator[Event]:
        """What stood beside the objects, and the coverage that was saved, lessened by what was lost."""
        if self._unknown:
            names = ", ".join(f"{name} {count:,}" for name, count in sorted(self._unknown.items())[:10])
            count = sum(self._unknown.values())
            yield Problem(self._name, f"{count:,} lines of kinds that this version does not know: {names}")
        for kind in (*KINDS, *FILE_KINDS):
            if kind.offline and kind.resource not in self._header.coverage:
                continue
            hostile = tuple(self._hostile.get(kind.resource, ()))
            unreadable = tuple(self._unreadable.get(kind.resource, ()))
            if hostile or unreadable:
                yield Arrived(Page(kind, hostile=hostile, unreadable=unreadable))
            yield Ended(kind, self._coverage(kind))

    def _coverage(self, kind: Kind[KubeObject]) -> KindCoverage:
        saved = self._header.coverage.get(kind.resource)
        if saved is None or saved.state is State.QUEUED:
            return KindCoverage(State.NOT_SUPPLIED)
        expected = self._header.objects.get(kind.resource, 0)
        unreadable = len(self._unreadable.get(kind.resource, ()))
        if self._read[kind.resource] < expected or unreadable < saved.unreadable:
            found = self._read[kind.resource]
            return KindCoverage(
                State.TRUNCATED, reason=f"{found:,} of {expected:,} saved objects could be read"
            )
        if saved.state is State.LOADING:
            return KindCoverage(State.TRUNCATED, reason="it was still loading when it was saved")
        return _safe(saved)

    def _object_kind(self, line: _Line) -> Kind[KubeObject] | None:
        """The kind of an object's line; the other lines are put aside."""
        ref = line.hostile.ref if line.hostile else line.unreadable.ref if line.unreadable else None
        kind = kind_of_resource(line.r) if ref is None else kind_named(ref.group, ref.kind)
        if kind is None:
            self._unknown[one_line(line.r or str(ref), 60)] += 1
            return None
        if line.hostile:
            self._hostile.setdefault(kind.resource, []).append(_safe(line.hostile))
        elif line.unreadable:
            self._unreadable.setdefault(kind.resource, []).append(_safe(line.unreadable))
        else:
            return kind
        return None

    def _page(self, kind: Kind[KubeObject], lines: list[_Line]) -> Arrived:
        items = [item_from_json(kind, bytes(line.d)) for line in lines]
        page = collect(kind, items)
        self._read[kind.resource] += len(page.objects)
        partial = {
            item.object.ref for line, item in zip(lines, items, strict=True) if item.object and not line.w
        }
        documents = {ref: raw for ref, raw in page.documents.items() if ref not in partial}
        return Arrived(msgspec.structs.replace(page, documents=documents))


def _bounded_lines(file: gzip.GzipFile) -> Iterator[bytes]:
    done = 0
    while line := file.readline(MAX_LINE + 1):
        done += len(line)
        if len(line) > MAX_LINE:
            raise _LossError(f"a line is longer than {MAX_LINE >> 20} MiB; the rest is not read")
        if done > MAX_UNPACKED:
            raise _LossError(f"it unpacks to more than {MAX_UNPACKED >> 30} GiB; the rest is not read")
        yield line


def _safe(value: S) -> S:
    """The same with every text fit to show: the file may have been written by anyone."""
    return msgspec.convert(clean_tree(msgspec.to_builtins(value))[0], type(value))


def _date(text: str) -> str:
    """`text` if it is a date, else empty."""
    try:
        dt.date.fromisoformat(text)
    except ValueError:
        return ""
    return text
