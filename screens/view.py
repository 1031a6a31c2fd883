"""What the panes draw from, and where a row stands in a tree."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ksec_tui.findings.runner import Results
from ksec_tui.fixes.hunks import Hunk
from ksec_tui.fixes.plan import FixPlan
from ksec_tui.screens.ledger import Ledger
from ksec_tui.screens.lens import NOBODY, Lens
from ksec_tui.screens.proof import Proof
from ksec_tui.session import State

if TYPE_CHECKING:
    from ksec_tui.screens.pane import Row


@dataclass(frozen=True, slots=True)
class Branch:
    """Where a row stands in a tree.

    Attributes:
        depth: 0 for those that stand below nothing.
        above: the key of the row that it stands below; empty at the top.
        is_open: whether what is below it is shown; None when nothing is.
        hunk: the piece of a fix that it is, or the first below it.
        conflict: the fingerprints of the fixes at odds that it tells of.
    """

    depth: int
    above: str = ""
    is_open: bool | None = None
    hunk: Hunk | None = None
    conflict: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class View:
    """What the panes draw from.

    Attributes:
        state: the newest State.
        plan: the staged fixes.
        ascii: draw with ASCII characters only.
        staged: fingerprints of the findings in the plan.
        lens: whose rights rows show, whom rights are compared with, who-can's question.
        proof: the newest proof of a plan; perhaps of another one.
        turned: keys of the rows of trees that are not as they are at first: closed for open, open for closed.
        ledger: what was decided of findings, and what differs from the last time.
        keep: which rows a list that is built from the shown ones is built from; None for all.
    """

    state: State
    plan: FixPlan
    ascii: bool = False
    staged: frozenset[str] = frozenset()
    lens: Lens = NOBODY
    proof: Proof | None = None
    turned: frozenset[str] = frozenset()
    ledger: Ledger = field(default_factory=Ledger)
    keep: Callable[[Row], bool] | None = None

    @classmethod
    def of(cls, state: State, plan: FixPlan, *, ascii: bool, lens: Lens | None = None) -> View:  # noqa: A002
        """A view with the fingerprints of the staged findings looked up."""
        staged = frozenset(item.fingerprint for item in plan.staged)
        return cls(state, plan, ascii, staged, lens or NOBODY)

    def with_plan(self, plan: FixPlan) -> View:
        """The same of another plan."""
        return replace(self, plan=plan, staged=frozenset(item.fingerprint for item in plan.staged))

    @property
    def results(self) -> Results:
        """What was found that counts: without what is dismissed."""
        return self.ledger.judged(self.state).results

    @property
    def shown_proof(self) -> Proof | None:
        """The proof to show: where the cluster is followed that of a moment ago stays until there is a newer one."""
        if self.proof is not None and self.state.link is not None and self.proof.plan == self.plan:
            return self.proof
        return self.proven

    @property
    def proven(self) -> Proof | None:
        """The proof of this plan on this State; None while there is none."""
        return self.proof if self.proof is not None and self.proof.holds(self.state, self.plan) else None
