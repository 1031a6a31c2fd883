"""Who can reach pods through the API server: port-forwards and proxies, which pass every NetworkPolicy.

The traffic comes from the pod's own node (kubelet) or from the API server's proxy, by rights and not by routes.
"""

from __future__ import annotations

from dataclasses import dataclass

from ksec_tui.analysis.rbac.answer import Path, explain_who
from ksec_tui.analysis.rbac.grants import BUILT_IN
from ksec_tui.analysis.rbac.identity import Who
from ksec_tui.analysis.rbac.requests import Request, requests_for
from ksec_tui.analysis.security_context import minor_version
from ksec_tui.cluster.snapshot import Snapshot

PROXY_VERBS = ("get", "create", "update", "patch", "delete")
"""The verbs of the HTTP methods that a proxy passes on (apiserver request info)."""


@dataclass(frozen=True, slots=True)
class ApiDoor:
    """A subject that can reach pods of a namespace through the API server.

    Attributes:
        who: the subject that a binding names; members of groups are not unfolded.
        right: ``create pods/portforward``.
        paths: the ways by which RBAC grants it.
    """

    who: Who
    right: str
    paths: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class ApiDoors:
    """All of them for one namespace, by subject; `unknown` says what was not read and could name more."""

    doors: tuple[ApiDoor, ...]
    unknown: tuple[str, ...] = ()


def api_doors(snapshot: Snapshot, namespace: str) -> ApiDoors:
    """Who may forward ports of, or send requests to, any pod or Service of a namespace; computed once each.

    An empty namespace asks who may in the whole cluster. Members of system:masters may do everything and are
    left out.
    """
    known: dict[str, ApiDoors] = snapshot.derived(api_doors, lambda _: {})
    if namespace not in known:
        known[namespace] = _collect(snapshot, namespace)
    return known[namespace]


def _collect(snapshot: Snapshot, namespace: str) -> ApiDoors:
    minor = minor_version(snapshot.source.server_version)
    wanted = [ask for way in requests_for("portforward", minor, namespace=namespace) for ask in way]
    for verb in PROXY_VERBS:
        wanted.append(Request(verb, "", "pods", "proxy", "", namespace))
        wanted.append(Request(verb, "", "services", "proxy", "", namespace))
    wanted += [Request(verb, "", "nodes", "proxy") for verb in ("get", "create")]
    found: dict[tuple[Who, str], ApiDoor] = {}
    unknown: dict[str, None] = {}
    for request in wanted:
        answer = explain_who(snapshot, request)
        unknown.update(dict.fromkeys(answer.unknown))
        for who, paths in answer.holders.items():
            if who != BUILT_IN.subject:
                found.setdefault((who, request.full), ApiDoor(who, f"{request.verb} {request.full}", paths))
    return ApiDoors(tuple(found[key] for key in sorted(found)), tuple(unknown))
