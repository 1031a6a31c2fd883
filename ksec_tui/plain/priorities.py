"""What to do first, and the ways that are open to attackers, lens by lens."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ksec_tui.analysis.paths.graph import graph
from ksec_tui.analysis.paths.lenses import Lens
from ksec_tui.analysis.paths.path import Path, path_of
from ksec_tui.analysis.paths.ways import Way, edges_along, ways
from ksec_tui.findings.finding import Finding
from ksec_tui.findings.verdict import Verdict
from ksec_tui.fixes.priorities import Priority, priorities, staged_edges
from ksec_tui.plain.desk import Desk
from ksec_tui.plain.finding import of_finding
from ksec_tui.plain.view import Move, Screen, View, Word, counted, ended, said

FIRST = 5
"""Fixes that are named as what to do first."""
_SAME = 0.9999


def screen(desk: Desk) -> View:
    """What to do first, then the lenses; with a plan, what is left to do beside it."""
    gone = staged_edges(desk.snapshot, desk.plan, desk.checks)
    best = first(desk, gone)
    left = {lens: _left(desk, lens, gone) for lens in Lens}
    entries: list[Priority | Lens] = [*best, *Lens]

    def words(entry: Priority | Lens) -> str:
        if isinstance(entry, Priority):
            return _priority_words(entry)
        every = ways(graph(desk.snapshot), entry)
        still = [way for way in every if way.key in left[entry]]
        worst = f"; worst: {_brief(still[0])}" if still else ""
        planned = f", {len(every) - len(still):,} cut by the plan" if len(every) > len(still) else ""
        return f"{entry.words}: {counted(len(still), 'way')} open{planned}{worst}"

    def chosen(entry: Priority | Lens) -> Move:
        return Move(go=_lens(entry) if isinstance(entry, Lens) else _opened(entry))

    return View(
        "Priorities",
        tuple(_head(desk, best)),
        entries,
        words,
        chosen,
        (Word("stage", "stage what is to be done first", lambda _: _stage(desk, best)),),
        help=(
            "First the fixes that take most from attackers for their effort, beside what is staged.",
            "Then the attackers; likelihoods are judgements for putting fixes in order, not measurements.",
        ),
    )


def place(_: Desk, __: str) -> Move:
    """The way to the priorities."""
    return Move(home=True, go=screen)


def first(desk: Desk, gone: Sequence[int]) -> list[Priority]:
    """What to do first, beside the plan, which takes the steps `gone`; not what was dismissed."""
    found = priorities(desk.snapshot, desk.results, desk.checks, plan=desk.plan, gone=gone)
    open_ = (item for item in found if not all(desk.row(one).standing.dismissed for one in item.findings))
    return list(open_)[:FIRST]


def _left(desk: Desk, lens: Lens, gone: Sequence[int]) -> dict[str, Way]:
    """The ways that the plan leaves open, by what tells them apart."""
    return {way.key: way for way in ways(graph(desk.snapshot), lens, gone)}


def _head(desk: Desk, best: Sequence[Priority]) -> Iterator[str]:
    if not best:
        yield "No fix is known that takes anything more from attackers."
    elif desk.plan.staged:
        yield f"Beside what is staged ({counted(len(desk.plan.staged), 'fix', 'fixes')}), do this next:"
    else:
        yield "Do this first; stage takes the first into the plan:"
    for gap in graph(desk.snapshot).gaps:
        yield f"Not known, and may hide ways: {gap}."


def _priority_words(item: Priority) -> str:
    checks = ", ".join(finding.check for finding in item.findings)
    breaks = " ".join(dict.fromkeys(ended(fix.may_break) for fix in item.fixes if fix.may_break))
    told = f" It may break something: {breaks}" if breaks else ""
    return f"{item.title}, for {checks} on {item.ref}: removes {item.removes}. Risk: {item.risk.value}.{told}"


def _stage(desk: Desk, best: Sequence[Priority]) -> Move:
    if not best:
        return said("Nothing is left to stage.")
    return Move(desk.stage(best[0].findings), back=1, go=screen)


def _opened(item: Priority) -> Screen:
    """The finding that is fixed; where it takes several fixes, which."""
    findings = item.findings
    if len(findings) == 1:
        return of_finding(findings, 0)

    def view(desk: Desk) -> View:
        places = range(len(findings))
        return View(
            str(item.ref),
            (f"Together they remove {item.removes}.",),
            places,
            lambda place: (
                f"{findings[place].title} ({findings[place].check}){_staged(desk, findings[place])}"
            ),
            lambda place: Move(go=of_finding(findings, place)),
            (Word("stage", "stage all of these fixes", lambda _: said(*desk.stage(findings))),),
        )

    return view


def _staged(desk: Desk, finding: Finding) -> str:
    return "; staged" if desk.plan.has(finding.fingerprint) else ""


# Ways


def _mark(way: Way, after: Way | None) -> str:
    """What the plan does to a way."""
    if after is None:
        return "; cut by the plan"
    if after.risk >= way.risk * _SAME:
        return ""
    return f"; the plan leaves a harder one, to {after.goal.words}, likelihood {after.likelihood:.0%}"


def _brief(way: Way) -> str:
    """``internet by Deployment shop/web to cluster-admin``."""
    by = f" by {way.entry.words}" if way.entry != way.start else ""
    return f"{way.start.words}{by} to {way.goal.words}"


def _lens(lens: Lens) -> Screen:
    """The ways of one kind of attacker, the greatest risk first."""

    def view(desk: Desk) -> View:
        found = ways(graph(desk.snapshot), lens)
        left = _left(desk, lens, staged_edges(desk.snapshot, desk.plan, desk.checks))
        cut = sum(way.key not in left for way in found)
        planned = f" The plan cuts {cut:,} of them." if desk.plan.staged else ""

        def words(way: Way) -> str:
            also = f", and to {counted(len(way.also), 'further end')}" if way.also else ""
            return f"{_brief(way)}{also} (likelihood {way.likelihood:.0%}{_mark(way, left.get(way.key))})"

        head = (f"{counted(len(found), 'way')} open, the greatest risk first.{planned}",)
        return View(lens.words.capitalize(), head, found, words, lambda way: Move(go=_way(way)))

    return view


def _way(way: Way) -> Screen:
    """One way, step by step, and the findings whose fix cuts it."""

    def view(desk: Desk) -> View:
        found = graph(desk.snapshot)
        number = found.number(way.start)
        if number is None or found.number(way.entry) is None or found.number(way.goal) is None:
            return View("Way", ("This way is not there any more.",))
        path = path_of(found, edges_along(found, way), number)
        cuts = _cutting(desk, path)
        findings = [finding for _, finding in cuts]
        places = range(len(cuts))
        head = [f"From {_brief(way)}, likelihood {way.likelihood:.0%}."]
        for place, step in enumerate(path.told, 1):
            doubt = f"; not certain: {step.edge.doubt}" if step.edge.doubt else ""
            head.append(f"Step {place}: {step.words}{doubt}.")
        if way.also:
            ends = ", ".join(f"{goal.words} ({likely:.0%})" for goal, likely in way.also)
            head.append(f"It leads on to: {ends}.")
        head.append("What cuts it:" if cuts else "No finding is known whose fix cuts it.")

        def words(place: int) -> str:
            step, finding = cuts[place]
            return f"cuts step {step}: {finding.title}, {finding.check} on {finding.subject}{_staged(desk, finding)}"

        return View(
            "Way",
            tuple(head),
            places,
            words,
            lambda place: Move(go=of_finding(findings, place)),
            (
                Word(
                    "stage",
                    "NUMBER: stage the fix that cuts it there",
                    lambda word: _cut(desk, findings, word),
                ),
            ),
        )

    return view


def _cutting(desk: Desk, path: Path) -> list[tuple[int, Finding]]:
    """The number of a step, and a finding whose fix takes it away."""
    found: dict[str, tuple[int, Finding]] = {}
    for number, step in enumerate(path.told, 1):
        for cut in step.edge.cuts:
            for finding in desk.results.on(cut.ref):
                if finding.check in cut.checks and finding.verdict is Verdict.FAIL and not cut.partly:
                    found.setdefault(finding.fingerprint, (number, finding))
    return list(found.values())


def _cut(desk: Desk, findings: Sequence[Finding], word: str) -> Move:
    number = int(word) if word.isascii() and word.isdigit() and len(word) < 10 else 0
    if not 1 <= number <= len(findings):
        return said("Say the number of a finding after stage.")
    return said(*desk.stage([findings[number - 1]]))
