"""Which rights that matter to an attacker each role gives: the atoms of which steps are made."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from ksec_tui.analysis.rbac.rules import ALL, covers_verb, entry_covers, is_everything
from ksec_tui.cluster.access import PolicyRule

_RBAC = "rbac.authorization.k8s.io"
_CERTIFICATES = "certificates.k8s.io"
_HOOKS = "admissionregistration.k8s.io"
_CONTROLLERS = (
    ("apps", "deployments"),
    ("apps", "statefulsets"),
    ("apps", "replicasets"),
    ("batch", "jobs"),
    ("batch", "cronjobs"),
    ("", "replicationcontrollers"),
)
_CHANGE = ("update", "patch")
_WRITE = ("create", *_CHANGE)


class Atom(msgspec.Struct, frozen=True):
    """One right.

    Attributes:
        name: what steps call it.
        verbs: any of them will do.
        resources: (group, resource with subresource), any of them.
        wide: whether only a grant in the whole cluster counts.
        until: the first minor version of which it is not true any more.
    """

    name: str
    verbs: tuple[str, ...]
    resources: tuple[tuple[str, str], ...]
    wide: bool = False
    until: int | None = None


STEERED = {
    "steer.argocd": ("argoproj.io", "applications", "argocd-application-controller"),
    "steer.flux-kustomize": ("kustomize.toolkit.fluxcd.io", "kustomizations", "kustomize-controller"),
    "steer.flux-helm": ("helm.toolkit.fluxcd.io", "helmreleases", "helm-controller"),
}
"""Atom -> the custom resource that gives orders, and the ServiceAccount of the controller that obeys."""

ATOMS: tuple[Atom, ...] = (
    Atom("secrets.list", ("list", "watch"), (("", "secrets"),)),
    Atom("secrets.get", ("get",), (("", "secrets"),)),
    Atom("secrets.create", ("create",), (("", "secrets"),)),
    Atom("secrets.change", _CHANGE, (("", "secrets"),)),
    Atom("tokens.create", ("create",), (("", "serviceaccounts/token"),)),
    Atom("pods.create", ("create",), (("", "pods"),)),
    Atom("controllers.create", ("create",), _CONTROLLERS),
    Atom("controllers.change", _CHANGE, _CONTROLLERS),
    Atom("daemonsets.create", ("create",), (("apps", "daemonsets"),)),
    Atom("daemonsets.change", _CHANGE, (("apps", "daemonsets"),)),
    Atom("pods.exec", ("create",), (("", "pods/exec"), ("", "pods/attach"))),
    Atom("pods.exec-get", ("get",), (("", "pods/exec"), ("", "pods/attach")), until=35),
    Atom("pods.ephemeral", _CHANGE, (("", "pods/ephemeralcontainers"),)),
    Atom("pods.change", _CHANGE, (("", "pods"),)),
    Atom("nodes.proxy", ("get", "create"), (("", "nodes/proxy"),), wide=True),
    Atom("users.impersonate", ("impersonate",), (("", "users"),), wide=True),
    Atom("groups.impersonate", ("impersonate",), (("", "groups"),), wide=True),
    Atom("accounts.impersonate", ("impersonate",), (("", "serviceaccounts"),)),
    Atom("clusterroles.escalate", ("escalate",), ((_RBAC, "clusterroles"),), wide=True),
    Atom("clusterroles.change", _CHANGE, ((_RBAC, "clusterroles"),), wide=True),
    Atom("roles.escalate", ("escalate",), ((_RBAC, "roles"),)),
    Atom("roles.change", _CHANGE, ((_RBAC, "roles"),)),
    Atom("clusterroles.bind", ("bind",), ((_RBAC, "clusterroles"),)),
    Atom("roles.bind", ("bind",), ((_RBAC, "roles"),)),
    Atom("clusterbindings.write", _WRITE, ((_RBAC, "clusterrolebindings"),), wide=True),
    Atom("bindings.write", _WRITE, ((_RBAC, "rolebindings"),)),
    Atom("csr.create", ("create",), ((_CERTIFICATES, "certificatesigningrequests"),), wide=True),
    Atom("csr.approve", _CHANGE, ((_CERTIFICATES, "certificatesigningrequests/approval"),), wide=True),
    Atom("signers.approve", ("approve",), ((_CERTIFICATES, "signers"),), wide=True),
    Atom("namespaces.change", _CHANGE, (("", "namespaces"),)),
    Atom("volumes.create", ("create",), (("", "persistentvolumes"),), wide=True),
    Atom("claims.create", ("create",), (("", "persistentvolumeclaims"),)),
    Atom("configmaps.change", _CHANGE, (("", "configmaps"),)),
    Atom("mutating.write", _WRITE, ((_HOOKS, "mutatingwebhookconfigurations"),), wide=True),
    Atom("validating.write", _WRITE, ((_HOOKS, "validatingwebhookconfigurations"),), wide=True),
    *(Atom(name, _WRITE, ((group, plural),)) for name, (group, plural, _) in STEERED.items()),
)
EVERYTHING = "everything"

_NEEDS_NO_NAME = frozenset(
    {
        "secrets.create",
        "pods.create",
        "controllers.create",
        "daemonsets.create",
        "csr.create",
        "volumes.create",
        "claims.create",
    }
)
"""A request to create names no object, so that a rule with resourceNames never permits it."""


class Held(msgspec.Struct, frozen=True, gc=False):
    """One rule that gives an atom: its place in the role, and the names it is confined to."""

    index: int
    names: tuple[str, ...] = ()


Rights = dict[str, tuple[Held, ...]]
"""Atom -> the rules that give it."""


def _by_entry() -> dict[str, tuple[tuple[Atom, str, str], ...]]:
    found: dict[str, list[tuple[Atom, str, str]]] = {}
    for atom in ATOMS:
        for group, resource in atom.resources:
            found.setdefault(resource, []).append((atom, group, resource))
    return {entry: tuple(items) for entry, items in found.items()}


_ENTRIES = _by_entry()
_EVERY = tuple(item for items in _ENTRIES.values() for item in items)


def rights_of(rules: Iterable[PolicyRule], minor: int | None) -> Rights:
    """The atoms that some rules give.

    Args:
        rules: of one role.
        minor: of the API server; None counts what holds on some version.
    """
    found: dict[str, list[Held]] = {}
    for index, rule in enumerate(rules):
        if is_everything(rule):
            # Whoever has everything needs no other step.
            found.setdefault(EVERYTHING, []).append(Held(index))
            continue
        seen: set[str] = set()
        for entry in rule.resources:
            wide = entry == ALL or entry.startswith("*/")
            for atom, group, resource in _EVERY if wide else _ENTRIES.get(entry, ()):
                if atom.name in seen or (rule.resource_names and atom.name in _NEEDS_NO_NAME):
                    continue
                if atom.until is not None and minor is not None and minor >= atom.until:
                    continue
                base, _, sub = resource.partition("/")
                if (
                    (group in rule.api_groups or ALL in rule.api_groups)
                    and any(covers_verb(rule, verb) for verb in atom.verbs)
                    and entry_covers(entry, base, sub)
                ):
                    seen.add(atom.name)
                    found.setdefault(atom.name, []).append(Held(index, rule.resource_names))
    return {name: tuple(items) for name, items in found.items()}


IS_WIDE = frozenset(atom.name for atom in ATOMS if atom.wide)
