"""How a check is declared: one function, whose docstring is its page and whose examples are its tests.

A check looks at one subject at a time and yields Evidence (it fails), Unknown or NotApplicable; nothing
means it passes. The docstring has the sections ``## Why``, ``## Risky`` and ``## Fixed``, the latter two
with YAML; applying the fix to Risky must give exactly Fixed.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
import textwrap
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any, Generic, TypeVar

from ksec_tui.analysis.identity import is_system
from ksec_tui.analysis.workloads import Workload, workload_named, workloads
from ksec_tui.cluster.base import KubeObject
from ksec_tui.cluster.kinds import WORKLOAD_KINDS, Kind
from ksec_tui.cluster.ref import CLUSTER, ObjectRef
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.finding import Outcome
from ksec_tui.findings.fix import Fix
from ksec_tui.findings.verdict import Severity, Threat

S = TypeVar("S")
K = TypeVar("K", bound=KubeObject)

Evaluate = Callable[[S, Snapshot], Iterator[Outcome]]
MakeFix = Callable[[S, Snapshot], Fix | None]


@dataclass(frozen=True, slots=True)
class Subjects(Generic[S]):
    """What a check judges: how to list it, name it, and which kinds that takes.

    Attributes:
        title: the plural noun for pages: ``workloads``.
        kinds: kinds that must be read to know the subjects at all.
        select: all subjects of a Snapshot.
        ref: the object under which a finding on a subject stands.
        find: the subject that stands under a name, or None.
        reaches: names of the pods that run with it.
        system: whether it is a component of Kubernetes itself.
        place: the namespace in which further kinds must be known, for subjects that are in none.
    """

    title: str
    kinds: tuple[Kind[Any], ...]
    select: Callable[[Snapshot], Iterable[S]]
    ref: Callable[[S], ObjectRef]
    find: Callable[[Snapshot, ObjectRef], S | None]
    reaches: Callable[[S], tuple[str, ...]] = lambda _: ()
    system: Callable[[S], bool] = lambda _: False
    place: str = ""

    def place_of(self, ref: ObjectRef) -> str:
        """The namespace in which what it takes to judge a subject must be known; empty for one in none."""
        return self.place or (ref.name if ref.kind == "Namespace" else ref.namespace)


def objects(kind: Kind[K]) -> Subjects[K]:
    """Every object of one kind."""
    return Subjects(
        kind.plural,
        (kind,),
        lambda snapshot: snapshot.of(kind),
        lambda item: item.ref,
        lambda snapshot, ref: snapshot.find(kind, ref.name, ref.namespace),
        system=is_system,
    )


WORKLOADS: Subjects[Workload] = Subjects(
    "workloads",
    WORKLOAD_KINDS,
    workloads,
    lambda workload: workload.ref,
    workload_named,
    lambda workload: workload.pod_names,
    lambda workload: workload.system,
)
"""Top owners with their pod template and the pods that run from it."""

WHOLE_CLUSTER: Subjects[Snapshot] = Subjects(
    "cluster", (), lambda snapshot: (snapshot,), lambda _: CLUSTER, lambda snapshot, _: snapshot
)
"""The cluster as one subject, for controls that are on or off everywhere."""


@dataclass(frozen=True, slots=True)
class Page:
    """A check's docstring in its parts."""

    summary: str
    why: str
    risky: str
    fixed: str


@dataclass(slots=True, eq=False)
class Check(Generic[S]):
    """One declared check; `@check` makes it, `discover` finds it.

    Attributes:
        id: stable, kebab-case, with the prefix of its family: ``wl-privileged``.
        title: the problem in a few words.
        severity: the usual one; evidence may say otherwise.
        on: its subjects.
        needs: further kinds that must be known in the subject's namespace.
        everywhere: further kinds that must be known in the whole cluster.
        also: further kinds that only make it better or worse: what is not known of them leaves the verdict.
        threats: the lenses under which it matters.
        references: sections of benchmarks and standards, CVEs, KEPs.
        page: its documentation.
        offer: whether a FAIL says that more safety is to be had at no cost. Nothing is worse for it, so that
            a fix of something else may bring it.
        veils: checks that do not judge what this one is told of, though it is worse: that they tell of it once
            it is fixed is nothing new.
        optional: whether it runs only where somebody asks for it.
        near: whether it finds of a subject the same whatever runs in other namespaces than the subject's, as
            objects of WORKLOAD_KINDS tell: always, never, or in a given Snapshot.
        threat_names: the lenses by the words that findings carry.
    """

    id: str
    title: str
    severity: Severity
    on: Subjects[S]
    needs: tuple[Kind[Any], ...]
    everywhere: tuple[Kind[Any], ...]
    threats: tuple[Threat, ...]
    references: tuple[str, ...]
    page: Page
    evaluate: Evaluate[S]
    module: str
    also: tuple[Kind[Any], ...] = ()
    make_fix: MakeFix[S] | None = field(default=None)
    offer: bool = False
    veils: tuple[str, ...] = ()
    optional: bool = False
    near: bool | Callable[[Snapshot], bool] = False
    threat_names: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        self.threat_names = tuple(threat.value for threat in self.threats)

    @property
    def kinds(self) -> tuple[Kind[Any], ...]:
        """Every kind whose change makes it run again."""
        return tuple(dict.fromkeys((*self.on.kinds, *self.needs, *self.everywhere, *self.also)))

    def stays_near(self, snapshot: Snapshot) -> bool:
        """`near`, in a Snapshot."""
        return self.near if isinstance(self.near, bool) else self.near(snapshot)

    @property
    def family(self) -> str:
        """The folder it stands in: ``workloads``, ``rbac``, ``network``, ``namespaces``, ``versions``."""
        return self.module.split(".checks.", 1)[-1].split(".", 1)[0]

    def fix(self, make: MakeFix[S]) -> MakeFix[S]:
        """Declare how to fix it: a function of the subject and the Snapshot; None where no fix is right."""
        self.make_fix = make
        return make


def check(
    id: str,  # noqa: A002 - the word that readers of a declaration expect
    title: str,
    severity: Severity,
    *,
    on: Subjects[S],
    needs: tuple[Kind[Any], ...] = (),
    everywhere: tuple[Kind[Any], ...] = (),
    also: tuple[Kind[Any], ...] = (),
    threats: tuple[Threat, ...],
    references: tuple[str, ...],
    offer: bool = False,
    veils: tuple[str, ...] = (),
    optional: bool = False,
    near: bool | Callable[[Snapshot], bool] = False,
) -> Callable[[Evaluate[S]], Check[S]]:
    """Declare a check.

    Raises:
        ValueError: the docstring lacks a section, or the id is malformed.
    """

    def declare(evaluate: Evaluate[S]) -> Check[S]:
        if not re.fullmatch(r"[a-z]+(-[a-z0-9]+)+", id):
            raise ValueError(f"{id!r} is no check id: lower-case words joined by dashes")
        page = read_page(id, evaluate.__doc__ or "")
        return Check(
            id,
            title,
            severity,
            on,
            needs,
            everywhere,
            threats,
            references,
            page,
            evaluate,
            evaluate.__module__,
            also,
            offer=offer,
            veils=veils,
            optional=optional,
            near=near,
        )

    return declare


_SECTION = re.compile(r"^## (Why|Risky|Fixed)$", re.MULTILINE)
_YAML = re.compile(r"```yaml\n(.*?)```", re.DOTALL)


def read_page(id: str, docstring: str) -> Page:  # noqa: A002
    """Split a check's docstring into its parts.

    Raises:
        ValueError: a section or its YAML is missing.
    """
    head, _, rest = docstring.partition("\n")
    parts = _SECTION.split(head + "\n" + textwrap.dedent(rest))
    sections = dict(zip(parts[1::2], (part.strip() for part in parts[2::2]), strict=True))
    for name in ("Why", "Risky", "Fixed"):
        if not sections.get(name):
            raise ValueError(f"{id}: its docstring has no section '## {name}'")
    examples = {name: _YAML.search(sections[name]) for name in ("Risky", "Fixed")}
    for name, found in examples.items():
        if found is None:
            raise ValueError(f"{id}: its section '## {name}' has no YAML")
    risky, fixed = (found[1] if found else "" for found in examples.values())
    return Page(parts[0].strip(), sections["Why"], risky, fixed)


def discover(package: ModuleType) -> tuple[Check[Any], ...]:
    """Every check declared in the modules below `package`, by id.

    Raises:
        ValueError: two checks share an id.
    """
    found: dict[str, Check[Any]] = {}
    for info in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        for value in vars(importlib.import_module(info.name)).values():
            if not isinstance(value, Check) or value.module != info.name:
                continue
            if found.setdefault(value.id, value) is not value:
                raise ValueError(f"two checks are called {value.id}")
    return tuple(found[key] for key in sorted(found))
