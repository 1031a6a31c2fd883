"""How well a namespace is kept apart: six native controls, each with its share, and a grade made of them.

A tenant is bounded by what its pods may be (Pod Security), whom they may talk to (NetworkPolicies in both
directions), how much they may take (ResourceQuota, LimitRange), what the account is worth that everything runs as
by default, and from where they can be reached. The weights are judgement: break-outs first, then neighbours.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ksec_tui.analysis.accounts import bindings_of_account, token_mounted
from ksec_tui.analysis.network.balancers import Zone
from ksec_tui.analysis.network.doubts import doubts
from ksec_tui.analysis.network.engines import enforcing_cni
from ksec_tui.analysis.network.exposure import Certainty, Exposure, exposures
from ksec_tui.analysis.network.policies import (
    Direction,
    affects,
    all_ports,
    isolated,
    isolating,
    peer_openness,
)
from ksec_tui.analysis.network.rules import Action, Clause, Tier
from ksec_tui.analysis.network.selectors import alive, workloads_in
from ksec_tui.analysis.network.world import policies_of
from ksec_tui.analysis.pod_security import enforced, mode
from ksec_tui.analysis.rbac.grants import gaps
from ksec_tui.cluster.base import KubeObject
from ksec_tui.cluster.coverage import State
from ksec_tui.cluster.kinds import (
    GATEWAY,
    GRPC_ROUTE,
    HTTP_ROUTE,
    INGRESS,
    LIMIT_RANGE,
    NAMESPACE,
    NETWORK_POLICY,
    RESOURCE_QUOTA,
    SERVICE,
    TCP_ROUTE,
    TLS_ROUTE,
    UDP_ROUTE,
    WORKLOAD_KINDS,
    Kind,
)
from ksec_tui.cluster.networking import NetworkPolicy
from ksec_tui.cluster.snapshot import Snapshot

WEIGHTS = {
    "pod security": 30,
    "ingress": 20,
    "egress": 15,
    "exposure": 15,
    "quota and limits": 10,
    "default account": 10,
}
"""What each part counts, in percent."""

GRADES = ((90, "A"), (75, "B"), (60, "C"), (45, "D"), (30, "E"), (0, "F"))
"""From how many percent on a grade is given."""

LEVEL_SHARES = {"restricted": 1.0, "baseline": 0.7, "privileged": 0.0}
ZONE_SHARES = {Zone.INTERNET: 0.0, Zone.OUTSIDE: 0.25, Zone.NODES: 0.5}
_ROUTES: tuple[Kind[KubeObject], ...] = (GATEWAY, HTTP_ROUTE, GRPC_ROUTE, TLS_ROUTE, TCP_ROUTE, UDP_ROUTE)


@dataclass(frozen=True, slots=True)
class Part:
    """One control of a namespace.

    Attributes:
        name: a key of `WEIGHTS`.
        share: how much of it holds, 0 to 1; None when that is not known.
        short: a word or two: ``open``, ``2 of 5``.
        words: one sentence: what holds, or what is missing.
    """

    name: str
    share: float | None
    short: str
    words: str

    @property
    def points(self) -> float:
        """What it adds to the percents of the grade; nothing while it is not known."""
        return WEIGHTS[self.name] * (self.share or 0.0)


def grade(parts: Sequence[Part]) -> str:
    """``A`` to ``F`` by the sum of the parts' points: never better than proven.

    ``?`` when a part is not known, unless it could not change the grade, whatever it turned out to be.
    """
    worst, best = span(parts)
    return worst if worst == best else "?"


def span(parts: Sequence[Part]) -> tuple[str, str]:
    """The worst and the best grade that the parts leave possible; the same when all are known."""
    low = sum(part.points for part in parts)
    return _graded(low), _graded(low + sum(WEIGHTS[part.name] for part in parts if part.share is None))


def _graded(points: float) -> str:
    return next(letter for least, letter in GRADES if round(points, 6) >= least)


def isolation(snapshot: Snapshot, namespace: str) -> tuple[Part, ...]:
    """The parts of one namespace, in the order of `WEIGHTS`; computed once."""
    found: dict[str, tuple[Part, ...]] = snapshot.derived(_all, _all)
    return found[namespace] if namespace in found else _parts(snapshot, namespace, ())


def _all(snapshot: Snapshot) -> dict[str, tuple[Part, ...]]:
    reached: dict[str, list[Exposure]] = {}
    for item in exposures(snapshot):
        reached.setdefault(item.workload.namespace, []).append(item)
    names = [item.name for item in snapshot.of(NAMESPACE)]
    return {name: _parts(snapshot, name, reached.get(name, ())) for name in names}


def _parts(snapshot: Snapshot, namespace: str, reached: Sequence[Exposure]) -> tuple[Part, ...]:
    return (
        _pod_security(snapshot, namespace),
        _network(snapshot, namespace, "ingress"),
        _network(snapshot, namespace, "egress"),
        _exposure(snapshot, namespace, reached),
        _bounds(snapshot, namespace),
        _default_account(snapshot, namespace),
    )


def _gap(snapshot: Snapshot, kinds: Sequence[Kind[KubeObject]], namespace: str) -> str:
    return next((reason for kind in kinds if (reason := snapshot.gap(kind, namespace))), "")


# Pod Security


def _pod_security(snapshot: Snapshot, namespace: str) -> Part:
    name = "pod security"
    found = snapshot.find(NAMESPACE, namespace)
    if found is None:
        return Part(name, None, "?", "the namespace itself was not read")
    labels = found.metadata.labels
    level = enforced(snapshot, namespace)[0].level
    if mode(labels, "enforce").level is not None:
        said = f"enforces {level}" if level != "privileged" else "lets every pod in: it enforces privileged"
        return Part(name, LEVEL_SHARES[level], level, said)
    told = [
        f"{item.name} {item.level}" for item in (mode(labels, "warn"), mode(labels, "audit")) if item.level
    ]
    if told:
        return Part(name, 0.0, "warn only", f"refuses nothing: only {' and '.join(told)} are set")
    return Part(name, 0.0, "none", "names no level: every pod is let in unless the API server has a default")


# NetworkPolicies


def _network(snapshot: Snapshot, namespace: str, direction: Direction) -> Part:
    gap = snapshot.gap(NETWORK_POLICY, namespace)
    if gap:
        return Part(direction, None, "?", gap)
    policies = [item for item in snapshot.within(NETWORK_POLICY, namespace) if affects(item, direction)]
    found = _by_policies(snapshot, namespace, direction, policies)
    if not found.share:
        return found
    enforcing = enforcing_cni(snapshot)
    if enforcing.value is False:
        return Part(direction, 0.0, "unenforced", f"{found.words}; but {enforcing.reason}")
    doubt = next((item.words for item in doubts(snapshot, (namespace,)) if item.may_allow), "")
    if not doubt:
        above: dict[Direction, str] = snapshot.derived(_let_through, _let_through)
        doubt = above.get(direction, "")
    return Part(direction, None, "?", f"{found.words}; but {doubt}") if doubt else found


def _let_through(snapshot: Snapshot) -> dict[Direction, str]:
    """By direction, which cluster-wide policy lets through before NetworkPolicies are asked, in words."""
    found: dict[Direction, str] = {}
    for policy in policies_of(snapshot):
        if policy.tier is Tier.ADMIN:
            sides: tuple[tuple[Direction, tuple[Clause, ...] | None], ...] = (
                ("ingress", policy.ingress),
                ("egress", policy.egress),
            )
            for direction, clauses in sides:
                if any(clause.action is Action.ALLOW for clause in clauses or ()):
                    found.setdefault(direction, f"{policy.ref} may let through what they shut")
    return found


def _by_policies(
    snapshot: Snapshot, namespace: str, direction: Direction, policies: Sequence[NetworkPolicy]
) -> Part:
    """What the policies say, whether or not anything enforces them."""
    whom = "every pod and everyone outside may connect" if direction == "ingress" else "pods connect anywhere"
    default = [item for item in policies if item.spec.pod_selector.empty]
    loose = [item.name for item in default if wide(item, direction)]
    if loose:
        return Part(direction, 0.0, "open", f"NetworkPolicy {loose[0]} lets all through: {whom}")
    if default:
        words = f"NetworkPolicy {default[0].name} isolates every pod, new ones too"
        some = [item.name for item in policies if wide(item, direction)]
        if some:
            words = f"{words}; but {', '.join(some[:3])} lets all through for some"
            return Part(direction, 0.5, "some open", words)
        return Part(direction, 1.0, "deny", words)
    gap = _gap(snapshot, WORKLOAD_KINDS, namespace)
    if gap:
        return Part(direction, None, "?", gap)
    governed = [
        item for item in workloads_in(snapshot, namespace) if alive(item) and not item.spec.host_network
    ]
    if not governed:
        words = f"nothing runs, and no policy waits for new pods: {whom}"
        return Part(direction, 0.0, "open", words)
    shut, doubt = 0, ""
    for workload in governed:
        answer = isolated(snapshot, workload, direction)
        if answer.value is None:
            doubt = doubt or answer.reason
        elif answer.value and not any(
            wide(item, direction) for item in isolating(snapshot, workload, direction)
        ):
            shut += 1
    count = len(governed)
    if doubt:
        return Part(direction, None, "?", doubt)
    if shut == count:
        return Part(direction, 0.8, "all now", "policies isolate every pod of today, but no new kind of pod")
    if shut:
        return Part(direction, 0.5, f"{shut} of {count}", f"policies isolate {shut} of {count} workloads")
    return Part(direction, 0.0, "open", f"no policy isolates anything: {whom}")


def wide(policy: NetworkPolicy, direction: Direction) -> bool:
    """Whether a rule of `policy` lets everyone, or every pod of the cluster, through on all ports."""
    if direction == "ingress":
        rules = [(rule.from_, rule.ports) for rule in policy.spec.ingress]
    else:
        rules = [(rule.to, rule.ports) for rule in policy.spec.egress]
    return any(
        all_ports(ports) and (not peers or any(peer_openness(peer) is not None for peer in peers))
        for peers, ports in rules
    )


# Exposure


def _exposure(snapshot: Snapshot, namespace: str, reached: Sequence[Exposure]) -> Part:
    name = "exposure"
    found, sure = outermost(reached)
    if found is not None and sure and found.zone is Zone.INTERNET:
        return Part(name, 0.0, "internet", f"{found.workload} is reached from the internet{_by(found)}")
    gap = exposure_gap(snapshot, namespace)
    if gap:
        return Part(name, None, "?", gap)
    if found is None:
        return Part(name, 1.0, "inside", "nothing can be reached from outside the cluster")
    if not sure:
        short = "?" if found.zone is Zone.UNKNOWN else f"{found.zone.value}?"
        return Part(name, None, short, f"{found.workload} may be reached{_by(found)}: {found.doubt}")
    words = f"{found.workload} is reached from {found.zone.value}{_by(found)}"
    return Part(name, ZONE_SHARES[found.zone], found.zone.value, words)


def _by(found: Exposure) -> str:
    """The first object on the way; the pane of the network shows all of them."""
    return f" through {found.chain[0].ref}" if len(found.chain) > 1 else ""


def outermost(reached: Iterable[Exposure]) -> tuple[Exposure | None, bool]:
    """The exposure to the widest zone outside of the cluster, and whether it is a fact.

    What is not certain comes first only when it may be wider than all that is.
    """
    best: dict[Certainty, Exposure] = {}
    for item in reached:
        known = best.get(item.certainty)
        if item.zone in _WIDEST_FIRST and (known is None or _rank(item) < _rank(known)):
            best[item.certainty] = item
    sure, maybe = best.get(Certainty.YES), best.get(Certainty.MAYBE)
    if maybe is not None and (sure is None or _rank(maybe) < _rank(sure)):
        return maybe, False
    return sure, True


def exposure_gap(snapshot: Snapshot, namespace: str) -> str:
    """Why it is not known what leads into a namespace; empty when it is.

    Files without any Gateways and routes describe a cluster without them.
    """
    supplied = [kind for kind in _ROUTES if snapshot.coverage.of(kind).state is not State.NOT_SUPPLIED]
    return _gap(snapshot, (SERVICE, INGRESS, *WORKLOAD_KINDS, *supplied), namespace)


_WIDEST_FIRST = (Zone.INTERNET, Zone.UNKNOWN, Zone.OUTSIDE, Zone.NODES)
"""What has no known place yet may turn out to be the internet."""


def _rank(item: Exposure) -> int:
    return _WIDEST_FIRST.index(item.zone)


# Quota, limits, account


def _bounds(snapshot: Snapshot, namespace: str) -> Part:
    name = "quota and limits"
    gap = _gap(snapshot, (RESOURCE_QUOTA, LIMIT_RANGE), namespace)
    if gap:
        return Part(name, None, "?", gap)
    quota = any(item.spec.hard for item in snapshot.within(RESOURCE_QUOTA, namespace))
    limits = any(item.spec.limits for item in snapshot.within(LIMIT_RANGE, namespace))
    match quota, limits:
        case True, True:
            return Part(name, 1.0, "both", "a ResourceQuota bounds the whole, a LimitRange each container")
        case True, False:
            return Part(name, 0.5, "quota", "a ResourceQuota bounds the whole; no LimitRange gives defaults")
        case False, True:
            return Part(
                name, 0.5, "limits", "a LimitRange bounds containers; no ResourceQuota bounds the whole"
            )
    return Part(name, 0.0, "none", "it may fill the cluster: there is neither ResourceQuota nor LimitRange")


def _default_account(snapshot: Snapshot, namespace: str) -> Part:
    name = "default account"
    bound = bindings_of_account(snapshot, namespace, "default")
    if bound:
        words = f"whatever names no account has rights by {bound[0].ref}"
        return Part(name, 0.0, "has rights", words)
    gap = next(iter(gaps(snapshot, namespace)), "") or _gap(snapshot, WORKLOAD_KINDS, namespace)
    if gap:
        return Part(name, None, "?", gap)
    using = [item for item in workloads_in(snapshot, namespace) if item.spec.account == "default"]
    carrying = [item for item in using if token_mounted(item.spec, namespace, snapshot)]
    if carrying:
        some = "1 workload runs" if len(carrying) == 1 else f"{len(carrying)} workloads run"
        return Part(
            name, 0.5, f"{len(carrying)} use it", f"{some} as it and carry its token; it has no rights"
        )
    if using:
        return Part(name, 1.0, "no token", "what runs as it carries no token")
    return Part(name, 1.0, "unused", "nothing runs as it, and nothing is bound to it")
