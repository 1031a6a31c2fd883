"""Each native control is on, off, partly on or not visible: counted exactly, never on where nobody could look."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import pytest

from ksec_tui.checks import all_checks
from ksec_tui.cli import source
from ksec_tui.cluster.coverage import Coverage, KindCoverage
from ksec_tui.cluster.coverage import State as Reading
from ksec_tui.cluster.kinds import CRON_JOB, KINDS
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot, SourceInfo
from ksec_tui.findings.check import Check
from ksec_tui.findings.controls.control import Control, Count, Posture, State
from ksec_tui.findings.controls.judging import postures
from ksec_tui.findings.controls.table import CONTROLS
from ksec_tui.findings.examples import example_snapshot
from ksec_tui.findings.finding import Evidence, NotApplicable, Unknown
from ksec_tui.findings.runner import NOTHING, run, unread
from ksec_tui.findings.verdict import Verdict
from ksec_tui.sources.base import load
from ksec_tui.sources.demo import DemoSource

CLUSTER = Path(__file__).parents[3].parent / "shared" / "cluster"
CHECKS = {item.id: item for item in all_checks()}
BY_PLACES = [control for control in CONTROLS if control.count is Count.PLACES]


def files(path: Path) -> Snapshot:
    parser = argparse.ArgumentParser()
    source.add_arguments(parser)
    return load(source.open_source(parser.parse_args(["-f", str(path), "--today", "2026-11-21"])))[0]


def told(snapshot: Snapshot) -> dict[str, Posture]:
    found = postures(snapshot, run(snapshot, all_checks()), all_checks())
    return {item.control.id: item for item in found}


@pytest.fixture(scope="module", params=["demo", "cluster"])
def snapshot(request: pytest.FixtureRequest) -> Snapshot:
    """The demo cluster, then the real one."""
    if request.param == "demo":
        return load(DemoSource(today="2026-11-21"))[0]
    if not CLUSTER.exists():
        pytest.skip("the state of the real cluster is not here")
    return files(CLUSTER)


def test_controls_have_names_of_their_own_and_checks_that_exist() -> None:
    assert len({control.id for control in CONTROLS}) == len(CONTROLS)
    assert [name for control in CONTROLS for name in control.checks if name not in CHECKS] == []
    assert [
        control.rests_on for control in CONTROLS if control.rests_on and control.rests_on not in CHECKS
    ] == []
    groups = [control.group for control in CONTROLS]
    assert groups == sorted(groups, key=groups.index), "a group's controls stand together"


def test_settings_are_judged_by_checks_of_the_whole_cluster() -> None:
    for control in CONTROLS:
        if control.count is Count.SETTINGS:
            assert {CHECKS[name].on.title for name in control.checks} == {"cluster"}, control.id


def verdicts(control: Control, snapshot: Snapshot) -> dict[ObjectRef, Verdict]:
    """Each subject's worst verdict, by asking every check again."""
    found: dict[ObjectRef, Verdict] = {}
    order = [Verdict.NOT_APPLICABLE, Verdict.PASS, Verdict.UNKNOWN, Verdict.FAIL]
    for name in control.checks:
        item = CHECKS[name]
        gap = unread(snapshot, item)
        for subject in item.on.select(snapshot):
            if not item.on.system(subject):
                ref = item.on.ref(subject)
                said = Verdict.UNKNOWN if gap(ref) else verdict(item, subject, snapshot)
                found[ref] = max(found.get(ref, said), said, key=order.index)
    return found


def verdict(item: Check[Any], subject: object, snapshot: Snapshot) -> Verdict:
    outcomes = list(item.evaluate(subject, snapshot))
    for kind, said in (
        (NotApplicable, Verdict.NOT_APPLICABLE),
        (Evidence, Verdict.FAIL),
        (Unknown, Verdict.UNKNOWN),
    ):
        if any(isinstance(outcome, kind) for outcome in outcomes):
            return said
    return Verdict.PASS


@pytest.mark.parametrize("control", BY_PLACES, ids=lambda control: control.id)
def test_places_are_counted_as_the_checks_judge_them(control: Control, snapshot: Snapshot) -> None:
    if control.rests_on:
        assert told(snapshot)["network-enforced"].state is State.ON
    said = verdicts(control, snapshot)
    found = told(snapshot)[control.id]
    assert set(found.off) == {ref for ref, is_ in said.items() if is_ is Verdict.FAIL}
    assert found.on == sum(is_ is Verdict.PASS for is_ in said.values())
    assert found.total == sum(is_ is not Verdict.NOT_APPLICABLE for is_ in said.values())


def test_nothing_is_on_where_nothing_was_read() -> None:
    for reading in (Reading.FORBIDDEN, Reading.ERROR, Reading.NOT_SUPPLIED, Reading.LOADING):
        cover = Coverage({kind.resource: KindCoverage(reading, reason="no") for kind in KINDS})
        for found in told(Snapshot(SourceInfo(), {}, cover)).values():
            assert found.state is State.HIDDEN, (reading, found.control.id)
            assert found.unknown, found.control.id


def test_nothing_is_on_before_the_checks_ran() -> None:
    demo = load(DemoSource(today="2026-11-21"))[0]
    found = postures(demo, NOTHING, all_checks())
    assert {item.state for item in found if item.control.count is not Count.SAFEGUARDS} == {State.HIDDEN}


WORKLOADS = """
apiVersion: v1
kind: Pod
metadata: {name: good, namespace: shop}
spec:
  securityContext: {seccompProfile: {type: RuntimeDefault}}
  containers: [{name: main, image: registry.example/good:1}]
---
apiVersion: v1
kind: Pod
metadata: {name: windows, namespace: shop}
spec:
  os: {name: windows}
  containers: [{name: main, image: registry.example/win:1}]
"""
BAD = """
---
apiVersion: v1
kind: Pod
metadata: {name: bad, namespace: shop}
spec:
  containers: [{name: main, image: registry.example/bad:1}]
---
apiVersion: v1
kind: Pod
metadata: {name: own, namespace: kube-system}
spec:
  containers: [{name: main, image: registry.example/own:1}]
"""


def test_windows_and_components_of_kubernetes_do_not_count() -> None:
    found = told(example_snapshot(WORKLOADS))["seccomp"]
    assert (found.state, found.on, found.total) == (State.ON, 1, 1)
    found = told(example_snapshot(WORKLOADS + BAD))["seccomp"]
    assert (found.state, found.on, found.total) == (State.PARTLY, 1, 2)
    assert [ref.name for ref in found.off] == ["bad"]
    assert [item.subject.name for item in found.findings] == ["bad"]


def test_a_kind_that_may_not_be_read_keeps_a_control_from_being_on() -> None:
    found = told(example_snapshot(WORKLOADS, forbidden=[CRON_JOB]))["seccomp"]
    assert (found.state, found.on, found.total) == (State.PARTLY, 1, 1)
    assert "forbidden" in found.unknown[0]


NETWORK = """
apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {app: web}}
spec: {containers: [{name: main, image: registry.example/web:1}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: deny, namespace: shop}
spec: {podSelector: {}, policyTypes: [Ingress, Egress]}
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: AGENT, namespace: kube-system}
spec:
  selector: {matchLabels: {k8s-app: AGENT}}
  template:
    metadata: {labels: {k8s-app: AGENT}}
    spec:
      hostNetwork: true
      containers: [{name: AGENT, image: "IMAGE"}]
"""


@pytest.mark.parametrize(
    ("agent", "image", "state"),
    [
        ("calico-node", "docker.io/calico/node:v3.29.0", State.ON),
        ("kube-flannel", "docker.io/flannel/flannel:v0.26.0", State.OFF),
        ("some-agent", "registry.example/agent:1", State.HIDDEN),
    ],
)
def test_policies_isolate_only_where_something_enforces_them(agent: str, image: str, state: State) -> None:
    found = told(example_snapshot(NETWORK.replace("AGENT", agent).replace("IMAGE", image)))
    assert found["network-ingress"].state is state, found["network-ingress"]
    assert found["network-egress"].state is state


def test_the_demo_shows_every_state() -> None:
    found = told(load(DemoSource(today="2026-11-21"))[0])
    assert found["network-enforced"].state is State.ON
    assert found["encryption"].state is State.OFF
    assert found["pod-security"].state is State.PARTLY
    assert found["kubelet-access"].state is State.HIDDEN
    assert found["no-anonymous-grants"].words == "2 exceptions"
    assert found["safeguards"].state is State.PARTLY
