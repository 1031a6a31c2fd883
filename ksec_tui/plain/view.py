"""What one screen says, and what comes of an answer; values only."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # what screens look at; they are values that know nothing of it here
    from ksec_tui.plain.desk import Desk

WRAP = 78
"""Characters of a line of prose; serial consoles have 80."""


@dataclass(frozen=True)
class Move:
    """What comes of an answer.

    Attributes:
        said: lines to say first.
        back: how many screens are left.
        go: the screen to open then.
        home: whether all screens but the first are left.
        quit: whether the session ends.
    """

    said: tuple[str, ...] = ()
    back: int = 0
    go: Screen | None = None
    home: bool = False
    quit: bool = False


def said(*lines: str) -> Move:
    """Stay where one is, with something to say."""
    return Move(lines)


@dataclass(frozen=True)
class Word:
    """Something that can be said on a screen besides numbers.

    Attributes:
        name: the word.
        help: what it does, with what may follow it: ``EXPR: only what matches``.
        act: does it; takes what was said after the word.
    """

    name: str
    help: str
    act: Callable[[str], Move]


@dataclass(frozen=True)
class View:
    """One screen.

    Attributes:
        title: what it is called; begins the prompt.
        head: lines before the rows.
        rows: what is listed; only what is shown is put into words.
        say: a row in words.
        open: what choosing a row does; None when rows are text, which is not numbered.
        words: what else can be said.
        asks: the prompt of a question that takes any text; else empty.
        take: what an answer to it does.
        help: lines that explain the screen.
    """

    title: str
    head: tuple[str, ...] = ()
    rows: Sequence[Any] = ()
    say: Callable[[Any], str] = str
    open: Callable[[Any], Move] | None = None
    words: tuple[Word, ...] = ()
    asks: str = ""
    take: Callable[[str], Move] | None = None
    help: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """How many lines it has, but for its title."""
        return len(self.head) + len(self.rows)

    def lines(self, first: int, count: int) -> Iterator[str]:
        """Some of its lines, from 0; rows with their numbers, from 1."""
        before = len(self.head)
        for place in range(first, min(first + count, self.size)):
            if place < before:
                yield self.head[place]
            elif self.open is None:
                yield self.say(self.rows[place - before])
            else:
                yield f"{place - before + 1}. {self.say(self.rows[place - before])}"

    @property
    def prompt(self) -> str:
        """``Findings, 1 to 37 or ?:``."""
        if self.asks:
            return f"{self.asks}:"
        count = len(self.rows) if self.open is not None else 0
        numbers = "" if not count else "1 or " if count == 1 else f"1 to {count} or "
        return f"{self.title}, {numbers}?:"


Screen = Callable[["Desk"], View]
"""Makes the View of what is known now."""


def menu(*entries: tuple[str, Callable[[], Move]]) -> dict[str, Any]:
    """The parts of a View whose rows are fixed choices."""
    return {"rows": entries, "say": lambda entry: entry[0], "open": lambda entry: entry[1]()}


def text(title: str, lines: Sequence[str], *, help: str = "") -> Screen:  # noqa: A002 - what it is
    """A screen of lines to read."""
    return lambda _: View(title, rows=tuple(lines), help=(help,) if help else ())


def question(prompt: str, take: Callable[[str], Move], *head: str, help: str = "") -> Screen:  # noqa: A002
    """A screen that takes any text; ``back`` leaves it."""
    return lambda _: View(prompt, head, asks=prompt, take=take, help=(help,) if help else ())


def confirm(prompt: str, yes: Callable[[], Move]) -> Screen:
    """A question that only the word yes answers so; anything else leaves things as they are."""

    def take(answer: str) -> Move:
        if answer.lower() not in ("y", "yes"):
            return Move(("No: nothing was done.",), back=1)
        move = yes()
        return Move(move.said, move.back + 1, move.go, move.home, move.quit)

    return question(f"{prompt} yes or no", take, help="Only yes does it; anything else leaves all as it is.")


def prose(words: str) -> tuple[str, ...]:
    """Paragraphs as lines of at most `WRAP` characters."""
    found: list[str] = []
    for part in words.strip().split("\n\n"):
        found += textwrap.wrap(" ".join(part.split()), WRAP, break_long_words=False, break_on_hyphens=False)
    return tuple(found)


def ended(words: str) -> str:
    """A sentence that ends as one."""
    return words if words.endswith((".", "!", "?", ":")) else f"{words}."


def counted(count: int, one: str, many: str = "") -> str:
    """``1 finding``, ``1,204 findings``."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"
