"""Controls of benchmarks get the verdicts of the checks that name them; Pod Security is judged as admission would."""

from __future__ import annotations

import re

import pytest

from ksec_tui.analysis.pod_security import NEWEST, evaluate
from ksec_tui.analysis.pod_security.standards import STANDARDS
from ksec_tui.analysis.workloads import workloads
from ksec_tui.checks import all_checks
from ksec_tui.cluster.coverage import Coverage, KindCoverage, State
from ksec_tui.cluster.kinds import KINDS
from ksec_tui.cluster.snapshot import Snapshot, SourceInfo
from ksec_tui.findings.examples import example_snapshot
from ksec_tui.findings.frameworks.framework import (
    FRAMEWORKS,
    PSS,
    Framework,
    Standing,
    controls_of,
    standings,
)
from ksec_tui.findings.frameworks.pod_security import CHECKS
from ksec_tui.findings.runner import run
from ksec_tui.findings.verdict import Verdict
from ksec_tui.sources.base import load
from ksec_tui.sources.demo import DemoSource

BY_ID = {item.id: item for item in all_checks()}
JOINED = [framework for framework in FRAMEWORKS if framework is not PSS]


def told(snapshot: Snapshot) -> dict[tuple[str, str], Standing]:
    found = standings(snapshot, run(snapshot, all_checks()), all_checks())
    return {(item.framework.id, item.control): item for item in found}


@pytest.fixture(scope="module")
def demo() -> Snapshot:
    """The demo cluster."""
    return load(DemoSource(today="2026-11-21"))[0]


@pytest.mark.parametrize("framework", JOINED, ids=lambda framework: framework.id)
def test_every_control_that_a_check_names_has_a_title_and_no_title_is_idle(framework: Framework) -> None:
    controls = controls_of(framework, all_checks())
    assert controls
    if not framework.plain:
        assert set(controls) == set(framework.titles)


def test_every_reference_to_a_framework_is_understood() -> None:
    kinds = re.compile(r"CIS|NSA|OWASP|MS-TA|PSS|T\d{4}")
    for item in all_checks():
        for reference in item.references:
            if kinds.match(reference):
                assert sum(bool(framework.control(reference)) for framework in FRAMEWORKS) == 1, reference


def test_controls_stand_in_the_order_of_their_numbers(demo: Snapshot) -> None:
    found = [control for framework, control in told(demo) if framework == "cis"]
    assert found.index("5.2.9") < found.index("5.2.10") < found.index("5.3.1")
    assert [control for framework, control in told(demo) if framework == "owasp"][-1] == "2022-K02"


def test_the_verdict_joins_those_of_the_checks(demo: Snapshot) -> None:
    results = run(demo, all_checks())
    for (framework, control), found in told(demo).items():
        if framework == "pss":
            continue
        verdicts = {results.by_check[name].tally.verdict for name in found.checks}
        order = (Verdict.FAIL, Verdict.UNKNOWN, Verdict.PASS, Verdict.NOT_APPLICABLE)
        assert found.verdict is next(item for item in order if item in verdicts), (framework, control)
        fails = [item for name in found.checks for item in results.by_check[name].findings]
        fails = [item for item in fails if item.verdict is Verdict.FAIL]
        assert found.failed + found.system == len(fails)
        assert found.system == sum(item.system for item in fails)
        assert found.worst == max((item.severity for item in fails), default=None)


def test_what_cannot_be_seen_is_unknown_and_never_passes() -> None:
    cover = Coverage({kind.resource: KindCoverage(State.FORBIDDEN, reason="no") for kind in KINDS})
    found = told(Snapshot(SourceInfo(), {}, cover))
    assert {item.verdict for item in found.values()} <= {Verdict.UNKNOWN, Verdict.NOT_APPLICABLE}
    assert found["cis", "5.2.2"].verdict is Verdict.UNKNOWN
    assert found["pss", "baseline privileged"].verdict is Verdict.UNKNOWN


def test_a_control_names_only_what_its_checks_found(demo: Snapshot) -> None:
    found = told(demo)["cis", "5.2.2"]
    assert found.checks == ("wl-privileged",)
    assert {item.check for item in found.findings} == {"wl-privileged"}
    assert found.verdict is Verdict.FAIL
    assert told(demo)["cis", "5.2.10"].verdict is Verdict.PASS
    assert told(demo)["cis", "4.2.1"].verdict is Verdict.UNKNOWN


# Pod Security


def test_every_rule_of_the_standards_is_a_row_and_has_checks_that_exist() -> None:
    assert set(CHECKS) == {standard.id for standard in STANDARDS} == set(PSS.titles)
    assert [name for names in CHECKS.values() for name in names if name not in BY_ID] == []
    levels = {name for item in all_checks() for name in item.references if name.startswith("PSS ")}
    assert levels == {"PSS baseline", "PSS restricted"}


def test_each_rule_refuses_what_admission_refuses(demo: Snapshot) -> None:
    minor = 33
    assert demo.source.server_version.startswith("v1.33")
    found = told(demo)
    for standard in STANDARDS:
        item = found["pss", f"{standard.level} {standard.id.partition('_')[0]}"]
        refused = {
            workload.ref
            for workload in workloads(demo)
            for spec, annotations in [
                (workload.spec, workload.annotations),
                *((pod.spec, pod.metadata.annotations) for pod in workload.pods if not pod.finished),
            ]
            if standard.id in evaluate(spec, annotations, standard.level, minor).checks
        }
        assert item.failed + item.system == len(refused), standard.id
        if standard.rule(minor) is None:
            assert item.verdict is Verdict.NOT_APPLICABLE
        else:
            assert (item.verdict is Verdict.FAIL) == bool(refused)
        assert {finding.subject for finding in item.findings} <= refused


def test_each_refusal_is_told_by_a_check(demo: Snapshot) -> None:
    """But host ports of pods on the node's network, which the API server sets itself: wl-host-network tells them."""
    for (framework, control), item in told(demo).items():
        if framework == "pss" and item.failed and not control.endswith("hostPorts"):
            subjects = {finding.subject for finding in item.findings if not finding.system}
            assert len(subjects) == item.failed, control


PROBE = """
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop}
spec:
  containers:
    - name: main
      image: registry.example/web:1
      livenessProbe: {httpGet: {host: 10.0.0.1, port: 80}}
"""


@pytest.mark.parametrize(
    ("version", "verdict"),
    [
        ("{kind: Cluster, serverVersion: v1.33.4}\n---", Verdict.NOT_APPLICABLE),
        ("{kind: Cluster, serverVersion: v1.34.1}\n---", Verdict.FAIL),
        ("", Verdict.FAIL),
    ],
)
def test_a_rule_counts_from_the_version_that_brought_it(version: str, verdict: Verdict) -> None:
    assert NEWEST >= 34
    snapshot = example_snapshot(version + PROBE)
    assert told(snapshot)["pss", "baseline hostProbesAndHostLifecycle"].verdict is verdict


OLD_SECCOMP = """
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop}
spec:
  securityContext: {seccompProfile: {type: Unconfined}}
  containers: [{name: main, image: registry.example/web:1}]
"""


def test_where_versions_of_the_policy_differ_and_the_servers_is_not_known_nor_is_the_verdict() -> None:
    found = told(example_snapshot(OLD_SECCOMP))["pss", "baseline seccompProfile"]
    assert (found.verdict, found.unknown) == (Verdict.UNKNOWN, 1)
