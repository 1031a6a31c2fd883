"""How a rule says what it refuses, and the words that rules share."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from ksec_tui.analysis.pod_security.facts import Unit


class Violation(NamedTuple):
    """What one rule refuses.

    Attributes:
        reason: what is wrong, in the words of the API server's message.
        detail: who has it, and with which values.
        fields: JSON pointers of the fields to change, from the root of the pod or pod template; one that must
            be set may not be there yet.
    """

    reason: str
    detail: str
    fields: tuple[str, ...]


def plural(word: str, count: int) -> str:
    """``word`` or ``words``."""
    return word if count == 1 else f"{word}s"


def quoted(values: Iterable[str]) -> str:
    """``"a", "b"``."""
    return ", ".join(f'"{value}"' for value in values)


def named(units: Iterable[Unit]) -> str:
    """``container "a"`` or ``containers "a", "b"``, in their order."""
    names = [unit.name for unit in units]
    return f"{plural('container', len(names))} {quoted(names)}"


def setters(*, pod: bool, units: Iterable[Unit]) -> str:
    """Who sets a bad value: ``pod and container "a"``."""
    found = tuple(units)
    return " and ".join((["pod"] if pod else []) + ([named(found)] if found else []))


def within(units: Iterable[Unit], field: str) -> tuple[str, ...]:
    """The pointers of one field of securityContext in each container."""
    return tuple(f"{unit.place}/securityContext/{field}" for unit in units)


def pod_field(field: str, *, when: bool = True) -> tuple[str, ...]:
    """The pointer of one field of the pod's securityContext, where it counts."""
    return (f"/spec/securityContext/{field}",) if when else ()
