"""Rights that are marked as risky where they are shown; a short table, the judgement itself is the checks'."""

from __future__ import annotations

import msgspec

from ksec_tui.analysis.rbac.requests import WEBSOCKET_NEEDS_CREATE
from ksec_tui.analysis.rbac.rules import ALL, entry_covers

WRITE = ("create", "update", "patch")
_WORKLOADS = (
    ("apps", "daemonsets"),
    ("apps", "deployments"),
    ("apps", "replicasets"),
    ("apps", "statefulsets"),
    ("batch", "cronjobs"),
    ("batch", "jobs"),
    ("", "replicationcontrollers"),
)
_RBAC = "rbac.authorization.k8s.io"
_ADMISSION = "admissionregistration.k8s.io"
_CERTIFICATES = "certificates.k8s.io"
_HOOKS = ("mutatingwebhookconfigurations", "validatingwebhookconfigurations")
_POLICIES = (
    "mutatingadmissionpolicies",
    "mutatingadmissionpolicybindings",
    "validatingadmissionpolicies",
    "validatingadmissionpolicybindings",
)
_STREAM_REASON = "opens a shell in a pod"


class Risk(msgspec.Struct, frozen=True):
    """A right and what somebody can do with it; `until` is the first minor version without that risk."""

    verbs: tuple[str, ...]
    group: str
    resource: str
    reason: str
    until: int | None = None


RISKS = (
    Risk(("impersonate",), "", "groups", "acts as any group, system:masters too"),
    Risk(("impersonate",), "", "users", "acts as any user"),
    Risk(("escalate",), _RBAC, "clusterroles", "writes any right into a role"),
    Risk(("escalate",), _RBAC, "roles", "writes any right into a role"),
    Risk(("bind",), _RBAC, "clusterroles", "hands out roles it does not hold"),
    Risk(("bind",), _RBAC, "roles", "hands out roles it does not hold"),
    Risk(("get", "create"), "", "nodes/proxy", "runs commands in every container of a node"),
    Risk(("get", "list", "watch"), "", "secrets", "reads credentials"),
    Risk(WRITE, "", "secrets", "plants or replaces credentials"),
    Risk(("create",), "", "serviceaccounts/token", "makes tokens of ServiceAccounts"),
    Risk(("impersonate",), "", "serviceaccounts", "acts as ServiceAccounts"),
    Risk(("create",), "", "pods", "runs pods as any ServiceAccount of the namespace"),
    *(
        Risk(WRITE, group, name, "runs pods as any ServiceAccount of the namespace")
        for group, name in _WORKLOADS
    ),
    Risk(("update", "patch"), "", "pods", "swaps the image of a running pod"),
    Risk(("create",), "", "pods/exec", _STREAM_REASON),
    Risk(("create",), "", "pods/attach", _STREAM_REASON),
    Risk(("get",), "", "pods/exec", _STREAM_REASON, WEBSOCKET_NEEDS_CREATE),
    Risk(("get",), "", "pods/attach", _STREAM_REASON, WEBSOCKET_NEEDS_CREATE),
    Risk(("update", "patch"), "", "pods/ephemeralcontainers", "puts a container into a running pod"),
    Risk(("create",), "", "pods/portforward", "reaches ports past network policies"),
    Risk(("get",), "", "pods/portforward", "reaches ports past network policies", WEBSOCKET_NEEDS_CREATE),
    Risk(("update", "patch"), _CERTIFICATES, "certificatesigningrequests/approval", "approves certificates"),
    Risk(("approve",), _CERTIFICATES, "signers", "approves certificates"),
    Risk(("sign",), _CERTIFICATES, "signers", "writes certificates"),
    *(Risk((*WRITE, "delete"), _ADMISSION, name, "reads or alters what is admitted") for name in _HOOKS),
    *(Risk((*WRITE, "delete"), _ADMISSION, name, "changes what is admitted") for name in _POLICIES),
    Risk(WRITE, "apiregistration.k8s.io", "apiservices", "answers API requests in the server's place"),
    Risk(WRITE, "", "persistentvolumes", "mounts any path of a node"),
    Risk(("update", "patch"), "", "namespaces", "lifts the Pod Security level"),
    Risk((*WRITE, "delete"), "", "nodes", "steers or removes pods"),
    Risk(("update", "patch"), "", "nodes/status", "steers or removes pods"),
    Risk(WRITE, _RBAC, "clusterrolebindings", "hands out what it holds"),
    Risk(WRITE, _RBAC, "rolebindings", "hands out what it holds"),
)
"""The gravest first: of several that a wildcard includes, the first is named."""

_CONSTRAINED = ("impersonate:", "impersonate-on:")


def risk_of(verb: str, group: str, resource: str, minor: int | None) -> str:
    """What somebody can do with a verb on a resource, either as a rule writes it; empty when nothing risky.

    Args:
        verb: a verb or ``*``.
        group: an API group or ``*``.
        resource: ``pods/exec``, ``*`` or ``*/exec``.
        minor: of the server; None when unknown, then what is a risk on any version counts.
    """
    if verb.startswith(_CONSTRAINED):
        return "acts as somebody else"
    for risk in RISKS:
        name, _, subresource = risk.resource.partition("/")
        if (
            (verb in risk.verbs or verb == ALL)
            and group in (risk.group, ALL)
            and entry_covers(resource, name, subresource)
            and (risk.until is None or minor is None or minor < risk.until)
        ):
            return risk.reason
    return ""
