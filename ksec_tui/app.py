"""The app: themes, the explorer on one session, and the way to another cluster."""

from __future__ import annotations

import gc
import importlib
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING, Any, ClassVar

from rich.console import RenderableType
from rich.text import Text
from textual import work
from textual.app import App, SuspendNotSupported, SystemCommand
from textual.binding import BindingType
from textual.command import Hit, Hits, Provider
from textual.content import Content
from textual.events import Event, Key
from textual.screen import Screen
from textual.worker import WorkerFailed

from ksec_tui import themes
from ksec_tui.cluster.mishap import trace
from ksec_tui.cluster.text import one_line
from ksec_tui.screens.arrivals import StateArrived
from ksec_tui.screens.key_order import KeyOrder
from ksec_tui.screens.opening import Opening
from ksec_tui.sources.collector import gc_young_only

# The explorer and all that it needs is imported once the first frame is on the screen.
if TYPE_CHECKING:
    from pathlib import Path

    from ksec_tui.cluster.snapshot import SourceInfo
    from ksec_tui.findings.check import Check
    from ksec_tui.screens.explorer import Explorer
    from ksec_tui.session import Session, State
    from ksec_tui.sources.base import Source
    from ksec_tui.state.keeper import Keeper
    from ksec_tui.state.values import Look
    from ksec_tui.triage.scribe import Scribe

EXPLORER = "ksec_tui.screens.explorer"
"""The module of the explorer."""

Settings = tuple[str, Mapping[str, str], Mapping[str, "Look"]]
"""Theme, keys of bindings by their ids, saved views by their names."""

Opener = Callable[[str], "Source"]
"""From the name of a context to its source; raises SourceError."""

Filed = Callable[["SourceInfo"], tuple["Path | None", "Path | None"]]
"""From a source to its triage file and the file of what was seen in it."""


class ObjectProvider(Provider):
    """The palette's objects: what the present list shows."""

    async def search(self, query: str) -> Hits:
        """Objects whose name matches."""
        screen = self.app.explorer if isinstance(self.app, KsecApp) else None
        if screen is None or screen is not self.screen:
            return
        matcher = self.matcher(query)
        for row in screen.rows_shown():
            name = one_line(f"{row.ref.kind} {row.ref.path}", 120)
            score = matcher.match(name)
            if score > 0:
                # Not the matcher's own highlighting: that reads the name as markup.
                yield Hit(score, Content(name), lambda row=row: screen.jump(row.ref), text=name)


class KsecApp(App[int]):
    """ksec-tui.

    Args:
        source: the cluster to explore first.
        contexts: names of the contexts that can be opened instead.
        opener: opens one of them.
        theme: name of a theme.
        ascii: draw with ASCII characters only.
        filter: the filter of the findings at the start.
        keys: binding id to keys, comma-separated.
        checks: what to look for; None for every check that is not optional.
        keeps: whether where one was, bookmarks and saved views outlive the sitting.
        views: saved views of the settings, by name.
        settings: reads the settings again; raises ConfigError.
        triage: from a source to the files of its decisions and of what was seen in it; None for those it has not.
        watch: follow a live cluster as it changes.
    """

    TITLE = "ksec"
    CSS_PATH: ClassVar[str] = str(themes.STYLESHEET)
    COMMANDS: ClassVar[set[type[Provider] | Callable[[], type[Provider]]]] = App.COMMANDS | {ObjectProvider}
    BINDINGS: ClassVar[list[BindingType]] = []

    def __init__(
        self,
        source: Source,
        *,
        contexts: Callable[[], Sequence[str]] = tuple,
        opener: Opener | None = None,
        theme: str = themes.DEFAULT,
        ascii: bool = False,  # noqa: A002 - the word users know
        filter: str = "",  # noqa: A002
        keys: Mapping[str, str] | None = None,
        checks: Sequence[Check[Any]] | None = None,
        keeps: bool = False,
        views: Mapping[str, Look] | None = None,
        settings: Callable[[], Settings] | None = None,
        triage: Filed = lambda _: (None, None),
        watch: bool = False,
    ) -> None:
        super().__init__()
        for item in themes.discover():
            self.register_theme(item)
        self.theme = theme
        self.rebound = dict(keys or {})
        self._contexts = contexts
        self._opener = opener
        self._ascii = ascii
        self._filter = filter
        self._source = source
        self._checks = checks
        self._session: Session | None = None
        self._imported = False
        self._keeps = keeps
        self._views = dict(views or {})
        self._settings = settings
        self._keepers: list[Keeper | Scribe] = []
        self._triage = triage
        self._watch = watch
        self._keys = KeyOrder(self, super().on_event)

    @property
    def session(self) -> Session:
        """The sitting with the cluster that is being explored."""
        if self._session is None:
            from ksec_tui.session import Session

            self._session = Session(self._source, self._publish, self._checks, follow=self._watch)
        return self._session

    @property
    def explorer(self) -> Explorer | None:
        """The explorer, whatever stands above it; None before it is there."""
        if not self._imported:  # who imports it meanwhile would have to be waited for
            return None
        from ksec_tui.screens.explorer import Explorer

        return next((screen for screen in self.screen_stack if isinstance(screen, Explorer)), None)

    def _fatal_error(self) -> None:
        """Say what ended the program. Textual would show local variables too: what was read of a cluster."""
        error = self._exception
        if error is not None:
            self.panic(Text(trace(error.error if isinstance(error, WorkerFailed) else error)))

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Our style sheet's variables, for themes that are not ours."""
        return dict(themes.discover()[0].variables)

    def get_default_screen(self) -> Opening:
        """What is below the explorer, and the first frame while that is still to be imported."""
        return Opening(self._source.info.label, self._go_on, ascii=self._ascii)

    async def on_event(self, event: Event) -> None:
        """Keys go one after the other."""
        if isinstance(event, Key) and not event.is_forwarded:
            await self._keys.take(event)
        else:
            await super().on_event(event)

    def on_mount(self) -> None:
        """Show the explorer at once where it is imported already."""
        gc_young_only()
        self.set_class(self._ascii, "-ascii")
        self.set_keymap(self.rebound)
        if EXPLORER in sys.modules:
            self._show_explorer()

    def on_ready(self) -> None:
        """The command line switches the collector off to start faster."""
        gc.enable()

    def _go_on(self) -> None:
        if self.explorer is None:
            self._import_explorer()

    @work(thread=True)
    def _import_explorer(self) -> None:
        importlib.import_module(EXPLORER)
        # And all that it would else import while it draws.
        from ksec_tui.screens import details, pane, panes
        from ksec_tui.screens.details import tab

        pane.discover(panes)
        tab.discover(details)
        self.call_from_thread(self._show_explorer)

    def _show_explorer(self) -> None:
        self._imported = True
        if self.explorer is None:
            self.push_screen(self._explorer())

    def _explorer(self) -> Explorer:
        from ksec_tui.screens.explorer import Explorer
        from ksec_tui.state.keeper import Keeper
        from ksec_tui.state.store import state_file
        from ksec_tui.triage.scribe import Scribe

        first, self._filter = self._filter, ""
        keeper = Keeper(state_file(self._source.info) if self._keeps else None)
        scribe = Scribe(*self._triage(self._source.info))
        self._keepers += [keeper, scribe]
        explorer = Explorer(
            self.session, self, ascii=self._ascii, filter=first, keeper=keeper, views=self._views
        )
        explorer.use_scribe(scribe)
        return explorer

    def _keep(self) -> None:
        """Keep where one is."""
        explorer = self.explorer
        if explorer is not None:
            explorer.remember(row=True)

    def on_unmount(self) -> None:
        """Stop reading, write what is to be kept."""
        if self._session is not None:
            self._session.close(timeout=2.0)
        for keeper in self._keepers:
            keeper.close(timeout=2.0)

    def _publish(self, state: State) -> None:
        """Pass a State on to the explorer; called from the session's threads."""
        explorer = self.explorer
        if explorer is not None:
            explorer.post_message(StateArrived(state))

    # What the explorer asks of the world outside

    def contexts(self) -> Sequence[str]:
        """Names of the contexts that can be opened."""
        return self._contexts() if self._opener else ()

    def open_context(self, name: str) -> None:
        """Start over with another context; its login may use the terminal."""
        if self._opener is None:
            return
        source = self._open(self._opener, name)
        if source is None:
            return
        self.session.stop()
        self._watch = self.session.follows
        self._keep()
        self._source, self._session = source, None
        self.switch_screen(self._explorer())

    def read_settings(self) -> str:
        """Go on with theme, keys and views as the settings say by now.

        Raises:
            ConfigError: they cannot be used; nothing changes.
        """
        if self._settings is None:
            return "there are no settings to read"
        self.theme, keys, views = self._settings()
        self.rebound, self._views = dict(keys), dict(views)
        self.set_keymap(self.rebound)
        explorer = self.explorer
        if explorer is not None:
            explorer.given_views = self._views
            explorer.show_bars()
        return "theme, keys and views are those of the settings now"

    def _open(self, opener: Opener, name: str) -> Source | None:
        """Open a context while its login may have the terminal; None when that failed, which is said."""
        from ksec_tui.sources.base import SourceError

        with ExitStack() as stack:
            # Without a terminal there is none to leave to the login.
            with suppress(SuspendNotSupported):
                stack.enter_context(self.suspend())
            # Nothing may be raised in here: Textual would not take the terminal back.
            try:
                return opener(name)
            except SourceError as error:
                failure = str(error)
        self.notify(one_line(failure, 300), severity="error", markup=False)
        return None

    # Leaving

    def exit(
        self, result: int | None = None, return_code: int = 0, message: RenderableType | None = None
    ) -> None:
        """Leave; where one is will be where one starts."""
        self._keep()
        super().exit(result, return_code, message)

    async def action_quit(self) -> None:
        """Leave as the explorer does: not without a question when fixes were not exported."""
        explorer = self.explorer
        if explorer is None or not explorer.unsaved:
            self.exit()
        elif explorer is self.screen:
            explorer.leave_program()
        else:  # somebody is being asked something
            self.screen.dismiss(None)

    def requests(self) -> Sequence[str]:
        """What was asked of the API server, newest last."""
        log: Iterable[object] = getattr(self.session.source, "log", ())
        return [str(item) for item in tuple(log)]

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """The palette's actions: every key of the explorer that can do something now."""
        yield from super().get_system_commands(screen)
        explorer = self.explorer
        if explorer is None or screen is not explorer:
            return
        from ksec_tui.screens.keys import all_keys, spelled

        for key in all_keys(type(explorer)):
            words = explorer.words_of(key)
            useful = words and not explorer.disabled_reason(key.action.partition("(")[0])
            if key.scope == "everywhere" and useful:
                action = f"screen.{key.action}"
                keys = spelled(self.rebound.get(key.id, key.keys))
                yield SystemCommand(words, f"key {keys}", lambda action=action: self._run_later(action))

    def _run_later(self, action: str) -> None:
        self.call_later(self.run_action, action)
