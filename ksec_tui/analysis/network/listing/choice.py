"""Which rows of a list are wanted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from ksec_tui.analysis.network.listing.rows import CONTROLLER

Direction = Literal["", "ingress", "egress"]


MOST = 2_000_000
"""Pairs that one list may have."""


class ChoiceError(ValueError):
    """Words that choose nothing that can be; the message says which and why."""


@dataclass(frozen=True)
class Choice:
    """What to list; by default everything.

    Attributes:
        focus: workloads, as ``name`` or ``namespace/name``, one of which takes part; none is any.
        peers: the same for the other end.
        direction: whether the focus receives (``ingress``) or sends (``egress``); empty is either.
        port: the protocol and port that must be open.
        exposure: whether to tell what pods that are not there could exchange with the workloads.
    """

    focus: tuple[str, ...] = ()
    peers: tuple[str, ...] = ()
    direction: Direction = ""
    port: tuple[str, int] | None = None
    exposure: bool = False

    def focused(self, namespace: str, name: str) -> bool:
        """Whether a workload is one of the focus."""
        return _named(self.focus, namespace, name)

    def wants(self, source: tuple[str, str], destination: tuple[str, str]) -> bool:
        """Whether a pair is wanted; each end is (namespace, name), addresses have empty ones."""
        sends = _named(self.focus, *source) and _named(self.peers, *destination)
        receives = _named(self.focus, *destination) and _named(self.peers, *source)
        return (sends and self.direction != "ingress") or (receives and self.direction != "egress")

    def bound(self, known: Iterable[tuple[str, str]]) -> None:
        """Make sure that nobody waits for a list which nobody could read.

        Args:
            known: namespace and name of every workload.

        Raises:
            ChoiceError: there would be more than `MOST` pairs.
        """
        every = list(known)
        size = sum(self.focused(*one) for one in every) * len(every)
        if self.focus and not self.direction:
            size *= 2
        if size > MOST:
            raise ChoiceError(f"that would be {size:,} pairs: choose some with --focus")

    def unknown(self, known: Iterable[tuple[str, str]]) -> tuple[str, ...]:
        """The words of focus and peers that name none of these workloads."""
        every = list(known)
        return tuple(
            word
            for word in (*self.focus, *self.peers)
            if word not in (CONTROLLER, CONTROLLER.strip("{}"))
            and not any(_named((word,), *one) for one in every)
        )


CONTROLLER_END = ("", CONTROLLER.strip("{}"))
"""The ingress controller as an end: it can be named like a workload."""
OUTSIDE = ("", "")
"""A range of addresses as an end."""


def read_port(text: str) -> tuple[str, int]:
    """``tcp-80``, ``udp/53`` or ``53/udp`` as protocol and port.

    Raises:
        ChoiceError: it is none.
    """
    for mark in "-/":
        first, found, last = text.strip().partition(mark)
        if found:
            number, name = (first, last) if first.isdecimal() else (last, first)
            if name.upper() in ("TCP", "UDP", "SCTP") and number.isdecimal() and 1 <= int(number) <= 65535:
                return name.upper(), int(number)
    raise ChoiceError(f"{text!r} is no protocol and port like tcp-80 or 53/udp")


def _named(wanted: tuple[str, ...], namespace: str, name: str) -> bool:
    if not wanted:
        return True
    return bool(name) and any(word.strip("{}") in (name, f"{namespace}/{name}") for word in wanted)
