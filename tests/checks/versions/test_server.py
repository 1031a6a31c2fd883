"""The API server's release, its patches, and the age of the data."""

import pytest

from ksec_tui.cluster.ref import CLUSTER
from ksec_tui.findings.fix import Risk
from ksec_tui.findings.runner import run
from ksec_tui.findings.verdict import Severity, Verdict
from tests.checks.versions.worlds import CHECKS, cluster, fixed, judged


@pytest.mark.parametrize(
    ("server", "today", "severity"),
    [
        ("v1.33.4", "2026-06-28", None),
        ("v1.33.4", "2026-06-29", Severity.HIGH),
        ("v1.36.5", "2026-11-21", None),
        ("v1.34.1-eks-3cfe0ce", "2026-11-21", None),
        ("v1.33.4-eks-3cfe0ce", "2026-11-21", Severity.LOW),
        ("v1.30.4-eks-3cfe0ce", "2026-11-21", Severity.HIGH),
        ("v1.31.4+k3s1", "2026-11-21", Severity.HIGH),
        ("v1.31.4+f67aeb3", "2026-11-21", Severity.LOW),
        ("v1.29.4+f67aeb3", "2027-11-21", Severity.HIGH),
        ("v1.31.4+vmware.1", "2026-11-21", Severity.MEDIUM),
        ("v1.9.3", "2026-11-21", Severity.HIGH),
    ],
)
def test_a_release_out_of_support_is_told_by_whose_it_is(
    server: str, today: str, severity: Severity | None
) -> None:
    found = judged("ver-server-eol", cluster(server, today=today))
    assert [(item.verdict, item.severity) for item in found] == (
        [] if severity is None else [(Verdict.FAIL, severity)]
    )


@pytest.mark.parametrize("check", ["ver-server-eol", "ver-server-patch-behind", "ver-kube-cve"])
@pytest.mark.parametrize("server", ["", "latest", "v1.99.0"])
def test_a_server_of_unknown_or_newer_version_is_unknown_and_never_fine(check: str, server: str) -> None:
    (found,) = judged(check, cluster(server))
    assert (found.verdict, found.subject) == (Verdict.UNKNOWN, CLUSTER)
    assert found.reason


def test_files_without_a_version_say_how_to_give_one() -> None:
    (found,) = judged("ver-server-eol", cluster(""))
    assert found.reason.startswith("the server's version is not known: ")
    assert "version.json" in found.reason


@pytest.mark.parametrize(
    ("server", "words"),
    [
        ("v1.33.13", ""),
        ("v1.33.99", ""),
        ("v1.33.12", "the API server runs 1.33.12, one patch behind 1.33.13"),
        ("v1.33.4", "the API server runs 1.33.4, 9 patches behind 1.33.13"),
        ("v1.33.0-rc.1", "the API server runs 1.33.0-rc.1, a pre-release"),
    ],
)
def test_missing_patches_are_counted(server: str, words: str) -> None:
    found = judged("ver-server-patch-behind", cluster(server))
    assert [item.words for item in found] == ([words] if words else [])


def test_the_steps_take_one_minor_after_the_other() -> None:
    fix = fixed("ver-server-eol", cluster("v1.32.3"))
    assert fix is not None
    assert fix.risk is Risk.MANUAL
    assert not fix.changes
    applied = [step for step in fix.steps if "kubeadm upgrade apply" in step]
    assert [step.partition("apply v")[2].partition(";")[0].rpartition(".")[0] for step in applied] == [
        "1.33",
        "1.34",
        "1.35",
    ]


@pytest.mark.parametrize(
    ("server", "command"),
    [
        ("v1.30.4-eks-3cfe0ce", "aws eks update-cluster-version"),
        ("v1.30.4-gke.1070000", "gcloud container clusters upgrade"),
        ("v1.30.4+k3s1", "INSTALL_K3S_CHANNEL=v1.31"),
        ("v1.30.4+rke2r1", "INSTALL_RKE2_CHANNEL=v1.31"),
        ("v1.30.4+f67aeb3", "oc adm upgrade"),
    ],
)
def test_the_steps_are_those_of_the_distribution(server: str, command: str) -> None:
    fix = fixed("ver-server-eol", cluster(server))
    assert fix is not None
    assert any(command in step for step in fix.steps)
    assert not any("kubeadm" in step for step in fix.steps)


@pytest.mark.parametrize(
    ("today", "verdict"),
    [("2026-11-21", None), ("2028-01-01", Verdict.FAIL), ("2020-01-01", Verdict.UNKNOWN)],
)
def test_old_data_is_told_for_information_and_a_clock_before_the_data_is_doubted(
    today: str, verdict: Verdict | None
) -> None:
    found = judged("ver-data-stale", cluster("v1.36.5", today=today))
    assert [item.verdict for item in found] == ([] if verdict is None else [verdict])
    assert all(item.severity is Severity.INFO for item in found)
    assert all("is the clock right?" in item.words for item in found if verdict is Verdict.UNKNOWN)


def test_a_pre_release_that_the_data_does_not_know_is_told_all_the_same() -> None:
    (found,) = judged("ver-server-patch-behind", cluster("v1.38.0-alpha.2"))
    assert (found.verdict, found.severity) == (Verdict.FAIL, Severity.MEDIUM)
    assert "a pre-release" in found.words


def test_a_version_that_arrives_later_is_judged_though_no_kind_changed() -> None:
    check = CHECKS["ver-server-eol"]
    before = run(cluster(""), [check])
    after = run(cluster("v1.31.4"), [check], previous=before, changed=frozenset({"pods"}))
    assert [item.verdict for item in after.findings] == [Verdict.FAIL]
