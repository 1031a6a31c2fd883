"""Turns style names into terminal styles by the colours of the theme in use."""

from __future__ import annotations

from collections.abc import Mapping

from rich.style import Style
from textual.color import Color

from ksec_tui.themes.palette import FALLBACKS, LOUD, VARIABLES

_ATTRIBUTES: dict[str, Style] = {
    "bold": Style(bold=True),
    "italic": Style(italic=True),
    "underline": Style(underline=True),
    "reverse": Style(reverse=True),
}


class StyleBook:
    """Styles by name over one base style; made anew when the theme changes.

    Args:
        base: colours of ordinary text in the widget.
        variables: the theme's variables, name to colour (`App.theme_variables`).
    """

    def __init__(self, base: Style, variables: Mapping[str, str]) -> None:
        self.base = base
        self._variables = variables
        self._known: dict[str, Style] = {"": base}
        self._cursor: dict[tuple[str, bool], Style] = {}

    def style(self, name: str) -> Style:
        """The style for a name of `ksec_tui.themes.palette`, any of bold, italic, underline, reverse, or both.

        Raises:
            ValueError: a word of `name` is neither.
        """
        known = self._known.get(name)
        if known is None:
            known = self.base
            for word in name.split():
                known += _ATTRIBUTES[word] if word in _ATTRIBUTES else Style(color=self._colour(word))
            self._known[name] = known
        return known

    def under_cursor(self, name: str, *, focused: bool) -> Style:
        """The same in the line under the cursor, which shows by reverse video and so without any colour.

        Severities keep their colour there; all other text is plain, so that the line reads as one bar.
        Without the focus the line is only bold and underlined.
        """
        known = self._cursor.get((name, focused))
        if known is None:
            if focused:
                loud = any(word in LOUD for word in name.split())
                known = (self.style(name) if loud else self.base) + Style(reverse=True, bold=True)
            else:
                known = self.style(name) + Style(bold=True, underline=True)
            self._cursor[name, focused] = known
        return known

    def _colour(self, word: str) -> str:
        if word not in VARIABLES:
            raise ValueError(f"unknown style name {word!r}; known: {', '.join((*VARIABLES, *_ATTRIBUTES))}")
        variable = VARIABLES[word]
        if variable not in self._variables:
            variable = FALLBACKS.get(word, "foreground")
        return Color.parse(self._variables[variable]).rich_color.name
