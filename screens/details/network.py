"""Tab Net: from where an object is reached and what it reaches, with the reasons."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from ksec_tui.analysis.network.backing import targets
from ksec_tui.analysis.network.exposure import blocked, exposures
from ksec_tui.analysis.network.matrix import Cell, Matrix, matrix
from ksec_tui.analysis.network.policy_effects import clause_words, effects, scope_words
from ksec_tui.analysis.network.rules import DIRECTIONS
from ksec_tui.analysis.workloads import Workload
from ksec_tui.cluster.kinds import SERVICE
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.screens.details.network_workload import MANY, workload_lines, workload_of, zone_lines
from ksec_tui.screens.details.tab import Hand, Tab, heading, line, prose
from ksec_tui.screens.panes.network_matrix import DRAWN, GLYPHS, share_of
from ksec_tui.screens.panes.network_notice import notices
from ksec_tui.screens.panes.network_policies import tier_words
from ksec_tui.screens.widgets.text import Line

STYLES = {"all": "medium", "some": "", "none": "pass", "unknown": "unknown"}


def lines(hand: Hand) -> Sequence[Line]:
    """What the network is to the object in hand."""
    ref = hand.row.ref
    found = [Line(((f"{ref.kind} ", "muted"), (ref.path, "bold")))]
    for words in notices(hand.snapshot):
        found += (line(said.text, "warning") for said in list(prose(f"! {words}", hand.width))[:-1])
    found.append(line())
    workload = workload_of(hand.snapshot, ref)
    if workload is not None:
        return [*found, *workload_lines(hand, workload)]
    known = {item.ref for item in hand.snapshot.of(SERVICE)} if ref.kind == "Service" else ()
    if ref in known:
        return [*found, *_service(hand, ref)]
    if ref in effects(hand.snapshot):
        return [*found, *_policy(hand, ref)]
    if ref.kind == "Namespace":
        return [*found, *_namespace(hand, ref.name)]
    ways = list(_ways(hand, ref))
    if ways:
        return [*found, *ways]
    if hand.row.notes:
        said = (part for note in hand.row.notes for part in list(prose(note, hand.width))[:-1])
        return [*found, *said]
    return [
        *found,
        line("Nothing of the network is known of it: workloads, Services, ways in, policies", "muted"),
        line("and namespaces have such a view.", "muted"),
    ]


def _service(hand: Hand, ref: ObjectRef) -> Iterator[Line]:
    """The pods behind it, with the zones of the ports where it ends."""
    snapshot = hand.snapshot
    service = snapshot.find(SERVICE, ref.name, ref.namespace)
    if service is None:
        return
    ends: dict[ObjectRef, tuple[Workload, set[tuple[str, int]]]] = {}
    for port in service.spec.ports:
        for target in targets(snapshot, service, port):
            slot = ends.setdefault(target.workload.ref, (target.workload, set()))
            slot[1].add((target.protocol, target.port))
    yield from _ways(hand, ref)
    if not ends:
        yield line("It leads to no pod that is known.", "unknown")
    for workload, ports in islice(ends.values(), MANY):
        yield Line(
            ((f"{workload.ref.kind} ", "muted"), (workload.ref.path, "bold")), link=_link(workload.ref)
        )
        yield from zone_lines(hand, workload, frozenset(ports))


def _link(ref: ObjectRef) -> str:
    return f"ref:{ref.id}"


def _ways(hand: Hand, ref: ObjectRef) -> Iterator[Line]:
    """Every way in that leads through an object, and those that policies shut."""
    for title, items in (
        ("Ways in through it", exposures(hand.snapshot)),
        ("Ways in through it that policies shut", blocked(hand.snapshot)),
    ):
        found = [item for item in items if any(link.ref == ref for link in item.chain)]
        if found:
            yield heading(f"{title}: {len(found)}")
        for item in found[:MANY]:
            doubt = f"  in doubt: {item.doubt}" if item.doubt else ""
            for place, said in enumerate(list(prose(f"{item.words}{doubt}", hand.width - 4))[:-1]):
                yield Line(
                    (("  › " if not place else "    ", "muted"), *said.spans), link=_link(item.workload)
                )
        if len(found) > MANY:
            yield line(f"  and {len(found) - MANY} more", "muted")
        if found:
            yield line()


def _policy(hand: Hand, ref: ObjectRef) -> Iterator[Line]:
    """Whom it governs, what its rules say, what of it does nothing."""
    effect = effects(hand.snapshot)[ref]
    policy = effect.policy
    if policy.priority or tier_words(policy) != "—":
        yield Line((("Tier          ", "muted"), (tier_words(policy), "bold")))
    subject = policy.subject
    words = scope_words(subject, ref.namespace) if subject is not None else "nobody"
    yield from _wrapped("Selects       ", f"{words}: {effect.pods:,} pods", hand.width)
    for direction in DIRECTIONS:
        rules = policy.rules(direction)
        title = f"{direction.capitalize():14}"
        if rules is None:
            yield Line(((title, "muted"), ("not affected", "muted")))
            continue
        if not rules:
            yield Line(((title, "muted"), ("nothing is allowed", "pass")))
        for rule in rules:
            yield from _wrapped(title, f"#{rule.number} {clause_words(rule, ref.namespace)}", hand.width)
            title = " " * 14
    if effect.remarks:
        yield line()
        yield heading("What of it does nothing")
        for said in effect.remarks:
            yield from _wrapped("  › ", said, hand.width, "low")
    yield line()
    chosen = list(islice(effect.workloads(hand.snapshot), MANY + 1))
    yield heading(f"Whom it governs: {effect.pods:,} pods")
    for workload in chosen[:MANY]:
        kind, path = workload.ref.kind, workload.ref.path
        yield Line(((f"    {kind} ", "muted"), (path, "")), link=_link(workload.ref))
    if len(chosen) > MANY:
        yield line("    …", "muted")


def _wrapped(title: str, words: str, width: int, style: str = "") -> Iterator[Line]:
    for place, said in enumerate(list(prose(words, width - len(title)))[:-1]):
        yield Line(((" " * len(title) if place else title, "muted"), (said.text, style)))


def _namespace(hand: Hand, name: str) -> Iterator[Line]:
    """Its row and its column of the matrix; opening a line lists the pairs."""
    table = matrix(hand.snapshot)
    row = table.row(name)
    if not row:
        yield line("It has no pods that were read.", "muted")
        return
    yield heading(f"What its {table.pods(name):,} pods reach        enter lists the pairs")
    yield from _cells(hand, table, ((name, there, cell) for there, cell in row.items()), to=True)
    yield line()
    yield heading("What reaches its pods")
    if len(table.namespaces) > DRAWN:
        yield line(
            "  left out: there are too many namespaces; ask with N who reaches one of its workloads", "muted"
        )
        return
    back = ((there, name, table.cell(there, name)) for there in table.namespaces if there != name)
    yield from _cells(hand, table, back, to=False)


def _cells(hand: Hand, table: Matrix, cells: Iterable[tuple[str, str, Cell]], *, to: bool) -> Iterator[Line]:
    numbers = {name: number for number, name in enumerate(table.namespaces, 1)}
    for source, there, cell in cells:
        share = share_of(hand.snapshot, source, there, cell)
        other = there if to else source
        words = "not known" if share == "unknown" else _pairs(cell)
        yield Line(
            (
                (f"{numbers[other]:>4} ", "muted"),
                (f"{GLYPHS[share][hand.view.ascii]} ", STYLES[share]),
                (f"{other:24} ", "" if cell.reached else "muted"),
                (words, "muted"),
            ),
            link=f"reach:{source}/* {there}/*",
        )


def _pairs(cell: Cell) -> str:
    if not cell.pairs:
        return "a single pod"
    if not cell.reached:
        return "nothing"
    if cell.free:
        return f"every pod, every port ({cell.pairs:,} pairs)"
    ports = "every port" if cell.some.all_ports else str(cell.some)
    return f"{cell.reached:,} of {cell.pairs:,} pairs, {ports}"


TAB = Tab("network", 6, "Net", lines)
