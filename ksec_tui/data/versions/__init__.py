"""Facts about versions: releases and their support, node software and its end of life, known flaws.

Facts only, in our own structure and words; each file names its sources, their licences and the date up to
which it knows the world. NOTICE repeats the attributions.
"""

from __future__ import annotations

import datetime as dt
import functools
from importlib import resources
from typing import Literal, TypeVar

import msgspec


class Fact(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A piece of a data file; a field that the schema does not know is an error."""


class Origin(Fact, frozen=True):
    """Where facts come from, under which licence, as of which date."""

    name: str
    url: str
    licence: str
    date: dt.date


class Release(Fact, frozen=True):
    """One minor release of Kubernetes.

    Attributes:
        minor: ``1.36``.
        released: the day of ``.0``.
        maintenance: from this day on only critical fixes are made.
        end: the last day of support.
        latest: the newest patch known, ``1.36.5``.
        latest_date: when that was released.
    """

    minor: str
    released: dt.date
    maintenance: dt.date
    end: dt.date
    latest: str
    latest_date: dt.date


class ProviderRelease(Fact, frozen=True):
    """How long a managed service supports a minor: as standard, and for longer at a price or in a tier."""

    minor: str
    end: dt.date
    extended: dt.date | None = None


class Releases(Fact, frozen=True):
    """releases.json; `providers` by the id of the distribution, newest minor first."""

    schema: Literal["ksec/releases/1"]
    as_of: dt.date
    sources: tuple[Origin, ...]
    kubernetes: tuple[Release, ...]
    providers: dict[str, tuple[ProviderRelease, ...]]


class Cycle(Fact, frozen=True):
    """A release line of a product: ``24.04``; without `end`, none is set yet."""

    cycle: str
    end: dt.date | None = None
    extended: dt.date | None = None


class Products(Fact, frozen=True):
    """products.json: release lines of operating systems and container runtimes, by product."""

    schema: Literal["ksec/products/1"]
    as_of: dt.date
    sources: tuple[Origin, ...]
    products: dict[str, tuple[Cycle, ...]]


class Range(Fact, frozen=True):
    """Versions from `introduced` up to but not including `fixed`; empty means without limit."""

    introduced: str = ""
    fixed: str = ""


class Flaw(Fact, frozen=True):
    """A known vulnerability.

    Attributes:
        id: its CVE number.
        component: whose versions `ranges` count: ``kube-apiserver``, ``kubelet``, ``containerd``, …
        severity: the rating of its advisory.
        ranges: the affected versions.
        flaw: what goes wrong, in our words; the middle of a sentence.
        url: the advisory.
        score: CVSS base score.
        os: the only operating system of nodes on which it exists; empty for any.
        condition: what else must hold and cannot be seen in versions.
        instead: for what upstream never fixes, how to live with it.
    """

    id: str
    component: str
    severity: Literal["low", "medium", "high", "critical"]
    ranges: tuple[Range, ...]
    flaw: str
    url: str
    score: float | None = None
    os: Literal["", "linux", "windows"] = ""
    condition: str = ""
    instead: str = ""


class Flaws(Fact, frozen=True):
    """cves.json."""

    schema: Literal["ksec/cves/1"]
    as_of: dt.date
    sources: tuple[Origin, ...]
    cves: tuple[Flaw, ...]


T = TypeVar("T", bound=Fact)


def _load(name: str, shape: type[T]) -> T:
    return msgspec.json.decode(resources.files(__package__).joinpath(name).read_bytes(), type=shape)


@functools.cache
def releases() -> Releases:
    """Kubernetes releases and the support of managed services."""
    return _load("releases.json", Releases)


@functools.cache
def products() -> Products:
    """Operating systems and container runtimes."""
    return _load("products.json", Products)


@functools.cache
def flaws() -> Flaws:
    """Known vulnerabilities of what versions can be seen of."""
    return _load("cves.json", Flaws)


def oldest_as_of() -> dt.date:
    """The date up to which all of the data knows the world."""
    return min(releases().as_of, products().as_of, flaws().as_of)
