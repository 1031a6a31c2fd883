"""The list as np-guard's netpol-analyzer draws it up, so that the two can be compared line by line.

Its conventions: a workload is a pod's direct controller; pairs of one workload with itself are left out; a
block of addresses never matches a pod; addresses are IPv4, cut where rules of that direction cut them; an
unknown ingress controller reaches the backends of Ingresses and Routes; a namespace that nobody read has its
name as only label; pods in their node's network are pods like others.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ksec_tui.analysis.network.intervals import Interval
from ksec_tui.analysis.network.listing.choice import CONTROLLER_END, OUTSIDE, Choice
from ksec_tui.analysis.network.listing.controllers import backends
from ksec_tui.analysis.network.listing.imagined import Imagined, imagine, pod_name
from ksec_tui.analysis.network.listing.newcomers import Newcomers
from ksec_tui.analysis.network.listing.owners import Owner, owners
from ksec_tui.analysis.network.listing.remarks import remarks
from ksec_tui.analysis.network.listing.rows import CONTROLLER, Exposed, Listing, Row, merged, span_words
from ksec_tui.analysis.network.listing.spans import spans
from ksec_tui.analysis.network.listing.stage import Stage
from ksec_tui.analysis.network.rules import DIRECTIONS, Direction
from ksec_tui.analysis.network.world import policies_of
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot

_CONTROLLER = Imagined("(ingress controller)", "(ingress controller)", {}, {})


def analyzer_listing(snapshot: Snapshot, choice: Choice) -> Listing:
    """The list of a cluster in that form.

    Args:
        snapshot: the cluster. No policy may tell pods of one workload apart (see `mixed`).
        choice: what of it.

    Raises:
        ChoiceError: there would be too many pairs to list.
    """
    policies = policies_of(snapshot)
    every = owners(snapshot)
    choice.bound((owner.namespace, owner.name) for owner in every)
    told = choice.exposure and not (choice.focus and choice.peers)
    newcomers = Newcomers(snapshot, policies, every) if told else None
    ghosts = [_CONTROLLER, *(newcomers.pods if newcomers else ())]
    stage = Stage(imagine(snapshot, every, ghosts))
    found = list(_rows(stage, every, choice))
    stopped = [row.destination for row in found if row.source == CONTROLLER and not row.connections]
    rows = merged(found)
    if choice.port is not None:
        rows = tuple(row for row in rows if row.connections.allows(*choice.port))
    notes = (
        *remarks(snapshot, every, choice),
        *(
            f"an Ingress or Route leads to {name}, and policies let no unknown pod reach it"
            for name in stopped
        ),
    )
    listing = Listing(rows, frozenset(map(str, every)), notes=notes)
    return _with_exposure(listing, newcomers, stage, every, choice) if newcomers else listing


def _with_exposure(
    listing: Listing, newcomers: Newcomers, stage: Stage, every: Iterable[Owner], choice: Choice
) -> Listing:
    shown = [owner for owner in every if choice.focused(owner.namespace, owner.name)]
    sides = [way for way in DIRECTIONS if choice.direction in ("", way)]
    told: dict[Direction, tuple[Exposed, ...]] = {"ingress": (), "egress": ()}
    for way in sides:
        lines = [line for owner in shown for line in newcomers.exposed(stage, owner, way)]
        lines += _outside(listing.rows, shown, way)
        told[way] = tuple(sorted(lines, key=lambda line: (line.workload, line.other)))
    bare = ((str(owner), way) for owner in shown for way in sides if not newcomers.protected(owner, way))
    return Listing(
        listing.rows, listing.peers, told["egress"], told["ingress"], tuple(sorted(bare)), listing.notes
    )


def _outside(rows: Iterable[Row], shown: Iterable[Owner], way: Direction) -> Iterator[Exposed]:
    names = set(map(str, shown))
    for row in rows:
        inside, other = (row.destination, row.source) if way == "ingress" else (row.source, row.destination)
        if row.span is not None and inside in names:
            yield Exposed(inside, other, row.connections)


def _rows(stage: Stage, every: Sequence[Owner], choice: Choice) -> Iterator[Row]:
    policies = policies_of(stage.snapshot)
    sources, targets = spans(policies, "ingress"), spans(policies, "egress")
    for owner in every:
        here = owner.namespace, owner.name
        for other in every:
            if other is not owner and choice.wants(here, (other.namespace, other.name)):
                yield _row(stage, owner, other)
        if choice.wants(here, OUTSIDE):
            yield from (_to(stage, owner, span) for span in targets)
        if choice.wants(OUTSIDE, here):
            yield from (_from(stage, span, owner) for span in sources)
    yield from _controlled(stage, every, choice)


def _row(stage: Stage, source: Owner, destination: Owner) -> Row:
    found = stage.between(stage.owner(source), stage.owner(destination))
    return Row(str(source), str(destination), found)


def _to(stage: Stage, owner: Owner, span: Interval) -> Row:
    found = stage.between(stage.owner(owner), stage.span(span))
    return Row(str(owner), span_words(span), found, span)


def _from(stage: Stage, span: Interval, owner: Owner) -> Row:
    found = stage.between(stage.span(span), stage.owner(owner))
    return Row(span_words(span), str(owner), found, span)


def _controlled(stage: Stage, every: Iterable[Owner], choice: Choice) -> Iterator[Row]:
    reached = backends(stage.snapshot)
    for owner in every:
        ports = reached.get(ObjectRef(owner.namespace, "Pod", pod_name(owner)))
        if ports and choice.wants(CONTROLLER_END, (owner.namespace, owner.name)):
            open_ = stage.between(stage.ghost(_CONTROLLER), stage.owner(owner))
            yield Row(CONTROLLER, str(owner), open_ & ports)
