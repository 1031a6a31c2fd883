"""Every way in which an answer can go wrong, and what has to come of a list that meets it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pytest
from _pytest.mark import ParameterSet

from ksec_tui.cluster.coverage import State
from tests.apiserver import Fault
from tests.apiserver.faults import Behaviour
from tests.apiserver.wire import Wire


@dataclass(frozen=True)
class Trouble:
    """One way to fail.

    Attributes:
        status: of the answer, where that is what is wrong.
        behaviour: what is wrong otherwise.
        state: of a list whose first page fails like this for ever.
        mends: whether another attempt is made, so that a failure which passes is not seen.
        seconds: what the server asks a client to wait.
        timed: it ends only when the client loses patience.
    """

    status: int | None = None
    behaviour: Behaviour | Wire = "answer"
    state: State = State.ERROR
    mends: bool = False
    seconds: int | None = None
    timed: bool = False

    def fault(self, match: str, *, page: int | None = None, times: int | None, location: str = "") -> Fault:
        """It, where a path matches."""
        return Fault(
            match,
            status=self.status,
            behaviour=self.behaviour,
            page=page,
            times=times,
            retry_after=self.seconds,
            location=location,
        )

    def __str__(self) -> str:
        if self.status is None:
            return self.behaviour
        return f"{self.status}{'' if self.seconds is None else '-retry-after'}"


REFUSALS = (
    Trouble(400),
    Trouble(401),
    Trouble(403, state=State.FORBIDDEN),
    Trouble(404, state=State.ABSENT),
    Trouble(409),
    Trouble(410, mends=True),
    Trouble(429, mends=True),
    Trouble(429, mends=True, seconds=1),
    Trouble(500, mends=True),
    Trouble(503, mends=True),
    Trouble(503, mends=True, seconds=1),
    Trouble(504, mends=True),
)
"""The server answers, and says no."""

BROKEN = tuple(
    Trouble(behaviour=behaviour, mends=True)
    for behaviour in (
        "reset",
        "cut",
        "cut_chunked",
        "silent_close",
        "no_http",
        "huge_header",
        "many_headers",
    )
)
"""No whole answer comes: another attempt may bring it."""

WRONG = tuple(
    Trouble(behaviour=behaviour)
    for behaviour in (
        "malformed",
        "wrong_content_type",
        "redirect",
        "no_items",
        "failure_as_success",
        "null",
        "protobuf",
        "nested",
        "empty",
        "no_content",
        "unknown_status",
        "short_length",
        "not_gzip",
        "gzip_bomb",
        "endless_body",
        "items_text",
        "metadata_number",
    )
)
"""An answer that is none, whatever was asked."""

WRONG_LISTS = tuple(Trouble(behaviour=behaviour) for behaviour in ("version_list", "token_number"))
"""An answer that is no list."""

TIMED = tuple(
    Trouble(behaviour=behaviour, timed=True)
    for behaviour in ("slow", "hang", "drip", "header_drip", "endless_trailer", "endless_informational")
)
"""An answer that never ends, or never begins."""

ANY = (*REFUSALS, *BROKEN, *WRONG)


def sampled(troubles: Sequence[Trouble]) -> list[ParameterSet]:
    """All of them, of which every fourth is tried each time and the rest where slow tests are."""
    return [
        pytest.param(trouble, marks=[pytest.mark.slow] if number % 4 else [], id=str(trouble))
        for number, trouble in enumerate(troubles)
    ]
