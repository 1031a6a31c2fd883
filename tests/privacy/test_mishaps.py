"""When the program itself breaks, it tells where, and nothing of what it had in its hands."""

from __future__ import annotations

import dataclasses
import io
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console
from textual.worker import WorkerFailed

from ksec_tui.app import KsecApp
from ksec_tui.checks import all_checks
from ksec_tui.cli import command, main
from ksec_tui.cluster.mishap import mishap, trace
from ksec_tui.cluster.snapshot import SourceInfo
from ksec_tui.findings.finding import Evidence
from ksec_tui.findings.runner import run
from ksec_tui.screens.explorer import Explorer
from ksec_tui.session import Session, State
from ksec_tui.sources.base import Event, load
from ksec_tui.sources.demo import DemoSource
from ksec_tui.sources.files import FileSource
from tests.screens.explorers import exploring
from tests.screens.world import World

CANARY = "c4nary-9e2b"


def broken(secret: str) -> str:
    """Fails with what it has in its hands, and in what it says."""
    local = {"password": secret}
    try:
        return local[secret]
    except KeyError as error:
        raise ValueError(f"no number: {secret}") from error


def caught() -> ValueError:
    with pytest.raises(ValueError, match=CANARY) as failure:
        broken(CANARY)
    return failure.value


def test_a_trace_names_the_way_and_the_kinds_and_quotes_nothing() -> None:
    told = trace(caught())
    assert told.index("KeyError") < told.index("ValueError")
    assert told.count("in broken") == 2
    assert CANARY not in told


def test_a_line_on_a_mishap_names_the_last_place_in_the_program() -> None:
    assert mishap(caught()) == "ValueError"
    with pytest.raises(AttributeError) as failure:
        run(object(), all_checks())  # type: ignore[arg-type]  # which is the mishap
    assert mishap(failure.value).startswith("AttributeError in runner.py, line ")


def test_a_chain_of_errors_that_bites_its_tail_is_told_once() -> None:
    error = caught()
    cause = error.__cause__
    assert cause is not None
    cause.__cause__ = error
    assert trace(error).count("ValueError (") == 1


class Breaking(World):
    """A source with a defect that quotes what it reads."""

    def events(self, cancel: threading.Event) -> Iterator[Event]:
        yield from list(super().events(cancel))[:3]
        broken(CANARY)


def test_a_defect_while_reading_shows_no_value() -> None:
    failed = threading.Event()
    states: list[State] = []

    def listen(state: State) -> None:
        states.append(state)
        if state.error:
            failed.set()

    session = Session(Breaking(), listen)
    session.refresh()
    assert failed.wait(20)
    session.close()
    assert (
        states[-1].error == "internal error: ValueError in session.py, line " + states[-1].error.split()[-1]
    )
    assert CANARY not in repr([state.error for state in states])


def test_a_defect_of_a_check_shows_no_value() -> None:
    check = next(item for item in all_checks() if item.id == "wl-privileged")

    def evaluate(*_: object) -> Iterator[Evidence]:
        broken(CANARY)
        yield from ()

    results = run(load(DemoSource(today="2026-11-21"))[0], [dataclasses.replace(check, evaluate=evaluate)])
    assert results.findings
    assert all("the check itself failed: ValueError" in item.reason for item in results.findings)
    assert CANARY not in repr(results.findings)


def test_a_defect_of_a_command_ends_with_its_own_exit_code_and_no_value(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """1 would look like findings."""
    (tmp_path / "a.yaml").write_text("apiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n")
    monkeypatch.setattr(FileSource, "events", lambda *_: broken(CANARY))
    assert main(["scan", "-f", str(tmp_path)]) == command.DEFECT
    said = capsys.readouterr()
    assert "ValueError" in said.err
    assert "report it" in said.err
    assert CANARY not in said.err + said.out


@pytest.mark.parametrize("inside", ["a key", "a worker"])
async def test_a_defect_of_the_screen_shows_no_value(monkeypatch: pytest.MonkeyPatch, inside: str) -> None:
    """Textual would print the local variables of every frame."""
    shown = io.StringIO()

    def fail(explorer: Explorer) -> None:
        held = {"document": CANARY}
        if inside == "a worker":
            explorer.run_worker(lambda: broken(held["document"]), thread=True, exit_on_error=True)
        else:
            broken(held["document"])

    monkeypatch.setattr(Explorer, "action_help", fail)

    async def explore() -> None:
        async with exploring(World()) as user:
            monkeypatch.setattr(user.app, "error_console", Console(file=shown, width=200))
            await user.press("question_mark")
            await user.until(lambda: not user.app.is_running)

    with pytest.raises((ValueError, WorkerFailed)):  # Textual hands what ended it to whoever tests
        await explore()
    assert "ValueError" in shown.getvalue()
    assert "what it says is withheld" in shown.getvalue()
    assert "in broken" in " ".join(shown.getvalue().split())  # wherever the line is wrapped
    assert CANARY not in shown.getvalue()


def test_the_app_prints_no_locals_of_its_own() -> None:
    """The method of Textual that would is replaced; should it be renamed, this fails."""
    assert "_fatal_error" in vars(KsecApp)
    assert hasattr(KsecApp.__mro__[1], "_fatal_error")
    assert SourceInfo().kind == "files"
