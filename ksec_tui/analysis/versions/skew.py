"""Whether a node's kubelet fits the API server (the version skew policy of Kubernetes)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from ksec_tui.analysis.versions.numbers import Version


class Fit(Enum):
    """How a kubelet relates to its API server."""

    FINE = "fine"
    LIMIT = "at the limit"
    OLD = "too old"
    NEW = "too new"


@dataclass(frozen=True, slots=True)
class Skew:
    """The distance of a kubelet from its API server.

    Attributes:
        fit: whether the policy allows it.
        behind: minors that the kubelet is older; negative when it is newer.
        allowed: minors that it may be older.
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
        return f"{minors} older" if count else "same minor"


def kubelet_skew(server: Version, kubelet: Version) -> Skew | None:
    """How `kubelet` fits `server`; None across major versions, for which there is no rule.

    A kubelet is never newer than the API server, counted in minors, and at most three minors older;
    kubelets before 1.25 at most two. Patches do not matter.
    """
    if server.major != kubelet.major:
        return None
    behind = server.minor - kubelet.minor
    allowed = 2 if (kubelet.major, kubelet.minor) < (1, 25) else 3
    if behind < 0:
        fit = Fit.NEW
    elif behind > allowed:
        fit = Fit.OLD
    else:
        fit = Fit.LIMIT if behind == allowed else Fit.FINE
    return Skew(fit, behind, allowed)
