"""Asks the cluster itself about a proven plan: what it would accept, object by object. Nothing is changed."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import msgspec

from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.findings.fix import Change, PatchType
from ksec_tui.fixes.layouts.parts import api_version
from ksec_tui.fixes.simulate import Simulation
from ksec_tui.sources.base import Source
from ksec_tui.sources.trials import CanTry, Outcome, Progress, Trial, Tried

_TYPES = {
    PatchType.STRATEGIC: ("PATCH", "application/strategic-merge-patch+json"),
    PatchType.JSON: ("PATCH", "application/json-patch+json"),
    PatchType.CREATE: ("POST", "application/json"),
    PatchType.DELETE: ("DELETE", "application/json"),
}


def dry_run(
    source: Source,
    simulation: Simulation,
    *,
    cancel: threading.Event | None = None,
    progress: Progress | None = None,
) -> tuple[Tried, ...]:
    """What the server says of each change of the proven part of a plan, in the order of application.

    Say `trials.NOTICE` before. Blocking, so not for the UI thread.

    Args:
        source: where the Snapshot came from; what is no live cluster is not asked.
        simulation: the proof; only what it holds good is asked about.
        cancel: when set, what has no answer yet is not tried.
        progress: told after each answer.
    """
    changes = [merged.change for merged in simulation.changes]
    made = {change.target for change in changes if change.type is PatchType.CREATE}
    held = {number: _waits_for(change, made) for number, change in enumerate(changes)}
    if not isinstance(source, CanTry):
        words = "this is no live cluster"
        return tuple(_untried(change, words) for change in changes)
    asked = [_trial(change, simulation) for number, change in enumerate(changes) if not held[number]]
    answers: Iterator[Tried] = iter(source.dry_run(asked, cancel=cancel, progress=progress))
    return tuple(
        _untried(change, held[number]) if held[number] else next(answers)
        for number, change in enumerate(changes)
    )


def _waits_for(change: Change, made: set[ObjectRef]) -> str:
    """Why the server cannot judge a change before another one is there; empty when it can."""
    space = ObjectRef("", "Namespace", change.target.namespace)
    return f"the plan makes {space} first" if space in made else ""


def _untried(change: Change, words: str) -> Tried:
    return Tried(change.target, _TYPES[change.type][0], Outcome.NOT_TRIED, words)


def _trial(change: Change, simulation: Simulation) -> Trial:
    method, content_type = _TYPES[change.type]
    body = None if change.type is PatchType.DELETE else msgspec.json.encode(change.body)
    return Trial(change.target, method, api_version(change.target, simulation), content_type, body)
