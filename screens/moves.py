"""Keys that move: between panes, views, tabs, places, and from an object to its neighbours."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType

from ksec_tui.analysis.links import links
from ksec_tui.analysis.workloads import top_owner
from ksec_tui.cluster.ref import CLUSTER, ObjectRef
from ksec_tui.findings.filter import FilterError, parse
from ksec_tui.screens.detail import Detailed
from ksec_tui.screens.history import Place
from ksec_tui.screens.lines import Bar, PaneStrip
from ksec_tui.screens.widgets.table import VirtualTable
from ksec_tui.screens.widgets.text import TextLines


class Moves(Detailed):
    """Moving around."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *(
            Binding(str(number), f"pane({number})", f"Pane {number}", show=False, id=f"pane.{number}")
            for number in range(1, 10)
        ),
        Binding("0", "all_namespaces", "All namespaces", id="scope.all"),
        Binding("right_parenthesis", "listing(1)", "Next view of the pane", id="view.next"),
        Binding("left_parenthesis", "listing(-1)", "Previous view of the pane", id="view.previous"),
        Binding("right_curly_bracket", "tab(1)", "Next detail tab", id="detail.next-tab"),
        Binding("left_curly_bracket", "tab(-1)", "Previous detail tab", id="detail.previous-tab"),
        Binding("d", "show_tab('why')", "Why", id="detail.why"),
        Binding("D", "show_tab('fix')", "Fix as a diff", id="detail.fix"),
        Binding("y", "show_tab('yaml')", "YAML", id="detail.yaml"),
        Binding("u,r", "show_tab('links')", "Linked objects, used by", id="detail.links"),
        Binding("o", "owner", "Owner", id="go.owner"),
        Binding("w", "warp", "Only this namespace", id="go.namespace"),
        Binding("left_square_bracket", "back", "Back", id="history.back"),
        Binding("right_square_bracket", "forward", "Forward", id="history.forward"),
        Binding("minus", "last", "Last view", id="history.last"),
        Binding("J", "scroll_detail(3)", "Scroll the detail down", id="detail.down"),
        Binding("K", "scroll_detail(-3)", "Scroll the detail up", id="detail.up"),
        Binding("p", "preview", "Detail on or off", id="layout.preview"),
        Binding("P", "position", "Detail beside or below", id="layout.position"),
        Binding("f", "full", "Detail full screen", id="layout.full"),
        Binding("escape", "leave", "Close, clear, go up", id="leave"),
    ]

    # Panes, views, tabs

    def action_pane(self, number: int) -> None:
        """Go to the pane with that number, to where one left it."""
        for index, pane in enumerate(self.panes):
            if pane.number == number:
                here = index == self.pane_index
                self.go(
                    replace(self.place, peek=None) if here else self._as_left(index, self.listing_of[index])
                )
                return
        self.say(f"there is no pane {number}", warning=True)

    def _as_left(self, pane: int, listing: int) -> Place:
        """A view with the cursor and the order in which it was left, and the pane's filter."""
        place = self.visited.left(pane, listing) or Place(pane, listing)
        return replace(place, filter=self.filter_of[pane], peek=None)

    @on(PaneStrip.Chosen)
    def _chosen(self, message: PaneStrip.Chosen) -> None:
        self.action_pane(self.panes[message.index].number)

    @on(Bar.Chosen)
    def _part_chosen(self, message: Bar.Chosen) -> None:
        what, _, index = message.link.partition(":")
        if what == "listing":
            self.go(self._as_left(self.pane_index, int(index)))
        elif what == "tab":
            self.show_tab(int(index))

    def action_listing(self, step: int) -> None:
        """Go to the next or previous view of the pane."""
        index = (self.listing_of[self.pane_index] + step) % len(self.pane.listings)
        self.go(self._as_left(self.pane_index, index))

    def go(self, place: Place, *, remember: bool = True, ref: ObjectRef | None = None) -> None:
        """Show another place; the one that is left can be gone back to.

        Args:
            place: where to go.
            remember: whether the way there becomes part of the history.
            ref: what to look at when the place has no row for it.
        """
        left = self.place
        asked = place.asked or self.view.lens.asked
        place = replace(place, asked=asked)
        self.visited.leave(left)
        if remember:
            self.visited.visit(left, place)
        same = place.same_list(left)
        self.view = replace(self.view, lens=self.view.lens.asking(asked))
        self.pane_index = place.pane
        self.listing_of[place.pane] = place.listing
        self.filter_of[place.pane] = place.filter
        if not same:
            self.show_listing(place.key, ref)
        self.peeked = None
        if place.sort != self.place.sort and (place.sort[0] is not None or not remember):
            self.table.set_sort(*place.sort)
        if same and place.key and not self.table.move_to_key(place.key):
            self.show_listing(place.key, ref)
        self.remove_class("-open", "-full-detail")
        self.set_focus(self.table)
        if place.peek is not None:
            self.peek(place.peek, beside=place.key)
            self.open_detail(focus=True)
        self.show_detail(again=True)
        self.show_bars()

    def action_tab(self, step: int) -> None:
        """Show the next or previous detail tab."""
        self.show_tab((self.tab_index + step) % len(self.tabs))

    def action_show_tab(self, name: str) -> None:
        """Show the detail tab called `name`; the detail gets the focus where only one of both is seen."""
        self.show_tab(next(i for i, tab in enumerate(self.tabs) if tab.id == name))
        self.open_detail(focus=name == "links")

    def show_tab(self, index: int) -> None:
        """Show a detail tab by its place."""
        self.tab_index = index
        self.text.search("")
        self.show_detail()
        self.show_bars()

    def open_detail(self, *, focus: bool) -> None:
        """Make sure that the detail is seen."""
        self.remove_class("-no-detail")
        if self.has_class("-narrow") or self.has_class("-short"):
            self.add_class("-open")
            focus = True
        if focus:
            self.set_focus(self.text)

    @property
    def is_open(self) -> bool:
        """Whether keys act on the detail."""
        return self.has_class("-full-detail") or self.has_class("-open") or self.text.has_focus

    # History

    def action_back(self) -> None:
        """Go back to the place before."""
        self._return_to(self.visited.back(self.place))

    def action_forward(self) -> None:
        """Go forward again."""
        self._return_to(self.visited.forward(self.place))

    def action_last(self) -> None:
        """Go to the place before, or forward again when one has just come back."""
        self._return_to(self.visited.back(self.place) or self.visited.forward(self.place))

    def _return_to(self, place: Place | None) -> None:
        if place is None:
            self.say("there is no further place in this direction", warning=True)
            return
        self.go(place, remember=False)

    # From object to object

    @on(VirtualTable.RowOpened)
    def _row_opened(self) -> None:
        row = self.table.cursor_row
        if row is not None and row.leads:
            self.go_to_findings(row.leads)
        else:
            self.open_detail(focus=True)

    @on(TextLines.LineOpened)
    def _line_opened(self, event: TextLines.LineOpened) -> None:
        kind, _, name = event.line.link.partition(":")
        if kind == "object":
            for link in links(self.view.state.snapshot, self.row.ref if self.row else CLUSTER):
                if link.ref.id == name:
                    self.jump(link.ref)
                    return
        elif kind == "finding":
            self.go_to_findings("", name)

    def go_to_findings(self, text: str, key: str = "") -> None:
        """Show the findings under a filter, with the cursor on `key`."""
        index = next(i for i, pane in enumerate(self.panes) if pane.id == "findings")
        self.go(Place(index, 0, text, key))

    def jump(self, ref: ObjectRef) -> None:
        """Go to an object: to the list that shows it, or to its detail where no list does."""
        snapshot = self.view.state.snapshot
        found = snapshot.get(ref)
        target = (
            top_owner(snapshot, found)
            if found is not None and ref.kind in ("Pod", "ReplicaSet", "Job")
            else ref
        )
        for index, pane in enumerate(self.panes):
            for number, listing in enumerate(pane.listings):
                if target.kind in listing.shows:
                    self.go(Place(index, number, "", target.id), ref=target)
                    return
        self.go(replace(self.place, peek=ref))

    def action_owner(self) -> None:
        """Go to what made the object in hand, or to what the finding's evidence lies in."""
        row = self.row
        if row is None:
            return
        snapshot = self.view.state.snapshot
        found = snapshot.get(row.ref)
        above = top_owner(snapshot, found) if found is not None else row.ref
        if row.finding is None and above == row.ref:
            self.say(f"{row.ref} has no owner", warning=True)
            return
        self.jump(above)

    def action_warp(self) -> None:
        """Look at the namespace of the object in hand only."""
        row = self.row
        name = "" if row is None else row.ref.name if row.ref.kind == "Namespace" else row.ref.namespace
        if not name:
            self.say("this object is in no namespace", warning=True)
            return
        self.set_scope(name)

    def set_scope(self, scope: str) -> None:
        """Show only some namespaces in every pane: names and globs, comma-separated, `!` excludes."""
        try:
            parse(f"ns:{scope}" if scope else "")
        except FilterError as error:
            self.say(f"{scope}: {error}", error=True)
            return
        self.scope = scope
        self.apply_filter()

    def action_all_namespaces(self) -> None:
        """Look at all namespaces again."""
        self.set_scope("")

    # Layout

    def action_scroll_detail(self, lines: int) -> None:
        """Scroll the detail without leaving the list."""
        self.text.scroll_relative(y=lines, animate=False)

    def action_preview(self) -> None:
        """Show or hide the detail."""
        self.toggle_class("-no-detail")
        if self.has_class("-no-detail"):
            self.set_focus(self.table)

    def action_position(self) -> None:
        """Put the detail beside or below the list, where there is room for both."""
        self.toggle_class("-below")

    def action_full(self) -> None:
        """Give the detail the whole screen, or take it back."""
        self.toggle_class("-full-detail")
        self.set_focus(self.text if self.has_class("-full-detail") else self.table)

    def action_leave(self) -> None:
        """Undo the innermost thing: a search, the open detail, a peek, the filter, marks. Never quits."""
        if self.text.pattern:
            self.text.search("")
        elif self.is_open:
            self.remove_class("-full-detail", "-open")
            self.set_focus(self.table)
        elif self.peeked is not None:
            self.peeked = None
            self.show_detail(again=True)
        elif self.table.in_range or self.table.marks:
            self.table.clear_marks()
        elif self.filter_text:
            self.filter_of[self.pane_index] = ""
            self.apply_filter()
        elif self.risky_only:
            self.risky_only = False
            self.apply_filter()
        elif self.scope:
            self.set_scope("")
        elif self.visited.can_go_back:
            self.action_back()
        self.show_bars()
