"""Why what policies say may not be what happens: plugins that do not enforce them, policies that were not read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ksec_tui.analysis.network.engines import enforcing_cni, foreign_engines
from ksec_tui.analysis.network.selectors import NAME_LABEL
from ksec_tui.analysis.network.world import ADMIN_KINDS, policies_of
from ksec_tui.cluster.coverage import State
from ksec_tui.cluster.kinds import NAMESPACE, NETWORK_POLICY, Kind
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Doubt:
    """One reason.

    Attributes:
        words: in a plain phrase.
        may_allow: whether what policies deny may happen all the same.
        may_deny: whether what policies allow may be stopped all the same.
        gap: whether it is for something of the cluster that could not be read.
        unenforced: whether it says that no policy counts, since the network plugin ignores them.
    """

    words: str
    may_allow: bool
    may_deny: bool
    gap: bool = False
    unenforced: bool = False


def doubts(snapshot: Snapshot, namespaces: Iterable[str] = ()) -> tuple[Doubt, ...]:
    """Every reason, for connections of pods of some namespaces.

    Args:
        snapshot: the cluster.
        namespaces: where the pods are; policies that were not read elsewhere do not matter to them.
    """
    shared: tuple[Doubt, ...] = snapshot.derived(_shared, _shared)
    gaps = (snapshot.gap(NETWORK_POLICY, space) for space in dict.fromkeys(namespaces))
    unread = _was_there(snapshot, NETWORK_POLICY)
    found = (Doubt(gap, may_allow=True, may_deny=True, gap=unread) for gap in dict.fromkeys(gaps) if gap)
    return (*shared, *found)


def block_doubts(snapshot: Snapshot, policy: ObjectRef) -> tuple[Doubt, ...]:
    """Whether a block of addresses in a NetworkPolicy lets a pod through hangs on the plugin; the API leaves it open.

    Cilium means no pods by blocks; the other plugins known here go by address.
    """
    plugin = enforcing_cni(snapshot)
    if plugin.value and "Cilium" not in plugin.reason:
        return ()
    who = "Cilium does not" if plugin.value else "not every network plugin does"
    words = f"{policy} lets the pod through by its address: {who}"
    return (Doubt(words, may_allow=False, may_deny=True),)


def unenforced(snapshot: Snapshot) -> str:
    """The network plugin that ignores policies, in words; empty where it enforces them or that is not known."""
    return next((item.words for item in doubts(snapshot) if item.unenforced), "")


def doubt(snapshot: Snapshot) -> str:
    """Why no verdict on this cluster is certain, in one phrase; empty when nothing speaks against it."""
    gap = snapshot.gap(NETWORK_POLICY)
    every = [item.words for item in doubts(snapshot)] + ([gap] if gap else [])
    return "; ".join(every)


def _shared(snapshot: Snapshot) -> tuple[Doubt, ...]:
    found: list[Doubt] = []
    plugin = enforcing_cni(snapshot)
    if plugin.value is False:
        found.append(Doubt(plugin.reason, may_allow=True, may_deny=False, unenforced=True))
    elif plugin.value is None:
        words = f"it is not known whether policies are enforced: {plugin.reason}"
        found.append(Doubt(words, may_allow=True, may_deny=False))
    foreign = foreign_engines(snapshot)
    if foreign.value:
        words = f"policies of {foreign.reason} may apply besides and were not read"
        found.append(Doubt(words, may_allow=True, may_deny=True))
    elif foreign.value is None:
        words = f"whether another engine's policies apply besides: {foreign.reason}"
        found.append(Doubt(words, may_allow=True, may_deny=True))
    for kind in ADMIN_KINDS:
        gap = snapshot.gap(kind)
        if gap and _was_there(snapshot, kind):
            found.append(Doubt(gap, may_allow=True, may_deny=True, gap=True))
    gap = snapshot.gap(NAMESPACE)
    if gap and _asks_for_labels(snapshot):
        words = f"{gap}, so that the labels which policies ask for may be others"
        found.append(Doubt(words, may_allow=True, may_deny=True, gap=_was_there(snapshot, NAMESPACE)))
    return tuple(found)


def _was_there(snapshot: Snapshot, kind: Kind[Any]) -> bool:
    """Whether a gap means objects that were not read, and not files that hold none."""
    return snapshot.coverage.of(kind).state is not State.NOT_SUPPLIED


def _asks_for_labels(snapshot: Snapshot) -> bool:
    """Whether a policy selects namespaces by a label that only their objects tell."""
    for item in policies_of(snapshot):
        clauses = [*(item.ingress or ()), *(item.egress or ())]
        scopes = [scope for clause in clauses for scope in clause.scopes]
        scopes += [item.subject] if item.subject is not None else []
        if any(key != NAME_LABEL for scope in scopes for key, _, _ in scope.namespaces):
            return True
    return False
