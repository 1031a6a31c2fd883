"""A proven plan is asked about, change by change, of the very server it was read from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from ksec_tui.checks import all_checks
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.findings.finding import Evidence, Finding
from ksec_tui.findings.fix import Change, Fix, PatchType, Risk
from ksec_tui.findings.runner import run
from ksec_tui.findings.verdict import Severity, Verdict
from ksec_tui.fixes.dry_run import dry_run
from ksec_tui.fixes.offer import offer
from ksec_tui.fixes.plan import FixPlan, Staged
from ksec_tui.fixes.simulate import Simulation, simulate
from ksec_tui.fixes.wholes import wholes
from ksec_tui.session import Session, State
from ksec_tui.sources.base import load
from ksec_tui.sources.demo import DemoSource
from ksec_tui.sources.live import LiveSource
from ksec_tui.sources.trials import Outcome
from tests.apiserver import ApiServer, FakeCluster
from tests.sources.live_tools import document, small_shop, source

WEB = document(
    "apps/v1",
    "Deployment",
    "web",
    "shop",
    spec={
        "selector": {"matchLabels": {"app": "web"}},
        "template": {
            "metadata": {"labels": {"app": "web"}},
            "spec": {"hostPID": True, "containers": [{"name": "app", "image": "example/web:1"}]},
        },
    },
)
LOST = document(
    "rbac.authorization.k8s.io/v1",
    "RoleBinding",
    "lost",
    "shop",
    subjects=[],
    roleRef={"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "gone"},
)


def cluster(**options: Any) -> FakeCluster:
    return FakeCluster([*small_shop(), WEB, LOST], **options)


def proven(live: LiveSource) -> Simulation:
    """Every fix of the cluster, proven as the program would."""
    snapshot, _ = load(live)
    results = run(snapshot, all_checks())
    staged = []
    for finding in results.findings:
        fix = offer(finding, all_checks(), snapshot)
        if fix is not None and fix.changes:
            staged.append(Staged(finding, fix, confirmed=True))
    plan = FixPlan().stage_many(staged)
    documents = wholes(plan, snapshot, lambda _, ref: live.fetch(ref))
    return simulate(snapshot, plan, all_checks(), documents=documents, results=results)


def test_every_proven_change_is_asked_about_once_and_accepted(tmp_path: Path) -> None:
    with ApiServer(cluster()) as server:
        live = source(server, tmp_path)
        simulation = proven(live)
        server.requests.clear()
        found = dry_run(live, simulation)
        changes = [merged.change for merged in simulation.changes]
        assert [item.target for item in found] == [change.target for change in changes]
        assert {item.outcome for item in found} <= {Outcome.ACCEPTED, Outcome.NOT_TRIED}
        assert {"PATCH", "DELETE"} <= {item.method for item in found}
        accepted = [item for item in found if item.outcome is Outcome.ACCEPTED]
        assert len(server.dry_runs) == len(server.requests) == len(accepted) > 2
        assert server.writes == []


def test_what_admission_refuses_is_told_beside_what_it_lets_in(tmp_path: Path) -> None:
    def admission(new: Any) -> str:
        return "denied by policy pinned-images" if new["kind"] == "Deployment" else ""

    with ApiServer(cluster(admission=admission)) as server:
        live = source(server, tmp_path)
        found = dry_run(live, proven(live))
    by_kind = {item.target.kind: item for item in found if item.outcome is not Outcome.NOT_TRIED}
    assert by_kind["Deployment"].outcome is Outcome.REFUSED
    assert by_kind["Deployment"].words.endswith("denied by policy pinned-images")
    assert by_kind["RoleBinding"].outcome is Outcome.ACCEPTED


def invented(*changes: Change) -> Simulation:
    """A proof of some changes that no check asks for."""
    finding = Finding("x-y", "", Verdict.FAIL, Severity.LOW, changes[0].target, (Evidence("", ""),))
    plan = FixPlan().stage(finding, Fix("", changes, Risk.SAFE))
    snapshot, _ = load(DemoSource(today="2026-11-21"))
    empty = simulate(snapshot, FixPlan(), ())
    return msgspec.structs.replace(empty, plan=plan, changes=plan.changes())


def test_what_only_another_change_makes_possible_is_not_asked(tmp_path: Path) -> None:
    def create(kind: str, name: str, namespace: str = "") -> Change:
        body = document("v1", kind, name, namespace)
        return Change(ObjectRef(namespace, kind, name), PatchType.CREATE, body)

    fresh, there = create("ServiceAccount", "a", "fresh"), create("ServiceAccount", "a", "shop")
    with ApiServer(cluster()) as server:
        live = source(server, tmp_path)
        load(live)
        found = dry_run(live, invented(create("Namespace", "fresh"), fresh, there))
    assert {(item.target.path, item.method): (item.outcome, item.words) for item in found} == {
        ("fresh", "POST"): (Outcome.ACCEPTED, ""),
        ("fresh/a", "POST"): (Outcome.NOT_TRIED, "the plan makes Namespace fresh first"),
        ("shop/a", "POST"): (Outcome.ACCEPTED, ""),
    }


@pytest.mark.parametrize("live", [True, False], ids=["live", "demo"])
def test_a_session_asks_its_own_server_if_there_is_one(tmp_path: Path, live: bool) -> None:
    change = Change(
        ObjectRef("shop", "ServiceAccount", "runner"),
        PatchType.STRATEGIC,
        {"metadata": {"labels": {"a": "b"}}},
    )

    def heard(state: State) -> None:
        """Nobody looks at it here."""

    with ApiServer(cluster()) as server:
        found = source(server, tmp_path) if live else DemoSource(today="2026-11-21")
        load(found)
        session = Session(found, heard)
        assert session.can_try is live
        (tried,) = session.dry_run(invented(change))
    assert tried.outcome is (Outcome.ACCEPTED if live else Outcome.NOT_TRIED)
    assert tried.words == ("" if live else "this is no live cluster")
