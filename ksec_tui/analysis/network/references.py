"""Which Services a workload names in its variables, arguments and commands, so that it probably calls them.

Only literal text of the pod template is looked at: what stands in ConfigMaps and Secrets is never read. A name
counts when a Service of that name exists; the variable's value itself is never told, as it may hold a password.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ksec_tui.analysis.network.selectors import alive, selected_by_service, target_ports
from ksec_tui.analysis.workloads import Workload, workloads
from ksec_tui.cluster.kinds import SERVICE
from ksec_tui.cluster.networking import Service
from ksec_tui.cluster.pods import Container
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot

_NAME = r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?"
_HOST = re.compile(rf"(?<![\w.@-])({_NAME}(?:\.{_NAME})*)\.?(?::(\d{{1,5}}))?(?![\w.@-])")
_USERINFO = re.compile(r"//[^/@\s]*@")
_NO_HOST = re.compile(r"(USER|USERNAME|PASS|PASSWORD|KEY|SECRET|TOKEN|DATABASE|NAMESPACE)$", re.IGNORECASE)
_LONGEST = 4096
"""Characters of one value that are looked at; scripts are longer and name what they call near the top."""


@dataclass(frozen=True, slots=True)
class Reference:
    """One place where a workload, or an ExternalName Service, names a Service.

    Attributes:
        source: who names it: a workload, or the namespace of an ExternalName Service as a Namespace.
        service: the Service that is named.
        port: the Service's port that is named with it; 0 when none is.
        where: ``variable DB_HOST of container app``.
    """

    source: ObjectRef
    service: ObjectRef
    port: int
    where: str


def references(snapshot: Snapshot) -> tuple[Reference, ...]:
    """Every reference, in the order of workloads; computed once."""
    found: tuple[Reference, ...] = snapshot.derived(_scan, _scan)
    return found


def references_to(snapshot: Snapshot, service: ObjectRef) -> tuple[Reference, ...]:
    """Those to one Service."""
    index: dict[ObjectRef, list[Reference]] = snapshot.derived(_by_service, _by_service)
    return tuple(index.get(service, ()))


def references_from(snapshot: Snapshot, workload: ObjectRef) -> tuple[Reference, ...]:
    """Those of one workload."""
    index: dict[ObjectRef, list[Reference]] = snapshot.derived(_by_source, _by_source)
    return tuple(index.get(workload, ()))


def targets(snapshot: Snapshot, reference: Reference) -> Iterator[tuple[Workload, str, int]]:
    """The pods' ports behind a reference: (workload, protocol, port); every port when none is named."""
    service = snapshot.find(SERVICE, reference.service.name, reference.service.namespace)
    if service is None:
        return
    ports = [port for port in service.spec.ports if port.port == reference.port] or service.spec.ports
    for workload in selected_by_service(snapshot, service):
        for port in ports:
            for number in target_ports(workload, port):
                yield workload, port.protocol or "TCP", number


def _by_service(snapshot: Snapshot) -> dict[ObjectRef, list[Reference]]:
    index: dict[ObjectRef, list[Reference]] = {}
    for item in references(snapshot):
        index.setdefault(item.service, []).append(item)
    return index


def _by_source(snapshot: Snapshot) -> dict[ObjectRef, list[Reference]]:
    index: dict[ObjectRef, list[Reference]] = {}
    for item in references(snapshot):
        index.setdefault(item.source, []).append(item)
    return index


def _scan(snapshot: Snapshot) -> tuple[Reference, ...]:
    found: dict[tuple[ObjectRef, ObjectRef, int], Reference] = {}
    read: dict[tuple[str, str], tuple[tuple[ObjectRef, int], ...]] = {}
    for workload in workloads(snapshot):
        if not alive(workload):
            continue
        for where, text in _texts(workload):
            key = workload.namespace, text
            named = read.get(key)
            if named is None:
                named = read[key] = tuple(services_in(snapshot, text, workload.namespace))
            for service, port in named:
                item = Reference(workload.ref, service, port, where)
                found.setdefault((item.source, service, port), item)
    for alias in snapshot.of(SERVICE):
        if alias.spec.type != "ExternalName":
            continue
        for service, _ in services_in(snapshot, alias.spec.external_name, alias.namespace):
            home = ObjectRef("", "Namespace", alias.namespace)
            item = Reference(home, service, 0, f"the alias {alias.ref}")
            found.setdefault((home, service, 0), item)
    return tuple(found.values())


def _texts(workload: Workload) -> Iterator[tuple[str, str]]:
    containers: tuple[Container, ...] = (*workload.spec.init_containers, *workload.spec.containers)
    for container in containers:
        for variable in container.env:
            if variable.value and not _NO_HOST.search(variable.name):
                yield f"variable {variable.name} of container {container.name}", variable.value
        for text in (*container.command, *container.args):
            yield f"the command of container {container.name}", text


def services_in(snapshot: Snapshot, text: str, namespace: str) -> Iterator[tuple[ObjectRef, int]]:
    """The Services that a text names, as a pod of `namespace` resolves them: (Service, port or 0).

    ``name.namespace``, with ``svc`` and the cluster's domain or without, counts wherever it stands; a bare
    name only where a host stands: alone, before a port, or in a URL.
    """
    text = _USERINFO.sub("//", text[:_LONGEST])
    for match in _HOST.finditer(text):
        labels = match[1].split(".")
        port = int(match[2] or 0)
        service: Service | None = None
        if len(labels) == 1:
            if _stands_for_host(text, match, port):
                service = snapshot.find(SERVICE, labels[0], namespace)
        elif len(labels) == 2 or labels[2] == "svc":
            service = snapshot.find(SERVICE, labels[0], labels[1])
        if service is not None:
            yield service.ref, port


def _stands_for_host(text: str, match: re.Match[str], port: int) -> bool:
    before, after = text[max(match.start() - 2, 0) : match.start()], text[match.end() : match.end() + 1]
    if before.endswith("//"):
        return True
    if port:
        return before == "" or before[-1] in ",;=( \"'"
    return (before == "" or before[-1] in ",;=") and after in ("", ",", ";")
