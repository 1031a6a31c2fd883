"""The whole road on real input: any source, the same findings; less may be read, nothing reads PASS."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from pathlib import Path

import pytest

from ksec_tui.checks import all_checks
from ksec_tui.cluster.kinds import NAMESPACE, SECRET
from ksec_tui.cluster.ref import CLUSTER
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.data.demo import documents, server_version
from ksec_tui.findings.finding import Finding
from ksec_tui.findings.runner import Results, run
from ksec_tui.findings.verdict import Verdict
from ksec_tui.fixes.plan import FixPlan
from ksec_tui.screens import panes
from ksec_tui.screens.pane import View, discover
from ksec_tui.session import State
from ksec_tui.sources.base import load
from ksec_tui.sources.connection import open_connection
from ksec_tui.sources.demo import DemoSource
from ksec_tui.sources.files import FileSource
from ksec_tui.sources.kubeconfig import ConnectionOptions
from ksec_tui.sources.live import LiveSource
from ksec_tui.sources.saved import SavedSource, save
from tests.apiserver import CANARY, CANARY_BASE64, Access, ApiServer, FakeCluster, cluster_from

REAL = Path(__file__).resolve().parent.parent.parent / "shared" / "cluster"
TODAY = "2026-11-21"

needs_real_cluster = pytest.mark.skipif(not REAL.is_dir(), reason="the dump of a real cluster is not here")


def judged(snapshot: Snapshot) -> Results:
    return run(snapshot, all_checks())


def told(findings: Sequence[Finding]) -> list[str]:
    """Findings in a form that is easy to compare."""
    return sorted(f"{item.verdict.value} {item.check} {item.subject}: {item.words}" for item in findings)


def live(server: ApiServer, folder: Path, *namespaces: str) -> Snapshot:
    """What the live source reads from a server."""
    config = folder / "config"
    server.kubeconfig(config)
    options = ConnectionOptions(kubeconfig=str(config), namespaces=namespaces)
    source = LiveSource(open_connection(options))
    snapshot, problems = load(source)
    assert not problems
    return snapshot


@pytest.fixture(scope="module")
def demo() -> Snapshot:
    """The demo cluster."""
    return load(DemoSource(today=TODAY))[0]


def of_objects(findings: Sequence[Finding]) -> list[str]:
    """Findings on objects; what is said of the whole cluster depends on the date and on what was supplied.

    No server is ever asked for the payloads of ConfigMaps, which files may hold.
    """
    return told([item for item in findings if item.subject != CLUSTER and item.check != "sec-configmap"])


def test_every_family_of_checks_finds_something_in_the_demo(demo: Snapshot) -> None:
    """The demo fills every pane with risk."""
    families = {item.id: item.family for item in all_checks()}
    found = {families[item.check] for item in judged(demo).findings if item.verdict is Verdict.FAIL}
    assert {"namespaces", "rbac", "network", "workloads", "versions"} <= found


def test_the_demo_served_by_an_api_server_gives_the_same_findings(demo: Snapshot, tmp_path: Path) -> None:
    """Which source the objects come from makes no difference to what is found on them."""
    cluster = FakeCluster(documents(), server_version())
    with ApiServer(cluster) as server:
        snapshot = live(server, tmp_path)
    assert of_objects(judged(snapshot).findings) == of_objects(judged(demo).findings)


def test_a_saved_snapshot_gives_the_same_findings(demo: Snapshot, tmp_path: Path) -> None:
    """To the letter, and in the same order."""
    save(demo, tmp_path / "demo.ksec")
    again, problems = load(SavedSource(tmp_path / "demo.ksec", today=TODAY))
    assert not problems
    assert judged(again).findings == judged(demo).findings


@needs_real_cluster
def test_a_real_cluster_gives_the_same_findings_from_files_and_from_a_server(tmp_path: Path) -> None:
    """693 pods, 166 deployments, through paging and JSON lists alike."""
    from_files = load(FileSource([str(REAL)], today=TODAY))[0]
    with ApiServer(cluster_from(REAL)) as server:
        from_server = live(server, tmp_path)
    assert of_objects(judged(from_server).findings) == of_objects(judged(from_files).findings)


@needs_real_cluster
def test_a_user_of_one_namespace_sees_it_and_nothing_else_passes(tmp_path: Path) -> None:
    """Its workloads are judged; every check that would need more says UNKNOWN."""
    with ApiServer(cluster_from(REAL), access=Access.namespaces({"bank"}, user="alice")) as server:
        snapshot = live(server, tmp_path, "bank")
    results = judged(snapshot)
    judged_in = {item.subject.namespace for item in results.findings if item.verdict is Verdict.FAIL}
    assert judged_in <= {"bank", ""}
    assert "bank" in judged_in
    assert {item.name for item in snapshot.of(NAMESPACE)} == {"bank"}
    # Checks of no kind judge what everybody may read: the server's version.
    reading = {item.id for item in all_checks() if item.kinds}
    passing = {name for name, result in results.by_check.items() if result.tally.verdict is Verdict.PASS}
    assert passing & reading == set()
    unknown = {item.check for item in results.findings if item.verdict is Verdict.UNKNOWN}
    failing = {item.check for item in results.findings if item.verdict is Verdict.FAIL}
    silent = reading - unknown - failing
    assert silent == set()


@needs_real_cluster
def test_every_pane_works_for_a_user_of_one_namespace(tmp_path: Path) -> None:
    """Rows of the namespace are there; nothing that was not read shows a PASS."""
    with ApiServer(cluster_from(REAL), access=Access.namespaces({"bank"}, user="alice")) as server:
        snapshot = live(server, tmp_path, "bank")
    state = State(snapshot, judged(snapshot))
    view = View.of(state, FixPlan(), ascii=False)
    for pane in discover(panes):
        for listing in pane.listings:
            for row in listing.rows(view):
                assert row.ref.namespace in ("", "bank") or row.unknown or row.findings, (pane.id, row.ref)


def test_no_secret_payload_is_in_anything_that_is_kept(demo: Snapshot, tmp_path: Path) -> None:
    """The server would hand out a canary if asked for whole Secrets or ConfigMaps."""
    with ApiServer(FakeCluster(documents(), server_version())) as server:
        snapshot = live(server, tmp_path)
        asked = [request for request in server.requests if "/secrets" in request.path]
    assert asked
    assert all("PartialObjectMetadata" in request.headers["accept"] for request in asked)
    assert len(snapshot.of(SECRET)) == len(demo.of(SECRET))
    save(snapshot, tmp_path / "state.ksec")
    kept = gzip.decompress((tmp_path / "state.ksec").read_bytes())
    assert CANARY.encode() not in kept
    assert CANARY_BASE64.encode() not in kept
