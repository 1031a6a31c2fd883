"""A decision on one finding: its state, why, by whom, until when, and on what evidence. Knows no clock."""

from __future__ import annotations

import datetime as dt
import re
from enum import Enum

import msgspec

from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.text import clean, one_line
from ksec_tui.findings.finding import Finding, fingerprint_of
from ksec_tui.triage.evidence import digests

ACCEPTED_DAYS = 30
"""Days for which a risk is accepted when nobody says otherwise."""
MAX_REASON = 2_000
MAX_OWNER = 200
MAX_ABOUT = 200
_LAST = dt.datetime(9000, 1, 1, tzinfo=dt.UTC)
_DAYS = re.compile(r"([0-9]{1,5})\s*d?")
_DIGEST = re.compile(r"[0-9a-f]{8}")


class State(Enum):
    """What was decided."""

    OPEN = "open"
    IN_PROGRESS = "in-progress"
    FALSE_POSITIVE = "false-positive"
    WONT_FIX = "wont-fix"
    ACCEPTED = "accepted"
    MITIGATED = "mitigated"

    @property
    def dismissed(self) -> bool:
        """Whether the finding no longer counts."""
        return self not in (State.OPEN, State.IN_PROGRESS)


class DecisionError(ValueError):
    """A decision that cannot be taken; one sentence."""


class Ruling(msgspec.Struct, frozen=True):
    """What is to hold for some findings.

    Attributes:
        state: the new state.
        at: the moment of deciding, ``2026-11-21T14:05:00Z`` or a date, in UTC.
        reason: why; required to dismiss.
        owner: who answers for it; required to accept.
        expires: the last day on which it holds, ISO 8601; empty for no end, for `ACCEPTED` 30 days after `at`.
    """

    state: State
    at: str
    reason: str = ""
    owner: str = ""
    expires: str = ""


class Decision(msgspec.Struct, frozen=True):
    """A ruling on one finding; independent of the cluster it was found in.

    Attributes:
        check: the check's id.
        object: `ObjectRef.id` of the finding's subject.
        state: what holds.
        at: when it was decided, ``2026-11-21T14:05:00Z``; of two decisions the later one holds.
        reason: why.
        owner: who answers for it.
        expires: the last day on which it holds; empty for no end.
        evidence: digests of what the finding rested on; empty when it holds on any evidence.
        about: the finding in words at that time, for those who read the file.
    """

    check: str
    object: str
    state: State
    at: str
    reason: str = ""
    owner: str = ""
    expires: str = ""
    evidence: tuple[str, ...] = ()
    about: str = ""

    @property
    def fingerprint(self) -> str:
        """That of the finding."""
        return fingerprint_of(self.check, self.object)

    @property
    def ref(self) -> ObjectRef:
        """The finding's subject."""
        group, kind, namespace, name = self.object.split("/", 3)
        return ObjectRef(namespace, kind, name, group)

    @property
    def rank(self) -> tuple[str, str]:
        """Of two decisions on one finding the one with the greater rank holds, whoever compares them."""
        return self.at, msgspec.json.encode(self).decode()


def decided(finding: Finding, ruling: Ruling, previous: Decision | None = None) -> Decision:
    """`ruling` on one finding; later than `previous`, whatever the clock says.

    Raises:
        DecisionError: a reason, owner or date is missing or malformed.
    """
    at = moment(ruling.at)
    if previous is not None and previous.at >= at:
        at = after(previous.at)
    expires = ruling.expires and day(ruling.expires)
    if ruling.state is State.ACCEPTED and not expires:
        expires = (dt.date.fromisoformat(at[:10]) + dt.timedelta(days=ACCEPTED_DAYS)).isoformat()
    words = finding.words if finding.evidence or finding.reason else ""
    decision = Decision(
        finding.check,
        finding.subject.id,
        ruling.state,
        at,
        plain(ruling.reason),
        plain(ruling.owner),
        expires,
        digests(finding) if ruling.state is not State.OPEN else (),
        plain(one_line(f"{finding.title}: {words}" if words else finding.title, MAX_ABOUT)),
    )
    check(decision)
    return decision


def check(decision: Decision) -> None:
    """See that a decision says what its state requires.

    Raises:
        DecisionError: it does not.
    """
    if not decision.check:
        raise DecisionError("check: the id of a check is missing")
    if decision.object.count("/") < 3:
        raise DecisionError("object: GROUP/KIND/NAMESPACE/NAME is expected, as in apps/Deployment/shop/web")
    if decision.state.dismissed and not decision.reason:
        raise DecisionError(f"reason: {decision.state.value} needs one")
    if decision.state is State.ACCEPTED and not decision.owner:
        raise DecisionError("owner: who accepts a risk must be said")
    if decision.state is State.ACCEPTED and not decision.expires:
        raise DecisionError("expires: an accepted risk needs a last day")
    if len(decision.reason) > MAX_REASON:
        raise DecisionError(f"reason: longer than {MAX_REASON:,} characters")
    if len(decision.owner) > MAX_OWNER:
        raise DecisionError(f"owner: longer than {MAX_OWNER} characters")
    if decision.expires:
        day(decision.expires)
    odd = next((piece for piece in decision.evidence if not _DIGEST.fullmatch(piece)), None)
    if odd is not None:
        raise DecisionError(f"evidence: {one_line(odd, 40)} is no digest of eight hex digits")


def plain(text: str) -> str:
    """A text on one line, without what would act on a terminal."""
    return " ".join(clean(text, MAX_REASON + 1).split())


def day(text: str) -> str:
    """A date, checked.

    Raises:
        DecisionError: it is none.
    """
    try:
        return dt.date.fromisoformat(text).isoformat()
    except ValueError:
        raise DecisionError(f"{one_line(text, 40)} is no date like 2026-12-21") from None


def last_day(text: str, today: dt.date) -> str:
    """The last day on which a decision holds, as somebody types it: a date, or days from today such as ``90d``.

    Args:
        text: what was typed; empty for no end.
        today: the day to count from.

    Raises:
        DecisionError: it is none, or past.
    """
    if not text:
        return ""
    days = _DAYS.fullmatch(text.lower())
    try:
        last = (today + dt.timedelta(days=int(days[1]))).isoformat() if days else day(text)
    except OverflowError:
        raise DecisionError(f"{one_line(text, 40)} is too far ahead") from None
    if last < today.isoformat():
        raise DecisionError(f"{one_line(last, 40)} is past; today is {today}")
    return last


def moment(text: str) -> str:
    """A moment in UTC; a mere date is its beginning.

    Raises:
        DecisionError: it is none, or beyond the year 9000.
    """
    try:
        read = dt.datetime.fromisoformat(text)
    except ValueError:
        raise DecisionError(f"{one_line(text, 40)} is no time like 2026-11-21T14:05:00Z") from None
    try:
        read = read.replace(tzinfo=dt.UTC) if read.tzinfo is None else read.astimezone(dt.UTC)
    except OverflowError:
        read = _LAST
    if read >= _LAST:
        raise DecisionError(f"{one_line(text, 40)} lies too far ahead")
    return read.isoformat(timespec="seconds").replace("+00:00", "Z")


def after(at: str) -> str:
    """One second after a moment."""
    later = dt.datetime.fromisoformat(at) + dt.timedelta(seconds=1)
    return later.isoformat(timespec="seconds").replace("+00:00", "Z")
