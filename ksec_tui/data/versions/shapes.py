"""The shapes of the files of facts about versions; a file of another shape is refused as a whole."""

from __future__ import annotations

import datetime as dt
import re
from typing import Annotated, Literal

import msgspec

Words = Annotated[
    str,
    msgspec.Meta(
        pattern=r"\A[^\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]*\Z", max_length=2000
    ),
]
"""Text without what a terminal would obey or hide."""

Minor = Annotated[str, msgspec.Meta(pattern=r"\A[0-9]{1,4}\.[0-9]{1,4}\Z")]
"""``1.36``."""

MaybeMinor = Annotated[str, msgspec.Meta(pattern=r"\A([0-9]{1,4}\.[0-9]{1,4}(\.[0-9]{1,4})?)?\Z")]
"""``1.36``, or empty."""

Patch = Annotated[str, msgspec.Meta(pattern=r"\A[0-9]{1,4}\.[0-9]{1,4}\.[0-9]{1,4}\Z")]
"""``1.36.5``."""

Bound = Annotated[
    str,
    msgspec.Meta(pattern=r"\A([0-9]{1,6}\.[0-9]{1,6}\.[0-9]{1,6}([-~](alpha|beta|rc)[.-]?[0-9]{0,6})?)?\Z"),
]
"""``1.36.5``, ``3.7.0-alpha.0``, or empty."""

Address = Annotated[str, msgspec.Meta(pattern=r"\Ahttps://[!-~]{1,500}\Z")]


class Fact(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A piece of a data file; a field that the schema does not know is an error."""


class Origin(Fact, frozen=True):
    """Where facts come from, under which licence, as of which date."""

    name: Words
    url: Address
    licence: Words
    date: dt.date


class Release(Fact, frozen=True):
    """One minor release of Kubernetes.

    Attributes:
        minor: ``1.36``.
        released: the day of ``.0``.
        maintenance: from this day on only critical fixes are made.
        end: the last day of support.
        latest: the newest patch known, ``1.36.5``.
        patches: the day of each patch known.
    """

    minor: Minor
    released: dt.date
    maintenance: dt.date
    end: dt.date
    latest: Patch
    patches: dict[Patch, dt.date]


class ProviderRelease(Fact, frozen=True):
    """How long a managed service supports a minor: as standard, and for longer at a price or in a tier."""

    minor: Minor
    end: dt.date
    extended: dt.date | None = None


class Releases(Fact, frozen=True):
    """releases.json; `providers` by the id of the distribution, newest minor first."""

    schema: Literal["ksec/releases/2"]
    as_of: dt.date
    sources: tuple[Origin, ...]
    kubernetes: Annotated[tuple[Release, ...], msgspec.Meta(min_length=1)]
    providers: dict[Words, tuple[ProviderRelease, ...]]

    @property
    def count(self) -> int:
        """How many minors and provider rows it holds."""
        return len(self.kubernetes) + sum(map(len, self.providers.values()))


class Cycle(Fact, frozen=True):
    """A release line of a product: ``24.04``; without `end`, none is set yet."""

    cycle: Words
    end: dt.date | None = None
    extended: dt.date | None = None


class Products(Fact, frozen=True):
    """products.json: release lines of operating systems and container runtimes, by product."""

    schema: Literal["ksec/products/1"]
    as_of: dt.date
    sources: tuple[Origin, ...]
    products: dict[Words, tuple[Cycle, ...]]

    @property
    def count(self) -> int:
        """How many release lines it holds."""
        return sum(map(len, self.products.values()))


class Range(Fact, frozen=True):
    """Versions from `introduced` up to but not including `fixed`; empty means without limit."""

    introduced: Bound = ""
    fixed: Bound = ""


Requirement = Literal[
    "gitrepo-volumes",
    "portworx-storageclass",
    "enforce-mountable-secrets",
    "node-validating-webhook",
    "user-namespaces",
    "host-network",
]
"""Conditions of a flaw that objects show: what pods, classes, accounts and webhooks ask for."""


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
        requires: the same, where objects can tell it; any of them is enough.
        instead: for what upstream never fixes, how to live with it.
    """

    id: Words
    component: Words
    severity: Literal["low", "medium", "high", "critical", "unrated"]
    ranges: tuple[Range, ...]
    flaw: Words
    url: Address
    score: float | None = None
    os: Literal["", "linux", "windows"] = ""
    condition: Words = ""
    requires: tuple[Requirement, ...] = ()
    instead: Words = ""


class Flaws(Fact, frozen=True):
    """cves.json."""

    schema: Literal["ksec/cves/2"]
    as_of: dt.date
    sources: tuple[Origin, ...]
    cves: tuple[Flaw, ...]

    @property
    def count(self) -> int:
        """How many flaws it holds."""
        return len(self.cves)


class Deprecation(Fact, frozen=True):
    """A version of an API that goes, or has gone.

    Attributes:
        component: whose version numbers count: ``k8s``, ``cert-manager``, ``istio``.
        group: empty for the core group.
        version: ``v1beta1``.
        kind: ``Ingress``.
        introduced: the release that brought it.
        deprecated: the release from which on its use is warned of.
        removed: the release that no longer serves it; planned while that release is not out.
        instead: group and version that replace it; empty when nothing does.
        instead_kind: its kind there when that has another name.
        since: the release that brought the replacement.
        persisted: whether objects of it are stored; reviews are not.
    """

    component: Words
    group: Words
    version: Words
    kind: Words
    introduced: MaybeMinor = ""
    deprecated: MaybeMinor = ""
    removed: MaybeMinor = ""
    instead: Words = ""
    instead_kind: Words = ""
    since: Words = ""
    persisted: bool = True

    @property
    def api_version(self) -> str:
        """``networking.k8s.io/v1beta1``."""
        return f"{self.group}/{self.version}" if self.group else self.version


class FieldChange(Fact, frozen=True):
    """A field, setting or whole mechanism that goes.

    Attributes:
        id: stable name.
        kind: of what.
        where: the field; empty for all of it.
        deprecated: the release from which on its use is warned of.
        removed: the release that drops it; planned while that release is not out.
        change: what happens, in our words.
        instead: what replaces it.
        source: the proposal or the release notes.
    """

    id: Words
    kind: Words
    change: Words
    instead: Words
    source: Words
    where: Words = ""
    deprecated: MaybeMinor = ""
    removed: MaybeMinor = ""


class Deprecations(Fact, frozen=True):
    """deprecations.json."""

    schema: Literal["ksec/deprecations/1"]
    as_of: dt.date
    sources: tuple[Origin, ...]
    apis: tuple[Deprecation, ...]
    fields: tuple[FieldChange, ...]

    @property
    def count(self) -> int:
        """How many APIs and fields it holds."""
        return len(self.apis) + len(self.fields)


Visibility = Literal["api", "metrics", "flagz", "configz", "staticpod", "probe", "none"]
"""Where a setting can be seen: objects, the server's metrics or flags, a kubelet's settings, mirror pods, by an
extra request, nowhere."""


class Feature(Fact, frozen=True):
    """A safeguard, or a feature that safeguards rest on.

    Attributes:
        id: stable name.
        title: what it does, for people.
        component: which program has it.
        default: what a new cluster gets.
        upgraded: what a cluster keeps that was upgraded into it.
        visible: where its state can be seen.
        fix: how to switch it on.
        source: the proposal or the release notes.
        gate: its feature gate.
        alpha: the release that brought it.
        beta: the release in which it became beta.
        ga: the release in which it became stable.
    """

    id: Words
    title: Words
    component: Words
    default: Words
    upgraded: Words
    visible: tuple[Visibility, ...]
    fix: Words
    source: Words
    gate: Words = ""
    alpha: MaybeMinor = ""
    beta: MaybeMinor = ""
    ga: MaybeMinor = ""


class Features(Fact, frozen=True):
    """features.json."""

    schema: Literal["ksec/features/1"]
    as_of: dt.date
    sources: tuple[Origin, ...]
    features: tuple[Feature, ...]

    @property
    def count(self) -> int:
        """How many features it holds."""
        return len(self.features)


NEEDED = frozenset({"eks", "gke", "aks", "k3s", "rke2", "openshift", "kubeadm"})
"""Distributions of which other parts of the program speak by name."""


class DistributionSigns(Fact, frozen=True):
    """By what a distribution is known; they are asked in the order of the file.

    Attributes:
        id: stable name; also the key of the support data.
        name: what people call it.
        control_plane: whether its control plane runs in pods that can be seen, in a process on the nodes, or
            out of sight.
        version: a pattern for what it adds to version numbers, matched whole.
        labels: labels of its nodes, ``key`` or ``key=value``.
        names: patterns of the names of its nodes, matched whole.
        provider: how the providerID of its nodes begins.
        groups: API groups that it serves.
        system: how the operating system of its nodes begins.
    """

    id: Words
    name: Words
    control_plane: Literal["hidden", "process", "static-pods"]
    version: Words = ""
    labels: tuple[Words, ...] = ()
    names: tuple[Words, ...] = ()
    provider: Words = ""
    groups: tuple[Words, ...] = ()
    system: Words = ""

    def __post_init__(self) -> None:
        """Refuse patterns that are none.

        Raises:
            ValueError: one does not compile.
        """
        for pattern in (self.version, *self.names):
            try:
                re.compile(pattern)
            except re.error as error:
                raise ValueError(f"{self.id}: {pattern!r} is no pattern: {error}") from error


class Distributions(Fact, frozen=True):
    """distributions.json."""

    schema: Literal["ksec/distributions/1"]
    as_of: dt.date
    sources: tuple[Origin, ...]
    distributions: tuple[DistributionSigns, ...]

    def __post_init__(self) -> None:
        """Refuse a file without the distributions that the program itself speaks of.

        Raises:
            ValueError: one of them is missing.
        """
        missing = NEEDED - {item.id for item in self.distributions}
        if missing:
            raise ValueError(f"it does not know {', '.join(sorted(missing))}")

    @property
    def count(self) -> int:
        """How many distributions it holds."""
        return len(self.distributions)


AnyFile = Releases | Products | Flaws | Deprecations | Features | Distributions
"""The content of one file."""
