"""One try of a plan: carried out, judged, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.finding import Finding
from ksec_tui.findings.verdict import Verdict
from ksec_tui.fixes.flows import lost_needs, policies_over
from ksec_tui.fixes.judging import Judge, Verdicts
from ksec_tui.fixes.plan import FixPlan, Staged
from ksec_tui.fixes.trial import Carrier, Patched


class Trouble(msgspec.Struct, frozen=True):
    """One reason why a plan must not be carried out as it is.

    Attributes:
        reason: in words.
        about: the objects that it is about.
        staged: the finding that stays though its fix was carried out; None for other trouble.
        network: whether it is a connection that is cut off.
    """

    reason: str
    about: frozenset[ObjectRef]
    staged: Finding | None = None
    network: bool = False

    def words(self, item: Staged) -> str:
        """The reason as seen from `item`."""
        if self.staged is None:
            return self.reason
        same = self.staged == item.finding
        what = "its finding" if same else f"{self.staged.check} on {self.staged.subject}"
        return f"it does not remove {what}: {self.reason}."


class Trial(msgspec.Struct, frozen=True):
    """Some fixes carried out and judged."""

    plan: FixPlan
    patched: Patched
    verdicts: Verdicts
    troubles: tuple[Trouble, ...]


class Trials:
    """Tries plans on one Snapshot."""

    def __init__(self, snapshot: Snapshot, carrier: Carrier, judge: Judge) -> None:
        self._snapshot = snapshot
        self._carrier = carrier
        self._judge = judge

    def attempt(self, plan: FixPlan) -> Trial:
        """Carry out and judge; a plan that cannot be carried out is told with trouble alone.

        Raises:
            Cancelled: the search was given up.
        """
        patched = self._carrier.carry_out(plan)
        if patched.failures:
            failed = [item for item in plan.staged if item.fingerprint in patched.failures]
            told = tuple(Trouble(patched.failures[item.fingerprint], refs_of(item)) for item in failed)
            return Trial(plan, patched, Verdicts((), (), {}), told)
        verdicts = self._judge.judge(patched, [item.finding for item in plan.staged])
        return Trial(plan, patched, verdicts, tuple(self._troubles(plan, patched, verdicts)))

    def _troubles(self, plan: FixPlan, patched: Patched, verdicts: Verdicts) -> Iterable[Trouble]:
        for item in plan.staged:
            stays = verdicts.stays(item.finding)
            if stays is not None and not _expected(stays, item):
                yield Trouble(stays.words.rstrip("."), _about(stays), item.finding)
        for finding in verdicts.added:
            yield Trouble(_said(finding), _about(finding))
        for need in lost_needs(self._snapshot, patched.snapshot, patched.after):
            # What closes it is a policy that the plan makes or changes.
            closing = frozenset(policies_over(patched.snapshot, need)) & patched.items.keys()
            ends = frozenset({need.target} if need.caller is None else {need.target, need.caller})
            yield Trouble(f"it would cut off what is needed: {need.words}.", closing or ends, network=True)


def _expected(stays: Finding, item: Staged) -> bool:
    """Whether all that stays of a finding is what its fix said that it leaves."""
    return bool(item.fix.leaves) and all(piece.words in item.fix.leaves for piece in stays.evidence)


def _about(finding: Finding) -> frozenset[ObjectRef]:
    return frozenset({finding.subject, *(piece.ref for piece in finding.evidence if piece.ref is not None)})


def _said(finding: Finding) -> str:
    words = finding.words.rstrip(".")
    if finding.verdict is Verdict.UNKNOWN:
        return f"it would make {finding.check} unknown on {finding.subject}: {words}."
    return f"it would bring {finding.check} on {finding.subject}: {words}."


def refs_of(item: Staged) -> frozenset[ObjectRef]:
    """What a fix is for and what it changes."""
    return frozenset({item.finding.subject, *(change.target for change in item.fix.changes)})
