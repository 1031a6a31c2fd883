"""What a pane is: a number, a title, one or more views, each a pure function from State to rows.

A pane is one module in `ksec_tui.screens.panes` that defines `PANE`; it is discovered, never listed.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import ModuleType
from typing import TYPE_CHECKING, Any

from ksec_tui.cluster.kinds import Kind
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.text import one_line
from ksec_tui.findings.finding import Finding
from ksec_tui.findings.verdict import Severity, Verdict
from ksec_tui.screens.ledger import states_of
from ksec_tui.screens.short_kinds import short_kind as short_kind
from ksec_tui.screens.standing import standing
from ksec_tui.screens.view import Branch
from ksec_tui.screens.view import View as View
from ksec_tui.screens.widgets.columns import Cell, Column
from ksec_tui.themes.palette import badge, style_name

if TYPE_CHECKING:
    from ksec_tui.screens.details.tab import Hand
    from ksec_tui.screens.widgets.text import Line
from ksec_tui.triage.rows import Triaged


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """One row: an object or a finding, its judgement, and the pane's own values.

    Attributes:
        key: by which the row is known through refreshes.
        ref: the object it is about.
        findings: what was found on it, worst first.
        values: the pane's own columns, by id.
        unknown: why it could not be judged, though nothing was found; empty when it was.
        judged: whether some check judged it and is not still to run.
        labels: for label selectors in filters.
        finding: the finding, when the row is one.
        staged: whether a fix for one of its findings is in the plan.
        notes: lines that the tab Why shows first: what a cell has no room for.
        leads: the filter of the findings that opening the row shows; empty for its detail.
        branch: where it stands, in a list that is a tree.
        tells: what the tab Why shows of it, where that is no finding; runs off the UI thread.
        triaged: its findings with what was decided of them; empty where nothing is known of any.
        dismissed: how many findings on it do not count, and are not among `findings`.
        hidden: whether it is a finding that does not count.
    """

    key: str
    ref: ObjectRef
    findings: Sequence[Finding] = ()
    values: dict[str, Any] = field(default_factory=dict)
    unknown: str = ""
    judged: bool = False
    labels: dict[str, str] = field(default_factory=dict)
    finding: Finding | None = None
    staged: bool = False
    text: str = ""
    haystack: str = ""
    notes: tuple[str, ...] = ()
    leads: str = ""
    branch: Branch | None = None
    tells: Callable[[Hand], Sequence[Line]] | None = None
    triaged: tuple[Triaged, ...] = ()
    dismissed: int = 0
    hidden: bool = False

    def facet(self, name: str) -> Sequence[str]:
        """The values of a filter field; see `ksec_tui.findings.filter`."""
        if name == "is":
            told = self.triaged or self.findings
            flags = [flag for item in told for flag in item.facet("is")]
            if self.dismissed:
                flags.append("dismissed")
            if self.staged:
                flags.append("staged")
            if self.unknown:
                flags.append("unknown")
            return flags
        if name == "state":
            return (*states_of(self.triaged, self.findings), *(("dismissed",) if self.dismissed else ()))
        if name == "label":
            return tuple(f"{key}={value}" for key, value in self.labels.items())
        if self.finding is not None:
            return self.finding.facet(name)
        ref = self.ref
        match name:
            case "ns":
                return (ref.name if ref.kind == "Namespace" else ref.namespace,)
            case "kind":
                return (ref.kind,)
            case "name":
                return (ref.name,)
            case "verdict":
                return (self.verdict.value,)
        return tuple(value for finding in self.findings for value in finding.facet(name))

    @property
    def worst(self) -> Finding | None:
        """The worst finding."""
        return self.findings[0] if self.findings else None

    @property
    def verdict(self) -> Verdict:
        """FAIL, UNKNOWN or PASS; NOT_APPLICABLE when nothing judged it, or all that was found is dismissed."""
        if self.findings:
            return self.findings[0].verdict
        if self.dismissed:
            return Verdict.NOT_APPLICABLE
        if self.unknown:
            return Verdict.UNKNOWN
        return Verdict.PASS if self.judged else Verdict.NOT_APPLICABLE

    @property
    def severity(self) -> Severity | None:
        """The worst FAIL's severity."""
        found = self.worst
        return found.severity if found is not None and found.verdict is Verdict.FAIL else None

    @property
    def words(self) -> str:
        """The one-line reason."""
        found = self.worst
        if found is None:
            return self.unknown or _dismissed(self.dismissed)
        more = sum(finding.verdict is Verdict.FAIL for finding in self.findings) - 1
        also = [f"+{more} more finding{'s' if more > 1 else ''}"] if more > 0 else []
        also += [_dismissed(self.dismissed)] if self.dismissed else []
        return found.words + (f"  ({', '.join(also)})" if also else "")


def _dismissed(count: int) -> str:
    return f"{count} finding{'s' if count > 1 else ''} dismissed" if count else ""


def object_row(
    view: View,
    ref: ObjectRef,
    values: dict[str, Any] | None = None,
    *,
    subjects: str = "",
    labels: dict[str, str] | None = None,
    key: str = "",
    findings: Sequence[Finding] | None = None,
    notes: tuple[str, ...] = (),
) -> Row:
    """A row for one object.

    Args:
        view: what to draw from.
        ref: the object.
        values: the pane's own columns.
        subjects: the title of the check subjects that the object is one of (``workloads``), to tell PASS
            from not judged.
        labels: its labels.
        key: when the object may have several rows.
        findings: what to show of it, worst first, when that is not what was found on the object itself.
        notes: lines that the tab Why shows first.
    """
    state = view.state
    found = tuple(view.results.on(ref) if findings is None else findings)
    gone = view.ledger.judged(state).on.get(ref, 0)
    blank = view.ledger.blank
    unknown, judged = standing(view.state, ref, subjects) if not found else ("", True)
    shown = values or {}
    text = " ".join(
        (ref.kind, ref.path, *(_text(value) for value in shown.values()), *(item.words for item in found))
    )
    staged = not view.staged.isdisjoint(item.fingerprint for item in found)
    return Row(
        key or ref.id,
        ref,
        found,
        shown,
        unknown,
        judged,
        labels or {},
        staged=staged,
        text=text,
        haystack=text.lower(),
        notes=notes,
        triaged=() if blank else tuple(view.ledger.triaged(state, item) for item in found),
        dismissed=gone,
    )


def _text(value: object) -> str:
    return value.text if isinstance(value, Cell) else str(value)


def risk_column(*, ascii: bool = False) -> Column[Row]:  # noqa: A002
    """The severity of the worst finding, as glyph and letter."""
    return Column(
        "risk",
        "SEV",
        lambda row: Cell(
            badge(row.severity, row.verdict, ascii=ascii), style_name(row.severity, row.verdict)
        ),
        width=3,
        min_width=3,
        sort=_risk_order,
        priority=0,
    )


_RANK = {Verdict.FAIL: 0, Verdict.UNKNOWN: 1, Verdict.PASS: 2, Verdict.NOT_APPLICABLE: 3}


def _risk_order(row: Row) -> tuple[int, int, int]:
    found = row.findings
    if not found:
        return _RANK[row.verdict], 1, 0
    failed = found[0].verdict is Verdict.FAIL
    # Most rows of a long list have one finding: counting is for the others.
    fails = int(failed) if len(found) == 1 else sum(item.verdict is Verdict.FAIL for item in found)
    return _RANK[found[0].verdict], -int(found[0].severity) if failed else 1, -fails


def why_column(title: str = "WHY", *, priority: int = 0, titled: bool = False) -> Column[Row]:
    """The one-line reason, in the severity's style: a sentence, so other columns make room for it.

    `titled` puts the problem in front, where the sentence begins with something that stands beside it already.
    """
    return Column(
        "why",
        title,
        _titled_why if titled else _why,
        width=40,
        min_width=27,
        grow=5,
        priority=priority,
    )


def _why(row: Row) -> str | Cell:
    # A finding is known by its title; who and where stand beside it already.
    words = f"{row.finding.title}: {row.words}" if row.finding is not None else row.words
    words = words.removeprefix(f"{row.ref} ")
    if not words:
        return ""
    return Cell(words, style_name(row.severity, row.verdict) if row.findings else "unknown")


def _titled_why(row: Row) -> str | Cell:
    worst = row.worst
    if worst is None:
        return _why(row)
    return Cell(f"{worst.title}: {row.words}", style_name(row.severity, row.verdict))


def name_column(
    title: str = "NAME", *, width: int = 24, min_width: int = 10, namespaced: bool = False
) -> Column[Row]:
    """The object's name, with its namespace in front where asked for."""
    return Column(
        "name",
        title,
        lambda row: row.ref.path if namespaced else row.ref.name,
        width=width,
        min_width=min_width,
        grow=1,
        priority=0,
    )


def namespace_column() -> Column[Row]:
    """The object's namespace; a dash for cluster-scoped objects."""
    return Column(
        "namespace", "NAMESPACE", lambda row: row.ref.namespace or "—", width=13, min_width=9, priority=1
    )


def kind_column() -> Column[Row]:
    """The object's kind."""
    return Column("kind", "KIND", lambda row: short_kind(row.ref.kind), width=7, min_width=6, priority=3)


def value_column(
    id: str,  # noqa: A002
    title: str,
    *,
    width: int = 10,
    min_width: int = 3,
    grow: int = 0,
    right: bool = False,
    wide: bool = False,
    priority: int = 4,
) -> Column[Row]:
    """One of the pane's own values."""
    return Column(
        id,
        title,
        lambda row: _shown(row.values.get(id, "")),
        width=width,
        min_width=min_width,
        grow=grow,
        align="right" if right else "left",
        wide=wide,
        priority=priority,
    )


def _shown(value: object) -> str | Cell:
    return value if isinstance(value, Cell) else one_line(str(value))


@dataclass(frozen=True, slots=True)
class Listing:
    """One view of a pane.

    Attributes:
        id: stable name.
        title: what the tab says.
        kinds: without these it has nothing to show; their coverage explains an empty list.
        columns: left to right.
        rows: a pure function; runs off the UI thread.
        shows: names of the kinds that have rows here (keys are ``ref.id``); jumps to such objects lead here.
        empty: what to say when everything was read and there is nothing.
        notice: what one must know to read the list, shown above it while it is not empty; runs off the UI thread.
    """

    id: str
    title: str
    kinds: tuple[Kind[Any], ...]
    columns: tuple[Column[Row], ...]
    rows: Callable[[View], Sequence[Row]]
    shows: frozenset[str] = frozenset()
    empty: str = "nothing here"
    notice: Callable[[View], str] | None = None


@dataclass(frozen=True, slots=True)
class Pane:
    """One pane.

    Attributes:
        id: stable name, also its command (``:rbac``).
        number: its key, 1 to 9, and its place.
        title: what the tab says.
        help: what it answers, one or two sentences.
        listings: its views; keys `(` and `)` switch between them.
        aliases: further names for the command line.
        badge: the number shown in the tab; None for none.
        short: the title where there is little room; empty for the title itself.
    """

    id: str
    number: int
    title: str
    help: str
    listings: tuple[Listing, ...]
    aliases: tuple[str, ...] = ()
    badge: Callable[[View], str] | None = None
    short: str = ""

    def mark(self, view: View) -> str:
        """The badge's text; ``?`` when it cannot be worked out."""
        try:
            return self.badge(view) if self.badge else ""
        except Exception:  # noqa: BLE001 - a fault here must not take the other panes' lists away
            return "?"


def discover(package: ModuleType) -> tuple[Pane, ...]:
    """Every pane below `package`, by number.

    Raises:
        ValueError: two panes share an id or a number.
    """
    modules = (info.name for info in pkgutil.iter_modules(package.__path__, f"{package.__name__}."))
    found = (getattr(importlib.import_module(name), "PANE", None) for name in modules)
    panes = [pane for pane in found if isinstance(pane, Pane)]
    for attribute in ("id", "number"):
        values = [getattr(pane, attribute) for pane in panes]
        if len(set(values)) != len(values):
            raise ValueError(f"two panes share their {attribute}: {sorted(map(str, values))}")
    return tuple(sorted(panes, key=lambda pane: pane.number))
