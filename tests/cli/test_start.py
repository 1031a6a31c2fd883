"""Starting: nothing heavy for the small things, and a cluster that cannot be opened is no dead end."""

from __future__ import annotations

import argparse
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import yaml

from ksec_tui.cli import source
from ksec_tui.cli.command import CliError
from ksec_tui.cli.live import Contexts
from ksec_tui.cluster.kinds import POD
from ksec_tui.sources.base import SourceError, load
from ksec_tui.sources.kubeconfig import ConnectionOptions
from tests.apiserver import ApiServer, FakeCluster
from tests.cli.conftest import ROOT
from tests.sources.live_tools import small_shop

HEAVY = ("textual", "rich", "kubernetes", "urllib3", "yaml", "msgspec", "ksec_tui.checks", "ksec_tui.sources")


def loaded_modules(code: str) -> set[str]:
    """The modules that a process has after running `code`."""
    script = f"import sys\n{code}\nprint(*sys.modules, file=sys.stderr)"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, check=True, timeout=60
    )
    return set(done.stderr.split())


@pytest.mark.parametrize(
    "argv", [["--version"], ["--help"], ["version"], ["scan", "--help"], ["completion", "bash"]]
)
def test_small_answers_load_nothing_heavy(argv: list[str]) -> None:
    modules = loaded_modules(f"from ksec_tui import cli; assert cli.main({argv!r}) == 0")
    assert not modules & set(HEAVY)


def test_a_scan_loads_no_terminal_and_no_cluster_client() -> None:
    modules = loaded_modules("from ksec_tui import cli; assert cli.main(['scan', '--demo']) == 0")
    assert not modules & {"textual", "rich", "kubernetes", "urllib3"}


def test_the_explorer_starts_without_the_cluster_client() -> None:
    assert not loaded_modules("import ksec_tui.app, ksec_tui.cli.live") & {"kubernetes", "urllib3"}


def kubeconfig(folder: Path, *names: str) -> ConnectionOptions:
    """Contexts of these names; logging in to the one called ``locked`` fails."""
    plugin = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "command": str(folder / "no-such-plugin"),
        "interactiveMode": "Never",
    }
    content = {
        "clusters": [{"name": "c", "cluster": {"server": "http://127.0.0.1:1"}}],
        "users": [{"name": "locked", "user": {"exec": plugin}}, {"name": "u", "user": {}}],
        "contexts": [
            {"name": name, "context": {"cluster": "c", "user": "locked" if name == "locked" else "u"}}
            for name in names
        ],
        "current-context": names[0] if names else "",
    }
    path = folder / "kubeconfig"
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return ConnectionOptions(kubeconfig=str(path))


def test_a_context_that_cannot_be_opened_leaves_the_choice_of_the_others(tmp_path: Path) -> None:
    contexts = Contexts(kubeconfig(tmp_path, "locked", "open"))
    first = contexts.first()
    assert first.info.label == "locked"
    with pytest.raises(SourceError, match=r"no-such-plugin.*:ctx"):
        next(iter(first.events(threading.Event())))
    assert contexts.names() == ("locked", "open")
    assert contexts.open("open").info.label == "open"


def test_reading_again_opens_what_could_not_be_opened(tmp_path: Path) -> None:
    with ApiServer(FakeCluster(small_shop())) as server:
        server.kubeconfig(tmp_path / "later", context="late")
        kubeconfig(tmp_path, "early")
        missing = (tmp_path / "kubeconfig").read_text(encoding="utf-8")
        first = Contexts(ConnectionOptions(kubeconfig=str(tmp_path / "kubeconfig"), context="late")).first()
        with pytest.raises(SourceError, match="no context 'late'"):
            load(first)
        with pytest.raises(SourceError, match="no context 'late'"):
            load(first)
        (tmp_path / "later").replace(tmp_path / "kubeconfig")
        snapshot, _ = load(first)
    assert "late" not in missing
    assert len(snapshot.of(POD)) == 14
    assert first.info.server_version == snapshot.source.server_version != ""


def test_a_mistyped_context_leaves_the_choice_of_the_others(tmp_path: Path) -> None:
    kubeconfig(tmp_path, "a", "b")
    options = ConnectionOptions(kubeconfig=str(tmp_path / "kubeconfig"), context="c")
    with pytest.raises(SourceError, match="known: a, b"):
        next(iter(Contexts(options).first().events(threading.Event())))


def test_without_any_cluster_the_start_says_what_works_instead() -> None:
    with pytest.raises(CliError, match="--demo") as caught:
        Contexts(ConnectionOptions()).first()
    assert caught.value.code == 3


def arguments(*argv: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    source.add_arguments(parser)
    return parser.parse_args(argv)


def test_the_options_of_kubectl_reach_the_connection() -> None:
    given = arguments(
        *(
            "--kubeconfig",
            "k",
            "--context",
            "c",
            "-n",
            "a,team-*",
            "-n",
            "!b",
            "-A",
            "--request-timeout",
            "1m30s",
        ),
        *("--as", "eve", "--as-group", "x", "--as-group", "y", "--as-uid", "7"),
    )
    assert source.connection_options(given) == ConnectionOptions(
        kubeconfig="k",
        context="c",
        namespaces=("a", "team-*", "!b"),
        all_namespaces=True,
        as_user="eve",
        as_groups=("x", "y"),
        as_uid="7",
        request_timeout=90.0,
    )


@pytest.mark.parametrize(
    ("text", "seconds"), [("30", 30), ("45s", 45), ("2m", 120), ("1h", 3600), ("0.5", 0.5)]
)
def test_times_are_read_as_kubectl_writes_them(text: str, seconds: float) -> None:
    assert arguments("--request-timeout", text).request_timeout == seconds
