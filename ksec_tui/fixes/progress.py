"""How far a simulation is, and the point at which it can be given up."""

from __future__ import annotations

import threading
from collections.abc import Callable

import msgspec

from ksec_tui.findings.runner import Cancelled


class Progress(msgspec.Struct, frozen=True):
    """How far a simulation is.

    Attributes:
        phase: what is done now, in words.
        done: how much of it.
        of: of how much.
    """

    phase: str
    done: int
    of: int


Tell = Callable[[Progress], None]


class Pace:
    """Goes along with a simulation.

    Args:
        cancel: when set, the next step raises `Cancelled`.
        tell: told how far it is.
    """

    def __init__(self, cancel: threading.Event | None, tell: Tell | None) -> None:
        self._cancel = cancel
        self._tell = tell
        self._held = ""

    def hold(self, phase: str) -> None:
        """From now on only steps of `phase` are told; all can be the last."""
        self._held = phase

    def step(self, phase: str, done: int, of: int) -> None:
        """`done` steps of `of` are behind.

        Raises:
            Cancelled: the simulation is to be given up.
        """
        if self._cancel is not None and self._cancel.is_set():
            raise Cancelled
        if self._tell is not None and self._held in ("", phase):
            self._tell(Progress(phase, done, of))
