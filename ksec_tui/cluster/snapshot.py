"""The Snapshot: what was loaded, at one time, from one source. Immutable; a refresh makes a new one."""

from __future__ import annotations

import datetime as dt
import sys
import threading
from collections import ChainMap
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeVar, cast

import msgspec

from ksec_tui.cluster.base import KubeObject
from ksec_tui.cluster.coverage import Coverage
from ksec_tui.cluster.ingest import UNNAMED, Document, Hostile, Item, Unreadable, item_from_json
from ksec_tui.cluster.kinds import Kind, kind_named
from ksec_tui.cluster.letting_go import free_slowly
from ksec_tui.cluster.redact import redacted
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.text import clean_already, clean_tree

T = TypeVar("T", bound=KubeObject)

_LARGE = 10_000
"""Objects from which what was worked out of them is freed a little at a time."""

_UNKNOWN = object()


class SourceInfo(msgspec.Struct, frozen=True):
    """Where a Snapshot comes from.

    Attributes:
        kind: ``live``, ``files``, ``snapshot`` or ``demo``.
        label: what to call it on screen: the context, the path.
        user: who reads, as the server sees it; empty when unknown.
        server_version: ``v1.33.4``, empty when unknown.
        server_built: the day on which the server's program was built, ISO 8601, empty when unknown.
        today: the date on which ages and support are judged, ISO 8601.
        taken: when the state was read, ISO 8601; empty for files, which carry no time.
        namespaces: the namespaces asked for; empty means all.
    """

    kind: str = "files"
    label: str = ""
    user: str = ""
    server_version: str = ""
    today: str = ""
    taken: str = ""
    namespaces: tuple[str, ...] = ()
    server_built: str = ""

    @property
    def date(self) -> dt.date:
        """`today` as a date; the real date when it is empty."""
        return dt.date.fromisoformat(self.today) if self.today else dt.datetime.now(tz=dt.UTC).date()


class Snapshot:
    """Typed objects, what is known of their completeness, and lookups.

    Everything is read-only; indexes are built when first asked for and may be asked for from any thread.
    Objects of one kind are ordered by namespace and name, whatever the order in which they arrived.
    """

    def __init__(
        self,
        source: SourceInfo,
        objects: Mapping[str, tuple[KubeObject, ...]],
        coverage: Coverage,
        documents: Mapping[ObjectRef, bytes] | None = None,
        hostile: tuple[Hostile, ...] = (),
        unreadable: tuple[Unreadable, ...] = (),
    ) -> None:
        self.source = source
        self.coverage = coverage
        self.hostile = hostile
        self.unreadable = unreadable
        self._objects = objects
        self._documents = documents or {}
        self._by_name: dict[str, dict[tuple[str, str], KubeObject]] = {}
        self._by_namespace: dict[str, dict[str, tuple[KubeObject, ...]]] = {}
        self._derived: dict[object, Any] = {}
        self._lock = threading.RLock()
        self._twin: Snapshot | None = None
        self._is_twin = False
        self._orphan = False
        self._heir: Snapshot | None = None

    def __del__(self) -> None:
        """Let go of what was worked out. It refers to the twin, which keeps it: nothing else would ever free both.

        The program looks for no cycles among old objects, and those of values without collector cannot be found.
        """
        if self._twin is None:
            return
        if self.count() >= _LARGE and not sys.is_finalizing():
            free_slowly([list(self._derived.values())])
        self._derived.clear()
        self._twin._orphan = True

    def _inner(self) -> Snapshot:
        """The same Snapshot for what is worked out of it to refer to, so that nothing within refers to this one."""
        if self._is_twin:
            return self
        if self._twin is None:
            twin = self._alike()
            twin._derived, twin._lock = self._derived, self._lock
            twin._is_twin = True
            self._twin = twin
        return self._twin

    def _alike(self) -> Snapshot:
        made = Snapshot(
            self.source, self._objects, self.coverage, self._documents, self.hostile, self.unreadable
        )
        made._by_name, made._by_namespace = self._by_name, self._by_namespace
        return made

    def of(self, kind: Kind[T]) -> tuple[T, ...]:
        """All objects of `kind` that were read."""
        return cast("tuple[T, ...]", self._objects.get(kind.resource, ()))

    def within(self, kind: Kind[T], namespace: str) -> tuple[T, ...]:
        """The objects of `kind` in one namespace."""
        index = self._by_namespace.get(kind.resource)
        if index is None:
            groups: dict[str, list[KubeObject]] = {}
            for item in self.of(kind):
                groups.setdefault(item.metadata.namespace, []).append(item)
            index = {name: tuple(items) for name, items in groups.items()}
            self._by_namespace[kind.resource] = index
        return cast("tuple[T, ...]", index.get(namespace, ()))

    def find(self, kind: Kind[T], name: str, namespace: str = "") -> T | None:
        """The object of `kind` with that name, or None."""
        index = self._names(kind)
        return cast("T | None", index.get((namespace if kind.namespaced else "", name)))

    def _names(self, kind: Kind[Any]) -> dict[tuple[str, str], KubeObject]:
        index = self._by_name.get(kind.resource)
        if index is None:
            index = {
                (item.metadata.namespace if kind.namespaced else "", item.metadata.name): item
                for item in self.of(kind)
            }
            self._by_name[kind.resource] = index
        return index

    def get(self, ref: ObjectRef) -> KubeObject | None:
        """The object that `ref` names, or None when it was not read (or does not exist)."""
        kind = kind_named(ref.group, ref.kind)
        return None if kind is None else self.find(kind, ref.name, ref.namespace)

    def undecoded(self, kind: Kind[Any], namespace: str | None = None) -> tuple[Unreadable, ...]:
        """The objects of `kind` that were there but could not be decoded, in one namespace or in all.

        One whose namespace could not be read either may be in any.
        """
        index: dict[tuple[str, str], list[Unreadable]] = self.derived(_undecoded, _undecoded)
        found = index.get((kind.group, kind.name), ())
        return tuple(entry for entry in found if namespace is None or entry.ref.namespace in ("", namespace))

    def gap(self, kind: Kind[Any], namespace: str | None = None) -> str | None:
        """Why `kind` is not known in a namespace, or everywhere: not read, or read but not decoded; else None."""
        reason = self.coverage.gap(kind, namespace)
        if reason is None and self.unreadable and (odd := self.undecoded(kind, namespace)):
            reason = f"{odd[0].ref} could not be decoded: {odd[0].reason}"
        return reason

    def unsure(self, kind: Kind[Any], name: str, namespace: str = "") -> str | None:
        """Why nobody can say whether an object that `find` does not find exists; None when it does not."""
        reason = self.coverage.gap(kind, namespace if kind.namespaced else None)
        if reason is None and self.unreadable:
            for entry in self.undecoded(kind, namespace if kind.namespaced else None):
                if entry.ref.name in (name, UNNAMED):
                    return f"{entry.ref} could not be read: {entry.reason}"
        return reason

    def document(self, ref: ObjectRef) -> Document | None:
        """The whole object as JSON-like data, sanitized, without credentials; None when it is not held.

        Controller-made objects of a live cluster are not held whole; then the fields that analysis
        knows are given. apiVersion and kind are always there.
        """
        kind = kind_named(ref.group, ref.kind)
        found = self.get(ref)
        if kind is None or found is None:
            return None
        raw = self._documents.get(ref) or msgspec.json.encode(found)
        tree = msgspec.json.decode(raw)
        if not clean_already(raw):
            tree, _ = clean_tree(tree)
        return redacted(with_type(kind, cast("Document", tree)))

    def whole(self, ref: ObjectRef) -> bool:
        """Whether the complete object is held, not only the fields that analysis reads."""
        return ref in self._documents

    def raw(self, ref: ObjectRef) -> bytes | None:
        """The complete object as sanitized JSON with its credentials, where it is held: never to show."""
        return self._documents.get(ref)

    def raw_documents(self) -> Iterator[tuple[ObjectRef, bytes]]:
        """Every object that is held whole, as sanitized JSON with its credentials: for analysis only, never to show."""
        yield from self._documents.items()

    def derived(self, key: object, make: Any) -> Any:
        """A value computed from this Snapshot once: ``snapshot.derived(f, f)`` calls ``f(snapshot)``."""
        found = self._derived.get(key, _UNKNOWN)
        if found is _UNKNOWN:
            with self._lock:
                found = self._derived.get(key, _UNKNOWN)
                if found is _UNKNOWN and self._orphan:
                    # What still works with a twin whose Snapshot is gone has one of its own, and lets go of both.
                    self._heir = self._heir or self._alike()
                    return self._heir.derived(key, make)
                if found is _UNKNOWN:
                    found = self._derived[key] = make(self._inner())
        return found

    def inherit(self, before: Snapshot, keys: Iterable[object]) -> None:
        """Take over what was computed of `before` under some keys, which must not refer to that; what it has stays."""
        for key in keys:
            if (found := before._derived.get(key, _UNKNOWN)) is not _UNKNOWN:
                self._derived.setdefault(key, found)

    def count(self) -> int:
        """How many objects were read."""
        return sum(len(items) for items in self._objects.values())

    def holdings(self) -> list[Iterable[object]]:
        """All that it is made of and was computed from it: who keeps these collections, keeps that."""
        with self._lock:
            derived: list[object] = list(self._derived.values())
        stores = self._documents.maps if isinstance(self._documents, ChainMap) else [self._documents]
        parts = [part for store in stores for part in (store.keys(), store.values())]
        return [*self._objects.values(), derived, *parts]

    def with_documents(self, changed: Mapping[ObjectRef, Document | None]) -> Snapshot:
        """A new Snapshot in which the named objects are replaced, added, or (None) removed.

        Raises:
            ValueError: a document is no readable object of a known kind; the message names it.
        """
        return self.with_items(
            {ref: None if tree is None else item_of(ref, tree) for ref, tree in changed.items()}
        )

    def with_items(self, changed: Mapping[ObjectRef, Item | None]) -> Snapshot:
        """The same with objects that were decoded already, by `item_of`; without a document they are not held whole."""
        objects = dict(self._objects)
        by_name: dict[str, dict[tuple[str, str], KubeObject]] = {}
        more: set[str] = set()
        documents = self._all_documents()
        for ref, item in changed.items():
            kind = _known(ref)
            index = by_name.get(kind.resource)
            if index is None:
                index = by_name[kind.resource] = dict(self._names(kind))
            key = (ref.namespace if kind.namespaced else "", ref.name)
            documents.pop(ref, None)
            if item is None or item.object is None:
                index.pop(key, None)
                continue
            if key not in index:
                more.add(kind.resource)
            index[key] = item.object
            if item.document and not kind.metadata_only:
                documents[ref] = item.document
        for resource, index in by_name.items():
            keys = sorted(index) if resource in more else index
            objects[resource] = tuple(map(index.__getitem__, keys))
        made = Snapshot(self.source, objects, self.coverage, documents, self.hostile, self.unreadable)
        made._by_name.update(by_name)
        return made

    def _all_documents(self) -> dict[ObjectRef, bytes]:
        if not isinstance(self._documents, ChainMap):
            return dict(self._documents)
        found: dict[ObjectRef, bytes] = {}
        for store in reversed(self._documents.maps):
            found.update(store)
        return found


def item_of(ref: ObjectRef, tree: Document) -> Item:
    """The object `ref`, decoded from its document.

    Raises:
        ValueError: the document is no readable object of a known kind, or another object; the message names it.
    """
    item = item_from_json(_known(ref), msgspec.json.encode(tree))
    if item.object is None:
        raise ValueError(f"{ref}: {item.unreadable.reason if item.unreadable else 'not readable'}")
    if item.object.ref != ref:
        raise ValueError(f"{ref}: the document is that of {item.object.ref}")
    return item


def _known(ref: ObjectRef) -> Kind[Any]:
    kind = kind_named(ref.group, ref.kind)
    if kind is None:
        raise ValueError(f"{ref}: this kind of object is not known")
    return kind


def _undecoded(snapshot: Snapshot) -> dict[tuple[str, str], list[Unreadable]]:
    index: dict[tuple[str, str], list[Unreadable]] = {}
    for entry in snapshot.unreadable:
        index.setdefault((entry.ref.group, entry.ref.kind), []).append(entry)
    return index


def with_type(kind: Kind[Any], document: Document) -> Document:
    """`document` with apiVersion and kind first, which items of a list do not carry."""
    version = document.get("apiVersion")
    if not isinstance(version, str) or not version:
        version = f"{kind.group}/{kind.versions[0]}" if kind.group else kind.versions[0]
    rest = {key: value for key, value in document.items() if key not in ("apiVersion", "kind")}
    return {"apiVersion": version, "kind": kind.name, **rest}
