"""The cluster's tables in linear mode, each leading to its findings, and the questions that can be asked there."""

from __future__ import annotations

import re

import pytest

from tests.plain.conftest import Talk
from tests.plain.dialogue import Row


def test_namespaces_are_graded_and_lead_to_their_parts_and_findings(demo: Talk) -> None:
    talked = demo("namespaces", Row("payments:"))
    assert re.search(r"^[0-9]+\. shop: isolation [A-F];", talked.said[1], re.MULTILINE)
    assert "kube-system: Kubernetes' own;" in talked.said[1]
    assert re.search(r"ingress, .* of [0-9]+ points: ", talked.last)
    assert "By check, worst first." in talked.last


def test_subjects_lead_to_what_they_hold_and_the_findings_on_it(demo: Talk) -> None:
    talked = demo("rbac", "more", Row("ServiceAccount ci/deployer"), "more", "more")
    said = "".join(talked.said[3:])
    assert "ClusterRole cluster-admin in the whole cluster, by ClusterRoleBinding ci-deployer." in said
    assert "critical, ClusterRoleBinding ci-deployer" in said


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("who get secrets in shop", "granted by RBAC: get secrets"),
        ("who get secrets -n shop", "granted by RBAC: get secrets"),
        (
            "can sa:ci/deployer get secrets in ci",
            "granted by RBAC: ServiceAccount ci/deployer may get secrets",
        ),
        ("can sa:ci/default delete nodes", "not granted by RBAC: "),
        ("can nonsense get secrets", "is no user:NAME"),
        ("can", "is no user:NAME"),
        ("who get", "say a verb and a resource"),
        ("who get nothings", "nothings"),
    ],
)
def test_questions_about_rights_are_answered(demo: Talk, question: str, answer: str) -> None:
    assert answer in demo("rbac", question).last


def test_the_network_says_what_is_reached_from_outside(demo: Talk) -> None:
    talked = demo("network", "1", "back", "2", "back", "3")
    assert "Deployment legacy/ssh-bastion" in talked.said[2]
    assert "FROM" in talked.said[4]
    assert "By check, worst first." in talked.last


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("reach shop/deploy/storefront data/sts/postgres 5432", "5432"),
        ("reach nowhere", "Say from where"),
        ("reach shop/none data/none 5432", "no pod"),
        ("reach shop/none data/none 70000", "70000"),
    ],
)
def test_questions_about_connections_are_answered(demo: Talk, question: str, answer: str) -> None:
    assert answer in demo("network", question).last


def test_workloads_say_which_level_they_meet_and_lead_to_their_findings(demo: Talk) -> None:
    talked = demo("workloads", Row("CronJob ci/prune-previews"))
    assert re.search(r"^[0-9]+\. CronJob ci/prune-previews: meets baseline; ", talked.said[1], re.MULTILINE)
    assert "container prune" in talked.last


def test_versions_are_those_of_the_command(demo: Talk) -> None:
    said = demo("versions").last
    assert "v1.33.4" in said
    assert "COMPONENT" in said


def test_coverage_names_what_was_not_supplied(shop: Talk) -> None:
    talked = shop("coverage", *["more"] * 3)
    said = "".join(talked.said[1:])
    assert re.search(r"^[0-9]+ percent of the kinds were read whole\.$", said, re.MULTILINE)
    assert "services: not supplied" in said
    assert re.search(r"[0-9]+ verdicts not known", said)
