"""What to do first, and the ways that are open to attackers, lens by lens."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ksec_tui.analysis.paths.changes import difference
from ksec_tui.analysis.paths.graph import graph
from ksec_tui.analysis.paths.lenses import Lens, Open, open_paths
from ksec_tui.analysis.paths.model import Vertex
from ksec_tui.analysis.paths.path import Path
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.finding import Finding
from ksec_tui.findings.verdict import Verdict
from ksec_tui.fixes.ranked import Offer, first_offers
from ksec_tui.plain.desk import Desk
from ksec_tui.plain.finding import of_finding
from ksec_tui.plain.view import Move, Screen, View, Word, counted, said


def screen(desk: Desk) -> View:
    """What to do first, then the lenses; with a plan, what is left to do once it is carried out."""
    best = first(desk)
    ways = {lens: open_paths(graph(desk.snapshot), lens) for lens in Lens}
    left = {lens: _left(desk, lens) for lens in Lens}
    findings = [item.finding for item in best]
    entries: list[Offer | Lens] = [*best, *Lens]

    def words(entry: Offer | Lens) -> str:
        if isinstance(entry, Lens):
            still = [way for way in ways[entry] if way.key in left[entry]]
            worst = f"; worst: {still[0].words}" if still else ""
            cut = len(ways[entry]) - len(still)
            planned = f", {cut:,} cut by the plan" if cut else ""
            return f"{entry.words}: {counted(len(still), 'way')} open{planned}{worst}"
        may = f". It may break something: {entry.fix.may_break}" if entry.fix.may_break else ""
        finding = entry.finding
        return f"{entry.fix.title}, for {finding.check} on {finding.subject}: {entry.ranked.words}{may}"

    def chosen(entry: Offer | Lens) -> Move:
        if isinstance(entry, Lens):
            return Move(go=_lens(entry, ways[entry]))
        return Move(go=of_finding(findings, best.index(entry)))

    return View(
        "Priorities",
        tuple(_head(desk, best)),
        entries,
        words,
        chosen,
        (Word("stage", "stage what is to be done first", lambda _: _stage(desk, findings)),),
        help=(
            "First the fixes that remove most of the modelled risk for their effort, each after those before it.",
            "Then the attackers; the likelihoods are judgements, not measurements.",
        ),
    )


def place(_: Desk, __: str) -> Move:
    """The way to the priorities."""
    return Move(home=True, go=screen)


def first(desk: Desk) -> tuple[Offer, ...]:
    """The fixes to do first, on the state that the plan leads to."""
    left = [row.finding for row in desk.rows if not row.staged and not row.standing.dismissed]
    return first_offers(_planned(desk), left, desk.checks)


def _planned(desk: Desk) -> Snapshot:
    """The cluster with the plan carried out, as far as it holds."""
    return desk.proof().simulation.snapshot if desk.plan.staged else desk.snapshot


def _left(desk: Desk, lens: Lens) -> frozenset[tuple[Vertex, Vertex]]:
    """The ways that the plan leaves open."""
    return frozenset(item.key for item in open_paths(graph(_planned(desk)), lens))


def _stage(desk: Desk, findings: Sequence[Finding]) -> Move:
    return (
        Move(desk.stage(findings[:1]), back=1, go=screen) if findings else said("Nothing is left to stage.")
    )


def _head(desk: Desk, best: Sequence[Offer]) -> Iterator[str]:
    if desk.plan.staged:
        yield f"The plan: {difference(desk.snapshot, _planned(desk)).words}."
    if best:
        yield "Do this first; stage takes it into the plan." if not desk.plan.staged else "Do this next:"
    else:
        yield "No patch is known that cuts another way of an attacker."
    for gap in graph(desk.snapshot).gaps:
        yield f"Not known, and may hide ways: {gap}."


def _lens(lens: Lens, ways: Sequence[Open]) -> Screen:
    """The ways of one kind of attacker, the greatest risk first."""

    def view(desk: Desk) -> View:
        left = _left(desk, lens)
        cut = sum(way.key not in left for way in ways)
        planned = f" The plan cuts {cut:,} of them." if desk.plan.staged else ""

        def words(way: Open) -> str:
            mark = "" if way.key in left else "; cut by the plan"
            return f"{way.path.words} (likelihood {way.likelihood:.0%}{mark})"

        head = (f"{counted(len(ways), 'way')} open, the greatest risk first.{planned}",)
        return View(lens.words.capitalize(), head, ways, words, lambda way: Move(go=_way(way.path)))

    return view


def _way(way: Path) -> Screen:
    """One way, step by step, and the findings whose fix cuts it."""

    def view(desk: Desk) -> View:
        cuts = _cutting(desk, way)
        findings = [finding for _, finding in cuts]
        places = range(len(cuts))
        head = [f"From {way.start.words} to {way.goal.words}, likelihood {way.likelihood:.0%}."]
        for number, step in enumerate(way.told, 1):
            doubt = f"; not certain: {step.edge.doubt}" if step.edge.doubt else ""
            head.append(f"Step {number}: {step.words}{doubt}.")
        head.append("What cuts it:" if cuts else "No finding is known whose fix cuts it.")

        def words(place: int) -> str:
            step, finding = cuts[place]
            staged = " (staged)" if desk.plan.has(finding.fingerprint) else ""
            return f"cuts step {step}: {finding.title}, {finding.check} on {finding.subject}{staged}"

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


def _cutting(desk: Desk, way: Path) -> list[tuple[int, Finding]]:
    """The number of a step, and a finding whose fix takes it away."""
    found: dict[str, tuple[int, Finding]] = {}
    for number, step in enumerate(way.told, 1):
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
