"""Whether the components of a cluster fit together (the version skew policy of Kubernetes).

Source of every rule: kubernetes/website, content/en/releases/version-skew-policy.md. Only minors count,
patches never do. With several API servers in different minors, "not newer" is measured against the oldest of
them and "not too old" against the newest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from ksec_tui.analysis.versions.numbers import Version

OLDER_ALLOWED = 3
OLDER_ALLOWED_BEFORE = 2
RELAXED_IN = (1, 25)
"""From this release on kubelet and kube-proxy may be three minors older than the API server, before only two."""

CONTROLLERS_OLDER_ALLOWED = 1
SERVERS_APART_ALLOWED = 1


class Fit(Enum):
    """How a component relates to the one that it has to fit."""

    FINE = "fine"
    LIMIT = "at the limit"
    OLD = "too old"
    NEW = "too new"


@dataclass(frozen=True, slots=True)
class Skew:
    """The distance of a component from the one that it has to fit.

    Attributes:
        fit: whether the policy allows it.
        behind: minors that it is older; negative when it is newer.
        allowed: minors that it may be older (for a pair of equals: apart).
    """

    fit: Fit
    behind: int
    allowed: int

    @property
    def words(self) -> str:
        """``same minor``, ``2 minors older``, ``1 minor newer, not allowed``."""
        count = abs(self.behind)
        minors = f"{count} minor{'' if count == 1 else 's'}"
        match self.fit:
            case Fit.NEW:
                return f"{minors} newer, not allowed"
            case Fit.OLD:
                return f"{minors} older, {self.allowed} allowed"
            case Fit.LIMIT:
                return f"{minors} older, the limit"
        if not count:
            return "same minor"
        return f"{minors} {'newer' if self.behind < 0 else 'older'}"


def kubelet_skew(servers: Sequence[Version], kubelet: Version) -> Skew | None:
    """How a kubelet fits the API servers; None across major versions, for which there is no rule.

    A kubelet is never newer than any API server, counted in minors, and at most three minors older than
    the newest; kubelets before 1.25 at most two.
    """
    return below(servers, kubelet, _older_allowed(kubelet))


def proxy_skew(servers: Sequence[Version], proxy: Version) -> Skew | None:
    """How a kube-proxy fits the API servers: by the rule of kubelets."""
    return below(servers, proxy, _older_allowed(proxy))


def controller_skew(servers: Sequence[Version], controller: Version) -> Skew | None:
    """How kube-controller-manager, kube-scheduler or cloud-controller-manager fits: not newer, one minor older."""
    return below(servers, controller, CONTROLLERS_OLDER_ALLOWED)


def proxy_kubelet_skew(kubelet: Version, proxy: Version) -> Skew | None:
    """How a kube-proxy fits the kubelet of its node: up to three minors apart, two for a kube-proxy before 1.25."""
    if kubelet.major != proxy.major:
        return None
    behind, allowed = kubelet.minor - proxy.minor, _older_allowed(proxy)
    if abs(behind) <= allowed:
        return Skew(Fit.FINE, behind, allowed)
    return Skew(Fit.OLD if behind > 0 else Fit.NEW, behind, allowed)


def servers_skew(servers: Sequence[Version]) -> Skew | None:
    """How far several API servers are apart: at most one minor. None for fewer than two."""
    if len(servers) < 2 or len({server.major for server in servers}) > 1:
        return None
    apart = max(servers).minor - min(servers).minor
    return Skew(Fit.FINE if apart <= SERVERS_APART_ALLOWED else Fit.OLD, apart, SERVERS_APART_ALLOWED)


def below(servers: Sequence[Version], component: Version, allowed: int) -> Skew | None:
    """How a component fits API servers that it must not be newer than, nor more than `allowed` minors older.

    None without servers and across major versions.
    """
    if not servers or any(server.major != component.major for server in servers):
        return None
    ahead = component.minor - min(servers).minor
    behind = max(servers).minor - component.minor
    if ahead > 0:
        return Skew(Fit.NEW, -ahead, allowed)
    fit = Fit.OLD if behind > allowed else Fit.LIMIT if behind == allowed else Fit.FINE
    return Skew(fit, behind, allowed)


def _older_allowed(component: Version) -> int:
    return OLDER_ALLOWED_BEFORE if (component.major, component.minor) < RELAXED_IN else OLDER_ALLOWED
