"""The planted ways to nodes and to cluster-admin are cut by the patches that are ranked for their steps."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ksec_tui.analysis.paths.graph import AttackGraph, graph
from ksec_tui.analysis.paths.lenses import Lens
from ksec_tui.analysis.paths.model import Edge, Vertex
from ksec_tui.analysis.paths.search import paths_from
from ksec_tui.checks import all_checks
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.finding import Finding
from ksec_tui.findings.fix import Fix
from ksec_tui.findings.runner import Results, run
from ksec_tui.findings.verdict import Verdict
from ksec_tui.fixes.offer import offer
from ksec_tui.fixes.plan import FixPlan
from ksec_tui.fixes.priorities import priorities
from ksec_tui.fixes.simulate import Simulation, simulate
from ksec_tui.sources.base import load
from ksec_tui.sources.demo import DemoSource
from ksec_tui.sources.files import FileSource
from tests.analysis.paths.worlds import ADMIN, INTERNET, NODE

CLUSTER = Path(__file__).parents[3] / "shared" / "cluster"
CHECKS = all_checks()
MOST = 60
"""Fixes after which a way that is still open counts as one that cannot be cut."""

RUNNER = Vertex("workload", "preview-runner", "ci", "Deployment.apps")
ESCAPING = ("everything-allowed", "priv-and-hostpid", "priv", "hostpath", "hostpid")
needs_cluster = pytest.mark.skipif(
    not CLUSTER.is_dir(), reason="the dump of a cluster is not beside this checkout"
)


class Engineer:
    """Somebody who stages, for each way that is still open, the patch that is offered first for its steps."""

    def __init__(self, snapshot: Snapshot, lens: Lens) -> None:
        self.snapshot = snapshot
        self.results: Results = run(snapshot, CHECKS)
        ranked = priorities(snapshot, self.results, CHECKS, (lens,))
        marks = (item.finding.fingerprint for one in ranked for item in one.offers)
        self.places = {mark: place for place, mark in enumerate(dict.fromkeys(marks))}

    def offered(self, steps: tuple[Edge, ...]) -> Iterator[tuple[Finding, Fix]]:
        """The patches for these steps, in the order in which the pane Priorities takes them."""
        found: dict[str, tuple[tuple[bool, int, int], Finding]] = {}
        for cut in (cut for edge in steps for cut in edge.cuts if cut.checks):
            for item in self.results.on(cut.ref):
                if item.check in cut.checks and item.verdict is Verdict.FAIL:
                    place = self.places.get(item.fingerprint, len(self.places))
                    order = cut.partly, place, -int(item.severity)
                    found[item.fingerprint] = min(
                        found.get(item.fingerprint, (order, item)), (order, item), key=_first
                    )
        for _, item in sorted(found.values(), key=_first):
            fix = offer(item, CHECKS, self.snapshot)
            if fix is not None and fix.changes:
                yield item, fix

    def cut(self, way: Callable[[AttackGraph], tuple[Edge, ...]]) -> Simulation:
        """Stage patches until `way` finds no steps any more in the simulated state."""
        plan = FixPlan()
        done = simulate(self.snapshot, plan, CHECKS, results=self.results)
        for _ in range(MOST):
            steps = way(graph(done.snapshot))
            if not steps:
                return done
            fresh = (pair for pair in self.offered(steps) if not plan.has(pair[0].fingerprint))
            pair = next(fresh, None)
            assert pair is not None, (
                "stuck at",
                [step.kind for step in steps],
                [str(i.finding) for i in plan.staged],
            )
            plan = plan.stage(*pair)
            done = simulate(self.snapshot, plan, CHECKS, results=self.results)
        raise AssertionError("still open")


def _first(item: tuple[tuple[bool, int, int], Finding]) -> tuple[bool, int, int]:
    return item[0]


def between(start: Vertex, goal: Vertex) -> Callable[[AttackGraph], tuple[Edge, ...]]:
    """The steps of the easiest way from one to the other."""

    def way(found: AttackGraph) -> tuple[Edge, ...]:
        answer = paths_from(found, start, goal, 1)
        return tuple(step.edge for step in answer.paths[0].steps) if answer.paths else ()

    return way


@pytest.fixture(scope="module")
def visitor() -> Engineer:
    return Engineer(load(DemoSource(today="2026-11-21"))[0], Lens.EXTERNAL)


@pytest.fixture(scope="module")
def tenant() -> Engineer:
    return Engineer(load(FileSource([str(CLUSTER)], today="2026-11-21"))[0], Lens.CONTAINER)


def test_the_planted_way_of_the_demo_is_cut_by_its_binding_alone(visitor: Engineer) -> None:
    deployer = Vertex("account", "deployer", "ci")
    steps = between(deployer, ADMIN)(graph(visitor.snapshot))
    finding, fix = next(visitor.offered(steps))
    assert (finding.check, str(finding.subject)) == ("rbac-cluster-admin", "ClusterRoleBinding ci-deployer")
    done = simulate(visitor.snapshot, FixPlan().stage(finding, fix), CHECKS, results=visitor.results)
    assert done.ok
    assert between(deployer, ADMIN)(graph(done.snapshot)) == ()
    assert between(INTERNET, RUNNER)(graph(done.snapshot)) != ()


@pytest.mark.slow
def test_patches_take_cluster_admin_from_the_whole_internet(visitor: Engineer) -> None:
    done = visitor.cut(between(INTERNET, ADMIN))
    assert (done.errors, done.refused) == ((), ())
    staged = {(item.finding.check, str(item.finding.subject)) for item in done.plan.staged}
    assert {
        ("rbac-cluster-admin", "ClusterRoleBinding ci-deployer"),
        ("wl-runtime-socket", "DaemonSet legacy/host-agent"),
        ("ns-no-netpol-egress", "Namespace ingress-nginx"),
    } <= staged
    assert paths_from(graph(done.snapshot), INTERNET, ADMIN, 1).status in ("none", "not known")


@needs_cluster
@pytest.mark.parametrize("name", ESCAPING)
def test_patches_keep_a_bad_pod_in_its_container(tenant: Engineer, name: str) -> None:
    start = Vertex("workload", f"{name}-exec-deployment", "badpods", "Deployment.apps")

    def escape(found: AttackGraph) -> tuple[Edge, ...]:
        number = found.number(start)
        assert number is not None
        out = (found.edges[edge] for edge in found.out[number])
        return tuple(edge for edge in out if edge.kind == "container-escape")[:1]

    assert escape(graph(tenant.snapshot)) != ()
    done = tenant.cut(escape)
    assert (done.errors, done.refused) == ((), ())
    assert {item.finding.subject.name for item in done.plan.staged} == {start.name}
    assert len(done.plan.staged) <= 4
    # What is left of its ways to a node leads through the bad pods beside it.
    left = paths_from(graph(done.snapshot), start, NODE, 1).paths
    assert all(path.steps[0].edge.kind == "connect" for path in left)
