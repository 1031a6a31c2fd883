"""Fits untrusted text into terminal cells: one line, safe to print, exactly as wide as asked."""

from __future__ import annotations

from typing import Literal

from rich.cells import cell_len, set_cell_size

from ksec_tui.cluster.text import clean

_PLAIN = str.maketrans(
    {
        "■": "!",
        "▲": "^",
        "◆": "*",
        "▪": "-",
        "·": ".",
        "●": "*",
        "✓": "+",
        "±": "+",
        "–": "-",
        "—": "-",
        "…": "~",
        "›": ">",
        "→": ">",
        "×": "x",
        "◀": "<",
        "▏": "|",
        "│": "|",
        "“": '"',
        "”": '"',
        "’": "'",
    }
)
"""What stands for each of the characters with which we draw and punctuate."""

_ROOM = 4
"""Characters looked at per cell: enough for combining marks, and the bound that a huge text meets."""


def in_ascii(line: str) -> str:
    """`line` without our own characters beyond ASCII; what a cluster brought along stays as it is."""
    return line if line.isascii() else line.translate(_PLAIN)


def one_line(text: str, width: int, *, ascii: bool = False) -> str:  # noqa: A002 - the word users know
    r"""The beginning of `text` made printable on one line, with enough characters to fill `width` cells.

    Line feeds show as `⏎` and tabs as `→` (`\n`, `\t` in ASCII); what a terminal would obey or hide shows
    as `ksec_tui.cluster.text.clean` writes it. Only that beginning is read,
    so a text of megabytes costs nothing.
    """
    head = text[: _ROOM * width + 16]
    if head.isascii() and head.isprintable():
        return head
    line = clean(head)
    if ascii:
        return in_ascii(line.replace("\n", "\\n").replace("\t", "\\t"))
    return line.replace("\n", "⏎").replace("\t", "→")


def fit(
    text: str,
    width: int,
    *,
    align: Literal["left", "right"] = "left",
    ascii: bool = False,  # noqa: A002
) -> str:
    """`text` on one line in exactly `width` cells: padded with spaces, or cut with `…` (`~` in ASCII)."""
    if width <= 0:
        return ""
    line = one_line(text, width, ascii=ascii)
    cells = len(line) if line.isascii() else cell_len(line)
    # A line of nothing but combining marks may be narrow and still not be the whole text.
    if cells > width or len(text) > _ROOM * width + 16:
        return set_cell_size(line, width - 1) + ("~" if ascii else "…")
    padding = " " * (width - cells)
    return padding + line if align == "right" else line + padding


def clip(text: str, width: int, *, ascii: bool = False) -> str:  # noqa: A002
    """`text` on one line in at most `width` cells, cut with `…` (`~` in ASCII) when it is longer."""
    line = one_line(text, width, ascii=ascii)
    if cell_len(line) <= width and len(text) <= _ROOM * width + 16:
        return line
    return fit(text, width, ascii=ascii)
