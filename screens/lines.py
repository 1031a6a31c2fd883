"""The one-line bars around the lists: status, panes, title, hints."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass

from rich.cells import cell_len
from rich.text import Text
from textual.events import Click
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Static

from ksec_tui.cluster.text import one_line
from ksec_tui.screens.pane import Listing, Pane, View
from ksec_tui.screens.widgets.cells import in_ascii
from ksec_tui.screens.widgets.styling import StyleBook
from ksec_tui.session import State

Part = tuple[str, str]
"""Text and style name of the palette."""


class Bar(Static):
    """A line of text of which nothing is parsed; parts of it may be clicked."""

    DEFAULT_CSS = """
    Bar {
        height: 1; width: 1fr; background: $panel; color: $foreground;
        text-wrap: nowrap; text-overflow: ellipsis;
    }
    """

    class Chosen(Message):
        """The part that leads to `link` was clicked."""

        def __init__(self, link: str) -> None:
            super().__init__()
            self.link = link

    def __init__(self, *, id: str, ascii: bool = False) -> None:  # noqa: A002 - Textual's word, the users' word
        super().__init__("", id=id, markup=False)
        self._ascii = ascii
        self._parts: tuple[Part, ...] = ()
        self._links: Mapping[int, str] = {}
        if ascii:
            self.styles.text_overflow = "clip"

    def show(self, *parts: Part, links: Mapping[int, str] | None = None) -> None:
        """Show `parts`; `links` says where a click on a part leads, by its place."""
        self._links = links or {}
        shown = tuple((self._plain(text), style) for text, style in parts)
        if shown != self._parts:
            self._parts = shown
            self._paint()

    def _plain(self, text: str) -> str:
        line = one_line(text)
        return in_ascii(line) if self._ascii else line

    def _paint(self) -> None:
        book = StyleBook(self.rich_style, self.app.theme_variables)
        self.update(Text.assemble(*((text, book.style(style)) for text, style in self._parts), no_wrap=True))

    def notify_style_update(self) -> None:
        """Another theme: the same words in its colours."""
        super().notify_style_update()
        if self._parts:
            self._paint()

    def on_click(self, event: Click) -> None:
        """Tell which part was clicked."""
        x = 0
        for index, (text, _) in enumerate(self._parts):
            if x <= event.x < x + cell_len(text) and index in self._links:
                self.post_message(self.Chosen(self._links[index]))
            x += cell_len(text)

    @property
    def words(self) -> str:
        """What it says."""
        return "".join(text for text, _ in self._parts)


def status(view: View, *, width: int, scope: str, age: str) -> tuple[Part, ...]:
    """The status line: where one is, as whom, that nothing is written, how much is known.

    On narrow screens the less important parts go first; context, READ-ONLY and coverage always stay.
    """
    state = view.state
    info = state.snapshot.source
    coverage = state.snapshot.coverage
    dot = "*" if view.ascii else "●"
    known = f"{dot} coverage {coverage.percent}%"
    whole = coverage.percent == 100
    parts: list[tuple[int, str, str]] = [
        (0, " ksec ", "accent bold"),
        (0, one_line(info.label or info.kind, max(8, width // 4)), "bold"),
        (3, one_line(f"as {info.user}", max(8, width // 3)) if info.user else "", ""),
        (2, one_line(info.server_version, 20), ""),
        (1, one_line(scope, max(8, width // 4)), "accent"),
        (1, f"as {view.lens.eyes} may" if view.lens.eyes else "", "warning bold"),
        (0, "READ-ONLY", "pass"),
        (2, age, "muted"),
        (0, known, "pass" if whole else "unknown"),
        (0, *watch_words(state, ascii=view.ascii)),
        (0, "reading …" if state.reading else "judging …" if state.judging else "", "warning"),
        (0, ("STALE" if state.stale else "ERROR") if state.error else "", "error bold"),
        (0, f"staged {len(view.plan.staged)}" if view.plan.staged else "", "mark bold"),
        (0, f"{view.ledger.unkept} NOT KEPT" if view.ledger.unkept else "", "error bold"),
    ]
    shown = [part for part in parts if part[1]]
    if width < 60:  # the words that can be shorter are
        shown = [
            (level, text.replace("coverage ", "").replace("READ-ONLY", "RO"), style)
            for level, text, style in shown
        ]
    separator = " | " if view.ascii else " ▏"
    for level in (3, 2, 1):
        if sum(len(text) + len(separator) for _, text, _ in shown) <= width:
            break
        shown = [part for part in shown if part[0] < level]
    found: list[Part] = []
    for index, (_, text, style) in enumerate(shown):
        if index > 1:
            found.append((separator, "muted"))
        found.append((text, style))
    return tuple(found)


def _shorter(text: str) -> str:
    return text.replace("coverage ", "").replace("READ-ONLY", "RO")


def watch_words(state: State, *, ascii: bool) -> Part:  # noqa: A002 - the word users know
    """How a cluster that is followed is heard of, with a style; empty while it is not followed."""
    link = state.link
    if link is None:
        return "", ""
    if link.lost:
        seconds = max(0, math.ceil(link.retry - time.monotonic()))
        when = f"retrying in {seconds} s" if seconds else "retrying"
        every = link.lost >= link.watched
        return (
            f"watch lost: {when}" if every else f"{link.lost} of {link.watched} watches lost: {when}",
            "error bold",
        )
    more = f", {len(link.polled)} polled" if link.polled else ""
    return f"{'*' if ascii else '●'} live{more}", "pass"


def age(state: State, seconds: float) -> str:
    """How old what a live cluster said is, in words; empty while it is being read."""
    live = state.link is not None and not state.link.lost
    if state.reading or live or state.snapshot.source.kind != "live":
        return ""
    return f"{int(seconds)}s ago" if seconds < 60 else f"{seconds // 60:.0f}m ago"


@dataclass(frozen=True, slots=True)
class Asked:
    """What of a list is wanted.

    Attributes:
        text: the filter as typed.
        scope: the namespaces looked at, empty for all.
        left_out: what is said of rows that are neither.
        risky: whether only risky rows are shown.
    """

    text: str = ""
    scope: str = ""
    left_out: str = ""
    risky: bool = False


def list_title(
    pane: Pane, on: Listing, counts: tuple[int, int, int], asked: Asked
) -> tuple[list[Part], dict[int, str]]:
    """The line above the list, and the views that a click on it leads to.

    Args:
        pane: the pane that is on.
        on: its view that is on.
        counts: rows shown, rows in all, rows marked.
        asked: what of the list is wanted.
    """
    shown, total, marked = counts
    parts: list[Part] = [(f" {pane.title} ", "header bold")]
    links: dict[int, str] = {}
    for index, item in enumerate(pane.listings if len(pane.listings) > 1 else ()):
        links[len(parts)] = f"listing:{index}"
        parts.append((f"[{item.title}]", "accent bold") if item is on else (f" {item.title} ", "muted"))
    parts.append((f" {shown:,}/{total:,} " if shown != total else f" {total:,} ", "bold"))
    if asked.left_out:
        parts.append((f"{asked.left_out} ", "warning"))
    if marked:
        parts.append((f" {marked:,} marked ", "mark bold"))
    if asked.risky:
        parts.append((" risky only ", "warning bold"))
    if asked.scope:
        parts.append((f" ns {one_line(asked.scope, 30)} ", "warning bold"))
    if asked.text:
        parts.append((f" / {asked.text} ", "accent bold"))
    return parts, links


class PaneStrip(Widget):
    """The numbered panes; a click goes there."""

    DEFAULT_CSS = """
    PaneStrip { height: 1; width: 1fr; background: $surface; color: $foreground; }
    """

    class Chosen(Message):
        """The pane at `index` was clicked."""

        def __init__(self, index: int) -> None:
            super().__init__()
            self.index = index

    def __init__(self, panes: tuple[Pane, ...], *, id: str, ascii: bool = False) -> None:  # noqa: A002
        super().__init__(id=id)
        self._ascii = ascii
        self._panes = panes
        self._active = 0
        self._badges: tuple[str, ...] = ("",) * len(panes)
        self._spots: list[tuple[int, int, int]] = []

    def show(self, active: int, badges: tuple[str, ...]) -> None:
        """Set which pane is on and the numbers beside the titles."""
        if (active, badges) != (self._active, self._badges):
            self._active, self._badges = active, badges
            self.refresh()

    def render(self) -> Text:
        """The strip, short when there is no room."""
        book = StyleBook(self.rich_style, self.app.theme_variables)
        indexes = range(len(self._panes))
        full = [self._label(i, badge=True) for i in indexes]
        plain = [self._label(i, badge=True, short=True) for i in indexes]
        bare = [self._label(i, badge=False, short=True) for i in indexes]
        labels = next((row for row in (full, plain, bare) if self._fits(row)), None)
        self._spots = []
        if labels is None:
            pane = self._panes[self._active]
            last = self._panes[-1].number
            return Text(
                f" {pane.number}/{last} {self._label(self._active, badge=True)[2:]}", book.style("bold")
            )
        text, x = Text(no_wrap=True), 0
        for index, label in enumerate(labels):
            cell = f" {label} "
            on = index == self._active
            text.append(
                cell, book.style("accent bold") + book.style("").parse("reverse") if on else book.style("")
            )
            self._spots.append((x, x + len(cell), index))
            x += len(cell)
            if index < len(labels) - 1:
                text.append("|" if self._ascii else "│", book.style("muted"))
                x += 1
        return text

    def _fits(self, labels: list[str]) -> bool:
        return sum(map(len, labels)) + 3 * len(labels) <= self.size.width

    def _label(self, index: int, *, badge: bool, short: bool = False) -> str:
        pane = self._panes[index]
        extra = f" {self._badges[index]}" if badge and self._badges[index] else ""
        return f"{pane.number} {(short and pane.short) or pane.title}{extra}"

    def on_click(self, event: Click) -> None:
        """Go to the clicked pane."""
        for start, end, index in self._spots:
            if start <= event.x < end:
                self.post_message(self.Chosen(index))
