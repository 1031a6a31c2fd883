"""Rules, and parts of rules, that can never match a request: the grant silently does nothing.

Only what is certain is named. Sources: evaluation_helpers.go (no globs but ``*`` and ``*/sub``),
requestinfo.go (create by POST and deletecollection name no object), KEP-4961 ("intentionally not
supported" forms).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from ksec_tui.analysis.rbac.resources import all_built_in, groups_of, is_cluster_scoped, plural_of
from ksec_tui.analysis.rbac.rules import ALL, STANDARD_VERBS
from ksec_tui.cluster.access import PolicyRule

NEVER_FOR_URLS = frozenset({"create", "deletecollection", "list", "update", "watch"})
"""Verbs of resources; requests for paths carry the HTTP method (``get``, ``post``, …)."""

OWN_NAMESPACE = frozenset({"delete", "get", "patch", "update", "watch", ALL})
"""What a Role may allow on its own namespace: such requests have that namespace (requestinfo.go)."""

_CHANGES = frozenset({"update", "patch", ALL})


class Inert(msgspec.Struct, frozen=True):
    """Something without effect.

    Attributes:
        path: JSON pointer inside the rule; empty for all of it.
        reason: one sentence that starts with the offending word.
    """

    path: str
    reason: str


def inert_parts(rule: PolicyRule, *, inside: bool, named: frozenset[str] = frozenset()) -> tuple[Inert, ...]:
    """What of a rule has no effect.

    Args:
        rule: the rule.
        inside: whether it stands in a Role, which holds in one namespace only.
        named: `changed_by_name` of the role's rules, which can complete this one.

    Returns:
        One entry with an empty path when the whole rule has none; otherwise one for each idle resource.
    """
    whole = _whole(rule, named)
    if whole is not None:
        return (Inert("", whole),)
    if rule.non_resource_urls:
        return _urls(rule, inside=inside)
    idle = {
        index: reason
        for index, entry in enumerate(rule.resources)
        if (reason := _idle_resource(entry, rule, inside=inside))
    }
    if idle and len(idle) == len(rule.resources):
        return (Inert("", next(iter(idle.values()))),)
    return tuple(Inert(f"/resources/{index}", reason) for index, reason in idle.items())


def changed_by_name(rules: Iterable[PolicyRule]) -> frozenset[str]:
    """The resources that some of the rules of a role let be updated or patched, as written."""
    return frozenset(
        entry for rule in rules if not _CHANGES.isdisjoint(rule.verbs) for entry in rule.resources
    )


def _whole(rule: PolicyRule, named: frozenset[str]) -> str | None:
    return _verbs(rule) or _groups(rule) or _names(rule, named)


def _verbs(rule: PolicyRule) -> str | None:
    if not rule.verbs:
        return "the rule has no verbs"
    wrong = [verb for verb in rule.verbs if verb not in STANDARD_VERBS and verb.lower() in STANDARD_VERBS]
    if len(wrong) == len(rule.verbs):
        return f"verb {wrong[0]} is not written in lower case"
    return None


def _groups(rule: PolicyRule) -> str | None:
    if rule.resources and not rule.api_groups:
        return "the rule names no apiGroups; the core group is the empty string"
    wrong = [group for group in rule.api_groups if group == "v1" or "/" in group]
    if wrong and len(wrong) == len(rule.api_groups):
        return f"apiGroup {wrong[0]} names a version; groups are written without one, the core group is empty"
    if rule.api_groups and all(group == "core" for group in rule.api_groups):
        return "apiGroup core does not exist; the core group is the empty string"
    return None


def _names(rule: PolicyRule, named: frozenset[str]) -> str | None:
    names = rule.resource_names
    if not names or "" in names or any("/" in entry or entry == ALL for entry in rule.resources):
        return None
    if set(rule.verbs) == {"deletecollection"}:
        return "deletecollection never names an object, so resourceNames leave nothing"
    if set(rule.verbs) <= {"create", "deletecollection"} and not _completed(rule, named):
        return "a create request names no object, so resourceNames leave nothing"
    if names == (ALL,) and "rbac.authorization.k8s.io" not in rule.api_groups and _stored(rule):
        return "resourceNames * is a literal name that no such object can have"
    return None


def _stored(rule: PolicyRule) -> bool:
    return all_built_in(rule.api_groups) and all(map(groups_of, rule.resources))


def _completed(rule: PolicyRule, named: frozenset[str]) -> bool:
    """Server-side apply and PUT create by name: they need update or patch on the same resource."""
    return ALL in named or not named.isdisjoint(rule.resources)


def _urls(rule: PolicyRule, *, inside: bool) -> tuple[Inert, ...]:
    if inside:
        return (Inert("", "nonResourceURLs have no effect in a Role: such requests have no namespace"),)
    if NEVER_FOR_URLS.issuperset(rule.verbs):
        return (
            Inert("", f"verb {rule.verbs[0]} is of resources; URLs are requested with get, post, put, …"),
        )
    idle = list(_idle_urls(rule))
    if len(idle) == len(rule.non_resource_urls):
        return (Inert("", idle[0].reason),)
    return tuple(idle)


def _idle_urls(rule: PolicyRule) -> Iterator[Inert]:
    for index, url in enumerate(rule.non_resource_urls):
        if url != ALL and not url.startswith("/"):
            yield Inert(f"/nonResourceURLs/{index}", f"URL {url} does not start with a slash")
        elif ALL in url.rstrip(ALL):
            yield Inert(
                f"/nonResourceURLs/{index}", f"URL {url} has a star that is no wildcard: only the last is"
            )


def _idle_resource(entry: str, rule: PolicyRule, *, inside: bool) -> str | None:
    resource, _, subresource = entry.partition("/")
    if entry == ALL or (resource == ALL and subresource and ALL not in subresource):
        return None
    if ALL in entry:
        return f"resource {entry} is no wildcard: only * and */subresource are"
    if all_built_in(rule.api_groups):
        meant = plural_of(resource)
        if meant is not None and not groups_of(resource):
            return f"resource {entry} does not exist; it is written {meant}"
        serving = groups_of(resource)
        if serving and serving.isdisjoint(rule.api_groups):
            where = " or ".join(sorted(group or "the core group" for group in serving))
            return f"resource {entry} is not in the rule's apiGroups; it is in {where}"
    if inside and is_cluster_scoped(resource, rule.api_groups):
        if resource != "namespaces":
            return f"resource {entry} has no namespace, so a Role cannot grant it"
        if OWN_NAMESPACE.isdisjoint(rule.verbs):
            return (
                f"resource {entry} can be listed and created for the whole cluster only, not through a Role"
            )
    return None
