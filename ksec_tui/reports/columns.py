"""Text in columns, measured in terminal cells."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence

GAP = "  "


def width(text: str) -> int:
    """Cells that `text` takes on a terminal: two for wide characters, none for combining ones (UAX #11)."""
    if text.isascii():
        return len(text)
    return sum(_cells(char) for char in text)


def fit(text: str, cells: int) -> str:
    """`text` cut to at most `cells` cells, with an ellipsis when something is missing."""
    if width(text) <= cells:
        return text
    kept: list[str] = []
    room = cells - 1
    for char in text:
        room -= _cells(char)
        if room < 0:
            break
        kept.append(char)
    return "".join(kept) + "…" if cells > 0 else ""


def pad(text: str, cells: int) -> str:
    """`text` filled with spaces up to `cells` cells."""
    return text + " " * (cells - width(text))


def columns(rows: Sequence[Sequence[str]], *, most: int | None = None) -> Iterable[str]:
    """Lines in which every column but the last is aligned; `most` cells a line where the last column can give way."""
    if not rows:
        return
    widths = [max(width(row[index]) for row in rows) for index in range(len(rows[0]) - 1)]
    before = sum(widths) + len(GAP) * len(widths)
    for row in rows:
        last = row[-1] if most is None else fit(row[-1], max(most - before, 20))
        cells = (pad(cell, cells) for cell, cells in zip(row[:-1], widths, strict=True))
        yield GAP.join((*cells, last)).rstrip()


def _cells(char: str) -> int:
    if unicodedata.combining(char) or unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1
