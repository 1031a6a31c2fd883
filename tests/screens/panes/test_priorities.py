"""The pane Priorities: what it says while reading, of what was not read, without ways, and of real clusters."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from ksec_tui.analysis.paths.lenses import Lens
from ksec_tui.checks import all_checks
from ksec_tui.cluster.coverage import KindCoverage, State
from ksec_tui.findings.runner import run
from ksec_tui.fixes.plan import FixPlan
from ksec_tui.screens.attack_scene import CUT, DETOUR, scene
from ksec_tui.screens.lines import Bar
from ksec_tui.screens.pane import View
from ksec_tui.screens.priority_rows import lens_rows
from ksec_tui.screens.proof import prove
from ksec_tui.screens.widgets.columns import text_of
from ksec_tui.session import State as SessionState
from ksec_tui.sources.base import Source, load
from ksec_tui.sources.demo import DemoSource
from ksec_tui.sources.files import FileSource
from tests.screens.attacked import attacked
from tests.screens.explorers import User, exploring
from tests.screens.world import World, thing

CLUSTER = Path(__file__).parents[4] / "shared" / "cluster"


def view_of(source: Source) -> View:
    snapshot = load(source)[0]
    return View.of(SessionState(snapshot, run(snapshot, all_checks())), FixPlan(), ascii=False)


def what(user: User) -> list[str]:
    return [text_of(row.values["what"]) for row in user.explorer.table.shown]


async def test_while_reading_the_worst_findings_so_far_stand_there() -> None:
    gate = threading.Event()
    async with exploring(World(attacked(), gate=gate), pane="priorities", wait=False) as user:
        await user.until(lambda: any("Privileged" in said or "granted" in said for said in what(user)))
        assert what(user)[0].strip() == "working out paths: they come once everything is read"
        gate.set()
        await user.loaded()
        assert what(user)[0].startswith("▸ DO THIS FIRST")


async def test_a_cluster_without_ways_says_so() -> None:
    quiet = [thing("v1", "Namespace", "shop"), thing("v1", "ServiceAccount", "idle", "shop")]
    async with exploring(World(quiet), pane="priorities") as user:
        assert what(user)[0].strip() == "Do this first: nothing; no way is open"
        assert what(user)[1].strip() == "No way from outside is open"
        await user.press("left_parenthesis")
        assert any("nothing leads on from any workload or login" in said for said in what(user))


async def test_what_was_not_read_is_said_and_never_taken_for_none() -> None:
    coverage = {
        name: KindCoverage(State.FORBIDDEN)
        for name in ("clusterrolebindings", "rolebindings", "secrets", "services")
    }
    async with exploring(World(attacked(), coverage=coverage), pane="priorities") as user:
        rows = user.explorer.table.shown
        assert any("Not known, and may hide ways" in said for said in what(user))
        assert any(row.unknown for row in rows)
        assert "there may be more ways" in user.explorer.query_one("#notice", Bar).words
        assert not any(said.strip() == "No way from outside is open" for said in what(user))


async def test_that_no_way_was_found_is_no_promise_where_not_everything_was_read() -> None:
    quiet = [thing("v1", "Namespace", "shop"), thing("v1", "ServiceAccount", "idle", "shop")]
    coverage = {"clusterrolebindings.rbac.authorization.k8s.io": KindCoverage(State.FORBIDDEN)}
    async with exploring(World(quiet, coverage=coverage), pane="priorities") as user:
        first, ways, *_ = what(user)
        assert first.strip() == "Do this first: nothing; no way was found, but not everything was read"
        assert ways.strip() == "No way from outside was found, but not everything was read"


@pytest.mark.parametrize("size", [(80, 24), (140, 45)], ids=str)
async def test_without_colour_the_tree_is_read_from_its_words(
    monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with exploring(World(attacked()), size=size, pane="priorities") as user:
        assert "DO THIS FIRST" in user.screen
        assert "▾ deploy shop/front → cluster-admin" in user.screen
        assert "47% open" in " ".join(user.screen.split())


async def test_hostile_names_are_shown_and_obeyed_nowhere() -> None:
    objects = attacked()
    objects[-1]["subjects"][0]["name"] = "[red]\x1b]0;owned\x07\u202eanna"
    async with exploring(World(objects), pane="priorities") as user:
        await user.press("right_parenthesis", "right_parenthesis")
        found = next(said for said in what(user) if "[red]" in said)
        assert "\x1b" not in found + user.screen
        assert "\u202e" not in found + user.screen


def staged(view: View, lens: Lens, count: int) -> View:
    """The view with the best fixes of a lens staged and proven."""
    plan = FixPlan()
    patches = [item for item in scene(view, lens).fixes if not item.by_hand]
    for item in patches[:count]:
        for offer in item.offers:
            plan = plan.stage(offer.finding, offer.fix)
    done = view.with_plan(plan)
    proof = prove(view.state, plan, lambda snapshot, ref: snapshot.document(ref))
    return View(done.state, done.plan, staged=done.staged, proof=proof)


def test_in_the_demo_the_way_from_the_ingress_to_cluster_admin_is_drawn_and_its_fix_cuts_it() -> None:
    view = view_of(DemoSource(today="2026-11-21"))
    found = scene(view, Lens.EXTERNAL)
    told = next(item for item in found.ways if item.way.entry.name == "preview-runner")
    assert told.path.words == (
        "internet → Deployment ci/preview-runner → ServiceAccount ci/deployer → cluster-admin"
    )
    findings = found.cutting(step.edge for step in told.path.told)
    best = findings[0]
    assert (best.check, best.subject.name) == ("rbac-cluster-admin", "ci-deployer")
    offer = next(
        offer
        for item in found.first
        for offer in item.offers
        if offer.finding.fingerprint == best.fingerprint
    )
    plan = FixPlan().stage(offer.finding, offer.fix)
    proof = prove(view.state, plan, lambda snapshot, ref: snapshot.document(ref))
    after = View(view.state, plan, staged=frozenset({best.fingerprint}), proof=proof)
    assert scene(after, Lens.EXTERNAL).state(told) in (CUT, DETOUR)
    row = next(row for row in lens_rows(after, Lens.EXTERNAL) if "ci/preview-runner → " in row.text)
    assert text_of(row.values["state"]) in (CUT, DETOUR)


def test_what_is_reckoned_before_the_proof_is_what_comes_of_it() -> None:
    view = view_of(World(attacked()))
    for lens in Lens:
        after = staged(view, lens, 1)
        before = View(after.state, after.plan, staged=after.staged)
        reckoned, proven = scene(before, lens), scene(after, lens)
        assert not reckoned.proven
        assert proven.proven
        assert [reckoned.state(told) for told in reckoned.ways] == [
            proven.state(told) for told in proven.ways
        ]


@pytest.mark.skipif(not CLUSTER.is_dir(), reason="the dump of a cluster is not beside this checkout")
def test_bad_pods_and_impersonating_groups_stand_in_the_views_of_a_real_cluster() -> None:
    view = view_of(FileSource([str(CLUSTER)], today="2026-11-21"))
    pods = {told.way.entry.name for told in scene(view, Lens.CONTAINER).ways}
    assert {"priv-exec-deployment", "hostpath-exec-deployment", "everything-allowed-exec-deployment"} <= pods
    logins = {told.way.entry.words: told for told in scene(view, Lens.CREDENTIALS).ways}
    assert {"Group developers", "Group contractors", "User tom.becker@example.com"} <= logins.keys()
    assert logins["User tom.becker@example.com"].way.goal.name == "cluster-admin"
