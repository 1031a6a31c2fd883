"""Keys that take something along: names, the finding, the kubectl command that shows the same, the table."""

from __future__ import annotations

import base64
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

import msgspec
from textual import work
from textual.binding import Binding, BindingType
from textual.message import Message

from ksec_tui.cluster.files import write_private
from ksec_tui.cluster.kinds import kind_named
from ksec_tui.cluster.text import one_line
from ksec_tui.screens.modals import Ask, Pick
from ksec_tui.screens.pane import Row
from ksec_tui.screens.table_file import csv_text
from ksec_tui.screens.triaging import Triaging
from ksec_tui.screens.widgets.columns import Column

LIMIT = 74_994
"""Bytes of base64 that terminals are known to take in one OSC 52 sequence (the figure that xterm and tmux allow)."""

SHOWN = 100
"""Characters of what was copied that the message repeats."""

TOOLS = (("pbcopy",), ("wl-copy",), ("xclip", "-selection", "clipboard"), ("xsel", "--clipboard", "--input"))


class Copying(Triaging):
    """Copying what is in hand."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("c", "copy_name", "Copy the name", id="copy.name"),
        Binding("C", "copy_menu", "Copy …", id="copy.menu"),
        Binding("ctrl+s", "save_table", "Save the table as CSV", id="table.save"),
    ]

    class Taken(Message):
        """Something was copied or saved off the UI thread: what to say, and whether it went well."""

        def __init__(self, words: str, *, well: bool = True) -> None:
            super().__init__()
            self.words = words
            self.well = well

    class NotTaken(Message):
        """The desktop's tool did not take the text: it goes through the terminal instead."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    def action_copy_name(self) -> None:
        """Copy the name of the object in hand."""
        if self.row is None:
            self.say(self.disabled_reason("copy_name"), warning=True)
        else:
            self.copy(one_line(self.row.ref.name))

    def action_copy_menu(self) -> None:
        """Choose what to copy."""
        row = self.row
        if row is None:
            self.say(self.disabled_reason("copy_menu"), warning=True)
            return
        choices = copyable(row)

        def chosen(text: str | None) -> None:
            if text is not None:
                self.copy(choices[int(text)][1])

        shown = [(str(i), f"{words:18} {one_line(text, 70)}") for i, (words, text) in enumerate(choices)]
        self.app.push_screen(Pick("Copy", shown, ascii=self.view.ascii), chosen)

    def copy(self, text: str) -> None:
        """Copy text by the desktop's own tool, else through the terminal (OSC 52); say which."""
        tool = next((item for item in TOOLS if shutil.which(item[0])), None) if _has_desktop() else None
        if tool is not None:
            self._copy_by(tool, text)
        else:
            self._copy_through_terminal(text)

    @work(thread=True, group="copy", exit_on_error=False)
    def _copy_by(self, tool: tuple[str, ...], text: str) -> None:
        data = text.encode("utf-8", "backslashreplace")
        quiet = (
            subprocess.DEVNULL
        )  # such a tool stays behind to serve the clipboard and would hold a pipe open
        try:
            done = subprocess.run(tool, input=data, check=False, timeout=5, stdout=quiet, stderr=quiet)
        except (OSError, subprocess.TimeoutExpired):
            self.post_message(self.NotTaken(text))
            return
        if done.returncode == 0:
            self.post_message(self.Taken(f"copied by {tool[0]}: {one_line(text, SHOWN)}"))
        else:
            self.post_message(self.NotTaken(text))

    def on_copying_not_taken(self, message: NotTaken) -> None:
        """Try the other way."""
        self._copy_through_terminal(message.text)

    def _copy_through_terminal(self, text: str) -> None:
        if len(base64.b64encode(text.encode("utf-8", "backslashreplace"))) > LIMIT:
            self.say("too long for the terminal's clipboard (OSC 52)", error=True)
            return
        self.app.copy_to_clipboard(text)
        self.say(f"copied through the terminal (OSC 52): {one_line(text, SHOWN)}")

    # The table as a file

    def action_save_table(self) -> None:
        """Ask for a file and write the rows of the list to it."""
        if not self.table.shown_count:
            self.say(self.disabled_reason("save_table"), warning=True)
            return
        columns, rows = self.columns, tuple(self.table.shown)

        def answered(name: str | None) -> None:
            if name:
                self._save(Path(name).expanduser(), columns, rows)

        question = f"Save {len(rows):,} row{'s' if len(rows) != 1 else ''} as CSV to which new file?"
        self.app.push_screen(Ask(question, f"ksec-{self.pane.id}-{self.listing.id}.csv"), answered)

    @work(thread=True, group="save", exit_on_error=False)
    def _save(self, path: Path, columns: Sequence[Column[Row]], rows: Sequence[Row]) -> None:
        try:
            write_private(path, csv_text(columns, rows).encode("utf-8", "backslashreplace"))
        except FileExistsError:
            self.post_message(self.Taken(f"{path} exists already and is left as it is", well=False))
        except OSError as error:
            self.post_message(self.Taken(f"{path} cannot be written: {error.strerror or error}", well=False))
        else:
            self.post_message(self.Taken(f"{len(rows):,} rows in {path}"))

    def on_copying_taken(self, message: Taken) -> None:
        """Say how it went."""
        self.say(message.words, error=not message.well)

    def disabled_reason(self, action: str) -> str:
        """Why an action can do nothing now; empty when it can."""
        if action == "save_table" and not self.table.shown_count:
            return "the list is empty"
        if action in ("copy_name", "copy_menu") and self.row is None:
            return "there is no row to copy from"
        return super().disabled_reason(action)


def _has_desktop() -> bool:
    """Whether a desktop's clipboard is this user's: not over ssh."""
    if "SSH_CONNECTION" in os.environ:
        return False
    return sys.platform == "darwin" or "WAYLAND_DISPLAY" in os.environ or "DISPLAY" in os.environ


def copyable(row: Row) -> list[tuple[str, str]]:
    """What can be copied of a row: pairs of what it is and the text."""
    ref = row.ref
    found = [("name", ref.name), ("namespace/name", ref.path)]
    kind = kind_named(ref.group, ref.kind)
    if kind is not None:
        space = f" -n {shlex.quote(ref.namespace)}" if ref.namespace else ""
        found.append(("kubectl", f"kubectl get {kind.resource}{space} {shlex.quote(ref.name)} -o yaml"))
    finding = row.finding or row.worst
    if finding is not None:
        paths = [piece.path for piece in finding.evidence if piece.path]
        found.append(("finding id", f"{finding.check} {finding.fingerprint}"))
        found.append(("reason", finding.words))
        found.extend(("path", path) for path in paths[:3])
        said = f"- **{finding.title}** ({finding.severity.word}, `{finding.check}`) on {ref}: {finding.words}"
        found.append(("Markdown", said))
        plain = {
            "check": finding.check,
            "severity": finding.severity.word,
            "verdict": finding.verdict.value,
            "subject": msgspec.to_builtins(finding.subject),
            "evidence": [{"path": piece.path, "words": piece.words} for piece in finding.evidence],
        }
        found.append(("JSON", msgspec.json.encode(plain).decode()))
    # On one line each: what is pasted into a shell must not end a command.
    return [(words, one_line(text)) for words, text in found]
