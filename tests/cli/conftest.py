"""What the tests of the command line share: no setting, kubeconfig or colour of the machine leaks in."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from ksec_tui import cli

ROOT = Path(__file__).parents[2]
BASH = shutil.which("bash") or "/bin/bash"
TODAY = ("--today", "2026-11-21")


@dataclass(frozen=True)
class Answer:
    """What a run of the program left behind."""

    code: int
    out: str
    err: str


Ksec = Callable[..., Answer]


@pytest.fixture(autouse=True)
def _bare_surroundings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("KUBECONFIG", "KSEC_CONFIG", "NO_COLOR", "KUBERNETES_SERVICE_HOST"):
        monkeypatch.delenv(name, raising=False)
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "config"))
    monkeypatch.setenv("COLUMNS", "80")


@pytest.fixture
def ksec(capsys: pytest.CaptureFixture[str]) -> Ksec:
    """Runs the command line in this process."""

    def run(*argv: str) -> Answer:
        code = cli.main(argv)
        captured = capsys.readouterr()
        return Answer(code, captured.out, captured.err)

    return run


def process(argv: Sequence[str], *, stdin: str = "", cwd: Path = ROOT) -> Answer:
    """Run the program as its own process."""
    done = subprocess.run(
        [sys.executable, "-m", "ksec_tui", *argv],
        input=stdin,
        capture_output=True,
        text=True,
        cwd=cwd,
        check=False,
        timeout=120,
    )
    return Answer(done.returncode, done.stdout, done.stderr)


POD = """\
apiVersion: v1
kind: Pod
metadata: {name: probe, namespace: shop}
spec:
  hostPID: true
  containers: [{name: main, image: registry.example/probe:1}]
"""
"""A pod of its own with a HIGH weakness."""
