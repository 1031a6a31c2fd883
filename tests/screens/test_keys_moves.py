"""Keys that go somewhere: panes, views, tabs, places, neighbours, layouts."""

from __future__ import annotations

import pytest

from ksec_tui.cluster.ref import ObjectRef
from tests.screens.explorers import exploring, presses
from tests.screens.world import ACCOUNT, API, BINDING, World, cluster


@presses("pane.2", "pane.3", "pane.4", "pane.5", "pane.6", "pane.7", "pane.8", "pane.9")
async def test_a_digit_goes_to_the_pane_with_that_number() -> None:
    async with exploring() as user:
        for pane in (*user.explorer.panes, user.explorer.panes[0]):
            await user.press(str(pane.number))
            assert user.explorer.pane is pane
            assert user.lines[2].startswith(f" {pane.title} ")


@presses("pane.1")
async def test_a_digit_without_a_pane_says_so() -> None:
    async with exploring() as user:
        if any(pane.number == 1 for pane in user.explorer.panes):
            await user.press("1")
            assert user.explorer.pane.number == 1
        else:
            await user.press("1")
            assert user.said == ["there is no pane 1"]


@presses("scope.all", "go.namespace")
async def test_w_looks_at_one_namespace_in_every_pane_and_0_at_all_again() -> None:
    async with exploring() as user:
        everything = user.explorer.table.shown_count
        await user.find(namespace="quiet")
        await user.press("w")
        assert {row.ref.namespace or row.ref.name for row in user.explorer.table.shown} == {"quiet"}
        assert "ns quiet" in user.lines[0]
        await user.press("6")
        assert [row.ref.name for row in user.explorer.table.shown] == ["cron"]
        await user.press("0", "2")
        assert user.explorer.table.shown_count == everything


async def test_w_on_an_object_of_no_namespace_says_so() -> None:
    async with exploring() as user:
        await user.find(kind="ClusterRoleBinding")
        await user.press("w")
        assert user.said == ["this object is in no namespace"]


@presses("view.next", "view.previous")
async def test_parentheses_go_through_the_views_of_a_pane_and_around() -> None:
    async with exploring() as user:
        await user.press("4")
        titles = []
        for _ in range(4):
            titles.append(user.explorer.listing.title)
            await user.press("right_parenthesis")
        assert titles == ["Subjects", "Bindings", "Roles", "Who can"]
        assert user.explorer.listing.title == "Subjects"
        await user.press("left_parenthesis", "left_parenthesis")
        assert user.explorer.listing.title == "Roles"
        assert [row.ref.name for row in user.explorer.table.shown] == ["anything"]


@presses("detail.next-tab", "detail.previous-tab")
async def test_braces_go_through_the_tabs_of_the_detail_and_around() -> None:
    async with exploring() as user:
        titles = []
        for _ in user.explorer.tabs:
            titles.append(user.explorer.tab.title)
            await user.press("right_curly_bracket")
        assert titles[:4] == ["Why", "Fix", "YAML", "Links"]
        assert user.explorer.tab.title == "Why"
        await user.press("left_curly_bracket")
        assert user.explorer.tab.title == titles[-1]


@presses("detail.why", "detail.fix", "detail.yaml", "detail.links")
async def test_letters_show_a_tab_of_the_row_in_hand() -> None:
    async with exploring() as user:
        await user.find(check="wl-privileged", name="api")
        await user.press("D")
        assert "~ Deployment shop/api" in user.detail
        assert user.explorer.table.has_focus, "there is room for both: the list keeps the keys"
        await user.press("y")
        assert "kind: Deployment" in user.detail
        await user.press("d")
        assert "Why it matters" in user.detail
        for key in "ur":
            await user.press("d", key)
            assert "ServiceAccount" in user.detail
            assert user.explorer.text.has_focus
            await user.press("escape")


@presses("go.owner")
async def test_o_goes_from_a_finding_to_its_object() -> None:
    async with exploring() as user:
        await user.find(check="wl-privileged", name="api")
        await user.press("o")
        assert user.explorer.pane.id == "workloads"
        assert user.row.ref == API


async def test_o_on_what_nobody_made_says_so() -> None:
    async with exploring() as user:
        await user.press("6")
        await user.find(name="api")
        await user.press("o")
        assert user.said == ["Deployment shop/api has no owner"]


@presses("history.back", "history.forward", "history.last")
async def test_brackets_go_back_and_forward_with_cursor_filter_and_order() -> None:
    async with exploring() as user:
        await user.filter("ns:shop")
        await user.press("shift+right", "shift+right", "O")  # order by the second column
        order = user.explorer.place.sort
        await user.press("j", "j")
        left = user.row.key
        await user.press("6", "j")
        other = user.row.key
        await user.press("left_square_bracket")
        assert user.explorer.pane.id == "findings"
        assert (user.row.key, user.explorer.filter_text, user.explorer.place.sort) == (left, "ns:shop", order)
        await user.press("right_square_bracket")
        assert (user.explorer.pane.id, user.row.key) == ("workloads", other)
        await user.press("minus")
        assert (user.explorer.pane.id, user.row.key) == ("findings", left)
        await user.press("minus")
        assert (user.explorer.pane.id, user.row.key) == ("workloads", other)


async def test_there_is_nothing_before_the_first_place_or_after_the_last() -> None:
    async with exploring() as user:
        await user.press("left_square_bracket", "right_square_bracket", "minus")
        assert set(user.said) == {"there is no further place in this direction"}


async def test_a_pane_is_found_again_as_it_was_left() -> None:
    async with exploring() as user:
        await user.press("6", "j", "j")
        left = user.row.key
        await user.press("3", "6")
        assert user.row.key == left


@presses("detail.down", "detail.up")
async def test_capital_j_and_k_scroll_the_detail_while_the_list_keeps_the_keys() -> None:
    async with exploring(size=(80, 24)) as user:
        await user.find(check="rbac-cluster-admin")
        key = user.row.key
        await user.press("J")
        assert round(user.explorer.text.scroll_y) == 3
        await user.press("K")
        assert round(user.explorer.text.scroll_y) == 0
        assert user.explorer.table.has_focus
        assert user.row.key == key


@presses("layout.preview")
async def test_p_hides_the_detail_and_shows_it_again() -> None:
    async with exploring() as user:
        await user.press("p")
        assert not user.explorer.text.is_on_screen
        assert user.explorer.table.size.width > 130
        await user.press("p")
        assert user.explorer.text.is_on_screen


@presses("layout.position")
async def test_capital_p_puts_the_detail_below_and_beside() -> None:
    async with exploring() as user:
        list_view, detail = user.explorer.table, user.explorer.text
        assert detail.region.x > list_view.region.right - 2
        await user.press("P")
        assert detail.region.y > list_view.region.bottom - 1
        assert detail.region.x == list_view.region.x
        await user.press("P")
        assert detail.region.x > 0


@presses("layout.full")
async def test_f_gives_the_detail_the_whole_width_and_f_or_esc_take_it_back() -> None:
    async with exploring() as user:
        for back in ("f", "escape"):
            await user.press("f")
            assert user.explorer.text.size.width > 130
            assert user.explorer.text.has_focus
            await user.press(back)
            assert user.explorer.table.is_on_screen
            assert user.explorer.table.has_focus


@presses("leave")
async def test_esc_undoes_one_thing_at_a_time_and_never_quits() -> None:
    async with exploring() as user:
        explorer = user.explorer
        everything = explorer.table.shown_count
        await user.find(namespace="shop")
        await user.press("w", "exclamation_mark")
        await user.filter("deploy")
        await user.press("space", "enter", "slash")
        await user.type("api")
        await user.press("enter")
        assert explorer.text.pattern == "api"
        await user.press("escape")
        assert (explorer.text.pattern, explorer.text.has_focus) == ("", True)
        await user.press("escape")
        assert explorer.table.has_focus
        assert explorer.table.marks
        await user.press("escape")
        assert (explorer.table.marks, explorer.filter_text) == (frozenset(), "deploy")
        await user.press("escape")
        assert (explorer.filter_text, explorer.risky_only) == ("", True)
        await user.press("escape")
        assert (explorer.risky_only, explorer.scope) == (False, "shop")
        await user.press("escape")
        assert explorer.scope == ""
        await user.press("escape", "escape")
        assert explorer.table.shown_count == everything
        assert user.app.is_running


async def test_links_lead_from_a_finding_to_its_account_binding_and_role_and_back() -> None:
    async with exploring() as user:
        await user.find(check="wl-privileged", name="api")
        first = user.row.key

        async def follow(words: str) -> None:
            await user.press("u")
            index = next(i for i, line in enumerate(user.explorer.text.lines) if words in line.text)
            user.explorer.text.move_to_index(index)
            await user.press("enter")

        await follow("ServiceAccount shop/robot")
        assert (user.explorer.listing.title, user.row.ref) == ("Subjects", ACCOUNT)
        await follow("ClusterRoleBinding robots")
        assert (user.explorer.listing.title, user.row.ref) == ("Bindings", BINDING)
        await follow("ClusterRole anything")
        assert (user.explorer.listing.title, user.row.ref.name) == ("Roles", "anything")
        for _ in range(3):
            await user.press("left_square_bracket")
        assert (user.explorer.pane.id, user.row.key) == ("findings", first)


async def test_an_object_that_no_list_shows_is_looked_at_beside_it_and_history_knows_it() -> None:
    async with exploring() as user:
        await user.press("6")
        await user.find(name="api")
        await user.press("u")
        index = next(i for i, line in enumerate(user.explorer.text.lines) if "Service shop/api" in line.text)
        user.explorer.text.move_to_index(index)
        await user.press("enter")
        assert (user.explorer.pane.id, user.row.ref.kind) == ("workloads", "Service")
        assert "Service shop/api" in user.screen
        await user.press("left_square_bracket")
        assert user.row.ref == API
        await user.press("right_square_bracket")
        assert user.row.ref.kind == "Service"
        await user.press("escape", "escape")
        assert user.row.ref == API


async def test_a_jump_to_what_scope_or_severity_hide_shows_it_and_says_why() -> None:
    async with exploring() as user:
        await user.find(namespace="quiet")
        await user.press("w")
        user.explorer.jump(BINDING)
        await user.rests()
        assert user.row.ref == BINDING
        assert user.explorer.scope == ""
        assert any("shown again" in text for text in user.said)


async def test_a_jump_to_what_is_nowhere_never_leaves_the_cursor_on_something_else() -> None:
    async with exploring(World(cluster())) as user:
        gone = ObjectRef("shop", "ServiceAccount", "gone")
        user.explorer.jump(gone)
        await user.rests()
        assert user.row.ref == gone
        assert any("in no list" in text for text in user.said)


@pytest.mark.parametrize("size", [(60, 20), (100, 15)], ids=["narrow", "short"])
async def test_where_there_is_no_room_enter_shows_the_detail_alone_and_esc_returns(
    size: tuple[int, int],
) -> None:
    async with exploring(size=size) as user:
        assert not user.explorer.text.is_on_screen
        await user.press("enter")
        assert not user.explorer.table.is_on_screen
        assert user.explorer.text.has_focus
        assert "Everything is granted" in user.screen
        await user.press("escape")
        assert user.explorer.table.has_focus
        assert not user.explorer.text.is_on_screen
