"""The version skew policy between the components of a cluster."""

import pytest

from ksec_tui.analysis.versions.numbers import Version, parse
from ksec_tui.analysis.versions.skew import (
    Fit,
    Skew,
    controller_skew,
    kubelet_skew,
    proxy_kubelet_skew,
    proxy_skew,
    servers_skew,
)


def version(text: str) -> Version:
    found = parse(text)
    assert found is not None
    return found


def versions(text: str) -> list[Version]:
    return [version(word) for word in text.split()]


def told(skew: Skew | None) -> tuple[Fit, str] | None:
    return None if skew is None else (skew.fit, skew.words)


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
    assert told(kubelet_skew(versions(server), version(kubelet))) == (fit, words)


@pytest.mark.parametrize(
    ("servers", "component", "fit"),
    [
        ("1.36.0 1.35.0", "1.35.0", Fit.FINE),
        ("1.36.0 1.35.0", "1.36.0", Fit.NEW),
        ("1.36.0 1.35.0", "1.33.0", Fit.LIMIT),
        ("1.36.0 1.35.0", "1.32.0", Fit.OLD),
        ("1.36.0 1.35.0", "1.34.0", Fit.FINE),
    ],
)
def test_api_servers_of_two_minors_narrow_what_kubelets_and_proxies_may_be(
    servers: str, component: str, fit: Fit
) -> None:
    for rule in (kubelet_skew, proxy_skew):
        found = rule(versions(servers), version(component))
        assert found is not None
        assert found.fit is fit


@pytest.mark.parametrize(
    ("servers", "proxy", "fit"),
    [
        ("1.33.4", "1.33.0", Fit.FINE),
        ("1.33.4", "1.30.0", Fit.LIMIT),
        ("1.33.4", "1.29.0", Fit.OLD),
        ("1.33.4", "1.34.0", Fit.NEW),
        ("1.27.4", "1.24.0", Fit.OLD),
        ("1.26.4", "1.24.0", Fit.LIMIT),
        ("1.28.4", "1.25.0", Fit.LIMIT),
    ],
)
def test_a_proxy_obeys_the_rule_of_kubelets(servers: str, proxy: str, fit: Fit) -> None:
    found = proxy_skew(versions(servers), version(proxy))
    assert found is not None
    assert found.fit is fit


@pytest.mark.parametrize(
    ("kubelet", "proxy", "fit", "words"),
    [
        ("1.33.0", "1.33.9", Fit.FINE, "same minor"),
        ("1.33.0", "1.30.0", Fit.FINE, "3 minors older"),
        ("1.33.0", "1.29.0", Fit.OLD, "4 minors older, 3 allowed"),
        ("1.33.0", "1.36.0", Fit.FINE, "3 minors newer"),
        ("1.33.0", "1.37.0", Fit.NEW, "4 minors newer, not allowed"),
        ("1.27.0", "1.24.0", Fit.OLD, "3 minors older, 2 allowed"),
        ("1.26.0", "1.24.0", Fit.FINE, "2 minors older"),
        ("1.22.0", "1.24.0", Fit.FINE, "2 minors newer"),
        ("1.21.0", "1.24.0", Fit.NEW, "3 minors newer, not allowed"),
        ("1.22.0", "1.25.0", Fit.FINE, "3 minors newer"),
    ],
)
def test_a_proxy_and_the_kubelet_beside_it_stay_close(kubelet: str, proxy: str, fit: Fit, words: str) -> None:
    assert told(proxy_kubelet_skew(version(kubelet), version(proxy))) == (fit, words)


@pytest.mark.parametrize(
    ("servers", "controller", "fit"),
    [
        ("1.36.0", "1.36.4", Fit.FINE),
        ("1.36.0", "1.35.0", Fit.LIMIT),
        ("1.36.0", "1.34.0", Fit.OLD),
        ("1.36.0", "1.37.0", Fit.NEW),
        ("1.36.0 1.35.0", "1.36.0", Fit.NEW),
        ("1.36.0 1.35.0", "1.35.0", Fit.LIMIT),
        ("1.36.0 1.35.0", "1.34.0", Fit.OLD),
    ],
)
def test_controllers_are_never_newer_and_one_minor_older_at_most(
    servers: str, controller: str, fit: Fit
) -> None:
    found = controller_skew(versions(servers), version(controller))
    assert found is not None
    assert found.fit is fit


@pytest.mark.parametrize(
    ("servers", "fit"),
    [
        ("1.36.0", None),
        ("1.36.0 1.36.5", Fit.FINE),
        ("1.36.0 1.35.0", Fit.FINE),
        ("1.36.0 1.34.0", Fit.OLD),
        ("1.36.0 1.35.0 1.34.9", Fit.OLD),
        ("2.0.0 1.37.0", None),
    ],
)
def test_api_servers_stay_within_one_minor(servers: str, fit: Fit | None) -> None:
    found = servers_skew(versions(servers))
    assert (found.fit if found is not None else None) is fit


def test_there_is_no_rule_across_major_versions_or_without_a_server() -> None:
    newer, older = version("2.0.0"), version("1.37.0")
    for rule in (kubelet_skew, proxy_skew, controller_skew):
        assert rule((newer,), older) is None
        assert rule((), older) is None
    assert proxy_kubelet_skew(newer, older) is None
