"""The explorer: the one screen on which everything is looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import ClassVar, Protocol

from rich.cells import cell_len
from textual.binding import Binding, BindingType

from ksec_tui.config import ConfigError
from ksec_tui.screens import commands
from ksec_tui.screens.details.tab import heading, line, prose
from ksec_tui.screens.keeping import Keeping
from ksec_tui.screens.keys import Key, all_keys, spelled
from ksec_tui.screens.modals import Pick, Read
from ksec_tui.screens.pane import Row
from ksec_tui.screens.widgets.text import Line
from ksec_tui.session import Session
from ksec_tui.state.keeper import Keeper
from ksec_tui.state.values import Look


class Cluster(Protocol):
    """What the explorer may ask of the world outside."""

    def contexts(self) -> Sequence[str]:
        """Names of the contexts that can be opened; none when the source is no live cluster."""

    def open_context(self, name: str) -> None:
        """Start over with another context."""

    def read_settings(self) -> str:
        """Take theme, keys and views from the settings again; returns what came of it, raises ConfigError."""

    def requests(self) -> Sequence[str]:
        """What was asked of the API server, one line each; none when the source is no live cluster."""


class Explorer(Keeping):
    """All keys together, help, log, quitting."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("question_mark,f1", "help", "Help", id="help"),
        Binding("R,ctrl+r", "refresh", "Read everything again", id="refresh"),
        Binding("at", "log", "Requests to the API server", id="log"),
        Binding("q", "quit_safely", "Close; from the list, quit", id="quit"),
        Binding("ctrl+c", "interrupt", "Copy the selection; twice quits", id="interrupt", priority=True),
    ]

    def __init__(
        self,
        session: Session,
        cluster: Cluster,
        *,
        ascii: bool = False,  # noqa: A002 - the word users know
        filter: str = "",  # noqa: A002
        keeper: Keeper | None = None,
        views: Mapping[str, Look] | None = None,
    ) -> None:
        super().__init__(session, ascii=ascii, filter=filter, keeper=keeper, views=views)
        self._cluster = cluster
        self._interrupted = False

    def hints(self) -> tuple[tuple[str, str], ...]:
        """At most seven keys that matter here, as they are bound."""
        # Bindings by their ids, each with what it does here.
        pairs: list[tuple[str, str]]
        if self.text.has_focus:
            here = self.line_hints()
            follow = [] if self.line_findings else [("text.open", "follow")]
            tabs = ("detail.previous-tab detail.next-tab", "tab")
            pairs = [*here, ("leave", "list"), *follow, ("filter", "search"), tabs, ("layout.full", "full")]
        elif self.pane.id == "fixes" and self.view.plan.staged:
            pairs = [("fix.hunks", "hunks"), ("fix.edit", "edit"), ("fix.stage", "take out")]
            pairs += [("fix.export", "export"), ("detail.fix", "diff")]
            on_plan = self.listing.id == "plan"
            pairs.append(("tree.fold tree.unfold", "fold") if on_plan else ("view.previous", "plan"))
        else:
            pairs = [
                ("table.open", "open"),
                ("fix.stage", "stage"),
                ("filter", "filter"),
                ("filter.risky", "risky"),
                ("detail.fix", "diff"),
                ("detail.yaml", "yaml"),
            ]
            if len(self.pane.listings) > 1:
                pairs.insert(1, ("view.next", "view"))
            if self.pane.id == "priorities":
                pairs[0:2] = [("table.open", "fold"), ("view.next", "lens")]
                pairs.insert(3, ("paths.follow", "if taken"))
            if self.pane.id == "findings":
                pairs.insert(2, ("triage.decide", "triage"))
            if self.pane.id == "network":
                pairs[2:2] = [("go.network", "network"), ("network.reach", "ask")]
            if self.view.plan.staged:
                pairs.insert(2, ("fix.export", "export"))
        told = [(f" {self.key(ids)} ", f"{words} ") for ids, words in (*pairs[:6], ("help", "help"))]
        # The key that tells of all others stays, however narrow it is.
        while len(told) > 1 and sum(cell_len(key + words) for key, words in told) > self.size.width:
            del told[-2]
        return tuple(part for key, words in told for part in ((key, "accent bold"), (words, "muted")))

    # Commands

    def complete_command(self, text: str, cursor: int) -> tuple[int, list[str]]:
        """What may stand at the cursor of a command."""
        return commands.complete_line(self, text, cursor)

    def run_command(self, text: str) -> None:
        """Carry out a command."""
        commands.run_line(self, text)

    def rows_shown(self) -> Iterable[Row]:
        """The rows of the list, filtered."""
        return self.table.shown[:5000]

    def read_settings(self) -> None:
        """Go on with what the settings say by now; what is wrong with them changes nothing."""
        try:
            self.say(self._cluster.read_settings())
        except ConfigError as error:
            self.say(str(error), error=True, seconds=12)

    def set_theme(self, name: str) -> None:
        """Change the colours."""
        if name in self.app.available_themes:
            self.app.theme = name
        else:
            self.say(f"there is no theme {name}; there are {', '.join(self.theme_names())}", error=True)

    def theme_names(self) -> Iterable[str]:
        """The themes there are."""
        return sorted(self.app.available_themes)

    def context_names(self) -> Iterable[str]:
        """The contexts there are."""
        return self._cluster.contexts()

    def change_context(self, name: str) -> None:
        """Open another context, by name or from a list."""
        known = self._cluster.contexts()
        if name in known:
            self.unless_unsaved(f"open {name}", lambda: self._cluster.open_context(name))
        elif not known:
            self.say("there is no kubeconfig here to choose a context from", error=True)
        elif name:
            self.say(f"there is no context {name}", error=True)
        else:

            def chosen(context: str | None) -> None:
                if context is not None:
                    self.change_context(context)

            self.app.push_screen(
                Pick("Context", [(context, context) for context in known], ascii=self.view.ascii), chosen
            )

    # Refresh, log, help

    def action_refresh(self) -> None:
        """Read everything again; what is on screen stays until it is there."""
        self.session.refresh()

    def keep_watch(self, text: str) -> None:
        """Follow the cluster from now on (``on``), or leave it as it was read (``off``); else say which it is."""
        if not self.session.can_follow:
            self.say("there is no live cluster to follow here", error=True)
        elif text in ("on", "off"):
            self.session.follow(on=text == "on")
            self.say("the cluster is followed" if text == "on" else "the cluster is not followed any more")
        elif text:
            self.say("say :watch on or :watch off", error=True)
        else:
            self.say(self._followed())

    def _followed(self) -> str:
        link = self.view.state.link
        if link is None:
            return (
                "the cluster is about to be followed"
                if self.session.follows
                else "the cluster is not followed"
            )
        said = f"{link.watched:,} lists are watched"
        if link.lost:
            said += f", {link.lost:,} of them not heard of ({', '.join(link.silent)}): {link.reason}"
        if link.polled:
            every = (f"{name} (every {link.listed_again(name):.0f} s)" for name in link.polled)
            said += f"; listed again instead: {', '.join(every)}"
        return said

    def action_log(self) -> None:
        """Show every request to the API server."""
        lines = [line(text) for text in self._cluster.requests()]
        shown = lines or [line("no API server was asked anything", "muted")]
        self.app.push_screen(Read("Requests", shown, ascii=self.view.ascii))

    def action_help(self) -> None:
        """Show what this pane answers, every key, and why some do nothing now."""
        self.app.push_screen(Read(f"Help: {self.pane.title}", list(self._help()), ascii=self.view.ascii))

    def _help(self) -> Iterator[Line]:
        yield from prose(self.pane.help, min(90, self.size.width * 9 // 10 - 6))
        scope = ""
        keymap = self.app_keys()
        for key in all_keys(type(self)):
            if key.scope != scope:
                scope = key.scope
                yield heading(f"Keys {scope}")
            words = self.words_of(key)
            if not words:
                continue
            reason = self.disabled_reason(key.action.partition("(")[0])
            keys = spelled(keymap(key.id, key.keys))
            yield Line(
                ((f"  {keys:16}", "accent"), (f"{words:40} ", "muted" if reason else ""), (key.id, "muted"))
            )
            if reason:
                yield line(f"{'':18}not now: {reason}", "warning")
        yield Line((("  ctrl+p          ", "accent"), ("Palette of actions and objects", "")))
        yield line()
        yield heading("Commands")
        for command in commands.COMMANDS:
            yield Line(((f"  :{command.name} {command.usage}".ljust(36), "accent"), (command.help, "")))
        yield line("  :findings :ns :rbac …  go to a pane, with a filter behind it", "muted")

    def words_of(self, key: Key) -> str:
        """What a key does, panes by their names; empty for the number of a pane that there is not."""
        name, _, argument = key.action.partition("(")
        if name != "pane":
            return key.words
        titles = (pane.title for pane in self.panes if f"{pane.number})" == argument)
        return next((f"Go to {title}" for title in titles), "")

    def app_keys(self) -> Callable[[str, str], str]:
        """The keys of a binding id, as the user may have rebound them."""
        rebound: dict[str, str] = dict(getattr(self.app, "rebound", {}))
        return lambda name, default: rebound.get(name, default)

    def disabled_reason(self, action: str) -> str:
        """Why an action can do nothing now; empty when it can."""
        if action == "log" and not self._cluster.requests():
            return "no API server was asked anything"
        if action == "listing" and len(self.pane.listings) == 1:
            return "this pane has one view"
        return super().disabled_reason(action)

    # Leaving

    def action_quit_safely(self) -> None:
        """Close what is open above the list; leave from there, after a question when fixes were not exported."""
        if self.is_open or self.peeked is not None:
            self.action_leave()
        else:
            self.leave_program()

    def leave_program(self) -> None:
        """Leave; asks first when staged fixes or decisions would be lost."""
        self.unless_unsaved("leave", self.app.exit)

    def action_interrupt(self) -> None:
        """Copy what is selected; without a selection, a second press leaves."""
        selected = self.get_selected_text()
        if selected:
            self.copy(selected)
            return
        if self._interrupted:
            self.app.exit()
            return
        self._interrupted = True
        self.say("press ctrl+c again to quit")
        self.set_timer(3.0, self._forget_interrupt)

    def _forget_interrupt(self) -> None:
        self._interrupted = False
