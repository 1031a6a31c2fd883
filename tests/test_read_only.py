"""Nothing that anybody does changes a cluster: every request of whole sessions is recorded and held to that."""

from __future__ import annotations

import ast
import functools
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from ksec_tui.data.demo import documents as demo_documents
from ksec_tui.data.demo import server_version
from ksec_tui.screens.explorer import Explorer
from ksec_tui.screens.keys import all_keys
from ksec_tui.sources.connection import open_connection
from ksec_tui.sources.kubeconfig import ConnectionOptions
from ksec_tui.sources.live import LiveSource
from tests.apiserver import ApiServer, FakeCluster, Request
from tests.cli.conftest import Ksec, ksec
from tests.privacy.planted import documents
from tests.screens.explorers import User, exploring

__all__ = ["ksec"]

ROOT = Path(__file__).parents[1]
REVIEWS = re.compile(r"/apis/(authentication|authorization)\.k8s\.io/v1/selfsubject(access|rules)?reviews")
PANES = "2"
"""The findings, where there is something to do for nearly every key; the other panes are only looked at."""
LEAVING = {"quit", "interrupt", "fix.edit"}
"""Keys that end the session, or hand the terminal to an editor."""


@pytest.fixture(autouse=True)
def _elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Whatever is written goes to a folder of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("CONFIG", "STATE", "CACHE", "DATA"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path))


@pytest.fixture
def server() -> Iterator[ApiServer]:
    with ApiServer(FakeCluster(documents())) as running:
        yield running


def live(server: ApiServer, folder: Path) -> LiveSource:
    config = str(server.kubeconfig(folder / "kubeconfig"))
    return LiveSource(open_connection(ConnectionOptions(kubeconfig=config), interactive=False))


def changing(requests: list[Request], *, dry_runs: bool = False) -> list[str]:
    """The requests that are neither reads, nor questions about oneself, nor (where allowed) dry runs."""
    found = []
    for request in requests:
        if request.method == "GET":
            continue
        if request.method == "POST" and REVIEWS.fullmatch(request.path) and not request.query:
            continue
        mark = dict(request.query).get("dryRun") == "All" and request.method in ("POST", "PATCH", "DELETE")
        if not (dry_runs and mark):
            found.append(f"{request.method} {request.path} {dict(request.query)}")
    return found


def unreduced(requests: list[Request]) -> list[str]:
    """Reads of Secrets or ConfigMaps that would bring more than metadata."""
    return [
        request.path
        for request in requests
        if request.method == "GET"
        and re.search(r"/(secrets|configmaps)(/|$)", request.path)
        and not re.fullmatch(
            r"application/json;as=PartialObjectMetadata(List)?;g=meta\.k8s\.io;v=v1",
            request.headers["accept"],
        )
    ]


async def everything_pressed(user: User, panes: str) -> Counter[str]:
    """Each key once in each pane, from its first row; a dialog that opens is left again."""
    pressed: Counter[str] = Counter()
    for pane in panes:
        for key in all_keys(Explorer):
            if key.id in LEAVING:
                continue
            await user.press(pane)
            user.explorer.table.move_to_index(0)
            await user.press(key.keys.split(",")[0])
            pressed[key.id] += 1
            if key.id == "refresh":
                await user.loaded()
            await user.press("escape")  # out of the line where one types, too
            while user.app.screen is not user.explorer:
                await user.press("escape")
    return pressed


@pytest.mark.slow
async def test_no_key_sends_anything_but_reads(tmp_path: Path, server: ApiServer) -> None:
    async with exploring(live(server, tmp_path), size=(140, 45)) as user:
        pressed = await everything_pressed(user, PANES)
        await user.loaded()
    assert len(pressed) > 80
    assert min(pressed.values()) == len(PANES)
    assert len(server.requests) > 35 * len(PANES)  # each refresh reads everything
    assert changing(server.requests) == []
    assert unreduced(server.requests) == []
    assert server.writes == []


async def test_looking_at_every_object_fetches_no_payload(tmp_path: Path, server: ApiServer) -> None:
    async with exploring(live(server, tmp_path), size=(140, 45)) as user:
        for pane in "3456":
            await user.press(pane)
            for index in range(len(user.explorer.table.shown)):
                user.explorer.table.move_to_index(index)
                await user.press("y")
        await user.press("E", "escape", "Q", "escape", "R")
        await user.loaded()
    assert any("/secrets" in request.path for request in server.requests)
    assert changing(server.requests) == []
    assert unreduced(server.requests) == []


async def test_a_dry_run_is_sent_only_after_the_question_was_answered(
    tmp_path: Path, server: ApiServer
) -> None:
    async with exploring(live(server, tmp_path), size=(140, 45)) as user:
        await user.press("S", "y")
        await user.rests()
        await user.press("9", "V")
        assert "the only requests that are no reads" in user.screen
        await user.press("escape")
        await user.rests()
        assert changing(server.requests) == []
        await user.press("V", "y")
        await user.until(lambda: server.dry_runs)
        await user.rests()
    assert changing(server.requests, dry_runs=True) == []
    assert server.writes == []
    assert {request.query.get("fieldManager") for request in server.dry_runs} == {"ksec-tui"}


COMMANDS = (
    ("scan",),
    ("scan", "-o", "json"),
    ("audit",),
    ("versions",),
    ("pss",),
    ("exposure",),
    ("paths",),
    ("connections",),
    ("who-can", "get", "secrets"),
    ("can-i", "get", "pods", "--subject", "sa:shop/robot"),
    ("snapshot", "save", "saved.ksec"),
    ("fix", "--out", "out", "--max-risk", "review"),
    (
        "triage",
        "wont-fix",
        "--filter",
        "rule:wl-* name:web",
        "--reason",
        "a trial",
        "--triage",
        "triage.yaml",
    ),
)


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_no_command_sends_anything_but_reads(
    ksec: Ksec, tmp_path: Path, server: ApiServer, words: tuple[str, ...]
) -> None:
    answer = ksec(*words, "--kubeconfig", str(server.kubeconfig(tmp_path / "kubeconfig")))
    assert server.requests, answer.err
    assert changing(server.requests) == []
    assert unreduced(server.requests) == []


def test_a_fix_that_may_ask_sends_dry_runs_and_nothing_else(ksec: Ksec, tmp_path: Path) -> None:
    """Of the demo, whose plan makes, changes and deletes objects."""
    with ApiServer(FakeCluster(demo_documents(), server_version())) as server:
        config = str(server.kubeconfig(tmp_path / "kubeconfig"))
        ksec("fix", "--out", "out", "--max-risk", "review", "--dry-run-server", "--kubeconfig", config)
    assert len(server.dry_runs) > 20
    assert {request.method for request in server.dry_runs} >= {"PATCH", "POST"}
    assert changing(server.requests, dry_runs=True) == []
    assert server.writes == []
    assert unreduced(server.requests) == []


# What the program's text itself shows

SENDERS = {"ksec_tui/sources/transport.py", "ksec_tui/sources/live_stream.py"}
"""The modules that may speak to an API server."""
OTHER_NETWORK = {"ksec_tui/cli/renewal.py": {"urllib.request", "urllib.error", "http.client"}}
"""Newer facts about versions, from the address that the user names, and never from the cluster."""
NETWORK = re.compile(
    r"(urllib3|urllib\.request|urllib\.error|http\.client|http\.server|requests|httpx|aiohttp|websocket\w*|ftplib|smtplib"
    r"|telnetlib|xmlrpc|kubernetes|kubernetes_asyncio|asyncio\.streams|ssl|socket|socketserver)(\.|$)"
)
MAY_IMPORT = {
    "ksec_tui/sources/transport.py": {"urllib3", "http.client", "kubernetes.client"},
    "ksec_tui/sources/live_stream.py": {"urllib3", "urllib3.connection", "http.client", "socket"},
    "ksec_tui/sources/sockets.py": {"socket"},
    "ksec_tui/sources/connection.py": {"kubernetes"},
    "ksec_tui/analysis/network/groups.py": {"socket"},  # reads addresses as text
    **OTHER_NETWORK,
}


@functools.cache
def sources() -> dict[str, ast.Module]:
    """Every module of the program by its path."""
    paths = [
        path
        for folder in ("ksec_tui", "checks", "screens", "themes")
        for path in (ROOT / folder).rglob("*.py")
        if path.resolve() == path
    ]
    assert len(paths) > 200
    return {path.relative_to(ROOT).as_posix(): ast.parse(path.read_text(encoding="utf-8")) for path in paths}


def imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (item.name for item in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node.module or ""
            yield from (f"{node.module}.{item.name}" for item in node.names)


def called(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            target = node.func
            yield target.attr if isinstance(target, ast.Attribute) else getattr(target, "id", "")


def test_only_the_transport_has_what_reaches_a_network() -> None:
    for path, tree in sources().items():
        network = {name for name in imported(tree) if NETWORK.match(name)}
        allowed = MAY_IMPORT.get(path, set())
        beyond = {name for name in network if not any(f"{name}.".startswith(f"{item}.") for item in allowed)}
        assert beyond == set(), path


def test_whatever_sends_a_request_asks_the_gate_first() -> None:
    senders = set()
    for path, tree in sources().items():
        for node in ast.walk(tree):
            if not isinstance(node, ast.FunctionDef) or not {"request", "urlopen"} & set(called(node)):
                continue
            if path in OTHER_NETWORK:
                continue
            senders.add(path)
            lines: dict[str, list[int]] = {"pass_gate": [], "request": []}
            for inner in ast.walk(node):
                if isinstance(inner, ast.Call):
                    target = inner.func
                    name = target.attr if isinstance(target, ast.Attribute) else getattr(target, "id", "")
                    lines.setdefault(name, []).append(inner.lineno)
            assert lines["pass_gate"], f"{path}: {node.name}"
            assert min(lines["pass_gate"]) < min(lines["request"]), f"{path}: {node.name}"
    assert senders == SENDERS


def test_no_word_of_the_official_client_that_writes_is_used() -> None:
    """The client brings TLS and logins; of its API nothing is called."""
    writing = re.compile(
        r"(create|patch|replace|delete|connect)_(namespaced|cluster|node|persistent|custom)\w*|call_api|ApiClient|\w+V\d\w*Api"
    )
    for path, tree in sources().items():
        assert not [name for name in called(tree) if writing.fullmatch(name)], path
