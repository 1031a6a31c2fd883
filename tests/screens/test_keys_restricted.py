"""The key that brings workloads to Pod Security restricted, and what the tab Fix says of the way."""

from __future__ import annotations

from ksec_tui.sources.demo import DemoSource
from tests.screens.explorers import User, exploring, presses


async def at_workload(user: User, namespace: str, name: str) -> None:
    await user.loaded()
    await user.press("6")
    await user.find(namespace=namespace, name=name)


@presses("fix.restricted")
async def test_b_stages_the_way_to_restricted_as_one_fix_and_takes_it_out_again() -> None:
    async with exploring(DemoSource(today="2026-11-21"), size=(80, 24)) as user:
        await at_workload(user, "shop", "checkout")
        await user.press("B")
        await user.until(lambda: len(user.explorer.view.plan.staged) == 1)
        await user.rests()
        (staged,) = user.explorer.view.plan.staged
        assert staged.fix.title == "Bring Deployment checkout to the Pod Security level restricted"
        assert user.said[-1].startswith("staged: Deployment checkout to")
        assert user.row.staged
        await user.press("B")
        await user.until(lambda: not user.explorer.view.plan.staged)
        await user.press("z")
        await user.until(lambda: len(user.explorer.view.plan.staged) == 1)


async def test_the_tab_fix_shows_the_way_with_its_steps_and_its_diff() -> None:
    async with exploring(DemoSource(today="2026-11-21")) as user:
        await at_workload(user, "shop", "checkout")
        await user.press("D")
        await user.rests()
        before, heading, way = user.detail.partition("To Pod Security restricted")
        assert before
        assert heading
        assert "B stages all of it as one change" in way
        assert "~ Deployment shop/checkout" in way
        assert "+" in way.partition("~ Deployment shop/checkout")[2]
        await user.press("B")
        await user.until(lambda: len(user.explorer.view.plan.staged) == 1)
        await user.rests()
        assert "staged; B takes it out again" in user.detail


async def test_b_on_what_is_no_workload_says_so() -> None:
    async with exploring(DemoSource(today="2026-11-21")) as user:
        await user.loaded()
        await user.press("3", "B")
        assert user.said[-1] == "this is no workload"


async def test_b_says_why_a_component_of_kubernetes_is_left_alone() -> None:
    async with exploring(DemoSource(today="2026-11-21")) as user:
        await at_workload(user, "kube-system", "coredns")
        await user.press("B")
        await user.until(lambda: any("part of Kubernetes itself" in said for said in user.said))
        assert not user.explorer.view.plan.staged


async def test_b_stages_the_ways_of_all_marked_workloads() -> None:
    async with exploring(DemoSource(today="2026-11-21")) as user:
        await user.loaded()
        await user.press("6")
        await user.filter("ns:shop kind:deploy")
        count = user.explorer.table.shown_count
        assert count > 1
        await user.press("space", "space", "B")
        await user.until(lambda: len(user.explorer.view.plan.staged) == 2)
        assert len({item.finding.subject for item in user.explorer.view.plan.staged}) == 2
