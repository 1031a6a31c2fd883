"""Which known flaws a version has. No match means none known to the data, not none."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ksec_tui.analysis.versions.numbers import Version, parse
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
    """

    flaw: Flaw
    version: Version
    fixed: Version | None

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
        condition = f", but only where {flaw.condition}" if flaw.condition else ""
        return f"{flaw.id} ({rating}, {self.remedy}): {flaw.flaw}{condition}"


def hits(version: Version, components: Iterable[str], *, windows: bool = False) -> tuple[Hit, ...]:
    """The flaws with a fix that `version` of one of the `components` has, worst first.

    Args:
        version: compared by its number only; builds of vendors may have the fix all the same.
        components: as the data names them.
        windows: whether it runs on a Windows node; some flaws exist there only, others on Linux only.
    """
    wanted = frozenset(components)
    found = [
        Hit(flaw, version, fix)
        for flaw in flaws().cves
        if flaw.component in wanted
        and not flaw.instead
        and flaw.os in ("", "windows" if windows else "linux")
        and (fix := _fix(flaw, version)) is not None
    ]
    return tuple(sorted(found, key=_order))


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
