"""The key that asks what follows if the object in hand is compromised."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from textual.binding import Binding, BindingType

from ksec_tui.analysis.paths.subject import KINDS
from ksec_tui.analysis.workloads import top_owner
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.screens.asking import Asking
from ksec_tui.screens.history import Place


class Attacking(Asking):
    """Looking on from where an attacker may be."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("x", "follow", "If this is compromised: what follows", id="paths.follow"),
    ]

    def action_follow(self) -> None:
        """Show what follows if the object in hand is compromised."""
        row = self.row
        reason = self.disabled_reason("follow")
        if row is None or reason:
            self.say(reason, warning=True)
            return
        self.follow(self._taken(row.ref))

    def follow(self, ref: ObjectRef) -> None:
        """Show what follows if an object is compromised."""
        asked = replace(self.view.lens, blast=ref).asked
        for index, pane in enumerate(self.panes):
            for number, listing in enumerate(pane.listings):
                if listing.id == "taken":
                    self.go(Place(index, number, "", asked=asked))

    def _taken(self, ref: ObjectRef) -> ObjectRef:
        """The object, or what made it where that is what an attacker comes back to."""
        snapshot = self.view.state.snapshot
        found = snapshot.get(ref)
        return (
            top_owner(snapshot, found)
            if found is not None and ref.kind in ("Pod", "ReplicaSet", "Job")
            else ref
        )

    def disabled_reason(self, action: str) -> str:
        """Why an action can do nothing now; empty when it can."""
        if action == "follow":
            row = self.row
            if row is None:
                return "there is no row to look at"
            if row.ref.kind not in KINDS:
                return f"nobody takes over a {row.ref.kind}: choose a workload, ServiceAccount, user, group or node"
        return super().disabled_reason(action)
