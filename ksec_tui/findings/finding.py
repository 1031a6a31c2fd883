"""A finding: what one check says of one object, with its evidence."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Sequence

import msgspec

from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.findings.verdict import Severity, Verdict

_FAIL = Verdict.FAIL


@functools.lru_cache(maxsize=16_384)
def fingerprint_of(check: str, object_id: str) -> str:
    """The fingerprint of what the check called `check` finds on the object whose `ObjectRef.id` is given."""
    return hashlib.sha256(f"{check}\n{object_id}".encode()).hexdigest()[:12]


class Evidence(msgspec.Struct, frozen=True, gc=False):
    """Why a check fails.

    Attributes:
        path: JSON pointer into the object, ``/spec/template/spec/hostPID``; empty for the whole.
        words: one plain sentence that names the value; free of list positions, so that it survives renumbering.
        ref: the object that `path` points into, when it is not the finding's subject.
        severity: when this piece alone is worse or better than the check's usual.
        basis: the words with all that they shorten to "and 2 more" written out, in no order that may change;
            empty when they say it all. Never shown: a decision holds for what it was taken on, not for the words.
    """

    path: str
    words: str
    ref: ObjectRef | None = None
    severity: Severity | None = None
    basis: str = ""


class Unknown(msgspec.Struct, frozen=True, gc=False):
    """What a check yields when it cannot tell, and why."""

    reason: str


class NotApplicable(msgspec.Struct, frozen=True, gc=False):
    """What a check yields when the question does not arise for this object, and why."""

    reason: str = ""


Outcome = Evidence | Unknown | NotApplicable


class Finding(msgspec.Struct, frozen=True, gc=False):
    """A FAIL or UNKNOWN of one check on one object; findings on pods stand at their top owner.

    Attributes:
        check: the check's id.
        title: the check's title.
        verdict: FAIL or UNKNOWN.
        severity: context-free; that of the worst evidence.
        subject: the object; `CLUSTER` for what concerns all of it.
        evidence: at least one piece for a FAIL, none for an UNKNOWN.
        reason: why it is UNKNOWN.
        reaches: names of the pods that run with it.
        system: whether it is about a component of Kubernetes itself.
        fixable: whether the check knows a fix for it, be it one by hand.
    """

    check: str
    title: str
    verdict: Verdict
    severity: Severity
    subject: ObjectRef
    evidence: tuple[Evidence, ...] = ()
    reason: str = ""
    reaches: tuple[str, ...] = ()
    system: bool = False
    fixable: bool = False
    threats: tuple[str, ...] = ()

    @property
    def fingerprint(self) -> str:
        """Twelve hex digits that stay the same through refreshes, renumbering and other clusters' objects."""
        return fingerprint_of(self.check, self.subject.id)

    @property
    def words(self) -> str:
        """The one-line reason: the first piece of evidence (and how many more), or why it is unknown."""
        if self.verdict is Verdict.UNKNOWN:
            return self.reason
        more = f" (+{len(self.evidence) - 1} more)" if len(self.evidence) > 1 else ""
        return f"{self.evidence[0].words}{more}"

    @property
    def haystack(self) -> str:
        """The lower-cased text that a plain filter word is looked up in."""
        return self.text.lower()

    @property
    def text(self) -> str:
        """The text that is searched: id, title, object, evidence."""
        subject = self.subject
        said = " ".join(piece.words for piece in self.evidence)
        return f"{self.check} {self.title} {subject.kind} {subject.path} {self.reason} {said}"

    def facet(self, name: str) -> Sequence[str]:
        """The values of a filter field (``sev``, ``ns``, ``kind``, ``rule``, …); empty when it has none."""
        subject = self.subject
        match name:
            case "sev":
                return (self.severity.word,) if self.verdict is Verdict.FAIL else ()
            case "ns":
                return (subject.name if subject.kind == "Namespace" else subject.namespace,)
            case "kind":
                return (subject.kind,)
            case "name":
                return (subject.name,)
            case "rule":
                return (self.check,)
            case "verdict":
                return (self.verdict.value,)
            case "lens":
                return self.threats
            case "path":
                return tuple(piece.path for piece in self.evidence)
            case "is":
                return self._states()
        return ()

    def _states(self) -> tuple[str, ...]:
        flags = {
            "fixable": self.fixable,
            "system": self.system,
            "unknown": self.verdict is Verdict.UNKNOWN,
            "risky": self.verdict is Verdict.FAIL and self.severity >= Severity.MEDIUM,
        }
        return tuple(name for name, holds in flags.items() if holds)


def worst(findings: Sequence[Finding]) -> Finding | None:
    """The worst of some findings: FAIL before UNKNOWN, then by severity."""
    return min(findings, key=rank, default=None)


def rank(finding: Finding) -> tuple[int, int, str, ObjectRef]:
    """The order of a list of findings: worst first, then by check and object; system components last."""
    return (
        int(finding.system) * 10 + int(finding.verdict is not _FAIL),
        -int(finding.severity),
        finding.check,
        finding.subject,
    )
