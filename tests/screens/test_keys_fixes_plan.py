"""Keys of the plan in pane 9: its tree, its pieces, its proof, and what is left to a human."""

from __future__ import annotations

import threading
from pathlib import Path

from ksec_tui.cluster.ingest import Document
from ksec_tui.cluster.ref import ObjectRef
from tests.screens.explorers import User, exploring, presses
from tests.screens.test_keys_fixes import line_of_cursor, staged
from tests.screens.world import API, World, cluster

CHECK = "wl-privileged"


async def stage(user: User, *checks: str, name: str = "api") -> None:
    """Stage the fixes of some findings of one object and go to the plan."""
    for number, check in enumerate(checks, 1):
        await user.find(check=check, name=name)
        await user.press("s")
        await staged(user, number)
    await user.press("9")
    await user.until(lambda: user.explorer.view.proven is not None)
    await user.rests()


def column(user: User) -> list[str]:
    """The rows of the tree, without the other columns."""
    return [
        str(row.values["what"].text if hasattr(row.values["what"], "text") else row.values["what"])
        for row in user.explorer.table.shown
    ]


def notice(user: User) -> str:
    return user.explorer.query_one("#notice").words  # type: ignore[attr-defined,no-any-return]


async def test_the_plan_is_a_tree_with_a_summary_that_was_proven() -> None:
    async with exploring() as user:
        await stage(user, CHECK, "wl-seccomp-missing")
        assert column(user)[0] == "▾ Deployment shop/api"
        assert len(column(user)) == 3
        assert notice(user).startswith(" 2 fixes on 1 object: ")
        assert "none new; 1 to review; 1 rollout, privileged → baseline" in notice(user)
        row = user.explorer.table.shown[0]
        assert row.values["change"] == "patch"
        assert int(str(row.values["goes"])) >= 2
        assert "privileged → baseline" in str(row.values["why"])


@presses("tree.fold", "tree.unfold")
async def test_h_and_l_fold_and_unfold_and_h_goes_up() -> None:
    async with exploring() as user:
        await user.press("h", "l")
        assert set(user.said) == {"nothing is folded here: the plan in pane 9 is a tree"}
        await stage(user, CHECK)
        assert len(column(user)) == 2
        await user.press("l", "l")
        await user.rests()
        assert len(column(user)) == 3
        assert "containers[name=main].securityContext" in column(user)[2]
        await user.press("l", "h")
        assert user.explorer.table.cursor_index == 1
        await user.press("h", "h", "h")
        await user.rests()
        assert column(user) == ["▸ Deployment shop/api"]
        await user.press("enter")
        await user.rests()
        assert len(column(user)) == 2


@presses("fix.hunks")
async def test_capital_i_asks_about_every_piece_from_anywhere_and_y_reviews_it() -> None:
    async with exploring(size=(80, 24)) as user:
        await user.press("I")
        assert user.said == ["no patch is staged; s stages the fix of a finding"]
        await stage(user, CHECK, "wl-seccomp-missing")
        assert [item.finding.check for item in user.explorer.view.plan.unconfirmed] == [CHECK]
        await user.press("I")
        await user.until(lambda: "-" in user.screen and "privileged: true" in user.screen)
        assert "[1/2]" in user.screen
        assert "not reviewed yet" in user.screen
        await user.press("y")
        assert "[2/2]" in user.screen
        await user.press("y")
        await user.rests()
        assert user.explorer.view.plan.unconfirmed == ()
        await user.press("z")
        assert len(user.explorer.view.plan.unconfirmed) == 1


async def test_what_is_left_out_in_hunk_mode_is_out_of_the_plan_and_z_brings_it_back() -> None:
    async with exploring() as user:
        await stage(user, CHECK, "wl-seccomp-missing")
        await user.press("I", "n", "q")
        await staged(user, 1)
        await user.until(lambda: user.explorer.view.proven is not None)
        assert "1 left out" in user.said[-1]
        await user.press("z")
        await staged(user, 2)


async def test_d_leaves_all_of_the_object_out_and_help_tells_the_keys() -> None:
    async with exploring() as user:
        await stage(user, "wl-allow-priv-esc", "wl-seccomp-missing", name="worker-00")
        await user.press("I", "s")
        assert user.said[-1] == "this cannot be split"
        await user.press("u")
        assert user.said[-1] == "nothing is decided yet"
        await user.press("y", "u")
        assert "[1/2]" in user.screen
        await user.press("question_mark")
        assert "Split it into the fields" in user.screen
        await user.press("escape", "d")
        await staged(user, 0)


async def test_all_of_an_object_is_taken_with_a() -> None:
    async with exploring() as user:
        await stage(user, CHECK, "wl-seccomp-missing")
        await user.press("I", "a")
        await user.rests()
        assert len(user.app.screen_stack) == 2
        assert user.explorer.view.plan.unconfirmed == ()
        assert len(user.explorer.view.plan.staged) == 2


async def test_the_other_view_tells_what_all_fixes_do() -> None:
    async with exploring() as user:
        await stage(user, CHECK)
        await user.press("right_parenthesis")
        await user.rests()
        shown = {(str(row.values["effect"]), row.ref.name) for row in user.explorer.table.shown}
        assert {("level", "api"), ("rollout", "api"), ("may break", "api")} <= shown


async def test_the_diff_of_an_object_is_that_of_the_whole_plan_and_enter_there_asks_about_it() -> None:
    async with exploring() as user:
        await stage(user, CHECK, "wl-seccomp-missing")
        await user.press("D")
        await user.rests()
        assert "seccompProfile" in user.detail
        assert "privileged: true" in user.detail
        await user.press("f", "G", "enter")
        await user.until(lambda: "[1/2]" in user.screen)


class Slow(World):
    """A World whose objects are handed out when the gate is open."""

    def __init__(self) -> None:
        objects = cluster()
        super().__init__(objects, whole={API: next(one for one in objects if one["kind"] == "Deployment")})
        self.open = threading.Event()

    def fetch(self, ref: ObjectRef) -> Document | None:
        """One object, whole, in the end."""
        self.open.wait(60)
        return super().fetch(ref)


async def test_esc_gives_a_proof_up_and_nine_tries_again() -> None:
    source = Slow()
    async with exploring(source) as user:
        explorer = user.explorer
        await user.find(check=CHECK, name="api")
        await user.press("s")
        await staged(user, 1)
        await user.pilot.press("9")
        await user.until(lambda: not explorer.at_rest)
        await user.until(lambda: "1 fix, not proven yet" in notice(user))
        await user.pilot.press("escape")
        source.open.set()
        await user.rests()
        assert user.said[-1] == "the proof is given up: 9 tries again"
        assert explorer.view.proven is None
        assert "1 fix, not proven yet; 1 to review" in notice(user)
        await user.press("9")
        await user.until(lambda: explorer.view.proven is not None)
        await user.rests()
        assert "none new; 1 to review" in notice(user)


@presses("fix.dry-run")
async def test_the_server_is_asked_only_where_there_is_one() -> None:
    async with exploring() as user:
        await stage(user, CHECK)
        await user.press("V")
        assert user.said[-1] == "there is no server to ask: this is no live cluster"


async def test_export_asks_for_the_review_first_and_looks_at_the_pieces_by_default() -> None:
    async with exploring() as user:
        await stage(user, CHECK, "wl-seccomp-missing")
        await user.press("E")
        assert "1 fix needs a review first" in user.screen
        await user.press("enter")
        await user.until(lambda: "[1/1]" in user.screen)
        await user.press("y")
        await user.rests()
        assert user.said[-1].endswith("z takes it back, E exports")
        await user.press("E")
        assert "Export 2 staged fixes to which folder?" in user.screen


async def test_export_can_leave_out_what_nobody_reviewed() -> None:
    async with exploring() as user:
        await stage(user, CHECK, "wl-seccomp-missing")
        await user.press("E", "j", "enter")
        await user.until(lambda: "Export 1 staged fix to which folder?" in user.screen)
        await user.press("escape", "E", "j", "j", "j", "enter")
        assert len(user.app.screen_stack) == 2
        assert len(user.explorer.view.plan.unconfirmed) == 1


async def test_what_was_left_out_of_the_export_is_not_lost_without_a_question(tmp_path: Path) -> None:
    async with exploring() as user:
        await stage(user, CHECK, "wl-seccomp-missing")
        await user.command(f"export {tmp_path / 'fixes'}")
        await user.press("j", "enter")
        await user.until(lambda: any("files in" in text for text in user.said))
        await user.press("q")
        assert "1 staged fix was not exported. Leave all the same?" in user.screen
        await user.press("enter")
        (left,) = user.explorer.view.plan.unconfirmed
        user.explorer.set_plan(user.explorer.view.plan.unstage(left.fingerprint))
        assert not user.explorer.unsaved


async def test_the_tree_stays_a_tree_whatever_it_is_ordered_by() -> None:
    async with exploring() as user:
        await stage(user, CHECK, "wl-seccomp-missing")
        for name in ("what", "state", "risk-of-fix", "why", "goes"):
            for reverse in (False, True):
                user.explorer.table.set_sort(name, reverse)
                assert column(user)[0].startswith("▾ Deployment")
        assert "api" in line_of_cursor(user)
