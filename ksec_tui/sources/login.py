"""Credential plugins (``users[].user.exec``): run so that they never draw over the screen.

Protocol: kubernetes.io/docs/reference/access-authn-authz/authentication (client-go credential plugins),
``client.authentication.k8s.io/v1``. Before the screen opens, a plugin may talk to the user; later it runs
without a terminal of its own, with a time limit.
"""

from __future__ import annotations

import base64
import contextlib
import datetime as dt
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import msgspec

from ksec_tui.cluster.text import one_line
from ksec_tui.sources.base import SourceError

LOGIN_SECONDS = 300.0
"""How long a person may take to log in."""
REFRESH_SECONDS = 60.0
"""How long a renewal in the background may take."""

_SKEW = dt.timedelta(seconds=30)
_POLL = 0.1
_MAX_OUTPUT = 1024 * 1024
_KEPT_ERRORS = 4096
_CLUSTER_FIELDS = (
    "server",
    "tls-server-name",
    "insecure-skip-tls-verify",
    "certificate-authority-data",
    "proxy-url",
    "disable-compression",
)


@dataclass(frozen=True)
class Credential:
    """What a plugin gave: a bearer token, a client certificate with its key (PEM), or both."""

    token: str = field(default="", repr=False)
    certificate: str = field(default="", repr=False)
    key: str = field(default="", repr=False)
    expires: dt.datetime | None = None

    def expired(self) -> bool:
        """Whether it is over, or about to be."""
        return self.expires is not None and dt.datetime.now(tz=dt.UTC) >= self.expires - _SKEW


class _Status(msgspec.Struct, rename="camel"):
    token: str = ""
    client_certificate_data: str = ""
    client_key_data: str = ""
    expiration_timestamp: dt.datetime | None = None


class _ExecCredential(msgspec.Struct, rename="camel"):
    api_version: str = ""
    kind: str = ""
    status: _Status | None = None


class Plugin:
    """One credential plugin, as a kubeconfig describes it.

    Raises:
        SourceError: the description lacks the command.
    """

    def __init__(self, entry: Mapping[str, Any], cluster: Mapping[str, Any]) -> None:
        command = entry.get("command")
        if not isinstance(command, str) or not command:
            raise SourceError("the kubeconfig's exec plugin has no command")
        self._command = command
        args = entry.get("args")
        self._args = [str(arg) for arg in args] if isinstance(args, list) else []
        self._version = str(entry.get("apiVersion") or "client.authentication.k8s.io/v1")
        self._hint = entry.get("installHint")
        self._mode = entry.get("interactiveMode") or "IfAvailable"
        pairs = entry.get("env")
        self._env = {
            str(pair["name"]): str(pair.get("value", ""))
            for pair in (pairs if isinstance(pairs, list) else ())
            if isinstance(pair, dict) and "name" in pair
        }
        self._cluster = _cluster_info(cluster) if entry.get("provideClusterInfo") is True else None

    @property
    def name(self) -> str:
        """What to call it in messages."""
        return one_line(Path(self._command).name, 60)

    def run(self, *, interactive: bool, cancel: threading.Event | None = None) -> Credential:
        """Obtain a credential; blocks.

        Args:
            interactive: the terminal is ours to give: the plugin gets its input and its messages are shown.
            cancel: ends the plugin when set.

        Raises:
            SourceError: it is missing, failed, took too long, was cancelled or gave no credential.
        """
        if self._mode == "Always" and not interactive:
            raise SourceError(f"{self.name} needs a terminal to log in")
        talks = interactive and self._mode != "Never"
        seconds = LOGIN_SECONDS if interactive else REFRESH_SECONDS
        try:
            process = subprocess.Popen(
                [self._executable(), *self._args],
                stdin=None if talks else subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env={**os.environ, **self._env, "KUBERNETES_EXEC_INFO": self._request(interactive=talks)},
                # A session of its own has no terminal: not even /dev/tty reaches the screen.
                start_new_session=not interactive,
            )
        except OSError as error:
            raise SourceError(f"{self.name} could not be started: {error.strerror or 'error'}") from error
        with process:
            output, errors, ended = _attend(process, seconds, cancel, echo=interactive, group=not interactive)
        said = f": {one_line(errors, 400)}" if errors else ""
        if not ended:
            raise SourceError(f"{self.name} did not finish within {seconds:g} seconds{said}")
        if process.returncode != 0:
            raise SourceError(f"{self.name} failed with status {process.returncode}{said}")
        return self._credential(output)

    def _executable(self) -> str:
        found = shutil.which(self._command)
        if found is None:
            hint = f" ({one_line(self._hint, 300)})" if isinstance(self._hint, str) and self._hint else ""
            raise SourceError(f"the login command {one_line(self._command, 200)} was not found{hint}")
        return found

    def _request(self, *, interactive: bool) -> str:
        spec: dict[str, Any] = {"interactive": interactive}
        if self._cluster is not None:
            spec["cluster"] = self._cluster
        request = {"apiVersion": self._version, "kind": "ExecCredential", "spec": spec}
        return msgspec.json.encode(request).decode()

    def _credential(self, output: bytes) -> Credential:
        # The output holds the credential: no message may quote it.
        try:
            answer = msgspec.json.decode(output, type=_ExecCredential)
        except msgspec.MsgspecError:
            raise SourceError(f"{self.name} gave no valid ExecCredential") from None
        status = answer.status
        if answer.kind != "ExecCredential" or answer.api_version != self._version or status is None:
            raise SourceError(f"{self.name} gave no ExecCredential of {one_line(self._version, 60)}")
        if bool(status.client_certificate_data) != bool(status.client_key_data):
            raise SourceError(f"{self.name} gave a certificate without its key")
        if not status.token and not status.client_certificate_data:
            raise SourceError(f"{self.name} gave neither a token nor a certificate")
        expires = status.expiration_timestamp
        if expires is not None and expires.tzinfo is None:
            expires = expires.replace(tzinfo=dt.UTC)
        return Credential(status.token, status.client_certificate_data, status.client_key_data, expires)


def terminal_available() -> bool:
    """Whether this process can ask its user something."""
    return sys.__stdin__ is not None and not sys.__stdin__.closed and sys.__stdin__.isatty()


def _cluster_info(cluster: Mapping[str, Any]) -> dict[str, Any]:
    info = {key: cluster[key] for key in _CLUSTER_FIELDS if key in cluster}
    authority = cluster.get("certificate-authority")
    if "certificate-authority-data" not in info and isinstance(authority, str):
        try:
            info["certificate-authority-data"] = base64.b64encode(Path(authority).read_bytes()).decode()
        except OSError as error:
            raise SourceError(f"{one_line(authority, 200)} cannot be read: {error.strerror}") from error
    extensions = cluster.get("extensions")
    for extension in extensions if isinstance(extensions, list) else ():
        if isinstance(extension, dict) and extension.get("name") == "client.authentication.k8s.io/exec":
            info["config"] = extension.get("extension")
            break
    return info


def _attend(
    process: subprocess.Popen[bytes],
    seconds: float,
    cancel: threading.Event | None,
    *,
    echo: bool,
    group: bool,
) -> tuple[bytes, str, bool]:
    """Read what the process says until it ends: output, last error lines, whether it ended by itself."""
    output, errors = bytearray(), bytearray()
    readers = [
        threading.Thread(target=_drain, args=(process.stdout, output, _MAX_OUTPUT, False), daemon=True),
        threading.Thread(target=_drain, args=(process.stderr, errors, _KEPT_ERRORS, echo), daemon=True),
    ]
    for reader in readers:
        reader.start()
    deadline = time.monotonic() + seconds
    ended = True
    while True:
        try:
            process.wait(_POLL)
            break
        except subprocess.TimeoutExpired:
            if time.monotonic() > deadline or (cancel is not None and cancel.is_set()):
                ended = False
                _end(process, group=group)
                break
    for reader in readers:
        reader.join(1.0)  # a child that the plugin left behind may hold the pipes open
    return bytes(output), bytes(errors).decode("utf-8", "replace").strip(), ended


def _end(process: subprocess.Popen[bytes], *, group: bool) -> None:
    with contextlib.suppress(ProcessLookupError):
        if group:
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    process.wait()


def _drain(stream: IO[bytes] | None, kept: bytearray, limit: int, echo: bool) -> None:  # noqa: FBT001 - thread target
    if stream is None:
        return
    with contextlib.suppress(ValueError, OSError):  # the pipe is closed under a reader that came too late
        while chunk := os.read(stream.fileno(), 65536):
            if echo:
                _show(chunk)
            kept += chunk
            del kept[: max(len(kept) - limit, 0)]


def _show(chunk: bytes) -> None:
    """To the real terminal, as kubectl lets plugins talk while no screen is up."""
    with contextlib.suppress(OSError, ValueError):
        if sys.__stderr__ is not None:
            sys.__stderr__.buffer.write(chunk)
            sys.__stderr__.buffer.flush()
