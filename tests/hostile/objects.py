"""Objects of every kind that is read, valid and spoiled, made from the Structs that hold them.

A kind or a field that is added to the models is covered from then on.
"""

from __future__ import annotations

import copy
import functools
import typing
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

import msgspec
from hypothesis import strategies as st

from ksec_tui.cluster.kinds import FILE_KINDS, KINDS, Kind
from tests.hostile.payloads import PAYLOADS
from tests.strategies import HOSTILE_TEXTS, api_version

Tree = dict[str, Any]
Json = st.SearchStrategy[Any]

ALL_KINDS = (*KINDS, *FILE_KINDS)
NAMES = ("web", "shop", "default", "app", "a", "*", "get", "pods", "")
"""Few, so that references meet."""


def deep(levels: int) -> Any:
    """Lists in lists."""
    found: Any = "x"
    for _ in range(levels):
        found = [found]
    return found


@functools.cache
def texts() -> Json:
    """What any string may be."""
    words = st.sampled_from(NAMES) | st.sampled_from(
        ("10.0.0.1", "10.0.0.0/8", "8080", "1Gi", "100m", "v1", "TCP")
    )
    return words | words | st.sampled_from((*HOSTILE_TEXTS, *PAYLOADS.values())) | st.text(max_size=8)


@functools.cache
def wrong() -> Json:
    """What stands where something else is expected."""
    return st.sampled_from(
        (
            None,
            True,
            -1,
            0,
            1 << 31,
            1 << 63,
            10**30,
            -(1 << 64),
            0.5,
            1e308,
            "",
            "\x00",
            "x" * 20_000,
            "̵" * 3_000,
            [],
            [[]],
            [None],
            [{}],
            {},
            {"": ""},
            {"\x1b[2J": {"\ud800": 1}},
            [1, "a", None, {"a": []}],
            deep(199),
            deep(250),
        )
    ).map(copy.deepcopy)


def trees(kind: Kind[Any]) -> st.SearchStrategy[Tree]:
    """Valid objects of a kind; about half of the fields are there."""
    struct: Any = kind.struct
    return _of(struct).map(lambda tree: {"apiVersion": api_version(kind), "kind": kind.name, **tree})


@functools.cache
def _of(wanted: Any) -> Json:
    origin, arguments = get_origin(wanted), get_args(wanted)
    if origin is Annotated:
        return _of(arguments[0])
    if origin in (Union, UnionType):
        return st.one_of([st.none() if item is type(None) else _of(item) for item in arguments])
    if origin is tuple:
        return st.lists(_of(arguments[0]), max_size=2)
    if origin is dict:
        return st.dictionaries(st.sampled_from(NAMES) | texts(), _of(arguments[1]), max_size=2)
    if isinstance(wanted, type) and issubclass(wanted, msgspec.Struct):
        return st.deferred(lambda: _struct(wanted))
    return {
        str: texts(),
        bool: st.booleans(),
        int: st.sampled_from((0, 1, 80, 443, 65_535, 1_000, -1, 1 << 40)),
        float: st.sampled_from((0.0, 0.5, 1e9)),
    }.get(wanted, texts())


@functools.cache
def _struct(wanted: type[msgspec.Struct]) -> Json:
    hints = typing.get_type_hints(wanted, include_extras=True)
    fields = {field.encode_name: _of(hints[field.name]) for field in msgspec.structs.fields(wanted)}
    needed = {name: fields[name] for name in ("metadata", "spec", "name") if name in fields}
    return st.fixed_dictionaries(
        needed, optional={name: made for name, made in fields.items() if name not in needed}
    )


@st.composite
def spoiled(draw: st.DrawFn, kind: Kind[Any]) -> Tree:
    """An object in which up to three places, at any depth, hold what does not belong there, or nothing."""
    tree = draw(trees(kind))
    for _ in range(draw(st.integers(1, 3))):
        at: Any = tree
        for _ in range(draw(st.integers(0, 8))):
            keys = [key for key, value in _items(at) if isinstance(value, (dict, list)) and value]
            if not keys:
                break
            at = at[draw(st.sampled_from(keys))]
        keys = [key for key, _ in _items(at)]
        if not keys:
            continue
        key = draw(st.sampled_from(keys))
        if isinstance(at, dict) and draw(st.integers(0, 3)) == 0:
            del at[key]
        else:
            at[key] = draw(wrong())
    return tree


def _items(value: Any) -> list[tuple[Any, Any]]:
    return list(value.items()) if isinstance(value, dict) else list(enumerate(value))
