"""One document of a manifest file, changed where it stands and proven by reading it again."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, cast

import msgspec

from ksec_tui.cluster.ingest import Document, item_from_tree, lenient_tree
from ksec_tui.cluster.kinds import Kind
from ksec_tui.cluster.redact import redacted
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import with_type
from ksec_tui.cluster.text import clean_tree
from ksec_tui.findings.fix import Change
from ksec_tui.fixes.apply import apply
from ksec_tui.fixes.errors import PatchError
from ksec_tui.fixes.in_place_edits import edited
from ksec_tui.fixes.in_place_nodes import NotInPlaceError, place
from ksec_tui.fixes.json_values import equal
from ksec_tui.sources.files import DEFAULT_NAMESPACE
from ksec_tui.sources.manifests import kind_of_object
from ksec_tui.sources.yaml_reader import YamlError, documents

_MAX_NESTING = 4
_GONE = object()


class Wanted(NamedTuple):
    """What is to become of one object.

    Attributes:
        changes: in order.
        before: the object as it was read and judged.
        after: as it was proven; None when it goes.
    """

    changes: tuple[Change, ...]
    before: Document
    after: Document | None


class _Standing(NamedTuple):
    """An object inside a document: the way to it, and its kind."""

    path: tuple[str | int, ...]
    kind: Kind[Any]


def rewritten(text: str, wanted: Mapping[ObjectRef, Wanted]) -> tuple[str | None, dict[ObjectRef, str]]:
    """The document with as many of the `wanted` changes as can be made.

    Args:
        text: the document, with the ``---`` before it if there is one.
        wanted: what is to become of some of its objects.

    Returns:
        The new text, None when the document goes entirely; and why some objects must stay as they are.
    """
    refused: dict[ObjectRef, str] = {}
    try:
        tree = _read(text)
        objects = _objects(tree)
    except NotInPlaceError as error:
        return text, dict.fromkeys(wanted, str(error))
    good: dict[ObjectRef, Any] = {}
    for ref, item in wanted.items():
        try:
            good[ref] = _changed(tree, objects.get(ref, []), item)
        except (NotInPlaceError, PatchError) as error:
            refused[ref] = str(error)
    result, misfits = _fitting(text, tree, objects, wanted, good)
    return result, refused | misfits


def _fitting(
    text: str,
    tree: Any,
    objects: Mapping[ObjectRef, Sequence[_Standing]],
    wanted: Mapping[ObjectRef, Wanted],
    afters: Mapping[ObjectRef, Any],
) -> tuple[str | None, dict[ObjectRef, str]]:
    """The text with as many of `afters` as go in together: all at once, or else those of its halves that do."""
    if not afters:
        return text, {}
    try:
        result = _edited(text, tree, {objects[ref][0]: after for ref, after in afters.items()})
        _prove(result, objects, {ref: wanted[ref] for ref in afters})
    except NotInPlaceError as error:
        if len(afters) == 1:
            return text, dict.fromkeys(afters, str(error))
    else:
        return result, {}
    refs = list(afters)
    misfits: dict[ObjectRef, str] = {}
    for half in (refs[: len(refs) // 2], refs[len(refs) // 2 :]):
        misfits |= _fitting(text, tree, objects, wanted, {ref: afters[ref] for ref in half})[1]
    if not misfits:
        return text, dict.fromkeys(afters, "the changes to its document do not go together")
    rest = {ref: after for ref, after in afters.items() if ref not in misfits}
    result, more = _fitting(text, tree, objects, wanted, rest)
    return result, misfits | more


def _read(text: str) -> Any:
    if text.lstrip()[:1] in ("{", "["):
        try:
            return lenient_tree(text.encode())
        except (ValueError, RecursionError):
            pass  # flow style YAML begins like JSON
    try:
        found = list(documents(text.encode(), 1))
    except (YamlError, UnicodeEncodeError) as error:
        raise NotInPlaceError("it cannot be read again") from error
    if len(found) != 1:
        raise NotInPlaceError("its part of the file holds more than one document")
    return found[0].tree


def _objects(tree: Any) -> dict[ObjectRef, list[_Standing]]:
    found: dict[ObjectRef, list[_Standing]] = {}
    for path, kind, item in _walk(tree, (), ("", ""), 0):
        made = item_from_tree(kind, item, default_namespace=DEFAULT_NAMESPACE).object
        if made is not None:
            found.setdefault(made.ref, []).append(_Standing(path, kind))
    return found


def _walk(
    tree: Any, path: tuple[str | int, ...], default: tuple[str, str], level: int
) -> Iterator[tuple[tuple[str | int, ...], Kind[Any], Any]]:
    """Every object, those of lists too; items of a ``PodList`` need not say what they are."""
    if not isinstance(tree, dict):
        return
    api_version, kind = (
        value if isinstance(value, str) and value else default[number]
        for number, value in enumerate((tree.get("apiVersion"), tree.get("kind")))
    )
    items = tree.get("items")
    if kind.endswith("List") and isinstance(items, list) and level < _MAX_NESTING:
        below = ("", "") if kind == "List" else (api_version, kind.removesuffix("List"))
        for index, item in enumerate(items):
            yield from _walk(item, (*path, "items", index), below, level + 1)
        return
    found = kind_of_object(api_version, kind) if api_version and kind else None
    if found is not None:
        yield path, found, tree


def _changed(tree: Any, standing: Sequence[_Standing], wanted: Wanted) -> Any:
    """The object as its file would say it, or `_GONE`."""
    if not standing:
        raise NotInPlaceError("it is not there any more")
    if len(standing) > 1:
        raise NotInPlaceError("it stands there more than once")
    path, kind = standing[0]
    here = _at(tree, path)
    if any("{{" in said for said in _texts(here)):
        raise NotInPlaceError("its text is a template ({{ }})")
    if not kind.metadata_only and not equal(_shown(kind, here), wanted.before):
        raise NotInPlaceError("its file has changed since it was read")
    after: Any = here
    for change in wanted.changes:
        after = apply(after, change)
    return _GONE if after is None else after


def _edited(text: str, tree: Any, changed: Mapping[_Standing, Any]) -> str | None:
    """The text that says the changed objects; None when it would say nothing.

    Raises:
        NotInPlaceError: it cannot be written so, or reads as something else.
    """
    expected = copy.deepcopy(tree)
    # The last item of a list goes first, so that the places of the others still hold.
    for standing in sorted(changed, key=lambda one: [str(part).zfill(9) for part in one.path], reverse=True):
        path, after = standing.path, changed[standing]
        if not path:
            expected = after
        elif after is _GONE:
            del _at(expected, path[:-1])[path[-1]]
        else:
            _at(expected, path[:-1])[path[-1]] = after
    if expected is _GONE:
        if place(text).comments:
            raise NotInPlaceError("comments would go with it")
        return None
    result = edited(text, tree, expected)
    if not equal(_read(result), expected):
        raise NotInPlaceError("the changed text would say something else")
    return result


def _prove(
    text: str | None,
    before: Mapping[ObjectRef, Sequence[_Standing]],
    changed: Mapping[ObjectRef, Wanted],
) -> None:
    """Read the document again: each changed object is what was proven, and no other came or went."""
    tree = None if text is None else _read(text)
    objects = {} if text is None else _objects(tree)
    gone = {ref for ref, wanted in changed.items() if wanted.after is None}
    if objects.keys() != before.keys() - gone:
        raise NotInPlaceError("the changed text would hold other objects")
    for ref, wanted in changed.items():
        if wanted.after is None:
            continue
        path, kind = objects[ref][0]
        if not kind.metadata_only and not equal(_shown(kind, _at(tree, path)), wanted.after):
            raise NotInPlaceError("the changed text would not say what was proven")


def _shown(kind: Kind[Any], tree: Any) -> Document:
    """An object as a Snapshot shows it."""
    item = item_from_tree(kind, tree, default_namespace=DEFAULT_NAMESPACE)
    cleaned, _ = clean_tree(msgspec.json.decode(item.document))
    return cast("Document", redacted(with_type(kind, cast("Document", cleaned))))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)


def _at(tree: Any, path: Sequence[str | int]) -> Any:
    for part in path:
        tree = tree[part]
    return tree
