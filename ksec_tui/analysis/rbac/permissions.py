"""All that an identity may do, as a table of resources and verbs, each cell with where and by what it is granted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from ksec_tui.analysis.rbac.answer import Path, path_of
from ksec_tui.analysis.rbac.grants import effective_grants
from ksec_tui.analysis.rbac.holdings import Grant
from ksec_tui.analysis.rbac.identity import Identity
from ksec_tui.analysis.rbac.inert import OWN_NAMESPACE
from ksec_tui.analysis.rbac.places import Place, merged, without
from ksec_tui.analysis.rbac.resources import is_cluster_scoped
from ksec_tui.analysis.rbac.risky import RISKS, risk_of
from ksec_tui.analysis.rbac.rules import ALL, STANDARD_VERBS, url_matches
from ksec_tui.analysis.security_context import minor_version
from ksec_tui.cluster.access import PolicyRule
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot

MAX_ROWS = 4_000
"""Rows of a table; what a rule of thousands of words names beyond is counted only."""

WELL_KNOWN = tuple(dict.fromkeys((risk.group, risk.resource) for risk in RISKS))
"""Resources that have a row when a wildcard reaches them."""

Key = tuple[str, str]
"""(API group, ``pods/exec``); a path that is no resource has `URL` for its group."""

URL = "(url)"
"""Stands for the group of paths; no API group has such a name."""


class Cell(msgspec.Struct, frozen=True):
    """One verb on one resource.

    Attributes:
        verb: as asked for; ``*`` for every verb, the special ones too.
        places: where, and on which names.
        by: every way by which it is granted.
        risk: what somebody can do with it; empty when it is not risky.
    """

    verb: str
    places: tuple[Place, ...]
    by: tuple[Path, ...]
    risk: str = ""

    @property
    def everywhere(self) -> bool:
        """Whether it holds in the whole cluster, for every name."""
        return Place() in self.places

    @property
    def named(self) -> bool:
        """Whether it holds for objects of certain names only."""
        return all(place.names for place in self.places)

    @property
    def scope(self) -> str:
        """``cluster``, ``namespace shop`` or ``3 namespaces``; with ``, named`` when only for certain names."""
        spaces = {place.namespace for place in self.places}
        if None in spaces:
            where = "cluster"
        else:
            where = f"namespace {next(iter(spaces))}" if len(spaces) == 1 else f"{len(spaces)} namespaces"
        return f"{where}, named" if self.named else where


class Row(msgspec.Struct, frozen=True):
    """One resource (or path) with the verbs that are granted, the usual ones first."""

    group: str
    resource: str
    cells: tuple[Cell, ...]

    @property
    def is_url(self) -> bool:
        """Whether `resource` is a path that is no resource."""
        return self.group == URL

    @property
    def risks(self) -> tuple[str, ...]:
        """The reasons of its risky cells, each once."""
        return tuple(dict.fromkeys(cell.risk for cell in self.cells if cell.risk))

    def cell(self, verb: str) -> Cell | None:
        """The cell of a verb, or None when it is not granted."""
        return next((cell for cell in self.cells if cell.verb == verb), None)


class Permission(msgspec.Struct, frozen=True):
    """One right at one place; `namespace` is None for the whole cluster, `name` empty for any."""

    verb: str
    group: str = ""
    resource: str = ""
    subresource: str = ""
    name: str = ""
    url: str = ""
    namespace: str | None = None
    by: tuple[Path, ...] = ()


class Matrix:
    """What some grants come to.

    Attributes:
        rows: by group and resource, wildcards first, paths last.
        left_out: how many names of resources were left out when there were `MAX_ROWS` rows.
    """

    def __init__(self, snapshot: Snapshot, grants: Iterable[Grant]) -> None:
        self._minor = minor_version(snapshot.source.server_version)
        self._by_entry: dict[str, list[_Held]] = {}
        self._by_url: dict[str, list[_Held]] = {}
        for held in _held(snapshot, grants):
            for entry in dict.fromkeys(held.rule.resources):
                self._by_entry.setdefault(entry, []).append(held)
            for url in dict.fromkeys(held.rule.non_resource_urls):
                self._by_url.setdefault(url, []).append(held)
        keys, self.left_out = self._keys()
        self.rows = tuple(row for key in keys if (row := self.row(key)).cells)

    def row(self, key: Key) -> Row:
        """What is granted on any resource or path, by wildcards too; without cells when nothing is."""
        verbs: dict[str, list[tuple[Place, Path]]] = {}
        for held in self._reaching(key):
            for place, path in held.at(key):
                for verb in held.verbs:
                    if place.own is None or verb in OWN_NAMESPACE:
                        verbs.setdefault(verb, []).append((place.place, path))
        for verb, found in verbs.items():
            if verb not in STANDARD_VERBS and verb != ALL:
                found += verbs.get(ALL, ())
        group, resource = key
        cells = tuple(
            Cell(
                verb,
                merged(place for place, _ in verbs[verb]),
                tuple(dict.fromkeys(path for _, path in verbs[verb])),
                "" if group == URL else risk_of(verb, group, resource, self._minor),
            )
            for verb in _ordered(verbs)
        )
        return Row(group, resource, cells)

    def permissions(self) -> Iterator[Permission]:
        """Every right of every row, one for each place and name; lazily, for there can be many."""
        for row in self.rows:
            resource, _, subresource = ("", "", "") if row.is_url else row.resource.partition("/")
            for cell in row.cells:
                for place in cell.places:
                    for name in place.names or ("",):
                        yield Permission(
                            cell.verb,
                            "" if row.is_url else row.group,
                            resource,
                            subresource,
                            name,
                            row.resource if row.is_url else "",
                            place.namespace,
                            cell.by,
                        )

    def _keys(self) -> tuple[list[Key], int]:
        found: dict[Key, None] = {}
        left_out = 0
        for entry, helds in self._by_entry.items():
            if len(found) >= MAX_ROWS:
                left_out += 1
                continue
            groups = dict.fromkeys(group for held in helds for group in held.rule.api_groups)
            found.update(((group, entry), None) for group in groups)
        found.update(dict.fromkeys(WELL_KNOWN))
        urls = sorted(self._by_url)
        room = max(MAX_ROWS - len(found), 0)
        return [*sorted(found, key=_rank), *((URL, url) for url in urls[:room])], left_out + len(urls[room:])

    def _reaching(self, key: Key) -> Iterator[_Held]:
        group, resource = key
        if group == URL:
            seen = {
                id(held): held
                for url, helds in self._by_url.items()
                if url_matches(url, resource)
                for held in helds
            }
            yield from seen.values()
            return
        _, slash, subresource = resource.partition("/")
        entries = dict.fromkeys((resource, ALL, *((f"*/{subresource}",) if slash else ())))
        found = {id(held): held for entry in entries for held in self._by_entry.get(entry, ())}
        for held in found.values():
            if group in held.rule.api_groups or ALL in held.rule.api_groups:
                yield held


class Difference(msgspec.Struct, frozen=True):
    """What only one of two has: the rows with the cells, and of each cell the places, that the other lacks."""

    only_a: tuple[Row, ...]
    only_b: tuple[Row, ...]


def matrix(snapshot: Snapshot, identity: Identity) -> Matrix:
    """All that `identity` may do by RBAC."""
    return Matrix(snapshot, effective_grants(snapshot, identity))


def diff(a: Matrix, b: Matrix) -> Difference:
    """What `a` grants and `b` does not, and the reverse; a wildcard on one side includes what it means."""
    return Difference(_beyond(a, b), _beyond(b, a))


def _beyond(more: Matrix, less: Matrix) -> tuple[Row, ...]:
    found = []
    for row in more.rows:
        other = less.row((row.group, row.resource))
        cells = []
        for cell in row.cells:
            against = other.cell(cell.verb) or other.cell(ALL)
            left = without(cell.places, against.places if against else ())
            if left:
                cells.append(msgspec.structs.replace(cell, places=left))
        if cells:
            found.append(Row(row.group, row.resource, tuple(cells)))
    return tuple(found)


class _At(msgspec.Struct, frozen=True):
    """Where a rule counts; `own` when only for the requests on the namespace itself."""

    place: Place
    own: str | None = None


class _Held:
    """One rule of one role with all grants of that role."""

    def __init__(self, rule: PolicyRule) -> None:
        self.rule = rule
        self.ways: list[tuple[str | None, Path]] = []
        self.verbs = (
            tuple(dict.fromkeys((*STANDARD_VERBS, *rule.verbs)))
            if ALL in rule.verbs
            else tuple(dict.fromkeys(rule.verbs))
        )

    def at(self, key: Key) -> Iterator[tuple[_At, Path]]:
        """Where it counts for a resource or path."""
        group, resource = key
        base = resource.partition("/")[0]
        names = self.rule.resource_names if group != URL else ()
        wide = group == URL or base in _VIRTUAL or is_cluster_scoped(base, (group,))
        for namespace, path in self.ways:
            if namespace is None or not wide:
                yield _At(Place(namespace, names)), path
            elif group != URL and base == "namespaces" and (not names or namespace in names):
                # A request for a namespace itself counts as one inside it (requestinfo.go).
                yield _At(Place(namespace, (namespace,)), namespace), path


_VIRTUAL = frozenset({"users", "groups", "signers", "uids", "userextras"})
"""Names that stand for no stored objects and are asked for without a namespace."""


def _held(snapshot: Snapshot, grants: Iterable[Grant]) -> Iterable[_Held]:
    found: dict[tuple[ObjectRef, int, int], _Held] = {}
    for grant in grants:
        for number, rule in enumerate(grant.rules):
            # The built-in grant borrows the name of a role, with rules of its own: hence the rule's id.
            key = (grant.role, number, id(rule))
            held = found.get(key)
            if held is None:
                held = found[key] = _Held(rule)
            held.ways.append((grant.namespace, path_of(snapshot, grant, number)))
    return found.values()


def _ordered(verbs: Mapping[str, object]) -> Sequence[str]:
    usual = [verb for verb in STANDARD_VERBS if verb in verbs]
    return [*usual, *sorted(verb for verb in verbs if verb not in STANDARD_VERBS)]


def _rank(key: Key) -> tuple[bool, str, str]:
    group, resource = key
    return not (group == ALL or resource.startswith(ALL)), group, resource
