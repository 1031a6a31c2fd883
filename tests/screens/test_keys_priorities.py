"""Keys of the pane Priorities: what is done first, ways that fold, steps that are cut, what follows from an object."""

from __future__ import annotations

from ksec_tui.screens.explorer import Explorer
from ksec_tui.screens.lines import Bar
from ksec_tui.screens.widgets.columns import text_of
from tests.screens.attacked import attacked
from tests.screens.explorers import User, exploring, presses
from tests.screens.test_keys_fixes import staged
from tests.screens.world import World


def what(user: User) -> list[str]:
    """The tree's own words."""
    return [text_of(row.values["what"]) for row in user.explorer.table.shown]


async def to(user: User, words: str) -> None:
    """Put the cursor on the first row that says `words`."""
    user.explorer.table.move_to_index(next(i for i, said in enumerate(what(user)) if words in said))
    await user.pilot.pause()
    await user.rests()


async def proven(user: User) -> None:
    """Wait until the plan was tried and the tree shows what came of it."""
    await user.until(lambda: user.explorer.view.proven is not None)
    await user.rests()


def state(user: User, words: str) -> str:
    """The column STATE of the first row that says `words`."""
    row = next(row for row, said in zip(user.explorer.table.shown, what(user), strict=True) if words in said)
    return text_of(row.values.get("state", ""))


def notice(user: User) -> str:
    return user.explorer.query_one("#notice", Bar).words.strip()


async def test_it_is_where_the_explorer_starts_with_what_to_do_first_on_top() -> None:
    async with exploring(World(attacked()), pane="") as user:
        assert user.explorer.pane.id == "priorities"
        assert what(user)[0].startswith("▸ DO THIS FIRST: ")
        assert user.explorer.table.cursor_index == 0
        assert "Removes" in user.detail
        assert "May break" in user.detail
        assert "s stages it" in user.detail


async def test_s_on_the_first_row_stages_it_and_the_way_is_gone_in_the_simulated_state() -> None:
    async with exploring(World(attacked()), pane="priorities") as user:
        assert state(user, "deploy shop/front → cluster-admin") == "open"
        await user.press("s")
        await staged(user, 1)
        await proven(user)
        assert state(user, "deploy shop/front → cluster-admin") == "less by plan"
        assert "the plan (proven): 0 of 1 ways cut, 1 loses its worst end" in notice(user)
        assert what(user)[0].startswith("▸ DO THIS NEXT: ")
        await user.press("z")
        await user.rests()
        assert state(user, "deploy shop/front → cluster-admin") == "open"
        assert not notice(user)


async def test_the_lenses_are_the_views_of_the_pane() -> None:
    async with exploring(World(attacked()), pane="priorities") as user:
        assert "▾ Open ways from outside: 1" in " ".join(what(user))
        await user.press("right_parenthesis")
        assert "Open ways from a compromised container: 2" in " ".join(what(user))
        await user.press("right_parenthesis")
        assert "Open ways from compromised credentials: 2" in " ".join(what(user))
        assert any("User anna → every Secret" in said for said in what(user))
        await user.press("left_parenthesis", "left_parenthesis")
        assert "Open ways from outside: 1" in " ".join(what(user))


async def test_the_worst_way_is_drawn_and_folds_with_h_l_and_enter() -> None:
    async with exploring(World(attacked()), pane="priorities") as user:
        assert any("▸ holds the token of sa shop/robot" in said for said in what(user))
        await to(user, "deploy shop/front → cluster-admin")
        await user.press("h")
        assert not any("holds the token of" in said for said in what(user))
        await user.press("l")
        assert any("holds the token of" in said for said in what(user))
        await to(user, "holds cluster-admin")
        await user.press("enter")
        assert any("written in ClusterRoleBinding robots" in said for said in what(user))
        await user.press("enter")
        assert not any("written in ClusterRoleBinding robots" in said for said in what(user))
        await user.press("h")
        assert "→ cluster-admin" in text_of(user.row.values["what"])


async def test_s_on_a_step_stages_the_fix_that_cuts_it() -> None:
    async with exploring(World(attacked()), pane="priorities") as user:
        await to(user, "holds the token of sa shop/robot")
        assert "cut by" in user.detail
        assert "s stages the fix named first" in user.detail
        await user.press("s")
        await staged(user, 1)
        (item,) = user.explorer.view.plan.staged
        assert (item.finding.check, item.finding.subject.path) == ("sec-automount", "shop/front")
        await proven(user)
        assert state(user, "holds the token of") == "cut by plan"


async def test_what_only_makes_a_step_harder_is_called_that() -> None:
    async with exploring(World(attacked()), pane="priorities") as user:
        await to(user, "reaches deploy shop/front")
        assert "made harder by" in user.detail
        assert " cut by" not in user.detail


async def test_s_on_what_cuts_a_step_and_on_a_fix_of_the_list_stages_just_that() -> None:
    async with exploring(World(attacked()), pane="priorities") as user:
        await to(user, "holds the token of sa shop/robot")
        await user.press("l")
        await to(user, "cut by the fix of")
        await user.press("s")
        await staged(user, 1)
        assert user.row.finding is not None
        assert user.explorer.view.plan.has(user.row.finding.fingerprint)
        await user.press("right_parenthesis")
        await to(user, "Run container main without privileges")
        await user.press("s")
        await staged(user, 2)


async def test_fixes_of_one_object_that_only_help_together_are_staged_together_or_one_by_one() -> None:
    async with exploring(World(attacked()), pane="priorities") as user:
        await user.press("right_parenthesis", "right_parenthesis")
        await to(user, "Apply 2 fixes of it together (crb readers)")
        await user.rests()
        assert user.detail.count("May break: Whoever used it") == 1, "what both may break is told once"
        await user.press("l", "s")
        await staged(user, 2)
        assert {item.finding.subject.name for item in user.explorer.view.plan.staged} == {"readers"}
        await proven(user)
        assert state(user, "User anna → every Secret") == "cut by plan"


async def test_a_step_says_where_it_is_written_and_a_line_of_its_detail_stages() -> None:
    async with exploring(World(attacked()), pane="priorities") as user:
        await to(user, "holds cluster-admin")
        assert "ServiceAccount shop/robot holds cluster-admin" in " ".join(user.detail.split())
        assert "ClusterRoleBinding robots" in user.detail
        assert "a judgement" in user.detail
        text = user.explorer.text
        text.focus()
        text.move_to_index(next(i for i, line in enumerate(text.lines) if line.link.startswith("ref:")))
        await user.press("enter")
        assert user.row.ref.name == "robots"


@presses("paths.follow")
async def test_x_on_a_workload_shows_what_follows_if_it_is_compromised() -> None:
    async with exploring(World(attacked())) as user:
        await user.press("6")
        await user.find(kind="Deployment", name="front")
        await user.press("x")
        assert user.explorer.listing.id == "taken"
        assert what(user)[0] == "▾ IF COMPROMISED: deploy shop/front"
        assert "leads to cluster-admin 95%" in what(user)[1]
        assert any("holds the token of sa shop/robot" in said for said in what(user))
        await user.press("left_square_bracket")
        assert user.explorer.pane.id == "workloads"


async def test_x_on_a_pod_takes_what_made_it_and_on_a_subject_the_subject() -> None:
    async with exploring(World(attacked())) as user:
        await user.press("6")
        while user.explorer.listing.id != "pods":
            await user.press("right_parenthesis")
        await user.find(kind="Pod", name="tools-1-x")
        await user.press("x")
        assert what(user)[0] == "▾ IF COMPROMISED: deploy shop/tools"
        assert any("gets out of its container to no node-1" in said for said in what(user))
        await user.press("4")
        await user.find(kind="User", name="anna")
        await user.press("x")
        assert what(user)[0] == "▾ IF COMPROMISED: User anna"
        await user.press("4")
        await user.find(kind="ServiceAccount", name="robot")
        await user.press("x")
        assert what(user)[0] == "▾ IF COMPROMISED: sa shop/robot"


async def test_x_goes_on_from_a_step_and_back_again() -> None:
    async with exploring(World(attacked()), pane="priorities") as user:
        await to(user, "holds the token of sa shop/robot")
        await user.press("x")
        assert what(user)[0] == "▾ IF COMPROMISED: sa shop/robot"
        await user.press("left_square_bracket")
        assert user.explorer.listing.id == "external"


async def test_x_says_why_it_does_nothing() -> None:
    async with exploring(World(attacked())) as user:
        await user.press("3", "x")
        assert "nobody takes over a Namespace" in user.said[-1]


async def test_without_a_choice_every_beginning_says_where_it_leads() -> None:
    async with exploring(World(attacked()), pane="priorities") as user:
        await user.press("left_parenthesis")
        assert "x on any workload" in what(user)[0]
        assert "deploy shop/front → cluster-admin" in what(user)
        await to(user, "User anna → every Secret")
        await user.press("x")
        assert what(user)[0] == "▾ IF COMPROMISED: User anna"


async def test_a_filter_at_the_start_is_one_of_findings() -> None:
    async with exploring(World(attacked()), filter="sev:critical") as user:
        assert user.explorer.pane.id == "findings"
        assert user.explorer.filter_text == "sev:critical"


async def test_the_hints_name_what_can_be_done_here() -> None:
    async with exploring(World(attacked()), pane="priorities") as user:
        assert isinstance(user.app.screen, Explorer)
        assert "x if taken" in user.lines[-1]
