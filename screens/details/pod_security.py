"""What the tab Why says of a workload's Pod Security level, and of what keeps it from each level beyond."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ksec_tui.analysis.pod_security import LEVELS, Barrier, Standing, server_policy, standings
from ksec_tui.analysis.workloads import top_owner
from ksec_tui.cluster.kinds import WORKLOAD_KINDS
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.findings.finding import Finding
from ksec_tui.findings.verdict import Verdict
from ksec_tui.screens.details.tab import Hand, heading, line, prose
from ksec_tui.screens.widgets.text import Line

KINDS = frozenset(kind.name for kind in WORKLOAD_KINDS)
STYLES = {"privileged": "high", "baseline": "medium", "restricted": "pass"}
MANY = 4
"""Fields that are named for one barrier."""


def level_lines(hand: Hand) -> Iterator[Line]:
    """The level that a workload meets, and what keeps it from the next, in short."""
    standing = _standing(hand)
    if standing is None:
        return
    yield Line((("  Pod Security: meets ", "muted"), (standing.level, STYLES[standing.level])))
    if standing.level != LEVELS[-1]:
        wanted = LEVELS[LEVELS.index(standing.level) + 1]
        reasons = dict.fromkeys(item.reason for item in standing.barriers(server_policy(hand.snapshot)))
        yield from list(prose(f"{wanted} refuses: {', '.join(reasons)}", hand.width, indent="  "))[:-1]


def barrier_lines(hand: Hand) -> Iterator[Line]:
    """What each level beyond the one it meets refuses, in the API server's words, with the fields."""
    standing = _standing(hand)
    if standing is None:
        return
    minor = server_policy(hand.snapshot)
    policy = f"v1.{minor}" if minor is not None else "any version"
    about = _by_field(hand, standing.object)
    here = standing.object == hand.row.ref
    told: set[str] = set()
    for level in LEVELS[LEVELS.index(standing.level) + 1 :]:
        barriers = [item for item in standing.barriers(minor, level) if item.check not in told]
        told.update(item.check for item in barriers)
        if not barriers:
            continue
        yield line()
        besides = " besides" if len(told) > len(barriers) else ""
        where = "" if here else f" in {standing.object}"
        yield heading(f"Pod Security {level} ({policy}) refuses{besides}{where}")
        for barrier in barriers:
            yield from _barrier(hand, barrier, about, here=here)


def _barrier(
    hand: Hand, barrier: Barrier, about: Mapping[str, Sequence[Finding]], *, here: bool
) -> Iterator[Line]:
    findings = tuple(dict.fromkeys(item for field in barrier.fields for item in about.get(field, ())))
    for said in list(prose(f"› {barrier.reason}: {barrier.detail}", hand.width, indent="  "))[:-1]:
        yield Line(((said.text, "evidence"),), about=findings)
    for field in barrier.fields[:MANY]:
        link = f"field:{field}" if here else ""
        yield Line(((f"    {field}", "muted"),), link=link, about=tuple(about.get(field, ())))
    if len(barrier.fields) > MANY:
        yield line(f"    and {len(barrier.fields) - MANY} more", "muted")


def _standing(hand: Hand) -> Standing | None:
    """How far the workload in hand gets, or the one whose pod is in hand."""
    ref = hand.row.ref
    if ref.kind not in KINDS:
        return None
    known = standings(hand.snapshot)
    if ref not in known:
        found = hand.snapshot.get(ref)
        ref = top_owner(hand.snapshot, found) if found is not None else ref
    return known.get(ref)


def _by_field(hand: Hand, ref: ObjectRef) -> dict[str, list[Finding]]:
    """JSON pointer into an object -> the findings whose evidence it is."""
    found: dict[str, list[Finding]] = {}
    results = hand.view.state.results
    for finding in dict.fromkeys((*results.on(ref), *results.on(hand.row.ref), *results.pointing_at(ref))):
        if finding.verdict is Verdict.FAIL:
            for piece in finding.evidence:
                if (piece.ref or finding.subject) == ref:
                    found.setdefault(piece.path, []).append(finding)
    return found
