"""Decoders for typed values, made by one thread at a time.

msgspec describes a class when it first meets it, and notes the description in the class before it is complete, so
that classes may refer to themselves. Another thread that meets the class meanwhile takes what is there, and the
process ends with a segmentation fault when it decodes (msgspec 0.22). Lists are read by several threads at once:
whatever may be met there for the first time is met under one lock.
"""

from __future__ import annotations

import threading
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")

_MEETING = threading.RLock()
_MET: dict[Any, msgspec.json.Decoder[Any]] = {}


def decoder(wanted: type[T]) -> msgspec.json.Decoder[T]:
    """The decoder of JSON into `wanted`."""
    found = _MET.get(wanted)
    if found is None:
        with _MEETING:
            found = _MET[wanted] = msgspec.json.Decoder(wanted)
    return found


def converted(tree: object, wanted: type[T]) -> T:
    """`tree`, as JSON or YAML gives it, as `wanted`.

    Raises:
        ValueError: it is none (`msgspec.ValidationError`); RecursionError: nested too deep.
    """
    decoder(wanted)
    return msgspec.convert(tree, wanted)
