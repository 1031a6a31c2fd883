"""From JSON bytes or plain trees to typed, sanitized objects.

The quick road decodes a whole page straight into Structs. A page that holds anything odd (text that a
terminal would obey, a null where upstream reads "absent", an over-long string, a wrong type) takes the
careful road, object by object, so that one bad object spoils nothing but itself.
"""

from __future__ import annotations

import functools
import hashlib
import json
import re
import types
from collections.abc import Iterable, Mapping
from typing import Any, cast

import msgspec

from ksec_tui.cluster.access import ConfigMap
from ksec_tui.cluster.base import LAST_APPLIED, KubeObject, Text
from ksec_tui.cluster.decoding import converted, decoder
from ksec_tui.cluster.kinds import Kind
from ksec_tui.cluster.redact import WITHHELD, payload
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.text import clean, clean_tree, suspicious_json

Document = dict[str, Any]
"""A whole object as JSON-like data."""

UNNAMED = "(unnamed)"
"""What stands for the name of an unreadable object that tells none."""


class Hostile(msgspec.Struct, frozen=True, order=True):
    """An object that carries text a terminal would obey or hide, and where (JSON pointers)."""

    ref: ObjectRef
    pointers: tuple[str, ...]


class Unreadable(msgspec.Struct, frozen=True, order=True):
    """An object that could not be decoded, and why in one sentence."""

    ref: ObjectRef
    reason: str


class Page(msgspec.Struct, frozen=True):
    """Some objects of one kind, with the documents of those that are kept whole.

    Attributes:
        kind: what they are.
        objects: the typed objects.
        documents: sanitized JSON of objects that no controller made (all objects, where asked for).
        hostile: objects with text that had to be made visible.
        unreadable: objects that could not be decoded.
        next: the API's continue token, empty on the last page.
        version: the list's resourceVersion.
    """

    kind: Kind[KubeObject]
    objects: tuple[KubeObject, ...] = ()
    documents: dict[ObjectRef, bytes] = {}
    hostile: tuple[Hostile, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()
    next: str = ""
    version: str = ""


class PageError(ValueError):
    """A list answer that is no Kubernetes list at all; the message says why in one sentence."""


class _ListMeta(msgspec.Struct, rename="camel"):
    continue_: str | None = msgspec.field(default=None, name="continue")
    resource_version: str | None = None


class _RawList(msgspec.Struct):
    items: list[msgspec.Raw] | None
    """What is null where there are none, as Go writes it; an answer without it is no list."""
    metadata: _ListMeta | None = None


class _TreeList(msgspec.Struct):
    items: list[Any] | None
    metadata: _ListMeta | None = None


_RAW_LIST = msgspec.json.Decoder(_RawList)
_TREE = msgspec.json.Decoder()
_ENCODER = msgspec.json.Encoder()


@functools.cache
def _list_decoder(struct: type[KubeObject]) -> msgspec.json.Decoder[Any]:
    items: Any = types.GenericAlias(tuple, (struct, ...))
    fields: list[Any] = [("metadata", _ListMeta | None, None), ("items", items)]
    return decoder(msgspec.defstruct(f"{struct.__name__}List", fields, kw_only=True))


def ingest_list(kind: Kind[KubeObject], raw: bytes, *, keep_all: bool = False) -> Page:
    """Decode one list answer of the API.

    Args:
        kind: what the list holds.
        raw: the body, JSON.
        keep_all: keep the documents of controller-made objects too.

    Raises:
        PageError: `raw` is not a list of objects.
    """
    if not suspicious_json(raw):
        try:
            decoded = _list_decoder(kind.struct).decode(raw)
        except (ValueError, RecursionError):
            pass  # the careful road says what is wrong
        else:
            return _quick_page(kind, raw, decoded, keep_all=keep_all)
    return _careful_page(kind, raw, keep_all=keep_all)


def _careful_page(kind: Kind[KubeObject], raw: bytes, *, keep_all: bool) -> Page:
    listed: _RawList | _TreeList
    items: Iterable[Item]
    try:
        listed = _RAW_LIST.decode(raw)
        items = (item_from_json(kind, bytes(item)) for item in listed.items or ())
    except msgspec.ValidationError as error:
        raise PageError(f"the list of {kind.resource} is not valid: {clean(str(error), 200)}") from error
    except (ValueError, RecursionError):
        try:
            listed = msgspec.convert(lenient_tree(raw), _TreeList)
        except (ValueError, RecursionError) as error:
            raise PageError(f"the list of {kind.resource} is not valid: {clean(str(error), 200)}") from error
        items = (item_from_tree(kind, item) for item in listed.items or ())
    page = collect(kind, items, keep_all=keep_all)
    meta = listed.metadata or _ListMeta()
    return msgspec.structs.replace(page, next=meta.continue_ or "", version=meta.resource_version or "")


def lenient_tree(raw: bytes) -> object:
    """Decode JSON as Go does: bytes that are no UTF-8 and halves of surrogate pairs spoil nothing else.

    Raises:
        ValueError: no JSON; RecursionError: nested too deep.
    """
    return json.loads(raw.decode("utf-8", "replace"), parse_constant=_no_constant)


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is no JSON number")


def _quick_page(kind: Kind[KubeObject], raw: bytes, decoded: Any, *, keep_all: bool) -> Page:
    if not all(item.metadata.name for item in decoded.items):
        return _careful_page(kind, raw, keep_all=keep_all)
    objects: tuple[KubeObject, ...] = tuple(map(_without_payload, decoded.items))
    documents: dict[ObjectRef, bytes] = {}
    if not kind.metadata_only:
        kept = [i for i, item in enumerate(objects) if keep_all or item.controller is None]
        if kept:
            items = _RAW_LIST.decode(raw).items or []
            documents = {objects[i].ref: bytes(items[i]) for i in kept}
    meta = decoded.metadata or _ListMeta()
    return Page(kind, objects, documents, next=meta.continue_ or "", version=meta.resource_version or "")


class Item(msgspec.Struct, frozen=True):
    """What became of one object: typed, or unreadable with the reason."""

    object: KubeObject | None
    document: bytes = b""
    hostile: tuple[str, ...] = ()
    unreadable: Unreadable | None = None


def item_from_json(kind: Kind[KubeObject], raw: bytes, *, default_namespace: str = "") -> Item:
    """Decode one object of `kind` from its JSON; otherwise as `item_from_tree`."""
    if not suspicious_json(raw):
        try:
            decoded = decoder(kind.struct).decode(raw)
        except (ValueError, RecursionError):
            pass
        else:
            at_home = decoded.metadata.namespace or not (kind.namespaced and default_namespace)
            if decoded.metadata.name and at_home:
                return Item(_without_payload(decoded), raw)
    try:
        tree = _tree(raw)
    except (ValueError, RecursionError) as error:
        ref = ObjectRef("", kind.name, UNNAMED, kind.group)
        return Item(None, unreadable=Unreadable(ref, clean(str(error), 200)))
    return item_from_tree(kind, tree, default_namespace=default_namespace)


def _tree(raw: bytes) -> object:
    try:
        return _TREE.decode(raw)
    except ValueError:
        return lenient_tree(raw)


def item_from_tree(kind: Kind[KubeObject], tree: object, *, default_namespace: str = "") -> Item:
    """Decode one object of `kind` from plain data; never raises for bad content.

    Nulls count as absent and strings are cut and cleaned before anything else looks at them. A
    namespaced object without a namespace gets `default_namespace`, as kubectl does with manifests.
    """
    try:
        cleaned, pointers = clean_tree(tree)
    except ValueError as error:
        return Item(None, unreadable=Unreadable(_best_ref(kind, tree), str(error)))
    if not isinstance(cleaned, dict):
        return Item(None, unreadable=Unreadable(_best_ref(kind, cleaned), "not an object"))
    document = cast("Document", cleaned)
    meta = document.get("metadata")
    if kind.offline and not meta:
        document = {**document, "metadata": {"name": f"{kind.name}-{_digest(document)}"}}
    elif isinstance(meta, dict):
        if kind.namespaced and default_namespace and not meta.get("namespace"):
            document = {**document, "metadata": {**meta, "namespace": default_namespace}}
        if not meta.get("name") and isinstance(meta.get("generateName"), str):
            meta = {**document["metadata"], "name": _generated_name(document)}
            document = {**document, "metadata": meta}
    try:
        decoded = converted(document, kind.struct)
        encoded = _ENCODER.encode(document)
    except (ValueError, RecursionError) as error:
        reason = Unreadable(_best_ref(kind, document), clean(str(error), 200))
        return Item(None, hostile=pointers, unreadable=reason)
    if not decoded.metadata.name:
        return Item(None, unreadable=Unreadable(_best_ref(kind, document), "it has no metadata.name"))
    return Item(_without_payload(decoded), encoded, pointers)


def _generated_name(document: Document) -> str:
    """A name for what the server would name: two objects that share a generateName do not become one."""
    return f"{document['metadata']['generateName']}*{_digest(document)}"


def _digest(document: Document) -> str:
    return hashlib.sha256(msgspec.json.encode(document, order="sorted")).hexdigest()[:6]


def is_unnamed(document: Document) -> bool:
    """Whether the name of a document was made here, since the server gives it one only when it makes the object."""
    meta = document.get("metadata")
    if not isinstance(meta, dict) or not isinstance(meta.get("generateName"), str):
        return False
    return (
        re.fullmatch(rf"{re.escape(meta['generateName'])}\*[0-9a-f]{{6}}", str(meta.get("name"))) is not None
    )


def unread_item(kind: Kind[KubeObject], content: object, reason: str, default_namespace: str = "") -> Item:
    """An object (its tree, or its JSON) that is there but must not be read, for a reason that is known before."""
    try:
        tree = _tree(content) if isinstance(content, bytes) else content
    except (ValueError, RecursionError):
        tree = None
    ref = _best_ref(kind, tree)
    if kind.namespaced and not ref.namespace and ref.name != UNNAMED:
        ref = msgspec.structs.replace(ref, namespace=default_namespace)
    return Item(None, unreadable=Unreadable(ref, reason))


def collect(kind: Kind[KubeObject], items: Iterable[Item], *, keep_all: bool = True) -> Page:
    """Gather single items into a page."""
    objects: list[KubeObject] = []
    documents: dict[ObjectRef, bytes] = {}
    hostile: list[Hostile] = []
    unreadable: list[Unreadable] = []
    for item in items:
        if item.object is None:
            if item.unreadable is not None:
                unreadable.append(item.unreadable)
                if item.hostile:
                    hostile.append(Hostile(item.unreadable.ref, item.hostile))
            continue
        objects.append(item.object)
        if not kind.metadata_only and (keep_all or item.object.controller is None):
            documents[item.object.ref] = item.document
        if item.hostile:
            hostile.append(Hostile(item.object.ref, item.hostile))
    return Page(kind, tuple(objects), documents, tuple(hostile), tuple(unreadable))


def _best_ref(kind: Kind[KubeObject], tree: object) -> ObjectRef:
    """A name for something that may have none."""
    meta = tree.get("metadata") if isinstance(tree, Mapping) else None
    name = meta.get("name") if isinstance(meta, Mapping) else None
    space = meta.get("namespace") if isinstance(meta, Mapping) else None
    return ObjectRef(
        clean(space, 253) if isinstance(space, str) and kind.namespaced else "",
        kind.name,
        clean(name, 253) if isinstance(name, str) and name else UNNAMED,
        kind.group,
    )


def _without_payload(item: KubeObject) -> KubeObject:
    """Neither the values of a ConfigMap nor the annotation that repeats a manifest (and a Secret) are ever kept."""
    if isinstance(item, ConfigMap) and item.data is not None:
        item = msgspec.structs.replace(item, data=payload(item.data))
    applied = item.metadata.annotations.get(LAST_APPLIED)
    if applied is None:
        return item
    bare = item.kind == "Secret" and not any(name in applied for name in ('"data"', '"stringData"'))
    said = f"{len(applied):,} characters" + (" without a payload" if bare else "")
    withheld = applied if applied.startswith("(withheld") else WITHHELD.format(said)
    annotations: dict[Text, Text] = {**item.metadata.annotations, LAST_APPLIED: withheld}
    return msgspec.structs.replace(
        item, metadata=msgspec.structs.replace(item.metadata, annotations=annotations)
    )
