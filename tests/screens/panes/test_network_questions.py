"""The views of the network that answer a question: reach, matrix, blast radius."""

from __future__ import annotations

from typing import Any

import pytest

from ksec_tui.cluster.coverage import KindCoverage
from ksec_tui.cluster.coverage import State as Reading
from ksec_tui.cluster.kinds import KINDS, NODE, POD, Kind
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.screens.lens import Lens
from ksec_tui.screens.panes.network_matrix import RULER
from ksec_tui.screens.widgets.columns import text_of
from tests.screens.explorers import exploring
from tests.screens.networks import networked, policy
from tests.screens.panes.test_network import BLAST, MATRIX, REACH, plugin, said, view_of
from tests.screens.world import World

WEB = ObjectRef("shop", "Deployment", "web", "apps")
IDLE = ObjectRef("shop", "Deployment", "idle", "apps")
CALICO = plugin("calico/node:v3")


def answers(question: str, *more: dict[str, object]) -> list[tuple[str, str, str]]:
    view = view_of(CALICO, *more, lens=Lens(reach=question))
    return [
        (said(REACH, row, "from"), said(REACH, row, "may"), said(REACH, row, "port"))
        for row in REACH.rows(view)
    ]


# Reach


def test_without_a_port_each_one_of_the_destination_is_answered_for() -> None:
    assert answers("shop/web data/db") == [("shop/web", "yes", "5432/tcp")]
    assert answers("shop/idle data/svc/db") == [("shop/idle", "no", "5432/tcp")]


def test_each_direction_names_the_policy_and_rule_that_decide() -> None:
    out = policy("no-out", "shop", podSelector={"matchLabels": {"app": "web"}}, policyTypes=["Egress"])
    view = view_of(CALICO, out, lens=Lens(reach="shop/web data/db 5432"))
    (row,) = REACH.rows(view)
    assert said(REACH, row, "may") == "no"
    assert said(REACH, row, "out") == "no: no-out"
    assert said(REACH, row, "in") == "yes: for-web Ingress rule #1"


def test_a_doubt_that_could_turn_the_answer_stands_beside_it() -> None:
    view = view_of(plugin("flannel/flannel:v0.26"), lens=Lens(reach="shop/idle data/db 5432"))
    (row,) = REACH.rows(view)
    assert said(REACH, row, "may") == "no?"
    assert "ignores NetworkPolicies" in row.notes[0]


def test_all_workloads_of_a_namespace_are_asked_with_a_star() -> None:
    assert answers("shop/* data/*") == [("shop/web", "yes", "TCP 5432"), ("shop/idle", "no", "nothing")]
    assert {may for _, may, _ in answers("data/* shop/*")} == {"yes"}


def test_protocols_without_ports_can_be_asked_for() -> None:
    assert answers("shop/web shop/idle icmp") == [("shop/web", "yes", "ICMP")]


def test_nothing_asked_tells_how_to_ask() -> None:
    assert not REACH.rows(view_of())
    assert "N asks" in REACH.empty
    assert REACH.notice is not None
    assert REACH.notice(view_of()).startswith("N asks")


@pytest.mark.parametrize(
    "question", ["shop/web", "shop/web data/gone 80", "gone/* data/db", "shop/web data/db 0"]
)
def test_what_cannot_be_answered_is_said_above_the_list(question: str) -> None:
    view = view_of(lens=Lens(reach=question))
    (row,) = REACH.rows(view)
    assert row.unknown
    assert REACH.notice is not None
    assert row.unknown in REACH.notice(view)


# Matrix


def test_each_namespace_has_one_glyph_for_each_that_it_may_reach() -> None:
    rows = {row.ref.name: row for row in MATRIX.rows(view_of(CALICO))}
    assert list(rows) == ["data", "free", "kube-system", "shop"] or list(rows) == ["data", "free", "shop"]
    # data is guarded: free reaches nothing of it, shop with one workload on one port.
    assert said(MATRIX, rows["free"], "map").startswith("·")
    assert said(MATRIX, rows["shop"], "map").startswith("◐")
    assert said(MATRIX, rows["shop"], "map").endswith("●")
    assert said(MATRIX, rows["shop"], "number") == str(len(rows))


def test_glyphs_have_letters_that_every_terminal_shows() -> None:
    rows = {row.ref.name: row for row in MATRIX.rows(view_of(CALICO, ascii_only=True))}
    assert said(MATRIX, rows["shop"], "map")[0] == "o"
    assert said(MATRIX, rows["free"], "map")[0] == "."
    assert MATRIX.notice is not None
    assert "# all" in MATRIX.notice(view_of(CALICO, ascii_only=True))


def test_what_stands_against_it_counts_for_nothing_without_a_plugin_that_enforces_it() -> None:
    rows = {row.ref.name: row for row in MATRIX.rows(view_of(plugin("flannel/flannel:v0.26")))}
    assert said(MATRIX, rows["free"], "map").startswith("?")


def test_the_ruler_has_each_number_above_its_column() -> None:
    for number in (1, 5, 10, 95, 100):
        assert RULER[number - 1 :].startswith(str(number))


def test_the_glyphs_in_words_are_those_of_the_map() -> None:
    for ascii_only, glyph in ((False, "◐"), (True, "o")):
        rows = {row.ref.name: row for row in MATRIX.rows(view_of(CALICO, ascii_only=ascii_only))}
        assert f"{glyph} some pods or ports: data" in rows["shop"].notes


# Blast radius


def test_until_one_is_chosen_all_workloads_stand_there_the_worst_first() -> None:
    rows = BLAST.rows(view_of(CALICO))
    # Only web may reach the database; all others reach what no policy guards.
    assert rows[0].ref == WEB
    assert said(BLAST, rows[0], "holds") == "PostgreSQL"
    assert {row.ref.kind for row in rows} == {"Deployment", "DaemonSet"}
    assert not any(said(BLAST, row, "holds") for row in rows[1:])
    assert BLAST.notice is not None
    assert BLAST.notice(view_of(CALICO)).startswith("n shows")


def test_the_world_outside_comes_first_then_data_stores_then_the_rest() -> None:
    view = view_of(CALICO, lens=Lens(blast=WEB))
    rows = BLAST.rows(view)
    assert [row.ref.name for row in rows[:5]] == ["metadata", "api server", "nodes", "internet", "db"]
    assert said(BLAST, rows[4], "holds") == "PostgreSQL"
    assert said(BLAST, rows[4], "ports") == "5432/tcp"
    assert said(BLAST, rows[0], "may") == "yes"


def test_what_is_not_known_is_neither_reached_nor_not() -> None:
    rows = {row.ref.name: row for row in BLAST.rows(view_of(CALICO, lens=Lens(blast=WEB), without=[NODE]))}
    assert said(BLAST, rows["nodes"], "may") == "?"
    assert "nodes" in rows["nodes"].unknown


def test_a_policy_that_lets_nothing_out_leaves_nothing_in_reach() -> None:
    out = policy("no-out", "shop", podSelector={}, policyTypes=["Egress"])
    rows = BLAST.rows(view_of(CALICO, out, lens=Lens(blast=WEB)))
    assert {row.ref.kind for row in rows} == {"Target"}
    assert said(BLAST, rows[0], "may") == "no"
    assert "NetworkPolicy shop/no-out" in said(BLAST, rows[0], "by")


@pytest.mark.parametrize(("ref", "stores"), [(WEB, "1 data store"), (IDLE, "no data store")])
def test_above_the_list_stands_how_much_that_is(ref: ObjectRef, stores: str) -> None:
    assert BLAST.notice is not None
    line = BLAST.notice(view_of(CALICO, lens=Lens(blast=ref)))
    assert line.startswith(f"{ref} reaches ")
    assert stores in line


def test_a_workload_that_is_gone_or_was_not_read_is_said_to_be() -> None:
    (row,) = BLAST.rows(view_of(lens=Lens(blast=ObjectRef("shop", "Deployment", "gone", "apps"))))
    assert "was not read" in row.unknown
    assert BLAST.rows(view_of(without=[POD], lens=Lens(blast=WEB)))


def only_shop(kind: Kind[Any]) -> KindCoverage:
    """How a kind reads to somebody who may look into one namespace."""
    if not kind.namespaced:
        return KindCoverage(Reading.FORBIDDEN, reason="forbidden")
    refused = dict.fromkeys(("data", "free"), ("forbidden", "forbidden"))
    return KindCoverage(Reading.PARTIAL, namespaces=("shop",), failed=refused)


async def test_with_the_rights_of_one_namespace_nothing_is_called_certain() -> None:
    mine = [item for item in networked() if item["metadata"].get("namespace") == "shop"]
    source = World(mine, coverage={kind.resource: only_shop(kind) for kind in KINDS})
    async with exploring(source) as user:
        await user.command("reach shop/web shop/idle 9000")
        (row,) = user.explorer.table.shown
        assert text_of(row.values["may"]) == "yes?"
        assert "! (+" in user.screen
        await user.command("reach shop/web data/db 5432")
        assert (
            user.row.unknown
            == "no pod data/db was read: pods in namespace data could not be listed (forbidden)"
        )
        await user.command("blast shop/web")
        assert "of those that were read" in user.screen
        assert "?" in {text_of(item.values["may"]) for item in user.explorer.table.shown}
        await user.press("5", "left_parenthesis")
        assert {item.values["map"] for item in user.explorer.table.shown} == {"?"}
