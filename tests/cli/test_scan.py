"""``scan``: data on stdout, talk on stderr, exit codes that pipelines can rely on."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ksec_tui.findings.verdict import Severity
from tests.apiserver import ApiServer, FakeCluster
from tests.cli.conftest import BASH, POD, ROOT, TODAY, Ksec, process
from tests.sources.live_tools import small_shop

RAW_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


@pytest.fixture
def pod(tmp_path: Path) -> str:
    """A manifest of one weak pod."""
    path = tmp_path / "pod.yaml"
    path.write_text(POD, encoding="utf-8")
    return str(path)


def found(text: str) -> list[dict[str, Any]]:
    findings: list[dict[str, Any]] = json.loads(text)["findings"]
    return findings


def test_the_demo_as_json_says_what_was_judged_and_how(ksec: Ksec) -> None:
    answer = ksec("scan", "--demo", *TODAY, "-o", "json")
    document = json.loads(answer.out)
    assert answer.code == 0
    assert answer.err == ""
    assert document["schema"] == "ksec-findings/1"
    assert document["source"]["kind"] == "demo"
    assert document["coverage"]["percent"] == 100
    assert document["coverage"]["kinds"]["pods"]["state"] == "ok"
    assert document["coverage"]["kinds"]["pods"]["count"] > 0
    by_check = {check["id"]: check for check in document["checks"]}
    failed = [finding for finding in document["findings"] if finding["check"] == "wl-privileged"]
    assert by_check["wl-privileged"]["verdict"] == "fail"
    assert by_check["wl-privileged"]["failed"] == len(failed) > 0
    assert failed[0]["evidence"][0]["path"].endswith("/securityContext/privileged")
    assert {"group", "kind", "namespace", "name"} == set(failed[0]["subject"])


def test_the_same_scan_gives_the_same_bytes_in_any_process() -> None:
    argv = ["scan", "--demo", *TODAY, "-o", "json"]
    assert process(argv).out == process(argv).out


def test_findings_come_worst_first(ksec: Ksec) -> None:
    findings = found(ksec("scan", "--demo", "-o", "json", "--no-system", "--filter", "verdict:fail").out)
    ranks = [Severity.parse(finding["severity"]) for finding in findings]
    assert ranks == sorted(ranks, reverse=True)
    assert len(set(ranks)) >= 3


def test_a_filter_chooses_what_is_printed(ksec: Ksec) -> None:
    findings = found(ksec("scan", "--demo", "-o", "json", "--filter", "ns:shop sev:>=high").out)
    assert findings
    assert {finding["subject"]["namespace"] or finding["subject"]["name"] for finding in findings} == {"shop"}
    assert {finding["severity"] for finding in findings} <= {"high", "critical"}


def test_no_system_leaves_out_kubernetes_own_components(ksec: Ksec) -> None:
    everything = found(ksec("scan", "--demo", "-o", "json").out)
    rest = found(ksec("scan", "--demo", "-o", "json", "--no-system").out)
    assert any(finding["system"] for finding in everything)
    assert rest == [finding for finding in everything if not finding["system"]]


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ((), 0),
        (("--fail-on", "high"), 1),
        (("--fail-on", "HIGH"), 1),
        (("--fail-on", "critical"), 0),
        (("--fail-on", "low", "--filter", "sev:critical"), 0),
        (("--fail-on", "high", "--filter", "rule:wl-host-pid"), 1),
        (("--min-coverage", "5"), 4),
        (("--min-coverage", "0"), 0),
        (("--fail-on", "high", "--min-coverage", "100%"), 1),
        (("--fail-on", "critical", "--min-coverage", "100"), 4),
    ],
)
def test_the_exit_code_says_what_the_pipeline_asked(
    ksec: Ksec, pod: str, options: tuple[str, ...], code: int
) -> None:
    assert ksec("scan", "-f", pod, *options).code == code


def test_what_is_unknown_never_fails_a_pipeline_but_is_said(ksec: Ksec, tmp_path: Path) -> None:
    service = tmp_path / "service.yaml"
    service.write_text(
        "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {a: b}}\n", encoding="utf-8"
    )
    answer = ksec("scan", "-f", str(service), "--fail-on", "info", "--filter", "verdict:unknown")
    assert answer.code == 0
    assert "Unknown in" in answer.out
    assert "were not supplied" in answer.out


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (("scan", "--demo", "-f", "x"), "different sources"),
        (("scan", "--demo", "--context", "prod"), "--context is for a live cluster"),
        (("scan", "-f", "x", "-n", "shop"), "use --filter ns:NAME"),
        (("scan", "--today", "2026-11-21"), "--today is for files"),
        (("scan", "--demo", "--today", "yesterday"), "no date"),
        (("scan", "--demo", "--fail-on", "awful"), "one of critical, high"),
        (("scan", "--demo", "--min-coverage", "101"), "0 to 100"),
        (("scan", "--as-group", "ops"), "need --as"),
        (("scan", "--request-timeout", "never"), "no time like"),
        (("scan", "-n", "a/b"), "a/b"),
        (("scan", "--demo", "-o", "xml"), "invalid choice"),
        (("scan", "--dmo"), "unrecognized arguments"),
        (("scann",), "did you mean scan?"),
        (("--demo", "scan"), "the command comes first"),
    ],
)
def test_wrong_usage_is_refused_with_the_reason(ksec: Ksec, argv: tuple[str, ...], words: str) -> None:
    answer = ksec(*argv)
    assert answer.code == 2
    assert words in answer.err
    assert answer.out == ""


def test_a_wrong_filter_is_shown_with_a_caret_before_anything_is_read(ksec: Ksec) -> None:
    answer = ksec("scan", "-f", "no-such-file", "--filter", "kind:pod sev:hihg")
    message, source, caret = answer.err.splitlines()
    assert answer.code == 2
    assert "did you mean high" in message
    assert source.index("hihg") == caret.index("^")


@pytest.mark.parametrize("argv", [("-f", "no-such-file"), ("--snapshot", "no-such-file"), ()])
def test_what_cannot_be_read_ends_with_three(ksec: Ksec, argv: tuple[str, ...]) -> None:
    answer = ksec("scan", *argv)
    assert answer.code == 3
    assert "error" in answer.err
    assert answer.out == ""


def test_a_server_that_is_not_there_ends_with_three(ksec: Ksec, tmp_path: Path) -> None:
    with ApiServer(FakeCluster([])) as server:
        config = server.kubeconfig(tmp_path / "kubeconfig")
    answer = ksec("scan", "--kubeconfig", str(config), "--request-timeout", "2s")
    assert answer.code == 3
    assert "Traceback" not in answer.err


def test_a_live_cluster_is_scanned_within_the_namespaces_asked_for(ksec: Ksec, tmp_path: Path) -> None:
    with ApiServer(FakeCluster(small_shop())) as server:
        config = str(server.kubeconfig(tmp_path / "kubeconfig"))
        answer = ksec("scan", "--kubeconfig", config, "-n", "shop,!bank", "-o", "json")
    document = json.loads(answer.out)
    assert answer.code == 0
    assert document["source"]["namespaces"] == ["shop", "!bank"]
    assert document["coverage"]["kinds"]["pods"]["count"] == 7
    assert {"shop"} == {f["subject"]["namespace"] for f in document["findings"] if f["subject"]["namespace"]}


def test_manifests_may_come_from_stdin() -> None:
    answer = process(["scan", "-f", "-", "--fail-on", "high"], stdin=POD)
    assert answer.code == 1
    assert "Pod shop/probe" in answer.out


def test_a_reader_that_goes_away_is_no_error() -> None:
    script = f"{sys.executable} -m ksec_tui scan --demo --fail-on critical | head -1; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        [BASH, "-c", script], capture_output=True, text=True, cwd=ROOT, check=False, timeout=120
    )
    assert done.stdout.splitlines()[0].startswith("SEVERITY")
    assert done.stdout.splitlines()[-1] == "1"
    assert done.stderr == ""


def test_a_full_disk_is_said(tmp_path: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("there is no /dev/full here")
    done = subprocess.run(
        [BASH, "-c", f"{sys.executable} -m ksec_tui scan --demo > /dev/full"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
        timeout=120,
    )
    assert done.returncode == 3
    assert "standard output" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("form", ["table", "json"])
def test_hostile_text_reaches_no_terminal(ksec: Ksec, tmp_path: Path, form: str) -> None:
    hostile = tmp_path / "pod\x1b[31m.yaml"
    text = POD.replace("name: main", r'name: "ma\e[2J\u202ein\u009b1m\n"').replace("probe:1", r"\u0007probe")
    hostile.write_text(
        text.replace("registry.example/\\u0007probe", r'"registry.example/\u0007x"'), encoding="utf-8"
    )
    answer = ksec("scan", "-f", str(hostile), "-o", form)
    assert answer.code == 0
    assert "shop" in answer.out
    assert not RAW_CONTROL.search(answer.out.replace("\n", ""))
    assert not RAW_CONTROL.search(answer.err.replace("\n", ""))


def test_hostile_words_on_the_command_line_are_shown_harmless(ksec: Ksec) -> None:
    for argv in (("\x1b[2J",), ("scan", "--\x1b[2J"), ("scan", "-f", "\x1b[2J"), ("checks", "\x1b[2J")):
        assert "\x1b" not in ksec(*argv).err


def test_no_colour_reaches_a_pipe(ksec: Ksec) -> None:
    assert "\x1b" not in ksec("scan", "--demo").out
