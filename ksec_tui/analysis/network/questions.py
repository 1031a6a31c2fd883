"""What people write for the ends of a connection and its port, and the answer to the whole question."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from ksec_tui.analysis.network.ports import FIRST, LAST, PROTOCOLS
from ksec_tui.analysis.network.reach import (
    End,
    EndError,
    Verdict,
    address_end,
    group_end,
    no_end,
    pod_at,
    pod_end,
    verdict,
)
from ksec_tui.analysis.network.service_ends import service_ends
from ksec_tui.cluster.kinds import (
    CRON_JOB,
    DAEMON_SET,
    DEPLOYMENT,
    ENDPOINT_SLICE,
    JOB,
    POD,
    REPLICA_SET,
    REPLICATION_CONTROLLER,
    SERVICE,
    STATEFUL_SET,
)
from ksec_tui.cluster.networking import Service, ServicePort
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.cluster.text import clean

SHORT_KINDS = {
    "cj": CRON_JOB,
    "deploy": DEPLOYMENT,
    "ds": DAEMON_SET,
    "job": JOB,
    "po": POD,
    "rc": REPLICATION_CONTROLLER,
    "rs": REPLICA_SET,
    "sts": STATEFUL_SET,
}
_KINDS = SHORT_KINDS | {
    word: kind for kind in SHORT_KINDS.values() for word in (kind.plural, kind.name.lower())
}
_SERVICES = ("svc", "service", SERVICE.plural)


@dataclass(frozen=True, slots=True)
class Port:
    """A port of the destination, as asked for."""

    protocol: str
    number: int

    def __str__(self) -> str:
        """``TCP 443``; a protocol that has no ports by its name alone."""
        return f"{self.protocol} {self.number}" if self.protocol in PROTOCOLS else self.protocol


@dataclass(frozen=True, slots=True)
class Answer:
    """The verdict on one pair of ends.

    Attributes:
        source: who connects.
        destination: to whom.
        port: of the destination, after translation by a Service.
        verdict: whether it may, and why.
    """

    source: End
    destination: End
    port: Port
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Answers:
    """The answers to one question: several where a workload's pods differ, or a Service has several backends.

    Attributes:
        source: as asked.
        destination: as asked.
        port: as asked.
        found: the answers, at least one.
    """

    source: str
    destination: str
    port: Port
    found: tuple[Answer, ...]

    @property
    def allowed(self) -> bool | None:
        """Whether all of them are allowed; None when some are and some not, or one is not known."""
        return _agreed(answer.verdict.allowed for answer in self.found)

    @property
    def ingress(self) -> bool | None:
        """The same for the destination's policies alone."""
        return _agreed(answer.verdict.ingress.allowed for answer in self.found)

    @property
    def egress(self) -> bool | None:
        """The same for the source's."""
        return _agreed(answer.verdict.egress.allowed for answer in self.found)

    @property
    def unenforced(self) -> str:
        """The words for a network plugin that ignores policies; empty where there is none."""
        found = (item.words for answer in self.found for item in answer.verdict.doubts if item.unenforced)
        return next(found, "")

    @property
    def gaps(self) -> tuple[str, ...]:
        """What could not be read and could turn the answer round."""
        found = (item for answer in self.found for item in answer.verdict.turning if item.gap)
        return tuple(dict.fromkeys(item.words for item in found))


def _agreed(items: Iterator[bool | None]) -> bool | None:
    found = set(items)
    return found.pop() if len(found) == 1 else None


def port_named(text: str) -> Port:
    """A port: ``443/TCP``, ``443`` (TCP), ``icmp``.

    Raises:
        EndError: it is none.
    """
    number, _, protocol = clean(text).partition("/")
    protocol = protocol.upper() or "TCP"
    if number.isascii() and number.isdecimal() and protocol in PROTOCOLS and FIRST <= int(number) <= LAST:
        return Port(protocol, int(number))
    if number.isalpha() and "/" not in text and number.upper() not in PROTOCOLS:
        return Port(number.upper(), FIRST)
    raise EndError(f"{clean(text, 80)!r}: a port is expected, such as 443/TCP (1 to 65535; TCP, UDP or SCTP)")


def ask(snapshot: Snapshot, source: str, destination: str, port: Port) -> Answers:
    """Whether one end may connect to the other.

    Args:
        snapshot: the cluster.
        source: ``NS/POD``, ``NS/deploy/NAME`` or an address.
        destination: the same, or ``NS/svc/NAME``, whose port is translated.
        port: of the destination.

    Raises:
        EndError: an end is not there, or has no such port; the message says which.
    """
    senders = ends_named(snapshot, source)
    service = _service(snapshot, destination)
    pairs = (
        _backends(snapshot, service, port)
        if service
        else [(end, port) for end in ends_named(snapshot, destination)]
    )
    found = tuple(
        Answer(one, two, at, verdict(snapshot, one, two, at.protocol, at.number))
        for one in senders
        for two, at in pairs
    )
    return Answers(clean(source), clean(destination), port, found)


def ends_named(snapshot: Snapshot, text: str) -> tuple[End, ...]:
    """The ends that a name stands for; an address that a pod has of its own is that pod.

    Raises:
        EndError: there is nothing of that name.
    """
    words = clean(text).split("/")
    if not all(words):
        raise EndError(f"{clean(text, 80)!r}: NAMESPACE/POD, NAMESPACE/deploy/NAME or an address is expected")
    if len(words) == 1 or _is_address(words[0]):
        end = address_end("/".join(words))
        pod = pod_at(snapshot, words[0]) if len(words) == 1 else None
        return (end,) if pod is None else (pod_end(snapshot, pod.namespace, pod.name),)
    if len(words) == 2:
        return (pod_end(snapshot, *_two(words)),)
    if len(words) != 3:
        raise EndError(f"{clean(text, 80)!r}: at most NAMESPACE/KIND/NAME is expected")
    namespace, word, name = words
    kind = _KINDS.get(word.lower())
    if kind is None:
        if word.lower() in _SERVICES:
            raise EndError("a Service stands for its backends, which do not connect by it: name a workload")
        close = difflib.get_close_matches(word.lower(), _KINDS, n=1)
        raise EndError(
            f"{word!r} is no kind that runs pods" + (f"; did you mean {close[0]}?" if close else "")
        )
    if kind is POD:
        return (pod_end(snapshot, namespace, name),)
    return group_end(snapshot, ObjectRef(namespace, kind.name, name, kind.group))


def _two(words: list[str]) -> tuple[str, str]:
    return words[0], words[1]


def _is_address(text: str) -> bool:
    return ":" in text or (text.replace(".", "").isdecimal() and text.count(".") == 3)


def _service(snapshot: Snapshot, text: str) -> Service | None:
    words = clean(text).split("/")
    if len(words) != 3 or words[1].lower() not in _SERVICES:
        return None
    found = snapshot.find(SERVICE, words[2], words[0])
    if found is None:
        raise no_end(snapshot, f"no Service {words[0]}/{words[2]} was read", SERVICE, words[2], words[0])
    return found


def _backends(snapshot: Snapshot, service: Service, port: Port) -> list[tuple[End, Port]]:
    """What stands behind a Service with the ports where it ends."""
    if service.spec.type == "ExternalName":
        name = clean(service.spec.external_name)
        raise EndError(f"{service.ref} is another name for {name}: policies judge what that leads to")
    found = service_ends(snapshot, service, _declared(service, port), port.number)
    if not found:
        kind = POD if service.spec.selector else ENDPOINT_SLICE
        words = f"{service.ref} leads to nothing that is known, on {port}"
        raise no_end(snapshot, words, kind, "", service.namespace)
    return [(end, Port(port.protocol, number)) for end, number in found]


def _declared(service: Service, port: Port) -> ServicePort | None:
    if service.spec.cluster_ip == "None":
        return None
    for item in service.spec.ports:
        if item.port == port.number and (item.protocol or "TCP") == port.protocol:
            return item
    has = ", ".join(f"{item.port}/{item.protocol or 'TCP'}" for item in service.spec.ports)
    raise EndError(
        f"{service.ref} has no port {port.number}/{port.protocol}" + (f"; it has {has}" if has else "")
    )


class _End(msgspec.Struct, frozen=True):
    namespace: str = ""
    pod: str = ""
    workload: str = ""
    ip: str = ""

    @property
    def text(self) -> str:
        """In the form that `ask` reads."""
        if self.ip and not (self.namespace or self.pod or self.workload):
            return self.ip
        if self.namespace and bool(self.pod) != bool(self.workload) and not self.ip:
            return f"{self.namespace}/{self.pod or self.workload}"
        raise ValueError("an end is {namespace, pod}, {namespace, workload: KIND/NAME} or {ip}")


class _Question(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    from_: _End = msgspec.field(name="from")
    to: _End
    port: int = FIRST
    protocol: str = "TCP"


@dataclass(frozen=True, slots=True)
class Question:
    """One question of a batch, in the form that `ask` takes."""

    source: str
    destination: str
    port: Port


def read_question(raw: bytes) -> Question:
    """The question in one JSON object: ``{"from": …, "to": …, "protocol": "TCP", "port": 80}``.

    An end is ``{"namespace", "pod"}``, ``{"namespace", "workload": "deploy/web"}`` or ``{"ip"}``.

    Raises:
        ValueError: it is no such object; the message says why.
    """
    try:
        found = msgspec.json.decode(raw, type=_Question)
    except msgspec.DecodeError as error:
        raise ValueError(str(error)) from error
    protocol = clean(found.protocol).upper()
    if protocol in PROTOCOLS and not FIRST <= found.port <= LAST:
        raise ValueError(f"{found.port} is no port (1 to 65535)")
    return Question(found.from_.text, found.to.text, Port(protocol, found.port))
