"""``audit`` and ``frameworks``: the same judgement as on screen, for people, programs and pages."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from ksec_tui.cli.commands.frameworks import NAMES
from ksec_tui.findings.controls.table import CONTROLS
from ksec_tui.findings.frameworks.framework import FRAMEWORKS
from tests.cli.conftest import POD, TODAY, Ksec


def controls(ksec: Ksec, *argv: str) -> dict[str, dict[str, Any]]:
    done = ksec("audit", *argv, "-o", "json")
    assert done.code == 0, done.err
    return {item["id"]: item for item in json.loads(done.out)["controls"]}


def test_the_audit_says_of_each_control_how_far_it_is_on(ksec: Ksec) -> None:
    lines = ksec("audit", "--demo", *TODAY).out.splitlines()
    head = re.fullmatch(r"(\d+) controls: (\d+) on, (\d+) partly, (\d+) off, (\d+) not visible", lines[0])
    assert head is not None
    total, *states = map(int, head.groups())
    assert total == sum(states) == len(CONTROLS)
    line = next(line for line in lines if "Pod Security enforces a level" in line)
    assert line.split()[0] == "partly"
    assert line.endswith("2 of 10 places")
    assert any(line.startswith("Root file systems are read-only  ") for line in lines[40:])


def test_json_names_the_places_and_the_fixes(ksec: Ksec) -> None:
    found = controls(ksec, "--demo", *TODAY)
    assert found["quotas"]["total"] == 10
    assert len(found["quotas"]["off"]) == 8
    assert "Namespace shop" in found["quotas"]["off"]
    assert found["quotas"]["fixable"] == 8
    assert found["encryption"]["off"] == ["cluster"]
    assert found["kubelet-access"]["state"] == "not visible"
    assert found["kubelet-access"]["unknown"]
    scanned = json.loads(ksec("scan", "--demo", *TODAY, "-o", "json").out)
    known = {item["fingerprint"] for item in scanned["findings"]}
    assert {name for item in found.values() for name in item["findings"]} <= known


def test_files_leave_the_control_plane_not_visible(ksec: Ksec, tmp_path: Path) -> None:
    (tmp_path / "pod.yaml").write_text(POD)
    found = controls(ksec, "-f", str(tmp_path))
    for name in ("audit-log", "encryption", "kubelet-access", "no-anonymous-requests", "quotas"):
        assert found[name]["state"] == "not visible", name
    assert found["seccomp"]["off"] == ["Pod shop/probe"]


@pytest.mark.parametrize("command", ["audit", "frameworks"])
def test_fail_on_sets_the_exit_code(ksec: Ksec, tmp_path: Path, command: str) -> None:
    (tmp_path / "pod.yaml").write_text(POD)
    assert ksec(command, "-f", str(tmp_path)).code == 0
    assert ksec(command, "-f", str(tmp_path), "--fail-on", "low").code == 1
    assert ksec(command, "-f", str(tmp_path), "--fail-on", "critical").code == 0
    answer = ksec(command, "-f", str(tmp_path), "--fail-on", "awful")
    assert (answer.code, answer.out) == (2, "")
    assert "unknown severity 'awful'" in answer.err


def test_a_hostile_name_reaches_no_terminal(ksec: Ksec, tmp_path: Path) -> None:
    name = r'"pro\u001b[2Jbe\u202e|x"'
    (tmp_path / "pod.yaml").write_text(POD.replace("probe", name, 1))
    for form in ("table", "json"):
        out = ksec("audit", "-f", str(tmp_path), "-o", form).out
        assert "\x1b" not in out
        assert "\u202e" not in out


def test_frameworks_are_known_by_the_words_of_the_command_line() -> None:
    assert tuple(framework.id for framework in FRAMEWORKS) == NAMES


def test_one_framework_at_a_time(ksec: Ksec) -> None:
    out = ksec("frameworks", "--demo", *TODAY, "--framework", "cis").out
    assert out.startswith("CIS Kubernetes Benchmark 2.0.1: ")
    assert "OWASP" not in out
    line = next(line for line in out.splitlines() if line.startswith("5.2.2 "))
    assert line.split() == ["5.2.2", "fail", "3", "3", "critical", "No", "privileged", "containers"]


def test_json_and_markdown_tell_the_same(ksec: Ksec) -> None:
    tree = json.loads(ksec("frameworks", "--demo", *TODAY, "-o", "json").out)
    assert [item["id"] for item in tree["frameworks"]] == list(NAMES)
    page = ksec("frameworks", "--demo", *TODAY, "-o", "markdown").out
    rows = [
        line for line in page.splitlines() if line.startswith("| ") and not line.startswith("| Control |")
    ]
    told = [item for framework in tree["frameworks"] for item in framework["controls"]]
    assert len(rows) == len(told)
    for row, item in zip(rows, told, strict=True):
        cells = [cell.strip() for cell in row.strip("|").split("|")]
        assert cells[:4] == [item["control"], item["title"], item["verdict"], str(item["failed"])]


def test_the_guide_without_numbers_is_told_by_its_topics(ksec: Ksec) -> None:
    out = ksec("frameworks", "--demo", *TODAY, "--framework", "nsa").out
    assert "Network policies" in out
    assert "Upgrading" in out
