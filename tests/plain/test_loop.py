"""Finding one's way: numbers, words, pages, help, the way back, and leaving."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest

from ksec_tui.checks import all_checks
from ksec_tui.plain.desk import Desk
from ksec_tui.plain.loop import Loop
from ksec_tui.plain.talk import Talk as Ends
from ksec_tui.plain.view import Move, View, menu
from ksec_tui.sources.files import FileSource
from tests.plain.conftest import TODAY, Talk
from tests.plain.dialogue import Row, talk

NUMBERED = re.compile(r"^[0-9]+\. ", re.MULTILINE)


def test_the_first_screen_says_where_one_is_and_what_was_found(shop: Talk) -> None:
    said = shop().said[0]
    assert "read-only" in said
    assert "shop.yaml" in said
    assert re.search(r"[0-9]+ percent of the kinds were read whole; judged as of 2026-11-21", said)
    assert re.search(r"[0-9]+ findings: [0-9]+ critical", said)
    assert "0 fixes staged" in said


def test_the_first_nine_choices_have_the_numbers_of_the_explorers_panes(shop: Talk) -> None:
    rows = NUMBERED.split(shop().said[0])[1:]
    names = [row.partition(":")[0] for row in rows]
    assert names[:9] == [
        "priorities", "findings", "namespaces", "rbac", "network", "workloads", "versions", "coverage", "plan",
    ]  # fmt: skip


def test_every_prompt_ends_with_a_colon_and_says_which_numbers_there_are(shop: Talk) -> None:
    talked = shop("findings", "1", "1", "decide", "2", "back", "plan", "?")
    assert all(prompt.endswith(": ") for prompt in talked.prompts)
    assert talked.prompts[0] == "Home, 1 to 11 or ?: "


def test_numbers_and_words_lead_to_the_same_screen(shop: Talk) -> None:
    assert shop("2").last == shop("findings").last == shop("FIND").last


def test_a_number_that_is_not_there_is_told(shop: Talk) -> None:
    talked = shop("0", "12", "99999999999999999999", "²")
    assert talked.said[1].startswith("There is no 0 here; 1 to 11.")
    assert talked.said[2].startswith("There is no 12 here")
    assert talked.said[3].startswith("There is no 99999999999999999999 here")
    assert "no word here" in talked.said[4]


def test_a_word_that_is_none_is_told_with_the_nearest(shop: Talk) -> None:
    assert "did you mean findings?" in shop("fidnings").last


def test_the_beginning_of_several_words_asks_for_more(shop: Talk) -> None:
    said = shop("re").last
    assert "redo" in said
    assert "refresh" in said
    assert "write more" in said


def test_back_leads_to_the_screen_before_and_home_to_the_first(shop: Talk) -> None:
    talked = shop("findings", "1", "back", "1", "home", "back")
    assert talked.said[3] == talked.said[1]
    assert "Home." in talked.said[5]
    assert "This is the first screen; quit leaves." in talked.said[6]


@pytest.mark.parametrize("word", ["more", ""])
def test_lists_are_told_twenty_lines_at_a_time(demo: Talk, word: str) -> None:
    talked = demo("findings sev:critical", word, word)
    pages = talked.said[1:]
    listed = [int(mark[:-2]) for page in pages for mark in NUMBERED.findall(page)]
    assert listed == list(range(1, len(listed) + 1))
    assert all(len(page.strip().split("\n")) <= 22 for page in pages)
    assert "more lines: more, or Enter, goes on." in pages[0]
    assert "That is all" in pages[2]


def test_a_row_on_a_page_that_was_not_told_can_be_chosen_too(demo: Talk) -> None:
    assert "Check " in demo("findings", "25").last


def test_again_tells_the_screen_from_its_beginning(demo: Talk) -> None:
    talked = demo("findings", "more", "again")
    assert talked.said[3] == talked.said[1]


PLACES = (
    "priorities", "findings", "namespaces", "rbac", "network", "workloads", "versions", "coverage", "plan", "triage",
)  # fmt: skip


def test_help_is_there_on_every_screen_and_names_what_can_be_said(shop: Talk) -> None:
    answers = [word for place in PLACES for word in (place, "?", "more")]
    talked = shop("?", *answers)
    told = [talked.said[1], *(talked.said[i] + talked.said[i + 1] for i in range(3, len(answers) + 1, 3))]
    for said in told:
        assert {"back:", "quit:", "undo:"} <= set(said.split())
    assert "filter: EXPR" in told[2]
    assert "export: FOLDER" in shop("findings", "stage", "yes", "plan", "?").last


def test_what_help_names_can_be_said_at_once(shop: Talk) -> None:
    assert "Filter: sev:critical" in shop("findings", "?", "filter sev:critical").last
    assert "Home." in shop("findings", "?", "home").last


def test_questions_have_help_and_can_be_left(shop: Talk) -> None:
    talked = shop("findings", Row("("), "1", "decide", "2", "?", "back")
    assert "Why this is decided" in talked.said[6]
    assert "Decide about" in talked.said[7]


def test_when_there_are_no_more_answers_the_program_leaves_cleanly(shop: Talk) -> None:
    talked = shop()
    assert talked.code == 0
    assert talked.out.endswith("Goodbye.\n")
    assert talked.err == ""


def test_leaving_with_staged_fixes_is_asked_about(shop: Talk) -> None:
    talked = shop("findings sev:critical", "stage", "yes", "quit", "no", "quit", "yes")
    assert re.search(r"[0-9]+ staged fix(es are| is) not exported", talked.prompts[4])
    assert "No: nothing was done." in talked.said[5]
    assert talked.last.endswith("Goodbye.\n")
    assert talked.code == 0


def test_leaving_without_anything_staged_is_not(shop: Talk) -> None:
    talked = shop("q")
    assert (talked.code, talked.last) == (0, "Goodbye.\n")


def test_staged_fixes_are_told_when_answers_end(shop: Talk) -> None:
    talked = shop("findings sev:critical", "stage", "yes")
    assert re.search(r"staged fix(es)? not exported", talked.out)


def test_refreshing_reads_the_source_anew(shop: Talk) -> None:
    talked = shop("refresh")
    assert "Read 4 objects." in talked.last
    assert "Everything was read anew" in talked.last
    assert "No finding came or went." in talked.last
    assert "Home." in talked.last


def test_a_filter_on_the_command_line_opens_the_findings(monkeypatch: pytest.MonkeyPatch, file: Path) -> None:
    talked = talk(monkeypatch, ("-f", str(file), *TODAY, "--filter", "sev:critical"), "back")
    assert "Filter: sev:critical" in talked.said[0]
    assert "Home." in talked.last


def test_work_that_is_interrupted_is_given_up_and_the_session_goes_on(file: Path) -> None:
    def interrupted() -> Move:
        raise KeyboardInterrupt

    source = FileSource([str(file)], today="2026-11-21")
    desk = Desk(source, all_checks(), tell=lambda _: None, now=lambda: "2026-11-21")
    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    answers = io.TextIOWrapper(io.BytesIO(b"1\nquit\n"), encoding="utf-8")
    home = View("Home", **menu(("work", interrupted)))
    assert Loop(desk, Ends(answers, out), lambda _: home, {}).run() == 0
    out.seek(0)
    assert "Home, 1 or ?: 1\nGiven up.\nHome, 1 or ?: quit\nGoodbye.\n" in out.read()
