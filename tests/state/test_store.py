"""The state file: whole, for its owner, shared by sittings, and never a reason to fall over."""

from __future__ import annotations

import json
import os
import stat
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ksec_tui.cluster.snapshot import SourceInfo
from ksec_tui.state.keeper import Keeper
from ksec_tui.state.store import (
    MAX_FILE,
    SCHEMA,
    BrokenStateError,
    StateError,
    load,
    recover,
    save,
    state_file,
)
from ksec_tui.state.values import MOST_TYPED, Bookmark, Kept, Look, Where, ref_of

API = Bookmark(
    "Deployment shop/api",
    Look("workloads", "workloads"),
    "apps/Deployment/shop/api",
    "apps/Deployment/shop/api",
)
RISKY = Bookmark("risky RBAC", Look("rbac", "subjects", "sev:>=high"))
PLACE = Where(
    Look("network", "reach", reach="a/b c/d"),
    "row",
    "yaml",
    {"rbac": "roles"},
    {"rbac": "x"},
    {"rbac/roles": ("name", True)},
)


def everything() -> Kept:
    return Kept().with_bookmark(API).with_view("mine", RISKY.look).with_typed("filter", "sev:high").at(PLACE)


def test_what_is_written_is_read_again_by_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "state.json"
    kept, said = save(path, [lambda _: everything()])
    assert (kept, said) == (everything(), "")
    assert load(path) == everything()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [item.name for item in path.parent.iterdir()] == ["state.json"]


def test_where_there_is_no_file_nothing_is_kept(tmp_path: Path) -> None:
    assert load(tmp_path / "none.json") == Kept()


def test_two_sittings_keep_each_others_bookmarks_views_and_lines(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    save(path, [lambda kept: kept.with_bookmark(API)])
    one, two = Keeper(path), Keeper(path)
    one.change(lambda kept: kept.with_bookmark(RISKY))
    two.change(lambda kept: kept.without_bookmark(API))
    one.change(lambda kept: kept.with_view("a", RISKY.look))
    two.change(lambda kept: kept.with_view("b", API.look))
    two.change(lambda kept: kept.with_typed("filter", "two").at(PLACE))
    one.change(lambda kept: kept.with_typed("filter", "one"))
    one.close(10)
    two.close(10)
    kept = load(path)
    assert kept.bookmarks == (RISKY,)
    assert set(kept.views) == {"a", "b"}
    assert set(kept.typed["filter"]) == {"one", "two"}
    assert kept.where == PLACE


def test_a_sitting_comes_to_know_what_others_marked_when_it_writes(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    keeper = Keeper(path)
    save(path, [lambda kept: kept.with_bookmark(API)])
    keeper.change(lambda kept: kept.with_bookmark(RISKY))
    keeper.close(10)
    assert keeper.kept.bookmarks == (API, RISKY)


BROKEN = [
    b"",
    b"{",
    b"\xff\xfe",
    b"[]",
    b"null",
    b'{"schema":"other/1"}',
    b'{"schema":"ksec-state/1","kept":{"bookmarks":[{"words":1}]}}',
    b'{"schema":"ksec-state/1","kept":{"typed":{"filter":"x"}}}',
    b"[" * 100_000,
    b" " * (MAX_FILE + 1),
]


@pytest.mark.parametrize("data", BROKEN, ids=range(len(BROKEN)))
def test_a_broken_file_is_told_and_set_aside_and_the_next_one_too(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "state.json"
    path.write_bytes(data)
    with pytest.raises(BrokenStateError):
        load(path)
    kept, said = recover(path)
    assert kept == Kept()
    assert "state.json.broken" in said
    assert (tmp_path / "state.json.broken").read_bytes() == data
    path.write_bytes(data)
    keeper = Keeper(path)
    assert "state.json.broken-2" in keeper.trouble
    assert keeper.lasts
    keeper.change(lambda kept: kept.with_bookmark(API))
    keeper.close(10)
    assert load(path).bookmarks == (API,)


def test_a_file_that_breaks_during_the_sitting_costs_nothing_that_is_known(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    save(path, [lambda kept: kept.with_bookmark(API)])
    keeper = Keeper(path)
    said: list[str] = []
    keeper.tell = said.append
    path.write_bytes(b"{")
    keeper.change(lambda kept: kept.with_bookmark(RISKY))
    keeper.close(10)
    assert load(path).bookmarks == (API, RISKY)
    assert len(said) == 1
    assert "set aside" in said[0]


def test_the_file_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    path.write_bytes(b'{"schema":"ksec-state/2","kept":{"unheard":1}}')
    keeper = Keeper(path)
    assert "another version" in keeper.trouble
    assert not keeper.lasts
    keeper.change(lambda kept: kept.with_bookmark(API))
    keeper.close(10)
    assert keeper.kept.bookmarks == (API,)
    assert b"unheard" in path.read_bytes()
    with pytest.raises(StateError):
        save(path, [lambda kept: kept.with_bookmark(API)])


def test_what_is_no_file_is_neither_read_nor_replaced(tmp_path: Path) -> None:
    pipe, folder, link = tmp_path / "pipe", tmp_path / "folder", tmp_path / "link"
    os.mkfifo(pipe)
    folder.mkdir()
    link.symlink_to(tmp_path / "elsewhere")
    for path in (pipe, folder):
        assert Keeper(path).trouble
        with pytest.raises(StateError):
            save(path, [lambda kept: kept.with_bookmark(API)])
    with pytest.raises(StateError, match="symbolic link"):
        save(link, [lambda kept: kept.with_bookmark(API)])
    assert not (tmp_path / "elsewhere").exists()


def test_where_nothing_can_be_written_that_is_said_once_and_the_sitting_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "state.json"
    keeper = Keeper(path)
    path.parent.write_text("in the way")
    said: list[str] = []
    keeper.tell = said.append
    for count in range(5):
        keeper.change(lambda kept, count=count: kept.with_typed("filter", str(count)))  # type: ignore[misc]
    keeper.close(10)
    assert keeper.kept.typed["filter"] == ("0", "1", "2", "3", "4")
    assert len(said) == 1
    assert "not kept" in said[0]


def test_what_could_not_be_written_is_written_with_the_next_change(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "state.json"
    keeper = Keeper(path)
    path.parent.write_text("in the way")
    told = threading.Event()
    keeper.tell = lambda _: told.set()
    keeper.change(lambda kept: kept.with_bookmark(API))
    assert told.wait(10)
    path.parent.unlink()
    keeper.change(lambda kept: kept.with_bookmark(RISKY))
    keeper.close(10)
    assert load(path).bookmarks == (API, RISKY)


def test_what_others_wrote_into_the_file_is_harmless_on_a_terminal(tmp_path: Path) -> None:
    evil = "\x1b[2J\u202e"
    look = {"pane": evil, "filter": evil, "namespaces": evil, "question": evil, "reach": evil}
    kept = {
        "where": {"look": look, "row": "x" * 10_000, "filters": {"findings": evil}},
        "bookmarks": [{"words": evil, "look": look, "row": "r", "object": "a/b"}],
        "views": {evil: look},
        "typed": {"filter": [evil, "y" * 5_000] * 300, "search": ["secret"], evil: [evil]},
    }
    path = tmp_path / "state.json"
    path.write_text(json.dumps({"schema": SCHEMA, "kept": kept}))
    found = load(path)
    assert found.where is not None
    assert found.where.row == ""
    shown = [found.where.look.filter, found.where.filters["findings"], *found.views, *found.typed["filter"]]
    shown += [found.bookmarks[0].words, found.bookmarks[0].look.question]
    assert all(text.isprintable() and len(text) <= 2_000 for text in shown)
    assert set(found.typed) == {"filter"}
    assert len(found.typed["filter"]) == MOST_TYPED
    assert found.bookmarks[0].ref is None


def test_what_is_searched_for_in_texts_is_not_kept_nor_are_empty_lines() -> None:
    kept = Kept().with_typed("search", "hunter2").with_typed("filter", "  ").with_typed("filter", "a")
    assert kept.with_typed("filter", "b").with_typed("filter", "a").typed == {"filter": ("b", "a")}


def test_a_thing_is_marked_once_whatever_list_it_was_marked_in() -> None:
    elsewhere = Bookmark("again", Look("namespaces"), API.row, API.object)
    kept = Kept().with_bookmark(API).with_bookmark(RISKY).with_bookmark(elsewhere)
    assert kept.bookmarks == (elsewhere, RISKY)
    assert kept.has(API)
    assert kept.without_bookmark(API).bookmarks == (RISKY,)


def test_names_of_objects_are_told_from_other_texts() -> None:
    assert str(ref_of("apps/Deployment/shop/api")) == "Deployment shop/api"
    assert str(ref_of("rbac/ClusterRole//system:node/x")) == "ClusterRole system:node/x"
    assert [ref_of(text) for text in ("", "a/b/c", "///", "a//b/c")] == [None] * 4


def test_contexts_of_like_names_have_files_of_their_own(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    labels = ["a/b", "a:b", "../../etc/passwd", "x" * 300, "arn:aws:eks:eu:1:cluster/prod", ""]
    files = [state_file(SourceInfo(kind="live", label=label)) for label in labels]
    assert len(set(files)) == len(files)
    assert all(file.parent == tmp_path / "ksec-tui" / "state" and len(file.name) < 100 for file in files)


@given(st.lists(st.sampled_from(["+a", "-a", "+b", "-b", "v", "w"]), max_size=12), st.integers(0, 12))
def test_a_file_changed_in_two_goes_is_the_same_as_in_one(steps: list[str], cut: int) -> None:
    marks = {"a": API, "b": RISKY}

    def step(kept: Kept, name: str) -> Kept:
        if name[0] == "+":
            return kept.with_bookmark(marks[name[1]])
        if name[0] == "-":
            return kept.without_bookmark(marks[name[1]])
        return kept.with_view(name, API.look) if name == "v" else kept.without_view("v")

    def fold(kept: Kept, names: list[str]) -> Kept:
        for name in names:
            kept = step(kept, name)
        return kept

    assert fold(fold(Kept(), steps[:cut]), steps[cut:]) == fold(Kept(), steps)
    assert len({item.mark for item in fold(Kept(), steps).bookmarks}) == len(fold(Kept(), steps).bookmarks)
