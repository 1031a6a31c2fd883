"""Support of releases at its edges, upstream and by providers."""

import datetime as dt

import pytest

from ksec_tui.analysis.versions.distribution import AKS, EKS, GKE, OTHER, UPSTREAM, Distribution
from ksec_tui.analysis.versions.numbers import Version, parse
from ksec_tui.analysis.versions.support import (
    Phase,
    is_newer_than_data,
    patches_behind,
    provider_support,
    standing,
    support,
    upgrade_path,
)


def version(text: str) -> Version:
    found = parse(text)
    assert found is not None
    return found


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


@pytest.mark.parametrize(
    ("today", "phase", "days"),
    [
        ("2025-04-23", Phase.SUPPORTED, 431),
        ("2026-04-27", Phase.SUPPORTED, 62),
        ("2026-04-28", Phase.MAINTENANCE, 61),
        ("2026-06-27", Phase.MAINTENANCE, 1),
        ("2026-06-28", Phase.MAINTENANCE, 0),
        ("2026-06-29", Phase.ENDED, -1),
        ("2026-11-21", Phase.ENDED, -146),
    ],
)
def test_support_ends_after_its_last_day_and_not_before(today: str, phase: Phase, days: int) -> None:
    found = support("1.33", day(today))
    assert (found.phase, found.days, found.until) == (phase, days, day("2026-06-28"))


def test_a_release_newer_than_the_data_is_unknown_and_never_fine() -> None:
    found = support("1.99", day("2026-11-21"))
    assert found.phase is Phase.UNKNOWN
    assert found.days is None
    assert is_newer_than_data(version("v1.99.0"))
    assert not is_newer_than_data(version("v1.37.99"))


def test_a_release_older_than_the_data_has_ended() -> None:
    assert support("1.15", day("2026-11-21")).phase is Phase.ENDED


@pytest.mark.parametrize(
    ("line", "distribution", "phase"),
    [
        ("1.34", EKS, Phase.SUPPORTED),
        ("1.33", EKS, Phase.EXTENDED),
        ("1.31", EKS, Phase.EXTENDED),
        ("1.30", EKS, Phase.ENDED),
        ("1.34", GKE, Phase.ENDED),
        ("1.34", AKS, Phase.SUPPORTED),
        ("1.31", AKS, Phase.EXTENDED),
    ],
)
def test_the_providers_own_dates_count_on_its_clusters(
    line: str, distribution: Distribution, phase: Phase
) -> None:
    assert standing(version(f"v{line}.0"), day("2026-11-21"), distribution).effective.phase is phase


def test_extended_support_ends_after_its_last_day() -> None:
    last = provider_support("1.31", day("2026-11-26"), EKS)
    after = provider_support("1.31", day("2026-11-27"), EKS)
    assert last is not None
    assert after is not None
    assert (last.phase, last.days) == (Phase.EXTENDED, 0)
    assert after.phase is Phase.ENDED


def test_without_dates_of_the_vendor_upstreams_count() -> None:
    found = standing(version("v1.31.4+vmware.1"), day("2026-11-21"), OTHER)
    assert found.provider is None
    assert found.effective is found.upstream


@pytest.mark.parametrize(
    ("text", "behind"),
    [
        ("v1.33.13", 0),
        ("v1.33.12", 1),
        ("v1.33.4-eks-3cfe0ce", 9),
        ("v1.33.99", -86),
        ("v1.33.0-rc.1", 14),
        ("v1.99.0", None),
    ],
)
def test_patches_are_counted_within_the_minor(text: str, behind: int | None) -> None:
    assert patches_behind(version(text)) == behind


def test_the_way_up_takes_every_minor_to_the_oldest_in_support() -> None:
    path = upgrade_path(version("v1.31.4"), day("2026-11-21"))
    assert [item.line for item in path] == ["1.32", "1.33", "1.34", "1.35"]
    assert [item.line for item in upgrade_path(version("v1.31.4"), day("2026-11-21"), EKS)] == [
        "1.32",
        "1.33",
        "1.34",
    ]


def test_there_is_no_way_up_to_what_nobody_supports() -> None:
    assert upgrade_path(version("v1.31.4"), day("2099-01-01"), UPSTREAM) == ()
