"""Text from a cluster is shown, cut and aligned; it never acts. What matters is visible without colour."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from ksec_tui import themes
from ksec_tui.screens.widgets.table import Column
from tests.screens.widgets.tables import Pod, TableApp, painted, pods, shown

HOSTILE = {
    "closing tag": "a[/b]c",
    "click action": "[@click=app.attack]x[/]",
    "escape": "\x1b]52;c;ZXZpbA==\x07\x1b[2J",
    "control 1": "\x9b31mred",
    "bidi": "abc\u202egpj.exe",
    "zero width": "ad\u200bmin",
    "surrogate": "\ud800",
    "line ends": "one\ntwo\r\n\tthree\u2028four",
    "huge": "x" * 1_000_000,
    "huge and hostile": "\x1b[31m" * 200_000,
    "nothing but combining marks": "e" + "\u0301" * 100_000,
    "wide": "日本語" * 1000,
    "emoji": "👩\u200d💻❤\ufe0f" * 50,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
async def test_hostile_text_is_shown_on_one_line_within_its_column_and_does_nothing(text: str) -> None:
    app = TableApp([Pod(text), Pod("after")])
    async with app.run_test(size=(60, 8)) as pilot:
        await pilot.pause()
        for strip in painted(app.table):
            assert cell_len(strip.text) == 60
            assert strip.text.isprintable() or "\ufe0f" in strip.text
        # The column after it stands where it stands in a harmless row.
        hostile, harmless = painted(app.table)[1], painted(app.table)[2]
        age = len(harmless.text.rstrip()) - len("1d")
        assert hostile.crop(age, age + 2).text == "1d"
        for x in range(2, 40, 9):
            await pilot.click(app.table, offset=(x, 1))
        assert not app.attacked
        assert app.is_running


async def test_markup_is_shown_as_it_is() -> None:
    app = TableApp([Pod("a[/b]c"), Pod("[red]x[/]")])
    async with app.run_test():
        assert "a[/b]c" in shown(app.table)[1]
        assert "[red]x[/]" in shown(app.table)[2]


async def test_control_characters_are_made_visible() -> None:
    app = TableApp([Pod("a\x1bb"), Pod("a\nb\tc"), Pod("a\u202eb")])
    async with app.run_test():
        assert "a␛b" in shown(app.table)[1]
        assert "a⏎b→c" in shown(app.table)[2]
        assert "a⟪U+202E⟫b" in shown(app.table)[3]


async def test_a_header_of_a_custom_resource_is_data_too() -> None:
    app = TableApp()
    async with app.run_test():
        app.table.set_columns([Column[Pod]("x", "[/x]\x1b", lambda pod: pod.name)], lambda pod: pod.name)
        assert "[/x]␛" in shown(app.table)[0]


async def test_what_is_cut_ends_with_an_ellipsis() -> None:
    app = TableApp([Pod("n" * 200)])
    async with app.run_test(size=(40, 6)):
        assert "nnn… " in shown(app.table)[1]
        app.table.ascii = True
        assert "nnn~ " in shown(app.table)[1]


async def test_ascii_mode_draws_nothing_outside_ascii() -> None:
    app = TableApp([Pod("x" * 100), Pod("b\nc")])
    async with app.run_test(size=(40, 6)) as pilot:
        app.table.ascii = True
        await pilot.press("space")
        app.table.set_sort("risk")
        lines = shown(app.table)
        assert "".join(lines).isascii()
        assert "RISK^" in lines[0]
        assert lines[1].startswith("*")


async def test_wide_characters_keep_the_columns_aligned() -> None:
    app = TableApp([Pod("日本語"), Pod("abc"), Pod("語" * 40), Pod("a" + "語" * 40)])
    async with app.run_test(size=(44, 8)):
        rows = painted(app.table)[1:5]
        ends = [cell_len(strip.text.rstrip()) for strip in rows]
        assert len(set(ends)) == 1
        assert all(strip.text.rstrip().endswith("1d") for strip in rows)


def reversed_lines(app: TableApp) -> list[int]:
    """Which lines are entirely in reverse video."""
    return [
        y
        for y, strip in enumerate(painted(app.table))
        if all(part.style is not None and part.style.reverse for part in strip)
    ]


@pytest.mark.parametrize("theme", [theme.name for theme in themes.discover()])
@pytest.mark.parametrize("no_color", [False, True], ids=["colour", "NO_COLOR"])
async def test_the_cursor_shows_by_reverse_video_with_and_without_colour(
    theme: str, no_color: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if no_color:
        monkeypatch.setenv("NO_COLOR", "1")
    else:
        monkeypatch.delenv("NO_COLOR", raising=False)
    app = TableApp(pods(5))
    app.theme = theme
    async with app.run_test(size=(80, 10)) as pilot:
        assert app.no_color is no_color
        await pilot.press("j", "j")
        assert reversed_lines(app) == [3]
        # And so it is in what is really written, after the filters that take colour away.
        line = app.screen._compositor.render_strips()[3]
        assert all(part.style is not None and part.style.reverse for part in list(line)[:-1])


async def test_without_focus_the_cursor_is_still_told_apart() -> None:
    app = TableApp(pods(5))
    async with app.run_test(size=(80, 10)) as pilot:
        await pilot.press("j")
        app.set_focus(None)
        await pilot.pause()
        assert reversed_lines(app) == []
        rows = painted(app.table)[1:6]
        underlined = [all(part.style is not None and part.style.underline for part in row) for row in rows]
        assert underlined == [False, True, False, False, False]


async def test_a_theme_change_repaints_in_its_colours() -> None:
    app = TableApp(pods(3))
    async with app.run_test() as pilot:
        seen = set()
        for theme in themes.discover():
            app.theme = theme.name
            await pilot.pause()
            risk = next(part for part in painted(app.table)[2] if part.text.startswith("r1"))
            assert risk.style is not None
            seen.add(str(risk.style.color))
        assert len(seen) == len(themes.discover())
