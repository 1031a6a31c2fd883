"""At the keyboard in the panes of workloads and namespaces: views, levels and barriers, staging from them."""

from __future__ import annotations

import pytest

from ksec_tui.cluster.coverage import KindCoverage, State
from tests.screens.explorers import User, exploring
from tests.screens.world import World, cluster, deployment, pod_of, thing


def busy() -> World:
    """The small cluster with a node, on which the privileged pod and a powerful one run."""
    objects = [*cluster(), thing("v1", "Node", "one"), *pod_of("worker-00")]
    for item in objects:
        if item["kind"] == "Pod":
            item["spec"] = {**item["spec"], "nodeName": "one"}
            item["status"] = {"phase": "Running"}
    return World(objects)


async def why(user: User, name: str) -> str:
    """The tab Why of a row, as one line of text."""
    await user.find(name=name)
    await user.press("d")
    return " ".join(user.detail.split())


@pytest.mark.parametrize("size", [(80, 24), (140, 45)], ids=str)
async def test_parentheses_go_through_the_views_of_the_workloads(size: tuple[int, int]) -> None:
    async with exploring(busy(), size=size) as user:
        await user.press("6")
        expected = {
            "all": "privileged",
            "images": "1.0",
            "pods": "api-1-x",
            "nodes": "deploy shop/api → deploy shop/worker-00",
        }
        for listing, words in expected.items():
            assert user.explorer.listing.id == listing
            assert words[:24] in user.screen
            await user.press("right_parenthesis")
        assert user.explorer.listing.id == "all"
        await user.press("left_parenthesis")
        assert user.explorer.listing.id == "nodes"


async def test_why_tells_the_level_and_what_each_further_level_refuses_with_its_fields() -> None:
    async with exploring() as user:
        await user.press("6")
        text = await why(user, "api")
        assert "Pod Security: meets privileged" in text
        assert "baseline refuses: privileged" in text
        assert "Pod Security baseline (v1.33) refuses" in text
        assert "Pod Security restricted (v1.33) refuses besides" in text
        assert "/spec/template/spec/containers/0/securityContext/privileged" in text
        assert "/spec/template/spec/containers/0/securityContext/allowPrivilegeEscalation" in text


async def test_a_workload_that_meets_restricted_has_no_barriers() -> None:
    strict = {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "runAsNonRoot": True,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    async with exploring(World([*cluster(), deployment("strict", securityContext=strict)])) as user:
        await user.press("6")
        text = await why(user, "strict")
        assert "Pod Security: meets restricted" in text
        assert "refuses" not in text


async def test_s_on_a_barrier_stages_the_fix_of_the_finding_that_tells_it() -> None:
    async with exploring() as user:
        await user.press("6")
        await why(user, "api")
        lines = user.explorer.text.lines
        start = next(i for i, line in enumerate(lines) if "baseline (v1.33) refuses" in line.text)
        user.explorer.text.focus()
        user.explorer.text.move_to_index(start + 1)
        await user.rests()
        assert "s stage wl-privileged" in user.lines[-1]
        await user.press("s")
        await user.until(lambda: user.explorer.view.plan.staged)
        assert [item.finding.check for item in user.explorer.view.plan.staged] == ["wl-privileged"]


async def test_a_pod_is_judged_as_its_owner_and_o_goes_there() -> None:
    async with exploring(busy()) as user:
        await user.press("6", "right_parenthesis", "right_parenthesis")
        text = await why(user, "api-1-x")
        assert "judged as its owner Deployment shop/api" in text
        assert "Privileged container" in text
        await user.press("o")
        assert user.explorer.listing.id == "all"
        assert (user.row.ref.kind, user.row.ref.name) == ("Deployment", "api")


async def test_an_image_is_no_object_and_its_yaml_says_so() -> None:
    async with exploring() as user:
        await user.press("6", "right_parenthesis", "y")
        assert "An image is no object of the cluster" in user.detail


async def test_no_view_of_a_row_shows_what_stands_in_environment_variables() -> None:
    secret = deployment("leaky", env=[{"name": "PASSWORD", "value": "correct-horse-battery"}])
    objects = [*cluster(), secret, *pod_of("leaky")]
    for item in objects:
        if item["kind"] == "Pod":
            item["spec"] = secret["spec"]["template"]["spec"]
    async with exploring(World(objects)) as user:
        await user.press("6")
        for _ in range(4):
            for row in range(user.explorer.table.shown_count):
                user.explorer.table.move_to_index(row)
                await user.press("d")
                assert "correct-horse" not in user.detail
                assert "correct-horse" not in user.row.text
            await user.press("right_parenthesis")


async def test_a_namespace_tells_its_grade_by_parts_and_s_stages_the_level_it_could_enforce() -> None:
    async with exploring() as user:
        await user.press("3")
        text = await why(user, "quiet")
        assert "Isolation F" in text
        assert "0/30 pod security: names no level" in text
        assert "It could enforce baseline today" in text
        user.explorer.text.focus()
        lines = user.explorer.text.lines
        index = next(
            i for i, line in enumerate(lines) if line.about and line.about[0].check == "ns-psa-can-tighten"
        )
        user.explorer.text.move_to_index(index)
        await user.rests()
        await user.press("s")
        await user.until(lambda: user.explorer.view.plan.staged)
        await user.rests()
        (staged,) = user.explorer.view.plan.staged
        assert staged.finding.check == "ns-psa-can-tighten"
        (change,) = staged.fix.changes
        assert change.target.name == "quiet"
        assert "baseline" in str(change.body)


async def test_without_rights_to_read_policies_the_grade_is_unknown() -> None:
    coverage = {"networkpolicies.networking.k8s.io": KindCoverage(State.FORBIDDEN)}
    async with exploring(World(coverage=coverage)) as user:
        await user.press("3")
        text = await why(user, "shop")
        assert "?/20 ingress" in text
        assert "Isolation between" in text
