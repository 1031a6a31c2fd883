"""Keys and commands about the network: an object's network, may one end reach another, what a workload reaches."""

from __future__ import annotations

import pytest

from tests.screens.explorers import User, exploring, presses
from tests.screens.networks import networked
from tests.screens.world import World


def shown(user: User, column: str) -> dict[str, str]:
    """What a column of the list says, by the name of the row's object."""
    return {
        row.ref.name: getattr(row.values.get(column, ""), "text", str(row.values.get(column, "")))
        for row in user.explorer.table.shown
    }


@presses("go.network")
async def test_n_on_a_workload_shows_all_that_it_reaches_with_data_stores_first() -> None:
    async with exploring(World(networked())) as user:
        await user.press("6")
        await user.find(name="web")
        await user.press("n")
        assert user.explorer.listing.id == "blast"
        reached = shown(user, "may")
        assert reached["db"] == reached["idle"] == reached["internet"] == "yes"
        workloads = [row.ref.name for row in user.explorer.table.shown if row.ref.namespace]
        assert workloads[0] == "db"
        assert "PostgreSQL" in user.screen
        assert "Deployment shop/web reaches" in user.screen


async def test_n_goes_on_from_each_workload_that_is_reached() -> None:
    async with exploring(World(networked())) as user:
        await user.command("blast shop/web")
        await user.find(name="idle")
        await user.press("n")
        assert "db" not in shown(user, "may")
        assert "Deployment shop/idle reaches" in user.screen


async def test_going_back_asks_again_what_was_asked_there() -> None:
    async with exploring(World(networked())) as user:
        await user.command("blast shop/web")
        await user.find(name="idle")
        await user.press("n")
        await user.press("left_square_bracket")
        assert "Deployment shop/web reaches" in user.screen
        assert user.row.ref.name == "idle"
        await user.press("right_square_bracket")
        assert "Deployment shop/idle reaches" in user.screen


async def test_n_on_a_pod_shows_what_its_workload_reaches() -> None:
    pod = {"metadata": {"labels": {"app": "lone"}}, "spec": {"containers": [{"name": "a", "image": "b"}]}}
    bare = {"apiVersion": "v1", "kind": "Pod", **pod}
    bare["metadata"] = {"name": "lone", "namespace": "free", "labels": {"app": "lone"}}
    async with exploring(World(networked(bare))) as user:
        await user.press("6")
        await user.find(name="lone")
        await user.press("n")
        assert "Pod free/lone reaches" in user.screen


async def test_n_on_a_namespace_shows_its_row_of_the_matrix() -> None:
    async with exploring(World(networked())) as user:
        await user.press("3")
        await user.find(name="data")
        await user.press("n")
        assert user.explorer.listing.id == "matrix"
        assert user.row.ref.name == "data"
        assert user.explorer.tab.id == "network"
        assert "What reaches its pods" in user.detail


async def test_n_on_a_policy_shows_whom_it_governs_and_what_it_admits() -> None:
    async with exploring(World(networked())) as user:
        await user.press("5", "right_parenthesis")
        await user.find(name="for-web")
        await user.press("n")
        assert (user.explorer.listing.id, user.row.ref.name) == ("policies", "for-web")
        said = " ".join(user.detail.split())
        assert "#1 allows pods app=web of shop on TCP 5432" in said
        assert "Deployment data/db" in said


async def test_n_on_a_service_shows_what_comes_in_by_it() -> None:
    async with exploring(World(networked())) as user:
        await user.command("findings kind:service")
        await user.find(kind="Service", name="web")
        await user.press("n")
        assert user.explorer.listing.id == "exposure"
        assert {row.ref.name for row in user.explorer.table.shown} == {"web"}
        assert "LB 203.0.113.7" in user.screen


async def test_n_says_why_it_does_nothing() -> None:
    async with exploring(World(networked())) as user:
        await user.press("4")
        await user.press("n")
        assert "no network view tells of a" in user.said[-1]


@presses("network.reach")
async def test_capital_n_asks_from_the_row_in_hand_and_shows_policy_and_rule() -> None:
    async with exploring(World(networked())) as user:
        await user.press("6")
        await user.find(name="idle")
        await user.press("N")
        assert user.explorer.prompt.input.value == "shop/deploy/idle "
        await user.type("data/db")
        await user.press("enter")
        assert user.explorer.listing.id == "reach"
        (row,) = user.explorer.table.shown
        assert row.values.get("port") == "5432/tcp", row.text
        assert row.values["may"].text.startswith("no")
        said = " ".join(user.detail.split())
        assert "NetworkPolicy data/for-web selects data/db and no rule of it allows from shop/idle" in said


async def test_capital_n_takes_two_marked_rows_as_the_ends() -> None:
    async with exploring(World(networked())) as user:
        await user.press("6")
        for name in ("db", "web"):
            await user.find(name=name)
            await user.press("space")
        await user.press("N")
        assert sorted(user.explorer.prompt.input.value.split()) == ["data/deploy/db", "shop/deploy/web"]


async def test_the_ends_of_a_question_complete_services_for_the_second_only() -> None:
    async with exploring(World(networked())) as user:
        await user.press("1", "N")
        user.explorer.prompt.input.value = ""
        await user.type("shop/deploy/w")
        await user.press("tab")
        assert user.explorer.prompt.input.value == "shop/deploy/web"
        await user.type(" data/svc")
        await user.press("tab")
        assert user.explorer.prompt.input.value == "shop/deploy/web data/svc/db"


@pytest.mark.parametrize(
    ("question", "answers"),
    [
        ("shop/web data/db 5432/tcp", ["yes"]),
        ("shop/web data/db 80/tcp", ["no"]),
        ("shop/web data/svc/db", ["yes"]),
        ("203.0.113.9 data/db", ["no"]),
        ("shop/web 203.0.113.9 443/tcp", ["yes"]),
        ("shop/* data/db 5432/tcp", ["no", "yes"]),
    ],
)
async def test_reach_answers_for_every_kind_of_end(question: str, answers: list[str]) -> None:
    async with exploring(World(networked())) as user:
        await user.command(f"reach {question}")
        rows = user.explorer.table.rows
        assert sorted(row.values["may"].text.rstrip("?") for row in rows) == answers


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("shop/web", "a question reads FROM TO [PORT]"),
        ("shop/web data/nobody", "no pod data/nobody was read"),
        ("shop/web 203.0.113.9", "declares no port"),
        ("shop/web data/db 99999", "a port is expected"),
        ("nowhere/* data/db", "no pods were read in namespace nowhere"),
    ],
)
async def test_a_question_without_an_answer_says_why(question: str, said: str) -> None:
    async with exploring(World(networked())) as user:
        await user.command(f"reach {question}")
        assert said in " ".join(user.detail.split())


async def test_blast_refuses_what_is_no_workload() -> None:
    async with exploring(World(networked())) as user:
        await user.command("blast shop/nobody")
        assert "NAMESPACE/NAME of a workload is expected" in user.said[-1]


async def test_enter_on_a_cell_of_the_matrix_lists_the_pairs_behind_it() -> None:
    async with exploring(World(networked())) as user:
        await user.press("3")
        await user.find(name="shop")
        await user.press("n", "enter")
        text = user.explorer.text
        assert text.has_focus
        text.move_to_index(next(i for i, line in enumerate(text.lines) if line.link == "reach:shop/* data/*"))
        await user.press("enter")
        assert user.explorer.listing.id == "reach"
        found = {row.values["from"]: row.values["may"].text for row in user.explorer.table.shown}
        assert found == {"shop/web": "yes", "shop/idle": "no"}


async def test_a_workload_in_the_tab_network_is_gone_to_with_enter() -> None:
    async with exploring(World(networked())) as user:
        await user.press("5", "right_parenthesis")
        await user.find(name="for-web")
        await user.press("n")
        text = user.explorer.text
        text.focus()
        text.move_to_index(next(i for i, line in enumerate(text.lines) if line.link.startswith("ref:")))
        await user.press("enter")
        assert user.row.ref.path == "data/db"


async def test_in_the_detail_n_goes_to_the_next_hit_of_a_search() -> None:
    async with exploring(World(networked())) as user:
        await user.press("6", "f", "slash")
        await user.type("e")
        await user.press("enter", "n")
        assert user.explorer.listing.id != "blast"
