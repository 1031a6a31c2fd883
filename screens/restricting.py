"""The key that brings workloads to Pod Security restricted: all that it takes as one staged fix."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import work
from textual.binding import Binding, BindingType
from textual.message import Message

from ksec_tui.analysis.workloads import Workload
from ksec_tui.checks import all_checks
from ksec_tui.fixes.plan import FixPlan
from ksec_tui.fixes.restricted import LEVEL
from ksec_tui.fixes.restricted_plan import lead, staged_way
from ksec_tui.fixes.wholes import missing
from ksec_tui.screens.copying import Copying
from ksec_tui.screens.details.restricted import way, workload_of
from ksec_tui.screens.pane import View


class Restricting(Copying):
    """Bringing workloads to restricted."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("B", "restricted", f"Bring it to Pod Security {LEVEL}", id="fix.restricted"),
    ]

    class WayFound(Message):
        """Ways to restricted were worked out off the UI thread, on top of the plan `before`."""

        def __init__(self, before: FixPlan, plan: FixPlan, words: str) -> None:
            super().__init__()
            self.before = before
            self.plan = plan
            self.words = words

    def _workloads(self) -> list[Workload]:
        rows = self.table.marked_rows() or ([self.row] if self.row else [])
        snapshot = self.view.state.snapshot
        found = [item for row in rows if (item := workload_of(snapshot, row.ref)) is not None]
        return list({item.ref: item for item in found}.values())

    def action_restricted(self) -> None:
        """Stage all that brings the marked workloads or that of the row in hand to restricted, or take it out."""
        wanted = self._workloads()
        if not wanted:
            self.say(self.disabled_reason("restricted"), warning=True)
            return
        self.say(f"looking for the way to {LEVEL} …")
        self._find_way(wanted, self.view)

    @work(thread=True, group="fixes", exit_on_error=False)
    def _find_way(self, wanted: Sequence[Workload], view: View) -> None:
        state, plan = view.state, view.plan
        said: list[str] = []
        for workload in wanted:
            name = f"{workload.ref.kind} {workload.ref.name}"
            reach = way(state.snapshot, workload, self.session.whole)
            staged = staged_way(plan, reach)
            if staged is not None:
                plan = plan.unstage(staged.fingerprint)
                said.append(f"the way of {name} to {LEVEL} is taken out of the plan")
                continue
            documents = missing(reach.fix, state.snapshot, self.session.whole)
            led = lead(plan, reach, state.snapshot, state.results, all_checks(), documents=documents)
            plan = led.plan
            if led.reason:
                said.append(f"{name}: {led.reason}")
            elif reach.reached:
                said.append(f"staged: {name} to {LEVEL}")
            else:
                said.append(f"staged: {name} towards {LEVEL}; {len(reach.reasons)} more by hand")
        words = said[0] if len(said) == 1 else f"{len(said)} workloads: {said[0]}; …"
        self.post_message(self.WayFound(view.plan, plan, words))

    def on_restricting_way_found(self, message: WayFound) -> None:
        """Put what was found into the plan, unless that has changed meanwhile."""
        if message.before != self.view.plan:
            self.say(
                f"the plan has changed meanwhile: press {self.key('fix.restricted')} again", warning=True
            )
            return
        if message.plan != message.before:
            self._change(message.plan)
        self.say(message.words)

    def disabled_reason(self, action: str) -> str:
        """Why an action can do nothing now; empty when it can."""
        if action == "restricted" and not self._workloads():
            return "this is no workload"
        return super().disabled_reason(action)
