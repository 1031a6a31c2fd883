"""Label sets that stand for all that selectors can tell apart.

A selector asks of each key for itself, and asks only whether the key is there and which of finitely many
values it has. So for each key the values that are named, one that nobody names, and none at all are all that
there is to try, and a conjunction can be met exactly if each key has one that meets every requirement on it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations, product
from math import prod

from ksec_tui.analysis.network.labels import Canon, Requirement, keys_of, meets

FRESH = "any-other-value"
"""A value that no selector names; lengthened until that is so."""

MOST = 4096
"""Label sets that are tried one by one; where there are more, each two selectors are tried together."""


def telling(canons: Sequence[Canon], always: str = "") -> dict[int, dict[str, str]]:
    """Which of some selectors a label set can meet at once, each with the plainest labels that do it.

    Args:
        canons: the selectors.
        always: a label that is never missing; one that no selector names has `FRESH` then.

    Returns:
        Sets of places in `canons` as bits, with labels that meet those selectors and no other. Complete up to
        `MOST` label sets; beyond, every selector and every two that can be met at once are in some set.
    """
    found: dict[int, dict[str, str]] = {}
    for labels in _tries(canons):
        if (
            always
            and always not in labels
            and any(key == always for canon in canons for key in keys_of(canon))
        ):
            continue
        met = sum(1 << place for place, canon in enumerate(canons) if meets(canon, labels))
        found.setdefault(met, labels)
    return found


def together(*canons: Canon) -> Canon:
    """The conjunction of selectors."""
    return tuple(sorted({requirement for canon in canons for requirement in canon}))


def pinned(canon: Canon, key: str) -> str | None:
    """The one value that a selector allows for a key; None when it allows several."""
    values = {
        named[0] for name, operator, named in canon if name == key and operator == "In" and len(named) == 1
    }
    return values.pop() if len(values) == 1 else None


def labels_for(wanted: Canon, others: Iterable[Canon]) -> dict[str, str] | None:
    """Labels that meet `wanted`, and of the other requirements as few as may be; None when nothing can.

    Args:
        wanted: the requirements to meet.
        others: selectors that are better not met.
    """
    required = _by_key((wanted,))
    avoided = _by_key(others)
    found: dict[str, str] = {}
    for key in sorted({*required, *avoided}):
        asked = required.get(key, [])
        shunned = avoided.get(key, [])
        fit = [value for value in _values((*asked, *shunned)) if meets(tuple(asked), _labels(key, value))]
        if not fit:
            return None
        best = min(fit, key=lambda value: sum(meets((item,), _labels(key, value)) for item in shunned))
        found.update(_labels(key, best))
    return found


def _tries(canons: Sequence[Canon]) -> Iterator[dict[str, str]]:
    keys = _by_key(canons)
    values = [_values(requirements) for requirements in keys.values()]
    if prod(map(len, values)) <= MOST:
        for chosen in product(*values):
            yield {key: value for key, value in zip(keys, chosen, strict=True) if value is not None}
        return
    distinct = list(dict.fromkeys(canons))
    pairs = (together(*pair) for pair in combinations(distinct, 2))
    for wanted in ((), *distinct, *pairs):
        labels = labels_for(wanted, (canon for canon in distinct if canon != wanted))
        if labels is not None:
            yield labels


def _by_key(canons: Iterable[Canon]) -> Mapping[str, list[Requirement]]:
    found: dict[str, list[Requirement]] = {}
    for canon in canons:
        for requirement in canon:
            found.setdefault(requirement[0], []).append(requirement)
    return found


def _values(requirements: Iterable[Requirement]) -> list[str | None]:
    """No value, one that is not named, then the named ones in order: the first of equals is the plainest."""
    named = sorted({value for _, _, values in requirements for value in values})
    fresh = FRESH
    while fresh in named:
        fresh += "x"
    return [None, fresh, *named]


def _labels(key: str, value: str | None) -> dict[str, str]:
    return {} if value is None else {key: value}
