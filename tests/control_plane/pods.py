"""Random pods with what the Pod Security Standards look at, the allowed and the refused side by side."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from tests.control_plane.client import Tree

Way = tuple[str, Callable[[random.Random], Any]]


def pod(dice: random.Random, number: int) -> Tree:
    """A pod; half of them start from what restricted asks for, so that one wrong field decides."""
    hardened = dice.random() < 0.6
    busy = dice.choice((0.04, 0.15, 0.4))
    meta: Tree = {"name": f"pod-{number}"}
    if dice.random() < busy / 2:
        meta["annotations"] = {
            "container.apparmor.security.beta.kubernetes.io/c0": dice.choice(
                ("runtime/default", "unconfined", "localhost/own")
            )
        }
    spec: Tree = {"containers": [_container(dice, f"c{at}", busy, hardened) for at in range(_few(dice))]}
    if dice.random() < 0.2:
        spec["initContainers"] = [_container(dice, "i0", busy, hardened)]
        if dice.random() < 0.5:
            spec["initContainers"][0]["restartPolicy"] = "Always"
    spec |= _chosen(dice, _POD, busy)
    shared: Tree = {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}} if hardened else {}
    shared |= _chosen(dice, _POD_CONTEXT, busy)
    spec["securityContext"] = shared
    if dice.random() < 0.04:
        shared["windowsOptions"] = {"hostProcess": True}
    if dice.random() < 0.5:
        spec["volumes"] = [_volume(dice, at, busy) for at in range(_few(dice))]
    _make_valid(spec, shared)
    return {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": spec}


def _make_valid(spec: Tree, shared: Tree) -> None:
    """Take away what no server takes beside something else, most of it."""
    every = [*spec["containers"], *spec.get("initContainers", ())]
    own: list[Tree] = [item["securityContext"] for item in every if "securityContext" in item]
    if any(context.get("procMount") == "Unmasked" for context in own):
        spec["hostUsers"] = False
    if spec.get("hostUsers") is False:
        for name in ("hostNetwork", "hostPID", "hostIPC"):
            spec.pop(name, None)
    for context in own:
        if context.get("privileged"):
            context.pop("allowPrivilegeEscalation", None)
    if "windowsOptions" in shared and shared["windowsOptions"].get("hostProcess"):
        spec["hostNetwork"] = True
        spec.pop("hostUsers", None)
        for context in own:
            context.pop("windowsOptions", None)
            context.pop("procMount", None)
    if spec.get("hostNetwork") or spec.get("hostIPC"):
        shared.pop("sysctls", None)
    for at, item in enumerate(every):
        for port in item.get("ports", ()):
            port["containerPort"] = 80 + at
            if "hostPort" in port:
                port["hostPort"] = 80 + at


def _few(dice: random.Random) -> int:
    return dice.choice((1, 1, 2, 3))


def _chosen(dice: random.Random, ways: tuple[Way, ...], busy: float) -> Tree:
    return {name: make(dice) for name, make in ways if dice.random() < busy}


def _any_of(*values: Any) -> Callable[[random.Random], Any]:
    return lambda dice: dice.choice(values)


_SECCOMP = _any_of(
    {"type": "Unconfined"}, {"type": "RuntimeDefault"}, {"type": "Localhost", "localhostProfile": "own.json"}
)
_APPARMOR = _any_of(
    {"type": "Unconfined"}, {"type": "RuntimeDefault"}, {"type": "Localhost", "localhostProfile": "own"}
)
_SELINUX = _any_of(
    {"type": "container_t"},
    {"type": "container_engine_t"},
    {"type": "spc_t"},
    {"user": "system_u"},
    {"role": "object_r", "type": "container_kvm_t"},
    {"level": "s0:c1,c2"},
)
_SYSCTLS = (
    "kernel.shm_rmid_forced",
    "kernel.msgmax",
    "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_rmem",
    "net.ipv4.ping_group_range",
    "net.ipv4.tcp_slow_start_after_idle",
)
_CAPABILITIES = ("NET_RAW", "NET_BIND_SERVICE", "CHOWN", "SYS_ADMIN", "chown", "ALL", "MKNOD", "CAP_CHOWN")

_BOTH_CONTEXTS: tuple[Way, ...] = (
    ("runAsNonRoot", _any_of(True, False)),
    ("runAsUser", _any_of(0, 1, 1000)),
    ("seccompProfile", _SECCOMP),
    ("appArmorProfile", _APPARMOR),
    ("seLinuxOptions", _SELINUX),
    ("windowsOptions", _any_of({"hostProcess": False}, {"runAsUserName": "u"})),
)
_POD_CONTEXT: tuple[Way, ...] = (
    *_BOTH_CONTEXTS,
    (
        "sysctls",
        lambda dice: [{"name": name, "value": "1"} for name in dice.sample(_SYSCTLS, dice.randint(1, 3))],
    ),
    ("fsGroup", _any_of(0, 7)),
    ("supplementalGroups", _any_of([0], [5])),
)
_CONTEXT: tuple[Way, ...] = (
    *_BOTH_CONTEXTS,
    ("privileged", _any_of(True, False)),
    ("allowPrivilegeEscalation", _any_of(True, False)),
    ("procMount", _any_of("Default", "Unmasked")),
    (
        "capabilities",
        lambda dice: {
            side: dice.sample(_CAPABILITIES, dice.randint(0, 2))
            for side in ("add", "drop")
            if dice.random() < 0.7
        },
    ),
    ("readOnlyRootFilesystem", _any_of(True)),
)
_POD: tuple[Way, ...] = (
    ("hostNetwork", _any_of(True, True, False)),
    ("hostPID", _any_of(True, False)),
    ("hostIPC", _any_of(True, False)),
    ("hostUsers", _any_of(False, False, True)),
    ("os", _any_of({"name": "linux"})),
    ("shareProcessNamespace", _any_of(True)),
)
_PROBE = _any_of(
    {"httpGet": {"port": 80, "host": "10.0.0.1"}},
    {"tcpSocket": {"port": 80, "host": "127.0.0.1"}},
    {"httpGet": {"port": 80}},
    {"tcpSocket": {"port": 80}},
    {"exec": {"command": ["true"]}},
)
_CONTAINER: tuple[Way, ...] = (
    (
        "ports",
        lambda dice: [{"containerPort": 80} | ({"hostPort": 80} if dice.random() < 0.6 else {})],
    ),
    ("livenessProbe", _PROBE),
    ("readinessProbe", _PROBE),
    ("lifecycle", lambda dice: {dice.choice(("postStart", "preStop")): _PROBE(dice)}),
    ("stdin", _any_of(True)),
)


def _container(dice: random.Random, name: str, busy: float, hardened: bool) -> Tree:
    context: Tree = (
        {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}} if hardened else {}
    ) | _chosen(dice, _CONTEXT, busy)
    made = {"name": name, "image": "registry.example/app:1"} | _chosen(dice, _CONTAINER, busy)
    return made | ({"securityContext": context} if context else {})


_CLAIM = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
_USUAL: tuple[Tree, ...] = (
    {"emptyDir": {}},
    {"configMap": {"name": "c"}},
    {"secret": {"secretName": "s"}},
    {"downwardAPI": {}},
    {"projected": {"sources": []}},
    {"persistentVolumeClaim": {"claimName": "p"}},
    {"csi": {"driver": "d.example"}},
    {
        "ephemeral": {
            "volumeClaimTemplate": {
                "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
            }
        }
    },
    {},
)
_UNUSUAL: tuple[Tree, ...] = (
    {"hostPath": {"path": "/var/log"}},
    {"nfs": {"server": "n.example", "path": "/"}},
    {"iscsi": {"targetPortal": "10.0.0.1", "iqn": "iqn.2001-04.com.example:s", "lun": 0}},
    {"fc": {"targetWWNs": ["50"], "lun": 0}},
    {"image": {"reference": "registry.example/data:1"}},
    {"cephfs": {"monitors": ["m"]}},
)


def _volume(dice: random.Random, at: int, busy: float) -> Tree:
    return {"name": f"v{at}"} | dice.choice(_UNUSUAL if dice.random() < busy else _USUAL)
