"""The connections that objects show to be needed, so that a policy can admit them and a plan can be refused.

Sources of evidence: what Services, Ingresses and Gateways let in from outside, webhooks and aggregated APIs,
metrics ports by annotation, and the Services that workloads name in their variables and commands. The last two
are inferred: somebody wrote the name down, nobody saw the connection.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from ksec_tui.analysis.network.entries import Entry, Source
from ksec_tui.analysis.network.exposure import EXPOSURE_KINDS, entries
from ksec_tui.analysis.network.references import references, targets
from ksec_tui.analysis.network.selectors import alive, selected_by_service, target_ports
from ksec_tui.analysis.network.sensitive import repository
from ksec_tui.analysis.workloads import Workload, workload_named, workloads
from ksec_tui.cluster.kinds import (
    API_SERVICE,
    CUSTOM_RESOURCE,
    MUTATING_WEBHOOK,
    SERVICE,
    VALIDATING_WEBHOOK,
)
from ksec_tui.cluster.platform import ServiceReference
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot

NEED_KINDS = (*EXPOSURE_KINDS, VALIDATING_WEBHOOK, MUTATING_WEBHOOK, API_SERVICE)
"""What is read for it, besides workloads."""

SCRAPERS = (
    "prometheus/prometheus",
    "prom/prometheus",
    "victoriametrics/vmagent",
    "victoriametrics/victoria-metrics",
    "grafana/agent",
    "grafana/alloy",
    "opentelemetry-collector",
    "datadog/agent",
    "telegraf",
)
"""Parts of the images of programs that collect metrics from pods."""


_MONITORS = ("servicemonitors", "podmonitors")
_OPERATOR = "prometheus-operator/prometheus-operator"


class Who(Enum):
    """Who must be let in."""

    ANYONE = "every address"
    PODS = "every pod"
    NAMESPACE = "the pods of a namespace"
    WORKLOAD = "the pods of a workload"


@dataclass(frozen=True, slots=True)
class Need:
    """One connection that must stay possible.

    Attributes:
        target: the workload that is called.
        protocol: ``TCP``, ``UDP`` or ``SCTP``.
        port: the pods' port.
        who: how the caller is known.
        caller: the calling workload, or the Namespace of callers; None for ANYONE and PODS.
        why: the evidence, in words.
        inferred: whether it is only likely.
    """

    target: ObjectRef
    protocol: str
    port: int
    who: Who
    caller: ObjectRef | None
    why: str
    inferred: bool = False

    @property
    def words(self) -> str:
        """``TCP 8080 of Deployment shop/web from Deployment ingress/front: Ingress shop/web leads there``."""
        caller = self.who.value if self.caller is None else str(self.caller)
        guess = " (inferred)" if self.inferred else ""
        return f"{self.protocol} {self.port} of {self.target} from {caller}: {self.why}{guess}"


def needs_of(snapshot: Snapshot, ref: ObjectRef) -> tuple[Need, ...]:
    """What must be let in to one workload, its own namespace's calls included."""
    return _index(snapshot).get(ref, ())


def needs_by(snapshot: Snapshot, ref: ObjectRef) -> tuple[Need, ...]:
    """What one workload, or the pods of one Namespace, must be let out to."""
    index: dict[ObjectRef, tuple[Need, ...]] = snapshot.derived(_callers, _callers)
    return index.get(ref, ())


def unread(snapshot: Snapshot) -> tuple[str, ...]:
    """The kinds that were not (wholly) read although they may show more that is needed: ``ingresses``."""
    return tuple(kind.plural for kind in NEED_KINDS if snapshot.gap(kind))


def scrapes_unseen(snapshot: Snapshot) -> bool:
    """Whether Prometheus is told what to scrape by ServiceMonitors and PodMonitors, which are not read."""
    found: bool = snapshot.derived(scrapes_unseen, _monitored)
    return found


def _monitored(snapshot: Snapshot) -> bool:
    names = (f"{plural}.monitoring.coreos.com" for plural in _MONITORS)
    return any(snapshot.find(CUSTOM_RESOURCE, name) is not None for name in names) or any(
        repository(container.image).endswith(_OPERATOR)
        for workload in workloads(snapshot)
        for container in workload.spec.containers
    )


def entries_of(snapshot: Snapshot, ref: ObjectRef) -> tuple[Entry, ...]:
    """The ways from outside to one workload, before policies are asked."""
    index: dict[ObjectRef, list[Entry]] = snapshot.derived(_entry_index, _entry_index)
    return tuple(index.get(ref, ()))


def _entry_index(snapshot: Snapshot) -> dict[ObjectRef, list[Entry]]:
    index: dict[ObjectRef, list[Entry]] = {}
    for entry in entries(snapshot):
        index.setdefault(entry.workload.ref, []).append(entry)
    return index


def _index(snapshot: Snapshot) -> dict[ObjectRef, tuple[Need, ...]]:
    found: dict[ObjectRef, tuple[Need, ...]] = snapshot.derived(_collect, _collect)
    return found


def _callers(snapshot: Snapshot) -> dict[ObjectRef, tuple[Need, ...]]:
    index: dict[ObjectRef, list[Need]] = {}
    for needs in _index(snapshot).values():
        for need in needs:
            if need.caller is not None:
                index.setdefault(need.caller, []).append(need)
    return {ref: tuple(items) for ref, items in index.items()}


def _collect(snapshot: Snapshot) -> dict[ObjectRef, tuple[Need, ...]]:
    index: dict[ObjectRef, dict[object, Need]] = {}
    for need in (*_entering(snapshot), *_called(snapshot), *_referred(snapshot), *_scraped(snapshot)):
        key = need.protocol, need.port, need.who, need.caller
        index.setdefault(need.target, {}).setdefault(key, need)
    return {ref: tuple(needs.values()) for ref, needs in index.items()}


def _entering(snapshot: Snapshot) -> Iterator[Need]:
    for entry in entries(snapshot):
        target, door = entry.workload, entry.chain[0]
        if target.spec.host_network:
            continue
        for who, caller in _sources(entry):
            yield Need(target.ref, entry.protocol, entry.port, who, caller, f"{door} leads there")


def _sources(entry: Entry) -> Iterator[tuple[Who, ObjectRef | None]]:
    """Whose address the pod sees: a proxy's pods, unless one of them bears its node's address."""
    proxies = entry.proxies if entry.source is Source.PROXY_PODS else ()
    if not proxies or any(proxy.spec.host_network for proxy in proxies):
        yield Who.ANYONE, None
        return
    for proxy in proxies:
        yield Who.WORKLOAD, proxy.ref


def _called(snapshot: Snapshot) -> Iterator[Need]:
    """What the API server calls; its address is not known to a policy, so everyone is admitted."""
    for what, wanted in _services_called(snapshot):
        service = snapshot.find(SERVICE, wanted.name, wanted.namespace)
        if service is None:
            continue
        for workload in selected_by_service(snapshot, service):
            for port in service.spec.ports:
                if port.port == (wanted.port or 443):
                    for number in target_ports(workload, port):
                        why = f"the API server calls it for {what}"
                        yield Need(workload.ref, port.protocol or "TCP", number, Who.ANYONE, None, why)


def _services_called(snapshot: Snapshot) -> Iterator[tuple[ObjectRef, ServiceReference]]:
    validating = ((item.ref, hook) for item in snapshot.of(VALIDATING_WEBHOOK) for hook in item.webhooks)
    mutating = ((item.ref, hook) for item in snapshot.of(MUTATING_WEBHOOK) for hook in item.webhooks)
    for ref, hook in (*validating, *mutating):
        if hook.client_config.service is not None:
            yield ref, hook.client_config.service
    for api in snapshot.of(API_SERVICE):
        if api.spec.service is not None:
            yield api.ref, api.spec.service


def _referred(snapshot: Snapshot) -> Iterator[Need]:
    for item in references(snapshot):
        caller = workload_named(snapshot, item.source)
        who = Who.NAMESPACE if caller is None else Who.WORKLOAD
        source: ObjectRef | None = item.source
        if caller is not None and caller.spec.host_network:
            who, source = Who.ANYONE, None
        for workload, protocol, port in targets(snapshot, item):
            if workload.spec.host_network or workload.ref == item.source:
                continue
            where = item.where if source is not None else f"{item.where} of {item.source}"
            why = f"{where} names {item.service}"
            yield Need(workload.ref, protocol, port, who, source, why, inferred=True)


def _scraped(snapshot: Snapshot) -> Iterator[Need]:
    """Ports that prometheus.io annotations name, for the programs that collect metrics, else for every pod."""
    callers: list[tuple[Who, ObjectRef | None]] | None = None
    for workload, port, where in _metrics(snapshot):
        if callers is None:
            callers = _scrapers(snapshot)
        for who, caller in callers:
            if caller != workload.ref:
                yield Need(workload.ref, "TCP", port, who, caller, f"{where} ask for it", inferred=True)


def _metrics(snapshot: Snapshot) -> Iterator[tuple[Workload, int, str]]:
    for workload in workloads(snapshot):
        port = _scrape_port(workload.annotations)
        if port and alive(workload) and not workload.spec.host_network:
            yield workload, port, "its prometheus.io annotations"
    for service in snapshot.of(SERVICE):
        port = _scrape_port(service.metadata.annotations)
        for workload in selected_by_service(snapshot, service) if port else ():
            if not workload.spec.host_network:
                yield workload, port, f"the prometheus.io annotations of {service.ref}"


def _scrape_port(said: dict[str, str]) -> int:
    port = said.get("prometheus.io/port", "")
    if said.get("prometheus.io/scrape") != "true" or not port.isascii() or not port.isdecimal():
        return 0
    return int(port) if len(port) <= 5 and 0 < int(port) <= 65535 else 0


def _scrapers(snapshot: Snapshot) -> list[tuple[Who, ObjectRef | None]]:
    found = [
        workload
        for workload in workloads(snapshot)
        if alive(workload)
        and any(
            part in repository(container.image) for container in workload.spec.containers for part in SCRAPERS
        )
    ]
    if any(workload.spec.host_network for workload in found):
        return [(Who.ANYONE, None)]
    return [(Who.WORKLOAD, workload.ref) for workload in found] or [(Who.PODS, None)]
