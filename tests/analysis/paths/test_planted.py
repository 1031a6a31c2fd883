"""Whole clusters: the ways that were planted are found, explained, and cut by the fix of what they rest on."""

from __future__ import annotations

from pathlib import Path

import pytest

from ksec_tui.analysis.paths.changes import difference
from ksec_tui.analysis.paths.graph import graph
from ksec_tui.analysis.paths.lenses import Lens, open_paths
from ksec_tui.analysis.paths.model import Vertex
from ksec_tui.analysis.paths.search import paths_from
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.sources.base import load
from ksec_tui.sources.demo import DemoSource
from ksec_tui.sources.files import FileSource
from tests.analysis.paths.worlds import ADMIN, INTERNET, NODE, kinds, way

CLUSTER = Path(__file__).parents[4] / "shared" / "cluster"
RBAC = "rbac.authorization.k8s.io"
RUNNER = Vertex("workload", "preview-runner", "ci", "Deployment.apps")
needs_cluster = pytest.mark.skipif(
    not CLUSTER.is_dir(), reason="the dump of a cluster is not beside this checkout"
)


@pytest.fixture(scope="module")
def demo() -> Snapshot:
    return load(DemoSource(today="2026-03-02"))[0]


@pytest.fixture(scope="module")
def cluster() -> Snapshot:
    return load(FileSource([str(CLUSTER)], today="2026-11-21"))[0]


def test_the_demo_leads_from_the_ingress_to_cluster_admin(demo: Snapshot) -> None:
    found = paths_from(graph(demo), INTERNET, RUNNER, 1, "shortest").paths[0]
    assert found.doubts == ()
    refs = [str(proof.ref) for proof in found.steps[0].edge.proofs]
    assert refs[0] == "Service ingress-nginx/ingress-nginx-controller"
    assert "Ingress ci/preview" in refs
    answer = paths_from(graph(demo), RUNNER, ADMIN, 1)
    assert answer.status == "open"
    assert (
        answer.paths[0].words == "Deployment ci/preview-runner → ServiceAccount ci/deployer → cluster-admin"
    )
    assert str(answer.paths[0].cuts[-1].ref) == "ClusterRoleBinding ci-deployer"


def test_without_the_binding_the_demo_path_is_gone(demo: Snapshot) -> None:
    binding = ObjectRef("", "ClusterRoleBinding", "ci-deployer", RBAC)
    after = demo.with_documents({binding: None})
    assert way(after, Vertex("account", "deployer", "ci")) == []
    found = difference(demo, after)
    assert any(item.key == (Vertex("account", "deployer", "ci"), ADMIN) for item in found.cut)
    assert found.opened == ()
    assert found.easier == ()
    assert 0 < found.share < 1


def test_nothing_changes_between_equal_states(demo: Snapshot) -> None:
    found = difference(demo, demo.with_documents({}))
    assert (found.cut, found.opened, found.harder, found.easier) == ((), (), (), ())
    assert found.words == "no attack path cut, none opened"


@needs_cluster
def test_bad_pods_take_their_nodes(cluster: Snapshot) -> None:
    escaping = ("everything-allowed", "priv-and-hostpid", "priv", "hostpath", "hostpid")
    for name in escaping:
        start = Vertex("workload", f"{name}-exec-deployment", "badpods", "Deployment.apps")
        assert way(cluster, start, NODE)[:1] == ["container-escape"], name
    for name in ("nothing-allowed",):
        start = Vertex("workload", f"{name}-exec-deployment", "badpods", "Deployment.apps")
        assert graph(cluster).number(start) is not None
        assert "container-escape" not in way(cluster, start, NODE)[:1]


@needs_cluster
def test_groups_impersonate_and_start_pods_in_the_cluster(cluster: Snapshot) -> None:
    edges = graph(cluster)
    told = {(edges.source(edge).words, edge.kind, edges.target(edge).words) for edge in edges.edges}
    assert ("Group developers", "impersonate", "any ServiceAccount of online-boutique") in told
    assert ("Group contractors", "exec", "the running pods of sock-shop") in told
    assert ("User olu.adeyemi@example.com", "run-as", "pods started in kube-system") in told
    assert ("User tom.becker@example.com", "impersonate", "cluster-admin") in told
    assert way(cluster, Vertex("user", "olu.adeyemi@example.com"))
    # Her right to issue certificates comes by a RoleBinding, where it counts for nothing.
    assert kinds(cluster, Vertex("user", "maria.silva@example.com")) == {"mint-token", "member"}


@needs_cluster
def test_the_vulnerable_training_workloads_lead_where_they_were_built_to_lead(cluster: Snapshot) -> None:
    def start(name: str, space: str = "default", kind: str = "Deployment.apps") -> Vertex:
        return Vertex("workload", name, space, kind)

    assert way(cluster, start("system-monitor-deployment"), NODE)[0] == "container-escape"
    assert way(cluster, start("health-check-deployment"), NODE)[0] == "container-escape"
    secrets = Vertex("secrets", "", "big-monolith")
    assert way(cluster, start("hunger-check-deployment", "big-monolith"), secrets) == [
        "mounts-token",
        "read-secret",
    ]
    store = start("cache-store-deployment", "secure-middleware")
    assert "connect" in way(cluster, start("hunger-check-deployment", "big-monolith"), store)


@needs_cluster
def test_every_open_way_of_the_cluster_has_steps_with_words_and_proofs(cluster: Snapshot) -> None:
    found = graph(cluster)
    for lens in Lens:
        for item in open_paths(found, lens)[:200]:
            path = item.path
            assert path.steps[0].source == item.start
            assert path.steps[-1].target == item.goal
            assert path.likelihood == pytest.approx(item.likelihood, rel=1e-3)
            assert all(step.words for step in path.told)
