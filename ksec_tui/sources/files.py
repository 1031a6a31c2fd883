"""Cluster state from files: manifests, ``kubectl get -o json|yaml`` lists, directories, archives, stdin.

Whole documents are kept and their places remembered. What cannot be read is named with file and line; of
kinds that were not supplied nothing is claimed.
"""

from __future__ import annotations

import functools
import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType

import msgspec

from ksec_tui.cluster.base import KubeObject
from ksec_tui.cluster.coverage import KindCoverage, State
from ksec_tui.cluster.ingest import (
    UNNAMED,
    Document,
    Item,
    Page,
    Unreadable,
    collect,
    ingest_list,
    item_from_json,
    item_from_tree,
    unread_item,
)
from ksec_tui.cluster.kinds import CONFIG_MAP, FILE_KINDS, KINDS, Kind
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import SourceInfo
from ksec_tui.cluster.text import MAX_TEXT, one_line
from ksec_tui.data.versions import Deprecation, deprecations
from ksec_tui.sources import manifests
from ksec_tui.sources.archive import is_archive
from ksec_tui.sources.base import Arrived, Ended, Event, Opened, Problem, SourceError, Started
from ksec_tui.sources.collector import gc_paused
from ksec_tui.sources.inputs import STDIN, Input, Skipped, read_inputs, read_stdin, stem_and_ending

PAGE = 500
"""Objects in one page: few enough that a reader sees progress."""
DEFAULT_NAMESPACE = "default"
"""Where kubectl puts a manifest that names no namespace."""
ALL_FILES = "(all files)"
_TOLD = 10
"""Problems told one by one for each file."""
_ENCODER = msgspec.json.Encoder()


class FileSource:
    """Reads files, directories, tar archives and ``-`` (standard input).

    Args:
        paths: what to read.
        today: the date on which ages and support are judged, ISO 8601; empty for the real one.
        stdin: what ``-`` stands for, if it has been read already.
    """

    def __init__(self, paths: Sequence[str], *, today: str = "", stdin: bytes | None = None) -> None:
        self._paths = tuple(paths)
        self._info = SourceInfo(kind="files", label=_label(self._paths), today=today)
        self._origins: dict[ObjectRef, tuple[str, int]] = {}
        self._repeated: set[ObjectRef] = set()
        self._stdin = stdin

    @property
    def info(self) -> SourceInfo:
        """What is known so far; the server version comes from a ``version.json``, if there is one."""
        return self._info

    @property
    def origins(self) -> Mapping[ObjectRef, tuple[str, int]]:
        """Where each object stands: path (``ARCHIVE!MEMBER`` inside archives) and line, from 1."""
        return MappingProxyType(self._origins)

    @property
    def repeated(self) -> frozenset[ObjectRef]:
        """The objects that were found more than once; the last one counts."""
        return frozenset(self._repeated)

    def origin(self, ref: ObjectRef) -> str:
        """``file.yaml:12``, safe to show; empty when `ref` was not read."""
        place = self._origins.get(ref)
        return f"{one_line(place[0])}:{place[1]}" if place else ""

    def events(self, cancel: threading.Event) -> Iterator[Event]:
        """Read everything; see `Source.events`.

        Raises:
            SourceError: a named path cannot be opened, or nothing at all was found to read.
        """
        if STDIN in self._paths and self._stdin is None:
            self._stdin = read_stdin()
        self._origins.clear()
        self._repeated.clear()
        self._info = msgspec.structs.replace(self._info, server_version="", server_built="")
        reading = _Reading(self._origins, self._repeated)
        with gc_paused():
            yield Opened(self._info)
            for found in read_inputs(self._paths, self._stdin):
                for event in reading.file(found, cancel):
                    if cancel.is_set():
                        return
                    yield event
                if cancel.is_set():
                    return
            if not reading.files:
                raise SourceError(f"{self._info.label}: no .yaml, .yml or .json file found")
            if reading.version:
                self._info = msgspec.structs.replace(
                    self._info, server_version=reading.version, server_built=reading.built
                )
                yield Opened(self._info)
            yield from reading.finish()

    def fetch(self, ref: ObjectRef) -> Document | None:  # noqa: ARG002 - the protocol's
        """None: everything was read already."""
        return None


class _Reading:
    """One pass over all files."""

    def __init__(self, origins: dict[ObjectRef, tuple[str, int]], repeated: set[ObjectRef]) -> None:
        self.files = 0
        self.version = ""
        self.built = ""
        self._origins = origins
        self._pending: dict[str, list[tuple[str, manifests.Found]]] = {}
        self._seen: set[str] = set()
        self._incomplete: dict[str, str] = {}
        self._others: Counter[str] = Counter()
        self._gone: Counter[Deprecation] = Counter()
        self._repeated = repeated
        self._lost = ""

    def file(self, found: Input | Skipped, cancel: threading.Event) -> Iterator[Event]:
        """Take in one file; pages come when enough objects of a kind have gathered."""
        self.files += 1
        stem, ending = stem_and_ending(found.path)
        if isinstance(found, Skipped):
            shown = one_line(found.path)
            if found.lost:
                self._lost = f"{shown} was not read to its end"
            elif not is_archive(found.path):  # of an archive only its links are left out
                yield from self._broken(manifests.kind_of_file(stem), shown, many=True)
            yield Problem(shown, found.reason)
            return
        told = _FileProblems(one_line(found.path))
        for part in manifests.read(found.data, stem=stem, ending=ending):
            if cancel.is_set():
                return
            yield from self._part(part, found.path, told)
        yield from told.finish()

    def _part(self, part: manifests.Part, path: str, told: _FileProblems) -> Iterator[Event]:
        match part:
            case manifests.Found(kind):
                yield from self._start(kind)
                pending = self._pending.setdefault(kind.resource, [])
                pending.append((path, part))
                if len(pending) >= PAGE:
                    yield self._page(kind)
                if kind is CONFIG_MAP:
                    for inner in manifests.kubelet_configuration(part):
                        yield from self._part(inner, path, told)
            case manifests.Listed(kind):
                yield from self._start(kind)
            case manifests.Other(name, api_version, kind_name):
                self._others[name] += 1
                row = _going().get((api_version, kind_name))
                if row is not None:
                    self._gone[row] += 1
            case manifests.Version(text, built):
                yield from self._server(text, told)
                self.built = built
            case manifests.Broken(line, reason, kind, many):
                yield from told.tell(line, reason)
                yield from self._broken(kind, f"{told.name}:{line}", many=many)
            case manifests.Doubled(line, key):
                yield from told.tell(line, f"the key {one_line(key, 60)} comes twice; the last one counts")
            case manifests.Alien(line):
                told.alien(line)

    def finish(self) -> Iterator[Event]:
        """What is left, what was found besides, and how every kind ended."""
        for kind in (*KINDS, *FILE_KINDS):
            if self._pending.get(kind.resource):
                yield self._page(kind)
        if self._others:
            count = sum(self._others.values())
            names = [f"{name} {n:,}" for name, n in sorted(self._others.items(), key=lambda e: (-e[1], e[0]))]
            yield Problem(
                ALL_FILES, f"{_objects(count)} of kinds that are not looked at: {_listing(names, _TOLD)}"
            )
        if self._gone:
            gone = sorted(self._gone.items(), key=lambda entry: (entry[0].api_version, entry[0].kind))
            names = [f"{row.api_version} {row.kind} {n:,} ({_fate(row)})" for row, n in gone]
            count = sum(self._gone.values())
            yield Problem(ALL_FILES, f"{_objects(count)} of API versions that go: {_listing(names, _TOLD)}")
        if self._repeated:
            names = sorted(one_line(str(ref), 120) for ref in self._repeated)
            yield Problem(
                ALL_FILES,
                f"{_objects(len(names))} found more than once, the last one counts: {_listing(names, _TOLD)}",
            )
        for kind in (*KINDS, *FILE_KINDS):
            if kind.resource in self._seen or not kind.offline:
                yield Ended(kind, self._coverage(kind))

    def _coverage(self, kind: Kind[KubeObject]) -> KindCoverage:
        if kind.resource not in self._seen:
            return KindCoverage(State.NOT_SUPPLIED)
        reason = self._incomplete.get(kind.resource) or self._lost
        return KindCoverage(State.TRUNCATED, reason=reason) if reason else KindCoverage(State.OK)

    def _start(self, kind: Kind[KubeObject]) -> Iterator[Event]:
        if kind.resource not in self._seen:
            self._seen.add(kind.resource)
            yield Started(kind)

    def _broken(self, kind: Kind[KubeObject] | None, where: str, *, many: bool) -> Iterator[Event]:
        """Objects of `kind` were there and are not known: one, or nobody knows how many (of which kinds)."""
        if kind is None:
            if many:
                self._lost = self._lost or f"{where} could not be read"
            return
        yield from self._start(kind)
        if many:
            self._incomplete[kind.resource] = f"{where} could not be read"
        else:
            ref = ObjectRef("", kind.name, UNNAMED, kind.group)
            yield Arrived(Page(kind, unreadable=(Unreadable(ref, f"{where} could not be read"),)))

    def _server(self, text: str, told: _FileProblems) -> Iterator[Event]:
        if self.version and self.version != text:
            yield Problem(told.name, f"says server version {text} after {self.version}; the last one counts")
        self.version = text

    def _page(self, kind: Kind[KubeObject]) -> Arrived:
        """Decode what has gathered of `kind`: all at once where possible, else one by one."""
        entries = self._pending.pop(kind.resource)
        plain = not any(found.odd for _, found in entries)
        page = _quick(kind, [found.raw or _as_json(found.tree) for _, found in entries]) if plain else None
        if page is not None:
            self._remember((item.ref for item in page.objects), entries)
            return Arrived(page)
        items = [_item(found) for _, found in entries]
        refs = (item.object.ref if item.object else None for item in items)
        self._remember(refs, entries)
        return Arrived(collect(kind, items))

    def _remember(self, refs: Iterable[ObjectRef | None], entries: list[tuple[str, manifests.Found]]) -> None:
        for ref, (path, found) in zip(refs, entries, strict=True):
            if ref is None:
                continue
            if ref in self._origins:
                self._repeated.add(ref)
            self._origins[ref] = (path, found.line)


class _FileProblems:
    """What is wrong in one file; after the first few only their number is told."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._count = 0
        self._aliens: list[int] = []

    def tell(self, line: int, reason: str) -> Iterator[Problem]:
        self._count += 1
        if self._count <= _TOLD:
            yield Problem(f"{self.name}:{line}", reason)

    def alien(self, line: int) -> None:
        self._aliens.append(line)

    def finish(self) -> Iterator[Problem]:
        if self._count > _TOLD:
            yield Problem(self.name, f"and {self._count - _TOLD:,} more problems in this file")
        if len(self._aliens) == 1:
            yield Problem(f"{self.name}:{self._aliens[0]}", "1 document is no Kubernetes object")
        elif self._aliens:
            first = f"the first at line {self._aliens[0]}"
            yield Problem(self.name, f"{len(self._aliens):,} documents are no Kubernetes objects, {first}")


def _quick(kind: Kind[KubeObject], raws: list[bytes]) -> Page | None:
    """All objects in one decode; None when one of them is odd, or has no namespace."""
    if not all(raws):
        return None
    page = ingest_list(kind, b'{"items":[' + b",".join(raws) + b"]}", keep_all=True)
    at_home = not kind.namespaced or all(item.metadata.namespace for item in page.objects)
    return page if at_home and len(page.objects) == len(raws) else None


def _as_json(tree: object) -> bytes:
    """What was read of YAML, for the quick decode; empty where only the careful one reads it right."""
    try:
        raw = _ENCODER.encode(tree)
    except (ValueError, TypeError, RecursionError):
        return b""
    return b"" if b"null" in raw or len(raw) > MAX_TEXT else raw


def _item(found: manifests.Found) -> Item:
    if found.odd:
        return unread_item(found.kind, found.raw or found.tree, found.odd, DEFAULT_NAMESPACE)
    if found.raw:
        return item_from_json(found.kind, found.raw, default_namespace=DEFAULT_NAMESPACE)
    return item_from_tree(found.kind, found.tree, default_namespace=DEFAULT_NAMESPACE)


def _label(paths: tuple[str, ...]) -> str:
    if not paths:
        return "(no files)"
    first = "(stdin)" if paths[0] == STDIN else one_line(paths[0], 120)
    return f"{first} and {len(paths) - 1} more" if len(paths) > 1 else first


@functools.cache
def _going() -> dict[tuple[str, str], Deprecation]:
    """What goes, by apiVersion and kind; only of kinds that are not looked at is it told here."""
    return {(row.api_version, row.kind): row for row in deprecations().apis if row.removed or row.deprecated}


def _fate(row: Deprecation) -> str:
    fate = f"removed in {row.removed}" if row.removed else f"deprecated since {row.deprecated}"
    of = "" if row.component == "k8s" else f" of {row.component}"
    return f"{fate}{of}, instead {row.instead}" if row.instead else f"{fate}{of}"


def _objects(count: int) -> str:
    return "1 object" if count == 1 else f"{count:,} objects"


def _listing(names: list[str], most: int) -> str:
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
