"""Which of many rules permit a request, answered by a few operations on bit masks instead of a scan.

Every rule has a number. For each verb, API group, resource and name there is the set of the rules that have
it, as the bits of one int; a request is the intersection of the sets that it touches. The meaning is that
of `rules.permits` and `rules.permits_url`.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence

from ksec_tui.analysis.rbac.rules import ALL
from ksec_tui.cluster.access import PolicyRule

_PAIRS = 1024
"""Masks of a verb and a group that are kept: at 20,000 rules some 3 MB."""


class Axis:
    """One axis of all rules: entry -> the rules that have it.

    `base` is the mask of the rules that match whatever the entry is.
    """

    __slots__ = ("_matching", "_numbers", "base")

    def __init__(self) -> None:
        self._numbers: dict[str, list[int]] = {}
        self._matching: dict[str, int] = {}
        self.base = 0

    def add(self, entries: Iterable[str], number: int) -> None:
        """Note the entries of one rule."""
        for entry in entries:
            found = self._numbers.get(entry)
            if found is None:
                self._numbers[entry] = [number]
            else:
                found.append(number)

    def __iter__(self) -> Iterator[str]:
        return iter(self._numbers)

    def having(self, entry: str) -> int:
        """The rules that have `entry` itself."""
        return mask_of(self._numbers.get(entry, ()))

    def matching(self, entry: str) -> int:
        """The rules that have `entry`, and those that match whatever it is; kept when first asked for."""
        made = self._matching.get(entry)
        if made is None:
            if entry not in self._numbers:
                return self.base
            made = self._matching[entry] = self.having(entry) | self.base
        return made


class RuleIndex:
    """The rules of many roles.

    Args:
        roles: the rules of each role; the place in this sequence is the role's number.

    Attributes:
        starts: for each role the number of its first rule.
        full: for each role as many bits as it has rules.
        owners: for each rule its role.
    """

    def __init__(self, roles: Sequence[Sequence[PolicyRule]]) -> None:
        self.starts: list[int] = []
        self.owners: list[int] = []
        self._verbs, self._groups, self._resources = Axis(), Axis(), Axis()
        self._names, self._urls = Axis(), Axis()
        self._pairs: dict[tuple[str, str], int] = {}
        free: list[int] = []
        number = 0
        for owner, rules in enumerate(roles):
            self.starts.append(number)
            for rule in rules:
                self.owners.append(owner)
                self._verbs.add(rule.verbs, number)
                if rule.resources:
                    self._groups.add(rule.api_groups, number)
                    self._resources.add(rule.resources, number)
                if rule.non_resource_urls:
                    self._urls.add(rule.non_resource_urls, number)
                if rule.resource_names:
                    self._names.add(rule.resource_names, number)
                else:
                    free.append(number)
                number += 1
        self.starts.append(number)
        self.full = [(1 << (end - start)) - 1 for start, end in itertools.pairwise(self.starts)]
        for axis in (self._verbs, self._groups, self._resources):
            axis.base = axis.having(ALL)
        self._names.base = mask_of(free)
        self._prefixes = tuple((url.rstrip(ALL), url) for url in self._urls if url.endswith(ALL))

    def within(self, hits: int, owner: int) -> int:
        """Those rules of a mask that are of one role; bit 0 stands for its first rule."""
        return (hits >> self.starts[owner]) & self.full[owner]

    def span(self, owner: int) -> int:
        """The mask of all rules of one role."""
        return self.full[owner] << self.starts[owner]

    def resource(self, verb: str, group: str, resource: str, subresource: str, name: str) -> int:
        """The mask of the rules that permit a request for a resource; arguments as of `rules.permits`."""
        pair = self._pairs.get((verb, group))
        if pair is None:
            pair = self._verbs.matching(verb) & self._groups.matching(group)
            if len(self._pairs) >= _PAIRS:
                self._pairs.clear()
            self._pairs[verb, group] = pair
        hits = pair & self._names.matching(name)
        if not subresource:
            return hits & self._resources.matching(resource)
        full = self._resources.matching(f"{resource}/{subresource}")
        return hits & (full | self._resources.matching(f"*/{subresource}"))

    def url(self, verb: str, path: str) -> int:
        """The mask of the rules that permit a request for a path that is no resource."""
        hits = self._urls.matching(path)
        for prefix, url in self._prefixes:
            if path.startswith(prefix):
                hits |= self._urls.matching(url)
        return hits & self._verbs.matching(verb)


def mask_of(numbers: Iterable[int]) -> int:
    """The int whose bits at `numbers` are set."""
    listed = list(numbers)
    if not listed:
        return 0
    bits = bytearray((max(listed) >> 3) + 1)
    for number in listed:
        bits[number >> 3] |= 1 << (number & 7)
    return int.from_bytes(bits, "little")


def numbers_in(mask: int) -> Iterator[int]:
    """The numbers of the bits that are set, ascending."""
    digits = f"{mask:b}"[::-1]
    at = digits.find("1")
    while at >= 0:
        yield at
        at = digits.find("1", at + 1)
