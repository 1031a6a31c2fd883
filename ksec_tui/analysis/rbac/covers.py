"""Whether some rules give all that others give: what the API server asks before it lets somebody hand out rights.

Source: component-helpers auth/rbac/validation/policy_comparator.go (Covers, BreakdownRule). A rule is the
set of its (verb, group, resource, name) combinations; each must be covered by one single owner rule. A
wildcard is covered by a wildcard only, however long the enumeration beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import product

from ksec_tui.analysis.rbac.rules import ALL, url_matches
from ksec_tui.cluster.access import PolicyRule

_URLS = "URLs"
"""Stands among words for every path; no resource is written so, nor as a name after a blank."""


def covers(owners: Iterable[PolicyRule], servants: Iterable[PolicyRule]) -> bool:
    """Whether `owners` give everything that `servants` give."""
    return not uncovered(owners, servants)


def uncovered(owners: Iterable[PolicyRule], servants: Iterable[PolicyRule]) -> tuple[PolicyRule, ...]:
    """What `servants` give and `owners` do not.

    Returns:
        Rules that together hold exactly the combinations that are missing; as few as their owners allow
        to tell apart, so that a rule of a thousand words on each axis is no trouble.
    """
    having = tuple(owners)
    return tuple(
        dict.fromkeys(
            rest for servant in servants for part in _parts(servant) for rest in _rest(having, part)
        )
    )


def words_held(rule: PolicyRule) -> Iterator[str]:
    """The words by which a rule is found that gives something of another: by names where it has some, else by kinds.

    Where none of the `words_asked` of a rule is among them, `rule` gives nothing of that one.
    """
    if rule.non_resource_urls:
        yield _URLS
    if rule.resource_names:
        yield from (f"name {name}" for name in rule.resource_names)
    else:
        yield from rule.resources


def words_asked(rule: PolicyRule) -> Iterator[str]:
    """The words of `words_held` of all rules that may give something of this one; none where it asks for nothing."""
    for part in _parts(rule):
        if part.non_resource_urls:
            yield _URLS
            continue
        yield ALL
        for entry in part.resources:
            yield entry
            _, slash, below = entry.partition("/")
            if slash:
                yield f"*/{below}"
        yield from (f"name {name}" for name in part.resource_names)


def breakdown(rule: PolicyRule) -> Iterator[PolicyRule]:
    """The single combinations of a rule, each as a rule; lazily, for there can be very many."""
    for part in _parts(rule):
        if part.non_resource_urls:
            for url, verb in product(part.non_resource_urls, part.verbs):
                yield PolicyRule(verbs=(verb,), non_resource_urls=(url,))
            continue
        for group, resource, verb in product(part.api_groups, part.resources, part.verbs):
            for name in part.resource_names or (None,):
                yield PolicyRule(
                    verbs=(verb,),
                    api_groups=(group,),
                    resources=(resource,),
                    resource_names=() if name is None else (name,),
                )


def _parts(rule: PolicyRule) -> Iterator[PolicyRule]:
    """A rule's resources and its URLs apart."""
    if rule.verbs and rule.resources and rule.api_groups:
        yield PolicyRule(
            verbs=rule.verbs,
            api_groups=rule.api_groups,
            resources=rule.resources,
            resource_names=rule.resource_names,
        )
    if rule.verbs and rule.non_resource_urls:
        yield PolicyRule(verbs=rule.verbs, non_resource_urls=rule.non_resource_urls)


_Classes = list[tuple[int, tuple[str, ...]]]
"""The words of one axis by which owners have them: (the owners' bits, the words)."""


def _rest(owners: Sequence[PolicyRule], part: PolicyRule) -> Iterator[PolicyRule]:
    def split(words: Iterable[str], has: Callable[[PolicyRule, str], bool]) -> _Classes:
        classes: dict[int, list[str]] = {}
        for word in dict.fromkeys(words):
            bits = sum(1 << number for number, owner in enumerate(owners) if has(owner, word))
            classes.setdefault(bits, []).append(word)
        return [(bits, tuple(found)) for bits, found in classes.items()]

    if part.non_resource_urls:
        axes = [split(part.verbs, _has_verb), split(part.non_resource_urls, _has_url)]
        for verbs, urls in _missing(axes):
            yield PolicyRule(verbs=verbs, non_resource_urls=urls)
        return
    owners = _meeting(owners, part)
    axes = [
        split(part.verbs, _has_verb),
        split(part.api_groups, _has_group),
        split(part.resources, _has_resource),
        split(part.resource_names, _has_name),
    ]
    for verbs, groups, resources, names in _missing(axes if part.resource_names else [*axes[:3], [(-1, ())]]):
        yield PolicyRule(verbs=verbs, api_groups=groups, resources=resources, resource_names=names)


def _meeting(owners: Sequence[PolicyRule], part: PolicyRule) -> list[PolicyRule]:
    """Those that have something of a part on every axis: most of an account's many rules are about other things."""
    verbs, groups = {*part.verbs, ALL}, {*part.api_groups, ALL}
    below = (name.partition("/")[2] for name in part.resources)
    resources = {*part.resources, ALL, *(f"*/{name}" for name in below if name)}
    names = set(part.resource_names)
    return [
        owner
        for owner in owners
        if not resources.isdisjoint(owner.resources)
        and not (owner.resource_names and names.isdisjoint(owner.resource_names))
        and not verbs.isdisjoint(owner.verbs)
        and not groups.isdisjoint(owner.api_groups)
    ]


def _missing(axes: Sequence[_Classes]) -> Iterator[tuple[tuple[str, ...], ...]]:
    """One class from each axis, where no owner has them all.

    What no owner can cover any more is not split further on the remaining axes.
    """

    def go(at: int, bits: int, chosen: tuple[tuple[str, ...], ...]) -> Iterator[tuple[tuple[str, ...], ...]]:
        if not bits:
            yield (*chosen, *(tuple(word for _, words in axis for word in words) for axis in axes[at:]))
        elif at < len(axes):
            for mask, words in axes[at]:
                yield from go(at + 1, bits & mask, (*chosen, words))

    return go(0, -1, ())


def _has_verb(owner: PolicyRule, verb: str) -> bool:
    return verb in owner.verbs or ALL in owner.verbs


def _has_group(owner: PolicyRule, group: str) -> bool:
    return group in owner.api_groups or ALL in owner.api_groups


def _has_resource(owner: PolicyRule, resource: str) -> bool:
    if resource in owner.resources or ALL in owner.resources:
        return True
    _, slash, subresource = resource.partition("/")
    return bool(slash) and f"*/{subresource}" in owner.resources


def _has_name(owner: PolicyRule, name: str) -> bool:
    return not owner.resource_names or name in owner.resource_names


def _has_url(owner: PolicyRule, url: str) -> bool:
    return any(url_matches(pattern, url) for pattern in owner.non_resource_urls)
