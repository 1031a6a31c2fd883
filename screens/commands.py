"""The command line `:`: what commands there are, what they do, how they complete."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Protocol

from ksec_tui.cluster.kinds import NAMESPACE
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.screens.grouping import GROUPS
from ksec_tui.screens.lens import DEFAULT_POLICY
from ksec_tui.screens.pane import Pane, Row, View


class Host(Protocol):
    """What commands act on: the explorer."""

    view: View
    panes: tuple[Pane, ...]

    def rows_shown(self) -> Iterable[Row]:
        """The rows of the list, filtered."""

    def say(self, text: str, *, error: bool = False) -> None:
        """Show a message."""

    def set_filter(self, text: str) -> None:
        """Filter the list."""

    def set_scope(self, scope: str) -> None:
        """Look at some namespaces only."""

    def go_to_findings(self, text: str) -> None:
        """Show the findings under a filter."""

    def jump(self, ref: ObjectRef) -> None:
        """Go to an object."""

    def export_to(self, folder: str) -> None:
        """Write the plan."""

    def ask(self, question: str) -> None:
        """Show who can do something."""

    def see_as(self, text: str) -> None:
        """Show what somebody may do with each row."""

    def compare_with(self, text: str) -> None:
        """Compare rights with somebody's."""

    def subject_words(self) -> Iterable[str]:
        """Every subject as it is typed."""

    def ask_reach(self, question: str) -> None:
        """Show whether one end reaches another."""

    def show_blast(self, name: str) -> None:
        """Show what a workload reaches."""

    def end_words(self) -> Iterable[str]:
        """Every workload as it is typed."""

    def view_command(self, text: str) -> None:
        """Show, save or delete a saved view."""

    def view_words(self) -> Iterable[str]:
        """What may follow ``:view``."""

    def bookmark_list(self) -> None:
        """Bookmark the list as it is."""

    def action_bookmarks(self) -> None:
        """Choose a bookmark."""

    def group(self, by: str) -> None:
        """Show findings in groups."""

    def show_audit(self) -> None:
        """Show how every decision stands."""

    def summarize(self, file: str) -> None:
        """Show or write what the sitting came to."""

    def read_settings(self) -> None:
        """Read the settings again."""

    def set_theme(self, name: str) -> None:
        """Change the colours."""

    def theme_names(self) -> Iterable[str]:
        """The themes there are."""

    def change_context(self, name: str) -> None:
        """Open another cluster."""

    def context_names(self) -> Iterable[str]:
        """The contexts there are."""

    def action_pane(self, number: int) -> None:
        """Go to a pane."""

    def action_export(self) -> None:
        """Ask for a folder and write the plan."""

    def action_refresh(self) -> None:
        """Read everything again."""

    def keep_watch(self, text: str) -> None:
        """Follow the cluster from now on, or not any more."""

    def action_log(self) -> None:
        """Show the requests."""

    def action_help(self) -> None:
        """Show keys and commands."""

    def leave_program(self) -> None:
        """Leave."""


@dataclass(frozen=True, slots=True)
class Command:
    """One command.

    Attributes:
        name: what is typed first.
        usage: its arguments in words.
        help: what it does.
        run: given the explorer and the rest of the line.
        complete: candidates for the rest of the line.
    """

    name: str
    usage: str
    help: str
    run: Callable[[Host, str], None]
    complete: Callable[[Host], Iterable[str]] = lambda _: ()


def _namespaces(host: Host) -> Iterable[str]:
    return (item.name for item in host.view.state.snapshot.of(NAMESPACE))


def _findings(host: Host) -> Iterable[str]:
    return sorted({finding.check for finding in host.view.state.results.findings})


def _objects(host: Host) -> Iterable[str]:
    return (f"{row.ref.kind} {row.ref.path}" for row in host.rows_shown())


def _subjects(host: Host) -> Iterable[str]:
    return (*host.subject_words(), DEFAULT_POLICY)


def _show_check(host: Host, text: str) -> None:
    host.go_to_findings(f"rule:{text}" if text else "")


def _go(host: Host, text: str) -> None:
    kind, _, path = text.partition(" ")
    for row in host.rows_shown():
        if row.ref.kind.lower() == kind.lower() and row.ref.path == path:
            host.jump(row.ref)
            return
    host.say(f"{text}: not in this list", error=True)


def _export(host: Host, text: str) -> None:
    if text:
        host.export_to(text)
    else:
        host.action_export()


COMMANDS: tuple[Command, ...] = (
    Command(
        "ns",
        "[NAMES]",
        "some namespaces only: a,b-*,!c; none for all",
        lambda b, t: b.set_scope(t),
        _namespaces,
    ),
    Command("filter", "EXPRESSION", "filter this list; none for all", lambda b, t: b.set_filter(t)),
    Command("check", "ID", "the findings of one check", _show_check, _findings),
    Command("go", "KIND NAMESPACE/NAME", "jump to an object of this list", _go, _objects),
    Command("who-can", "VERB RESOURCE…", "who may do it: who-can get secrets -n shop", lambda b, t: b.ask(t)),
    Command("as", "[SUBJECT]", "what somebody may do with each row", lambda b, t: b.see_as(t), _subjects),
    Command(
        "compare",
        "[SUBJECT]",
        "compare rights: sa:ns/name, default",
        lambda b, t: b.compare_with(t),
        _subjects,
    ),
    Command(
        "reach",
        "FROM TO [PORT]",
        "may it connect: reach shop/web data/db 5432/tcp",
        lambda b, t: b.ask_reach(t),
        lambda b: b.end_words(),
    ),
    Command(
        "blast",
        "NAMESPACE/NAME",
        "all that a workload reaches",
        lambda b, t: b.show_blast(t),
        lambda b: b.end_words(),
    ),
    Command(
        "view",
        "[NAME | save NAME | delete NAME]",
        "a saved view of a list",
        lambda b, t: b.view_command(t),
        lambda b: b.view_words(),
    ),
    Command("bookmark", "", "mark this list as it is, or take the mark away", lambda b, _: b.bookmark_list()),
    Command("bookmarks", "", "go to what is marked", lambda b, _: b.action_bookmarks()),
    Command(
        "group",
        "check|object|ns|owner|none",
        "findings in groups",
        lambda b, t: b.group(t),
        lambda _: (*GROUPS, "none"),
    ),
    Command("triage", "", "every decision: matched, unused, expired, invalid", lambda b, _: b.show_audit()),
    Command("summary", "[FILE]", "the session in Markdown, for a pull request", lambda b, t: b.summarize(t)),
    Command("export", "[FOLDER]", "prove the staged fixes and write them", _export),
    Command("theme", "NAME", "change the colours", lambda b, t: b.set_theme(t), lambda b: b.theme_names()),
    Command(
        "ctx", "[NAME]", "another cluster", lambda b, t: b.change_context(t), lambda b: b.context_names()
    ),
    Command("settings", "", "read the settings again: theme, keys, views", lambda b, _: b.read_settings()),
    Command("refresh", "", "read everything again", lambda b, _: b.action_refresh()),
    Command(
        "watch",
        "on|off",
        "follow what changes in the cluster",
        lambda b, t: b.keep_watch(t),
        lambda _: ("on", "off"),
    ),
    Command("log", "", "every request to the API server", lambda b, _: b.action_log()),
    Command("help", "", "keys and commands", lambda b, _: b.action_help()),
    Command("quit", "", "leave", lambda b, _: b.leave_program()),
)
ALIASES = {
    "q": "quit",
    "q!": "quit",
    "f": "filter",
    "namespace": "ns",
    "context": "ctx",
    "h": "help",
    "w": "export",
}


def command_names(host: Host) -> list[str]:
    """Every word that may come first: commands and panes."""
    return sorted([command.name for command in COMMANDS] + [pane.id for pane in host.panes])


def named(name: str) -> Command | None:
    """The command that `name` or an alias means."""
    wanted = ALIASES.get(name, name)
    return next((command for command in COMMANDS if command.name == wanted), None)


def complete_line(host: Host, text: str, cursor: int) -> tuple[int, list[str]]:
    """Names of commands and panes, or what the command takes: the column to replace from, and candidates."""
    head = text[:cursor]
    name, space, rest = head.partition(" ")
    if not space:
        return 0, [word for word in command_names(host) if word.startswith(name)]
    command = named(name)
    if command is None:
        return len(head), []
    start = len(head) - len(rest)
    if command.name == "ns":
        last = max(rest.rfind(","), rest.rfind("!")) + 1
        start, rest = start + last, rest[last:]
    elif command.name == "reach":
        last = rest.rfind(" ") + 1
        start, rest = start + last, rest[last:]
    return start, [word for word in command.complete(host) if word.lower().startswith(rest.lower())][:200]


def run_line(host: Host, text: str) -> None:
    """Carry out one line; an unknown command is named with its nearest neighbour."""
    name, _, rest = text.strip().partition(" ")
    if not name:
        return
    command = named(name)
    if command is not None:
        command.run(host, rest.strip())
        return
    for pane in host.panes:
        if name == pane.id or name in pane.aliases:
            host.action_pane(pane.number)
            if rest.strip():
                host.set_filter(rest.strip().removeprefix("/"))
            return
    near = get_close_matches(name, command_names(host), 1)
    hint = f"; did you mean {near[0]}?" if near else "; :help lists them"
    host.say(f"unknown command {name}{hint}", error=True)
