"""Who a subject of a binding is, and which groups the API server adds by itself.

Sources: staging apiserver authentication/group/authenticated_group_adder.go, serviceaccount.MakeGroupNames,
pkg/registry/rbac/validation/rule.go (appliesToUser).
"""

from __future__ import annotations

import functools

import msgspec

from ksec_tui.cluster.access import Subject

AUTHENTICATED = "system:authenticated"
UNAUTHENTICATED = "system:unauthenticated"
ANONYMOUS = "system:anonymous"
MASTERS = "system:masters"
ALL_ACCOUNTS = "system:serviceaccounts"
ACCOUNT_PREFIX = "system:serviceaccount:"
NODES = "system:nodes"
NODE_PREFIX = "system:node:"


class Who(msgspec.Struct, frozen=True, order=True):
    """A subject in its normal form: ``ServiceAccount ci/deployer``, ``User ann``, ``Group sre``.

    A User called ``system:serviceaccount:NS:NAME`` is that ServiceAccount. `namespace` is empty but for
    ServiceAccounts.
    """

    kind: str
    name: str
    namespace: str = ""

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}" if self.namespace else f"{self.kind} {self.name}"

    @property
    def is_account(self) -> bool:
        """Whether it is a ServiceAccount."""
        return self.kind == "ServiceAccount"

    @property
    def login(self) -> tuple[str, str]:
        """What the authorizer compares: ``("user", name)`` or ``("group", name)``."""
        if self.kind == "Group":
            return "group", self.name
        return "user", f"{ACCOUNT_PREFIX}{self.namespace}:{self.name}" if self.is_account else self.name


class Identity(msgspec.Struct, frozen=True):
    """Who sends a request, as authentication sees it. `user` is empty for the mere member of a group."""

    user: str
    groups: tuple[str, ...] = ()

    @property
    def logins(self) -> tuple[tuple[str, str], ...]:
        """Everything that a binding may name to reach it."""
        return _logins(self.user, self.groups)


@functools.lru_cache(maxsize=8192)
def _logins(user: str, groups: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    of_groups = [("group", group) for group in dict.fromkeys(groups)]
    return (("user", user), *of_groups) if user else tuple(of_groups)


def who(subject: Subject, namespace: str = "") -> Who | None:
    """The normal form of a binding's subject; None when it can match nobody.

    Args:
        subject: as written; its apiGroup plays no part, its kind is case-sensitive.
        namespace: of the RoleBinding, the default for ServiceAccounts; empty for a ClusterRoleBinding.
    """
    match subject.kind:
        case "User" if subject.name:
            return user_named(subject.name)
        case "Group" if subject.name:
            return Who("Group", subject.name)
        case "ServiceAccount" if subject.name and (subject.namespace or namespace):
            return Who("ServiceAccount", subject.name, subject.namespace or namespace)
    return None


def user_named(name: str) -> Who:
    """The user of that name, which may be a ServiceAccount's (serviceaccount.SplitUsername)."""
    if name.startswith(ACCOUNT_PREFIX):
        parts = name.removeprefix(ACCOUNT_PREFIX).split(":")
        if len(parts) == 2 and all(parts):
            return Who("ServiceAccount", parts[1], parts[0])
    return Who("User", name)


def identity_of(subject: Who, groups: tuple[str, ...] = ()) -> Identity:
    """The least identity that `subject` has: itself and the groups that the API server always adds.

    Args:
        subject: a user, group or ServiceAccount. Of a group, an otherwise unknown member.
        groups: further groups known from elsewhere, such as an identity provider.
    """
    if subject.is_account:
        accounts = (ALL_ACCOUNTS, f"{ALL_ACCOUNTS}:{subject.namespace}")
        return Identity(subject.login[1], (*groups, *accounts, AUTHENTICATED))
    if subject.kind == "Group":
        return Identity("", _with_implied((subject.name, *groups)))
    if subject.name == ANONYMOUS:
        return Identity(ANONYMOUS, (*groups, UNAUTHENTICATED))
    node = (NODES,) if subject.name.startswith(NODE_PREFIX) else ()
    return Identity(subject.name, _with_implied((*groups, *node)))


def _with_implied(groups: tuple[str, ...]) -> tuple[str, ...]:
    if UNAUTHENTICATED in groups:
        return groups
    accounts = any(group.startswith(f"{ALL_ACCOUNTS}:") for group in groups)
    return tuple(dict.fromkeys((*groups, *((ALL_ACCOUNTS,) if accounts else ()), AUTHENTICATED)))
