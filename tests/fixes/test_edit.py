"""An edited patch is read back strictly: what is no patch of that object is refused with its line."""

from __future__ import annotations

import pytest

from ksec_tui.findings.fix import Change, Cut, PatchType
from ksec_tui.fixes.build import create, delete, json_patch, op, strategic
from ksec_tui.fixes.edit import LONGEST, edit_text, editable, read_edit, with_problem
from ksec_tui.fixes.errors import PatchError
from tests.fixes.cluster import READERS, WEB, web

PATCH = strategic(WEB, {"spec": {"template": {"spec": {"hostPID": None}}}})
LIST = json_patch(READERS, op("test", "/a", 1), op("remove", "/a"))


@pytest.mark.parametrize("change", [PATCH, LIST, create(WEB, web())], ids=["strategic", "json", "create"])
def test_what_comes_back_as_it_went_changes_nothing(change: Change) -> None:
    text = edit_text(change, "Leave the host's processes")
    assert text.startswith("# Leave the host's processes (")
    assert read_edit(text.encode(), change) is None
    assert read_edit(b"# nothing but comments\n", change) is None
    assert read_edit(b"", change) is None


def test_what_was_written_is_the_new_patch() -> None:
    text = edit_text(PATCH, "x").replace("hostPID: null", "hostPID: false")
    assert read_edit(text.encode(), PATCH) == strategic(
        WEB, {"spec": {"template": {"spec": {"hostPID": False}}}}
    )


def test_an_edited_patch_of_a_role_is_what_is_written_not_what_it_was_made_of() -> None:
    change = Change(READERS, PatchType.JSON, LIST.body, (Cut(("get",)),))
    found = read_edit(b"- {op: remove, path: /b}\n", change)
    assert found is not None
    assert (found.body, found.cuts) == ([{"op": "remove", "path": "/b"}], ())


@pytest.mark.parametrize(
    ("text", "change", "words"),
    [
        (b"a: [1\nb: 2\n", PATCH, "not valid YAML"),
        (b"a: 1\na: 2\n", PATCH, "line 2: a is there twice"),
        (b"a: 1\n---\nb: 2\n", PATCH, "line [23]: a second document"),
        (b"- 1\n", PATCH, "must be a mapping"),
        (b"a: 1\n", LIST, "a list of operations"),
        (b"- {op: remove}\n", LIST, "operation 1 needs op and path"),
        (b"kind: Deployment\nmetadata: {name: other}\n", create(WEB, web()), "it must stay Deployment"),
        (b"\x00", PATCH, "not readable as text"),
        (b"x" * (LONGEST + 1), PATCH, "too long"),
    ],
)
def test_what_is_no_such_patch_is_refused_with_the_reason(text: bytes, change: Change, words: str) -> None:
    with pytest.raises(PatchError, match=words):
        read_edit(text, change)


def test_the_reason_stands_on_top_of_the_next_try_once() -> None:
    broken = "# old words\na: [1\n"
    again = with_problem(broken, "line 1: not\nvalid")
    assert again.splitlines()[-1] == "a: [1"
    assert again.startswith("# NOT TAKEN: line 1: not")
    assert with_problem(again, "other") == "# NOT TAKEN: other\na: [1\n"
    assert "# NOT TAKEN: why" in edit_text(PATCH, "x", "why")


def test_titles_and_problems_cannot_end_their_comment() -> None:
    text = edit_text(PATCH, "a\nspec: evil", "b\nspec: evil")
    assert read_edit(text.encode(), PATCH) is None


def test_what_carries_a_credential_or_is_no_patch_is_not_edited() -> None:
    env = {"name": "TOKEN", "value": "ghp_" + "a" * 36}
    secret = {"spec": {"template": {"spec": {"containers": [{"name": "app", "env": [env]}]}}}}
    assert "withheld" in editable(strategic(WEB, secret))
    assert "nothing to edit" in editable(delete(WEB))
    assert editable(PATCH) == ""
