"""What the tabs Network and Why say of a workload: which policies decide, who reaches it, what it reaches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from ksec_tui.analysis.network.admission import governing, policy_gap
from ksec_tui.analysis.network.blast import METADATA, blast_radius
from ksec_tui.analysis.network.bulk import Crowd, senders
from ksec_tui.analysis.network.ends import word_of
from ksec_tui.analysis.network.exposure import Certainty
from ksec_tui.analysis.network.groups import Group
from ksec_tui.analysis.network.rules import DIRECTIONS, Direction
from ksec_tui.analysis.network.selectors import alive
from ksec_tui.analysis.network.surface import Reach, surface
from ksec_tui.analysis.network.world import Network, network
from ksec_tui.analysis.workloads import Workload, top_owner, workload_named
from ksec_tui.cluster.kinds import WORKLOAD_KINDS
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.screens.details.tab import Hand, heading, line, prose
from ksec_tui.screens.panes.network_exposure import chain_words
from ksec_tui.screens.widgets.text import Line

KINDS = frozenset(kind.name for kind in WORKLOAD_KINDS)

PORTS = 12
"""Ports whose zones are shown."""

MANY = 12
"""Workloads that are named in each direction."""

STYLES = {"yes": "medium", "no": "pass", "maybe": "unknown"}

TARGETS = {
    "metadata": f"the node's metadata ({METADATA})",
    "api server": "the API server",
    "nodes": "other nodes",
    "internet": "the internet",
}


def workload_of(snapshot: Snapshot, ref: ObjectRef) -> Workload | None:
    """The workload that an object is, or whose pod it is."""
    if ref.kind not in KINDS:
        return None
    found = snapshot.get(ref)
    return workload_named(snapshot, ref) or (
        workload_named(snapshot, top_owner(snapshot, found)) if found is not None else None
    )


def deciding_lines(hand: Hand) -> Iterator[Line]:
    """For each direction the policies that decide what a workload may receive and send, in short."""
    snapshot = hand.snapshot
    workload = workload_of(snapshot, hand.row.ref)
    if workload is None or not alive(workload):
        return
    for direction in DIRECTIONS:
        way = "Network in:" if direction == "ingress" else "Network out:"
        words, style = _decides(snapshot, workload, direction)
        for place, said in enumerate(list(prose(words, hand.width - 15))[:-1]):
            lead = f"  {way:12} " if not place else " " * 15
            yield Line(((lead, "muted"), (said.text, style)))


def _decides(snapshot: Snapshot, workload: Workload, direction: Direction) -> tuple[str, str]:
    """Which policies decide one direction, and the look of that."""
    if workload.spec.host_network:
        return "it is in its node's network, which policies do not govern", "medium"
    world = network(snapshot)
    side = world.side(direction)
    found = [governing(side, group) for group in world.groups_of(workload)]
    names = list(dict.fromkeys(str(ref) for refs in found for ref in refs))
    gap = policy_gap(snapshot, workload.namespace)
    beyond = f"; {gap}" if gap else ""
    if not names:
        return (f"not known: {gap}", "unknown") if gap else ("no policy: everything is allowed", "medium")
    some = "" if all(found) else ", for some of its pods only"
    more = f" and {len(names) - 4} more" if len(names) > 4 else ""
    decide = "decides" if len(names) == 1 else "decide"
    return f"{', '.join(names[:4])}{more} {decide}{some}{beyond}", "unknown" if gap else ""


def workload_lines(hand: Hand, workload: Workload) -> Iterator[Line]:
    """All of it: policies, zones by port with their reasons, senders, receivers."""
    snapshot = hand.snapshot
    yield heading("Which policies decide")
    yield from deciding_lines(hand)
    world = network(snapshot)
    groups = world.groups_of(workload)
    if not alive(workload) or not groups:
        yield line("Its pods have ended: nothing reaches them.", "muted")
        return
    yield line()
    yield heading("From where its ports are reached")
    yield from zone_lines(hand, workload)
    yield line()
    yield from _senders(world, workload, groups)
    yield line()
    yield from _receivers(hand, workload)


def zone_lines(
    hand: Hand, workload: Workload, only: frozenset[tuple[str, int]] | None = None
) -> Iterator[Line]:
    """For each port, or for `only` some, every zone: yes, no or maybe, and why."""
    found = [
        item
        for item in surface(hand.snapshot, workload)
        if only is None or (item.protocol, item.port) in only
    ]
    if not found:
        yield line("  no port is declared, and no Service leads to one", "muted")
    for item in found[:PORTS]:
        yield line(f"  {item.port}/{item.protocol.lower()}", "bold")
        for reach in item.zones:
            yield from _zone(hand, reach)
    if len(found) > PORTS:
        yield line(f"  and {len(found) - PORTS} more ports", "muted")


def _zone(hand: Hand, reach: Reach) -> Iterator[Line]:
    lead = f"    {reach.words:6}"
    name = f"{reach.zone.value:15} "
    room = hand.width - len(lead) - len(name)
    for place, said in enumerate(list(prose(_because(reach), max(24, room)))[:-1]):
        head = (lead, STYLES[reach.words]), (name, "bold" if reach.words == "yes" else "")
        blank = (" " * len(lead), ""), (" " * len(name), "")
        yield Line((*(blank if place else head), (said.text, "muted")))


def _because(reach: Reach) -> str:
    """The reason for one zone: for a way in the way itself, in short, and how many more there are."""
    sure = [item for item in reach.ways if (item.certainty is Certainty.YES) == (reach.words == "yes")]
    if not sure or reach.words == "no":
        return reach.answer.reason
    way = chain_words(sure[0].chain, sure[0].port)
    more = f" (+{len(sure) - 1} more way{'s' if len(sure) > 2 else ''})" if len(sure) > 1 else ""
    doubt = f"; in doubt: {sure[0].doubt}" if sure[0].doubt else ""
    return f"{way}{more}{doubt}"


def _senders(world: Network, workload: Workload, groups: Sequence[Group]) -> Iterator[Line]:
    crowds = [senders(world, group) for group in groups]
    bits = 0
    for crowd in crowds:
        bits |= crowd.bits()
    count, every = world.pods_in(bits), world.pods_in(world.space.every)
    yield heading(f"Who reaches it: {count:,} of {every:,} pods")
    yield from _named(crowds, word_of(workload.ref))


def _named(crowds: Sequence[Crowd], word: str) -> Iterator[Line]:
    """The first few senders; opening one asks about it."""
    shown: set[int] = set()
    for crowd in crowds:
        for group, connections in crowd:
            if group.number in shown or not group.workloads:
                continue
            if len(shown) == MANY:
                yield line("    …", "muted")
                return
            shown.add(group.number)
            asked = f"{word_of(group.workloads[0].ref)} {word}"
            yield Line(((f"    {group}", ""), (f"  {connections}", "muted")), link=f"reach:{asked}")


def _receivers(hand: Hand, workload: Workload) -> Iterator[Line]:
    blast = blast_radius(hand.snapshot, workload)
    held = len(blast.stores)
    stores = f", {held} data store{'s' if held != 1 else ''}" if held else ""
    yield heading(f"What it reaches: {blast.pods:,} pods ({blast.share:.0%}){stores}")
    for target in blast.targets:
        word = {True: "yes", False: "no", None: "maybe"}[target.allowed]
        why = target.reasons[-1].words if target.reasons else ""
        yield Line(
            (
                (f"    {word:6}", STYLES[word]),
                (f"{TARGETS[target.name]:42} ", "bold" if word == "yes" else ""),
                (why, "muted"),
            )
        )
    for item in islice((*blast.stores, *(one for one in blast.workloads if not one.stores)), MANY):
        what = ", ".join(dict.fromkeys(item.stores.values()))
        ref = item.workload.ref
        yield Line(
            (
                (f"    {ref.path}", ""),
                (f"  {item.connections}", "muted"),
                (f"  {what}" if what else "", "high"),
            ),
            link=f"reach:{word_of(workload.ref)} {word_of(ref)}",
        )
    if len(blast.workloads) > MANY:
        yield line(f"    and {len(blast.workloads) - MANY:,} more: n in the list shows all", "muted")
