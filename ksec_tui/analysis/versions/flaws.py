"""Which known flaws a version has. No match means none known to the data, not none."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from dataclasses import dataclass

from ksec_tui.analysis.versions.conditions import met
from ksec_tui.analysis.versions.numbers import Version, parse
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.data.versions import Flaw, flaws

CONTROL_PLANE = ("kube-apiserver", "kube-controller-manager")
"""Components that are released with the API server and judged by its version."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A flaw that a version has.

    Attributes:
        flaw: the flaw.
        version: the version that has it.
        fixed: the first version without it that is newer; None when there is none.
        present: whether what it needs besides is seen in the cluster; None when that cannot be told.
    """

    flaw: Flaw
    version: Version
    fixed: Version | None
    present: bool | None = None

    @property
    def conditional(self) -> bool:
        """Whether it needs something of which nobody can tell here whether it is there."""
        return bool(self.flaw.condition) and not self.present

    @property
    def same_line(self) -> bool:
        """Whether a mere patch removes it."""
        return self.fixed is not None and self.fixed.line == self.version.line

    @property
    def remedy(self) -> str:
        """``fixed in 1.35.9``, ``no fix in 1.33, fixed in 1.34.12``, ``never fixed``."""
        if self.fixed is None:
            return "never fixed"
        if self.same_line:
            return f"fixed in {self.fixed.number}"
        return f"no fix in {self.version.line}, fixed in {self.fixed.number}"

    @property
    def words(self) -> str:
        """The flaw, its rating, its condition and its remedy in one sentence without a full stop."""
        flaw = self.flaw
        rating = flaw.severity if flaw.score is None else f"{flaw.severity} {flaw.score:g}"
        condition = f", but only where {flaw.condition}" if self.conditional else ""
        if flaw.condition and self.present:
            condition = f"; here {flaw.condition}"
        return f"{flaw.id} ({rating}, {self.remedy}): {flaw.flaw}{condition}"


def hits(
    version: Version, components: Iterable[str], *, windows: bool = False, snapshot: Snapshot | None = None
) -> tuple[Hit, ...]:
    """The flaws with a fix that `version` of one of the `components` has, worst first.

    Args:
        version: compared by its number only; builds of vendors may have the fix all the same.
        components: as the data names them.
        windows: whether it runs on a Windows node; some flaws exist there only, others on Linux only.
        snapshot: where it runs: a flaw that needs something which is certainly not there is left out.
    """
    judge = functools.partial(_hits, version, tuple(components), snapshot, windows=windows)
    if snapshot is None:
        return judge()
    # Many nodes and pods run few versions.
    known: dict[object, tuple[Hit, ...]] = snapshot.derived(hits, lambda _: {})
    key = (version, version.suffix, tuple(components), windows)
    if key not in known:
        known[key] = judge()
    return known[key]


def _hits(
    version: Version, components: tuple[str, ...], snapshot: Snapshot | None, *, windows: bool
) -> tuple[Hit, ...]:
    found = []
    for flaw in flaws().cves:
        if (
            flaw.component not in components
            or flaw.instead
            or flaw.os not in ("", "windows" if windows else "linux")
        ):
            continue
        fixed = _fix(flaw, version)
        present = _present(flaw, snapshot)
        if fixed is not None and (present is not False or not flaw.requires):
            found.append(Hit(flaw, version, fixed, present))
    return tuple(sorted(found, key=_order))


def _present(flaw: Flaw, snapshot: Snapshot | None) -> bool | None:
    """Whether one of a flaw's requirements is met; None when none is, and some cannot be told."""
    if snapshot is None or not flaw.requires:
        return None
    answers = [met(snapshot, requirement) for requirement in flaw.requires]
    return True if True in answers else None if None in answers else False


def _order(hit: Hit) -> tuple[int, float, str]:
    rank = ("critical", "high", "medium", "low", "unrated").index(hit.flaw.severity)
    return rank, -(hit.flaw.score or 0.0), hit.flaw.id


def never_fixed() -> tuple[Flaw, ...]:
    """The flaws that upstream leaves unfixed in every version, since a fix would break what people rely on."""
    return tuple(flaw for flaw in flaws().cves if flaw.instead)


def flaw_named(id: str) -> Flaw | None:  # noqa: A002 - the word of those who look it up
    """The flaw with that CVE number."""
    return next((flaw for flaw in flaws().cves if flaw.id == id), None)


def _fix(flaw: Flaw, version: Version) -> Version | None:
    """The end of the half-open range that `version` lies in."""
    for span in flaw.ranges:
        first, fixed = parse(span.introduced), parse(span.fixed)
        if (first is None or version >= first) and fixed is not None and version < fixed:
            return fixed
    return None
