"""The version skew policy between kubelet and API server."""

import pytest

from ksec_tui.analysis.versions.numbers import parse
from ksec_tui.analysis.versions.skew import Fit, kubelet_skew


@pytest.mark.parametrize(
    ("server", "kubelet", "fit", "words"),
    [
        ("1.33.4", "1.33.4", Fit.FINE, "same minor"),
        ("1.33.4", "1.33.9", Fit.FINE, "same minor"),
        ("1.33.4", "1.32.0", Fit.FINE, "1 minor older"),
        ("1.33.4", "1.31.0", Fit.FINE, "2 minors older"),
        ("1.33.4", "1.30.2", Fit.LIMIT, "3 minors older, the limit"),
        ("1.33.4", "1.29.9", Fit.OLD, "4 minors older, 3 allowed"),
        ("1.33.4", "1.34.0", Fit.NEW, "1 minor newer, not allowed"),
        ("1.33.4", "1.36.0", Fit.NEW, "3 minors newer, not allowed"),
        ("1.28.0", "1.25.0", Fit.LIMIT, "3 minors older, the limit"),
        ("1.27.0", "1.24.17", Fit.OLD, "3 minors older, 2 allowed"),
        ("1.26.0", "1.24.17", Fit.LIMIT, "2 minors older, the limit"),
        ("1.36.2-eks-3cfe0ce", "1.36.1-eks-1a2b3c4", Fit.FINE, "same minor"),
    ],
)
def test_a_kubelet_fits_when_it_is_not_newer_and_not_too_old(
    server: str, kubelet: str, fit: Fit, words: str
) -> None:
    first, second = parse(server), parse(kubelet)
    assert first is not None
    assert second is not None
    found = kubelet_skew(first, second)
    assert found is not None
    assert (found.fit, found.words) == (fit, words)


def test_there_is_no_rule_across_major_versions() -> None:
    first, second = parse("2.0.0"), parse("1.37.0")
    assert first is not None
    assert second is not None
    assert kubelet_skew(first, second) is None
