"""The present table as a CSV file: what is shown, every column, safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from ksec_tui.cluster.text import one_line
from ksec_tui.screens.pane import Row
from ksec_tui.screens.widgets.columns import Column, text_of

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the beginning of a formula (OWASP, CSV injection)."""


def csv_text(columns: Sequence[Column[Row]], rows: Iterable[Row]) -> str:
    """`rows` as CSV (RFC 4180): a header of column ids, kind and path of each object first.

    A cell that a spreadsheet would calculate gets an apostrophe in front.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(["object-kind", "object", *(column.id for column in columns)])
    for row in rows:
        cells = (text_of(column.cell(row)) for column in columns)
        writer.writerow([harmless(text) for text in (row.ref.kind, row.ref.path, *cells)])
    return out.getvalue()


def harmless(text: str) -> str:
    """`text` on one line, which no spreadsheet takes for a formula."""
    return f"'{one_line(text)}" if text.startswith(FORMULA) else one_line(text)
