"""Who asks, and what they may read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from tests.apiserver.resources import RESOURCES

READ_VERBS = frozenset({"get", "list", "watch"})
_ANY = frozenset({"*"})


@dataclass(frozen=True, slots=True)
class Rule:
    """A grant; ``namespaces`` None means everywhere, and alone reaches the cluster scope."""

    verbs: frozenset[str]
    groups: frozenset[str]
    resources: frozenset[str]
    namespaces: frozenset[str] | None = None

    def covers(self, verb: str, group: str, plural: str, namespace: str) -> bool:
        """Whether this rule grants the request; ``namespace`` is empty at the cluster scope."""
        return (
            (self.namespaces is None or namespace in self.namespaces)
            and bool(self.verbs & {verb, "*"})
            and bool(self.groups & {group, "*"})
            and bool(self.resources & {plural, "*"})
        )

    def as_json(self) -> dict[str, object]:
        """As ``SelfSubjectRulesReview`` shows it."""
        return {
            "verbs": sorted(self.verbs),
            "apiGroups": sorted(self.groups),
            "resources": sorted(self.resources),
        }


@dataclass(frozen=True, slots=True)
class Access:
    """The current user and what they are granted; rules only add up, as in RBAC."""

    user: str = "alice"
    groups: tuple[str, ...] = ("developers",)
    rules: tuple[Rule, ...] = (Rule(_ANY, _ANY, _ANY),)

    @classmethod
    def namespaces(cls, names: Iterable[str], *, user: str = "alice") -> Access:
        """May read every resource inside ``names`` and nothing at the cluster scope."""
        return cls(user=user, rules=(Rule(READ_VERBS, _ANY, _ANY, frozenset(names)),))

    @classmethod
    def without(cls, *keys: str, user: str = "alice") -> Access:
        """May read every known resource but those in ``keys``, such as ``secrets`` or ``roles.rbac...``."""
        rules = tuple(
            Rule(READ_VERBS, frozenset({resource.group}), frozenset({resource.plural}))
            for resource in RESOURCES
            if resource.key not in keys
        )
        return cls(user=user, rules=rules)

    def allows(self, verb: str, group: str, plural: str, namespace: str = "") -> bool:
        """Whether the user may do this; ``namespace`` is empty at the cluster scope."""
        return any(rule.covers(verb, group, plural, namespace) for rule in self.rules)

    def seen_as(self, headers: Mapping[str, str], impersonated_groups: Iterable[str]) -> Access:
        """The same grants under the impersonated name, if the headers (lower-case names) carry one."""
        user = headers.get("impersonate-user")
        return self if user is None else replace(self, user=user, groups=tuple(impersonated_groups))

    def review(self, plural: str, spec: Mapping[str, object]) -> dict[str, object] | None:
        """The ``status`` of a self review, or None for a resource that is not one."""
        if plural == "selfsubjectreviews":
            groups = list(dict.fromkeys((*self.groups, "system:authenticated")))
            return {"userInfo": {"username": self.user, "groups": groups}}
        if plural == "selfsubjectrulesreviews":
            namespace = str(spec.get("namespace", ""))
            rules = [
                rule.as_json()
                for rule in self.rules
                if rule.namespaces is None or namespace in rule.namespaces
            ]
            return {"resourceRules": rules, "nonResourceRules": [], "incomplete": False}
        if plural == "selfsubjectaccessreviews":
            return {"allowed": self._allowed(spec)}
        return None

    def _allowed(self, spec: Mapping[str, object]) -> bool:
        attributes = spec.get("resourceAttributes")
        if not isinstance(attributes, dict):
            return False
        verb, group, plural, namespace, subresource = (
            str(attributes.get(key, "")) for key in ("verb", "group", "resource", "namespace", "subresource")
        )
        return self.allows(verb, group, f"{plural}/{subresource}" if subresource else plural, namespace)
