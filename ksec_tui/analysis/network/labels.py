"""Label selectors in one form, so that equal ones are evaluated once, and lookups of what they select."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ksec_tui.cluster.base import LabelSelector

Requirement = tuple[str, str, tuple[str, ...]]
"""(key, operator, sorted values)."""

Canon = tuple[Requirement, ...]
"""A selector: sorted requirements, all of which must hold. Empty selects everything."""

EVERYTHING: Canon = ()
_NOTHING: Canon = (("", "In", ()),)


def canonical(selector: LabelSelector) -> Canon:
    """A selector in the one form: a label to equal is an `In` with one value.

    One that upstream refuses selects nothing: an operator that it does not know, In or NotIn without values,
    Exists or DoesNotExist with them (apimachinery labels.NewRequirement).
    """
    expressions = selector.match_expressions
    if not expressions:
        if not selector.match_labels:
            return EVERYTHING
        return tuple(sorted([(key, "In", (value,)) for key, value in selector.match_labels.items()]))
    found: set[Requirement] = {(key, "In", (value,)) for key, value in selector.match_labels.items()}
    for item in expressions:
        if not item.meaningful:
            return _NOTHING
        found.add((item.key, item.operator, tuple(sorted(set(item.values)))))
    return tuple(sorted(found))


def meets(canon: Canon, labels: Mapping[str, str]) -> bool:
    """Whether labels satisfy a selector; NotIn and DoesNotExist hold for absent keys."""
    for key, operator, values in canon:
        value = labels.get(key)
        match operator:
            case "In":
                if value is None or value not in values:
                    return False
            case "NotIn":
                if value is not None and value in values:
                    return False
            case "Exists":
                if value is None:
                    return False
            case _:
                if value is not None:
                    return False
    return True


def keys_of(canon: Canon) -> Iterable[str]:
    """The labels that a selector asks for."""
    return (key for key, _, _ in canon)


def numbers_of(bits: int) -> list[int]:
    """The places of the ones in a set of bits, rising."""
    found = []
    raw = bits.to_bytes((bits.bit_length() + 7) // 8, "little")
    for place, byte in enumerate(raw):
        if byte:
            start = place * 8
            found += [start + bit for bit in range(8) if byte >> bit & 1]
    return found


def bits_of(numbers: Iterable[int], size: int) -> int:
    """The set of bits with ones at those places, all below `size`; linear in both."""
    raw = bytearray(size // 8 + 1)
    for number in numbers:
        raw[number >> 3] |= 1 << (number & 7)
    return int.from_bytes(raw, "little")


class Postings:
    """Which of many things (numbered from 0) a selector selects, found without looking at each.

    Args:
        items: the labels of each thing.
    """

    _FEW = 64

    def __init__(self, items: Sequence[Mapping[str, str]]) -> None:
        self.items = items
        self.universe = (1 << len(items)) - 1
        self._pairs: dict[tuple[str, str], list[int]] = {}
        self._keys: dict[str, list[tuple[str, str]]] = {}
        for number, labels in enumerate(items):
            for pair in labels.items():
                known = self._pairs.get(pair)
                if known is None:
                    self._pairs[pair] = [number]
                    self._keys.setdefault(pair[0], []).append(pair)
                else:
                    known.append(number)
        self._known: dict[Requirement, int] = {}

    def numbers(self, canon: Canon) -> Sequence[int]:
        """The numbers of the things selected, rising."""
        if not canon:
            return range(len(self.items))
        few = self._fewest(canon)
        if few is not None:
            return [number for number in few if meets(canon, self.items[number])]
        return numbers_of(self.bits(canon))

    def bits(self, canon: Canon) -> int:
        """The same as a set of bits."""
        found = self.universe
        for requirement in canon:
            found &= self._bits(requirement)
        return found

    def _fewest(self, canon: Canon) -> list[int] | None:
        """A short list that holds all that is selected, if some requirement has one."""
        best: list[int] | None = None
        for key, operator, values in canon:
            if operator == "In" and len(values) == 1:
                found = self._pairs.get((key, values[0]), [])
                if len(found) <= self._FEW and (best is None or len(found) < len(best)):
                    best = found
        return best

    def _bits(self, requirement: Requirement) -> int:
        known = self._known.get(requirement)
        if known is None:
            key, operator, values = requirement
            if operator in ("In", "NotIn"):
                lists = [self._pairs.get((key, value), []) for value in values]
            else:
                lists = [self._pairs[pair] for pair in self._keys.get(key, ())]
            known = bits_of((number for numbers in lists for number in numbers), len(self.items))
            if operator in ("NotIn", "DoesNotExist"):
                known ^= self.universe
            self._known[requirement] = known
        return known
