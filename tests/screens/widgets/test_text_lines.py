"""The line viewer moves, searches and shows notes; its text never acts."""

from __future__ import annotations

from collections import UserList
from typing import Self, SupportsIndex, overload

import pytest
from rich.cells import cell_len
from textual.app import App, ComposeResult
from textual.binding import Binding

from ksec_tui import themes
from ksec_tui.screens.widgets.text import Line, TextLines
from tests.screens.widgets.tables import painted, shown


class ViewerApp(App[None]):
    """A program of nothing but the viewer."""

    CSS_PATH = themes.STYLESHEET

    def __init__(self, lines: list[Line]) -> None:
        super().__init__()
        for theme in themes.discover():
            self.register_theme(theme)
        self.theme = themes.DEFAULT
        self.lines = lines
        self.opened: list[Line] = []
        self.attacked = False

    def compose(self) -> ComposeResult:
        yield TextLines(self.lines)

    @property
    def view(self) -> TextLines:
        return self.query_one(TextLines)

    def on_text_lines_line_opened(self, message: TextLines.LineOpened) -> None:
        assert message.control is self.view
        self.opened.append(message.line)

    def action_attack(self) -> None:
        self.attacked = True


def plain(*texts: str) -> list[Line]:
    return [Line(((text, ""),), link=f"line {number}") for number, text in enumerate(texts)]


NUMBERED = plain(*(f"text {number}" for number in range(100)))


@pytest.mark.parametrize(
    ("keys", "index"),
    [
        (["j", "down"], 2),
        (["j", "j", "k", "up"], 0),
        (["G"], 99),
        (["end", "home"], 0),
        (["G", "g"], 0),
        (["ctrl+d"], 10),
        (["ctrl+d", "ctrl+d", "ctrl+u"], 10),
        (["pagedown"], 20),
        (["pagedown", "pagedown", "pageup"], 20),
    ],
    ids=lambda value: "+".join(value) if isinstance(value, list) else str(value),
)
async def test_keys_move_the_cursor_and_keep_it_in_view(keys: list[str], index: int) -> None:
    app = ViewerApp(NUMBERED)
    async with app.run_test(size=(60, 20)) as pilot:
        await pilot.press(*keys)
        assert app.view.cursor_line is NUMBERED[index]
        assert f"text {index}" in shown(app.view)


async def test_enter_and_double_click_open_the_line() -> None:
    app = ViewerApp(NUMBERED)
    async with app.run_test() as pilot:
        await pilot.press("j", "enter")
        await pilot.click(app.view, offset=(3, 5), times=2)
        assert [line.link for line in app.opened] == ["line 1", "line 5"]


async def test_long_lines_are_cut_and_scrolled_sideways() -> None:
    app = ViewerApp(plain("".join(chr(ord("a") + number % 26) for number in range(100)), "short"))
    async with app.run_test(size=(40, 6)) as pilot:
        assert shown(app.view)[0].startswith("abcdefghij")
        assert shown(app.view)[0].endswith("…")
        await pilot.press("L")
        assert shown(app.view)[0].startswith("ijkl")
        await pilot.press("H", "H")
        assert shown(app.view)[0].startswith("abcdefghij")
        await pilot.press(*["L"] * 30)
        assert shown(app.view)[0].strip()


@pytest.mark.parametrize(
    ("pattern", "hits"),
    [("name", 3), ("Name", 1), ("na[me", 0), ("", 0), ("a", 5), ("absent", 0)],
    ids=["any case", "with a capital", "no pattern language", "nothing", "several on a line", "absent"],
)
async def test_search_counts_with_smart_case(pattern: str, hits: int) -> None:
    app = ViewerApp(plain("name: x", "Name: a", "other", "rename: a"))
    async with app.run_test():
        assert app.view.search(pattern) == hits


async def test_search_goes_to_the_next_hit_and_n_walks_around() -> None:
    app = ViewerApp(plain("none", "hit hit", "none", "hit", "none"))
    async with app.run_test() as pilot:
        view = app.view
        assert view.search("hit") == 3
        assert view.cursor_index == 1
        for key, index in (("n", 3), ("n", 1), ("N", 3), ("N", 1)):
            await pilot.press(key)
            assert view.cursor_index == index
        view.search("")
        await pilot.press("n")
        assert view.cursor_index == 1


async def test_hits_stand_out_without_colour_also_across_spans() -> None:
    app = ViewerApp([Line((("first", ""),)), Line((("privi", "key"), ("leged: true", "string")))])
    async with app.run_test():
        app.view.search("leg")
        app.view.search("privileged")
        app.view.move_to_index(0)
        line = painted(app.view)[1]
        assert "".join(part.text for part in line if part.style and part.style.reverse) == "privileged"
        app.view.move_to_index(1)
        line = painted(app.view)[1]
        plainly = "".join(part.text for part in line if part.style and not part.style.reverse)
        assert plainly == "privileged"


async def test_a_note_stands_right_after_its_text_in_its_severity() -> None:
    risky = Line((("privileged: true", ""),), gutter="■C", gutter_style="critical", note="◀ ■C node access")
    app = ViewerApp([*plain("spec:"), risky])
    async with app.run_test(size=(60, 6)):
        assert shown(app.view)[:2] == ["   spec:", "■C privileged: true   ◀ ■C node access"]
        colours = {part.text.strip(): str(part.style.color) for part in painted(app.view)[1] if part.style}
        assert colours["■C"] == colours["◀ ■C node access"] != colours["privileged: true"]


async def test_a_note_stays_readable_beside_a_long_line() -> None:
    app = ViewerApp([Line((("x" * 500, ""),), note="◀ ■C node access")])
    async with app.run_test(size=(40, 6)):
        line = shown(app.view)[0]
        assert "xxx…   ◀ ■C node" in line
        assert cell_len(line) <= 40


async def test_a_text_that_leaves_room_keeps_all_of_its_note() -> None:
    app = ViewerApp([Line((("x" * 21, ""),), note="◀ ■C node access")])
    async with app.run_test(size=(40, 6)):
        assert shown(app.view)[0] == "x" * 21 + "   ◀ ■C node access"


@pytest.mark.parametrize(
    "text",
    [
        "a[/b]c",
        "[@click=app.attack]x[/]",
        "\x1b]0;title\x07",
        "\u202eabc",
        "y" * 1_000_000,
        "\x9b" * 1_000_000,
        "語" * 500,
    ],
    ids=["tag", "click", "escape", "bidi", "huge", "huge and hostile", "wide"],
)
async def test_hostile_text_is_shown_and_does_nothing(text: str) -> None:
    lines = [Line(((text, "key"), (text, "string")), gutter=text[:5], note=text, link=text), *plain("after")]
    app = ViewerApp(lines)
    async with app.run_test(size=(60, 5)) as pilot:
        app.view.search("zzz")
        await pilot.press("L", "H", "j", "k")
        for strip in painted(app.view):
            assert cell_len(strip.text) == 60
            assert strip.text.isprintable()
        for x in range(0, 60, 15):
            await pilot.click(app.view, offset=(x, 0))
        assert not app.attacked


async def test_new_lines_keep_the_cursor_where_it_is() -> None:
    app = ViewerApp(NUMBERED)
    async with app.run_test(size=(60, 20)) as pilot:
        await pilot.press("pagedown", "pagedown")
        app.view.set_lines(plain(*(f"new {number}" for number in range(100))))
        await pilot.pause()
        assert app.view.cursor_index == 40
        assert "new 40" in shown(app.view)
        app.view.set_lines(plain("only"))
        await pilot.pause()
        assert app.view.cursor_index == 0
        assert shown(app.view)[0] == "only"
        app.view.set_lines([])
        await pilot.press("enter", "n", "j", "L")
        assert app.opened == []


class Watched(UserList[Line]):
    """Lines that count how often one is looked at."""

    looks = 0

    @overload
    def __getitem__(self, index: SupportsIndex) -> Line: ...
    @overload
    def __getitem__(self, index: slice) -> Self: ...
    def __getitem__(self, index: SupportsIndex | slice) -> Line | Self:
        self.looks += 1
        return super().__getitem__(index)


async def test_only_lines_in_view_are_painted() -> None:
    app = ViewerApp([])
    async with app.run_test(size=(60, 20)) as pilot:
        lines = Watched(plain(*("x",) * 100_000))
        app.view.set_lines(lines)
        lines.looks = 0
        await pilot.press("G")
        assert shown(app.view)[-1] == "x"
        assert lines.looks < 200


async def test_ascii_mode_draws_nothing_outside_ascii() -> None:
    app = ViewerApp(plain("x" * 100, "a\tb"))
    async with app.run_test(size=(40, 4)):
        app.view.ascii = True
        assert "".join(shown(app.view)).isascii()
        assert shown(app.view)[0].endswith("~")


def test_every_binding_has_an_id_that_a_key_map_can_name() -> None:
    ids = [binding.id for binding in TextLines.BINDINGS if isinstance(binding, Binding)]
    assert len(set(ids)) == len(TextLines.BINDINGS)
    assert all(name and name.startswith("text.") for name in ids)
