"""The small commands: version, checks, snapshot, rbac-manifest, completion, docs; help for all."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from ksec_tui import __version__
from ksec_tui.checks import all_checks
from ksec_tui.cli.command import discover
from ksec_tui.cluster.kinds import KINDS
from tests.cli.conftest import BASH, POD, Ksec

COMMANDS = sorted(name for name in discover() if name)


@pytest.mark.parametrize("argv", [("--version",), ("version",)])
def test_the_version_is_printed(ksec: Ksec, argv: tuple[str, ...]) -> None:
    assert ksec(*argv).out == f"ksec-tui {__version__}\n"


def test_the_version_for_a_bug_report_names_the_libraries(ksec: Ksec) -> None:
    facts = json.loads(ksec("version", "-o", "json").out)
    assert facts["version"] == __version__
    assert {"kubernetes", "textual"} <= set(facts["libraries"])


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself_and_is_listed(ksec: Ksec, command: str) -> None:
    answer = ksec(command, "--help")
    assert answer.code == 0
    assert answer.out.startswith(f"usage: ksec-tui {command}")
    assert f"\n  {command} " in ksec("--help").out


def test_the_explorer_refuses_to_start_without_a_terminal(ksec: Ksec) -> None:
    answer = ksec("--demo")
    assert answer.code == 2
    assert "ksec-tui scan" in answer.err
    assert answer.out == ""


def test_checks_lists_every_check(ksec: Ksec) -> None:
    lines = ksec("checks").out.splitlines()
    assert [line.split()[0] for line in lines[1:]] == [check.id for check in all_checks(optional=True)]


def test_checks_prints_the_page_of_one(ksec: Ksec) -> None:
    page = ksec("checks", "wl-privileged").out
    assert page.startswith("# wl-privileged\n")
    assert page.count("```yaml") == 2


def test_an_unknown_check_is_answered_with_the_nearest(ksec: Ksec) -> None:
    answer = ksec("checks", "wl-priviledged")
    assert answer.code == 2
    assert "did you mean wl-privileged?" in answer.err


def test_a_saved_snapshot_scans_like_its_source(ksec: Ksec, tmp_path: Path) -> None:
    source = tmp_path / "pod.yaml"
    source.write_text(POD, encoding="utf-8")
    saved = tmp_path / "cluster.ksec"
    answer = ksec("snapshot", "save", str(saved), "-f", str(source))
    assert (answer.code, answer.out) == (0, "")
    assert "saved 1 object " in answer.err
    assert saved.stat().st_mode & 0o077 == 0
    direct = json.loads(ksec("scan", "-f", str(source), "-o", "json", "--filter", "verdict:fail").out)
    again = json.loads(ksec("scan", "--snapshot", str(saved), "-o", "json", "--filter", "verdict:fail").out)
    assert again["findings"] == direct["findings"] != []
    assert again["coverage"] == direct["coverage"]


def test_a_snapshot_replaces_no_file_unless_told_to(ksec: Ksec, tmp_path: Path) -> None:
    target = tmp_path / "cluster.ksec"
    target.write_text("mine", encoding="utf-8")
    assert ksec("snapshot", "save", str(target), "--demo").code == 2
    assert target.read_text(encoding="utf-8") == "mine"
    assert ksec("snapshot", "save", str(target), "--demo", "--force").code == 0
    assert target.read_bytes() != b"mine"


def test_a_snapshot_needs_a_directory(ksec: Ksec, tmp_path: Path) -> None:
    answer = ksec("snapshot", "save", str(tmp_path / "no" / "x"), "--demo")
    assert answer.code == 2
    assert "directory" in answer.err


def test_the_manifest_grants_reading_of_every_kind_and_nothing_else(ksec: Ksec) -> None:
    role, binding = yaml.safe_load_all(ksec("rbac-manifest").out)
    granted = {
        (group, name) for rule in role["rules"] for group in rule["apiGroups"] for name in rule["resources"]
    }
    assert granted == {(kind.group, kind.plural) for kind in KINDS}
    assert {verb for rule in role["rules"] for verb in rule["verbs"]} == {"get", "list"}
    assert binding["roleRef"]["name"] == role["metadata"]["name"]
    assert binding["subjects"][0]["kind"] == "Group"


def test_the_manifest_can_leave_out_secrets_and_says_why(ksec: Ksec) -> None:
    assert "RBAC cannot grant metadata alone" in ksec("rbac-manifest").out
    role, _ = yaml.safe_load_all(ksec("rbac-manifest", "--without-secrets").out)
    named = {name for rule in role["rules"] for name in rule["resources"]}
    assert not named & {"secrets", "configmaps"}
    assert "pods" in named


@pytest.mark.parametrize(
    ("options", "subject"),
    [
        (("--user", "o'hara: yes"), {"kind": "User", "name": "o'hara: yes"}),
        (("--group", "sre"), {"kind": "Group", "name": "sre"}),
        (("--service-account", "ops/ksec"), {"kind": "ServiceAccount", "name": "ksec", "namespace": "ops"}),
    ],
)
def test_the_manifest_binds_who_was_named(
    ksec: Ksec, options: tuple[str, ...], subject: dict[str, str]
) -> None:
    _, binding = yaml.safe_load_all(ksec("rbac-manifest", *options).out)
    assert subject.items() <= binding["subjects"][0].items()


@pytest.mark.parametrize("options", [("--service-account", "ksec"), ("--user", "a\x1b[2J")])
def test_the_manifest_binds_no_nonsense(ksec: Ksec, options: tuple[str, ...]) -> None:
    assert ksec("rbac-manifest", *options).code == 2


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts_are_valid_and_know_every_command(ksec: Ksec, tmp_path: Path, shell: str) -> None:
    script = ksec("completion", shell).out
    assert all(command in script for command in COMMANDS)
    if shutil.which(shell) is None:
        pytest.skip(f"there is no {shell} here to read the script with")
    path = tmp_path / "script"
    path.write_text(script, encoding="utf-8")
    done = subprocess.run([shell, "-n", str(path)], capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (("sc",), {"scan"}),
        (("scan", "--fail"), {"--fail-on"}),
        (("scan", "-o", ""), {"table", "json"}),
        (("snapshot", ""), {"save", "-h", "--help"}),
        (("completion", "z"), {"zsh"}),
        (("--context", "scan", "--them"), {"--theme"}),
    ],
)
def test_bash_completes_what_fits(
    ksec: Ksec, tmp_path: Path, words: tuple[str, ...], offered: set[str]
) -> None:
    script = tmp_path / "script"
    script.write_text(ksec("completion", "bash").out, encoding="utf-8")
    ask = '. "$1"; shift; COMP_WORDS=(ksec-tui "$@"); COMP_CWORD=$#; _ksec_tui; printf "%s\\n" "${COMPREPLY[@]}"'
    done = subprocess.run(
        [BASH, "-c", ask, "bash", str(script), *words],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert set(done.stdout.split()) == offered
