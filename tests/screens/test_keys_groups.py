"""Findings in groups: folded, counted, filtered, sorted; and what keys do to a whole group."""

from __future__ import annotations

import pytest

from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.screens.pane import Row
from tests.screens.explorers import User, exploring, presses


def heads(user: User) -> list[Row]:
    return [row for row in user.explorer.table.shown if row.branch is not None and row.branch.depth == 0]


def inside(user: User) -> list[Row]:
    return [row for row in user.explorer.table.shown if row.branch is not None and row.branch.depth == 1]


def place(ref: ObjectRef) -> str:
    """The namespace that an object is or lies in."""
    return ref.name if ref.kind == "Namespace" else ref.namespace


@presses("findings.group")
async def test_a_groups_by_check_object_namespace_owner_and_none() -> None:
    async with exploring() as user:
        flat = user.explorer.table.total_count
        findings = user.app.session.state.results.findings
        wanted = {
            "check": len({item.check for item in findings}),
            "object": len({item.subject for item in findings}),
            "ns": len({place(item.subject) for item in findings}),
        }
        for by in ("check", "object", "ns", "owner"):
            await user.press("a")
            await user.rests()
            assert f"by {by}" in user.screen
            assert len(heads(user)) == wanted.get(by, len(heads(user)))
            assert inside(user) == [], "groups are closed at first"
            assert sum(len(row.findings) for row in heads(user)) == flat
            assert f" {flat} " in user.screen
            for row in heads(user):
                assert ("1 finding:" in row.notes[0]) == (len(row.findings) == 1)
        await user.press("a")
        await user.rests()
        assert heads(user) == []
        assert user.explorer.table.total_count == flat


async def test_groups_open_and_close_and_say_how_many_of_what_is_in_them() -> None:
    async with exploring(size=(80, 24)) as user:
        await user.command("group ns")
        row = next(item for item in heads(user) if item.ref.name == "shop")
        assert user.explorer.table.move_to_key(row.key)
        await user.press("l")
        await user.rests()
        assert {place(item.ref) for item in inside(user)} == {"shop"}
        assert len(inside(user)) == len(row.findings)
        line = user.lines[user.explorer.cursor_line]
        assert "▾ shop" in line
        assert "critical" in line
        await user.press("enter")
        await user.rests()
        assert inside(user) == []
        await user.press("enter", "j", "h", "h")
        await user.rests()
        assert inside(user) == []
        assert user.row.key == row.key


async def test_a_filter_counts_only_what_matches_and_leaves_no_empty_group() -> None:
    async with exploring() as user:
        await user.command("group check")
        await user.filter("ns:quiet sev:>=medium")
        await user.rests()
        found = heads(user)
        assert found
        for row in found:
            assert {place(item.subject) for item in row.findings} == {"quiet"}
        count = sum(len(row.findings) for row in found)
        assert f" {count}/" in user.screen
        await user.filter("name:nothing-is-called-so")
        await user.rests()
        assert heads(user) == []
        assert "hidden by the filter" in str(user.explorer.table.placeholder)
        await user.press("escape")
        await user.rests()
        assert len(heads(user)) > len(found)


async def test_sorting_orders_groups_and_leaves_findings_below_their_group() -> None:
    async with exploring() as user:
        await user.command("group ns")
        for row in heads(user):
            assert user.explorer.table.move_to_key(row.key)
            await user.press("l")
            await user.rests()
        for column in ("name", "risk", "check", "why"):
            for reverse in (False, True):
                user.explorer.table.set_sort(column, reverse)
                above = ""
                for row in user.explorer.table.shown:
                    assert row.branch is not None
                    if row.branch.depth == 0:
                        above = row.key
                    else:
                        assert row.branch.above == above


@pytest.mark.parametrize("key", ["t", "T"])
async def test_a_decision_on_a_group_is_about_all_in_it_after_a_counted_question(key: str) -> None:
    async with exploring() as user:
        await user.command("group check")
        await user.filter("rule:wl-no-memory-limit")
        await user.rests()
        (row,) = heads(user)
        count = len(row.findings)
        await user.press(key, "w")
        await user.type("a quota does it")
        await user.press("enter")
        assert f"{count} findings: won't fix (a quota does it)?" in user.screen
        await user.press("y")
        await user.rests()
        assert len(user.explorer.view.ledger.triage.decisions) == count
        assert heads(user) == []
        await user.press("i")
        await user.rests()
        assert f"{count} dismissed" in heads(user)[0].text


async def test_staging_on_a_group_stages_all_in_it() -> None:
    async with exploring() as user:
        await user.command("group check")
        await user.filter("rule:wl-no-memory-limit")
        await user.rests()
        count = len(user.row.findings)
        await user.press("s")
        await user.until(lambda: len(user.explorer.view.plan.staged) == count)


async def test_who_looks_for_a_finding_is_not_stopped_by_a_closed_group() -> None:
    async with exploring() as user:
        wanted = (await user.find(check="wl-privileged", name="api")).key
        await user.command("group owner")
        user.explorer.go_to_findings("", wanted)
        await user.rests()
        assert user.row.key == wanted


async def test_an_unknown_way_to_group_is_named() -> None:
    async with exploring() as user:
        await user.command("group colour")
        assert user.said[-1] == "colour: findings are grouped by check, object, ns, owner or none"
        await user.command("group none")
        assert user.said[-1] == "findings one by one"
