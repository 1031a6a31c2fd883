"""Whether one RBAC rule permits one request, exactly as the API server decides it.

Source: pkg/apis/rbac/v1/evaluation_helpers.go and plugin/pkg/auth/authorizer/rbac/rbac.go (RuleAllows).
Every comparison is of exact, case-sensitive strings; all axes must match inside one rule; there is no
deny, no glob but the documented ``*``, ``*/subresource`` and a trailing ``*`` of a URL.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ksec_tui.cluster.access import ClusterRole, PolicyRule

ALL = "*"

STANDARD_VERBS = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")
"""The verbs that requests for stored objects carry; ``*`` means these and every special verb."""

EVERYTHING = PolicyRule(verbs=(ALL,), api_groups=(ALL,), resources=(ALL,))
EVERY_URL = PolicyRule(verbs=(ALL,), non_resource_urls=(ALL,))


def permits(
    rule: PolicyRule, verb: str, group: str, resource: str, name: str = "", subresource: str = ""
) -> bool:
    """Whether `rule` permits `verb` on a resource.

    Args:
        rule: the rule.
        verb: lower-case verb of the request: ``get``, ``list``, ``impersonate``.
        group: API group, empty for the core group.
        resource: plural name, without subresource.
        name: the object's name; empty for requests that name none (list, create by POST).
        subresource: ``exec`` for ``pods/exec``.
    """
    return (
        covers_verb(rule, verb)
        and (group in rule.api_groups or ALL in rule.api_groups)
        and covers_resource(rule, resource, subresource)
        and (not rule.resource_names or name in rule.resource_names)
    )


def permits_url(rule: PolicyRule, verb: str, path: str) -> bool:
    """Whether `rule` permits a request for a path that is no resource; `verb` is the lower-case HTTP method."""
    return covers_verb(rule, verb) and any(url_matches(url, path) for url in rule.non_resource_urls)


def covers_verb(rule: PolicyRule, verb: str) -> bool:
    """Whether the rule's verbs include `verb`."""
    return verb in rule.verbs or ALL in rule.verbs


def covers_resource(rule: PolicyRule, resource: str, subresource: str = "") -> bool:
    """Whether the rule's resources include it; a resource does not imply its subresources, ``*`` does."""
    return any(entry_covers(entry, resource, subresource) for entry in rule.resources)


def entry_covers(entry: str, resource: str, subresource: str = "") -> bool:
    """Whether one entry of a rule's resources includes a resource: ``*``, its name, or ``*/subresource``."""
    if entry == ALL:
        return True
    if not subresource:
        return entry == resource
    return entry in (f"{resource}/{subresource}", f"*/{subresource}")


def is_everything(rule: PolicyRule) -> bool:
    """Whether the rule permits every verb on every resource of every group."""
    return ALL in rule.verbs and ALL in rule.api_groups and ALL in rule.resources and not rule.resource_names


def url_matches(url: str, path: str) -> bool:
    """Whether an entry of nonResourceURLs means `path`: itself, or what begins so where it ends in stars."""
    if url in (ALL, path):
        return True
    return url.endswith(ALL) and path.startswith(url.rstrip(ALL))


def aggregated_rules(role: ClusterRole, others: Iterable[ClusterRole]) -> tuple[PolicyRule, ...]:
    """The rules that the aggregation controller would write into `role`.

    Selector by selector, the selected ClusterRoles by name, without `role` itself and without repeats
    (pkg/controller/clusterroleaggregation). Where a selected role aggregates in its turn and has no rules
    yet, what it will have counts: the controller goes on until nothing changes. Empty when `role` does not
    aggregate.
    """
    ordered = sorted(others, key=lambda other: other.name)
    found: dict[PolicyRule, None] = {}
    seen = {role.name}
    waiting = _selected(role, ordered)[::-1]
    while waiting:
        other = waiting.pop()
        if other.name in seen:
            continue
        seen.add(other.name)
        if other.rules or other.aggregation_rule is None:
            found.update(dict.fromkeys(other.rules or ()))
        else:
            waiting += _selected(other, ordered)[::-1]
    return tuple(found)


def aggregated_from(role: ClusterRole, others: Iterable[ClusterRole]) -> tuple[ClusterRole, ...]:
    """The ClusterRoles that an aggregated role's selectors choose, selector by selector, by name."""
    return tuple(_selected(role, sorted(others, key=lambda other: other.name)))


def _selected(role: ClusterRole, ordered: Sequence[ClusterRole]) -> list[ClusterRole]:
    if role.aggregation_rule is None:
        return []
    selectors = role.aggregation_rule.cluster_role_selectors
    found = {
        other.name: other
        for selector in selectors
        for other in ordered
        if other.name != role.name and selector.matches(other.metadata.labels)
    }
    return list(found.values())
