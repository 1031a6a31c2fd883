"""What changes is said by glyphs, with a little around it."""

from __future__ import annotations

import difflib

from hypothesis import given
from hypothesis import strategies as st

from ksec_tui.screens.widgets.diff_view import diff_lines

BEFORE = "\n".join(f"line {number}" for number in range(20)) + "\n"
AFTER = BEFORE.replace("line 10", "line ten")


def test_a_change_shows_both_sides_with_context_and_glyphs() -> None:
    assert [line.text for line in diff_lines(BEFORE, AFTER, context=1)] == [
        "@@ -10,3 +10,3 @@",
        " line 9",
        "-line 10",
        "+line ten",
        " line 11",
    ]


def test_changes_have_styles_of_their_own() -> None:
    styles = [line.spans[0][1] for line in diff_lines(BEFORE, AFTER, context=1)]
    assert styles == ["hunk", "", "removed", "added", ""]


def test_equal_texts_have_no_lines() -> None:
    assert diff_lines(BEFORE, BEFORE) == []


def test_distant_changes_come_in_hunks_of_their_own() -> None:
    after = BEFORE.replace("line 1\n", "line one\n").replace("line 18", "line eighteen")
    texts = [line.text for line in diff_lines(BEFORE, after)]
    assert sum(text.startswith("@@") for text in texts) == 2
    assert " line 10" not in texts


@given(st.lists(st.sampled_from("abc"), max_size=12), st.lists(st.sampled_from("abc"), max_size=12))
def test_hunks_are_those_of_a_unified_diff(before: list[str], after: list[str]) -> None:
    ours = [line.text for line in diff_lines("\n".join(before), "\n".join(after))]
    theirs = list(
        difflib.unified_diff("\n".join(before).split("\n"), "\n".join(after).split("\n"), lineterm="")
    )
    assert [line for line in ours if not line.startswith("@@")] == [
        line for line in theirs[2:] if not line.startswith("@@")
    ]
    added = sum(line.startswith("+") for line in ours)
    removed = sum(line.startswith("-") for line in ours)
    assert added - removed == len("\n".join(after).split("\n")) - len("\n".join(before).split("\n"))
