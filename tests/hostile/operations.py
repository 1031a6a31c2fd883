"""Everything that writes files: what stood there before, what it does, the errors that it tells."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from ksec_tui.checks import all_checks
from ksec_tui.cli import main
from ksec_tui.cli.renewal import Renewal, store
from ksec_tui.cluster.files import write_private
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.runner import Results, run
from ksec_tui.fixes.errors import ExportError
from ksec_tui.fixes.export import export
from ksec_tui.fixes.in_place import FileChange, write
from ksec_tui.fixes.offer import offer
from ksec_tui.fixes.plan import FixPlan
from ksec_tui.fixes.simulate import Simulation, simulate
from ksec_tui.fixes.switch import UNFINISHED
from ksec_tui.sources.base import SourceError, load
from ksec_tui.sources.files import FileSource
from ksec_tui.sources.saved import save
from ksec_tui.state import store as state
from ksec_tui.state.values import Bookmark, Look
from ksec_tui.triage import seen
from ksec_tui.triage import store as triage
from ksec_tui.triage.absence import Absences
from ksec_tui.triage.notation import TriageError
from tests.hostile.examples import TRIAGE, WEB
from tests.hostile.readers import DECISION, seen_seeds, state_seeds

TODAY = dt.date(2026, 11, 21)
MARK = Bookmark("db", Look("workloads"), "row", "apps/StatefulSet/shop/db")


class Operation(NamedTuple):
    """A way of writing.

    Attributes:
        before: makes the folder as it was.
        act: writes into it.
        errors: how it tells that it could not.
        whole: whether all its files change at once; else each for itself.
        replaces: whether what was there is meant to go; else it stays somewhere.
        again: how it is done after it was broken off, where that differs.
        last: names of files that are new only once all others are.
        aside: the folder in which what could not take its place yet stands in plain sight; then none of `last` is
            there, neither old nor new. Where there is none, all files are of before, or all are new.
        private: whether what it writes is for its owner only.
    """

    before: Callable[[Path], None]
    act: Callable[[Path], None]
    errors: tuple[type[Exception], ...]
    whole: bool = True
    private: bool = True
    replaces: bool = True
    again: Callable[[Path], None] | None = None
    last: frozenset[str] = frozenset()
    aside: str = ""


class RefusedError(Exception):
    """A command ended with another code than 0, having said why."""


@functools.cache
def world() -> tuple[Snapshot, Results, FixPlan, Simulation]:
    """A small cluster with a plan that is proven."""
    source = FileSource(["-"], today=TODAY.isoformat(), stdin=WEB.encode())
    snapshot, _ = load(source)
    results = run(snapshot, all_checks())
    plan = FixPlan()
    for finding in results.findings:
        fix = offer(finding, all_checks(), snapshot)
        if fix is not None:
            plan = plan.stage(finding, fix)
    return snapshot, results, plan, simulate(snapshot, plan, all_checks(), results=results)


def _nothing(_: Path) -> None:
    """The folder is empty."""


def _old(name: str, data: bytes, mode: int = 0o600) -> Callable[[Path], None]:
    def before(folder: Path) -> None:
        (folder / name).write_bytes(data)
        (folder / name).chmod(mode)

    return before


def _exports(name: str, *, force: bool = False) -> Callable[[Path], None]:
    def act(folder: Path) -> None:
        snapshot, _, plan, simulation = world()
        export(simulation, plan, snapshot, folder / name, layouts=("kubectl", "json"), force=force)

    return act


def _exported_before(folder: Path) -> None:
    """The export of another plan: files of the same names with other content, and one of the user's own."""
    _exports("out")(folder)
    for path in (folder / "out").rglob("*"):
        if path.is_file():
            path.write_bytes(b"# of the plan before\n" + path.read_bytes())
    (folder / "out" / "notes.txt").write_bytes(b"mine")
    (folder / "out" / "notes.txt").chmod(0o600)


def _observes(folder: Path) -> None:
    snapshot, results, _, _ = world()
    seen.observe(folder / "seen.json", results.findings, Absences(snapshot, results, all_checks()), TODAY)


def _two_files(folder: Path) -> None:
    for name in ("a.yaml", "b.yaml"):
        _old(name, WEB.encode(), 0o640)(folder)


def _in_place(folder: Path) -> None:
    after = WEB.replace("hostPID: true", "hostPID: false").encode()
    changes = [FileChange(folder / name, WEB.encode(), after, ()) for name in ("a.yaml", "b.yaml")]
    failed = write([*changes, FileChange(folder / "c.yaml", None, b"kind: List\n", ())])
    if failed:
        raise RefusedError("; ".join(failed.values()))


def _facts_before(folder: Path) -> None:
    (folder / "data").mkdir(mode=0o700)
    _old("data/cves.json", b"{old}")(folder)


def _facts(folder: Path) -> None:
    day = TODAY
    store((Renewal("cves.json", day, day, (), (), b"{" + b"new" * 3000 + b"}"),), folder / "data")


def _facts_again(folder: Path) -> None:
    """The copy before is that of the first of the two runs, if that one came to its end."""
    _facts(folder)
    (folder / "data" / "cves.json.old").write_bytes(b"{old}")


def _settings(folder: Path) -> None:
    if main(["config", "init", "--config", str(folder / "config" / "config.yaml")]):
        raise RefusedError("config init")


def _step_of_state(folder: Path) -> None:
    state.save(folder / "state.json", [lambda kept: kept.with_bookmark(MARK)])


_LAST = frozenset({"commands.sh", "kustomization.yaml", "plan.json", "REPORT.md", "MANUAL.md"})

OPERATIONS: dict[str, Operation] = {
    "triage, new": Operation(
        _nothing, lambda folder: void(triage.save(folder / "t" / "t.yaml", [DECISION])), (TriageError,)
    ),
    "triage": Operation(
        _old("t.yaml", TRIAGE.encode()),
        lambda folder: void(triage.save(folder / "t.yaml", [DECISION])),
        (TriageError,),
    ),
    "what was seen": Operation(_old("seen.json", seen_seeds()[0]), _observes, (TriageError,)),
    "state": Operation(_old("state.json", state_seeds()[0]), _step_of_state, (state.StateError,)),
    "state over a broken one": Operation(
        _old("state.json", b"{broken"), _step_of_state, (state.StateError,), whole=False, replaces=False
    ),
    "snapshot": Operation(_nothing, lambda folder: save(world()[0], folder / "s.ksec"), (SourceError,)),
    "snapshot over another": Operation(
        _old("s.ksec", b"another"),
        lambda folder: save(world()[0], folder / "s.ksec", force=True),
        (SourceError,),
    ),
    "export": Operation(_nothing, _exports("out"), (ExportError,)),
    "export into an empty folder": Operation(
        lambda folder: (folder / "out").mkdir(0o700),
        _exports("out"),
        (ExportError,),
        whole=False,
        again=_exports("out", force=True),
        last=_LAST,
        aside=f"out/{UNFINISHED}/",
    ),
    "export over another": Operation(
        _exported_before,
        _exports("out", force=True),
        (ExportError,),
        whole=False,
        last=_LAST,
        aside=f"out/{UNFINISHED}/",
    ),
    "in place": Operation(_two_files, _in_place, (RefusedError,), whole=False, private=False),
    "facts": Operation(_facts_before, _facts, (OSError,), whole=False, again=_facts_again),
    "settings": Operation(_nothing, _settings, (RefusedError,)),
    "table, summary, record": Operation(
        _nothing, lambda folder: write_private(folder / "r.md", b"text\n" * 900), (OSError,)
    ),
}
"""By name."""


def void(_: object) -> None:
    """Take a result and forget it."""
