"""Which rows of a list are shown: by the filter, the namespaces looked at, their risk, and what is dismissed."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ksec_tui.findings.filter import Filter, parse
from ksec_tui.findings.filter_terms import AnyOf, Field, Not, Term
from ksec_tui.screens.pane import Listing, Row, View

Keep = Callable[[Row], bool]


def sieve(text: str, scope: str, *, risky: bool, hides: bool) -> tuple[Keep | None, bool]:
    """What a row must be to be shown, None when every one is; and whether dismissed findings are left out.

    Args:
        text: the filter as typed.
        scope: the namespaces looked at, empty for all.
        risky: whether only what is risky is shown.
        hides: whether dismissed findings are left out, unless the filter asks for them.

    Raises:
        FilterError: the filter means nothing.
    """
    wanted = parse(text)
    keep: list[Filter] = [item for item in (wanted, parse(f"ns:{scope}" if scope else "")) if item.terms]
    if risky:
        keep.append(parse("is:risky"))
    hides = hides and not asks_for_dismissed(wanted)
    tests: list[Keep] = [item.matches for item in keep]
    if hides:
        tests.append(_counts)
    if not tests:
        return None, hides
    if len(tests) == 1:
        return tests[0], hides
    return (lambda row: all(test(row) for test in tests)), hides


def asks_for_dismissed(wanted: Filter) -> bool:
    """Whether a filter is about triage, so that what is dismissed is not to be hidden from it."""
    return any(map(_asks, wanted.terms))


def _asks(term: Term) -> bool:
    match term:
        case Not():
            return _asks(term.term)
        case AnyOf():
            return any(map(_asks, term.terms))
        case Field(facet="state"):
            return True
        case Field(facet="is"):
            return any(test.accepts("dismissed") for test in (*term.wanted, *term.unwanted))
    return False


def _counts(row: Row) -> bool:
    return not row.hidden


def counted(rows: Sequence[Row], shown: int, total: int, view: View, *, grouped: bool) -> tuple[int, int]:
    """How many rows are shown of how many: of a grouped list, how many findings.

    Args:
        rows: those of the list.
        shown: how many of them are shown.
        total: how many there are.
        view: what the list is drawn from.
        grouped: whether the list is of findings in groups.
    """
    if not grouped:
        return shown, total
    heads = [row for row in rows if row.branch is not None and row.branch.is_open is not None]
    return sum(len(row.findings) for row in heads), len(view.state.results.findings)


def left_out(view: View, on: Listing, hides: bool) -> str:
    """What the title of a list says of dismissed findings and of groups; empty for nothing."""
    count = view.ledger.dismissed_count
    if on.id == "all" and on.empty == "no findings":
        said = [f"({count:,} dismissed {'hidden' if hides else 'shown'})"] if count else []
        return " ".join([*said, *([f"by {view.ledger.group}"] if view.ledger.group else [])])
    return f"({count:,} dismissed left out)" if count and on.id != "triage" else ""


def dismissed_words(view: View, key: str) -> str:
    """What hides findings that are dismissed, and which key shows them; empty when none are."""
    count = view.ledger.dismissed_count
    return f"triage: {count:,} dismissed ({key} shows them)" if count else ""
