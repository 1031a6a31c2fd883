"""The file of results keeps each part until it is measured anew, and mixes no two machines."""

from __future__ import annotations

import pytest

from bench import results
from bench.measure import Report

KNOWN = {"load": "pods read", "checks": "all checks", "soak": "an hour"}


def _report(title: str, figure: str) -> Report:
    report = Report(title)
    report.row("something", figure, ratio=1.0, target="<= 2x")
    report.note("As told.")
    return report


def test_a_part_is_renewed_and_the_others_stay() -> None:
    first = results.written(
        "", {"load": [_report("Load", "1 s")], "checks": [_report("Checks", "2 s")]}, KNOWN, "a"
    )
    second = results.written(first, {"load": [_report("Load", "9 s")]}, KNOWN, "b")
    assert "| something | 9 s |" in second
    assert "| something | 1 s |" not in second
    assert "| something | 2 s |" in second
    assert second.index("## Load") < second.index("## Checks")
    assert second.count("As told.") == 2


def test_what_was_not_run_is_named_until_it_is() -> None:
    first = results.written("", {"checks": [_report("Checks", "2 s")]}, KNOWN, "a")
    assert "- `load`: pods read\n- `soak`: an hour" in first
    whole = results.written(first, {name: [_report(name, "1 s")] for name in ("load", "soak")}, KNOWN, "b")
    assert "Not run" not in whole
    assert results.written(whole, {}, KNOWN, "c") == whole


def test_figures_of_another_machine_are_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    first = results.written("", {"checks": [_report("Checks", "2 s")]}, KNOWN, "a")
    monkeypatch.setattr(results, "machine", lambda: "64 cores, 512 GiB memory")
    second = results.written(first, {"load": [_report("Load", "1 s")]}, KNOWN, "b")
    assert "Checks" not in second
    assert "- `checks`: all checks" in second
