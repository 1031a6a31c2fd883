"""What people type for the ends of a connection: names read leniently, candidates to complete, ports to ask for."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ksec_tui.analysis.network.questions import SHORT_KINDS, Answers, Port, ask, ends_named, port_named
from ksec_tui.analysis.network.reach import EndError
from ksec_tui.analysis.network.selectors import alive, declared_ports, selected_by_service, target_ports
from ksec_tui.analysis.workloads import Workload, workload_named, workloads, workloads_in
from ksec_tui.cluster.kinds import NAMESPACE, POD, SERVICE
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot

ALL = "*"
"""The name that stands for every workload of a namespace."""

USAGE = "FROM TO [PORT]: shop/web data/db 5432/tcp; NAMESPACE/* for all; an address; svc/NAME"
"""How a question reads."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question.

    Attributes:
        source: who connects, as typed.
        destination: to whom, as typed.
        port: on which port; None for each that the destination has.
    """

    source: str
    destination: str
    port: Port | None = None

    @property
    def crowd(self) -> bool:
        """Whether it is about all workloads of a namespace."""
        return any(text.endswith(f"/{ALL}") for text in (self.source, self.destination))


def asked(text: str) -> Asked:
    """A question as typed: two ends and perhaps a port.

    Raises:
        EndError: it is none.
    """
    words = text.split()
    if len(words) not in (2, 3):
        raise EndError(f"a question reads {USAGE}")
    return Asked(words[0], words[1], port_named(words[2]) if len(words) == 3 else None)


def answers(snapshot: Snapshot, question: Asked) -> tuple[Answers, ...]:
    """The answers, one for each port that is asked for.

    Raises:
        EndError: an end is not there; or no port is named, and none is known.
    """
    source = completed(snapshot, question.source)
    destination = completed(snapshot, question.destination, services=True)
    ports = (question.port,) if question.port is not None else ports_of(snapshot, destination)
    if not ports:
        ends_named(snapshot, destination)
        raise EndError(f"{destination} declares no port: name one, such as 443/tcp")
    return tuple(ask(snapshot, source, destination, port) for port in ports)


def completed(snapshot: Snapshot, text: str, *, services: bool = False) -> str:
    """``shop/web`` as the one thing of that name: a pod, else a workload, else a Service where `services` may be."""
    namespace, _, name = text.partition("/")
    if not name or "/" in name or _is_block(text) or snapshot.find(POD, name, namespace) is not None:
        return text
    for workload in workloads_in(snapshot, namespace):
        if workload.ref.name == name:
            return word_of(workload.ref)
    if services and snapshot.find(SERVICE, name, namespace) is not None:
        return f"{namespace}/svc/{name}"
    return text


def workload_at(snapshot: Snapshot, text: str) -> Workload | None:
    """The workload that a name stands for, if it is one."""
    words = completed(snapshot, text.strip()).split("/")
    kind = SHORT_KINDS.get(words[1]) if len(words) == 3 else None
    if kind is None or len(words) != 3:
        return None
    return workload_named(snapshot, ObjectRef(words[0], kind.name, words[2], kind.group))


def word_of(ref: ObjectRef) -> str:
    """A workload as it is typed: ``shop/deploy/web``."""
    short = next((word for word, kind in SHORT_KINDS.items() if kind.name == ref.kind), ref.kind.lower())
    return f"{ref.namespace}/{short}/{ref.name}"


def ports_of(snapshot: Snapshot, destination: str) -> tuple[Port, ...]:
    """The ports that an end is known to have: those of a Service, those that pods declare or Services lead to.

    Addresses have none that is known.
    """
    words = destination.split("/")
    if len(words) == 3 and words[1] == "svc":
        service = snapshot.find(SERVICE, words[2], words[0])
        found = (
            [] if service is None else [(item.protocol or "TCP", item.port) for item in service.spec.ports]
        )
        return tuple(Port(*item) for item in dict.fromkeys(found))
    if len(words) == 2 and not _is_block(destination):
        pod = snapshot.find(POD, words[1], words[0])
        return () if pod is None else _ports(declared_ports(pod.spec))
    workload = workload_at(snapshot, destination)
    if workload is None:
        return ()
    return _ports({*declared_ports(workload.spec), *_served(snapshot, workload)})


def _ports(pairs: Iterable[tuple[str, int]]) -> tuple[Port, ...]:
    return tuple(Port(*item) for item in sorted(pairs, key=lambda item: (item[1], item[0])))


def _served(snapshot: Snapshot, workload: Workload) -> set[tuple[str, int]]:
    """The ports by number that Services lead to, declared or not."""
    return {
        (item.protocol or "TCP", number)
        for service in snapshot.within(SERVICE, workload.namespace)
        if service.spec.selector and workload in selected_by_service(snapshot, service)
        for item in service.spec.ports
        for number in target_ports(workload, item)
    }


def candidates(snapshot: Snapshot, text: str, *, services: bool = False, most: int = 200) -> list[str]:
    """What an end that is being typed may become: workloads, Services where they may be asked about, pods by name."""
    namespace, _, rest = text.partition("/")
    if rest.startswith("po/"):
        pods = (f"{namespace}/po/{pod.name}" for pod in snapshot.within(POD, namespace))
        return [word for word in pods if word.startswith(text)][:most]
    words = end_words(snapshot)
    start = bisect_left(words, text)
    found = []
    for word in words[start : start + most]:
        if not word.startswith(text):
            break
        found.append(word)
    if services and rest:
        found += [
            word
            for item in snapshot.within(SERVICE, namespace)
            if (word := f"{namespace}/svc/{item.name}").startswith(text)
        ]
    return found[:most]


def end_words(snapshot: Snapshot) -> Sequence[str]:
    """Every workload and every namespace as they are typed, sorted; made once."""
    found: list[str] = snapshot.derived(end_words, _words)
    return found


def _words(snapshot: Snapshot) -> list[str]:
    found = [word_of(workload.ref) for workload in workloads(snapshot) if alive(workload)]
    found += [f"{item.name}/{ALL}" for item in snapshot.of(NAMESPACE)]
    return sorted(found)


def _is_block(text: str) -> bool:
    return text[:1].isdigit() or ":" in text
