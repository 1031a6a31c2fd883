"""Findings and decisions that the tests of triage share."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from hypothesis import strategies as st

from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.text import clean
from ksec_tui.findings.finding import Evidence, Finding
from ksec_tui.findings.verdict import Severity, Verdict
from ksec_tui.triage.decision import Decision, Ruling, State, plain
from tests.strategies import HOSTILE_TEXTS

TODAY = dt.date(2026, 11, 21)
WEB = ObjectRef("shop", "Deployment", "web", "apps")
DISMISSALS = tuple(state for state in State if state.dismissed)


def finding(
    *pieces: Evidence | str,
    check: str = "wl-privileged",
    subject: ObjectRef = WEB,
    reaches: tuple[str, ...] = (),
) -> Finding:
    """A FAIL with this evidence, texts standing for evidence about the whole object."""
    evidence = tuple(Evidence("", piece) if isinstance(piece, str) else piece for piece in pieces)
    return Finding(
        check,
        "Privileged container",
        Verdict.FAIL,
        Severity.HIGH,
        subject,
        evidence or (Evidence("/spec/template/spec/containers/0", "container web runs privileged"),),
        reaches=reaches,
    )


def unknown(reason: str) -> Finding:
    """An UNKNOWN on the same object."""
    return Finding(
        "wl-privileged", "Privileged container", Verdict.UNKNOWN, Severity.HIGH, WEB, reason=reason
    )


def ruling(state: State = State.ACCEPTED, at: str = "2026-11-21", expires: str = "") -> Ruling:
    """A ruling that says all that its state requires."""
    return Ruling(state, at, "it is needed", "ann", expires)


def text_of(path: Path) -> str:
    """A file as text, line ends as they are."""
    return path.read_bytes().decode()


_texts = st.one_of(st.sampled_from(HOSTILE_TEXTS), st.text(max_size=30))
names = st.one_of(st.sampled_from(["web", "a: b", "x #1", "- y", " a  b ", "yes", "0x1f", "1e3"]), _texts)
reasons = st.one_of(st.sampled_from(["needed", "see: #3", "'q\" \\", "é 店 😀", "~", "2026-11-21"]), _texts)
moments = st.integers(0, 5).map("2026-01-01T00:00:0{}Z".format)


@st.composite
def decisions(draw: st.DrawFn) -> Decision:
    """Any decision that a file may hold; few findings, so that decisions meet."""
    state = draw(st.sampled_from(State))
    name = clean(draw(names))
    expires = draw(st.sampled_from(["", "2026-12-21"])) or ("2026-12-21" if state is State.ACCEPTED else "")
    return Decision(
        draw(st.sampled_from(["wl-privileged", "rbac-bind"])),
        f"apps/Deployment/shop/{name}",
        state,
        draw(moments),
        plain(draw(reasons)) or "needed",
        plain(draw(reasons)) or "ann",
        expires,
        tuple(sorted(set(draw(st.lists(st.sampled_from(["00000000", "12345678", "1234e678", "abcdef01"])))))),
        plain(draw(reasons)),
    )
