"""Generated Kubernetes objects that other tests may use: objects with every field filled, and small clusters."""

from __future__ import annotations

import functools
import typing
from collections.abc import Iterable, Sequence
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

import msgspec
from hypothesis import strategies as st

from ksec_tui.cluster.coverage import Coverage, KindCoverage, State
from ksec_tui.cluster.ingest import Unreadable
from ksec_tui.cluster.kinds import KINDS, NAMESPACE, Kind
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot

Tree = dict[str, Any]

HOSTILE_TEXTS = (
    "a[/b]c",
    "[@click=app.quit]x",
    "\x1b]52;c;b3duZWQ=\x07\x1b[2J",
    "\x9b31m\x85next",
    "\u202egnp.exe\u2066\u200b\ufeff",
    "x\r\n# kubectl delete ns --all\n- op: remove",
    "'; touch owned; '$(touch owned)`touch owned`",
    "<script>alert(1)</script> [a](javascript:alert(1)) | `b` **c**",
    "../../../../etc/passwd",
    "-rf",
    "\U000e0041\ud800\x00\x7f",
    "yes",
    "{}: [&a *a !!python/object:os.system",
)
"""Names and values that a terminal, a shell, YAML, Markdown or a file system would obey, hide or trip over."""


def api_version(kind: Kind[Any]) -> str:
    """``apps/v1``."""
    return f"{kind.group}/{kind.versions[0]}" if kind.group else kind.versions[0]


def filled(kind: Kind[Any], text: str, **meta: Any) -> Tree:
    """An object of `kind` in which every field that the model knows is there, and every string is `text`.

    Keyword arguments replace fields of its metadata.
    """
    tree = _value(kind.struct, text)
    tree["metadata"] |= {"ownerReferences": [], "deletionTimestamp": None} | meta
    return {"apiVersion": api_version(kind), "kind": kind.name, **tree}


def _value(wanted: Any, text: str) -> Any:
    origin, arguments = get_origin(wanted), get_args(wanted)
    if origin is Annotated:
        return _value(arguments[0], text)
    if origin in (Union, UnionType):
        choices = [item for item in arguments if item is not type(None)]
        return _value(next((item for item in choices if _is_text(item)), choices[0]), text)
    if origin is tuple:
        return [_value(arguments[0], text)]
    if origin is dict:
        return {text: _value(arguments[1], text)}
    if isinstance(wanted, type) and issubclass(wanted, msgspec.Struct):
        return {name: _value(hint, text) for name, hint in _fields(wanted)}
    return {str: text, bool: True, int: 1, float: 1.0}[wanted]


@functools.cache
def _fields(struct: type[msgspec.Struct]) -> tuple[tuple[str, Any], ...]:
    """The fields of a struct: their names as they are written, and their types."""
    hints = typing.get_type_hints(struct, include_extras=True)
    return tuple((field.encode_name, hints[field.name]) for field in msgspec.structs.fields(struct))


def _is_text(wanted: Any) -> bool:
    return wanted is str or (get_origin(wanted) is Annotated and get_args(wanted)[0] is str)


def without(
    snapshot: Snapshot,
    kinds: Iterable[Kind[Any]],
    namespace: str | None = None,
    state: State = State.FORBIDDEN,
) -> Snapshot:
    """What is left of a cluster for a user who may not read `kinds`, anywhere or in one namespace."""
    objects = {kind.resource: snapshot.of(kind) for kind in KINDS}
    covers = dict(snapshot.coverage.kinds)
    spaces = tuple(item.name for item in snapshot.of(NAMESPACE) if item.name != namespace)
    for kind in kinds:
        if namespace is None:
            objects[kind.resource] = ()
            covers[kind.resource] = KindCoverage(state, reason="not readable here")
        elif kind.namespaced:
            left = tuple(item for item in objects[kind.resource] if item.namespace != namespace)
            failed = {namespace: (state.value, "not readable here")}
            objects[kind.resource] = left
            covers[kind.resource] = KindCoverage(State.PARTIAL, len(left), namespaces=spaces, failed=failed)
    return _same_but(snapshot, objects, covers, snapshot.unreadable)


def spoiled(snapshot: Snapshot, refs: Sequence[ObjectRef], *, named: bool = True) -> Snapshot:
    """The cluster with some objects that are there but cannot be decoded, not even their names (`named`)."""
    gone = set(refs)
    objects = {
        kind.resource: tuple(item for item in snapshot.of(kind) if item.ref not in gone) for kind in KINDS
    }
    told = (ref if named else ObjectRef("", ref.kind, "(unnamed)", ref.group) for ref in refs)
    unreadable = tuple(sorted(Unreadable(ref, "Expected `str`, got `int`") for ref in told))
    return _same_but(snapshot, objects, dict(snapshot.coverage.kinds), unreadable)


def _same_but(
    snapshot: Snapshot,
    objects: dict[str, Any],
    covers: dict[str, KindCoverage],
    unreadable: tuple[Unreadable, ...],
) -> Snapshot:
    return Snapshot(snapshot.source, objects, Coverage(covers), None, snapshot.hostile, unreadable)


def kinds_of(snapshot: Snapshot) -> st.SearchStrategy[list[Kind[Any]]]:
    """Some kinds of which the cluster holds objects."""
    there = [kind for kind in KINDS if snapshot.of(kind)]
    return st.lists(st.sampled_from(there), min_size=1, max_size=4, unique=True)


def refs_of(snapshot: Snapshot) -> st.SearchStrategy[list[ObjectRef]]:
    """Some objects of the cluster, every kind as likely as another."""
    there = [kind for kind in KINDS if snapshot.of(kind)]
    one = st.sampled_from(there).flatmap(lambda kind: st.sampled_from(snapshot.of(kind)))
    return st.lists(one.map(lambda item: item.ref), min_size=1, max_size=3, unique=True)


def namespaces_of(snapshot: Snapshot) -> st.SearchStrategy[str | None]:
    """One of its namespaces, or None for all of it."""
    return st.sampled_from([None, *(item.name for item in snapshot.of(NAMESPACE))])
