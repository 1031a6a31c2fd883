"""What each policy selects and admits, in which order it decides, and whether it changes anything at all."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from ksec_tui.analysis.network.engines import FOREIGN
from ksec_tui.analysis.network.policy_effects import Effect, clause_words, effects
from ksec_tui.analysis.network.rules import DIRECTIONS, Direction, Policy, Tier
from ksec_tui.cluster.kinds import (
    ADMIN_NETWORK_POLICY,
    BASELINE_ADMIN_NETWORK_POLICY,
    CLUSTER_NETWORK_POLICY,
    CUSTOM_RESOURCE,
    NETWORK_POLICY,
)
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.text import one_line
from ksec_tui.screens.pane import (
    Listing,
    Row,
    View,
    name_column,
    namespace_column,
    object_row,
    risk_column,
    value_column,
    why_column,
)
from ksec_tui.screens.panes.network_notice import notice
from ksec_tui.screens.widgets.columns import Cell

ORDER = {Tier.ADMIN: 0, Tier.NAMESPACE: 1, Tier.BASELINE: 2}
MANY = 4
"""Workloads that are named."""


def policy_rows(view: View) -> Sequence[Row]:
    """One row for each policy in the order in which they decide; then kinds that are not read."""
    found = [_policy(view, effect) for effect in effects(view.state.snapshot).values()]
    found.sort(key=lambda row: (row.values["place"], row.ref))
    return [*found, *_foreign(view)]


def _policy(view: View, effect: Effect) -> Row:
    policy, snapshot = effect.policy, view.state.snapshot
    found = snapshot.get(policy.ref)
    values = {
        "place": (ORDER[policy.tier], policy.priority),
        "tier": tier_words(policy),
        "selects": _selects(view, effect),
        "directions": _directions(policy),
        "admits": _admits(policy),
        "effect": _remark(effect),
    }
    notes = (*_rule_notes(policy), *effect.remarks)
    return object_row(
        view,
        policy.ref,
        values,
        subjects="networkpolicies",
        labels=found.metadata.labels if found is not None else None,
        notes=notes,
    )


def tier_words(policy: Policy) -> str:
    """``Admin 10``, ``Baseline``, and for NetworkPolicies, which have no order, a dash."""
    if policy.tier is Tier.NAMESPACE:
        return "—"
    return f"{policy.tier.value} {policy.priority}" if policy.priority else policy.tier.value


def _selects(view: View, effect: Effect) -> Cell | str:
    policy = effect.policy
    if not effect.pods and not effect.bits:
        return Cell("nothing", "low")
    pods = f"{effect.pods:,} pod{'s' if effect.pods != 1 else ''}"
    subject = policy.subject
    if subject is not None and not subject.pods and not subject.namespaces:
        return (
            f"every pod ({effect.pods:,})"
            if policy.tier is Tier.NAMESPACE
            else f"every pod of all ({effect.pods:,})"
        )
    names = [item.ref.name for item in islice(effect.workloads(view.state.snapshot), MANY + 1)]
    more = ", …" if len(names) > MANY else ""
    return one_line(f"{pods}: {', '.join(names[:MANY])}{more}", 100)


def _directions(policy: Policy) -> str:
    words = {"ingress": "in", "egress": "out"}
    return "+".join(words[way] for way in DIRECTIONS if policy.rules(way) is not None) or "none"


def _admits(policy: Policy) -> Cell | str:
    said = [text for way in DIRECTIONS if (text := _side(policy, way))]
    wide = any(
        clause.anyone and clause.ports.fixed.all_ports
        for way in DIRECTIONS
        for clause in policy.rules(way) or ()
    )
    words = one_line("; ".join(said), 200)
    if not wide:
        return Cell(words, "pass") if words.startswith("in: nothing") else words
    return Cell(words, "medium")


def _side(policy: Policy, way: Direction) -> str:
    rules = policy.rules(way)
    if rules is None:
        return ""
    lead = "in: " if way == "ingress" else "out: "
    if not rules:
        return f"{lead}nothing"
    first = clause_words(rules[0], policy.ref.namespace)
    more = f" (+{len(rules) - 1} rule{'s' if len(rules) > 2 else ''})" if len(rules) > 1 else ""
    plain = policy.tier is Tier.NAMESPACE
    return lead + (first.removeprefix("allows ") if plain else first) + more


def _rule_notes(policy: Policy) -> Sequence[str]:
    found = []
    for way in DIRECTIONS:
        rules = policy.rules(way)
        if rules is None:
            continue
        if not rules:
            found.append(f"{way.capitalize()}: nothing is allowed")
        found += [
            f"{way.capitalize()} rule #{rule.number} {clause_words(rule, policy.ref.namespace)}"
            for rule in rules
        ]
    return found


def _remark(effect: Effect) -> Cell | str:
    if effect.idle:
        return Cell(one_line(effect.remarks[0], 120), "low")
    if not effect.remarks:
        return ""
    more = f" (+{len(effect.remarks) - 1})" if len(effect.remarks) > 1 else ""
    return Cell(one_line(effect.remarks[0], 120) + more, "low")


def _foreign(view: View) -> Sequence[Row]:
    """A row for each kind of policy that the cluster knows and this program does not."""
    found = []
    for item in view.state.snapshot.of(CUSTOM_RESOURCE):
        engine = FOREIGN.get(item.name)
        if engine is not None:
            words = f"policies of {engine} may apply besides: their kind is defined here and is not read"
            values = {
                "tier": engine,
                "selects": Cell("?", "unknown"),
                "admits": Cell("?", "unknown"),
                "effect": Cell("not read", "unknown"),
            }
            ref = ObjectRef("", item.ref.kind, item.name, item.ref.group)
            found.append(object_row(view, ref, values, key=f"foreign:{item.name}", notes=(words,)))
    return found


LISTING = Listing(
    "policies",
    "Policies",
    (NETWORK_POLICY, CLUSTER_NETWORK_POLICY, ADMIN_NETWORK_POLICY, BASELINE_ADMIN_NETWORK_POLICY),
    (
        risk_column(),
        value_column("tier", "TIER", width=9, min_width=8, priority=6),
        namespace_column(),
        name_column(width=20, min_width=14),
        value_column("directions", "WAY", width=6, min_width=6, priority=4),
        value_column("selects", "SELECTS", width=24, min_width=12, grow=2, priority=1),
        value_column("admits", "ADMITS", width=34, min_width=18, grow=3, priority=1),
        value_column("effect", "OF NO EFFECT", width=24, min_width=14, grow=2, priority=3),
        why_column(priority=7),
    ),
    policy_rows,
    frozenset({"NetworkPolicy", "ClusterNetworkPolicy", "AdminNetworkPolicy", "BaselineAdminNetworkPolicy"}),
    "there is no NetworkPolicy: every pod can reach every pod",
    notice,
)
