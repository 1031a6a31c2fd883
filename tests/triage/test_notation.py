"""Reading a triage file that nobody vouches for: what is bad is named with its line, the rest counts."""

from __future__ import annotations

import pytest

from ksec_tui.triage.decision import State
from ksec_tui.triage.notation import MAX_FILE, TriageError, read
from tests.triage.values import TODAY, finding

HEAD = "schema: ksec-triage/1\ndecisions:\n"
ENTRY = """\
  - check: wl-privileged
    object: apps/Deployment/shop/web
    state: wont-fix
    at: 2026-11-21
    reason: needed
"""
GOOD = HEAD + ENTRY


def entry(**fields: str) -> str:
    usual = {
        "check": "wl-host-pid",
        "object": "apps/Deployment/shop/web",
        "state": "wont-fix",
        "at": "2026-11-21",
        "reason": "needed",
    }
    listed = [f"{key}: {value}" for key, value in {**usual, **fields}.items() if value]
    return "  - " + "\n    ".join(listed) + "\n"


def test_an_entry_written_by_hand_needs_no_fingerprint_and_no_evidence() -> None:
    triage = read(GOOD.encode(), "t.yaml").triage
    assert triage.standing(finding(), TODAY).state is State.WONT_FIX


@pytest.mark.parametrize("text", ["", "\n", "# nothing yet\n", "schema: ksec-triage/1\n", HEAD])
def test_a_file_that_says_nothing_decides_nothing(text: str) -> None:
    assert read(text.encode(), "t.yaml").triage.decisions == {}


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (entry(state="acepted"), "state: there is no acepted (did you mean accepted?)"),
        (entry(expirs="2026-12-21"), "there is no field expirs (did you mean expires?)"),
        (entry(reason=""), "reason: wont-fix needs one"),
        (entry(state="accepted", owner="ann"), "expires: an accepted risk needs a last day"),
        (entry(state="accepted", expires="2026-12-21"), "owner"),
        (entry(expires="soon"), "soon is no date"),
        (entry(at="yesterday"), "yesterday is no time"),
        (entry(at=""), "at is missing"),
        (entry(object="web"), "GROUP/KIND/NAMESPACE/NAME"),
        (entry(finding="814fb06a9e03"), "is not that of this check and object"),
        (entry(reason="12"), "reason: a text is expected; put it in quotes"),
        (entry(reason="{a: b}"), "reason: a text is expected"),
        (entry(evidence="12345678"), "evidence: a list is expected"),
        (entry(evidence="[12345678]"), "evidence: digests are texts"),
        (entry(evidence="[xyz]"), "xyz is no digest"),
        (entry(owner="x" * 201), "owner: longer than 200 characters"),
        (entry().replace("    at:", "    state: open\n    at:"), "state is there twice"),
        ("  - just text\n", "a mapping is expected"),
        ("  -\n", "a mapping is expected"),
        (entry(reason=r'"\e[2J"', at=r'"\e]0;x\a"'), "␛]0;x␇ is no time"),
    ],
)
def test_a_bad_entry_is_named_with_its_line_and_the_others_count(bad: str, words: str) -> None:
    found = read((GOOD + bad + entry(check="wl-host-ipc")).encode(), "t.yaml")
    (problem,) = found.problems
    assert problem.line == 8
    assert words in problem.reason
    assert sorted(item.check for item in found.triage.decisions.values()) == ["wl-host-ipc", "wl-privileged"]


def test_of_two_entries_on_one_finding_the_later_counts_and_the_other_is_named() -> None:
    later = entry(check="wl-privileged", state="mitigated", at="2026-11-22")
    for text, line, holding in ((GOOD + later, 3, 8), (HEAD + later + ENTRY, 8, 3)):
        found = read(text.encode(), "t.yaml")
        assert [item.state for item in found.triage.decisions.values()] == [State.MITIGATED], text
        (problem,) = found.problems
        assert (problem.line, f"line {holding}" in problem.reason) == (line, True)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("schema: ksec-triage/1\ndecisions:\n  - {check: [}\n", "t.yaml:3: not valid YAML"),
        ("a: b\n", "t.yaml:1: schema is missing"),
        ("schema: ksec-triage/2\n", "schema is ksec-triage/2; ksec-triage/1 is expected"),
        ("schema: ksec-triage/1\ndecsions: []\n", "there is no field decsions (did you mean decisions?)"),
        ("schema: ksec-triage/1\ndecisions: {a: b}\n", "one list is expected"),
        (GOOD + "decisions: []\n", "one list is expected"),
        (GOOD + "---\n" + GOOD, "t.yaml:9: a second document"),
        ("- a\n", "a mapping with schema and decisions is expected"),
        ("schema: ksec-triage/1\ndecisions: !!python/object:os.system [x]\n", "t.yaml:2: the tag"),
        ("schema: ksec-triage/1\ndecisions: [*x]\n", "has no anchor"),
        ("schema: ksec-triage/1\ndecisions: " + "[" * 300 + "]" * 300, "nested deeper"),
        ("schema: &a [x]\ndecisions:\n" + "  - *a\n" * 1_001, "more than 1,000 aliases"),
        ("schema: \x1b\n", "t.yaml:1: not readable as text"),
    ],
)
def test_a_file_that_is_none_is_refused_with_its_line(text: str, words: str) -> None:
    with pytest.raises(TriageError) as caught:
        read(text.encode(), "t.yaml")
    assert words in str(caught.value)


@pytest.mark.parametrize("data", [b"\xff\xfe\x00", b"\x80abc", b"x: " + b"a" * MAX_FILE])
def test_what_is_no_text_or_too_much_is_refused(data: bytes) -> None:
    with pytest.raises(TriageError):
        read(data, "t.yaml")


def test_aliases_that_would_fill_the_memory_are_refused() -> None:
    lines = ["schema: &a0 [" + "x, " * 200 + "]"]
    lines += [f"a{number + 1}: &a{number + 1} [{f'*a{number}, ' * 20}]" for number in range(6)]
    with pytest.raises(TriageError, match="expand to more than"):
        read("\n".join(lines).encode(), "t.yaml")
