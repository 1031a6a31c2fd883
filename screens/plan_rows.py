"""The staged fixes as a tree: conflicts, then object by object its fixes, and the pieces of each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ksec_tui.cluster.ref import CLUSTER, ObjectRef
from ksec_tui.cluster.text import one_line
from ksec_tui.findings.finding import rank
from ksec_tui.findings.fix import PatchType, Risk
from ksec_tui.fixes.hunks import Hunk, hunks
from ksec_tui.fixes.owner import manager_of
from ksec_tui.fixes.plan import Conflict, Staged
from ksec_tui.screens.pane import Row, View
from ksec_tui.screens.proof import STYLES, Known, Proof, Standing, standing
from ksec_tui.screens.view import Branch
from ksec_tui.screens.widgets.columns import Cell
from ksec_tui.sources.trials import Outcome, Tried

RISKS = {Risk.SAFE: "pass", Risk.LIKELY: "low", Risk.REVIEW: "medium", Risk.MANUAL: "high"}
CONFLICTS = "conflicts"
"""The key of the row above all conflicts."""

TOP = "top"
"""Where a row's values hold its object and the values of the row at the top of its branch."""

Values = dict[str, object]

_STEP = "  "
_ASKED = {Outcome.ACCEPTED: "pass", Outcome.REFUSED: "error", Outcome.NOT_TRIED: "muted"}


def plan_rows(view: View) -> Sequence[Row]:
    """Every row of the tree that is not folded away."""
    known = Known.of(view.plan, view.shown_proof)
    by_object: dict[ObjectRef, dict[str, Staged]] = {}
    for item in view.plan.staged:
        for ref in {change.target for change in item.fix.changes} or {item.finding.subject}:
            by_object.setdefault(ref, {})[item.fingerprint] = item
    rows = list(_conflicts(view))
    for ref in sorted(by_object):
        rows += _object(view, ref, list(by_object[ref].values()), known)
    return rows


def is_open(view: View, key: str, *, at_first: bool) -> bool:
    """Whether what stands below a row is shown."""
    return at_first is not (key in view.turned)


def _row(
    key: str,
    ref: ObjectRef,
    items: Sequence[Staged],
    values: Values,
    branch: Branch,
    top: Values | None = None,
) -> Row:
    """A row; `top` are the values of the row at the top of its branch, by which all of the branch is ordered."""
    findings = tuple(sorted((item.finding for item in items), key=rank))
    words = (str(value.text if isinstance(value, Cell) else value) for value in values.values())
    text = " ".join((ref.kind, ref.path, *words, *(item.finding.text for item in items)))
    return Row(
        key,
        ref,
        findings,
        {**values, TOP: (str(ref), values if top is None else top)},
        finding=findings[0] if branch.depth and len(findings) == 1 else None,
        judged=True,
        staged=True,
        text=text,
        haystack=text.lower(),
        branch=branch,
    )


def twig(view: View, depth: int, words: str, *, opened: bool | None) -> str:
    """The words of a row, set in by where it stands in its tree, after the sign of whether it is folded."""
    closed, wide = (">", "v") if view.ascii else ("▸", "▾")
    mark = " " if opened is None else wide if opened else closed
    return f"{_STEP * depth}{mark} {one_line(words)}"


# Conflicts


def _conflicts(view: View) -> Iterator[Row]:
    plan = view.plan
    if not plan.conflicts:
        return
    opened = is_open(view, CONFLICTS, at_first=True)
    count = len(plan.conflicts)
    words = f"{count} conflict{'s' if count != 1 else ''}: none of these fixes is carried out"
    state = Cell(Standing.CONFLICT.value, STYLES[Standing.CONFLICT])
    values: Values = {"what": twig(view, 0, words, opened=opened), "state": state}
    values["why"] = "enter on one chooses"
    yield _row(CONFLICTS, CLUSTER, (), values, Branch(0, "", opened))
    for number, conflict in enumerate(plan.conflicts) if opened else ():
        yield _conflict(view, number, conflict, values)


def _conflict(view: View, number: int, conflict: Conflict, top: Values) -> Row:
    items = [item for mark in conflict.fingerprints if (item := view.plan.of(mark)) is not None]
    titles = " against ".join(dict.fromkeys(item.fix.title for item in items))
    values: Values = {
        "what": twig(view, 1, f"{conflict.target}: {titles}", opened=None),
        "state": Cell(Standing.CONFLICT.value, STYLES[Standing.CONFLICT]),
        "why": Cell(f"{conflict.path} {' against '.join(conflict.values)}".strip(), "error"),
    }
    branch = Branch(1, CONFLICTS, None, None, conflict.fingerprints)
    return _row(f"{CONFLICTS}|{number}", conflict.target, items, values, branch, top)


# Objects, fixes, pieces


def _object(view: View, ref: ObjectRef, items: list[Staged], known: Known) -> Iterator[Row]:
    key = f"plan|{ref.id}"
    opened = is_open(view, key, at_first=True)
    standings = {item.fingerprint: standing(item, known) for item in items}
    worst = min(standings.values(), key=list(Standing).index)
    risk = max((item.fix.risk for item in items), key=lambda found: found.rank)
    here = [hunk for item in items for hunk in hunks(item) if hunk.target == ref]
    manager = manager_of(view.state.snapshot, ref)
    proof = known.proof
    values: Values = {
        "what": Cell(twig(view, 0, str(ref), opened=opened), "bold"),
        "state": _state(list(standings.values()), worst),
        "risk-of-fix": Cell(risk.value, RISKS[risk]),
        "change": _kinds(items, ref),
        "manager": Cell(one_line(manager.kind), "warning") if manager else "",
        "goes": _goes(ref, items, proof),
        "server": _server(proof.tried.get(ref) if proof else None),
        "why": _about(ref, items, known, standings),
    }
    yield _row(key, ref, items, values, Branch(0, "", opened, here[0] if here else None))
    for item in items if opened else ():
        yield from _fix(view, ref, item, key, standings[item.fingerprint], known, values)


def _fix(
    view: View, ref: ObjectRef, item: Staged, above: str, found: Standing, known: Known, top: Values
) -> Iterator[Row]:
    key = f"{above}|{item.fingerprint}"
    pieces = [hunk for hunk in hunks(item) if hunk.target == ref]
    opened = is_open(view, key, at_first=False) if pieces else None
    title = f"{'(edited) ' if item.edited else ''}{item.fix.title}"
    values: Values = {
        "what": twig(view, 1, title, opened=opened),
        "state": Cell(found.value, STYLES[found]),
        "risk-of-fix": Cell(item.fix.risk.value, RISKS[item.fix.risk]),
        "change": "",
        "goes": "",
        "check": item.finding.check,
        "why": _reason(item, found, known),
    }
    branch = Branch(1, above, opened, pieces[0] if pieces else None)
    yield _row(key, ref, (item,), values, branch, top)
    for piece in pieces if opened else ():
        yield _piece(view, ref, item, piece, key, top)


def _piece(view: View, ref: ObjectRef, item: Staged, piece: Hunk, above: str, top: Values) -> Row:
    values: Values = {
        "what": Cell(twig(view, 2, piece.words, opened=None), "evidence"),
        "change": item.fix.changes[piece.index].type.value,
        "check": item.finding.check,
    }
    return _row(f"{above}|{piece.index}", ref, (item,), values, Branch(2, above, None, piece), top)


def _state(found: list[Standing], worst: Standing) -> Cell:
    many = sum(item is worst for item in found)
    words = worst.value if many == len(found) or worst is Standing.PROVEN else f"{many} {worst.value}"
    return Cell(words, STYLES[worst])


def _kinds(items: Sequence[Staged], ref: ObjectRef) -> str:
    """What becomes of the object."""
    types = {change.type for item in items for change in item.fix.changes if change.target == ref}
    if {PatchType.CREATE, PatchType.DELETE} <= types:
        return "replace"
    for kind, word in ((PatchType.CREATE, "create"), (PatchType.DELETE, "delete")):
        if kind in types:
            return word
    return "patch" if types else ""


def _goes(ref: ObjectRef, items: Sequence[Staged], proof: Proof | None) -> str:
    """How many findings go with the changes of one object: on it, and those that its fixes are for."""
    if proof is None:
        return ""
    marks = {item.fingerprint for item in items} & proof.removed
    return f"{len(marks | proof.gone.get(ref, frozenset())):,}"


def _server(tried: Tried | None) -> str | Cell:
    return "" if tried is None else Cell(tried.outcome.value, _ASKED[tried.outcome])


def _about(
    ref: ObjectRef, items: Sequence[Staged], known: Known, standings: Mapping[str, Standing]
) -> str | Cell:
    """What is worth knowing of all the fixes of an object: what is wrong, what it takes, how far it gets."""
    proof = known.proof
    tried = proof.tried.get(ref) if proof else None
    if tried is not None and tried.words:
        return Cell(f"server: {one_line(tried.words, 300)}", _ASKED[tried.outcome])
    for item in items:
        if standings[item.fingerprint] is Standing.REFUSED:
            return _reason(item, Standing.REFUSED, known)
    return "" if proof is None else proof.told.get(ref, "")


def _reason(item: Staged, found: Standing, known: Known) -> str | Cell:
    match found:
        case Standing.REFUSED if known.proof is not None:
            return Cell(known.proof.reasons[item.fingerprint], "error")
        case Standing.ASIDE:
            return Cell(known.aside[item.fingerprint], "muted")
        case Standing.CONFLICT:
            return Cell("see the conflicts above", "error")
        case Standing.MANUAL:
            return " ".join(item.fix.steps[:1])
    return item.fix.may_break
