"""What to do first, the open ways of attackers and what cuts them, as a tree."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence

from ksec_tui.analysis.paths.kinds import KINDS
from ksec_tui.analysis.paths.lenses import Lens
from ksec_tui.analysis.paths.model import Edge
from ksec_tui.analysis.paths.path import Step
from ksec_tui.cluster.ref import CLUSTER, ObjectRef
from ksec_tui.cluster.text import one_line
from ksec_tui.findings.finding import Finding
from ksec_tui.findings.verdict import Verdict
from ksec_tui.fixes.priorities import Priority
from ksec_tui.screens.attack_scene import (
    CUT,
    DETOUR,
    LESS,
    STYLES,
    Scene,
    Told,
    counted,
    cut_verb,
    ref_of,
    scene,
    short,
)
from ksec_tui.screens.details.ways import Tells, edge_lines, priority_lines, said_lines, way_lines
from ksec_tui.screens.pane import Row, View, short_kind
from ksec_tui.screens.plan_rows import RISKS, is_open, twig
from ksec_tui.screens.view import Branch
from ksec_tui.screens.widgets.columns import Cell
from ksec_tui.themes.palette import badge, style_name

FIRST, WAYS, FIXES, GAPS = "first", "ways", "fixes", "gaps"
"""Keys of the rows at the top."""

FROM = {
    Lens.EXTERNAL: "from outside",
    Lens.CONTAINER: "from a compromised container",
    Lens.CREDENTIALS: "from compromised credentials",
}
LITTLE = 0.005
"""Part of the risk below which a fix that cuts no way is not worth a row."""

SHOWN = 30
"""Fixes that get a row."""

MOST = 2_000
"""Ways that get a row."""

_ABOUT = {
    FIRST: (
        "The fix that takes most of the modelled risk for its effort: of all attackers, not of this view alone.",
    ),
    WAYS: (
        "One row for each beginning, with the worst end that it leads to and the easiest way there.",
        "The worst is drawn; l unfolds the others, and below a step where it stands written and what cuts it.",
        "detour: the plan cuts the way that is drawn, but a side road is left.",
        "Odds are products of judged likelihoods, to put ways in order: no measurements.",
    ),
    FIXES: (
        "The fixes that take most from the attackers of this view.",
        "Where one alone leaves a way open, those of one object stand together: unfold them to stage one by one.",
        "What no patch can do comes last.",
    ),
    GAPS: (
        "A way through what was not read is neither known nor ruled out. Pane 8 says what would have to be read.",
    ),
}
"""Key of a row at the top -> what the tab Why says of what stands below."""

NEXT = 4
"""Fixes that are told after the first."""

WORST = 30
"""Findings that are shown while ways are not worked out yet."""


def lens_rows(view: View, lens: Lens) -> Sequence[Row]:
    """The tree of one lens; the worst findings so far while there is more to come."""
    if view.state.reading or view.state.judging:
        return list(_so_far(view))
    if view.state.error and not view.state.snapshot.count():
        return ()  # the list says in its middle why nothing was read
    found = scene(view, lens)
    return [*_first(view, found), *_ways(view, found), *_fixes(view, found), *_gaps(view, found)]


def row(
    view: View,
    key: str,
    ref: ObjectRef,
    values: dict[str, object],
    branch: Branch,
    findings: Sequence[Finding] = (),
    *,
    finding: Finding | None = None,
    tells: Tells | None = None,
    unknown: str = "",
) -> Row:
    """A row of the tree."""
    worst = findings[0] if findings else None
    if worst is not None:
        mark = badge(worst.severity, worst.verdict, ascii=view.ascii)
        values["sev"] = Cell(mark, style_name(worst.severity, worst.verdict))
    elif unknown:
        values["sev"] = Cell("?", "unknown")
    words = (value.text if isinstance(value, Cell) else str(value) for value in values.values())
    text = " ".join((ref.kind, ref.path, *words, *(item.text for item in findings)))
    staged = bool(findings) and all(item.fingerprint in view.staged for item in findings)
    return Row(
        key,
        ref,
        tuple(findings),
        values,
        unknown,
        labels={},
        finding=finding,
        staged=staged,
        text=text,
        haystack=text.lower(),
        branch=branch,
        tells=tells,
    )


def _head(view: View, key: str, words: str, *, opened: bool | None) -> Row:
    values: dict[str, object] = {"what": Cell(twig(view, 0, words, opened=opened), "bold")}
    tells = said_lines(words, *_ABOUT[key])
    return row(view, key, CLUSTER, values, Branch(0, "", opened), tells=tells)


def _so_far(view: View) -> Iterator[Row]:
    """What is known before everything is read and judged."""
    doing = "everything is read" if view.state.reading else "everything is judged"
    yield _head(view, FIRST, f"working out paths: they come once {doing}", opened=None)
    fails = [item for item in counted(view).findings[:WORST] if item.verdict is Verdict.FAIL]
    if not fails:
        return
    yield _head(view, WAYS, "The worst findings so far", opened=True)
    for item in fails:
        what = twig(
            view, 1, f"{item.title}: {short_kind(item.subject.kind)} {item.subject.path}", opened=None
        )
        values: dict[str, object] = {"what": what, "cut": one_line(item.words, 200)}
        key = f"so far|{item.fingerprint}"
        yield row(view, key, item.subject, values, Branch(1, WAYS), (item,), finding=item)


# Do this first


def _first(view: View, found: Scene) -> Iterator[Row]:
    patches = [item for item in found.first if not item.by_hand]
    again = "next" if view.plan.staged else "first"
    if not patches:
        none = f"no way {_none(found)}"
        ways = "no patch is known that cuts a way: see what does by hand" if found.first else none
        yield _head(view, FIRST, f"Do this {again}: nothing; {ways}", opened=None)
        return
    best, *rest = patches[: NEXT + 1]
    opened = is_open(view, FIRST, at_first=False) if rest else None
    yield _priority(view, found, best, FIRST, 0, f"DO THIS {again.upper()}: ", opened=opened)
    for item in rest if opened else ():
        yield _priority(view, found, item, f"{FIRST}|{_mark(item)}", 1, "or: ", above=FIRST)


def _mark(item: Priority) -> str:
    return " ".join(finding.fingerprint for finding in item.findings)


def _priority(
    view: View,
    found: Scene,
    item: Priority,
    key: str,
    depth: int,
    before: str = "",
    *,
    above: str = "",
    opened: bool | None = None,
) -> Row:
    about = "" if item.ref.name in item.title else f" ({short_kind(item.ref.kind)} {item.ref.path})"
    words = f"{before}{item.title}{about}"
    shown = twig(view, depth, words, opened=opened)
    values: dict[str, object] = {
        "what": Cell(shown, "accent bold") if not depth else shown,
        "chance": Cell(f"-{item.effect.share:.0%}" if item.effect.share >= LITTLE else "-<1%", "pass"),
        "state": Cell(item.risk.value if not item.by_hand else "by hand", RISKS[item.risk]),
        "cut": f"removes {item.removes}",
    }
    findings = item.findings
    tells = priority_lines(found, item)
    single = findings[0] if len(findings) == 1 else None
    return row(
        view, key, item.ref, values, Branch(depth, above, opened), findings, finding=single, tells=tells
    )


# Open ways


def _ways(view: View, found: Scene) -> Iterator[Row]:
    count = len(found.ways)
    if not count:
        yield _head(view, WAYS, f"No way {FROM[found.lens]} {_none(found)}", opened=None)
        return
    opened = is_open(view, WAYS, at_first=True)
    cut = sum(found.state(told) == CUT for told in found.ways) if found.left is not None else 0
    planned = f", {cut:,} cut by the plan" if found.left is not None else ""
    yield _head(view, WAYS, f"Open ways {FROM[found.lens]}: {count:,}{planned}", opened=opened)
    for number, told in enumerate(found.ways[:MOST] if opened else (), 1):
        yield from _way(view, found, told, number)
    if opened and count > MOST:
        words = f"and {count - MOST:,} more, none worse; the command paths lists all"
        yield row(view, f"{WAYS}|more", CLUSTER, {"what": twig(view, 1, words, opened=None)}, Branch(1, WAYS))


def _none(found: Scene) -> str:
    """What can be said where no way is known."""
    return "was found, but not everything was read" if found.graph.gaps else "is open"


def _way(view: View, found: Scene, told: Told, number: int) -> Iterator[Row]:
    key = f"{WAYS}|{told.way.key}"
    opened = is_open(view, key, at_first=number == 1)
    state = found.state(told)
    findings = found.cutting(step.edge for step in told.path.told)[:1]
    values: dict[str, object] = {
        "what": twig(view, 1, way_words(told), opened=opened),
        "chance": f"{found.odds(told):.0%}" if state != CUT else "",
        "state": Cell(state, STYLES[state]),
        "cut": cut_words(findings),
    }
    ref = next((ref for stop in told.path.stops if (ref := ref_of(stop)) != CLUSTER), CLUSTER)
    branch = Branch(1, WAYS, opened)
    yield row(view, key, ref, values, branch, findings, tells=way_lines(found, told))
    if not opened:
        return
    for place, step in enumerate(told.path.told):
        yield from _step(view, found, step, f"{key}|{place}", key, 2, gone=told.edges[place] in found.gone)
    if told.way.also:
        also = ", ".join(f"{goal.words} {chance:.0%}" for goal, chance in told.way.also)
        shown = twig(view, 2, f"and on to: {also}", opened=None)
        values = {"what": Cell(shown, "muted")}
        yield row(view, f"{key}|also", ref, values, Branch(2, key), tells=way_lines(found, told))


def way_words(told: Told) -> str:
    """``deploy legacy/ssh-bastion → cluster-admin by sa legacy/default``: the end before what leads there."""
    way = told.way
    stops = told.path.stops
    between, last = list(stops[stops.index(way.entry) + 1 : -1]), stops[-1]
    if last == way.entry:
        return f"{short(way.entry)} → {way.goal.words}"
    if last != way.goal and (last.name or last.namespace):
        between.append(last)
    by = f" by {', '.join(map(short, between))}" if between else ""
    return f"{short(way.entry)} → {way.goal.words}{by}"


def cut_words(findings: Sequence[Finding]) -> str:
    """The best of what cuts a step: ``rbac-cluster-admin: crb ci-deployer``."""
    return "; ".join(
        f"{item.check}: {short_kind(item.subject.kind)} {item.subject.path}" for item in findings[:1]
    )


def _step(
    view: View,
    found: Scene,
    step: Step,
    key: str,
    above: str,
    depth: int,
    *,
    gone: bool = False,
) -> Iterator[Row]:
    """One step, below it where it stands written and what cuts it."""
    edge = step.edge
    findings = found.cutting([edge])
    beneath = bool(edge.proofs or edge.cuts or edge.doubt)
    opened = is_open(view, key, at_first=False) if beneath else None
    detail = f" ({edge.detail})" if edge.detail else ""
    state = Cell(CUT, STYLES[CUT]) if gone else Cell("not sure", "unknown") if edge.doubt else ""
    values: dict[str, object] = {
        "what": twig(view, depth, f"{KINDS[edge.kind].verb} {short(step.target)}{detail}", opened=opened),
        "chance": f"{edge.likelihood:.0%}" if edge.likelihood < 1 else "",
        "state": state,
        "cut": cut_words(findings),
    }
    yield row(
        view,
        key,
        ref_of(step.target),
        values,
        Branch(depth, above, opened),
        findings[:1],
        tells=edge_lines(found, step),
        unknown=edge.doubt if not findings else "",
    )
    if opened:
        for item in _beneath(view, edge, findings, key, depth + 1):
            yield (
                item if item.finding is not None else dataclasses.replace(item, tells=edge_lines(found, step))
            )


def _beneath(view: View, edge: Edge, findings: Sequence[Finding], above: str, depth: int) -> Iterator[Row]:
    branch = Branch(depth, above)
    if edge.doubt:
        what = twig(view, depth, f"not sure: {edge.doubt}", opened=None)
        yield row(
            view, f"{above}|doubt", CLUSTER, {"what": Cell(what, "unknown")}, branch, unknown=edge.doubt
        )
    for number, proof in enumerate(edge.proofs):
        what = twig(view, depth, f"written in {proof.ref} {proof.path}".rstrip(), opened=None)
        yield row(view, f"{above}|proof {number}", proof.ref, {"what": Cell(what, "evidence")}, branch)
    for item in findings:
        subject = f"{short_kind(item.subject.kind)} {item.subject.path}"
        words = f"{cut_verb(edge, item)} by the fix of: {item.title} ({subject})"
        values: dict[str, object] = {"what": twig(view, depth, words, opened=None), "cut": cut_words((item,))}
        if item.fingerprint in view.staged:
            values["state"] = Cell("staged", "mark")
        key = f"{above}|cut {item.fingerprint}"
        yield row(view, key, item.subject, values, branch, (item,), finding=item)
    known = {item.subject for item in findings}
    for ref in dict.fromkeys(cut.ref for cut in edge.cuts if not cut.checks and cut.ref not in known):
        what = twig(view, depth, f"cut by a change of {ref}: no check knows it", opened=None)
        yield row(view, f"{above}|ref {ref.id}", ref, {"what": Cell(what, "muted")}, branch)


# What cuts most, and what is not known


def _fixes(view: View, found: Scene) -> Iterator[Row]:
    fixes = [item for item in found.fixes if item.effect.lost or item.effect.share >= LITTLE][:SHOWN]
    if not fixes:
        return
    opened = is_open(view, FIXES, at_first=True)
    yield _head(view, FIXES, f"What takes most from them, best first: {len(fixes):,}", opened=opened)
    for item in fixes if opened else ():
        key = f"{FIXES}|{_mark(item)}"
        apart = is_open(view, key, at_first=False) if len(item.offers) > 1 else None
        yield _priority(view, found, item, key, 1, above=FIXES, opened=apart)
        for offer in item.offers if apart else ():
            finding = offer.finding
            values: dict[str, object] = {
                "what": twig(view, 2, offer.fix.title, opened=None),
                "state": Cell(offer.fix.risk.value, RISKS[offer.fix.risk]),
                "cut": f"removes {offer.ranked.effect.share:.0%} alone",
            }
            inner = f"{key}|{finding.fingerprint}"
            yield row(view, inner, finding.subject, values, Branch(2, key), (finding,), finding=finding)


def _gaps(view: View, found: Scene) -> Iterator[Row]:
    gaps = found.graph.gaps
    if not gaps:
        return
    opened = is_open(view, GAPS, at_first=True)
    yield _head(view, GAPS, f"Not known, and may hide ways: {len(gaps):,}", opened=opened)
    for words in gaps if opened else ():
        shown = twig(view, 1, words, opened=None)
        values: dict[str, object] = {"what": Cell(shown, "unknown")}
        yield row(view, f"{GAPS}|{words}", CLUSTER, values, Branch(1, GAPS), unknown=words)


def notice(view: View, lens: Lens) -> str:
    """What one must know to read the tree: what the plan does, and what is not known."""
    if view.state.reading or view.state.judging or (view.state.error and not view.state.snapshot.count()):
        return ""
    found = scene(view, lens)
    told = []
    if found.left is not None:
        told.append(_planned(found))
    if found.graph.gaps:
        more = f" (+{len(found.graph.gaps) - 1:,} more)" if len(found.graph.gaps) > 1 else ""
        told.append(f"? there may be more ways: {one_line(found.graph.gaps[0], 200)}{more}")
    return "; ".join(told)


def _planned(found: Scene) -> str:
    left = found.left or {}
    before = {told.way.key: told.way for told in found.ways}
    cut = sum(key not in left for key in before)
    opened = sum(key not in before for key in left)
    risk = sum(way.risk for way in before.values())
    share = 1 - sum(way.risk for way in left.values()) / risk if risk else 0.0
    how = "proven" if found.proven else "reckoned, not proven yet"
    states = [found.state(told) for told in found.ways]
    less, around = states.count(LESS), states.count(DETOUR)
    detours = f", {less:,} {'loses its' if less == 1 else 'lose their'} worst end" if less else ""
    detours += f", {around:,} need{'s' if around == 1 else ''} a detour" if around else ""
    opens = f", {opened:,} OPENED" if opened else ""
    return f"the plan ({how}): {cut:,} of {len(before):,} ways cut{detours}{opens}, {share:.0%} of their risk goes"
