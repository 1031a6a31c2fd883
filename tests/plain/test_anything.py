"""Whatever is said in whatever order, linear mode answers, writes no control character, and ends cleanly."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.plain.conftest import SMALL, TODAY
from tests.plain.dialogue import talk
from tests.plain.test_talk import CONTROL

PLACES = (
    "priorities", "findings", "findings sev:>=high", "namespaces", "rbac", "network", "workloads", "versions",
    "coverage", "plan", "triage", "home",
)  # fmt: skip
WORDS = (
    "more", "", "again", "back", "undo", "redo", "?", "stage", "unstage", "prove", "decide", "next", "previous", ".",
    "filter sev:high", "filter", "filter x:y", "group none", "group object", "dismissed", "effects", "diff", "review",
    "prefer 1", "unstage 1", "ask", "yes", "no", "who get pods", "can user:jane get pods", "reach a b 1", "view x",
    "stage 1", "because", "ann", "3d", "refresh", "export out",
)  # fmt: skip
ANSWER = st.one_of(
    st.sampled_from(PLACES),
    st.sampled_from(WORDS),
    st.integers(1, 12).map(str),
    st.text(max_size=12).filter(lambda text: not text.strip().lower().startswith("q")),
)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(answers=st.lists(ANSWER, min_size=20, max_size=60))
def test_no_answer_breaks_the_conversation(answers: list[str]) -> None:
    with tempfile.TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch:
        patch.chdir(name)
        Path("shop.yaml").write_text(SMALL, encoding="utf-8")
        talked = talk(patch, ("-f", "shop.yaml", *TODAY, "--triage", "triage.yaml", "--no-state"), *answers)
    assert talked.code == 0, talked.err
    assert talked.out.endswith("Goodbye.\n")
    assert CONTROL.search(talked.out) is None
