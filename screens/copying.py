"""Keys that copy: names, the YAML, the finding, the kubectl command that shows the same."""

from __future__ import annotations

import base64
import os
import shlex
import shutil
import subprocess
import sys
from typing import ClassVar

import msgspec
from textual.binding import Binding, BindingType

from ksec_tui.cluster.kinds import kind_named
from ksec_tui.cluster.text import one_line
from ksec_tui.screens.modals import Pick
from ksec_tui.screens.pane import Row
from ksec_tui.screens.staging import Staging

LIMIT = 74_994
"""Bytes of base64 that terminals are known to take in one OSC 52 sequence (the figure that xterm and tmux allow)."""

TOOLS = (("pbcopy",), ("wl-copy",), ("xclip", "-selection", "clipboard"), ("xsel", "--clipboard", "--input"))


class Copying(Staging):
    """Copying what is in hand."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("c", "copy_name", "Copy the name", id="copy.name"),
        Binding("C", "copy_menu", "Copy …", id="copy.menu"),
    ]

    def action_copy_name(self) -> None:
        """Copy the name of the object in hand."""
        if self.row is not None:
            self.copy(self.row.ref.name)

    def action_copy_menu(self) -> None:
        """Choose what to copy."""
        row = self.row
        if row is None:
            return
        choices = copyable(row)

        def chosen(text: str | None) -> None:
            if text is not None:
                self.copy(choices[int(text)][1])

        shown = [(str(i), f"{words:18} {one_line(text, 70)}") for i, (words, text) in enumerate(choices)]
        self.app.push_screen(Pick("Copy", shown), chosen)

    def copy(self, text: str) -> None:
        """Copy text by the desktop's own tool, else through the terminal (OSC 52); say which."""
        tool = next((item for item in TOOLS if shutil.which(item[0])), None) if _has_desktop() else None
        if tool is not None:
            done = subprocess.run(tool, input=text.encode(), check=False, timeout=5, capture_output=True)
            if done.returncode == 0:
                self.notify(one_line(f"copied by {tool[0]}: {text}", 120), markup=False)
                return
        if len(base64.b64encode(text.encode())) > LIMIT:
            self.notify("too long for the terminal's clipboard (OSC 52)", severity="error")
            return
        self.app.copy_to_clipboard(text)
        self.notify(one_line(f"copied through the terminal (OSC 52): {text}", 120), markup=False)


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
    return found
