"""The cluster as text: namespaces, RBAC, network, workloads, versions, coverage; each leads to its findings."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator

from ksec_tui.analysis.identity import is_system
from ksec_tui.analysis.isolation import WEIGHTS, Part, grade, isolation, span
from ksec_tui.analysis.network.balancers import Zone
from ksec_tui.analysis.network.exposure import EXPOSURE_KINDS
from ksec_tui.analysis.network.questions import ask, port_named
from ksec_tui.analysis.network.reach import EndError
from ksec_tui.analysis.pod_security import standings, tighten
from ksec_tui.analysis.rbac.answer import elsewhere, explain, explain_who
from ksec_tui.analysis.rbac.grants import Grant
from ksec_tui.analysis.rbac.identity import identity_of
from ksec_tui.analysis.rbac.naming import Asked, NamingError, request_named, subject_named
from ksec_tui.analysis.rbac.subjects import Holder, subjects
from ksec_tui.analysis.workloads import workloads_in
from ksec_tui.cluster.coverage import State
from ksec_tui.cluster.kinds import NAMESPACE
from ksec_tui.cluster.platform import Namespace
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.plain.desk import Desk
from ksec_tui.plain.findings import counts, listing
from ksec_tui.plain.listed import Listed
from ksec_tui.plain.view import Move, View, Word, counted, ended, menu, said, text
from ksec_tui.reports.access import answer_text, holders_text
from ksec_tui.reports.exposure import exposure_text
from ksec_tui.reports.reach import reach_text
from ksec_tui.reports.versions import versions_text

OUTER = (Zone.INTERNET, Zone.OUTSIDE, Zone.NODES, Zone.UNKNOWN)
"""The zones outside of the cluster."""


def _by(desk: Desk, key: Callable[[Listed], Collection[str]]) -> dict[str, list[Listed]]:
    """The findings that count, by what `key` names."""
    found: dict[str, list[Listed]] = defaultdict(list)
    for row in desk.rows:
        if not row.standing.dismissed:
            for name in key(row):
                found[name].append(row)
    return found


def _worst(rows: list[Listed]) -> str:
    return counts(rows) or "no findings"


# Namespaces


def namespaces(desk: Desk) -> View:
    """One line for each namespace: its isolation, what it enforces, its findings."""
    found = _by(desk, lambda row: row.facet("ns"))
    rows = sorted(desk.snapshot.of(NAMESPACE), key=is_system)

    def words(item: Namespace) -> str:
        parts = isolation(desk.snapshot, item.name)
        graded = "Kubernetes' own" if is_system(item) else f"isolation {grade(parts)}"
        return f"{item.name}: {graded}; {parts[0].name} {parts[0].short}; {_worst(found[item.name])}"

    def chosen(item: Namespace) -> Move:
        name = item.name
        head = tuple(_isolated(desk, item))
        return Move(go=listing(f"Namespace {name}", lambda row: name in row.facet("ns"), head=head))

    head = (f"{counted(len(rows), 'namespace')}; A is isolated best.",)
    return View("Namespaces", head, rows, words, chosen)


def _isolated(desk: Desk, item: Namespace) -> Iterator[str]:
    parts = isolation(desk.snapshot, item.name)
    if is_system(item):
        yield "Kubernetes' own namespace: no tenant, so it has no grade."
    else:
        worst, best = span(parts)
        yield f"Isolation {worst if worst == best else f'between {worst} and {best}'}."
    yield from map(_part, parts)
    closer = tighten(desk.snapshot, item.name)
    if closer.level is not None and closer.better:
        yield f"Could enforce {closer.level} today without refusing what is seen in it."
    yield f"{counted(len(workloads_in(desk.snapshot, item.name)), 'workload')}."


def _part(part: Part) -> str:
    points = "not known" if part.share is None else f"{part.points:.3g}"
    return f"{part.name}, {points} of {WEIGHTS[part.name]} points: {ended(part.words)}"


# RBAC


def rbac(desk: Desk) -> View:
    """One line for each subject, and questions."""
    found = _by(desk, lambda row: (row.finding.subject.id,))
    holders = sorted(subjects(desk.snapshot), key=lambda item: _is_system(item))

    def findings(item: Holder) -> list[Listed]:
        return [row for ref in _refs(item) for row in found.get(ref, ())]

    def chosen(item: Holder) -> Move:
        refs = _refs(item)
        head = tuple(map(_granted, item.grants)) or ("Nothing is granted to it.",)
        return Move(
            go=listing(str(item.who), lambda row: row.finding.subject.id in refs, head=head, group="")
        )

    return View(
        "RBAC",
        (f"{counted(len(holders), 'subject')}; parts of Kubernetes itself last.",),
        holders,
        lambda item: f"{item.who}: {_held(item)}; {_worst(findings(item))}",
        chosen,
        (
            Word("who", "VERB RESOURCE [in NAMESPACE]: who may do it", lambda words: _who_can(desk, words)),
            Word(
                "can", "SUBJECT VERB RESOURCE [in NAMESPACE]: may it do that", lambda words: _can(desk, words)
            ),
        ),
        help=("A subject is written as sa:NAMESPACE/NAME, user:NAME or group:NAME.",),
    )


def _is_system(item: Holder) -> bool:
    return item.who.namespace.startswith("kube-") or item.who.name.startswith("system:")


def _refs(item: Holder) -> set[str]:
    """The ids of what findings on a subject stand under: itself and the bindings that name it."""
    own = (
        {ObjectRef(item.who.namespace, "ServiceAccount", item.who.name).id} if item.who.is_account else set()
    )
    return own | {grant.binding.id for grant in item.direct}


def _held(item: Holder) -> str:
    roles = list(dict.fromkeys(grant.role.name for grant in item.direct))
    where = "in the whole cluster" if item.everywhere else f"in {', '.join(item.namespaces[:3])}"
    told = f"{', '.join(roles[:3])}{f' and {len(roles) - 3} more' if len(roles) > 3 else ''} {where}"
    pods = f"; {counted(len(item.pods), 'pod')}" if item.pods else ""
    return f"{told if roles else 'no role of its own'}{pods}"


def _granted(grant: Grant) -> str:
    where = "the whole cluster" if grant.namespace is None else f"namespace {grant.namespace}"
    return f"{grant.role} in {where}, by {grant.binding}."


def _asked(desk: Desk, words: list[str]) -> Asked:
    """A request from ``get secrets NAME in shop``.

    Raises:
        NamingError: it is none.
    """
    place = ""
    if len(words) > 2 and words[-2] in ("in", "-n"):
        place = words[-1]
        words = words[:-2]
    verb, resource, name = (*words, "", "", "")[:3]
    if not resource or len(words) > 3:
        raise NamingError("say a verb and a resource, as in get secrets in shop")
    return request_named(desk.snapshot, verb, resource, name, place)


def _who_can(desk: Desk, words: str) -> Move:
    try:
        asked = _asked(desk, words.split())
    except NamingError as error:
        return said(ended(str(error)))
    found = explain_who(desk.snapshot, asked.request, anywhere=False)
    return Move(tuple(asked.notes), go=_report("Who can", holders_text(found, asked.request, anywhere=False)))


def _can(desk: Desk, words: str) -> Move:
    subject, *rest = words.split() or [""]
    try:
        who = subject_named(subject)
        asked = _asked(desk, rest)
    except NamingError as error:
        return said(ended(str(error)))
    identity = identity_of(who, ())
    answer = explain(desk.snapshot, identity, asked.request)
    notes = list(asked.notes)
    if not answer.allowed and (places := elsewhere(desk.snapshot, identity, asked.request)):
        notes.append(f"Granted in {', '.join(places)}.")
    return Move(tuple(notes), go=_report("Can", answer_text(answer, who, asked.request)))


# Network


def network(desk: Desk) -> View:
    """What can be reached from where, and questions."""
    entries = (
        ("what can be reached from outside", lambda: Move(go=_exposed(desk, OUTER))),
        ("what can be reached from inside as well", lambda: Move(go=_exposed(desk, tuple(Zone)))),
        (
            "findings about the network",
            lambda: Move(go=listing("Network findings", lambda row: row.finding.check.startswith("net-"))),
        ),
    )
    words = (
        Word(
            "reach",
            "FROM TO PORT: may one connect to the other, as in shop/web data/db 5432",
            lambda asked: _reach(desk, asked),
        ),
    )
    return View("Network", words=words, **menu(*entries))


def _exposed(desk: Desk, zones: Collection[Zone]) -> Callable[[Desk], View]:
    gaps = [gap for kind in EXPOSURE_KINDS if (gap := desk.snapshot.gap(kind))]
    return _report("Exposure", exposure_text(desk.snapshot, zones, gaps))


def _reach(desk: Desk, words: str) -> Move:
    parts = words.split()
    if len(parts) != 3:
        return said("Say from where, to where and to which port, as in reach shop/web data/db 5432.")
    try:
        found = ask(desk.snapshot, parts[0], parts[1], port_named(parts[2]))
    except EndError as error:
        return said(ended(str(error)))
    return Move(go=_report("Reach", reach_text(found)))


# Workloads, versions, coverage


def workloads(desk: Desk) -> View:
    """One line for each workload: the Pod Security level that it meets, its findings."""
    found = _by(desk, lambda row: (row.finding.subject.id,))
    rows = sorted(standings(desk.snapshot).values(), key=lambda item: item.ref)

    def chosen(ref: ObjectRef) -> Move:
        return Move(go=listing(str(ref), lambda row: row.finding.subject == ref, group=""))

    return View(
        "Workloads",
        (f"{counted(len(rows), 'workload')}, with the strictest Pod Security level that each meets.",),
        rows,
        lambda item: f"{item.ref}: meets {item.level}; {_worst(found[item.ref.id])}",
        lambda item: chosen(item.ref),
    )


def versions(desk: Desk) -> View:
    """The versions' report."""
    return _report("Versions", versions_text(desk.snapshot))(desk)


def coverage(desk: Desk) -> View:
    """What was read, and what is missing."""
    cover = desk.snapshot.coverage
    lines = [f"{cover.percent} percent of the kinds were read whole."]
    for resource, item in sorted(cover.kinds.items()):
        if item.state not in (State.OK, State.ABSENT) or item.unreadable:
            lines.append(f"{resource}: {item.state.value}{f', {item.reason}' if item.reason else ''}.")
        if item.unreadable:
            lines.append(f"{resource}: {counted(item.unreadable, 'object')} could not be decoded.")
    lines += [f"{problem.where}: {problem.reason}" for problem in desk.problems]
    unknown = sum(result.tally.unknown for result in desk.results.by_check.values())
    lines.append(
        f"{counted(unknown, 'verdict')} not known for it; filter verdict:unknown lists them in findings."
    )
    return View("Coverage", rows=lines)


def _report(title: str, report: str) -> Callable[[Desk], View]:
    return text(title, report.rstrip("\n").split("\n"))
