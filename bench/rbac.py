"""RBAC on a large cluster: the index, can-i and who-can beside a plain scan of all bindings; answers must agree.

``python -m bench.rbac`` (20,000 bindings, 5,000 roles).
"""

from __future__ import annotations

import argparse
import gc
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import TypeVar

from bench.measure import Report, cpu
from bench.rbac_world import Question, naive_can, naive_who_can, questions, world
from ksec_tui.analysis.rbac.answer import explain
from ksec_tui.analysis.rbac.bindings import bindings
from ksec_tui.analysis.rbac.grants import can, who_can
from ksec_tui.analysis.rbac.holdings import holdings
from ksec_tui.analysis.rbac.identity import Identity, Who
from ksec_tui.analysis.rbac.requests import Request
from ksec_tui.cluster.snapshot import Snapshot

A = TypeVar("A")


def timed(ask: Callable[[Identity, Request], A], questions: Sequence[Question]) -> tuple[float, list[A]]:
    """CPU seconds for each of `questions`, and the answers."""
    gc.collect()
    started = cpu()
    answers = [ask(*question) for question in questions]
    return (cpu() - started) / len(questions), answers


def measure(report: Report, bindings_count: int, roles_count: int, count: int) -> bool:
    """Print the figures; whether all targets are met.

    Raises:
        RuntimeError: the index and the scan disagree.
    """
    snapshot = world(bindings_count, roles_count)
    gc.collect()
    started = cpu()
    every = bindings(snapshot)
    resolved = cpu() - started
    holdings(snapshot)
    index = cpu() - started
    report.row("bindings resolved", f"{resolved:.2f} s CPU")
    report.row("index, resolving included", f"{index:.2f} s CPU", target="<= 1 s", met=index <= 1)
    asked = questions(every, count, 11)
    some = asked[: max(count // 50, 20)]
    met = index <= 1
    slow, expected = timed(lambda who, request: naive_can(every, who, request), some)
    for title, way in (("can-i", _can), ("can-i with provenance", _explained)):
        quick, answers = timed(partial(way, snapshot), asked)
        _agree(title, expected, answers)
        met &= _ratio(report, title, slow, quick, 1000)
    slow, holders = timed(lambda _, request: naive_who_can(every, request), some)
    quick, found = timed(lambda _, request: _who(snapshot, request), asked[: len(some) * 5])
    _agree("who-can", holders, [set(answer) for answer in found])
    return _ratio(report, "who-can", slow, quick, 50) and met


def _can(snapshot: Snapshot, who: Identity, request: Request) -> bool:
    return bool(can(snapshot, who, *_words(request), **_rest(request)))


def _explained(snapshot: Snapshot, who: Identity, request: Request) -> bool:
    return bool(explain(snapshot, who, request).allowed)


def _who(snapshot: Snapshot, request: Request) -> Iterable[Who]:
    return who_can(snapshot, *_words(request), **_rest(request))


def _words(request: Request) -> tuple[str, str, str]:
    return request.verb, request.group, request.resource


def _rest(request: Request) -> dict[str, str]:
    return {
        "name": request.name,
        "subresource": request.subresource,
        "namespace": request.namespace,
    }


def _agree(title: str, expected: Sequence[object], answers: Sequence[object]) -> None:
    if list(answers[: len(expected)]) != list(expected):
        raise RuntimeError(f"{title}: the index and the plain scan disagree")


def _ratio(report: Report, title: str, slow: float, quick: float, target: int) -> bool:
    ratio = slow / quick
    figure = f"{quick * 1e6:.1f} us, scan {slow * 1e3:.1f} ms"
    report.row(title, figure, ratio=ratio, target=f">= {target:,}x", met=ratio >= target)
    return ratio >= target


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bindings", type=int, default=20_000)
    parser.add_argument("--roles", type=int, default=5_000)
    parser.add_argument("--questions", type=int, default=5_000)
    words = parser.parse_args()
    report = Report(f"RBAC, {words.bindings:,} bindings, {words.roles:,} roles")
    met = measure(report, words.bindings, words.roles, words.questions)
    raise SystemExit(0 if met else 1)


if __name__ == "__main__":
    main()
