"""A viewer of ordered lines with a cursor, a gutter, notes beside lines, and search within the text."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip

from ksec_tui.findings.finding import Finding
from ksec_tui.screens.widgets.cells import clip, fit, one_line
from ksec_tui.screens.widgets.cursor import CursorView, navigation

_NOTE_ROOM = 12
"""Cells that a note keeps beside a text that is too long for both: its glyph and first words."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line to show. All texts are data: nothing in them is read as markup.

    Attributes:
        spans: text and style name (`ksec_tui.themes.palette`), left to right.
        gutter: glyphs at the left edge, outside of the text.
        gutter_style: style name of gutter and note.
        note: words shown right after the text.
        link: what opening the line leads to; its meaning is the caller's.
        about: the findings that stand on this line, worst first.
    """

    spans: tuple[tuple[str, str], ...]
    gutter: str = ""
    gutter_style: str = ""
    note: str = ""
    link: str = ""
    about: tuple[Finding, ...] = ()

    @property
    def text(self) -> str:
        """The text without gutter and note."""
        return "".join(text for text, _ in self.spans)


class TextLines(CursorView):
    """Shows lines, of which only those in view are painted; `/`-like search marks what matches."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *navigation("text"),
        Binding("n", "next_hit", "Next hit", id="text.next-hit", show=False),
        Binding("N", "previous_hit", "Previous hit", id="text.previous-hit", show=False),
        Binding("greater_than_sign", "risky_line(1)", "Next risky line", id="text.next-risky", show=False),
        Binding(
            "less_than_sign", "risky_line(-1)", "Previous risky line", id="text.previous-risky", show=False
        ),
    ]

    ascii: reactive[bool] = reactive(False)
    """Draw with ASCII characters only."""

    class LineOpened(Message):
        """`line`, the one under the cursor, was opened with enter or a double click."""

        def __init__(self, view: TextLines, line: Line) -> None:
            super().__init__()
            self.view = view
            self.line = line

        @property
        def control(self) -> TextLines:
            """The viewer, for the selectors of `@on`."""
            return self.view

    class CursorMoved(Message):
        """Another line may be under the cursor."""

    def __init__(self, lines: Sequence[Line] = (), *, id: str | None = None) -> None:  # noqa: A002 - Textual's word
        super().__init__(id=id)
        self._lines: Sequence[Line] = lines
        self._gutter = 0
        self._left = 0
        self._pattern = ""
        self._hits: list[int] = []
        self.set_lines(lines)

    @property
    def line_count(self) -> int:
        """Lines given."""
        return len(self._lines)

    @property
    def lines(self) -> Sequence[Line]:
        """The lines given; not to be changed."""
        return self._lines

    @property
    def cursor_line(self) -> Line | None:
        """The line under the cursor, None when there is none."""
        return self._lines[self._cursor] if self._lines else None

    def set_lines(self, lines: Sequence[Line]) -> None:
        """Replace all lines. Cursor and scrolling stay where they are as far as they can, the search goes on."""
        self._lines = lines
        gutters = {line.gutter for line in lines}
        width = max((cell_len(one_line(gutter, 8)) for gutter in gutters), default=0)
        self._gutter = width + 1 if width else 0
        self._hits = self._find(self._pattern)
        self.resize_lines()
        self.move_to_index(self._cursor)

    def cursor_moved(self) -> None:
        """Tell who listens."""
        self.post_message(self.CursorMoved())

    @property
    def has_risky(self) -> bool:
        """Whether some line has a glyph in the gutter."""
        return self._gutter > 0

    def action_risky_line(self, step: int) -> None:
        """Go to the next line with a glyph in the gutter, after the last to the first; backwards for -1."""
        count = len(self._lines)
        for distance in range(1, count + 1):
            index = (self._cursor + step * distance) % count
            if self._lines[index].gutter:
                self.move_to_index(index)
                return

    # Search

    @property
    def pattern(self) -> str:
        """What is searched for, empty when nothing is."""
        return self._pattern

    def search(self, pattern: str) -> int:
        """Mark every occurrence of `pattern` and go to the first from the cursor on; returns how many there are.

        Letters match in either case unless the pattern has a capital. An empty pattern ends the search.
        """
        self._pattern = pattern
        self._hits = self._find(pattern)
        self.refresh()
        if self._hits:
            index = bisect_left(self._hits, self._cursor)
            self.move_to_index(self._hits[index % len(self._hits)])
        return len(self._hits)

    def next_hit(self) -> None:
        """Go to the next line with a hit; after the last, to the first."""
        if self._hits:
            index = bisect_right(self._hits, self._cursor)
            self.move_to_index(self._hits[index % len(self._hits)])

    def previous_hit(self) -> None:
        """Go to the line with a hit before; from the first, to the last."""
        if self._hits:
            self.move_to_index(self._hits[bisect_left(self._hits, self._cursor) - 1])

    action_next_hit = next_hit
    action_previous_hit = previous_hit

    def _find(self, pattern: str) -> list[int]:
        """The line of each occurrence, in order."""
        if not pattern:
            return []
        hits: list[int] = []
        for index, line in enumerate(self._lines):
            hits += [index] * self._comparable(line.text).count(self._comparable(pattern))
        return hits

    def _comparable(self, text: str) -> str:
        return text if self._pattern != self._pattern.lower() else text.lower()

    # Keys and mouse

    def action_sideways(self, cells: int) -> None:
        """Show what stands `cells` further right, as long as a line in view reaches there."""
        top = round(self.scroll_y)
        room = self._room()
        longest = max((len(line.text) for line in self._lines[top : top + self.page]), default=0)
        self._left = max(0, min(self._left + cells, longest - room // 2))
        self.refresh()

    def action_open(self) -> None:
        """Open the line under the cursor."""
        line = self.cursor_line
        if line is not None:
            self.post_message(self.LineOpened(self, line))

    def on_click(self, event: events.Click) -> None:
        """A line gets the cursor, a double click opens it."""
        offset = event.get_content_offset(self)
        if offset is not None and round(self.scroll_y) + offset.y < self.line_count:
            self.move_to_index(round(self.scroll_y) + offset.y)
            if event.chain == 2:
                self.action_open()

    # Painting

    def watch_ascii(self, ascii: bool) -> None:  # noqa: A002
        """Paint again."""
        self.draw_plain(ascii)
        self.refresh()

    def _room(self) -> int:
        return max(1, self.scrollable_content_region.width - self._gutter)

    def render_line(self, y: int) -> Strip:
        """Paint one line of the screen."""
        width = self.scrollable_content_region.width
        index = round(self.scroll_y) + y
        if index >= len(self._lines):
            return self.blank(width)
        line = self._lines[index]
        at_cursor, focused = index == self._cursor, self.has_focus

        def style(name: str) -> Style:
            return self.book.under_cursor(name, focused=focused) if at_cursor else self.book.style(name)

        # A hit stands out by video too: reversed, and so the plain one in a line that is reversed.
        hit = Style(reverse=not (at_cursor and focused), bold=True, underline=True)
        gutter_style = style(f"{line.gutter_style} bold" if line.gutter_style else "muted")
        parts = [Segment(fit(line.gutter, self._gutter, ascii=self.ascii), gutter_style)]
        room = self._room()
        note = one_line(line.note, room, ascii=self.ascii)
        if note and not self._left:
            room = max(1, room - 3 - min(cell_len(note), _NOTE_ROOM))
        text = self._text([(words, style(name)) for words, name in line.spans], hit, room)
        parts += text
        if note:
            rest = width - self._gutter - text.cell_length - 3
            parts.append(Segment("   " + clip(note, max(rest, 0), ascii=self.ascii), gutter_style))
        return Strip(parts).adjust_cell_length(width, style(""))

    def _text(self, spans: Sequence[tuple[str, Style]], hit: Style, room: int) -> Strip:
        """The part of a line's text that is in view, in at most `room` cells."""
        end = self._left + room
        pieces: list[tuple[str, Style]] = []
        seen = 0
        for text, style in spans:
            if seen > end:
                break
            piece = one_line(text, end, ascii=self.ascii)
            pieces.append((piece, style))
            seen += cell_len(piece)
        strip = Strip(self._with_hits(pieces, hit))
        if seen <= end:
            return strip.crop(self._left)
        cut = Segment("~" if self.ascii else "…", pieces[-1][1])
        return Strip([*strip.crop(self._left, end - 1), cut])

    def _with_hits(self, pieces: Sequence[tuple[str, Style]], hit: Style) -> list[Segment]:
        """`pieces` as segments, split where what is searched for begins and ends."""
        edges = self._hit_edges("".join(text for text, _ in pieces))
        segments: list[Segment] = []
        at, inside = 0, False
        for text, style in pieces:
            start = 0
            while edges and edges[0] <= at + len(text):
                stop = edges.pop(0) - at
                segments.append(Segment(text[start:stop], style + hit if inside else style))
                start, inside = stop, not inside
            segments.append(Segment(text[start:], style + hit if inside else style))
            at += len(text)
        return segments

    def _hit_edges(self, text: str) -> list[int]:
        """Where hits begin and end in `text`, in turn."""
        if not self._pattern:
            return []
        edges: list[int] = []
        haystack, needle = self._comparable(text), self._comparable(self._pattern)
        at = haystack.find(needle)
        while at >= 0:
            edges += (at, at + len(needle))
            at = haystack.find(needle, at + len(needle))
        return edges
