"""The one sanitizer: text that came from a cluster or a file becomes text that is safe and honest to show.

What a terminal would obey, hide or reorder (control, bidirectional, zero-width, tag and other format
characters) is made visible instead of being dropped, so that nobody can hide a character by its removal.
Sources: Unicode 16 chapter 23 (special areas), UAX #9 (bidirectional controls), UTS #39 (invisible
characters), CVE-2021-25743 (escape sequences in kubectl output), CVE-2021-42574 (bidirectional overrides).
"""

import datetime as dt
import math
import re
from collections.abc import Mapping
from collections.abc import Set as AbstractSet

MAX_TEXT = 16_384
"""Characters kept of one string."""

MAX_DEPTH = 200
"""Levels of mappings and lists in one document."""

# Fixed ranges, not unicodedata: what is shown must not depend on the Unicode version of the interpreter.
_HOSTILE = re.compile(
    "["
    "\x00-\x08\x0b-\x1f\x7f-\x9f"  # C0 without tab and line feed, DEL, C1
    "\u00ad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u180e"  # format characters of scripts
    "\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0"  # joiner, fillers and vowels that draw nothing
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"  # zero-width, line ends, bidirectional
    "\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff"  # surrogates, noncharacters
    "\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    + "".join(f"{chr(plane << 16 | 0xFFFE)}{chr(plane << 16 | 0xFFFF)}" for plane in range(1, 17))
    + "\U000e0000-\U000e0fff"  # tags and the variation selectors that carry smuggled text
    "]"
)
_CUT_MARK = re.compile(r"…\[\+[1-9][0-9]{0,14} chars\]\Z")
_LONGEST_CUT_MARK = 24

# A JSON escape that is neither a plain one (quote, solidus, reverse solidus, \n, \t) nor one of those which
# Go's encoder writes for the HTML characters < > &. Backslashes are not paired: that may alarm, never hide.
_ODD_ESCAPE = re.compile(rb"\\(?:[bfr]|u(?!003[cCeE]|0026))")
_ASCII = bytes(range(0x80))
# UTF-8 of the hostile characters which str.isprintable() calls printable (the last one: planes of tags).
_PRINTABLE_HOSTILE = (
    *(char.encode() for char in "\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0"),
    b"\xf3\xa0",
)


def _shown(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code < 0x20:
        return chr(0x2400 + code) if code != 0x1B else "␛"
    return "␡" if code == 0x7F else f"⟪U+{code:04X}⟫"


def is_hostile(text: str) -> bool:
    """Tell whether `clean` would make a character of the text visible; mere length does not count."""
    if text.isascii() and text.isprintable():
        return False
    return _HOSTILE.search(text) is not None


def clean(text: str, limit: int = MAX_TEXT) -> str:
    """Return the text with every hostile character visible and at most `limit` characters kept.

    ESC becomes `␛`, the other C0 characters and DEL their control pictures, the rest `⟪U+202E⟫`; line feed
    and tab stay. A longer text ends with `…[+N chars]`, N counting characters of the original.
    The same object comes back when nothing is to do, and cleaning twice changes nothing more.
    """
    size = len(text)
    if size <= limit:
        if (text.isascii() and text.isprintable()) or _HOSTILE.search(text) is None:
            return text
        shown = _HOSTILE.sub(_shown, text)
        return shown if len(shown) <= limit else _cut(text, limit)
    if size <= limit + _LONGEST_CUT_MARK and (mark := _CUT_MARK.search(text)) and mark.start() <= limit:
        if _HOSTILE.search(text) is None:
            return text
        shown = _HOSTILE.sub(_shown, text[: mark.start()])
        if len(shown) <= limit:
            return shown + mark[0]
    return _cut(text, limit)


def _cut(text: str, limit: int) -> str:
    """Keep the leading characters that fit into `limit` once they are visible; say how many are left."""
    kept: list[str] = []
    room, done = limit, 0
    for match in _HOSTILE.finditer(text, 0, limit):
        start = match.start()
        visible = _shown(match)
        if start - done + len(visible) > room:
            break
        kept += (text[done:start], visible)
        room -= start - done + len(visible)
        done = start + 1
    else:
        match = None
    end = done + room if match is None else min(done + room, match.start())
    kept.append(text[done:end])
    return f"{''.join(kept)}…[+{len(text) - end} chars]"


def suspicious_json(raw: bytes) -> bool:
    """Scan the bytes of a JSON document: False guarantees that no string in it holds a hostile character.

    True only means that its strings are to be looked at one by one (`clean_tree`). The guarantee is for valid
    JSON, where control characters occur in strings as escapes only; invalid UTF-8 is suspicious.
    """
    if b"\x7f" in raw or (b"\\" in raw and _ODD_ESCAPE.search(raw) is not None):
        return True
    if raw.isascii():
        return False
    beyond_ascii = raw.translate(None, _ASCII)
    try:
        text = beyond_ascii.decode()
    except UnicodeDecodeError:
        return True
    if text.isprintable() and not any(char in beyond_ascii for char in _PRINTABLE_HOSTILE):
        return False
    return _HOSTILE.search(text) is not None


def clean_tree(value: object, limit: int = MAX_TEXT) -> tuple[object, tuple[str, ...]]:
    """Clean a JSON-like tree; the second part lists the JSON pointers (RFC 6901) of hostile strings and keys.

    Pointers use the cleaned keys. The same object comes back when nothing changed. Members that are null are
    dropped, as Kubernetes reads null as absent; keys that are no strings become strings; cleaned keys that
    collide get a suffix `#2`; YAML values that JSON lacks (dates, binary, sets, infinities) become text.

    Raises:
        ValueError: the tree is nested deeper than 200 levels.
    """
    hostile: list[str] = []
    return _clean_value(value, limit, (), hostile), tuple(hostile)


_Path = tuple["_Path", str | int] | tuple[()]


def _clean_value(value: object, limit: int, path: _Path, hostile: list[str], level: int = 0) -> object:
    if isinstance(value, str):
        if _plain(value, limit):
            return value
        if is_hostile(value):
            hostile.append(_pointer(path))
        return _within(value, limit)
    if value is None or isinstance(value, int) or (isinstance(value, float) and math.isfinite(value)):
        return value
    if level >= MAX_DEPTH and isinstance(value, (Mapping, list, tuple)):
        raise ValueError(f"nested deeper than {MAX_DEPTH} levels")
    if isinstance(value, Mapping):
        return _clean_mapping(value, limit, path, hostile, level)
    if isinstance(value, (list, tuple)):
        items = [_clean_value(item, limit, (path, i), hostile, level + 1) for i, item in enumerate(value)]
        same = isinstance(value, list) and all(new is old for new, old in zip(items, value, strict=True))
        return value if same else items
    return _clean_value(_as_text(value), limit, path, hostile, level)


def _plain(text: str, limit: int) -> bool:
    return len(text) <= limit and text.isascii() and text.isprintable()


def _stays(text: str, limit: int) -> bool:
    return _plain(text, limit) or _within(text, limit) is text


def _within(text: str, limit: int) -> str:
    """Clean the text so that it fits into `limit` characters together with the mark of a cut."""
    shown = clean(text, limit)
    return shown if len(shown) <= limit else clean(text, max(limit - _LONGEST_CUT_MARK, 0))


def _clean_mapping(
    value: Mapping[object, object], limit: int, path: _Path, hostile: list[str], level: int
) -> object:
    names = _clean_keys(value, limit)
    result: dict[str, object] = {}
    changed = not isinstance(value, dict)
    for key, old in value.items():
        if old is None:
            changed = True
            continue
        name = names[key] if names else str(key)
        here: _Path = (path, name)
        if names and isinstance(key, str) and is_hostile(key):
            hostile.append(_pointer(here))
        new = _clean_value(old, limit, here, hostile, level + 1)
        changed = changed or new is not old
        result[name] = new
    return result if changed or names else value


def _clean_keys(value: Mapping[object, object], limit: int) -> dict[object, str]:
    """Map each key to its shown name, or return an empty mapping when every key may stay as it is."""
    odd = [key for key in value if not (isinstance(key, str) and _stays(key, limit))]
    if not odd:
        return {}
    # Keys that need no change keep their names; only changed ones give way.
    result: dict[object, str] = {key: key for key in value if isinstance(key, str) and _stays(key, limit)}
    taken = set(result.values())
    for key in odd:
        plain = _within(key if isinstance(key, str) else _as_text(key), limit)
        name, count = plain, 1
        while name in taken:
            count += 1
            name = f"{plain}#{count}"
        taken.add(name)
        result[key] = name
    return result


def _pointer(path: _Path) -> str:
    parts: list[str] = []
    while path:
        path, step = path
        parts.append(str(step).replace("~", "~0").replace("/", "~1"))
    return "".join(f"/{part}" for part in reversed(parts))


def _as_text(value: object) -> str:
    """Write a value that JSON cannot hold, or a key that is no string, in its YAML spelling."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) and value.bit_length() > 4096:
        return hex(value)  # str() refuses numbers of more than 4300 digits
    if isinstance(value, (bytes, bytearray)):
        return value.decode("utf-8", "backslashreplace")
    if isinstance(value, (dt.date, dt.time)):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, AbstractSet):
        return f"{{{', '.join(sorted(_as_text(item) for item in value))}}}"
    return str(value)


def day_of(text: object) -> str:
    """``2026-07-24`` of ``2026-07-24T00:00:00Z``; empty for what begins with no date."""
    if not isinstance(text, str):
        return ""
    try:
        return dt.date.fromisoformat(text[:10]).isoformat()
    except ValueError:
        return ""


def one_line(text: str, width: int | None = None) -> str:
    """Return the text cleaned and on one line (`⏎` for line feed, `→` for tab), cut to `width` characters."""
    head = clean(text if width is None else text[: max(width, 0) + 1])
    line = head.replace("\n", "⏎").replace("\t", "→")
    if width is None or len(line) <= width:
        return line
    return f"{line[: width - 1]}…" if width > 0 else ""


def clean_already(raw: bytes) -> bool:
    """Whether `clean_tree` would change nothing of this JSON: no null, no string too long, no tree too deep."""
    return (
        len(raw) <= MAX_TEXT
        and b"null" not in raw
        and raw.count(b"{") + raw.count(b"[") < MAX_DEPTH
        and not suspicious_json(raw)
    )
