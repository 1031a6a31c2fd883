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
    assert re.search(
        r"^1\. .*removes [0-9]+% of the modelled risk .*effort [0-9.]+ \(.*It may break", said, re.MULTILINE
    )
    for lens in ("external attacker", "compromised container", "compromised credentials"):
        assert ways(said, lens) > 0
    assert "worst: internet -> cluster-admin" in said


def test_staging_what_comes_first_cuts_ways_and_the_next_comes_up(demo: Talk) -> None:
    talked = demo("priorities", "stage")
    before, after = talked.said[1], talked.said[2]
    assert "Staged: " in after
    assert re.search(r"The plan: [0-9]+ attack paths? cut", after)
    first = re.search(r"^1\. (.*): removes", before, re.MULTILINE)
    assert first is not None
    assert first[1] not in after
    assert ways(after, "compromised credentials") < ways(before, "compromised credentials")
    assert "cut by the plan" in after


def test_a_fix_to_do_first_can_be_looked_at(demo: Talk) -> None:
    talked = demo("priorities", "1", "next")
    assert "Finding 1 of " in talked.said[2]
    assert "Finding 2 of " in talked.last


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
