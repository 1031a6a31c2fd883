"""What a native control of Kubernetes is, and what is said of one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any

from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.finding import Finding
from ksec_tui.findings.verdict import Severity, Verdict


class State(Enum):
    """Whether a control works. What could not be read is never ON."""

    OFF = "off"
    PARTLY = "partly"
    HIDDEN = "not visible"
    ON = "on"
    NONE = "n/a"


class Count(Enum):
    """What the places are that a control is on in or off in."""

    PLACES = "each subject of its checks that it concerns"
    SETTINGS = "each of its checks, which judge the cluster as a whole"
    ABSENCE = "on where none of its checks fails anywhere: what is forbidden does not exist"
    SAFEGUARDS = "each feature of which the data on versions knows that upgrades may leave it off"


def _always(_: Any, __: Snapshot) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Control:
    """One control.

    Attributes:
        id: stable name, kebab-case.
        group: the part of the cluster that it guards.
        title: what holds when it is on.
        todo: how to switch it on, one sentence.
        checks: the checks that fail where it is off; their fixes switch it on.
        count: what is counted.
        applies: of the subjects of its checks, those that it concerns; components of Kubernetes are left out.
        rests_on: a check of the whole cluster without which it has no effect anywhere; empty for none.
    """

    id: str
    group: str
    title: str
    todo: str
    checks: tuple[str, ...]
    count: Count = Count.PLACES
    applies: Callable[[Any, Snapshot], bool] = _always
    rests_on: str = ""


@dataclass(frozen=True, slots=True)
class Posture:
    """Whether one control is on.

    Attributes:
        control: the control.
        state: whether it is on.
        on: in how many places it is.
        total: of how many places, those included of which it is not known.
        off: the objects where it is off, for settings the cluster; in the order of the findings.
        unknown: why it is not known of the rest, one phrase each; empty when all is known.
        findings: what its checks found in its places, worst first.
    """

    control: Control
    state: State
    on: int
    total: int
    off: tuple[ObjectRef, ...] = ()
    unknown: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()

    @property
    def words(self) -> str:
        """How far it is on, one phrase."""
        if self.control.count is Count.ABSENCE:
            if self.state is State.OFF:
                return _many(len(self.off), "exception")
            return self.unknown[0] if self.unknown else "no exceptions"
        if self.state in (State.NONE, State.HIDDEN):
            return self.unknown[0] if self.unknown else "there is nothing that it concerns"
        if self.control.count is Count.SETTINGS and self.total == 1:
            return self.findings[0].words if self.findings else "it is set"
        noun = "setting" if self.control.count is Count.SETTINGS else "place"
        noun = "safeguard" if self.control.count is Count.SAFEGUARDS else noun
        said = f"{self.on:,} of {_many(self.total, noun)}"
        return f"{said}; the rest is not visible: {self.unknown[0]}" if self.unknown else said

    @property
    def severity(self) -> Severity | None:
        """The severity of the worst FAIL; None without any."""
        failed = [item.severity for item in self.findings if item.verdict is Verdict.FAIL]
        return max(failed, default=None)


def _many(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
