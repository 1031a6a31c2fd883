"""Safeguards that a release brought and that may still lie dormant: upgrades leave off what could break clusters.

Each is judged by the objects, by the flags of a control plane that shows in pods, or by versions. What only the
server's metrics, its flags page or a kubelet's settings tell is not visible, and never called on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from ksec_tui.analysis.control_plane import API_SERVER, processes
from ksec_tui.analysis.identity import is_system
from ksec_tui.analysis.rbac.rules import permits
from ksec_tui.analysis.versions.cluster import kubelet_version
from ksec_tui.analysis.versions.components import server_versions
from ksec_tui.analysis.versions.flag_looks import (
    anonymous,
    audit,
    by_flag,
    encrypted,
    is_set,
    node_restriction,
    switched,
)
from ksec_tui.analysis.versions.looks import Look, Status, Told, counted, share, unread
from ksec_tui.analysis.versions.numbers import line_key
from ksec_tui.analysis.versions.support import is_newer_than_data
from ksec_tui.analysis.workloads import workloads
from ksec_tui.cluster.access import ClusterRole, Role
from ksec_tui.cluster.base import KubeObject
from ksec_tui.cluster.kinds import (
    ADMISSION_BINDING,
    CLUSTER_ROLE,
    CLUSTER_ROLE_BINDING,
    NAMESPACE,
    NODE,
    ROLE,
    SECRET,
    SERVICE,
    WORKLOAD_KINDS,
)
from ksec_tui.cluster.pods import PodSpec
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.data.versions import Feature, features

__all__ = ["Safeguard", "Status", "safeguards"]

FROM_DISK = (1, 36)
"""From this release on the API server may read policies from files that no object shows (KEP-5793)."""

PSA = "pod-security.kubernetes.io/"


@dataclass(frozen=True, slots=True)
class Safeguard:
    """One feature and whether it works here.

    Attributes:
        feature: what the data knows of it.
        status: whether it works.
        words: why that is said, one phrase.
    """

    feature: Feature
    status: Status
    words: str


def safeguards(snapshot: Snapshot) -> tuple[Safeguard, ...]:
    """Every feature that the data knows, what is off first; computed once."""
    found: tuple[Safeguard, ...] = snapshot.derived(_all, _all)
    return found


def _all(snapshot: Snapshot) -> tuple[Safeguard, ...]:
    order = list(Status)
    found = [Safeguard(feature, *_judge(snapshot, feature)) for feature in features().features]
    return tuple(sorted(found, key=lambda item: order.index(item.status)))


def _judge(snapshot: Snapshot, feature: Feature) -> Told:
    servers = server_versions(snapshot)
    born = feature.alpha or feature.beta or feature.ga
    if servers and born and (servers[-1].major, servers[-1].minor) < line_key(born):
        return Status.NOT_YET, f"it came with {born}"
    look = _LOOKS.get(feature.id)
    if look is None:
        return Status.HIDDEN, f"{_where(feature)}; new clusters: {feature.default}"
    status, words = look(snapshot)
    if servers and is_newer_than_data(servers[0]) and status is not Status.HIDDEN:
        words += f"; assumed, since {servers[0].line} is newer than the data"
    return status, words


_PLACES = {
    "api": "objects",
    "metrics": "the server's metrics",
    "flagz": "the server's flags page",
    "configz": "the kubelets' settings",
    "staticpod": "the flags of its pods",
    "probe": "a request without login",
}


def _where(feature: Feature) -> str:
    places = [_PLACES[level] for level in feature.visible if level in _PLACES and level != "api"]
    if "api" in feature.visible:
        return "objects tell who uses it, not whether it is on"
    return f"told by {' or '.join(places)} only" if places else "no object tells it"


def _own(items: Iterable[KubeObject]) -> list[KubeObject]:
    return [item for item in items if not is_system(item)]


def _pod_security(snapshot: Snapshot) -> Told:
    spaces = _own(snapshot.of(NAMESPACE))
    levels = [space.metadata.labels.get(f"{PSA}enforce", "privileged") for space in spaces]
    good = sum(level in ("baseline", "restricted") for level in levels)
    return unread(snapshot, NAMESPACE) or share(good, len(spaces), "namespaces", "enforce a level")


def _pin(space: KubeObject) -> str:
    return space.metadata.labels.get(f"{PSA}enforce-version", "latest")


def _pins(snapshot: Snapshot) -> Told:
    servers = server_versions(snapshot)
    pins = [space for space in snapshot.of(NAMESPACE) if _pin(space) != "latest"]
    if pins and not servers:
        return Status.HIDDEN, f"{counted(len(pins), 'namespace')} with a version; the server's is not known"
    pinned = [
        space.name
        for space in pins
        if (pin := _pin(space)).startswith("v1.") and pin[3:].isdecimal() and int(pin[3:]) < servers[-1].minor
    ]
    if pinned:
        return (
            Status.PARTLY,
            f"{counted(len(pinned), 'namespace')} with an older version: {', '.join(pinned[:3])}",
        )
    return unread(snapshot, NAMESPACE) or (Status.ON, "no namespace pins an older version")


def _of_workloads(test: Callable[[PodSpec], bool], what: str) -> Look:
    def look(snapshot: Snapshot) -> Told:
        every = [item for item in workloads(snapshot) if not item.system]
        good = sum(test(item.spec) for item in every)
        return unread(snapshot, *WORKLOAD_KINDS) or share(good, len(every), "workloads", what)

    return look


def _has_seccomp(spec: PodSpec) -> bool:
    """Whether every container runs under a profile that the pod names; ``Unconfined`` is none."""
    above = spec.security_context.seccomp_profile if spec.security_context else None
    own = [
        box.security_context.seccomp_profile if box.security_context else None
        for box in (*spec.containers, *spec.init_containers)
    ]
    found = [profile or above for profile in own]
    return bool(found) and all(item is not None and item.type != "Unconfined" for item in found)


def _discovery(snapshot: Snapshot) -> Told:
    names = ("system:discovery", "system:basic-user")
    open_ = [
        name
        for name in names
        if (binding := snapshot.find(CLUSTER_ROLE_BINDING, name)) is not None
        and any(who.name in ("system:unauthenticated", "system:anonymous") for who in binding.subjects or ())
    ]
    if open_:
        return Status.OFF, f"{' and '.join(open_)} still name those without login"
    if all(snapshot.find(CLUSTER_ROLE_BINDING, name) is None for name in names):
        return unread(snapshot, CLUSTER_ROLE_BINDING) or (
            Status.HIDDEN,
            "the default bindings are not there",
        )
    return Status.ON, "the default bindings name those with a login only"


def _endpoints(snapshot: Snapshot) -> Told:
    role = snapshot.find(CLUSTER_ROLE, "system:aggregate-to-edit")
    if role is None:
        return unread(snapshot, CLUSTER_ROLE) or (Status.HIDDEN, "the role is not there")
    writes = any(
        permits(rule, verb, group, resource)
        for rule in role.rules or ()
        for verb in ("create", "update", "patch")
        for group, resource in (("", "endpoints"), ("discovery.k8s.io", "endpointslices"))
    )
    return (Status.OFF, "edit writes endpoints") if writes else (Status.ON, "edit does not write endpoints")


def _granted(verbs: tuple[str, ...], group: str, resource: str, sub: str, words: str) -> Look:
    def look(snapshot: Snapshot) -> Told:
        roles: list[Role | ClusterRole] = [*snapshot.of(CLUSTER_ROLE), *snapshot.of(ROLE)]
        found = [
            role.name
            for role in roles
            if not is_system(role)
            and any(
                permits(rule, verb, group, resource, subresource=sub)
                for rule in role.rules or ()
                for verb in verbs
            )
        ]
        if found:
            return (
                Status.PARTLY,
                f"{counted(len(found), 'role')} with {words}: {', '.join(sorted(found)[:3])}",
            )
        return unread(snapshot, CLUSTER_ROLE, ROLE) or (Status.ON, f"no role of one's own grants {words}")

    return look


def _since(minor: int) -> Look:
    def look(snapshot: Snapshot) -> Told:
        servers = server_versions(snapshot)
        if not servers:
            return Status.HIDDEN, "the server's version is not known"
        if servers[-1].minor >= minor:
            return Status.ON, f"on since 1.{minor}"
        return Status.OFF, f"the API server runs {servers[-1].line}; it is on since 1.{minor}"

    return look


def _kubelets(minor: int) -> Look:
    def look(snapshot: Snapshot) -> Told:
        versions = [kubelet_version(node) for node in snapshot.of(NODE)]
        known = [version for version in versions if version is not None]
        good = sum(version.minor >= minor for version in known)
        gap = unread(snapshot, NODE)
        if gap is None and len(known) < len(versions) and good == len(known):
            gap = (
                Status.HIDDEN,
                f"{counted(len(versions) - len(known), 'node')} told no version of its kubelet",
            )
        return gap or share(good, len(versions), "kubelets", f"are of 1.{minor} or newer")

    return look


def _policies(snapshot: Snapshot) -> Told:
    deny = sum("Deny" in item.spec.validation_actions for item in snapshot.of(ADMISSION_BINDING))
    if deny:
        return Status.ON, f"{counted(deny, 'binding')} that refuse"
    gap = unread(snapshot, ADMISSION_BINDING)
    servers = server_versions(snapshot)
    shown = processes(snapshot, API_SERVER)
    from_disk = not shown or any(process.value("admission-control-config-file") for process in shown)
    if gap is None and from_disk and servers and (servers[0].major, servers[0].minor) >= FROM_DISK:
        return (
            Status.HIDDEN,
            "no policy among the objects refuses anything; files of the server may hold some",
        )
    return gap or (Status.OFF, "no policy refuses anything")


def _external_ips(snapshot: Snapshot) -> Told:
    used = sum(bool(service.spec.external_ips) for service in snapshot.of(SERVICE))
    if used:
        return Status.OFF, f"{counted(used, 'Service')} with external IPs"
    return unread(snapshot, SERVICE) or (Status.PARTLY, "none is used, and nothing seen forbids them")


def _legacy_tokens(snapshot: Snapshot) -> Told:
    found = sum(item.type == "kubernetes.io/service-account-token" for item in snapshot.of(SECRET))
    if found:
        return Status.PARTLY, f"{counted(found, 'Secret')} with a token without end"
    gap = unread(snapshot, SECRET)
    typed = all(item.type for item in snapshot.of(SECRET))
    return gap or (
        (Status.ON, "no Secret holds one") if typed else (Status.HIDDEN, "types of Secrets were not told")
    )


_LOOKS: dict[str, Look] = {
    "seccomp-default": _of_workloads(
        _has_seccomp, "name a profile themselves; a kubelet's default is not visible"
    ),
    "pod-security-admission": _pod_security,
    "psa-version-pin": _pins,
    "bound-sa-token": switched("service-account-extend-token-expiration", good=False, default=True),
    "legacy-sa-token-cleanup": _legacy_tokens,
    "user-namespaces": _of_workloads(lambda spec: spec.host_users is False, "ask for one"),
    "structured-authn": is_set("authentication-config", "flags decide", Status.PARTLY),
    "structured-authz": is_set("authorization-config", "flags decide", Status.PARTLY),
    "anonymous-endpoints": by_flag(anonymous),
    "rbac-discovery-unauthenticated": _discovery,
    "endpoints-write-in-edit": _endpoints,
    "kms-v2": by_flag(encrypted),
    "validating-admission-policy": _policies,
    "kubelet-fine-authz": _granted(("get", "create"), "", "nodes", "proxy", "nodes/proxy"),
    "websocket-create-check": _since(35),
    "node-authorizer-selectors": _since(32),
    "sa-token-improvements": _since(32),
    "constrained-impersonation": _granted(("impersonate",), "", "users", "", "impersonation of any kind"),
    "service-external-ips": _external_ips,
    "ensure-secret-pulled-images": _kubelets(35),
    "gitrepo-driver": _kubelets(33),
    "node-restriction": by_flag(node_restriction),
    "kubelet-serving-ca": is_set("kubelet-certificate-authority", "certificates of kubelets are not checked"),
    "audit-log": by_flag(audit),
    "apiserver-profiling": switched("profiling", good=False, default=True),
}
"""How each feature is judged; the others show in no object."""
