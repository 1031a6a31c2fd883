"""Pane 9: the plan: what is staged, object by object, how each fix stands, and what all of them do."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from typing import Any

from ksec_tui.analysis.rbac.identity import Who
from ksec_tui.cluster.ref import CLUSTER, ObjectRef
from ksec_tui.cluster.text import one_line
from ksec_tui.fixes.effects import Effects
from ksec_tui.screens.pane import Listing, Pane, Row, View, name_column, value_column
from ksec_tui.screens.plan_rows import TOP, plan_rows
from ksec_tui.screens.proof import summary
from ksec_tui.screens.widgets.columns import Cell, Column, natural, text_of

ATTACKS = 50
"""Ways of attackers that have a row of their own, of those that go, come, or get harder."""


def _column(name: str, title: str, **shape: Any) -> Column[Row]:
    """A column of the tree: all of a branch is ordered by the row at its top, and so stays together."""

    def order(row: Row) -> Any:
        ref, values = row.values[TOP]
        return natural(ref if name == "what" else text_of(values.get(name, ""))), natural(ref)

    return dataclasses.replace(value_column(name, title, **shape), sort=order)


def effect_rows(view: View) -> Sequence[Row]:
    """One row for each thing that the proven part of the plan does to the cluster."""
    proof = view.shown_proof
    return [] if proof is None else list(_effects(proof.effects))


def _effects(found: Effects) -> Iterator[Row]:
    told: list[tuple[str, ObjectRef, str, str]] = []
    told += [
        ("findings", CLUSTER, f"{count:,} {severity.word} go{'es' if count == 1 else ''}", severity.word)
        for severity, count in found.removed
    ]
    told += [
        ("findings", CLUSTER, f"{count:,} {severity.word} would be new: their cause is refused", "error")
        for severity, count in found.added
    ]
    told += [
        ("level", item.ref, f"{item.before} → {item.after}", "pass" if item.better else "error")
        for item in found.levels
    ]
    told += [
        ("namespace", ObjectRef("", "Namespace", item.name), item.words, "pass") for item in found.namespaces
    ]
    told += [("way in", item.workload, f"closed: {item.words}", "pass") for item in found.closed]
    told += [("way in", item.workload, f"opened: {item.words}", "error") for item in found.opened]
    told += list(_attacks(found))
    told += [("rights", _account(item.who), item.words, "") for item in found.rights]
    told += [("connections", CLUSTER, words, "") for words in found.connections]
    told += [("rollout", item.ref, item.words, "warning") for item in found.rollouts]
    told += [
        ("may break", item.finding.subject, f"{item.fix.title}: {item.fix.may_break}", "medium")
        for item in found.breaks
    ]
    for number, (kind, ref, words, style) in enumerate(told):
        text = one_line(f"{kind} {ref} {words}")
        values = {"effect": kind, "words": Cell(one_line(words), style)}
        notes = (one_line(words),)
        yield Row(f"{number}", ref, (), values, judged=True, text=text, haystack=text.lower(), notes=notes)


def _attacks(found: Effects) -> Iterator[tuple[str, ObjectRef, str, str]]:
    """The ways of attackers that go and come, the gravest first."""
    for verb, ways, style in (
        ("opened", found.attacks.opened, "error"),
        ("cut", found.attacks.cut, "pass"),
        ("harder", found.attacks.harder, ""),
    ):
        for item in ways[:ATTACKS]:
            yield "attack path", CLUSTER, f"{verb}: {item.lens.words}: {item.words}", style
        if len(ways) > ATTACKS:
            yield "attack path", CLUSTER, f"{verb}: {len(ways) - ATTACKS:,} more", style


def _account(who: Who) -> ObjectRef:
    """The object that a subject is; users and groups are none."""
    return ObjectRef(who.namespace, who.kind, who.name) if who.is_account else CLUSTER


PANE = Pane(
    "fixes",
    9,
    "Fixes",
    "The staged fixes, object by object: each is proven on the loaded state before it is written. "
    "h and l fold, i goes through them piece by piece, e edits a patch, s takes a fix out, E exports.",
    (
        Listing(
            "plan",
            "Plan",
            (),
            (
                _column("what", "OBJECT, FIX, CHANGE", width=46, min_width=32, grow=4, priority=0),
                _column("state", "STATE", width=12, min_width=11, priority=0),
                _column("risk-of-fix", "RISK", width=11, min_width=6, priority=2),
                _column("change", "CHANGE", width=7, min_width=6, priority=3),
                _column("manager", "BY", width=8, min_width=4, priority=4),
                _column("goes", "GO", width=3, min_width=3, right=True, priority=3),
                _column("server", "SERVER", width=9, min_width=8, priority=6),
                _column("why", "WHY", width=26, min_width=24, grow=3, priority=1),
                _column("check", "CHECK", width=20, min_width=12, priority=5),
            ),
            plan_rows,
            empty="nothing is staged yet: s on a finding stages its fix",
            notice=lambda view: summary(view.plan, view.shown_proof) if view.plan.staged else "",
        ),
        Listing(
            "effects",
            "Effects",
            (),
            (
                value_column("effect", "EFFECT", width=12, min_width=9, priority=0),
                name_column("OBJECT", width=24, namespaced=True),
                value_column("words", "WHAT", width=60, min_width=30, grow=4, priority=0),
            ),
            effect_rows,
            empty="nothing is proven yet: what the staged fixes do to the cluster stands here",
            notice=lambda view: summary(view.plan, view.shown_proof) if view.plan.staged else "",
        ),
    ),
    aliases=("cart", "plan", "fix"),
    badge=lambda view: str(len(view.plan.staged) or ""),
)
