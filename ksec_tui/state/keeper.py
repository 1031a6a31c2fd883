"""Keeps the state of one context through a sitting: known at once, written by a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from ksec_tui.state.store import StateError, Step, recover, save
from ksec_tui.state.values import Kept


class Keeper:
    """What is kept of one context.

    Args:
        path: the file; None keeps everything for this sitting only.

    Attributes:
        trouble: what was wrong with the file when it was read; one sentence, empty for nothing.
        tell: called with a sentence when something cannot be written, from another thread; once for each reason.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.tell: Callable[[str], None] = lambda _: None
        self.trouble = ""
        self._path = path
        self._kept = Kept()
        self._steps: list[Step] = []
        self._told = ""
        self._closed = False
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        if path is not None:
            try:
                self._kept, self.trouble = recover(path)
            except StateError as error:
                # What cannot be read is not written over either.
                self.trouble, self._path = str(error), None

    @property
    def kept(self) -> Kept:
        """All that is kept, as far as this sitting knows."""
        return self._kept

    @property
    def lasts(self) -> bool:
        """Whether what is kept outlives the sitting."""
        return self._path is not None

    def change(self, step: Step) -> None:
        """Keep something else from now on."""
        with self._changed:
            after = step(self._kept)
            if after == self._kept or self._closed:
                return
            self._kept = after
            if self._path is None:
                return
            self._steps.append(step)
            if self._thread is None:
                self._thread = threading.Thread(target=self._write, name="state", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def close(self, timeout: float) -> None:
        """Write what is not written yet, for at most `timeout` seconds; nothing is kept afterwards."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join(timeout)

    def _write(self) -> None:
        due: list[Step] = []
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._steps or self._closed)
                new, self._steps = self._steps, []
                path, known = self._path, self._kept
            if not new or path is None:
                return
            due += new
            try:
                kept, said = save(path, due, instead=known)
            except StateError as error:
                # Tried again with the next change.
                said = f"what you do here is not kept: {error}"
            else:
                due = []
                with self._changed:
                    # Others' bookmarks come in; what was done while writing is not written yet.
                    for step in self._steps:
                        kept = step(kept)
                    self._kept = kept
            if said and said != self._told:
                self._told = said
                self.tell(said)
