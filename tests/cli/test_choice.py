"""Which checks run: the optional ones where they are asked for, and none that is switched off."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ksec_tui.checks import all_checks, checks_named, chosen_checks
from ksec_tui.reports.pages import page
from tests.cli.conftest import POD, Ksec

OPTIONAL = "wl-no-cpu-limit"
USUAL = "wl-no-memory-limit"


@pytest.fixture
def pod(tmp_path: Path) -> str:
    """A manifest of one weak pod without limits, and a namespace's limits, which are none."""
    path = tmp_path / "pod.yaml"
    limits = (
        "apiVersion: v1\nkind: LimitRange\nmetadata: {name: none, namespace: elsewhere}\nspec: {limits: []}\n"
    )
    path.write_text(f"{POD}\n---\n{limits}", encoding="utf-8")
    return str(path)


def ran(ksec: Ksec, *argv: str) -> dict[str, str]:
    """The checks that a scan ran, with their verdicts."""
    answer = ksec("scan", "-o", "json", *argv)
    assert answer.code == 0, answer.err
    return {item["id"]: item["verdict"] for item in json.loads(answer.out)["checks"]}


def test_an_optional_check_runs_only_where_it_is_asked_for(ksec: Ksec, pod: str) -> None:
    usual = ran(ksec, "-f", pod)
    assert OPTIONAL not in usual
    assert usual[USUAL] == "fail"
    assert ran(ksec, "-f", pod, "--enable", OPTIONAL) == {**usual, OPTIONAL: "fail"}


def test_a_check_that_is_switched_off_does_not_run(ksec: Ksec, pod: str) -> None:
    less = ran(ksec, "-f", pod, "--disable", f"{USUAL}, wl-low-uid")
    assert {*ran(ksec, "-f", pod)} - {*less} == {USUAL, "wl-low-uid"}


def test_the_settings_choose_and_the_command_line_goes_before_them(
    ksec: Ksec, pod: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = tmp_path / "settings.yaml"
    settings.write_text(f"checks: {{enable: [{OPTIONAL}], disable: [{USUAL}]}}\n", encoding="utf-8")
    by_file = ran(ksec, "-f", pod, "--config", str(settings))
    assert (OPTIONAL in by_file, USUAL in by_file) == (True, False)
    monkeypatch.setenv("KSEC_CONFIG", str(settings))
    assert ran(ksec, "-f", pod) == by_file
    turned = ran(ksec, "-f", pod, "--enable", USUAL, "--disable", OPTIONAL)
    assert (OPTIONAL in turned, USUAL in turned) == (False, True)


@pytest.mark.parametrize("option", ["--enable", "--disable"])
def test_a_check_that_is_not_there_is_answered_with_the_nearest(ksec: Ksec, pod: str, option: str) -> None:
    answer = ksec("scan", "-f", pod, option, "wl-no-cpu-limits")
    assert (answer.code, answer.out) == (2, "")
    assert f"{option}: there is no check 'wl-no-cpu-limits'; did you mean wl-no-cpu-limit?" in answer.err


def test_the_scan_refuses_settings_that_name_no_check(ksec: Ksec, pod: str, tmp_path: Path) -> None:
    settings = tmp_path / "settings.yaml"
    settings.write_text("checks:\n  disable: [wl-low-uids]\n", encoding="utf-8")
    answer = ksec("scan", "-f", pod, "--config", str(settings))
    assert answer.code == 2
    assert f"{settings}:2: there is no check 'wl-low-uids'; did you mean wl-low-uid?" in answer.err


def test_the_list_and_the_page_say_that_a_check_is_optional(ksec: Ksec) -> None:
    rows = {line.split()[0]: line.split() for line in ksec("checks").out.splitlines()}
    assert "optional" in rows[OPTIONAL]
    assert "always" in rows[USUAL]
    assert (
        f"- optional: runs only where it is asked for, by `--enable {OPTIONAL}`"
        in ksec("checks", OPTIONAL).out
    )
    assert "- optional" not in page(checks_named([USUAL])[0])


def test_a_disabled_check_stays_off_though_it_is_enabled() -> None:
    assert OPTIONAL not in {item.id for item in chosen_checks([OPTIONAL], [OPTIONAL])}
    assert chosen_checks() == all_checks()
    assert {item.id for item in all_checks(optional=True)} - {item.id for item in all_checks()} == {OPTIONAL}
