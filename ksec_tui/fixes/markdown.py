"""Text of a cluster in Markdown: shown as it is, with no link, no markup, no HTML, and nobody called."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ksec_tui.cluster.text import one_line

_SPECIAL = re.compile(r"([\\`*_\[\]#|~$])")
_LEADING = re.compile(r"^(\s*)([+=-]|\d+(?=[.)]))")
# What code hosts make of bare text: links of addresses, and calls to people, who would get a message.
_LINKS = re.compile(r"(?i)(?<=[a-z0-9]):(?=//)|(?<=www)\.")
_CALLS = re.compile(r"(?<![A-Za-z0-9.])@(?=[A-Za-z0-9])")


def escaped(text: str) -> str:
    """Text on one line that Markdown shows as it is, with no HTML."""
    plain = one_line(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    marked = _LEADING.sub(_held, _SPECIAL.sub(r"\\\1", plain))
    quiet = _LINKS.sub(lambda match: f"&#{ord(match[0])};", marked)
    return _CALLS.sub("@<!-- -->", quiet)


def _held(match: re.Match[str]) -> str:
    """What would begin a heading, a rule or a list."""
    space, mark = match.groups()
    return f"{space}{mark}<!-- -->" if mark[0].isdigit() else f"{space}\\{mark}"


def section(title: str, lines: Iterable[str]) -> list[str]:
    """A list of texts below a heading; none without texts."""
    items = [f"- {escaped(line)}" for line in lines]
    return [f"## {title}", "", *items, ""] if items else []
