"""Priorities in linear mode: what to do first, the open ways of each attacker, and what cuts them."""

from __future__ import annotations

import re

from tests.plain.conftest import Talk
from tests.plain.dialogue import Row


def ways(said: str, lens: str) -> int:
    """How many ways a lens has open."""
    found = re.search(rf"{lens}: ([0-9]+) ways? open", said)
    assert found is not None
    return int(found[1])


def test_the_fix_to_do_first_is_told_with_what_it_removes_and_may_break(demo: Talk) -> None:
    said = demo("priorities").last
    assert "Do this first" in said
    assert re.search(r"^1\. .*removes [0-9]+% of the risk: .*Risk: \w+.* It may break", said, re.MULTILINE)
    for lens in ("external attacker", "compromised container", "compromised credentials"):
        assert ways(said, lens) > 0
    assert "worst: internet by Deployment legacy/ssh-bastion to cluster-admin" in said


def test_staging_what_comes_first_cuts_ways_and_the_next_comes_up(demo: Talk) -> None:
    talked = demo("priorities", "stage")
    before, after = talked.said[1], talked.said[2]
    assert "Staged: " in after
    assert "Beside what is staged (1 fix), do this next:" in after
    first = re.search(r"^1\. (.*): removes", before, re.MULTILINE)
    assert first is not None
    assert first[1] not in after
    assert ways(after, "compromised credentials") < ways(before, "compromised credentials")
    assert "cut by the plan" in after


def test_a_fix_to_do_first_can_be_looked_at(demo: Talk) -> None:
    talked = demo("priorities", "1", "next")
    assert "On RoleBinding legacy/default-does-anything." in talked.said[2]
    assert "last of the list" in talked.last


def test_a_way_is_told_step_by_step_and_cut_where_one_says(demo: Talk) -> None:
    talked = demo(
        "priorities", Row("compromised credentials"), Row("ServiceAccount ci/deployer"), "stage 1", "back"
    )
    way = talked.said[3]
    assert re.search(
        r"^From ServiceAccount ci/deployer to cluster-admin, likelihood [0-9]+%\.$", way, re.MULTILINE
    )
    assert "Step 1: ServiceAccount ci/deployer holds cluster-admin" in way
    assert re.search(r"^1\. cuts step 1: .*ClusterRoleBinding ci-deployer", way, re.MULTILINE)
    assert "Staged: " in talked.said[4]
    assert "; cut by the plan)" in next(
        line for line in talked.last.split("\n") if "ServiceAccount ci/deployer" in line
    )
    assert re.search(r"The plan cuts [1-9][0-9]* of them\.", talked.last)


def test_a_number_that_cuts_nothing_is_refused(demo: Talk) -> None:
    assert "Say the number" in demo("priorities", Row("external attacker"), "1", "stage 99").last


def test_what_was_not_read_is_told_since_it_may_hide_ways(shop: Talk) -> None:
    assert "Not known, and may hide ways: " in shop("priorities").last


def test_a_way_that_becomes_harder_is_marked_so(demo: Talk) -> None:
    talked = demo("priorities", "stage", Row("external attacker"))
    assert re.search(
        r"ssh-bastion to cluster-admin.*; the plan leaves a harder one, to .*[0-9]+%\)", talked.last
    )


def test_fixes_that_only_do_it_together_are_staged_together(demo: Talk) -> None:
    talked = demo("priorities", Row("fixes of it together"), "1", "back", "stage", "1", "plan")
    assert "Together they remove " in talked.said[2]
    assert "Finding 1 of 2" in talked.said[3]
    assert "Staged 2 fixes; 2 in the plan." in talked.said[5]
    assert "2 fixes staged. What holds: 2 fixes on 1 object" in talked.last


def test_what_was_dismissed_is_not_to_be_done_first(demo: Talk) -> None:
    talked = demo("priorities", "1", "decide", "4", "retired", "", "", "priorities")
    first = re.search(r"^1\. (.*): removes", talked.said[1], re.MULTILINE)
    assert first is not None
    assert first[1] not in talked.last
