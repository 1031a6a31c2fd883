"""What of a plan needs somebody: conflicts, what is refused, what only a human can do, what the server says."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import msgspec

from ksec_tui.findings.finding import Finding
from ksec_tui.findings.fix import Fix, Risk
from ksec_tui.fixes.build import strategic
from ksec_tui.fixes.plan import FixPlan
from ksec_tui.screens.proof import Standing
from ksec_tui.sources.trials import Outcome, Progress, Trial, Tried
from tests.screens.explorers import User, exploring
from tests.screens.test_keys_fixes import staged
from tests.screens.test_keys_fixes_plan import CHECK, column, notice, stage
from tests.screens.world import API, World

OTHER = "wl-seccomp-missing"


def finding(user: User, check: str) -> Finding:
    """The finding of a check on the Deployment api."""
    found = user.explorer.view.state.results.on(API)
    return next(item for item in found if item.check == check)


def patch(title: str, value: object, risk: Risk = Risk.SAFE) -> Fix:
    spec = {"containers": [{"name": "main", "securityContext": {"privileged": value}}]}
    return Fix(title, (strategic(API, {"spec": {"template": {"spec": spec}}}),), risk, "x")


async def planned(user: User, plan: FixPlan) -> None:
    """Put a plan in place and look at it."""
    user.explorer.set_plan(plan)
    await user.press("9")
    await user.until(lambda: user.explorer.view.proven is not None)
    await user.rests()


def states(user: User) -> dict[str, str]:
    """Title of each fix and how it stands."""
    shown = user.explorer.table.shown
    rows = [row for row in shown if row.branch is not None and row.branch.depth == 1 and row.finding]
    return {
        user.explorer.view.plan.of(row.finding.fingerprint).fix.title: str(row.values["state"].text)  # type: ignore[union-attr]
        for row in rows
        if row.finding is not None
    }


async def test_conflicts_stand_together_on_top_and_enter_chooses_one() -> None:
    async with exploring() as user:
        plan = FixPlan().stage(finding(user, CHECK), patch("Say no", False))
        plan = plan.stage(finding(user, OTHER), patch("Say yes", True))
        await planned(user, plan)
        assert column(user)[0] == "▾ 1 conflict: none of these fixes is carried out"
        assert "Say no" in column(user)[1]
        assert "Say yes" in column(user)[1]
        assert set(states(user).values()) == {"in conflict"}
        assert "1 conflict" in notice(user)
        await user.press("j", "enter")
        assert "Which of them?" in user.screen
        await user.press("enter")
        await user.until(lambda: user.explorer.view.proven is not None)
        await user.rests()
        chosen = user.explorer.view.plan
        assert chosen.conflicts == ()
        assert sorted(states(user).values()) in (["proven", "set aside"], ["refused", "set aside"])
        await user.press("z")
        assert user.explorer.view.plan == plan


async def test_what_is_refused_says_why_in_its_row_and_in_hunk_mode() -> None:
    async with exploring(size=(80, 24)) as user:
        await planned(user, FixPlan().stage(finding(user, OTHER), patch("No help", None)))
        assert states(user) == {"No help": "refused"}
        assert "1 refused" in notice(user)
        assert "It does not remove its" in user.screen
        await user.press("I")
        await user.until(lambda: "Refused: It does not remove its finding" in user.screen)


async def test_a_fix_that_loses_the_field_that_counts_is_refused() -> None:
    async with exploring() as user:
        context = {"privileged": None, "runAsNonRoot": True}
        spec = {"containers": [{"name": "main", "securityContext": context}]}
        change = strategic(API, {"spec": {"template": {"spec": spec}}})
        await planned(user, FixPlan().stage(finding(user, CHECK), Fix("Two", (change,), Risk.SAFE)))
        await user.press("I", "s")
        assert "[1/2]" in user.screen
        assert "securityContext.privileged is taken out" in user.screen
        await user.press("n", "y")
        await user.until(lambda: user.explorer.view.proven is not None)
        await user.rests()
        (item,) = user.explorer.view.plan.staged
        assert item.edited
        assert "privileged" not in str(item.fix.changes[0].body)
        assert states(user) == {"Two": "refused"}


async def test_what_only_a_human_can_do_is_told_with_its_first_step_and_has_no_pieces() -> None:
    async with exploring() as user:
        fix = Fix("Move it", (), Risk.MANUAL, "x", ("Ask the owner.", "Wait."))
        await planned(user, FixPlan().stage(finding(user, CHECK), fix))
        assert states(user) == {"Move it": Standing.MANUAL.value}
        assert "Ask the owner." in user.screen
        await user.press("j", "I", "e")
        assert user.said[-2:] == [
            "no patch is staged; s stages the fix of a finding",
            "there is no staged patch in hand: s stages the fix of a finding",
        ]


async def test_a_refresh_that_changes_things_proves_the_plan_again() -> None:
    async with exploring() as user:
        await stage(user, CHECK)
        first = user.explorer.view.proven
        await user.press("R")
        await user.loaded()
        await user.until(lambda: user.explorer.view.proven not in (None, first))


async def test_an_object_is_staged_and_taken_out_as_a_whole() -> None:
    async with exploring() as user:
        await stage(user, CHECK, OTHER)
        await user.press("s")
        await staged(user, 0)
        await user.press("z")
        await staged(user, 2)


class Live(World):
    """A World whose server can be asked, and refuses everything."""

    asked: Sequence[Trial] = ()

    def dry_run(
        self,
        trials: Sequence[Trial],
        *,
        cancel: threading.Event | None = None,
        progress: Progress | None = None,
    ) -> tuple[Tried, ...]:
        """Refuse with markup in the words."""
        assert cancel is not None
        assert progress is None
        self.asked = trials
        return tuple(
            Tried(one.target, one.method, Outcome.REFUSED, "denied [b]by[/b] policy") for one in trials
        )


async def test_the_server_is_asked_after_a_question_and_its_word_stands_beside_the_object() -> None:
    source = Live()
    source.info = msgspec.structs.replace(source.info, kind="live")
    async with exploring(source) as user:
        await stage(user, CHECK)
        await user.press("V")
        assert "Ask the server about 1 change?" in user.screen
        assert "the only requests that are no reads" in user.screen
        await user.press("enter")
        assert not source.asked
        await user.press("V", "y")
        await user.until(lambda: user.said[-1] == "the server: 1 refused")
        await user.rests()
        assert [trial.target for trial in source.asked] == [API]
        row = user.explorer.table.shown[0]
        assert "denied [b]by[/b] policy" in str(row.values["why"])
        assert str(row.values["server"].text) == "refused"
