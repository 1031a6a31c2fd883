"""Facts about the default RBAC policy: which roles and bindings an API server makes by itself, by minor version.

Facts only, in our own notation. A rule is a line: verbs, then resources (or paths), then ``@`` with API
groups unless it is the core group alone, then ``=`` with resourceNames; words are joined by commas.
"""

from __future__ import annotations

import functools
from importlib import resources

import msgspec

MINORS = (36,)
"""The minor versions whose policy is known."""


class DefaultRole(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"from_": "from"}):
    """A default role.

    Attributes:
        rules: what it grants.
        gated: what it grants besides when a feature that is off by default is on.
        into: the roles into which it is aggregated: ``admin``, ``edit``, ``view``.
        from_: for a role that aggregates, the names under which it collects.
    """

    rules: tuple[str, ...] = ()
    gated: tuple[str, ...] = ()
    into: tuple[str, ...] = ()
    from_: tuple[str, ...] = ()


class DefaultBinding(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A default binding: ``ClusterRole edit``, and subjects as ``Group NAME``, ``ServiceAccount NS/NAME``."""

    role: str
    subjects: tuple[str, ...]


class Defaults(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The default policy of one minor version.

    Attributes:
        as_of: the day on which it was taken down.
        kubernetes: the minor version, ``1.36``.
        source: repository and folder upstream.
        licence: of the source.
        cluster_roles: by name.
        roles: by ``namespace/name``.
        bindings: ClusterRoleBindings by name, RoleBindings by ``namespace/name``.
    """

    as_of: str
    kubernetes: str
    source: str
    licence: str
    cluster_roles: dict[str, DefaultRole]
    roles: dict[str, DefaultRole]
    bindings: dict[str, DefaultBinding]


@functools.cache
def defaults(minor: int) -> Defaults | None:
    """The default policy of ``1.minor``; None when it is not known."""
    if minor not in MINORS:
        return None
    raw = resources.files(__package__).joinpath(f"defaults-1.{minor}.json").read_bytes()
    return msgspec.json.decode(raw, type=Defaults)
