"""Themes are readable, complete and interchangeable."""

from __future__ import annotations

import re
from itertools import combinations

import pytest
from textual.app import App, ComposeResult
from textual.color import Color
from textual.theme import Theme
from textual.widgets import Static

from ksec_tui import themes
from ksec_tui.findings.verdict import Severity, Verdict
from ksec_tui.themes import palette

THEMES = themes.discover()
SEVERITIES = ("critical", "high", "medium", "low", "info", "unknown", "pass")


def luminance(color: Color) -> float:
    """Relative luminance, WCAG 2.2."""

    def linear(channel: int) -> float:
        share = channel / 255
        return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4

    return 0.2126 * linear(color.r) + 0.7152 * linear(color.g) + 0.0722 * linear(color.b)


def contrast(one: Color, other: Color) -> float:
    """Contrast ratio, WCAG 2.2, between 1 and 21."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def as_seen_without_green(color: Color) -> tuple[float, float, float]:
    """What is left of `color` in deuteranopia (Machado, Oliveira, Fernandes 2009, severity 1.0)."""
    red, green, blue = color.r / 255, color.g / 255, color.b / 255
    return (
        0.367322 * red + 0.860646 * green - 0.227968 * blue,
        0.280085 * red + 0.672501 * green + 0.047413 * blue,
        -0.011820 * red + 0.042940 * green + 0.968881 * blue,
    )


@pytest.fixture(params=THEMES, ids=lambda theme: theme.name)
def theme(request: pytest.FixtureRequest) -> Theme:
    found = request.param
    assert isinstance(found, Theme)
    return found


def test_the_five_promised_themes_are_found_and_the_default_is_first() -> None:
    names = [theme.name for theme in THEMES]
    assert names[0] == themes.DEFAULT
    assert {"night", "day", "contrast", "okabe", "terminal"} <= set(names)
    assert len(set(names)) == len(names)


def test_every_theme_defines_the_same_variables(theme: Theme) -> None:
    own = set(theme.variables)
    assert own >= palette.OWN_VARIABLES
    if not theme.ansi:  # which Textual leaves without some of its own variables
        assert own == palette.OWN_VARIABLES


def test_text_colours_are_readable_on_every_background(theme: Theme) -> None:
    if theme.ansi:
        pytest.skip("the terminal's own scheme decides its colours")
    needed = 7.0 if theme.name == "contrast" else 4.5
    for ground in (theme.background, theme.surface):
        assert ground is not None
        assert theme.foreground is not None
        colours = {**theme.variables, "foreground": theme.foreground, "accent": theme.accent or theme.primary}
        for name, value in colours.items():
            ratio = contrast(Color.parse(value), Color.parse(ground))
            assert ratio >= needed, f"{name} {value} on {ground}: {ratio:.2f}"


def test_the_table_header_is_readable_on_its_panel(theme: Theme) -> None:
    if theme.ansi:
        pytest.skip("the terminal's own scheme decides its colours")
    assert theme.panel is not None
    assert contrast(Color.parse(theme.variables["table-header"]), Color.parse(theme.panel)) >= 4.5


def test_severities_have_colours_of_their_own(theme: Theme) -> None:
    colours = {name: theme.variables[palette.VARIABLES[name]] for name in SEVERITIES}
    for one, other in combinations(SEVERITIES, 2):
        assert colours[one] != colours[other], f"{one} looks like {other}"


def test_the_colour_blind_theme_keeps_good_and_bad_apart_without_green() -> None:
    okabe = next(theme for theme in THEMES if theme.name == "okabe")
    for good, bad in (("diff-added", "diff-removed"), ("verdict-pass", "severity-critical")):
        one = as_seen_without_green(Color.parse(okabe.variables[good]))
        other = as_seen_without_green(Color.parse(okabe.variables[bad]))
        assert sum((a - b) ** 2 for a, b in zip(one, other, strict=True)) ** 0.5 > 0.5


@pytest.mark.parametrize("ascii_only", [False, True], ids=["unicode", "ascii"])
def test_severities_differ_in_glyph_and_in_letter(ascii_only: bool) -> None:
    glyphs = [palette.glyph(severity, ascii=ascii_only) for severity in Severity]
    assert len(set(glyphs)) == len(Severity)
    assert len({palette.letter(severity) for severity in Severity}) == len(Severity)
    if ascii_only:
        assert "".join(glyphs).isascii()


@pytest.mark.parametrize("ascii_only", [False, True], ids=["unicode", "ascii"])
def test_no_two_judgements_share_a_badge(ascii_only: bool) -> None:
    badges = [palette.badge(severity, Verdict.FAIL, ascii=ascii_only) for severity in Severity]
    others = (Verdict.UNKNOWN, Verdict.PASS, Verdict.NOT_APPLICABLE)
    badges += [palette.badge(None, verdict, ascii=ascii_only) for verdict in others]
    assert len(set(badges)) == len(badges)
    assert all(len(badge) <= 3 for badge in badges)


def test_badges_read_as_documented() -> None:
    assert palette.badge(Severity.CRITICAL, Verdict.FAIL) == "■C"
    assert palette.badge(Severity.CRITICAL, Verdict.FAIL, ascii=True) == "C!"
    assert palette.badge(Severity.HIGH, Verdict.UNKNOWN) == "?"
    assert palette.badge(Severity.HIGH, Verdict.PASS) == "✓"


def test_a_failure_of_unknown_severity_is_never_shown_as_passed() -> None:
    assert palette.badge(None, Verdict.FAIL) == "?"
    assert palette.style_name(None, Verdict.FAIL) == "unknown"


def test_every_badge_has_a_style_with_a_colour() -> None:
    for verdict in Verdict:
        for severity in (None, *Severity):
            assert palette.style_name(severity, verdict) in palette.VARIABLES


def test_the_style_sheet_names_no_colour_itself() -> None:
    rules = re.sub(r"/\*.*?\*/", "", themes.STYLESHEET.read_text(encoding="utf-8"), flags=re.DOTALL)
    colours = re.findall(r"^\s*[\w-]*(?:color|background)[\w-]*:\s*(.+?);", rules, flags=re.MULTILINE)
    assert colours
    assert [colour for colour in colours if not colour.startswith("$")] == []


async def test_every_theme_can_be_switched_to_with_the_style_sheet_loaded() -> None:
    class Themed(App[None]):
        CSS_PATH = themes.STYLESHEET

        def compose(self) -> ComposeResult:
            yield Static("text", classes="critical", markup=False)

    app = Themed()
    for theme in THEMES:
        app.register_theme(theme)
    app.theme = themes.DEFAULT
    async with app.run_test() as pilot:
        for theme in THEMES:
            app.theme = theme.name
            await pilot.pause()
            shown = app.query_one(Static).styles.color
            assert shown == Color.parse(theme.variables["severity-critical"])
