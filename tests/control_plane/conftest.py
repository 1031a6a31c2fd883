"""The fixtures: one store, and an API server for each thing that must not disturb another."""

from __future__ import annotations

import contextlib
import os
import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ksec_tui import cli
from tests.control_plane.certificates import OPENSSL, Authority
from tests.control_plane.client import Client
from tests.control_plane.demo import put_demo
from tests.control_plane.plane import MASTERS, Plane
from tests.control_plane.processes import apiserver, etcd
from tests.envtest.assets import Assets, MissingError, find

HERE = Path(__file__).parent

Tally = Counter[str]
_TALLY = pytest.StashKey[Tally]()


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hand the counts of a worker over to the process that tells them."""
    if hasattr(session.config, "workeroutput"):
        counts: Tally = session.config.stash.get(_TALLY, Tally())
        session.config.workeroutput["tally"] = dict(counts)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take the counts of a worker in."""
    counts = getattr(node, "workeroutput", {}).get("tally", {})
    node.config.stash.setdefault(_TALLY, Tally()).update(counts)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say how much was held against the real server."""
    for words, count in config.stash.get(_TALLY, Tally()).items():
        terminalreporter.write_line(f"real control plane: {count:,} {words}")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here asks a real server: mark it, and skip it by name where there can be none."""
    folder = f"{HERE}{os.sep}"
    own = [item for item in items if str(item.path).startswith(folder)]
    reason = "openssl is not on the PATH" if OPENSSL is None else ""
    try:
        find()
    except MissingError as error:
        reason = reason or str(error)
    for item in own:
        item.add_marker("cluster")
        if reason:
            item.add_marker(pytest.mark.skip(reason=reason))


@dataclass(frozen=True)
class Answer:
    """What a run of the program left behind."""

    code: int
    out: str
    err: str


Ksec = Callable[..., Answer]
Started = Callable[..., contextlib.AbstractContextManager[Plane]]


@pytest.fixture(autouse=True)
def _bare_surroundings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No setting, kubeconfig or decision of the machine leaks in."""
    for name in ("KUBECONFIG", "KSEC_CONFIG", "NO_COLOR", "KUBERNETES_SERVICE_HOST"):
        monkeypatch.delenv(name, raising=False)
    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def ksec(capsys: pytest.CaptureFixture[str]) -> Ksec:
    """Runs the command line in this process."""

    def run(*argv: str | Path) -> Answer:
        code = cli.main([str(word) for word in argv])
        captured = capsys.readouterr()
        return Answer(code, captured.out, captured.err)

    return run


@pytest.fixture(scope="session")
def tally(pytestconfig: pytest.Config) -> Tally:
    """What was compared and done, counted; told at the end of the run."""
    return pytestconfig.stash.setdefault(_TALLY, Tally())


@pytest.fixture
def dice() -> random.Random:
    """Chance that falls the same way in every run."""
    return random.Random(20261121)  # noqa: S311 - nothing secret comes of it


@pytest.fixture(scope="session")
def assets() -> Assets:
    """The programs."""
    return find()


@pytest.fixture(scope="session")
def start(assets: Assets, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Started]:
    """Starts API servers by name; each has objects of its own."""
    root = tmp_path_factory.mktemp("plane")
    authority = Authority(root)
    serving, keys = authority.server("server"), authority.account_key()
    login = authority.client("test", MASTERS)
    with etcd(assets, root / "etcd") as store:

        @contextlib.contextmanager
        def one(name: str, *options: str, port: int | None = None) -> Iterator[Plane]:
            running = apiserver(
                assets,
                root / name,
                store,
                authority=authority,
                serving=serving,
                account_key=keys,
                port=port,
                options=options,
            )
            with running as url:
                admin = Client(url, str(authority.own.certificate), login)
                try:
                    yield Plane(url, root / name, authority, admin, keys, store)
                finally:
                    admin.close()

        yield one


@pytest.fixture(scope="session")
def bare(start: Started) -> Iterator[Plane]:
    """A server with what it comes with, and what the tests put there under names of their own."""
    with start("bare") as plane:
        yield plane


@pytest.fixture(scope="session")
def demo(start: Started) -> Iterator[Plane]:
    """A server that has the demo cluster's objects; nobody changes them."""
    with start("demo") as plane:
        put_demo(plane.admin)
        yield plane
