"""What makes the API server refuse a policy: how a fault is told, and the rules that several kinds share.

Rules: k8s.io/kubernetes pkg/apis/networking/validation, apimachinery pkg/apis/meta/v1/validation (selectors)
and pkg/util/validation (names, ports).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ksec_tui.analysis.network.addresses import AddressError, AddressSet
from ksec_tui.cluster.base import LabelRequirement, LabelSelector
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.text import one_line

Path = tuple[str | int, ...]
"""Where in an object, from its top: ``("spec", "ingress", 0)``."""

Found = tuple[Path, str]
"""A field and what is wrong with it."""

PROTOCOLS = ("TCP", "UDP", "SCTP")

_PART = re.compile(r"(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?)\Z")
_DOMAIN = re.compile(r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*\Z")
_PORT_NAME = re.compile(r"[a-z0-9](?:-?[a-z0-9])*\Z")


@dataclass(frozen=True, slots=True)
class Fault:
    """Why the API server would refuse an object.

    Attributes:
        ref: the object.
        path: the field, from the top of the object; empty where nobody can tell.
        words: what is wrong with it, in one phrase.
    """

    ref: ObjectRef
    path: Path
    words: str

    @property
    def pointer(self) -> str:
        """The field as a JSON pointer: ``/spec/ingress/0/from/1/ipBlock/cidr``."""
        return "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in self.path)

    @property
    def field(self) -> str:
        """The field as the API server names it: ``spec.ingress[0].from[1].ipBlock.cidr``."""
        said = "".join(f"[{step}]" if isinstance(step, int) else f".{one_line(step)}" for step in self.path)
        return said.removeprefix(".")

    def __str__(self) -> str:
        where = f"{one_line(str(self.ref))}: {self.field}" if self.path else one_line(str(self.ref))
        return f"{where}: {self.words}"


def told(ref: ObjectRef, found: Iterable[Found]) -> tuple[Fault, ...]:
    """The faults of one object."""
    return tuple(Fault(ref, path, words) for path, words in found)


def shown(value: object, most: int = 60) -> str:
    """A value as a message quotes it."""
    return f"'{one_line(str(value), most)}'"


def selector(value: LabelSelector | None, at: Path) -> Iterator[Found]:
    """What is wrong with a label selector."""
    if value is None:
        return
    for key, wanted in value.match_labels.items():
        if words := _key_fault(key):
            yield (*at, "matchLabels"), words
        if words := _value_fault(wanted):
            yield (*at, "matchLabels", key), words
    for index, item in enumerate(value.match_expressions):
        yield from _requirement(item, (*at, "matchExpressions", index))


def _requirement(item: LabelRequirement, at: Path) -> Iterator[Found]:
    if words := _key_fault(item.key):
        yield (*at, "key"), words
    match item.operator:
        case "In" | "NotIn":
            if not item.values:
                yield (*at, "values"), f"the operator {item.operator} needs values"
        case "Exists" | "DoesNotExist":
            if item.values:
                yield (*at, "values"), f"the operator {item.operator} takes no values"
        case _:
            words = f"{shown(item.operator)} is no operator: In, NotIn, Exists, DoesNotExist are"
            yield (*at, "operator"), words
    for place, wanted in enumerate(item.values):
        if words := _value_fault(wanted):
            yield (*at, "values", place), words


def block(cidr: str, at: Path) -> Iterator[Found]:
    """What is wrong with a block of addresses."""
    if not cidr:
        yield at, "a block in CIDR notation is required"
        return
    try:
        AddressSet.block(cidr)
    except AddressError:
        yield at, f"{shown(cidr)} is no block in CIDR notation (10.0.0.0/8, 2001:db8::/32)"


def number(port: int, at: Path) -> Iterator[Found]:
    """What is wrong with a port number."""
    if not 1 <= port <= 65535:
        yield at, f"{port} is no port: 1 to 65535 are"


def protocol(name: str, at: Path) -> Iterator[Found]:
    """What is wrong with a protocol."""
    if name not in PROTOCOLS:
        yield at, f"{shown(name)} is no protocol that policies know: {', '.join(PROTOCOLS)} are"


def port_name(name: str, at: Path) -> Iterator[Found]:
    """What is wrong with the name of a port (validation.IsValidPortName)."""
    if len(name) > 15 or not _PORT_NAME.match(name) or not any(letter.isalpha() for letter in name):
        yield (
            at,
            f"{shown(name)} is no name of a port: at most 15 of a-z, 0-9 and single dashes inside, one letter",
        )


def _key_fault(key: str) -> str:
    prefix, slash, name = key.rpartition("/")
    good = len(name) <= 63 and _PART.match(name)
    if slash:
        good = good and len(prefix) <= 253 and _DOMAIN.match(prefix)
    return "" if good else f"{shown(key)} is no key of a label"


def _value_fault(value: str) -> str:
    if not value or (len(value) <= 63 and _PART.match(value)):
        return ""
    return f"{shown(value)} is no value of a label"
