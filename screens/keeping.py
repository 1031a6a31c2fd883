"""What outlives the sitting: where one was, what one typed; bookmarks and saved views with their keys and commands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import ClassVar

import msgspec
from textual import on
from textual.binding import Binding, BindingType
from textual.message import Message

from ksec_tui.cluster.text import one_line
from ksec_tui.screens.arrivals import RowsReady
from ksec_tui.screens.history import Place
from ksec_tui.screens.looking import fits, left_as, look_of, place_of, where_of
from ksec_tui.screens.modals import Pick
from ksec_tui.screens.networking import Networking
from ksec_tui.screens.prompt import PromptBar
from ksec_tui.session import Session
from ksec_tui.state.keeper import Keeper
from ksec_tui.state.values import Bookmark, Look, Where

LONGEST_NAME = 60
"""Characters of the name of a saved view."""


class Bookmarks(Pick):
    """The bookmarks: one to go to, or to take away."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("d,delete", "drop", "Take the bookmark away", id="bookmarks.drop"),
    ]
    HINT = "enter goes there, d takes it away, esc cancels"

    def action_drop(self) -> None:
        """Close, and tell which bookmark to take away."""
        chosen = self.chosen
        if chosen:
            self.dismiss(f"-{chosen}")


class Keeping(Networking):
    """Keeping things."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("b", "bookmark", "Bookmark the object or the list, or take it away", id="bookmark"),
        Binding("apostrophe", "bookmarks", "Bookmarks", id="bookmark.list"),
    ]

    class NotKept(Message):
        """Something could not be kept."""

        def __init__(self, words: str) -> None:
            super().__init__()
            self.words = words

    def __init__(
        self,
        session: Session,
        *,
        ascii: bool = False,  # noqa: A002 - the word users know
        filter: str = "",  # noqa: A002
        keeper: Keeper | None = None,
        views: Mapping[str, Look] | None = None,
    ) -> None:
        super().__init__(session, ascii=ascii)
        self.keeper = keeper or Keeper()
        self.keeper.tell = self._tell
        self.given_views = views or {}
        self._filter_at_start = filter
        self._remembered: Where | None = None
        self._returning = False

    # Where one was

    def on_mount(self) -> None:
        """Start once all is mounted; from then on keep where one is, for a terminal that is closed without a word."""
        self.call_next(self.begin)
        self.set_interval(1.0, self.remember)

    def _tell(self, words: str) -> None:
        self.post_message(self.NotKept(words))

    def begin(self) -> None:
        """Start where one left, unless the command line says where."""
        kept = self.keeper.kept
        self.prompt.bring_back(kept.typed)
        if kept.where is not None:
            self._return(kept.where)
        if self._filter_at_start:
            place = Place(next(i for i, pane in enumerate(self.panes) if pane.id == "findings"))
            self.go(place, remember=False)
            self.set_filter(self._filter_at_start)
        if self.keeper.trouble:
            self.say(self.keeper.trouble, warning=True, seconds=12)
        self._remembered = where_of(self, self.tab.id)

    def _return(self, where: Where) -> None:
        names = {pane.id: index for index, pane in enumerate(self.panes)}
        for name, view in where.views.items():
            if name in names:
                listings = self.panes[names[name]].listings
                found = (i for i, item in enumerate(listings) if item.id == view)
                self.listing_of[names[name]] = next(found, 0)
        self.table.wide = where.wide
        self.set_class(where.folded, "-no-detail")
        self.set_class(where.below, "-below")
        self.tab_index = next((i for i, tab in enumerate(self.tabs) if tab.id == where.tab), 0)
        if not self._filter_at_start:
            for name, text in where.filters.items():
                if name in names and fits(text):
                    self.filter_of[names[name]] = text
            self._show_again(where)
        for place in left_as(self.panes, where):
            if (place.pane, place.listing) != (self.pane_index, self.listing_of[self.pane_index]):
                self.visited.leave(place)

    def _show_again(self, where: Where) -> None:
        look = where.look
        if self.view.state.snapshot.source.namespaces:  # those of the command line
            look = msgspec.structs.replace(look, namespaces="")
        if self.show_look(look, where.row, remember=False):
            self._returning = bool(where.row)
            left_out = [
                f"only {look.namespaces}" if self.scope else "",
                "risky only" if self.risky_only else "",
            ]
            left_out.append(f"/{self.filter_text}" if self.filter_text else "")
            if any(left_out):
                self.say(f"as you left it: {', '.join(item for item in left_out if item)}")

    def _reach(self, message: RowsReady) -> None:
        """Where one was may come with the last page, or the last check; until then one is on the way there."""
        state = self.view.state
        waits = self._busy or self.table.arranging or state.reading or state.judging or not message.rows
        if self._returning and waits and not self.table.move_to_key(self._wanted[0]):
            return
        back, self._returning = self._returning, False
        key = self._wanted[0]
        super()._reach(message)
        if (
            back and self.peeked is None and self.table.cursor_key != key
        ):  # it is gone: the worst comes on top
            self.table.move_to_index(0)

    def on_key(self) -> None:
        """Who moves does not want to be brought to where they were any more."""
        super().on_key()
        if self._returning:
            self._returning = False
            self._wanted = ("", None)

    def remember(self, *, row: bool = False) -> None:
        """Keep where one is, where that has changed; with the `row` under the cursor on leaving."""
        if not self.is_mounted:
            return
        where = where_of(self, self.tab.id)
        if not row:
            where = msgspec.structs.replace(where, row=self._remembered.row if self._remembered else "")
        if where != self._remembered:
            self._remembered = where
            self.keeper.change(lambda kept: kept.at(where))

    @on(PromptBar.Submitted)
    def _typed(self, message: PromptBar.Submitted) -> None:
        self.keeper.change(lambda kept: kept.with_typed(message.mode, message.text))

    @on(NotKept)
    def _not_kept(self, message: NotKept) -> None:
        self.say(message.words, warning=True, seconds=12)

    def show_look(self, look: Look, row: str = "", *, remember: bool = True) -> bool:
        """Show a list as it is kept; False when there is no such pane any more."""
        place = place_of(self.panes, look, row)
        if place is None:
            self.say(f"there is no pane {one_line(look.pane, 40)}", warning=True)
            return False
        self.scope = look.namespaces if fits(look.namespaces, "ns") else ""
        self.risky_only = look.risky
        self.go(place, remember=remember)
        self.apply_filter()
        return True

    # Bookmarks

    def action_bookmark(self) -> None:
        """Bookmark the object in hand; ask whether it or the list is meant where the list is filtered."""
        row = self.row
        listed = self._list_mark()
        if row is None:
            self._toggle(listed)
            return
        named = f"{row.finding.check} on {row.ref}" if row.finding is not None else str(row.ref)
        look = msgspec.structs.replace(
            listed.look, filter="", namespaces="", risky=False, sort="", reverse=False
        )
        own = Bookmark(one_line(named, 200), look, row.key, row.ref.id)
        if not (self.filter_text or self.scope or self.risky_only):
            self._toggle(own)
            return
        choices = [(mark, f"{self._verb(mark)} {mark.words}") for mark in (own, listed)]

        def chosen(answer: str | None) -> None:
            if answer is not None:
                self._toggle(choices[int(answer)][0])

        shown = [(str(index), words) for index, (_, words) in enumerate(choices)]
        self.app.push_screen(Pick("Bookmark", shown, ascii=self.view.ascii), chosen)

    def bookmark_list(self) -> None:
        """Bookmark the list as it is, or take that bookmark away."""
        self._toggle(self._list_mark())

    def _list_mark(self) -> Bookmark:
        look = look_of(self)
        words = [self.pane.title, *([self.listing.title] if len(self.pane.listings) > 1 else [])]
        words += [
            f"/{look.filter}" if look.filter else "",
            f"ns {look.namespaces}" if look.namespaces else "",
        ]
        words += ["risky only" if look.risky else "", self._asked_of(look)]
        return Bookmark(one_line(" ".join(["list", *(word for word in words if word)]), 200), look)

    def _asked_of(self, look: Look) -> str:
        asked = {"who-can": look.question, "reach": look.reach, "blast": look.blast}
        return asked.get(look.view, "")

    def _verb(self, mark: Bookmark) -> str:
        return "take away" if self.keeper.kept.has(mark) else "mark"

    def _toggle(self, mark: Bookmark) -> None:
        if self.keeper.kept.has(mark):
            self.keeper.change(lambda kept: kept.without_bookmark(mark))
            self.say(f"bookmark taken away: {mark.words}")
        else:
            self.keeper.change(lambda kept: kept.with_bookmark(mark))
            self.say(f"bookmarked: {mark.words}")

    def action_bookmarks(self) -> None:
        """Choose a bookmark to go to."""
        marks = self.keeper.kept.bookmarks
        if not marks:
            self.say(self.disabled_reason("bookmarks"), warning=True)
            return

        def chosen(answer: str | None) -> None:
            if answer is None:
                return
            if answer.startswith("-"):
                self._toggle(marks[int(answer[1:])])
                if len(marks) > 1:
                    self.action_bookmarks()
            else:
                self._go_to_mark(marks[int(answer)])

        shown = [(str(index), mark.words) for index, mark in enumerate(marks)]
        self.app.push_screen(Bookmarks("Bookmarks", shown, ascii=self.view.ascii), chosen)

    def _go_to_mark(self, mark: Bookmark) -> None:
        if not mark.row:
            self.show_look(mark.look)
            return
        place = place_of(self.panes, mark.look, mark.row)
        if place is not None:
            self.go(place, ref=mark.ref)
        elif mark.ref is not None:
            self.jump(mark.ref)

    # Saved views

    def _views(self) -> dict[str, Look]:
        return {**self.given_views, **self.keeper.kept.views}

    def view_words(self) -> Iterable[str]:
        """What may follow ``:view``."""
        mine = sorted(self.keeper.kept.views)
        return (
            *sorted(self._views()),
            *(f"{verb} {name}" for verb in ("save", "delete") for name in mine),
            "save ",
        )

    def view_command(self, text: str) -> None:
        """Show a saved view, save what is shown as one, delete one; without a name, choose one."""
        verb, _, name = text.partition(" ")
        name = one_line(name.strip(), LONGEST_NAME)
        if verb == "save" and name:
            look = look_of(self)
            said = "replaced" if name in self.keeper.kept.views else "saved"
            self.keeper.change(lambda kept: kept.with_view(name, look))
            self.say(f"{said}: :view {name} shows it again")
        elif verb == "delete" and name:
            self._delete_view(name)
        elif verb in ("save", "delete"):
            self.say(f"view {verb} NAME is expected", error=True)
        elif text:
            self._show_view(text)
        else:
            self._choose_view()

    def _show_view(self, name: str) -> None:
        look = self._views().get(one_line(name, LONGEST_NAME))
        if look is None:
            self.say(f"there is no view {name}{self._near(name)}", error=True)
        else:
            self.show_look(look)

    def _near(self, name: str) -> str:
        close = get_close_matches(name, self._views(), 1)
        return f"; did you mean {close[0]}?" if close else ": view save NAME makes one of what is shown"

    def _delete_view(self, name: str) -> None:
        if name in self.keeper.kept.views:
            self.keeper.change(lambda kept: kept.without_view(name))
            self.say(f"deleted: the view {name}")
        elif name in self.given_views:
            self.say(f"the view {name} stands in the settings file: take it out there", error=True)
        else:
            self.say(f"there is no view {name}{self._near(name)}", error=True)

    def _choose_view(self) -> None:
        names = sorted(self._views())
        if not names:
            self.say("no view is saved: view save NAME makes one of what is shown", warning=True)
            return

        def chosen(name: str | None) -> None:
            if name is not None:
                self._show_view(name)

        looks = self._views()
        shown = [(name, f"{name}   {self._told(looks[name])}") for name in names]
        self.app.push_screen(Pick("Saved views", shown, ascii=self.view.ascii), chosen)

    def _told(self, look: Look) -> str:
        parts = (look.pane, look.view, look.filter, look.namespaces and f"ns {look.namespaces}")
        return " ".join(part for part in parts if part)

    def disabled_reason(self, action: str) -> str:
        """Why an action can do nothing now; empty when it can."""
        if action == "bookmarks" and not self.keeper.kept.bookmarks:
            return "there are no bookmarks"
        return super().disabled_reason(action)
