"""The part that every list with a line cursor shares: moving it, keeping it in view, painting two lines only."""

from __future__ import annotations

from typing import ClassVar

from rich.style import Style
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.scrollbar import ScrollBarRender
from textual.strip import Strip

from ksec_tui.screens.widgets.styling import StyleBook


def navigation(prefix: str) -> list[BindingType]:
    """The keys that move a line cursor, with ids such as `table.down` for the prefix `table`."""
    keys = (
        ("j,down", "cursor_down", "Down", "down"),
        ("k,up", "cursor_up", "Up", "up"),
        ("g,home", "cursor_top", "To the top", "top"),
        ("G,end", "cursor_bottom", "To the bottom", "bottom"),
        ("ctrl+d", "half_page_down", "Half a page down", "half-page-down"),
        ("ctrl+u", "half_page_up", "Half a page up", "half-page-up"),
        ("pagedown", "page_down", "Page down", "page-down"),
        ("pageup", "page_up", "Page up", "page-up"),
        ("H", "sideways(-8)", "Scroll left", "scroll-left"),
        ("L", "sideways(8)", "Scroll right", "scroll-right"),
        ("enter", "open", "Open", "open"),
    )
    return [
        Binding(key, action, words, show=False, id=f"{prefix}.{name}") for key, action, words, name in keys
    ]


class PlainScrollBar(ScrollBarRender):
    """A scroll bar without the characters that show parts of a cell."""

    VERTICAL_BARS: ClassVar[list[str]] = [" "] * 8
    HORIZONTAL_BARS: ClassVar[list[str]] = [" "] * 8


class CursorView(ScrollView, can_focus=True, inherit_bindings=False):
    """A scrolled view of equally high lines, one of which is under the cursor.

    Subclasses say how many lines there are and paint them; `HEADER` lines on top never scroll.
    """

    HEADER: ClassVar[int] = 0
    ALLOW_SELECT = False

    DEFAULT_CSS = """
    CursorView {
        height: 1fr;
        width: 1fr;
        background: $surface;
        color: $foreground;
        scrollbar-size-vertical: 1;
        scrollbar-size-horizontal: 1;
    }
    """

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's word
        super().__init__(id=id)
        self._cursor = 0
        self._book: StyleBook | None = None

    @property
    def line_count(self) -> int:
        """Lines that the cursor can stand on."""
        raise NotImplementedError

    @property
    def cursor_index(self) -> int:
        """The line under the cursor, from 0; 0 too when there is none."""
        return self._cursor

    @property
    def page(self) -> int:
        """Lines that are in view, at least 1."""
        return max(1, self.scrollable_content_region.height - self.HEADER)

    @property
    def book(self) -> StyleBook:
        """Styles by name in the present theme."""
        if self._book is None:
            self._book = StyleBook(self.rich_style, self.app.theme_variables)
        return self._book

    def move_to_index(self, index: int) -> None:
        """Put the cursor on line `index`, or on the nearest that exists, and bring it into view."""
        index = max(0, min(index, self.line_count - 1))
        previous, self._cursor = self._cursor, index
        if index != previous:
            self.refresh_lines(previous + self.HEADER)
            self.refresh_lines(index + self.HEADER)
        self.show_cursor()
        self.cursor_moved()

    def cursor_moved(self) -> None:
        """Called after every move of the cursor, even to where it was."""

    def show_cursor(self) -> None:
        """Scroll as little as needed to have the cursor in view."""
        if not self.scrollable_content_region.height:
            return  # not laid out yet; done on the first resize
        top = round(self.scroll_y)
        if self._cursor < top:
            top = self._cursor
        elif self._cursor >= top + self.page:
            top = self._cursor - self.page + 1
        # Also when nothing moves: the list may have become shorter than what is scrolled to.
        self.scroll_to(y=top, animate=False, force=True)

    def show_cells(self, x: int, width: int, room: int) -> None:
        """Scroll sideways as little as needed to have `width` cells from `x` on within `room` cells."""
        left = round(self.scroll_x)
        if x < left:
            self.scroll_to(x=x, animate=False)
        elif x + width > left + room:
            self.scroll_to(x=x + width - room, animate=False)

    def resize_lines(self, width: int = 1) -> None:
        """Tell the scroll bars how much there is: the lines of `line_count`, `width` cells each."""
        self.virtual_size = Size(width, self.line_count + self.HEADER)
        self.refresh()

    def forget_paint(self) -> None:
        """Drop what was remembered of painted lines; called when colours or sizes change."""

    def blank(self, width: int, style: Style | None = None) -> Strip:
        """An empty line."""
        return Strip.blank(width, self.book.base if style is None else style)

    def notify_style_update(self) -> None:
        """A theme, style sheet or state change: colours are looked up again."""
        self._book = None
        self.forget_paint()
        super().notify_style_update()

    def draw_plain(self, plain: bool) -> None:
        """Draw the scroll bars with ASCII characters only, or with finer ones."""
        for bar in (self.vertical_scrollbar, self.horizontal_scrollbar):
            bar.renderer = PlainScrollBar if plain else ScrollBarRender  # type: ignore[misc]
            bar.refresh()

    def on_resize(self) -> None:
        """Keep the cursor in view."""
        self.show_cursor()

    def on_focus(self) -> None:
        """Show the cursor as the one that keys move."""
        self.refresh_lines(self._cursor + self.HEADER)

    def on_blur(self) -> None:
        """Show the cursor as one that keys do not move."""
        self.refresh_lines(self._cursor + self.HEADER)

    def action_sideways(self, cells: int) -> None:
        """Scroll by `cells` to the right."""
        self.scroll_to(x=self.scroll_x + cells, animate=False)

    def action_cursor_down(self) -> None:
        """Move one line down."""
        self.move_to_index(self._cursor + 1)

    def action_cursor_up(self) -> None:
        """Move one line up."""
        self.move_to_index(self._cursor - 1)

    def action_cursor_top(self) -> None:
        """Move to the first line."""
        self.move_to_index(0)

    def action_cursor_bottom(self) -> None:
        """Move to the last line."""
        self.move_to_index(self.line_count - 1)

    def action_half_page_down(self) -> None:
        """Move half a screen down."""
        self.move_to_index(self._cursor + max(1, self.page // 2))

    def action_half_page_up(self) -> None:
        """Move half a screen up."""
        self.move_to_index(self._cursor - max(1, self.page // 2))

    def action_page_down(self) -> None:
        """Move one screen down."""
        self.move_to_index(self._cursor + self.page)

    def action_page_up(self) -> None:
        """Move one screen up."""
        self.move_to_index(self._cursor - self.page)
