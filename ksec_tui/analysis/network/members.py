"""Sets of groups of pods, small whether they hold one namespace or all, and how selectors make them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ksec_tui.analysis.network.labels import EVERYTHING, Canon, Postings, meets, numbers_of

FEW = 64
"""Namespaces up to which a set is kept by namespace."""


class Numbering:
    """How all groups are numbered: those of a namespace follow each other.

    Args:
        counts: the groups of each namespace, by its number.
    """

    def __init__(self, counts: Sequence[int]) -> None:
        self._counts = counts
        self.base: list[int] = []
        self.home: list[int] = []
        for number, count in enumerate(counts):
            self.base.append(len(self.home))
            self.home.extend([number] * count)
        self.size = len(self.home)

    def bits(self, parts: Mapping[int, int]) -> int:
        """Groups given by namespace as bits over all groups; linear in their number."""
        base = self.base
        if len(parts) <= FEW:
            found = 0
            for space, mask in parts.items():
                found |= mask << base[space]
            return found
        digits = [f"{parts.get(number, 0):0{count}b}" for number, count in enumerate(self._counts) if count]
        return int("".join(reversed(digits)) or "0", 2)


class Members:
    """A set of groups: by namespace while they are in few of them, else as one set of bits.

    Equal sets may be different objects; one that a selector made is the same object each time. Nothing in it refers
    to its `Space`, which keeps it: nobody looks for such circles.

    Attributes:
        parts: namespace number -> the groups there, as bits counted from the namespace's first group;
            None for a wide set.
        number: tells it from every other set of its `Space`.
    """

    __slots__ = ("_bits", "_blob", "_numbering", "number", "parts")

    def __init__(
        self, numbering: Numbering, number: int, parts: dict[int, int] | None, bits: int = 0
    ) -> None:
        self._numbering = numbering
        self.number = number
        self.parts = parts
        self._bits = bits
        self._blob = b"" if parts is not None else bits.to_bytes(numbering.size // 8 + 1, "little")

    @property
    def bits(self) -> int:
        """The set as bits over all groups."""
        if self.parts is None:
            return self._bits
        return self._numbering.bits(self.parts)

    def has(self, group: int) -> bool:
        """Whether the group with that number is in it."""
        if self.parts is None:
            return bool(self._blob[group >> 3] >> (group & 7) & 1)
        space = self._numbering.home[group]
        mask = self.parts.get(space)
        return mask is not None and bool(mask >> (group - self._numbering.base[space]) & 1)

    def __bool__(self) -> bool:
        return bool(self._bits) if self.parts is None else bool(self.parts)


class Space:
    """All groups, numbered so that those of a namespace follow each other, and what selectors select of them.

    Args:
        namespaces: the labels of each namespace, by its number.
        groups: for each namespace the labels of its groups; None for one that selectors do not match
            (pods in their node's network).
        asked: the labels that pod selectors across namespaces ask for.
    """

    def __init__(
        self,
        namespaces: Sequence[Mapping[str, str]],
        groups: Sequence[Sequence[Mapping[str, str] | None]],
        asked: frozenset[str],
    ) -> None:
        self._count = 0
        self._groups = groups
        self._namespaces = Postings(namespaces)
        self.numbering = Numbering([len(items) for items in groups])
        self.base, self.home, self.size = self.numbering.base, self.numbering.home, self.numbering.size
        self.bits = self.numbering.bits
        self._whole = [
            sum(1 << place for place, labels in enumerate(items) if labels is not None) for items in groups
        ]
        self.every = (1 << self.size) - 1
        self._asked = asked
        self._by_label: Postings | None = None
        self._crowded: dict[int, Postings] = {}
        self._made: dict[object, Members] = {}
        self._scopes: dict[Canon, int] = {}
        self.nobody = self._set({})
        self.pods = self.members(self._spread(range(len(groups))))
        """All groups that selectors can match."""

    def _set(self, parts: dict[int, int] | None, bits: int = 0) -> Members:
        """One more set."""
        self._count += 1
        return Members(self.numbering, self._count, parts, bits)

    def local(self, namespace: int, pods: Canon) -> Members:
        """The groups of one namespace that a pod selector matches."""
        key = namespace, pods
        known = self._made.get(key)
        if known is None:
            mask = self._mask(namespace, pods)
            known = self._made[key] = self._set({namespace: mask}) if mask else self.nobody
        return known

    def select(self, namespaces: Canon, pods: Canon) -> Members:
        """The groups that a pod selector matches in the namespaces that another selector matches."""
        key = (namespaces, pods), None
        known = self._made.get(key)
        if known is None:
            known = self._made[key] = self._select(namespaces, pods)
        return known

    def members(self, bits: int) -> Members:
        """The groups with those bits."""
        if not bits:
            return self.nobody
        known = self._made.get(bits)
        if known is None:
            known = self._made[bits] = self._of_bits(bits)
        return known

    def union(self, sets: Iterable[Members]) -> Members:
        """All of `sets` together."""
        kept = {item.number: item for item in sets if item}
        if len(kept) < 2:
            return next(iter(kept.values()), self.nobody)
        key = tuple(sorted(kept))
        known = self._made.get(key)
        if known is None:
            known = self._made[key] = self._union(tuple(kept.values()))
        return known

    def _union(self, sets: tuple[Members, ...]) -> Members:
        parts: dict[int, int] = {}
        for item in sets:
            if item.parts is None or len(parts) > FEW:
                bits = 0
                for each in sets:
                    bits |= each.bits
                return self._set(None, bits)
            for space, mask in item.parts.items():
                parts[space] = parts.get(space, 0) | mask
        return self._set(parts)

    def _select(self, namespaces: Canon, pods: Canon) -> Members:
        chosen = self._namespaces.numbers(namespaces)
        if len(chosen) <= FEW:
            return self._set({space: mask for space in chosen if (mask := self._mask(space, pods))})
        bits = self._scopes.get(namespaces)
        if bits is None:
            bits = self._scopes[namespaces] = self._spread(chosen)
        if pods:
            bits &= self._labels().bits(pods)
        return self.members(bits)

    def _mask(self, namespace: int, pods: Canon) -> int:
        if pods == EVERYTHING:
            return self._whole[namespace]
        items = self._groups[namespace]
        if len(items) > FEW:
            index = self._crowded.get(namespace)
            if index is None:
                index = self._crowded[namespace] = Postings([labels or {} for labels in items])
            return index.bits(pods) & self._whole[namespace]
        found = 0
        for place, labels in enumerate(items):
            if labels is not None and meets(pods, labels):
                found |= 1 << place
        return found

    def _labels(self) -> Postings:
        if self._by_label is None:
            asked = self._asked
            self._by_label = Postings(
                [
                    {key: value for key, value in (labels or {}).items() if key in asked}
                    for items in self._groups
                    for labels in items
                ]
            )
        return self._by_label

    def _spread(self, namespaces: Iterable[int]) -> int:
        """All groups of some namespaces as bits."""
        whole = self._whole
        return self.bits({number: whole[number] for number in namespaces})

    def _of_bits(self, bits: int) -> Members:
        if bits.bit_count() > FEW:
            return self._set(None, bits)
        parts: dict[int, int] = {}
        for group in numbers_of(bits):
            space = self.home[group]
            parts[space] = parts.get(space, 0) | 1 << (group - self.base[space])
        return self._set(parts)
