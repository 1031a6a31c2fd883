"""The kinds of steps: each has its row in the docs, and the names that others use are accounted for."""

from __future__ import annotations

import re
from pathlib import Path

from ksec_tui.analysis.paths.graph import graph
from ksec_tui.analysis.paths.judgement import LIKELIHOODS
from ksec_tui.analysis.paths.kinds import KINDS
from ksec_tui.analysis.paths.rights import ATOMS, EVERYTHING
from ksec_tui.analysis.paths.steps import CHECKS, JOINS, STEPS
from ksec_tui.checks import all_checks
from ksec_tui.sources.base import load
from ksec_tui.sources.demo import DemoSource

PAGE = (Path(__file__).parents[3] / "docs" / "attack-graph.md").read_text(encoding="utf-8")
KUBEHOUND = (
    "CE_MODULE_LOAD",
    "CE_NSENTER",
    "CE_PRIV_MOUNT",
    "CE_SYS_PTRACE",
    "CE_UMH_CORE_PATTERN",
    "CE_VAR_LOG_SYMLINK",
    "CONTAINER_ATTACH",
    "ENDPOINT_EXPLOIT",
    "EXPLOIT_CONTAINERD_SOCK",
    "EXPLOIT_HOST_READ",
    "EXPLOIT_HOST_TRAVERSE",
    "EXPLOIT_HOST_WRITE",
    "IDENTITY_ASSUME",
    "IDENTITY_IMPERSONATE",
    "PERMISSION_DISCOVER",
    "POD_ATTACH",
    "POD_CREATE",
    "POD_EXEC",
    "POD_PATCH",
    "ROLE_BIND",
    "SHARE_PS_NAMESPACE",
    "TOKEN_BRUTEFORCE",
    "TOKEN_LIST",
    "TOKEN_STEAL",
    "VOLUME_ACCESS",
    "VOLUME_DISCOVER",
)
"""Its classes of edges."""


def test_every_kind_of_step_has_its_row_in_the_docs() -> None:
    rows = [line for line in PAGE.partition("## What is not")[0].splitlines() if line.startswith("| `")]
    told = {name for row in rows for name in re.findall(r"`([a-z-]+)`", row.split("|")[1])}
    assert told == set(KINDS)


def test_every_class_of_kubehound_is_modelled_or_explained() -> None:
    assert [name for name in KUBEHOUND if not re.search(rf"\b{name}\b", PAGE)] == []


def test_the_demo_uses_only_kinds_that_are_declared() -> None:
    found = graph(load(DemoSource(today="2026-03-02"))[0])
    assert {edge.kind for edge in found.edges} <= set(KINDS)
    assert all(re.fullmatch(r"(T\d{4}(\.\d{3})?)?", kind.technique) for kind in KINDS.values())


def test_rights_steps_and_checks_belong_together() -> None:
    atoms = {atom.name for atom in ATOMS} | {EVERYTHING}
    used = set(STEPS) | {atom for join in JOINS for part in join.needs for atom in part}
    assert used <= atoms
    assert set(CHECKS) <= atoms
    known = {check.id for check in all_checks(optional=True)}
    found = graph(load(DemoSource(today="2026-03-02"))[0])
    cuts = {check for edge in found.edges for cut in edge.cuts for check in cut.checks}
    assert cuts | {check for checks in CHECKS.values() for check in checks} <= known


def test_every_likelihood_of_a_step_is_in_the_table() -> None:
    assert {step.likelihood for step in STEPS.values()} <= set(LIKELIHOODS)
    assert all(0 < number <= 1 and words for number, words in LIKELIHOODS.values())
