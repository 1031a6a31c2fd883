"""The session in Markdown: what was seen, staged, exported, decided; read here or written to a file."""

from __future__ import annotations

from pathlib import Path

from ksec_tui.cluster.files import write_private
from ksec_tui.plain.desk import Desk
from ksec_tui.plain.view import Move, said, text
from ksec_tui.reports.sitting import Sitting, summary


def place(desk: Desk, file: str) -> Move:
    """The way to the summary; with the name of a file, it is written there instead."""
    found = summary(_sitting(desk))
    if not file:
        return Move(home=True, go=text("Summary", found.rstrip("\n").split("\n")))
    path = Path(file).expanduser()
    try:
        write_private(path, found.encode("utf-8", "backslashreplace"))
    except FileExistsError:
        return said(f"Not written: {file} is there already.")
    except OSError as error:
        return said(f"Not written: {file}: {error.strerror or error}.")
    return said(f"Written to {file}.")


def _sitting(desk: Desk) -> Sitting:
    return Sitting(
        desk.snapshot,
        desk.results,
        desk.triage,
        desk.before,
        desk.plan,
        tuple(desk.exports),
        tuple(desk.looked_at.values()),
        desk.since,
        desk.proven.reasons if desk.proven is not None else None,
        "" if desk.triage_file is None else str(desk.triage_file),
        0 if desk.triage_file is not None else len(desk.triage.changes(desk.before)),
    )
