"""The objects that a test server serves, ready as bytes."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, overload

from tests.apiserver.resources import BY_KIND, RESOURCES, Resource
from tests.apiserver.statuses import encoded

CANARY = "canary: no client may ask for this"
CANARY_BASE64 = base64.b64encode(CANARY.encode()).decode()
"""Stands in every Secret (``data``) and, in the clear, in every ConfigMap that is served whole."""

VERSION = {
    "major": "1",
    "minor": "36",
    "emulationMajor": "1",
    "emulationMinor": "36",
    "minCompatibilityMajor": "1",
    "minCompatibilityMinor": "35",
    "gitVersion": "v1.36.2",
    "gitCommit": "0" * 40,
    "gitTreeState": "clean",
    "buildDate": "2026-06-10T12:00:00Z",
    "goVersion": "go1.26.1",
    "compiler": "gc",
    "platform": "linux/amd64",
}
"""All the fields that ``/version`` has; clients refuse an answer without the commit."""


Admission = Callable[[Mapping[str, object]], str]


class ItemLike(Protocol):
    """One object: ``body`` without apiVersion and kind, ``metadata`` alone, both JSON."""

    @property
    def namespace(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def labels(self) -> Mapping[str, str]: ...
    @property
    def body(self) -> bytes: ...
    @property
    def metadata(self) -> bytes: ...


class Items(Protocol):
    """Objects of one resource in the order of their keys (namespace, name); may be made on the fly."""

    def __len__(self) -> int: ...
    def __iter__(self) -> Iterator[ItemLike]: ...
    def __getitem__(self, index: slice, /) -> Sequence[ItemLike]: ...
    def within(self, namespace: str) -> Items:
        """Those of one namespace."""
        ...


@dataclass(frozen=True, slots=True)
class Item:
    """One object that is kept as bytes."""

    namespace: str
    name: str
    labels: Mapping[str, str]
    body: bytes
    metadata: bytes


class StoredItems(Sequence[Item]):
    """Objects kept in memory, with an index by namespace."""

    def __init__(self, items: Iterable[Item]) -> None:
        self._items = sorted(items, key=lambda item: (item.namespace, item.name))
        self._by_namespace: dict[str, list[Item]] = {}
        for item in self._items:
            self._by_namespace.setdefault(item.namespace, []).append(item)

    def __len__(self) -> int:
        return len(self._items)

    @overload
    def __getitem__(self, index: int) -> Item: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Item]: ...
    def __getitem__(self, index: int | slice) -> Item | Sequence[Item]:
        return self._items[index]

    def within(self, namespace: str) -> StoredItems:
        """Those of one namespace."""
        return StoredItems(self._by_namespace.get(namespace, ()))


class FakeCluster:
    """A plain, immutable store.

    Args:
        documents: whole objects with apiVersion and kind. A kind that is neither known nor defined by a
            CustomResourceDefinition among them gets its plural by adding an ``s``.
        version: what ``/version`` answers.
        served: names of resources that are served though no object is there (``gateways.gateway...``).
        absent: what is not served, as on an older server: ``group``, ``group/version`` or ``plural.group``.
        lazy: objects made on the fly, by resource name; they replace documents of that resource.
        resource_version: of every list; a continue token of another one is refused with 410.
        admission: says why an object must not be stored as a dry run would make it; empty when it may.
    """

    def __init__(
        self,
        documents: Iterable[Mapping[str, object]],
        version: Mapping[str, str] | None = None,
        *,
        served: Iterable[str] = (),
        absent: Iterable[str] = (),
        lazy: Mapping[str, Items] | None = None,
        resource_version: int = 100_000,
        admission: Admission | None = None,
    ) -> None:
        self.admission: Admission = admission or (lambda _: "")
        self.version = dict(VERSION if version is None else version)
        self.resource_version = resource_version
        everything = list(documents)
        known = {**BY_KIND, **_defined(everything)}
        grouped: dict[str, list[Item]] = {}
        present: dict[str, Resource] = {}
        for document in everything:
            resource = _resource_of(document, known)
            present[resource.key] = resource
            grouped.setdefault(resource.key, []).append(item_from(document, resource))
        wanted = {*served, *(lazy or {}), *present}
        for resource in (*RESOURCES, *known.values()):
            custom = (resource.group, resource.kind) not in BY_KIND
            if resource.builtin or custom or resource.key in wanted:
                present.setdefault(resource.key, resource)
        self.resources = _reduced(present.values(), frozenset(absent))
        self._items: dict[str, Items] = {key: StoredItems(items) for key, items in grouped.items()}
        self._items.update(lazy or {})

    def at(self, query: Mapping[str, str]) -> FakeCluster:
        """The state that a request is to see: always the same here."""
        return self

    def items(self, key: str, namespace: str = "") -> Items:
        """The objects of one resource, of all namespaces or of one."""
        items = self._items.get(key, StoredItems(()))
        return items.within(namespace) if namespace else items


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


def _split(api_version: object) -> tuple[str, str]:
    group, _, version = str(api_version).rpartition("/")
    return group, version


def _defined(documents: Iterable[Mapping[str, object]]) -> dict[tuple[str, str], Resource]:
    """Resources that the CustomResourceDefinitions among the documents add."""
    found: dict[tuple[str, str], Resource] = {}
    for document in documents:
        spec = _mapping(document.get("spec"))
        names = _mapping(spec.get("names"))
        if document.get("kind") != "CustomResourceDefinition" or not names:
            continue
        group, kind = str(spec.get("group", "")), str(names.get("kind", ""))
        entries = spec.get("versions")
        versions = (
            [str(_mapping(entry).get("name")) for entry in entries] if isinstance(entries, list) else []
        )
        if (group, kind) not in BY_KIND:
            found[group, kind] = Resource(
                group,
                tuple(versions) or ("v1",),
                str(names.get("plural", "")),
                kind,
                spec.get("scope") == "Namespaced",
                builtin=False,
            )
    return found


def _resource_of(document: Mapping[str, object], known: dict[tuple[str, str], Resource]) -> Resource:
    group, version = _split(document.get("apiVersion", "v1"))
    kind = str(document["kind"])
    if (group, kind) not in known:
        namespaced = "namespace" in _mapping(document.get("metadata"))
        known[group, kind] = Resource(group, (version,), kind.lower() + "s", kind, namespaced, builtin=False)
    return known[group, kind]


def item_from(document: Mapping[str, object], resource: Resource) -> Item:
    """One object, ready to be served."""
    metadata = _mapping(document.get("metadata"))
    body = {key: value for key, value in document.items() if key not in ("apiVersion", "kind")}
    if resource.key in ("secrets", "configmaps"):
        canary = CANARY_BASE64 if resource.key == "secrets" else CANARY
        body["data"] = dict.fromkeys(_mapping(body.get("data")) or ("canary",), canary)
        body.pop("stringData", None)
    return Item(
        namespace=str(metadata.get("namespace", "")),
        name=str(metadata.get("name", "")),
        labels={key: str(value) for key, value in _mapping(metadata.get("labels")).items()},
        body=encoded(body),
        metadata=encoded(metadata),
    )


def _reduced(resources: Iterable[Resource], absent: frozenset[str]) -> dict[str, Resource]:
    """By name, without what is absent."""
    kept: dict[str, Resource] = {}
    for resource in resources:
        versions = tuple(v for v in resource.versions if resource.api_version(v) not in absent)
        if versions and resource.key not in absent and (not resource.group or resource.group not in absent):
            kept[resource.key] = replace(resource, versions=versions)
    return kept
