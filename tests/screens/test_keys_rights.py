"""Keys and commands about rights: who can, the table of rights, through whose eyes, compared with whom."""

from __future__ import annotations

from ksec_tui.screens.lens import question_of
from tests.screens.explorers import User, exploring, presses
from tests.screens.world import ACCOUNT


async def subject(user: User, name: str) -> None:
    """Put the cursor on a subject in pane 4."""
    await user.press("4")
    await user.find(name=name)


async def rights(user: User) -> str:
    """The text of the tab Rights."""
    await user.press(
        "right_curly_bracket", "right_curly_bracket", "right_curly_bracket", "right_curly_bracket"
    )
    assert user.explorer.tab.id == "rights"
    return user.detail


@presses("rbac.who-can")
async def test_q_asks_who_can_and_shows_each_holder_with_its_way() -> None:
    async with exploring() as user:
        await user.press("Q")
        await user.type("get secrets -A")
        await user.press("enter")
        assert user.explorer.listing.id == "who-can"
        holders = {row.ref.name for row in user.explorer.table.shown}
        assert "robot" in holders
        assert "idle" not in holders
        await user.filter("robot")
        said = " ".join(user.detail.split())
        assert "ClusterRoleBinding robots > ClusterRole anything, rule 1" in said


async def test_the_question_completes_verbs_resources_and_namespaces() -> None:
    async with exploring() as user:
        await user.press("Q")
        await user.type("esc")
        await user.press("tab")
        assert user.explorer.prompt.input.value == "escalate"
        await user.type(" clusterrol")
        await user.press("tab")
        assert user.explorer.prompt.input.value.startswith("escalate clusterrole")
        await user.type(" -n sh")
        await user.press("tab")
        assert user.explorer.prompt.input.value.endswith("-n shop")


async def test_a_question_that_makes_no_sense_is_answered_with_how_it_reads() -> None:
    async with exploring() as user:
        await user.command("who-can get")
        assert "a question reads VERB RESOURCE" in user.detail + user.screen


async def test_the_table_of_rights_marks_what_is_risky_and_enter_says_by_what() -> None:
    async with exploring() as user:
        await subject(user, "robot")
        assert "secrets" in await rights(user)
        lines = user.explorer.text.lines
        row = next(index for index, line in enumerate(lines) if line.text.startswith("secrets "))
        assert lines[row].gutter == "!"
        user.explorer.text.focus()
        user.explorer.text.move_to_index(row)
        await user.press("enter")
        assert "ClusterRoleBinding robots > ClusterRole anything, rule 1" in user.screen
        await user.press("escape")


async def test_an_account_without_rights_of_its_own_has_none_that_are_risky() -> None:
    async with exploring() as user:
        await subject(user, "idle")
        await rights(user)
        assert not any(line.gutter for line in user.explorer.text.lines)


@presses("rbac.view-as")
async def test_a_shows_beside_each_row_what_a_subject_may_do_with_it() -> None:
    async with exploring() as user:
        await subject(user, "robot")
        await user.press("A")
        await user.press("6")
        assert "MAY" in user.screen
        assert "change" in user.screen
        assert "as ServiceAccount shop/robot may" in user.lines[0]
        await user.press("4")
        await user.find(name="robot")
        await user.press("A")
        assert "MAY" not in user.screen


async def test_as_takes_a_subject_by_its_name_and_nobody_ends_it() -> None:
    async with exploring() as user:
        await user.command(f"as sa:{ACCOUNT.namespace}/idle")
        await user.press("6")
        assert "—" in user.screen
        assert "change" not in "".join(user.lines[4:10])
        await user.command("as")
        assert "MAY" not in user.screen
        await user.command("as nobody")
        assert "nobody" in user.said[-1], user.said


@presses("rbac.compare")
async def test_m_compares_the_rights_of_others_with_those_of_one() -> None:
    async with exploring() as user:
        await subject(user, "idle")
        await user.press("M")
        await user.find(name="robot")
        text = await rights(user)
        assert "+ only ServiceAccount shop/robot" in text
        assert "- only" not in text
        await user.press("M")
        assert user.said[-1] == "compared with nobody any more"
        await user.rests()
        assert "+ only" not in user.detail


async def test_rights_compare_with_the_default_policy_where_it_is_known() -> None:
    async with exploring() as user:
        await subject(user, "robot")
        await user.command("compare default")
        text = await rights(user)
        assert "default policy" in text


async def test_keys_about_rights_say_why_they_do_nothing() -> None:
    async with exploring() as user:
        await user.press("3")
        for key in ("A", "M"):
            await user.press(key)
            assert user.said[-1].startswith("only subjects and workloads have rights")


def test_a_question_is_taken_apart_as_kubectl_would() -> None:
    assert question_of("get secrets -n shop") == ("get", "secrets", "", "shop", False)
    assert question_of("create pods/exec web-1 -A") == ("create", "pods/exec", "web-1", "", True)
