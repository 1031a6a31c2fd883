"""The packaged facts on versions hold together."""

import re
from pathlib import Path

import msgspec
import pytest

from ksec_tui.analysis.versions.numbers import line_key, parse
from ksec_tui.data.versions import (
    Deprecation,
    Flaws,
    Releases,
    copies,
    deprecations,
    distributions,
    features,
    flaws,
    oldest_as_of,
    products,
    releases,
)

NOTICE = Path(__file__).parents[2] / "NOTICE"


def test_every_minor_is_released_then_maintained_then_ended() -> None:
    found = releases().kubernetes
    assert len(found) > 15
    for item in found:
        assert item.released < item.maintenance < item.end
        newest = parse(item.latest)
        assert newest is not None
        assert newest.line == item.minor


def test_minors_follow_each_other_without_a_gap() -> None:
    keys = sorted(line_key(item.minor) for item in releases().kubernetes)
    assert keys == [(1, minor) for minor in range(keys[0][1], keys[-1][1] + 1)]


def test_providers_extend_support_and_never_shorten_it() -> None:
    for found in releases().providers.values():
        for item in found:
            assert item.extended is None or item.extended > item.end


def test_every_flaw_says_where_it_ends_or_how_to_live_with_it() -> None:
    assert len({flaw.id for flaw in flaws().cves}) == len(flaws().cves)
    for flaw in flaws().cves:
        for span in flaw.ranges:
            assert bool(span.fixed) is not bool(flaw.instead), flaw.id
            first, fixed = parse(span.introduced), parse(span.fixed)
            assert (first is None) is (not span.introduced), flaw.id
            assert first is None or fixed is None or first < fixed, flaw.id


def test_every_source_stands_in_the_notice() -> None:
    notice = NOTICE.read_text(encoding="utf-8")
    for origin in (origin for copy in copies()[0].values() for origin in copy.content.sources):
        assert origin.url in notice
        assert origin.licence in ("MIT", "Apache-2.0", "CC-BY-4.0")


def test_the_age_of_the_data_is_that_of_its_oldest_part() -> None:
    assert oldest_as_of() == min(releases().as_of, products().as_of, flaws().as_of)


@pytest.mark.parametrize(
    "text",
    [
        '"schema": "ksec/releases/9", "as_of": "2026-01-01", "providers": {}',
        '"schema": "ksec/releases/2", "as_of": "soon", "providers": {}',
        '"schema": "ksec/releases/2", "as_of": "2026-01-01"',
        '"schema": "ksec/releases/2", "as_of": "2026-01-01", "providers": {}, "other": 1',
    ],
)
def test_data_of_another_shape_is_refused(text: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(f'{{"sources": [], "kubernetes": [], {text}}}', type=Releases)


def test_a_flaw_with_an_unknown_rating_is_refused() -> None:
    text = (
        '{"schema": "ksec/cves/2", "as_of": "2026-01-01", "sources": [], "cves": [{"id": "CVE-1", "component": '
        '"kubelet", "severity": "severe", "ranges": [], "flaw": "x", "url": "y"}]}'
    )
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(text, type=Flaws)


@pytest.mark.parametrize("row", deprecations().apis, ids=lambda row: f"{row.api_version}-{row.kind}")
def test_every_api_goes_after_it_came_and_was_warned_of(row: Deprecation) -> None:
    told = [line_key(line) for line in (row.introduced, row.deprecated, row.removed) if line]
    assert told == sorted(told)
    assert row.version.startswith("v")
    assert row.instead != row.api_version or row.instead_kind not in ("", row.kind)


def test_an_api_stands_in_the_data_once() -> None:
    names = [(row.component, row.group, row.version, row.kind) for row in deprecations().apis]
    assert len(set(names)) == len(names)


def test_every_field_that_goes_says_what_to_use_instead() -> None:
    for field in deprecations().fields:
        assert field.change
        assert field.instead
        assert (
            not field.removed or not field.deprecated or line_key(field.deprecated) < line_key(field.removed)
        )


def test_every_feature_matures_in_order() -> None:
    assert len({item.id for item in features().features}) == len(features().features)
    for item in features().features:
        told = [line_key(line) for line in (item.alpha, item.beta, item.ga) if line]
        assert told == sorted(told), item.id
        assert item.visible


def test_every_distribution_has_a_sign_or_is_the_last_resort() -> None:
    for item in distributions().distributions:
        signs = (item.version, item.labels, item.names, item.provider, item.groups, item.system)
        assert any(signs) or item.id == "kubeadm"
        for pattern in (item.version, *item.names):
            re.compile(pattern)


def test_every_patch_of_a_minor_is_one_of_it_and_the_newest_is_named() -> None:
    for item in releases().kubernetes:
        numbers = [parse(patch) for patch in item.patches]
        assert all(number is not None and number.line == item.minor for number in numbers)
        assert parse(item.latest) == max(number for number in numbers if number is not None)
