"""What people write for a resource, a subject and a request, and what the authorizer calls it.

Source of the request's namespace: apiserver endpoints/request/requestinfo.go; of the short names: the
registry's ShortNames and kubectl.
"""

from __future__ import annotations

import difflib

import msgspec

from ksec_tui.analysis.rbac.bindings import rules_of
from ksec_tui.analysis.rbac.identity import Who, user_named
from ksec_tui.analysis.rbac.inert import OWN_NAMESPACE
from ksec_tui.analysis.rbac.requests import AUTHENTICATION, Request
from ksec_tui.analysis.rbac.resources import (
    BUILT_IN_GROUPS,
    groups_of,
    is_cluster_scoped,
    known_names,
    plural_of,
)
from ksec_tui.analysis.rbac.rules import ALL
from ksec_tui.cluster.access import ClusterRole, Role
from ksec_tui.cluster.kinds import CLUSTER_ROLE, ROLE
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.cluster.text import clean

_SHORT = {
    "cm": "configmaps",
    "crd": "customresourcedefinitions",
    "crds": "customresourcedefinitions",
    "csr": "certificatesigningrequests",
    "cj": "cronjobs",
    "deploy": "deployments",
    "ds": "daemonsets",
    "ep": "endpoints",
    "ev": "events",
    "hpa": "horizontalpodautoscalers",
    "ing": "ingresses",
    "limits": "limitranges",
    "netpol": "networkpolicies",
    "no": "nodes",
    "ns": "namespaces",
    "pc": "priorityclasses",
    "pdb": "poddisruptionbudgets",
    "po": "pods",
    "pv": "persistentvolumes",
    "pvc": "persistentvolumeclaims",
    "quota": "resourcequotas",
    "rc": "replicationcontrollers",
    "rs": "replicasets",
    "sa": "serviceaccounts",
    "sc": "storageclasses",
    "sts": "statefulsets",
    "svc": "services",
}
_VIRTUAL = {
    "groups": "",
    "users": "",
    "uids": AUTHENTICATION,
    "userextras": AUTHENTICATION,
    "signers": "certificates.k8s.io",
    "podsecuritypolicies": "policy",
    "securitycontextconstraints": "security.openshift.io",
}
"""Names that stand for no stored objects but are asked for by verbs of their own, with their groups."""

_ANY_SUBRESOURCES = frozenset({"finalizers", "rollback", "scale", "status"})
_SUBRESOURCES = {
    "certificatesigningrequests": "approval",
    "namespaces": "finalize",
    "nodes": "checkpoint configz healthz log metrics pods proxy spec stats",
    "pods": "attach binding ephemeralcontainers eviction exec log portforward proxy resize",
    "serviceaccounts": "token",
    "services": "proxy",
}


class NamingError(ValueError):
    """What was written means nothing, or several things."""


class Asked(msgspec.Struct, frozen=True):
    """A request as it was understood, and remarks on how."""

    request: Request
    notes: tuple[str, ...] = ()


def subject_named(text: str) -> Who:
    """``user:NAME``, ``group:NAME`` or ``sa:NAMESPACE/NAME``.

    Raises:
        NamingError: it is none of these.
    """
    kind, colon, name = clean(text).partition(":")
    if colon and name:
        match kind:
            case "user":
                return user_named(name)
            case "group":
                return Who("Group", name)
            case "sa" | "serviceaccount":
                namespace, _, account = name.partition("/")
                if namespace and account and "/" not in account:
                    return Who("ServiceAccount", account, namespace)
    raise NamingError(f"{text!r} is no user:NAME, group:NAME or sa:NAMESPACE/NAME")


def request_named(snapshot: Snapshot, verb: str, what: str, name: str = "", namespace: str = "") -> Asked:
    """The request that somebody means.

    Args:
        snapshot: whose roles tell the group of a resource that is not Kubernetes' own.
        verb: as in rules.
        what: ``pods``, ``po``, ``pods/exec``, ``deployments.apps``, ``*``, or a path such as ``/metrics``.
        name: of the object.
        namespace: empty for the whole cluster.

    Raises:
        NamingError: it cannot be told what is meant.
    """
    # Names of the cluster were cleaned when they were read: cleaned alike, what is equal stays equal.
    verb, what, name, namespace = (clean(word) for word in (verb, what, name, namespace))
    if what.startswith("/"):
        if name or namespace:
            raise NamingError(f"{what} is a path: it has neither a name nor a namespace")
        return Asked(Request(verb.lower(), path=what))
    resource, slash, part = what.partition("/")
    if slash and not part:
        raise NamingError(f"{what!r}: a subresource is expected after the slash")
    base, group = _resource(snapshot, verb, resource)
    notes: list[str] = []
    if part and not _is_subresource(base, group, part):
        if name:
            raise NamingError(f"{part} is no subresource of {base}, and the name is {name} already")
        notes.append(f"{part} is no subresource of {base}: taken for a name")
        part, name = "", part
    if namespace and (base in _VIRTUAL or is_cluster_scoped(base, (group,))):
        if base != "namespaces" or verb not in OWN_NAMESPACE:
            notes.append(f"{base} have no namespace: asked for the whole cluster")
            namespace = ""
        elif name not in ("", namespace):
            raise NamingError(f"namespace {name} is not inside namespace {namespace}")
        name = name or namespace
    if base == "namespaces" and group == "" and name and verb in OWN_NAMESPACE:
        # The server takes a request for a namespace itself as one inside it, so that RoleBindings count.
        namespace = name
    return Asked(Request(verb, group, base, part, name, namespace), tuple(notes))


def _resource(snapshot: Snapshot, verb: str, text: str) -> tuple[str, str]:
    """Plural name and group."""
    if text == ALL:
        return ALL, ALL
    base, dot, group = text.partition(".")
    if not base:
        raise NamingError(f"{text!r} is no resource")
    if dot:
        return base, group
    lowered = base.lower()
    if verb.startswith("impersonate:") and lowered in ("users", "groups", "serviceaccounts", "nodes"):
        return lowered, AUTHENTICATION
    if lowered in _VIRTUAL:
        return lowered, _VIRTUAL[lowered]
    plural = _SHORT.get(lowered) or plural_of(base) or base
    serving = groups_of(plural)
    if serving:
        return plural, "" if "" in serving else min(serving)
    return base, _group_in_rules(snapshot, base)


def _group_in_rules(snapshot: Snapshot, base: str) -> str:
    roles: list[Role | ClusterRole] = [*snapshot.of(CLUSTER_ROLE), *snapshot.of(ROLE)]
    groups = {
        group
        for role in roles
        for rule in rules_of(snapshot, role)
        if any(entry.partition("/")[0] == base for entry in rule.resources)
        for group in rule.api_groups
        if group != ALL
    }
    if len(groups) == 1:
        return groups.pop()
    if groups:
        forms = ", ".join(f"{base}.{group}" for group in sorted(groups)[:8])
        raise NamingError(f"{base!r} is in several groups: write one of {forms}")
    close = difflib.get_close_matches(base, known_names(), n=1)
    hint = f"; did you mean {close[0]}?" if close else ""
    raise NamingError(f"{base!r} is no known resource: write RESOURCE.GROUP{hint}")


def _is_subresource(base: str, group: str, part: str) -> bool:
    if base == ALL or base in _VIRTUAL or group not in BUILT_IN_GROUPS or part in _ANY_SUBRESOURCES:
        return True
    return part in _SUBRESOURCES.get(base, "").split()
