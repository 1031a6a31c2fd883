"""Which versions have which flaw."""

import pytest

from ksec_tui.analysis.versions.flaws import CONTROL_PLANE, hits, never_fixed
from ksec_tui.analysis.versions.numbers import Version, parse


def version(text: str) -> Version:
    found = parse(text)
    assert found is not None
    return found


def ids(text: str, *components: str, windows: bool = False) -> set[str]:
    return {hit.flaw.id for hit in hits(version(text), components, windows=windows)}


@pytest.mark.parametrize(
    ("text", "affected"),
    [
        ("v1.31.11", True),
        ("v1.31.12", False),
        ("v1.32.0", True),
        ("v1.32.7", True),
        ("v1.32.8", False),
        ("v1.33.3", True),
        ("v1.33.4", False),
        ("v1.33.4-rc.0", True),
        ("v1.34.0", False),
        ("v1.19.0", True),
    ],
)
def test_ranges_hold_their_first_version_and_not_the_fixed_one(text: str, affected: bool) -> None:
    assert ("CVE-2025-5187" in ids(text, "kube-apiserver")) is affected


def test_a_minor_without_a_fix_is_told_where_the_fix_is() -> None:
    (hit,) = (hit for hit in hits(version("v1.33.13"), CONTROL_PLANE) if hit.flaw.id == "CVE-2026-2270")
    assert not hit.same_line
    assert hit.remedy == "no fix in 1.33, fixed in 1.34.12"


def test_a_patch_is_told_where_it_is_enough() -> None:
    (hit,) = (hit for hit in hits(version("v1.36.2"), CONTROL_PLANE) if hit.flaw.id == "CVE-2026-2270")
    assert hit.same_line
    assert hit.remedy == "fixed in 1.36.5"


def test_flaws_of_windows_are_told_on_windows_only() -> None:
    linux = ids("v1.22.17", "kubelet")
    windows = ids("v1.22.17", "kubelet", windows=True)
    assert linux < windows
    assert {"CVE-2023-3676", "CVE-2026-76654"} <= windows - linux


def test_flaws_of_linux_are_not_told_on_windows() -> None:
    assert "CVE-2026-46680" in ids("1.7.27", "containerd")
    assert "CVE-2026-46680" not in ids("1.7.27", "containerd", windows=True)


def test_components_are_not_mixed_up() -> None:
    assert ids("2.2.4", "kube-apiserver") == set()
    assert not ids("1.30.2", "kubelet") & ids("1.30.2", *CONTROL_PLANE)


def test_what_upstream_never_fixes_is_apart_and_no_outdated_version() -> None:
    apart = {flaw.id for flaw in never_fixed()}
    assert {"CVE-2020-8554", "CVE-2020-8561", "CVE-2020-8562", "CVE-2021-25740"} <= apart
    assert not apart & ids("v1.20.0", "kube-apiserver", "kubelet", "kube-controller-manager", windows=True)


def test_the_worst_comes_first() -> None:
    found = [hit.flaw.score for hit in hits(version("2.2.4"), ("containerd",)) if hit.flaw.score is not None]
    assert found[0] == 9.4
