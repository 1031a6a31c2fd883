"""Starts and ends the programs of a control plane, on loopback and on ports that are free."""

from __future__ import annotations

import contextlib
import functools
import http.client
import json
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from tests.control_plane.certificates import Authority, Pair
from tests.envtest.assets import Assets

_READY_SECONDS = 120.0
_END_SECONDS = 20.0
_ATTEMPTS = 3
_SETPRIV = shutil.which("setpriv")
_TIED = () if _SETPRIV is None else (_SETPRIV, "--pdeathsig", "KILL", "--")
"""A program goes with the tests, whatever ends them."""
_AUDIT = {
    "apiVersion": "audit.k8s.io/v1",
    "kind": "Policy",
    "omitStages": ["RequestReceived"],
    "rules": [{"level": "Metadata"}],
}
SERVICES = "10.43.0.0/16"
"""Where the Services' own addresses lie, as in the demo cluster."""


class EndedError(Exception):
    """A program ended, or was not ready in time; its last words."""


@contextlib.contextmanager
def etcd(assets: Assets, folder: Path) -> Iterator[str]:
    """A store; gives its URL."""
    folder.mkdir()

    def command(port: int) -> list[str]:
        url, peer = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{free_port()}"
        return [
            str(assets.etcd),
            f"--data-dir={folder / 'data'}",
            f"--listen-client-urls={url}",
            f"--advertise-client-urls={url}",
            f"--listen-peer-urls={peer}",
            f"--initial-advertise-peer-urls={peer}",
            f"--initial-cluster=default={peer}",
            "--unsafe-no-fsync",
            "--log-level=error",
        ]

    with _started(command, folder / "log", lambda port: _answers(port, "/health", None)) as port:
        yield f"http://127.0.0.1:{port}"


@contextlib.contextmanager
def apiserver(
    assets: Assets,
    folder: Path,
    store: str,
    *,
    authority: Authority,
    serving: Pair,
    account_key: Path,
    port: int | None = None,
    options: Sequence[str] = (),
) -> Iterator[str]:
    """An API server with the authorizers, admission and authentication of a usual cluster; gives its URL.

    It shares nothing with another that keeps its objects in the same store. What it was asked stands in
    ``audit.log`` of `folder`.

    Args:
        assets: the programs.
        folder: takes what it writes; the name tells its objects from those of others.
        store: the URL of etcd.
        authority: whose clients it believes.
        serving: what it shows itself.
        account_key: what signs and verifies the tokens of ServiceAccounts.
        port: where it listens; any free one unless told.
        options: more of its options.
    """
    folder.mkdir(exist_ok=True)
    policy = folder / "audit-policy.json"
    policy.write_text(json.dumps(_AUDIT))

    def command(found: int) -> list[str]:
        return [
            str(assets.apiserver),
            "--bind-address=127.0.0.1",
            "--advertise-address=127.0.0.1",
            f"--secure-port={found}",
            f"--etcd-servers={store}",
            f"--etcd-prefix=/{folder.name}",
            f"--cert-dir={folder}",
            f"--tls-cert-file={serving.certificate}",
            f"--tls-private-key-file={serving.key}",
            f"--client-ca-file={authority.own.certificate}",
            "--authorization-mode=Node,RBAC",
            "--enable-admission-plugins=NodeRestriction",
            "--allow-privileged=true",
            f"--service-cluster-ip-range={SERVICES}",
            "--service-account-issuer=https://kubernetes.default.svc",
            f"--service-account-key-file={account_key}",
            f"--service-account-signing-key-file={account_key}",
            "--endpoint-reconciler-type=none",
            f"--audit-policy-file={policy}",
            f"--audit-log-path={folder / 'audit.log'}",
            "--audit-log-mode=blocking-strict",
            "--shutdown-delay-duration=0s",
            *options,
        ]

    trust = ssl.create_default_context(cafile=str(authority.own.certificate))
    with _started(command, folder / "log", lambda found: _answers(found, "/readyz", trust), port) as found:
        yield f"https://127.0.0.1:{found}"


@contextlib.contextmanager
def aggregation(program: Path, folder: Path, kubeconfig: Path) -> Iterator[None]:
    """The controller that writes the rules of aggregated roles, for one server; it listens nowhere."""
    folder.mkdir()
    with _started(lambda _: [str(program), str(kubeconfig)], folder / "log", lambda _: True):
        yield


def free_port() -> int:
    """A port of this machine that nobody has; another may take it before it is used."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def _started(
    command: Callable[[int], list[str]], log: Path, ready: Callable[[int], bool], port: int | None = None
) -> Iterator[int]:
    """Run a program until the block ends; on another port when somebody was faster."""
    for attempt in range(_ATTEMPTS):
        found = free_port() if port is None else port
        with log.open("wb") as words:
            process = subprocess.Popen(
                [*_TIED, *command(found)], stdout=words, stderr=words, stdin=subprocess.DEVNULL
            )
        try:
            _wait(process, functools.partial(ready, found), log)
        except EndedError as error:
            _end(process)
            if "address already in use" in str(error) and port is None and attempt + 1 < _ATTEMPTS:
                continue
            raise
        try:
            yield found
        finally:
            _end(process)
        return


def _wait(process: subprocess.Popen[bytes], ready: Callable[[], bool], log: Path) -> None:
    until = time.monotonic() + _READY_SECONDS
    while not ready():
        try:
            process.wait(0.1)
        except subprocess.TimeoutExpired:
            if time.monotonic() < until:
                continue
        words = log.read_text(errors="replace")[-3000:]
        raise EndedError(f"{log.parent.name}: it ended or was not ready in time\n{words}")


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _answers(port: int, path: str, trust: ssl.SSLContext | None) -> bool:
    connection = (
        http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        if trust is None
        else http.client.HTTPSConnection("127.0.0.1", port, timeout=5, context=trust)
    )
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
