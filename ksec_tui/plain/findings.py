"""Findings: grouped by check, worst first, chosen by the filter; each group a list of findings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from ksec_tui.findings.filter import Filter, FilterError, parse
from ksec_tui.findings.finding import worst
from ksec_tui.findings.verdict import Severity, Verdict
from ksec_tui.plain.deciding import deciding
from ksec_tui.plain.desk import Desk
from ksec_tui.plain.finding import level, of_finding
from ksec_tui.plain.listed import Listed
from ksec_tui.plain.view import Move, Screen, View, Word, confirm, counted, ended, said

Chosen = Callable[[Listed], bool]
GROUPS: dict[str, Callable[[Listed], str]] = {
    "check": lambda row: row.finding.check,
    "object": lambda row: str(row.finding.subject),
    "namespace": lambda row: row.facet("ns")[0] or "the whole cluster",
}
"""By what findings can be grouped."""
FILTER_HELP = "EXPR: only what matches, as in sev:>=high ns:prod-* is:fixable; nothing shows all"


def every(_: Listed) -> bool:
    """Choose all findings."""
    return True


def counts(rows: Sequence[Listed]) -> str:
    """``12 critical, 3 high, 2 not known``."""
    known = Counter(row.finding.severity for row in rows if row.finding.verdict is Verdict.FAIL)
    parts = [f"{known[item]:,} {item.word}" for item in reversed(Severity) if known[item]]
    unknown = sum(row.finding.verdict is Verdict.UNKNOWN for row in rows)
    return ", ".join([*parts, f"{unknown:,} not known"] if unknown else parts)


class _Listing:
    """Findings behind a filter; its own until it is changed."""

    def __init__(self, title: str, chosen: Chosen, head: tuple[str, ...], wanted: Filter, group: str) -> None:
        self.title = title
        self.chosen = chosen
        self.head = head
        self.wanted = wanted
        self.group = group

    def matching(self, desk: Desk) -> list[Listed]:
        """What the filter chooses, dismissed or not."""
        return [row for row in desk.rows if self.chosen(row) and self.wanted.matches(row)]

    def view(self, desk: Desk) -> View:
        """The screen."""
        matching = self.matching(desk)
        rows = [row for row in matching if not (desk.hidden and row.standing.dismissed)]
        words = self._words(desk, rows)
        head = (*self.head, *self._head(matching, rows))
        if not self.group:
            findings = [row.finding for row in rows]
            places = range(len(rows))
            return View(
                self.title,
                head,
                places,
                lambda place: finding_words(rows[place]),
                lambda place: Move(go=of_finding(findings, place)),
                words,
            )
        groups: dict[str, list[Listed]] = {}
        for row in rows:
            groups.setdefault(GROUPS[self.group](row), []).append(row)
        names = list(groups)
        return View(
            self.title,
            head,
            names,
            lambda name: _group_words(self.group, name, groups[name]),
            lambda name: Move(go=self._within(name, groups[name])),
            words,
        )

    def _head(self, matching: Sequence[Listed], rows: Sequence[Listed]) -> Iterator[str]:
        told = counts(rows)
        yield f"{counted(len(rows), 'finding')}{f': {told}' if told else ''}."
        if len(matching) > len(rows):
            yield f"{counted(len(matching) - len(rows), 'dismissed finding')} hidden; dismissed shows them."
        if self.wanted.terms:
            yield f"Filter: {self.wanted.source}. filter alone shows all."
        if not rows:
            yield "Nothing here." if not self.wanted.terms else "Nothing matches the filter."
        elif self.group:
            yield f"By {self.group}, worst first."

    def _within(self, name: str, rows: Sequence[Listed]) -> Screen:
        """The findings of one group."""
        key, outer, wanted = GROUPS[self.group], self.chosen, self.wanted
        return _Listing(
            name if self.group != "check" else f"Check {name}",
            lambda row: outer(row) and wanted.matches(row) and key(row) == name,
            (ended(rows[0].finding.title),) if self.group == "check" else (),
            parse(""),
            "",
        ).view

    def _words(self, desk: Desk, rows: Sequence[Listed]) -> tuple[Word, ...]:
        return (
            Word("filter", FILTER_HELP, self._filter),
            Word(
                "view",
                "NAME: a saved view; alone tells which there are",
                lambda name: self._viewed(desk, name),
            ),
            Word("group", "WORD: by check, object, namespace or none", self._grouped),
            Word("dismissed", "show or hide what was dismissed", lambda _: self._toggle(desk)),
            Word(
                "stage",
                "stage the fixes of all that is listed, after a question",
                lambda _: self._stage(desk, rows),
            ),
            Word(
                "decide",
                "decide about all that is listed, after a question",
                lambda _: self._decide(desk, rows),
            ),
        )

    def _filter(self, text: str) -> Move:
        try:
            self.wanted = parse(text)
        except FilterError as error:
            return said(f"Not filtered: {error.message}, at character {error.position + 1}.")
        return Move(back=1, go=self.view)

    def _viewed(self, desk: Desk, name: str) -> Move:
        look = desk.views.get(name)
        if look is None:
            known = ", ".join(sorted(desk.views)) or "none; the explorer and the settings file make them"
            return said(f"Saved views of findings: {known}.")
        parts = (look.filter, look.namespaces and f"ns:{look.namespaces}", "is:risky" if look.risky else "")
        return self._filter(" ".join(filter(None, parts)))

    def _grouped(self, word: str) -> Move:
        meant = [name for name in ("none", *GROUPS) if word and name.startswith(word.lower())]
        if len(meant) != 1:
            return said(f"Group by {', '.join(GROUPS)} or none.")
        self.group = "" if meant[0] == "none" else meant[0]
        return Move(back=1, go=self.view)

    def _toggle(self, desk: Desk) -> Move:
        desk.hidden = not desk.hidden
        return Move(
            ("Dismissed findings are hidden." if desk.hidden else "Dismissed findings are shown.",),
            1,
            self.view,
        )

    def _stage(self, desk: Desk, rows: Sequence[Listed]) -> Move:
        wanted = [item for item in desk.failed(rows) if item.fixable]
        if not wanted:
            return said("Nothing of this can be staged, or all of it is.")
        words = f"Stage the fixes of {counted(len(wanted), 'finding')}?"
        return Move(go=confirm(words, lambda: said(*desk.stage(wanted))))

    def _decide(self, desk: Desk, rows: Sequence[Listed]) -> Move:
        if not rows:
            return said("Nothing is listed.")
        return Move(go=deciding(desk, [row.finding for row in rows]))


def listing(
    title: str = "Findings",
    chosen: Chosen = every,
    *,
    head: tuple[str, ...] = (),
    wanted: Filter | None = None,
    group: str = "check",
) -> Screen:
    """A screen of findings.

    Args:
        title: what it is called.
        chosen: which findings can be seen there at all.
        head: lines before the list.
        wanted: the filter to begin with.
        group: by what they are grouped, one of `GROUPS`; empty for not at all.
    """
    return _Listing(title, chosen, head, parse("") if wanted is None else wanted, group).view


def place(_: Desk, argument: str) -> Move:
    """The way to all findings, with a filter when one was said."""
    try:
        return Move(home=True, go=listing(wanted=parse(argument)))
    except FilterError as error:
        return said(f"Not filtered: {error.message}, at character {error.position + 1}.")


def finding_words(row: Listed) -> str:
    """A finding in a list."""
    finding = row.finding
    marks = [mark for mark, holds in (("staged", row.staged), (row.mark, bool(row.mark))) if holds]
    if row.standing.decision is not None:
        marks.append(row.standing.words)
    marks += ["part of Kubernetes itself"] if finding.system else []
    told = f" ({'; '.join(marks)})" if marks else ""
    return f"{level(finding)}, {finding.subject}: {finding.words}{told}"


def _group_words(group: str, name: str, rows: Sequence[Listed]) -> str:
    staged = sum(row.staged for row in rows)
    told = f"; {staged:,} staged" if staged else ""
    if group != "check":
        return f"{name}: {counts(rows)}{told}"
    first = worst([row.finding for row in rows]) or rows[0].finding
    return f"{level(first)}, {first.title} ({name}): {counted(len(rows), 'finding')}{told}"
