"""A small cluster with several pages of everything that is tried, and what is found on it when all goes well."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path

from ksec_tui.checks import all_checks
from ksec_tui.cluster.base import KubeObject
from ksec_tui.cluster.coverage import State
from ksec_tui.cluster.kinds import KINDS, Kind
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.runner import CheckResult, Results, run
from ksec_tui.findings.verdict import Verdict
from ksec_tui.sources.base import Problem, load
from ksec_tui.sources.connection import open_connection
from ksec_tui.sources.kubeconfig import ConnectionOptions
from ksec_tui.sources.live import LiveSource
from tests.apiserver import ApiServer, FakeCluster, Fault
from tests.sources.live_tools import Tree, Waits, document, snapshot_of

PAGE = 2
EACH = 5
"""Objects of each kind that is tried: three pages."""

RBAC = "rbac.authorization.k8s.io/v1"


def documents() -> list[Tree]:
    """Five namespaces, and five of everything; good and bad in turn."""
    found: list[Tree] = []
    for number in range(EACH):
        space = f"space-{number}"
        bad = number % 2 == 0
        rules = [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"] if bad else ["get"]}]
        role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": f"right-{number}"}
        subjects = [{"kind": "ServiceAccount", "name": "runner", "namespace": space}]
        found += [
            document("v1", "Namespace", space, status={"phase": "Active"}),
            document("v1", "Node", f"node-{number}", spec={}),
            document("v1", "ServiceAccount", "runner", space),
            document("v1", "Secret", "login", space, type="Opaque", data={"password": "eA=="}),
            document("v1", "Pod", "web", space, spec=_pod_spec(privileged=bad), status={"phase": "Running"}),
            document("apps/v1", "Deployment", "shop", space, spec=_template(privileged=not bad)),
            document(RBAC, "ClusterRole", f"right-{number}", rules=rules),
            document(RBAC, "ClusterRoleBinding", f"right-{number}", subjects=subjects, roleRef=role),
            document("networking.k8s.io/v1", "NetworkPolicy", "deny", space, spec={"podSelector": {}}),
            document("networking.k8s.io/v1", "Ingress", "door", space, spec={}),
        ]
    return found


def _pod_spec(*, privileged: bool) -> Tree:
    main = {"name": "main", "image": "example/web:1", "securityContext": {"privileged": privileged}}
    return {"serviceAccountName": "runner", "hostPID": privileged, "containers": [main]}


def _template(*, privileged: bool) -> Tree:
    labels = {"app": "shop"}
    pod = {"metadata": {"labels": labels}, "spec": _pod_spec(privileged=privileged)}
    return {"replicas": 1, "selector": {"matchLabels": labels}, "template": pod}


def source(server: ApiServer, folder: Path, request_timeout: float = 30.0) -> LiveSource:
    """A source that takes two objects at a time and waits for nobody."""
    config = str(server.kubeconfig(folder / "kubeconfig"))
    options = ConnectionOptions(kubeconfig=config, request_timeout=request_timeout)
    connection = open_connection(options, interactive=False)
    return LiveSource(connection, page_size=PAGE, wait=Waits(), max_objects=40, workers=6)


def read(
    folder: Path,
    faults: Sequence[Fault],
    cluster: FakeCluster | None = None,
    request_timeout: float = 30.0,
) -> tuple[Snapshot, tuple[Problem, ...], ApiServer]:
    """What is read through these faults."""
    with ApiServer(cluster or FakeCluster(documents()), faults=faults) as server:
        found, problems = load(source(server, folder, request_timeout))
    return found, problems, server


@functools.cache
def whole() -> Snapshot:
    """What there is to read."""
    return snapshot_of(documents())


@functools.cache
def judged() -> Results:
    """What is found when everything could be read, by a load without faults."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        found, problems, _ = read(Path(folder), ())
    assert not problems
    assert refs(found) == refs(whole())
    assert all(found.coverage.of(kind).state in (State.OK, State.ABSENT) for kind in KINDS)
    return run(found, all_checks())


def refs(snapshot: Snapshot, *, besides: Sequence[Kind[KubeObject]] = ()) -> list[ObjectRef]:
    """Every object that was read, as often as it is there."""
    return sorted(item.ref for kind in KINDS if kind not in besides for item in snapshot.of(kind))


def _failing(result: CheckResult) -> set[ObjectRef]:
    return {item.subject for item in result.findings if item.verdict is Verdict.FAIL}


def lies(part: Results) -> list[str]:
    """Where `part` claims what the whole does not show, or keeps silent on what it no longer sees."""
    found = []
    for name, before in judged().by_check.items():
        after = part.by_check[name]
        told = after.tally.unknown or after.tally.pending
        verdict = after.tally.verdict
        if verdict is not before.tally.verdict and verdict in (Verdict.PASS, Verdict.NOT_APPLICABLE):
            found.append(f"{name}: {before.tally.verdict.value} became {verdict.value}")
        if made_up := _failing(after) - _failing(before):
            found.append(f"{name}: fails on {', '.join(map(str, made_up))}")
        if _failing(before) - _failing(after) and not told:
            found.append(f"{name}: a finding went without a word")
        if after.tally.passed > before.tally.passed:
            found.append(f"{name}: more passed than there are")
    return found
