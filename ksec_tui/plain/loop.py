"""Leads from screen to screen: takes an answer, finds out what it means, says what comes of it."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable

from ksec_tui.cluster.text import one_line
from ksec_tui.plain.desk import Desk
from ksec_tui.plain.talk import Talk
from ksec_tui.plain.view import Move, Screen, View, Word, confirm, counted, said

PAGE = 20
"""Lines of a page."""
INTERRUPTED = 130
"""The exit code after Ctrl-C."""

_TURNS_PAGES = ("", "more", "again", "back")
"""What is said to the help itself."""

Place = Callable[[Desk, str], Move]
"""Makes the way to a screen that can be named anywhere; takes what was said after its name."""


class _Frame:
    """An open screen and the first line that is shown of it; help lies over the screen that it is about."""

    def __init__(self, screen: Screen, *, help: bool = False) -> None:  # noqa: A002 - what it is
        self.screen = screen
        self.help = help
        self.at = 0
        self.view: View | None = None


class Loop:
    """One session.

    Args:
        desk: what is worked on.
        talk: where lines go and answers come from.
        home: the first screen.
        places: what can be named anywhere: word -> what it is, and the way there.
        first: the screen over the first one to begin with.
    """

    def __init__(
        self,
        desk: Desk,
        talk: Talk,
        home: Screen,
        places: dict[str, tuple[str, Place]],
        first: Screen | None = None,
    ) -> None:
        self._desk = desk
        self._talk = talk
        self._frames = [_Frame(screen) for screen in (home, first) if screen is not None]
        self._places = places
        self._everywhere = (
            Word("more", "the next page; so does Enter alone", self._more),
            Word("again", "this screen from its beginning", self._again),
            Word("back", "to the screen before", self._back),
            Word("home", "to the first screen", lambda _: Move(home=True)),
            Word("undo", "take the last staging or decision back", lambda _: said(*desk.undo())),
            Word("redo", "do it again", lambda _: said(*desk.redo())),
            Word("refresh", "read everything anew", lambda _: Move(desk.refresh(), home=True)),
            Word("help", "what can be said here; so does ?", self._help),
            Word("quit", "leave", self._quit),
        )

    def run(self) -> int:
        """Talk until the user leaves; the exit code."""
        self._show()
        while True:
            try:
                answer = self._talk.ask(self._view().prompt)
            except EOFError:
                self._leave("")
                return 0
            except KeyboardInterrupt:
                self._leave("Interrupted.")
                return INTERRUPTED
            try:
                move = self._answer(answer)
            except KeyboardInterrupt:
                # Values do not change under way: what was begun is given up as a whole.
                move = said("Given up.")
            if move.quit:
                self._talk.say((*move.said, "Goodbye."))
                return 0
            self._go(move)

    # What is shown

    @property
    def _top(self) -> _Frame:
        return self._frames[-1]

    def _view(self) -> View:
        """The top screen as it is now; made once for each answer, since a list can be long."""
        if self._top.view is None:
            self._top.view = self._top.screen(self._desk)
        return self._top.view

    def _show(self) -> None:
        view = self._view()
        frame = self._top
        frame.at = max(0, min(frame.at, view.size - 1))
        title = () if view.asks or frame.at else (f"{view.title}.",)
        self._talk.say(("", *title))
        self._page(view)

    def _page(self, view: View) -> None:
        at = self._top.at
        self._talk.say(view.lines(at, PAGE))
        left = view.size - at - PAGE
        if left > 0:
            self._talk.say((f"{counted(left, 'more line')}: more, or Enter, goes on.",))

    def _go(self, move: Move) -> None:
        for frame in self._frames:
            frame.view = None
        self._talk.say(move.said)
        moved = bool(move.home or move.back or move.go)
        if move.home:
            del self._frames[1:]
        for _ in range(move.back):
            if len(self._frames) > 1:
                self._frames.pop()
        if move.go is not None:
            self._frames.append(_Frame(move.go))
        if moved:
            self._show()

    def _leave(self, words: str) -> None:
        staged = self._desk.unsaved
        lost = f"{counted(staged, 'staged fix', 'staged fixes')} not exported." if staged else ""
        self._talk.say(("", *filter(None, (words, lost)), "Goodbye."))

    # What an answer means

    def _answer(self, answer: str) -> Move:
        if self._top.help and answer.lower() not in _TURNS_PAGES:
            self._frames.pop()
        view = self._view()
        if answer == "?":
            return self._help("")
        if view.take is not None:
            known = {"back": self._back, "cancel": self._back, "quit": self._quit}.get(answer.lower())
            return known("") if known is not None else view.take(answer)
        if not answer:
            return self._more("")
        if answer.isascii() and answer.isdigit():
            return self._numbered(view, answer)
        name, _, argument = answer.partition(" ")
        return self._word(view, name.lower(), argument.strip())

    def _numbered(self, view: View, answer: str) -> Move:
        count = len(view.rows) if view.open is not None else 0
        number = int(answer) if len(answer) < 10 else 0
        if view.open is None or not 1 <= number <= count:
            return said(
                f"There is no {answer} here; {f'1 to {count:,}' if count else 'nothing is numbered'}."
            )
        return view.open(view.rows[number - 1])

    def _word(self, view: View, name: str, argument: str) -> Move:
        here = {word.name: word.act for word in view.words}
        anywhere = {word.name: word.act for word in self._everywhere}
        anywhere |= {place: self._way(place) for place in self._places}
        for known in (here, anywhere):
            if name in known:
                return known[name](argument)
        for known in (here, here | anywhere):
            meant = [word for word in known if word.startswith(name)]
            if len(meant) == 1:
                return known[meant[0]](argument)
            if meant:
                return said(f"{one_line(name, 40)} can be {_listed(meant)}; write more of it.")
        return said(
            f"{one_line(name, 40)!r} is no word here{_near(name, [*here, *anywhere])}. ? tells which are."
        )

    def _way(self, place: str) -> Callable[[str], Move]:
        return lambda argument: self._places[place][1](self._desk, argument)

    # Words that are known everywhere

    def _more(self, _: str) -> Move:
        view = self._view()
        if self._top.at + PAGE >= view.size:
            return said("That is all. ? tells what can be said here.")
        self._top.at += PAGE
        self._page(view)
        return Move()

    def _again(self, _: str) -> Move:
        self._top.at = 0
        self._show()
        return Move()

    def _back(self, _: str) -> Move:
        return Move(back=1) if len(self._frames) > 1 else said("This is the first screen; quit leaves.")

    def _quit(self, _: str) -> Move:
        staged = self._desk.unsaved
        if not staged:
            return Move(quit=True)
        words = f"{counted(staged, 'staged fix is', 'staged fixes are')} not exported. Leave all the same?"
        return Move(go=confirm(words, lambda: Move(quit=True)))

    def _help(self, _: str) -> Move:
        view = self._view()
        if view.take is not None:
            return said(*view.help, "back leaves the question.")
        lines = [*view.help]
        if view.open is not None and view.rows:
            lines.append("A number chooses what stands beside it.")
        lines += [f"{word.name}: {word.help}." for word in view.words]
        lines += ["Everywhere:", *(f"{word.name}: {word.help}." for word in self._everywhere)]
        lines += [f"{name}: {words}." for name, (words, _) in self._places.items()]
        lines.append("The beginning of a word is enough where it is the only one.")
        self._frames.append(_Frame(lambda _: View("Help", rows=lines), help=True))
        self._show()
        return Move()


def _listed(words: Iterable[str]) -> str:
    *most, last = words
    return f"{', '.join(most)} or {last}"


def _near(word: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(word, known, n=1)
    return f"; did you mean {close[0]}?" if close else ""
