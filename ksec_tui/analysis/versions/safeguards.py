"""Safeguards that a release brought and that may still lie dormant: upgrades leave off what could break clusters.

Each is judged by the objects, by the flags of a control plane that shows in pods, or by versions. What only the
server's metrics, its flags page or a kubelet's settings tell is not visible, and never called on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

from ksec_tui.analysis.control_plane import API_SERVER, hidden, plugins, processes
from ksec_tui.analysis.identity import is_system
from ksec_tui.analysis.rbac.rules import permits
from ksec_tui.analysis.versions.cluster import kubelet_version
from ksec_tui.analysis.versions.components import server_versions
from ksec_tui.analysis.versions.numbers import line_key
from ksec_tui.analysis.workloads import workloads
from ksec_tui.cluster.access import ClusterRole, Role
from ksec_tui.cluster.base import KubeObject
from ksec_tui.cluster.kinds import (
    ADMISSION_BINDING,
    CLUSTER_ROLE,
    CLUSTER_ROLE_BINDING,
    NAMESPACE,
    NODE,
    POD,
    ROLE,
    SECRET,
    SERVICE,
    WORKLOAD_KINDS,
    Kind,
)
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.data.versions import Feature, features

PSA = "pod-security.kubernetes.io/"


class Status(Enum):
    """Whether a safeguard works."""

    OFF = "off"
    PARTLY = "partly"
    ON = "on"
    HIDDEN = "not visible"
    NOT_YET = "not in this version"


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


Told = tuple[Status, str]
Look = Callable[[Snapshot], Told]


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
    return look(snapshot)


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
    return f"told by {' or '.join(places)} only" if places else "no object tells it"


def _unread(snapshot: Snapshot, *kinds: Kind[KubeObject]) -> Told | None:
    for kind in kinds:
        if gap := snapshot.gap(kind):
            return Status.HIDDEN, gap
    return None


def _share(good: int, all_: int, noun: str, what: str) -> Told:
    words = f"{good} of {all_} {noun} {what}"
    if not all_:
        return Status.HIDDEN, f"there are no {noun} to tell by"
    return (Status.ON if good == all_ else Status.PARTLY if good else Status.OFF), words


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _own(items: Iterable[KubeObject]) -> list[KubeObject]:
    return [item for item in items if not is_system(item)]


def _pod_security(snapshot: Snapshot) -> Told:
    spaces = _own(snapshot.of(NAMESPACE))
    levels = [space.metadata.labels.get(f"{PSA}enforce", "privileged") for space in spaces]
    good = sum(level in ("baseline", "restricted") for level in levels)
    return _unread(snapshot, NAMESPACE) or _share(good, len(spaces), "namespaces", "enforce a level")


def _pins(snapshot: Snapshot) -> Told:
    servers = server_versions(snapshot)
    pinned = [
        space.name
        for space in snapshot.of(NAMESPACE)
        if (pin := space.metadata.labels.get(f"{PSA}enforce-version", "latest")).startswith("v1.")
        and servers
        and pin[3:].isdecimal()
        and int(pin[3:]) < servers[-1].minor
    ]
    if pinned:
        return (
            Status.PARTLY,
            f"{_counted(len(pinned), 'namespace')} with an older version: {', '.join(pinned[:3])}",
        )
    return _unread(snapshot, NAMESPACE) or (Status.ON, "no namespace pins an older version")


def _workload_share(test: Callable[[object], bool], what: str) -> Look:
    def look(snapshot: Snapshot) -> Told:
        every = [item for item in workloads(snapshot) if not item.system]
        good = sum(test(item.spec) for item in every)
        return _unread(snapshot, *WORKLOAD_KINDS) or _share(good, len(every), "workloads", what)

    return look


def _has_seccomp(spec: object) -> bool:
    context = getattr(spec, "security_context", None)
    if getattr(context, "seccomp_profile", None) is not None:
        return True
    boxes = [*getattr(spec, "containers", ()), *getattr(spec, "init_containers", ())]
    contexts = [getattr(box, "security_context", None) for box in boxes]
    return bool(contexts) and all(getattr(item, "seccomp_profile", None) is not None for item in contexts)


def _flag(judge: Callable[[Snapshot], Sequence[Told]]) -> Look:
    """Judged by the flags of every API server that shows; the worst of them counts."""

    def look(snapshot: Snapshot) -> Told:
        gap = _unread(snapshot, POD)
        if gap is not None:
            return gap
        told = judge(snapshot)
        if not told:
            return Status.HIDDEN, hidden(snapshot, API_SERVER)
        return min(told, key=lambda item: list(Status).index(item[0]))

    return look


def _set(name: str, missing: str, otherwise: Status = Status.OFF) -> Look:
    def judge(snapshot: Snapshot) -> Sequence[Told]:
        return [
            (Status.ON, f"--{name} is set")
            if process.value(name)
            else (otherwise, f"--{name} is not set: {missing}")
            for process in processes(snapshot, API_SERVER)
        ]

    return _flag(judge)


def _switch(name: str, *, good: bool, default: bool) -> Look:
    def judge(snapshot: Snapshot) -> Sequence[Told]:
        found = []
        for process in processes(snapshot, API_SERVER):
            told = f"--{name}={process.value(name)}" if process.last(name) else f"--{name} is not set"
            fine = process.on(name, default=default) is good
            found.append((Status.ON if fine else Status.OFF, told))
        return found

    return _flag(judge)


def _encrypted(snapshot: Snapshot) -> Sequence[Told]:
    return [
        (Status.PARTLY, "a configuration is named; what it encrypts is not visible")
        if process.value("encryption-provider-config")
        else (Status.OFF, "--encryption-provider-config is not set")
        for process in processes(snapshot, API_SERVER)
    ]


def _anonymous(snapshot: Snapshot) -> Sequence[Told]:
    found = []
    for process in processes(snapshot, API_SERVER):
        if not process.on("anonymous-auth", default=True):
            found.append((Status.ON, "--anonymous-auth=false"))
        elif process.value("authentication-config"):
            found.append((Status.PARTLY, "a file may limit anonymous requests; it is not visible"))
        else:
            found.append((Status.OFF, "anonymous requests are let in everywhere"))
    return found


def _node_restriction(snapshot: Snapshot) -> Sequence[Told]:
    return [
        (Status.ON, "the plugin runs")
        if "NodeRestriction" in plugins(process)
        else (Status.OFF, "NodeRestriction is not among the admission plugins")
        for process in processes(snapshot, API_SERVER)
    ]


def _audit(snapshot: Snapshot) -> Sequence[Told]:
    found = []
    for process in processes(snapshot, API_SERVER):
        sinks = ("audit-log-path", "audit-webhook-config-file")
        writes = process.value("audit-policy-file") and any(process.value(name) for name in sinks)
        words = "a policy and a place are named" if writes else "no policy, or no place to write to, is named"
        found.append((Status.ON if writes else Status.OFF, words))
    return found


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
        return _unread(snapshot, CLUSTER_ROLE_BINDING) or (
            Status.HIDDEN,
            "the default bindings are not there",
        )
    return Status.ON, "the default bindings name those with a login only"


def _endpoints(snapshot: Snapshot) -> Told:
    role = snapshot.find(CLUSTER_ROLE, "system:aggregate-to-edit")
    if role is None:
        return _unread(snapshot, CLUSTER_ROLE) or (Status.HIDDEN, "the role is not there")
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
                f"{_counted(len(found), 'role')} with {words}: {', '.join(sorted(found)[:3])}",
            )
        return _unread(snapshot, CLUSTER_ROLE, ROLE) or (Status.ON, f"no role of one's own grants {words}")

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
        versions = [version for node in snapshot.of(NODE) if (version := kubelet_version(node)) is not None]
        good = sum(version.minor >= minor for version in versions)
        return _unread(snapshot, NODE) or _share(
            good, len(versions), "kubelets", f"are of 1.{minor} or newer"
        )

    return look


def _policies(snapshot: Snapshot) -> Told:
    deny = sum("Deny" in item.spec.validation_actions for item in snapshot.of(ADMISSION_BINDING))
    gap = _unread(snapshot, ADMISSION_BINDING)
    return gap or (
        (Status.ON, f"{_counted(deny, 'binding')} that refuse")
        if deny
        else (Status.OFF, "no policy refuses anything")
    )


def _external_ips(snapshot: Snapshot) -> Told:
    used = sum(bool(service.spec.external_ips) for service in snapshot.of(SERVICE))
    if used:
        return Status.OFF, f"{_counted(used, 'Service')} with external IPs"
    return _unread(snapshot, SERVICE) or (Status.PARTLY, "none is used, and nothing seen forbids them")


def _legacy_tokens(snapshot: Snapshot) -> Told:
    found = sum(item.type == "kubernetes.io/service-account-token" for item in snapshot.of(SECRET))
    if found:
        return Status.PARTLY, f"{_counted(found, 'Secret')} with a token without end"
    gap = _unread(snapshot, SECRET)
    typed = all(item.type for item in snapshot.of(SECRET))
    return gap or (
        (Status.ON, "no Secret holds one") if typed else (Status.HIDDEN, "types of Secrets were not told")
    )


_LOOKS: dict[str, Look] = {
    "seccomp-default": _workload_share(
        _has_seccomp, "name a profile themselves; a kubelet's default is not visible"
    ),
    "pod-security-admission": _pod_security,
    "psa-version-pin": _pins,
    "bound-sa-token": _switch("service-account-extend-token-expiration", good=False, default=True),
    "legacy-sa-token-cleanup": _legacy_tokens,
    "user-namespaces": _workload_share(
        lambda spec: getattr(spec, "host_users", None) is False, "ask for one"
    ),
    "structured-authn": _set("authentication-config", "flags decide", Status.PARTLY),
    "structured-authz": _set("authorization-config", "flags decide", Status.PARTLY),
    "anonymous-endpoints": _flag(_anonymous),
    "rbac-discovery-unauthenticated": _discovery,
    "endpoints-write-in-edit": _endpoints,
    "kms-v2": _flag(_encrypted),
    "validating-admission-policy": _policies,
    "kubelet-fine-authz": _granted(("get", "create"), "", "nodes", "proxy", "nodes/proxy"),
    "websocket-create-check": _since(35),
    "node-authorizer-selectors": _since(32),
    "sa-token-improvements": _since(32),
    "constrained-impersonation": _granted(("impersonate",), "", "users", "", "impersonation of any kind"),
    "service-external-ips": _external_ips,
    "ensure-secret-pulled-images": _kubelets(35),
    "gitrepo-driver": _kubelets(33),
    "node-restriction": _flag(_node_restriction),
    "kubelet-serving-ca": _set("kubelet-certificate-authority", "certificates of kubelets are not checked"),
    "audit-log": _flag(_audit),
    "apiserver-profiling": _switch("profiling", good=False, default=True),
}
"""How each feature is judged; the others show in no object."""
