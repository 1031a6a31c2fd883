"""Labels that satisfy selectors: whether some pod can meet several at once, and one that meets little else.

A selector asks of each key for itself, and asks only whether the key is there and which of finitely many
values it has. So a conjunction can be met exactly if each key has a value, among those named, one that nobody
names, and none at all, that meets every requirement on that key.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ksec_tui.analysis.network.labels import Canon, Requirement, meets

FRESH = "any-other-value"
"""A value that no selector names; lengthened until that is so."""


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
        fit = [value for value in _values((*asked, *shunned)) if _meets_all(asked, key, value)]
        if not fit:
            return None
        best = min(fit, key=lambda value: _count(shunned, key, value))
        if best is not None:
            found[key] = best
    return found


def together(*canons: Canon) -> Canon:
    """The conjunction of selectors."""
    return tuple(sorted({requirement for canon in canons for requirement in canon}))


def pinned(canon: Canon, key: str) -> str | None:
    """The one value that a selector allows for a key; None when it allows several."""
    values = {
        names[0] for name, operator, names in canon if name == key and operator == "In" and len(names) == 1
    }
    return values.pop() if len(values) == 1 else None


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


def _meets_all(requirements: list[Requirement], key: str, value: str | None) -> bool:
    return meets(tuple(requirements), {} if value is None else {key: value})


def _count(requirements: list[Requirement], key: str, value: str | None) -> int:
    labels = {} if value is None else {key: value}
    return sum(meets((item,), labels) for item in requirements)
