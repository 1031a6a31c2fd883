"""JSON-like values: equality as JSON has it, and pointers into them (RFC 6901)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ksec_tui.fixes.errors import PatchError

_NESTED = (dict, list)


def equal(left: Any, right: Any) -> bool:
    """Whether two values are the same JSON: true is not 1, 1 is 1.0, the order of keys does not count."""
    if left is right:
        return True
    if isinstance(left, bool) or isinstance(right, bool):
        return False
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(equal(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(equal, left, right))
    return bool(left == right)


def unshared(value: Any) -> Any:
    """A copy of which every part stands in one place: YAML aliases make two places share one mapping."""
    if isinstance(value, dict):
        return {key: unshared(item) if isinstance(item, _NESTED) else item for key, item in value.items()}
    if isinstance(value, list):
        return [unshared(item) if isinstance(item, _NESTED) else item for item in value]
    return value


def parse_pointer(text: str) -> tuple[str, ...]:
    """The tokens of a JSON pointer; the empty pointer has none.

    Raises:
        PatchError: it does not start with a slash.
    """
    if not text:
        return ()
    if not text.startswith("/"):
        raise PatchError(f"the path {text!r} does not start with a slash")
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in text[1:].split("/"))


def pointer(tokens: Iterable[str | int]) -> str:
    """The JSON pointer of some tokens."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in tokens)


def is_index(part: str) -> bool:
    """Whether a part is a list position as RFC 6901 writes it: decimal, without leading zeros."""
    return part == "0" or (part.isascii() and part.isdigit() and part[0] != "0")
