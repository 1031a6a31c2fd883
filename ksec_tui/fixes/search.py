"""The search for the largest part of a plan that is sound."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import chain

from ksec_tui.cluster.kinds import NETWORK_POLICY
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.fixes.plan import FixPlan, Staged
from ksec_tui.fixes.trouble import Trial, Trials, Trouble, refs_of

_ROUNDS = 8
"""How often what is near trouble is set aside before everything is tried piece by piece."""

_ALONE = 16
"""Trials that tell whether what was refused would hold its promise without the other fixes."""

Chunk = tuple[Staged, ...]


class Search:
    """Finds the largest part of a plan that is sound.

    What is near trouble is set aside until the rest is sound, then tried again on top of it: at once what has
    nothing to do with each other, in halves what is in trouble. So a few bad fixes among thousands cost a few
    trials. Where what was found is not sound after all, all fixes are tried in halves, one after the other.

    Args:
        trials: tries a plan on top of the last one.
        alone: the same, for plans that have little to do with the last one.
        tell: told how many of how many doubtful fixes are settled.
    """

    def __init__(self, trials: Trials, alone: Trials, tell: Callable[[int, int], None]) -> None:
        self._trials = trials
        self._alone = alone
        self._tell = tell
        self._refused: dict[str, tuple[Staged, Trouble]] = {}

    def sound(self, first: Trial) -> tuple[Trial, list[tuple[Staged, str]]]:
        """The trial of the largest sound part of the plan of `first`, and why each of the others is refused.

        Raises:
            Cancelled: the search was given up.
        """
        trial = self._calm(first)
        kept = {item.fingerprint for item in trial.plan.staged}
        trial = self._grown(
            first, trial, [item for item in first.plan.staged if item.fingerprint not in kept]
        )
        # What was in trouble only until another fix had joined gets a second chance.
        said = {trouble.reason for trouble in first.troubles}
        again = [item for item, trouble in self._refused.values() if trouble.reason not in said]
        if again and not trial.troubles:
            for item in again:
                del self._refused[item.fingerprint]
            trial = self._grown(first, trial, again)
        if trial.troubles:
            self._refused.clear()
            nothing = self._trials.attempt(first.plan.keeping(()))
            trial = self._one_by_one(first.plan, nothing, first.plan.staged)
        return trial, self._reasons(first.plan, bool(trial.plan.staged))

    def _calm(self, trial: Trial) -> Trial:
        """A trial without trouble, of the plan without what is near any; an empty one where that leads nowhere."""
        plan = trial.plan
        for _ in range(_ROUNDS):
            near = _near(trial)
            plan = plan.keeping(item for item in plan.staged if item.fingerprint not in near)
            if not near or not plan.staged:
                break
            trial = self._trials.attempt(plan)
            if not trial.troubles:
                return trial
        return self._trials.attempt(plan.keeping(()))

    def _grown(self, first: Trial, base: Trial, doubtful: Sequence[Staged]) -> Trial:
        """The trial of the plan of `base` with what of `doubtful` seems to go together with it.

        Each line is what may hang together, the next chunk to be tried last.
        """
        sound = list(base.plan.staged)
        lines = [[group] for group in _connected(doubtful)]
        trial = base
        while lines:
            left = sum(map(len, chain.from_iterable(lines)))
            self._tell(len(doubtful) - left, len(doubtful))
            tried = [item for line in lines for item in line[-1]]
            whole = len(sound) + len(tried) == len(first.plan.staged)
            trial = first if whole else self._trials.attempt(_only(first.plan, (*sound, *tried)))
            own, joint = _blamed([line[-1] for line in lines], trial.troubles)
            entangled = set().union(*joint)
            for index, line in enumerate(lines):
                chunk = line.pop()
                if index in entangled:
                    line.append(chunk)
                elif index not in own:
                    sound += chunk
                elif len(chunk) == 1:
                    self._refuse(chunk[0], own[index])
                else:
                    line += _split(chunk, own[index])
            lines = [
                *(line for index, line in enumerate(lines) if index not in entangled and line),
                *(_together([lines[index] for index in sorted(group)]) for group in joint),
            ]
        if len(sound) == len(base.plan.staged):
            return base
        return self._trials.attempt(_only(first.plan, sound)) if trial.troubles else trial

    def _one_by_one(self, whole: FixPlan, base: Trial, more: Chunk) -> Trial:
        """The trial of the plan of `base` with what of `more` goes together with it, tried in halves."""
        if not more:
            return base
        trial = self._trials.attempt(_only(whole, (*base.plan.staged, *more)))
        if not trial.troubles:
            return trial
        if len(more) == 1:
            self._tell(len(base.plan.staged) + len(self._refused), len(whole.staged))
            self._refuse(more[0], trial.troubles)
            return base
        middle = len(more) // 2
        return self._one_by_one(whole, self._one_by_one(whole, base, more[:middle]), more[middle:])

    def _refuse(self, item: Staged, troubles: Sequence[Trouble]) -> None:
        self._refused[item.fingerprint] = (item, _foremost(item, troubles))

    def _reasons(self, whole: FixPlan, others: bool) -> list[tuple[Staged, str]]:  # noqa: FBT001
        """Every refused fix with its reason, which says whether it is only with the others that it fails."""
        refused = self._refused.values()
        if not others:
            return [(item, trouble.words(item)) for item, trouble in refused]
        said = {
            item.fingerprint: f"together with the other fixes, {trouble.words(item)}"
            for item, trouble in refused
        }
        lines = [list(group) for group in _connected([item for item, _ in refused])]
        for _ in range(_ALONE):
            tried = [line.pop() for line in lines if line]
            if not tried:
                break
            own, _ = _blamed([(item,) for item in tried], self._alone.attempt(_only(whole, tried)).troubles)
            for index, troubles in own.items():
                item = tried[index]
                said[item.fingerprint] = _foremost(item, troubles).words(item)
        return [(item, said[item.fingerprint]) for item, _ in refused]


def _foremost(item: Staged, troubles: Sequence[Trouble]) -> Trouble:
    return next((told for told in troubles if told.staged == item.finding), troubles[0])


def _split(chunk: Chunk, troubles: Sequence[Trouble]) -> list[Chunk]:
    """A chunk in trouble in two: what stays without effect comes later."""
    useless = {told.staged.fingerprint for told in troubles if told.staged is not None}
    first = tuple(item for item in chunk if item.fingerprint not in useless)
    later = tuple(item for item in chunk if item.fingerprint in useless)
    if first and later:
        return [later, first]
    middle = len(chunk) // 2
    return [chunk[middle:], chunk[:middle]]


def _together(lines: Sequence[list[Chunk]]) -> list[Chunk]:
    """One line of several whose next chunks share trouble: half of these are to be tried, then the others."""
    last = tuple(item for line in lines for item in line[-1])
    middle = len(last) // 2
    return [*(chunk for line in lines for chunk in line[:-1]), last[middle:], last[:middle]]


def _only(whole: FixPlan, items: Iterable[Staged]) -> FixPlan:
    marks = {item.fingerprint for item in items}
    return whole.keeping(item for item in whole.staged if item.fingerprint in marks)


def _areas(refs: Iterable[ObjectRef]) -> set[object]:
    """Namespaces, and what is in none."""
    return {ref.name if ref.kind == "Namespace" else ref.namespace or ref for ref in refs}


def _is_policy(ref: ObjectRef) -> bool:
    return ref.kind.endswith(NETWORK_POLICY.name)


def _near(trial: Trial) -> set[str]:
    """The fixes that stay without effect, or change what trouble is about, or else something near it."""
    by_ref: dict[ObjectRef, set[str]] = {}
    by_area: dict[object, set[str]] = {}
    network: dict[object, set[str]] = {}
    for item in trial.plan.staged:
        for change in item.fix.changes:
            by_ref.setdefault(change.target, set()).add(item.fingerprint)
            for area in _areas([change.target]):
                by_area.setdefault(area, set()).add(item.fingerprint)
                if _is_policy(change.target):
                    network.setdefault(area, set()).add(item.fingerprint)
    marks = {(item.finding.check, item.finding.subject): item.fingerprint for item in trial.plan.staged}
    found: set[str] = set()
    for trouble in trial.troubles:
        if trouble.staged is not None:
            found.add(marks[trouble.staged.check, trouble.staged.subject])
        areas = _areas(trouble.about)
        exact = set().union(*(by_ref.get(ref, ()) for ref in trouble.about))
        if trouble.network and not any(map(_is_policy, trouble.about)):
            found |= set().union(*(network.get(area, ()) for area in areas)) or set().union(*network.values())
        else:
            found |= exact or set().union(*(by_area.get(area, ()) for area in areas))
    return found


def _connected(items: Sequence[Staged]) -> list[Chunk]:
    """The fixes in groups of which no two are for, or change, the same object."""
    group_of: dict[ObjectRef, int] = {}
    groups: dict[int, list[Staged]] = {}
    for number, item in enumerate(items):
        refs = refs_of(item)
        groups[number] = [item]
        for other in {group_of[ref] for ref in refs if ref in group_of}:
            for moved in groups.pop(other):
                groups[number].append(moved)
                group_of.update(dict.fromkeys(refs_of(moved), number))
        group_of.update(dict.fromkeys(refs, number))
    order = {item.fingerprint: place for place, item in enumerate(items)}
    return [tuple(sorted(group, key=lambda item: order[item.fingerprint])) for group in groups.values()]


def _blamed(
    chunks: Sequence[Chunk], troubles: Iterable[Trouble]
) -> tuple[dict[int, list[Trouble]], list[set[int]]]:
    """Which of `chunks`, tried at once, are in trouble.

    Returns:
        Positions with the trouble that they alone are about, and sets of positions that share trouble.
    """
    refs = [frozenset[ObjectRef]().union(*map(refs_of, chunk)) for chunk in chunks]
    areas = [_areas(found) for found in refs]
    own: dict[int, list[Trouble]] = {}
    joint: list[set[int]] = []
    for trouble in troubles:
        near = _areas(trouble.about)
        blamed = {place for place, found in enumerate(refs) if found & trouble.about}
        blamed = blamed or {place for place, found in enumerate(areas) if found & near}
        blamed = blamed or set(range(len(chunks)))
        if len(blamed) == 1:
            own.setdefault(blamed.pop(), []).append(trouble)
            continue
        apart = [group for group in joint if group.isdisjoint(blamed)]
        joint = [*apart, blamed.union(*(group for group in joint if not group.isdisjoint(blamed)))]
    return own, joint
