"""What the tab Why says of ways of attackers: the steps, where they stand written, what cuts them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from ksec_tui.analysis.paths.choke import closing
from ksec_tui.analysis.paths.kinds import KINDS
from ksec_tui.analysis.paths.lenses import Lens
from ksec_tui.analysis.paths.path import SILENT, Step
from ksec_tui.checks import checks_named
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.findings.finding import Finding
from ksec_tui.fixes.plan import FixPlan, Staged
from ksec_tui.fixes.priorities import Priority
from ksec_tui.fixes.simulate import simulate
from ksec_tui.fixes.wholes import wholes
from ksec_tui.screens.attack_scene import Scene, Told, cut_verb, told_ways
from ksec_tui.screens.details.tab import Hand, heading, line, prose
from ksec_tui.screens.widgets.text import Line
from ksec_tui.themes.palette import badge, style_name

Tells = Callable[[Hand], Sequence[Line]]

MANY = 8
"""Ways, and objects, that are named."""


def _said(text: str, hand: Hand, *, indent: str = "", style: str = "") -> Iterator[Line]:
    yield from list(prose(text, hand.width, indent=indent, style=style))[:-1]


def said_lines(title: str, *paragraphs: str) -> Tells:
    """A heading and some paragraphs."""

    def lines(hand: Hand) -> Sequence[Line]:
        made = list(_said(title, hand, style="header bold"))
        for words in paragraphs:
            made += [line(), *_said(words, hand)]
        return made

    return lines


def _lead(ref: ObjectRef) -> str:
    return f"ref:{ref.group}/{ref.kind}/{ref.namespace}/{ref.name}"


def way_lines(found: Scene, told: Told) -> Tells:
    """A way, step by step; what closes it for good."""

    def lines(hand: Hand) -> Sequence[Line]:
        made = [heading(f"{told.way.start.words} → {told.way.goal.words}"), *_way_head(found, told, hand)]
        for number, step in enumerate(told.path.told, 1):
            if step.edge.kind in SILENT and not step.edge.detail:
                continue
            made += [line(), *_said(f"{number}. {step.words}", hand, style="bold"), *_edge(found, step, hand)]
        made += [line(), *_closing(found, told, hand)]
        return made

    return lines


def _way_head(found: Scene, told: Told, hand: Hand) -> Iterator[Line]:
    way = told.way
    yield from _said(
        f"Likelihood {way.likelihood:.0%}, {found.state(told)}. Likelihoods are judgements, not measurements.",
        hand,
        style="muted",
    )
    for doubt in told.path.doubts:
        yield from _said(f"? not sure: {doubt}", hand, style="unknown")
    if way.also:
        also = ", ".join(f"{goal.words} {chance:.0%}" for goal, chance in way.also)
        yield from _said(f"From the same beginning on to: {also}", hand)
    yield from _said(
        f"{hand.key('fix.stage')} stages the fix that cuts it best; "
        f"{hand.key('paths.follow')} on a row shows what follows from there.",
        hand,
        style="muted",
    )


def _closing(found: Scene, told: Told, hand: Hand) -> Iterator[Line]:
    refs = closing(found.graph, told.way.entry, told.way.goal)
    if not refs:
        yield from _said("No few changes close every road from here to there.", hand, style="muted")
        return
    more = f" and {len(refs) - MANY:,} more" if len(refs) > MANY else ""
    named = ", ".join(map(str, refs[:MANY]))
    yield from _said(f"Closed for good, with all its side roads, by changing: {named}{more}", hand)


def edge_lines(found: Scene, step: Step) -> Tells:
    """One step in full."""

    def lines(hand: Hand) -> Sequence[Line]:
        kind = KINDS[step.edge.kind]
        made = [*_said(step.words, hand, style="bold")]
        technique = f"  ATT&CK {kind.technique}" if kind.technique else ""
        made.append(
            line(f"{step.edge.kind}  likelihood {step.edge.likelihood:.0%}, a judgement{technique}", "muted")
        )
        keys = f"{hand.key('paths.follow')} shows what follows from there"
        if found.cutting([step.edge])[:1]:
            keys = f"{hand.key('fix.stage')} stages the fix named first; {keys}"
        return [*made, *_edge(found, step, hand), line(), *_said(keys, hand, style="muted")]

    return lines


def _edge(found: Scene, step: Step, hand: Hand) -> Iterator[Line]:
    """Doubt, evidence and cuts of a step."""
    edge = step.edge
    if edge.doubt:
        yield from _said(f"? not sure: {edge.doubt}", hand, indent="  ", style="unknown")
    for proof in edge.proofs:
        yield Line(
            (("  › ", "muted"), (str(proof.ref), "evidence"), (f" {proof.path}", "muted")),
            link=_lead(proof.ref),
        )
    for item in found.cutting([edge]):
        yield _finding(item, hand, f"  {cut_verb(edge, item)} by ")
    for ref in dict.fromkeys(cut.ref for cut in edge.cuts if not cut.checks):
        yield Line((("  cut by a change of ", "muted"), (str(ref), "")), link=_lead(ref))


def _finding(item: Finding, hand: Hand, before: str) -> Line:
    mark = badge(item.severity, item.verdict, ascii=hand.view.ascii)
    staged = "  staged" if item.fingerprint in hand.view.staged else ""
    style = style_name(item.severity, item.verdict)
    spans = (
        (before, "muted"),
        (f"{mark} ", style),
        (item.title, ""),
        (f" {item.subject}", "muted"),
        (staged, "mark"),
    )
    return Line(spans, link=f"finding:{item.fingerprint}", about=(item,))


# What to do first


def priority_lines(found: Scene, item: Priority) -> Tells:
    """A fix with its reasons: what it removes, what it may break."""

    def lines(hand: Hand) -> Sequence[Line]:
        effort = found.graph.judgement.effort(item.risk.value)
        made = [heading(f"{item.title} ({item.ref})")]
        counted = "all lenses" if any(item is one for one in found.first) else "this lens"
        made += _said(f"Removes {item.removes} ({counted}).", hand, style="pass")
        made += _why(found, item, hand)
        made += _said(f"Risk of the fix: {item.risk.value}; effort {effort:g}: judgements.", hand)
        # Several fixes of one object often warn of the same.
        for words in dict.fromkeys(fix.may_break for fix in item.fixes if fix.may_break):
            made += _said(f"May break: {words}", hand, style="medium")
        for step in dict.fromkeys(step for fix in item.fixes for step in fix.steps[:MANY]):
            made += _said(f"By hand: {step}", hand)
        made += _gone(item, hand)
        made += [line(), heading("What it fixes")]
        made += (_finding(finding, hand, "  ") for finding in item.findings)
        made += _lost(item, hand)
        key = hand.key("fix.stage")
        staging = f"{key} puts it into the plan, to be done by hand" if item.by_hand else f"{key} stages it"
        made += [line(), line(f"{staging}; the tab Fix shows the change.", "muted")]
        return made

    return lines


def _why(found: Scene, item: Priority, hand: Hand) -> Iterator[Line]:
    """The worst way that goes over what it changes."""
    over = frozenset(item.effect.edges)
    every = (told for lens in (found.lens, *Lens) for told in told_ways(found.graph, lens)[:200])
    worst = next((told for told in every if not over.isdisjoint(told.edges)), None)
    if worst is not None:
        yield from _said(f"Why: it is on the way {worst.path.words}.", hand)


def _gone(item: Priority, hand: Hand) -> Iterator[Line]:
    """How many findings go with it, tried on the loaded state."""
    state = hand.view.state
    plan = FixPlan().stage_many(Staged(offer.finding, offer.fix) for offer in item.offers)
    if state.reading or state.judging or not plan.changes():
        return
    documents = wholes(plan, hand.snapshot, hand.fetch)
    checks = checks_named(state.results.by_check)
    outcome = simulate(hand.snapshot, plan, checks, documents=documents, results=state.results)
    for refused in outcome.refused:
        yield from _said(f"Refused: {refused.reason}", hand, style="error")
    if not outcome.refused:
        count = len(outcome.removed)
        yield from _said(
            f"Findings gone with it: {count:,}, none new (tried on the loaded state).", hand, style="pass"
        )


def _lost(item: Priority, hand: Hand) -> Iterable[Line]:
    lost = item.effect.lost
    if not lost:
        return
    yield line()
    yield heading(f"Ways that it cuts: {len(lost):,}")
    for start, goal in lost[:MANY]:
        yield from _said(f"{start.words} → {goal.words}", hand, indent="  ")
    if len(lost) > MANY:
        yield line(f"  and {len(lost) - MANY:,} more", "muted")
