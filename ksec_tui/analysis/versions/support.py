"""How long a minor release of Kubernetes is supported, upstream and by those who sell it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import Enum

from ksec_tui.analysis.versions.distribution import UPSTREAM, Distribution
from ksec_tui.analysis.versions.numbers import Version, line_key, parse
from ksec_tui.data.versions import Release, Releases, releases


class Phase(Enum):
    """Where a release stands on a given day."""

    SUPPORTED = "supported"
    MAINTENANCE = "maintenance"
    EXTENDED = "extended support"
    ENDED = "end of life"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Support:
    """The support of a release on a given day.

    Attributes:
        phase: where it stands.
        until: the last day of the phase, or of all support when it has ended; None when no date is known.
        days: from that day to `until`; negative when it has passed.
        words: all of it in a few words.
    """

    phase: Phase
    until: dt.date | None = None
    days: int | None = None
    words: str = ""

    @property
    def ended(self) -> bool:
        """Whether it gets no fixes any more."""
        return self.phase is Phase.ENDED


@dataclass(frozen=True, slots=True)
class Standing:
    """The support of a release upstream and, where its dates are known, by its provider."""

    upstream: Support
    provider: Support | None
    distribution: Distribution

    @property
    def effective(self) -> Support:
        """What counts for its user: the provider's support where there is one."""
        return self.provider or self.upstream

    @property
    def words(self) -> str:
        """``end of life since 2026-06-28``, with the provider's word after it."""
        if self.provider is None:
            return self.upstream.words
        return f"{self.upstream.words}; {self.distribution.name}: {self.provider.words}"


def standing(version: Version, day: dt.date, distribution: Distribution = UPSTREAM) -> Standing:
    """How long `version` is supported, seen on `day`."""
    return Standing(
        support(version.line, day), provider_support(version.line, day, distribution), distribution
    )


def support(line: str, day: dt.date, data: Releases | None = None) -> Support:
    """Upstream's support of the minor `line` (``1.33``) on `day`.

    Fourteen months from release, the last two for critical fixes only (KEP-1498). The day of the end still
    counts as supported. A minor newer than the data is unknown, one older than all of it has ended.
    """
    data = data or releases()
    release = release_of(line, data)
    if release is not None:
        if day > release.end:
            return _until(Phase.ENDED, release.end, day)
        if day >= release.maintenance:
            return _until(Phase.MAINTENANCE, release.end, day)
        return _until(Phase.SUPPORTED, release.end, day)
    ordered = sorted(data.kubernetes, key=lambda item: line_key(item.minor))
    if ordered and line_key(line) < line_key(ordered[0].minor) and day > ordered[0].end:
        return Support(Phase.ENDED, words=f"end of life before {ordered[0].end}")
    return Support(Phase.UNKNOWN, words=f"not in the data of {data.as_of}")


def provider_support(
    line: str, day: dt.date, distribution: Distribution, data: Releases | None = None
) -> Support | None:
    """The provider's support of a minor; None where its dates are not known."""
    for release in (data or releases()).providers.get(distribution.id, ()):
        if release.minor == line:
            if day <= release.end:
                return _until(Phase.SUPPORTED, release.end, day)
            if release.extended is not None and day <= release.extended:
                return _until(Phase.EXTENDED, release.extended, day)
            return _until(Phase.ENDED, release.extended or release.end, day)
    return None


def _until(phase: Phase, until: dt.date, day: dt.date) -> Support:
    word = "since" if phase is Phase.ENDED else "until"
    return Support(phase, until, (until - day).days, f"{phase.value} {word} {until}")


def release_of(line: str, data: Releases | None = None) -> Release | None:
    """What is known of a minor."""
    return next((item for item in (data or releases()).kubernetes if item.minor == line), None)


def newest_line(data: Releases | None = None) -> str:
    """The newest minor known."""
    return max(((data or releases()).kubernetes), key=lambda item: line_key(item.minor)).minor


def is_newer_than_data(version: Version) -> bool:
    """Whether the minor was released after this data was gathered."""
    return (version.major, version.minor) > line_key(newest_line())


def newest_patch(version: Version) -> Version | None:
    """The newest patch known of the same minor; None when the minor is not known."""
    release = release_of(version.line)
    return parse(release.latest) if release is not None else None


def patches_behind(version: Version) -> int | None:
    """How many patches of its own minor `version` lacks; negative when it is newer than the data knows."""
    newest = newest_patch(version)
    if newest is None:
        return None
    behind = newest.patch - version.patch
    return behind + 1 if version.pre and behind >= 0 else behind


def upgrade_path(
    version: Version, day: dt.date, distribution: Distribution = UPSTREAM
) -> tuple[Version, ...]:
    """The newest patch of each minor from the next one to the oldest in full support on `day`.

    The control plane may not skip a minor (version skew policy). Empty when the minor is in support already
    or nothing newer is known to be.
    """
    known = sorted(
        (
            found
            for item in releases().kubernetes
            if (found := parse(item.latest)) is not None and found > version
        ),
        key=lambda item: item.key,
    )
    path = [item for item in known if item.line != version.line]
    for count, item in enumerate(path, 1):
        if standing(item, day, distribution).effective.phase is Phase.SUPPORTED:
            return tuple(path[:count])
    return ()
