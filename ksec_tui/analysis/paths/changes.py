"""Which ways a change cuts, and which it opens."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from ksec_tui.analysis.paths.graph import AttackGraph, graph
from ksec_tui.analysis.paths.judgement import DEFAULT, Judgement
from ksec_tui.analysis.paths.lenses import Lens, Open, open_paths
from ksec_tui.cluster.snapshot import Snapshot

SAME = 1e-4
"""The part of a likelihood by which a way may differ and count as unchanged."""


class Difference(msgspec.Struct, frozen=True):
    """Two states of a cluster, as attackers see them.

    Attributes:
        cut: what could be reached before and cannot after, the greatest risk first.
        opened: what can be reached only after.
        harder: what can be reached still, but less likely: as it is after.
        easier: what can be reached more likely: as it is after.
        before: the sum of the risks before.
        after: that after.
        gaps: what was not read: where there are any, a way that is cut may still be there by another road.
    """

    cut: tuple[Open, ...]
    opened: tuple[Open, ...]
    harder: tuple[Open, ...]
    easier: tuple[Open, ...]
    before: float
    after: float
    gaps: tuple[str, ...] = ()

    @property
    def share(self) -> float:
        """Which part of the risk goes, 0 to 1; negative where more comes than goes."""
        return (self.before - self.after) / self.before if self.before else 0.0

    @property
    def words(self) -> str:
        """``3 attack paths cut (internet → cluster-admin), none opened, 1 harder``."""
        opened = _counted(self.opened, "opened") if self.opened else "none opened"
        parts = [_counted(self.cut, "cut") if self.cut else "no attack path cut", opened]
        parts += [
            f"{len(found):,} {name}"
            for found, name in ((self.harder, "harder"), (self.easier, "easier"))
            if found
        ]
        return ", ".join(parts)


def _counted(found: tuple[Open, ...], name: str) -> str:
    many = f"{len(found):,} attack path{'' if len(found) == 1 else 's'} {name}"
    return f"{many} ({found[0].words}{', …' if len(found) > 1 else ''})"


def difference(
    before: Snapshot,
    after: Snapshot,
    lenses: Iterable[Lens] = tuple(Lens),
    judgement: Judgement = DEFAULT,
) -> Difference:
    """What becomes of the ways of all attackers.

    Args:
        before: the one state.
        after: the other, such as what a plan makes of it.
        lenses: whose ways.
        judgement: the likelihoods and values.
    """
    chosen = tuple(lenses)
    old, new = (_all(graph(snapshot, judgement), chosen) for snapshot in (before, after))
    changed = [item for key, item in new.items() if key in old]
    return Difference(
        _sorted(item for key, item in old.items() if key not in new),
        _sorted(item for key, item in new.items() if key not in old),
        _sorted(
            item for item in changed if item.likelihood < old[item.lens, *item.key].likelihood * (1 - SAME)
        ),
        _sorted(
            item for item in changed if item.likelihood > old[item.lens, *item.key].likelihood * (1 + SAME)
        ),
        sum(item.risk for item in old.values()),
        sum(item.risk for item in new.values()),
        graph(after, judgement).gaps,
    )


def _all(found: AttackGraph, lenses: tuple[Lens, ...]) -> dict[tuple[object, ...], Open]:
    return {(lens, *item.key): item for lens in lenses for item in open_paths(found, lens)}


def _sorted(found: Iterable[Open]) -> tuple[Open, ...]:
    return tuple(sorted(found, key=lambda item: (-item.risk, item.start, item.goal)))
