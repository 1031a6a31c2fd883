"""Writing into a triage file: what was decided is there, and nothing that people wrote is lost."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ksec_tui.triage.decision import Decision, State
from ksec_tui.triage.notation import SCHEMA, TriageError, read
from ksec_tui.triage.triage import NOTHING
from ksec_tui.triage.writing import with_decisions
from tests.triage.values import decisions, finding, ruling

ANN = """\
# Reviewed by the platform team on Mondays
schema: ksec-triage/1   # do not touch
decisions:
  # host things

  # why: see the runbook
  # (two lines)
  - finding: 814fb06a9e03
    check: wl-privileged
    # the build needs it
    object: apps/Deployment/shop/web
    state: wont-fix   # until Q1
    reason: |  # long
      first line
      # no comment, but text

      last line
    at: 2026-11-01
    evidence:
      - 64da3bfc   # the container
    # below the last field

  # about the next one
  - {check: wl-share-pid-ns, object: apps/Deployment/shop/web, state: open, at: 2026-11-01}  # in one line
# the end
"""
COMMENTS = [line.partition("#")[2] for line in ANN.splitlines() if "#" in line and "no comment" not in line]


def decision(check: str = "wl-privileged", state: State = State.MITIGATED) -> Decision:
    found = NOTHING.decide([finding(check=check)], ruling(state)).of(finding(check=check))
    assert found is not None
    return found


def put(text: str, *changes: Decision) -> str:
    return with_decisions(text.encode(), changes, "t.yaml").decode()


def test_a_new_file_explains_itself_and_is_sorted() -> None:
    text = put("", decision("wl-z-last"), decision("rbac-bind"), decision())
    assert text.startswith("# What was decided about findings.")
    tree = yaml.safe_load(text)
    assert tree["schema"] == SCHEMA
    assert [item["check"] for item in tree["decisions"]] == ["rbac-bind", "wl-privileged", "wl-z-last"]
    assert text.endswith("]\n")


@given(st.lists(decisions(), max_size=6), st.lists(decisions(), max_size=6))
def test_what_is_written_is_what_is_read(first: list[Decision], second: list[Decision]) -> None:
    one = NOTHING.merged(first)
    data = with_decisions(b"", one.decisions.values(), "t.yaml")
    assert read(data, "t.yaml").triage == one
    both = one.merged(second)
    data = with_decisions(data, both.changes(one), "t.yaml")
    found = read(data, "t.yaml")
    assert found.triage == both
    assert found.problems == ()
    held = [item for _, item in found.entries if item is not None]
    assert held == sorted(held, key=lambda item: (item.check, item.object))


@given(st.lists(decisions(), max_size=6))
def test_other_readers_of_yaml_see_the_same(some: list[Decision]) -> None:
    triage = NOTHING.merged(some)
    data = with_decisions(b"", triage.decisions.values(), "t.yaml")
    tree = yaml.safe_load(data) if triage.decisions else {"decisions": []}
    said = {item["finding"]: item for item in tree["decisions"]}
    for key, item in triage.decisions.items():
        assert (said[key]["object"], said[key]["reason"]) == (item.object, item.reason)
        assert tuple(said[key].get("evidence", ())) == item.evidence


@pytest.mark.parametrize("changed", ["wl-privileged", "wl-share-pid-ns", "wl-other"])
def test_every_comment_stays_whatever_is_decided(changed: str) -> None:
    text = put(ANN, decision(changed))
    for comment in COMMENTS:
        assert text.count(f"#{comment.rstrip()}") == 1, text
    assert text.endswith("# the end\n")
    # Again, in a file that was changed before.
    again = put(text, decision(changed, State.FALSE_POSITIVE))
    assert all(again.count(f"#{comment.rstrip()}") == 1 for comment in COMMENTS), again


def test_comments_stay_with_their_field() -> None:
    lines = put(ANN, decision()).splitlines()
    assert "    state: mitigated  # until Q1" in lines
    above = lines.index("    # the build needs it")
    assert lines[above + 1] == "    object: apps/Deployment/shop/web"
    assert lines[lines.index("  # (two lines)") + 1].startswith("  - finding: 814fb06a9e03")


def test_entries_that_nothing_changed_in_stay_to_the_byte() -> None:
    text = put(ANN, decision("wl-other"))
    start, end = ANN.index("  # why:"), ANN.index("  # about the next")
    assert ANN[start:end].rstrip() in text
    assert with_decisions(ANN.encode(), [], "t.yaml") == ANN.encode()


def test_entries_that_are_not_understood_stay_to_the_byte() -> None:
    bad = "  - check: wl-privileged\n    state: accpeted  # sic\n    ticket: SEC-1\n"
    text = put(ANN.replace("# the end\n", bad), decision(), decision("wl-other"))
    assert bad in text
    assert len(read(text.encode(), "t.yaml").problems) == 1


@pytest.mark.parametrize(
    "form",
    [
        "decisions: []  # none yet\n",
        "decisions:\n",
        "decisions: null\n",
        "",
        "decisions:\n- check: wl-host-pid\n  object: /Pod/a/b\n  state: open\n  at: 2026-01-01\n",
        "decisions:\n-   check: wl-host-pid\n    object: /Pod/a/b\n    state: open\n    at: 2026-01-01\n...\n",
    ],
)
def test_a_file_that_people_began_is_gone_on_with(form: str) -> None:
    for text in (f"schema: ksec-triage/1\n{form}", f"{form.replace('...', '')}schema: ksec-triage/1\n"):
        before = read(text.encode(), "t.yaml").triage
        after = read(put(text, decision()).encode(), "t.yaml").triage
        assert after == before.merged([decision()])
        assert ("none yet" in put(text, decision())) == ("none yet" in text)


def test_line_ends_and_a_byte_order_mark_stay() -> None:
    data = ("\ufeff" + ANN.replace("\n", "\r\n")).encode()
    text = with_decisions(data, [decision("wl-other")], "t.yaml").decode()
    assert text.startswith("\ufeff# Reviewed")
    assert text.count("\n") == text.count("\r\n")


@pytest.mark.parametrize(
    "text",
    [
        "{schema: ksec-triage/1, decisions: []}\n",
        "schema: ksec-triage/1\ndecisions: [{check: a-b, object: /Pod/a/b, state: open, at: 2026-01-01}]\n",
    ],
)
def test_a_file_that_cannot_be_changed_without_loss_is_left_alone(text: str) -> None:
    read(text.encode(), "t.yaml")
    with pytest.raises(TriageError, match="cannot be changed without losing something"):
        put(text, decision())


def test_anchors_do_not_come_after_what_refers_to_them() -> None:
    text = (
        "schema: ksec-triage/1\ndecisions:\n"
        "  - {check: wl-z, object: /Pod/a/b, state: wont-fix, at: 2026-01-01, reason: &why shared}\n"
        "  - {check: wl-a, object: /Pod/a/b, state: wont-fix, at: 2026-01-01, reason: *why}\n"
    )
    before = read(text.encode(), "t.yaml").triage
    after = read(put(text, decision()).encode(), "t.yaml").triage
    assert after == before.merged([decision()])
    with pytest.raises(TriageError, match="cannot be changed"):
        put(text, Decision("wl-z", "/Pod/a/b", State.OPEN, "2026-11-21T00:00:00Z"))
