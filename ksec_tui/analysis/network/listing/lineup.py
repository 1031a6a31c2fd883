"""The pods to imagine for a workload: one for each set of kinds that a pod can be of at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import and_

from ksec_tui.analysis.network.labels import meets
from ksec_tui.analysis.network.listing.kinds import ANYONE, PodKind
from ksec_tui.analysis.network.listing.owners import Labels
from ksec_tui.analysis.network.listing.witnesses import FRESH, telling
from ksec_tui.analysis.network.selectors import NAME_LABEL


@dataclass(frozen=True, slots=True)
class Figure:
    """A pod that is not there.

    Attributes:
        kinds: the kinds that it is of, as bits by their places in `Lineup.kinds`.
        namespace: the name of its namespace; empty for one to come.
        spaces: the labels of its namespace, as far as a selector asks.
        labels: its own.
    """

    kinds: int
    namespace: str
    spaces: Labels
    labels: Labels


@dataclass(frozen=True)
class Lineup:
    """Figures for some kinds of pods.

    Attributes:
        kinds: the kinds, `ANYONE` first.
        figures: one for each set of kinds that is possible, those of few kinds first.
    """

    kinds: tuple[PodKind, ...]
    figures: tuple[Figure, ...]

    def plainest(self, place: int) -> Figure | None:
        """A pod of one kind and of as few others as can be; None when there can be none."""
        return next((figure for figure in self.figures if figure.kinds >> place & 1), None)

    def joined(self, figure: Figure) -> PodKind:
        """All kinds of a figure in one."""
        return reduce(and_, self._of(figure), ANYONE)

    def _of(self, figure: Figure) -> Iterator[PodKind]:
        return (kind for place, kind in enumerate(self.kinds) if figure.kinds >> place & 1)


def lineup(kinds: Sequence[PodKind], known: Callable[[str], Labels | None]) -> Lineup:
    """The figures for some kinds.

    Args:
        kinds: the kinds, `ANYONE` first.
        known: the labels of a namespace by name, None for one that is not there.
    """
    pods = telling([kind.pods for kind in kinds])
    found: dict[int, Figure] = {}
    for there, (name, spaces) in _spaces(kinds, known).items():
        for met, labels in pods.items():
            both = there & met
            found.setdefault(both, Figure(both, name, spaces, labels))
    ordered = sorted(found.values(), key=lambda figure: (figure.kinds.bit_count(), figure.kinds))
    return Lineup(tuple(kinds), tuple(ordered))


def _spaces(kinds: Sequence[PodKind], known: Callable[[str], Labels | None]) -> dict[int, tuple[str, Labels]]:
    """The sets of kinds whose namespaces one namespace can be, with its name and labels.

    One that is there has the labels that it has. One to come whose name some kind asks for is taken with one
    set of labels only, the plainest: a cluster has each name once.
    """
    found: dict[int, tuple[str, Labels]] = {}
    canons = [kind.namespaces for kind in kinds]
    named = {value for canon in canons for key, _, values in canon if key == NAME_LABEL for value in values}
    there = {name: labels for name in sorted(named) if (labels := known(name)) is not None}
    coming: dict[str, Labels] = {}
    for met, labels in telling(canons, NAME_LABEL).items():
        name = labels.get(NAME_LABEL, FRESH)
        rest = {key: value for key, value in labels.items() if key != NAME_LABEL}
        if name.startswith(FRESH):
            found.setdefault(met, ("", rest))
        elif name not in there and coming.setdefault(name, rest) == rest:
            found.setdefault(met, (name, rest))
    for name, labels in there.items():
        met = sum(1 << place for place, canon in enumerate(canons) if meets(canon, labels))
        found.setdefault(met, (name, labels))
    return found
