"""The user's own editor on a text: in a file of its own that only its owner can read, gone afterwards."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from ksec_tui.cluster.files import write_private

VARIABLES = ("KSEC_EDITOR", "VISUAL", "EDITOR")
FALLBACKS = ("vi", "nano")


class EditorError(Exception):
    """The editor could not be used; one sentence."""


def editor_command(environment: Mapping[str, str]) -> Sequence[str]:
    """The editor's command line: of `KSEC_EDITOR`, `VISUAL` or `EDITOR`, else vi or nano where they are.

    Raises:
        EditorError: there is none, or a variable cannot be read as a command line.
    """
    for name in VARIABLES:
        try:
            found = shlex.split(environment.get(name, ""))
        except ValueError as error:
            raise EditorError(f"{name} is no command line: {error}") from error
        if found:
            return found
    for name in FALLBACKS:
        if shutil.which(name):
            return [name]
    raise EditorError(f"no editor is set: {', '.join(VARIABLES)}")


def edited(text: str, limit: int) -> bytes:
    """What the user makes of `text` in the editor, which has the terminal meanwhile; blocks until it ends.

    At most `limit` bytes and one more are read.

    Raises:
        EditorError: the editor cannot be started, fails, or leaves no file.
    """
    command = editor_command(os.environ)
    try:
        # mkdtemp makes the folder for its owner only.
        with tempfile.TemporaryDirectory(prefix="ksec-", ignore_cleanup_errors=True) as folder:
            path = Path(folder) / "patch.yaml"
            write_private(path, text.encode())
            code = subprocess.run([*command, str(path)], check=False).returncode
            if code:
                raise EditorError(f"{command[0]} ended with {code}: nothing was changed")
            with path.open("rb") as file:
                return file.read(limit + 1)
    except OSError as error:
        raise EditorError(f"{command[0]}: {error.strerror or error}") from error
