"""Probes and hooks that have the kubelet connect elsewhere, and commands that have no place in a container."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ksec_tui.analysis.pod_security.facts import names_host
from ksec_tui.analysis.workloads import Placed, Workload
from ksec_tui.checks.workloads._common import at, listed, named, template_fix, those
from ksec_tui.cluster.pods import Container, HandlerTarget, Probe
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import WORKLOADS, check
from ksec_tui.findings.finding import Evidence
from ksec_tui.findings.fix import Fix, Risk
from ksec_tui.findings.verdict import Severity, Threat


@dataclass(frozen=True, slots=True)
class Handler:
    """A probe or hook of a container: what it is called, and its keys on the way from the container."""

    name: str
    keys: tuple[str, ...]
    probe: Probe

    @property
    def pointer(self) -> str:
        """JSON pointer from the container."""
        return "/" + "/".join(self.keys)


def handlers(container: Container) -> Iterator[Handler]:
    """The probes and hooks that a container has."""
    hooks = container.lifecycle
    named_ones: tuple[tuple[str, tuple[str, ...], Probe | None], ...] = (
        ("liveness probe", ("livenessProbe",), container.liveness_probe),
        ("readiness probe", ("readinessProbe",), container.readiness_probe),
        ("startup probe", ("startupProbe",), container.startup_probe),
        ("hook after its start", ("lifecycle", "postStart"), hooks.post_start if hooks else None),
        ("hook before its stop", ("lifecycle", "preStop"), hooks.pre_stop if hooks else None),
    )
    for name, keys, probe in named_ones:
        if probe is not None:
            yield Handler(name, keys, probe)


def _hosts(container: Container) -> Iterator[tuple[Handler, str, str]]:
    """(handler, ``httpGet`` or ``tcpSocket``, host) for those that name a host."""
    for handler in handlers(container):
        targets: tuple[tuple[str, HandlerTarget | None], ...] = (
            ("httpGet", handler.probe.http_get),
            ("tcpSocket", handler.probe.tcp_socket),
        )
        for key, target in targets:
            if target is not None and target.host:
                yield handler, key, target.host


def _names_host(item: Placed) -> bool:
    container = item.container
    return (
        names_host(container.liveness_probe)
        or names_host(container.readiness_probe)
        or names_host(container.startup_probe)
        or (container.lifecycle is not None and any(True for _ in _hosts(container)))
    )


def _own_loopback(item: Placed, host: str) -> bool:
    """Whether it asks its own node's loopback, on which a pod in the node's network may listen."""
    try:
        local = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        local = False
    return local and item.spec.host_network


def asking_loopback(workload: Workload) -> list[Placed]:
    """The containers in the node's network that are probed at its loopback address, which no other pod's is."""
    return those(
        workload, lambda item: any(_own_loopback(item, host) for _, _, host in _hosts(item.container))
    )


def _own(workload: Workload, item: Placed, host: str) -> bool:
    """Whether it asks what a pod in the node's network is reached at without naming a host."""
    addresses = {address for pod in workload.pods for address in (pod.status.pod_ip, pod.status.host_ip)}
    return _own_loopback(item, host) or (item.spec.host_network and host in addresses)


@check(
    "wl-probe-host",
    "Probe that connects elsewhere",
    Severity.MEDIUM,
    on=WORKLOADS,
    threats=(Threat.CREDENTIALS, Threat.CONTAINER),
    references=("PSS baseline",),
)
def probe_host(workload: Workload, _: Snapshot) -> Iterator[Evidence]:
    """A probe or hook of a container names a host, to which the kubelet connects.

    ## Why
    The kubelet probes from the node: past every NetworkPolicy, to the node's own loopback and to whatever
    the node reaches. Whether the pod turns ready tells what listens there, port by port, and a request may
    set something off. Pod Security refuses it from 1.34 on, 127.0.0.1 too. In the node's network a pod that
    asks its own address gains nothing.

    ## Risky
    ```yaml
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web, namespace: shop}
    spec:
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec:
          containers:
            - name: app
              image: registry.example/web:1.4.2
              readinessProbe:
                httpGet: {host: 10.0.0.7, path: /healthz, port: 8080}
    ```

    ## Fixed
    ```yaml
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web, namespace: shop}
    spec:
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec:
          containers:
            - name: app
              image: registry.example/web:1.4.2
              readinessProbe:
                httpGet: {path: /healthz, port: 8080}
    ```
    """
    for item in those(workload, _names_host):
        for handler, key, host in _hosts(item.container):
            words = f"the {handler.name} of {named(item)} connects to {host}"
            severity = Severity.LOW if _own(workload, item, host) else None
            yield at(workload, item, f"{handler.pointer}/{key}/host", words, severity)


@probe_host.fix
def _own_address(workload: Workload, _: Snapshot) -> Fix | None:
    risky = those(workload, _names_host)
    local = bool(asking_loopback(workload))

    def wanted(item: Placed) -> dict[str, Any] | None:
        body: dict[str, Any] = {}
        for handler, key, _host in _hosts(item.container):
            part = body
            for name in handler.keys:
                part = part.setdefault(name, {})
            part[key] = {"host": None}
        return body or None

    return template_fix(
        workload,
        f"Probe {listed(risky)} at the pod's own address",
        wanted,
        Risk.REVIEW if local else Risk.LIKELY,
        "The probe fails when the program listens on the loopback address only."
        if local
        else "It breaks a probe that is meant to watch something else than its container.",
    )


_SHELL_PIPE = re.compile(r"\b(curl|wget)\b[^|;&\n]*\|\s*(sudo\s+)?(/\S*/)?(ba|da|z|a|k)?sh\b")
_SUBSHELL = re.compile(r"\b(ba|z)?sh\s+(-c\s+)?[\"']?(<\(|\$\()\s*(curl|wget)\b")
_COMMANDS = (
    (re.compile(r"(^|[\s;&|(])(/\S*/)?nsenter\s"), "enters namespaces with nsenter"),
    (
        re.compile(r"(^|[\s;&|(])(/\S*/)?chroot\s+/(host|node|rootfs|mnt)"),
        "changes its root to the node's files",
    ),
    (_SHELL_PIPE, "pipes a download into a shell"),
    (_SUBSHELL, "pipes a download into a shell"),
    (re.compile(r"/dev/(tcp|udp)/[^\s/]+/\d"), "connects a shell to the network"),
    (
        re.compile(r"(^|[\s;&|(])(/\S*/)?(nc|ncat|netcat)\s[^;|&]*\s(-e|-c|--exec)\s"),
        "serves a shell with netcat",
    ),
    (re.compile(r"(^|[\s;&|(])(/\S*/)?sudo\s"), "uses sudo"),
)
"""What gives an intruder or a need for root away, and how to say it."""

_HINT = re.compile(r"curl|wget|nsenter|chroot|/dev/(tcp|udp)|nc\b|ncat|netcat|sudo")
"""What every one of them holds: a quick look that spares most commands the others."""

_LONGEST = 16_384


def _commands(container: Container) -> Iterator[tuple[str, str, str]]:
    """(JSON pointer from the container, what it is, the words as one line)."""
    line = " ".join((*container.command, *container.args))
    if line:
        yield "/command" if container.command else "/args", "command", line
    probes = (container.liveness_probe, container.readiness_probe, container.startup_probe)
    if container.lifecycle is None and not any(
        probe is not None and probe.exec_ is not None for probe in probes
    ):
        return
    for handler in handlers(container):
        if handler.probe.exec_ is not None:
            yield f"{handler.pointer}/exec/command", handler.name, " ".join(handler.probe.exec_.command)


def _odd(container: Container) -> list[tuple[str, str, str]]:
    """(pointer, what it is, what it does) for every command that is told; the text itself is never shown."""
    return [
        (pointer, what, does)
        for pointer, what, line in _commands(container)
        if _HINT.search(line)
        for does in dict.fromkeys(does for shape, does in _COMMANDS if shape.search(line[:_LONGEST] + " "))
    ]


@check(
    "wl-exec-dangerous",
    "Command that has no place in a container",
    Severity.LOW,
    on=WORKLOADS,
    threats=(Threat.CONTAINER,),
    references=("T1059", "MS-TA9007"),
)
def odd_command(workload: Workload, _: Snapshot) -> Iterator[Evidence]:
    """A command, probe or hook uses sudo or nsenter, runs what it downloads, or connects a shell.

    ## Why
    An image holds what it runs; a shell that fetches more at every start runs whatever the other side
    serves that day. sudo and nsenter tell of a need for root or for the node, a shell on a socket of an
    intruder. None proves anything: look at what it does, and put it into the image or take it out.

    ## Risky
    ```yaml
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web, namespace: shop}
    spec:
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec:
          containers:
            - name: app
              image: registry.example/web:1.4.2
              command: [sh, -c, "curl -fsS https://get.shop.example/setup | sh && exec web"]
    ```

    ## Fixed
    ```yaml
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web, namespace: shop}
    spec:
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec:
          containers:
            - name: app
              image: registry.example/web:1.4.2
              command: [web]
    ```
    """
    for item in those(workload, lambda item: bool(_odd(item.container))):
        for pointer, what, does in _odd(item.container):
            yield at(workload, item, pointer, f"the {what} of {named(item)} {does}")


@odd_command.fix
def _plain_command(workload: Workload, _: Snapshot) -> Fix | None:
    risky = those(workload, lambda item: bool(_odd(item.container)))
    if workload.system or not risky:
        return None
    return Fix(
        f"Look at the commands of {', '.join(dict.fromkeys(map(named, risky)))}",
        (),
        Risk.MANUAL,
        "What the command does at the start is missing until the image holds it.",
        (
            "Find out who wrote the command; when nobody did, treat the pod as broken into.",
            "Put what it downloads into the image, at a version that is named by its digest.",
            "Give the program a user and rights that make sudo and nsenter needless.",
        ),
    )
