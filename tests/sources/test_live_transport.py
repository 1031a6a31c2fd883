"""Single requests: compression, limits, what the log keeps, TLS."""

from __future__ import annotations

import json
import shutil
import ssl
import subprocess
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ksec_tui.cluster.coverage import State
from ksec_tui.cluster.kinds import POD
from ksec_tui.sources.base import Ended, SourceError, load
from ksec_tui.sources.connection import open_connection
from ksec_tui.sources.kubeconfig import ConnectionOptions
from ksec_tui.sources.live import LiveSource
from ksec_tui.sources.transport import BrokenError, RefusedError, RequestRecord, Transport
from tests.apiserver import Access, ApiServer, FakeCluster, Fault
from tests.sources.live_tools import Waits, connect, pod, small_shop


@contextmanager
def transport(
    server: ApiServer, folder: Path, *, max_body: int | None = None, compress: bool | None = None
) -> Iterator[tuple[Transport, deque[RequestRecord]]]:
    """A transport to the server and its log."""
    log: deque[RequestRecord] = deque()
    made = Transport(
        connect(server, folder), threading.Event(), log, wait=Waits(), max_body=max_body, compress=compress
    )
    try:
        yield made, log
    finally:
        made.close()


def many_pods() -> FakeCluster:
    """Enough for a list that the API server would compress."""
    return FakeCluster([pod(f"web-{number}", "shop") for number in range(1000)])


def test_compressed_answers_are_read_like_plain_ones(tmp_path: Path) -> None:
    with ApiServer(many_pods()) as server:
        with transport(server, tmp_path, compress=True) as (compressed, _):
            small = compressed.get("/api/v1/pods")
        with transport(server, tmp_path) as (plain, _):
            large = plain.get("/api/v1/pods")
        first, second = server.requests
    assert small == large
    assert first.headers["accept-encoding"] == "gzip"
    assert first.bytes < second.bytes / 5


def test_nothing_is_compressed_on_the_own_machine(tmp_path: Path) -> None:
    with ApiServer(many_pods()) as server, transport(server, tmp_path) as (plain, _):
        plain.get("/version")
        assert server.requests[0].headers.get("accept-encoding", "identity") == "identity"


def test_the_limit_counts_decompressed_bytes(tmp_path: Path) -> None:
    with (
        ApiServer(many_pods()) as server,
        transport(server, tmp_path, max_body=100_000, compress=True) as (limited, log),
        pytest.raises(BrokenError, match="larger than"),
    ):
        limited.get("/api/v1/pods")
    assert [record.status for record in log] == [200]


def test_a_compressed_answer_that_is_cut_off_is_not_taken_for_whole(tmp_path: Path) -> None:
    with (
        ApiServer(many_pods(), faults=[Fault("/pods", behaviour="cut", times=None)]) as server,
        transport(server, tmp_path, compress=True) as (cut, log),
        pytest.raises(BrokenError, match="cut off"),
    ):
        cut.get("/api/v1/pods")
    assert len(log) == 3


def test_a_refusal_carries_the_words_of_the_server(tmp_path: Path) -> None:
    with ApiServer(FakeCluster([])) as server, transport(server, tmp_path) as (made, log):
        with pytest.raises(RefusedError) as caught:
            made.get("/api/v1/namespaces/shop/pods/gone")
        assert (caught.value.status, caught.value.reason) == (404, "NotFound")
        assert str(caught.value) == 'pods "gone" not found'
        assert [(r.method, r.path, r.status) for r in log] == [
            ("GET", "/api/v1/namespaces/shop/pods/gone", 404)
        ]


def test_the_log_shows_no_continue_token(tmp_path: Path) -> None:
    with ApiServer(many_pods()) as server, transport(server, tmp_path) as (made, log):
        with pytest.raises(RefusedError):
            made.get("/api/v1/pods?limit=5&continue=opaque")
        assert log[0].path == "/api/v1/pods?limit=5&continue=…"


OPENSSL = shutil.which("openssl")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate for 127.0.0.1 with its key, in one file."""
    if OPENSSL is None:
        pytest.skip("openssl is not installed")
    folder = tmp_path_factory.mktemp("tls")
    options = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=test"
    extra = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "key.pem", "-out", "cert.pem"]
    subprocess.run([OPENSSL, *options.split(), *extra], cwd=folder, check=True, capture_output=True)
    both = folder / "both.pem"
    both.write_text((folder / "key.pem").read_text() + (folder / "cert.pem").read_text())
    return both


class Errors(list[BaseException]):
    """What went wrong inside a server, but for clients that hang up in the middle of TLS."""

    def append(self, error: BaseException, /) -> None:
        if not isinstance(error, ssl.SSLError):
            super().append(error)


class TlsServer(ApiServer):
    """The test server behind TLS; with `clients` it wants their certificate."""

    def __init__(
        self,
        cluster: FakeCluster,
        certificate: Path,
        *,
        faults: tuple[Fault, ...] = (),
        clients: bool = False,
    ) -> None:
        super().__init__(cluster, faults=faults)
        self.errors = Errors()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        if clients:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(certificate)
        self._listener.socket = context.wrap_socket(self._listener.socket, server_side=True)
        self.url = self.url.replace("http:", "https:")


def trusting(server: ApiServer, folder: Path, authority: Path | None) -> LiveSource:
    """A source that trusts this authority only; None: that of the system."""
    file = server.kubeconfig(folder / "kubeconfig", token="t")
    if authority is not None:
        text = file.read_text()
        file.write_text(text.replace("server:", f"certificate-authority: {authority}\n    server:"))
    return LiveSource(open_connection(ConnectionOptions(kubeconfig=str(file))), wait=Waits())


def test_a_server_behind_tls_is_read(tmp_path: Path, certificate: Path) -> None:
    with TlsServer(FakeCluster(small_shop()), certificate) as server:
        found, _ = load(trusting(server, tmp_path, certificate))
    assert found.coverage.of(POD).state is State.OK


def test_a_certificate_that_nobody_vouches_for_is_one_sentence(tmp_path: Path, certificate: Path) -> None:
    with (
        TlsServer(FakeCluster([]), certificate) as server,
        pytest.raises(SourceError, match=r"TLS connection to https://127\.0\.0\.1:.* failed: .*self-signed"),
    ):
        load(trusting(server, tmp_path, None))


def test_a_plugin_may_log_in_with_a_certificate(tmp_path: Path, certificate: Path) -> None:
    key, _, cert = certificate.read_text().partition("-----BEGIN CERTIFICATE")
    status = {"clientCertificateData": f"-----BEGIN CERTIFICATE{cert}", "clientKeyData": key}
    answer = {"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": status}
    (tmp_path / "answer").write_text(json.dumps(answer))
    with TlsServer(FakeCluster(small_shop()), certificate, clients=True) as server:
        file = server.kubeconfig(tmp_path / "kubeconfig", exec_command=["cat", str(tmp_path / "answer")])
        text = file.read_text()
        file.write_text(text.replace("server:", f"certificate-authority: {certificate}\n    server:"))
        connection = open_connection(ConnectionOptions(kubeconfig=str(file)), interactive=False)
        found, _ = load(LiveSource(connection, wait=Waits()))
    assert found.coverage.of(POD).state is State.OK


def test_a_pod_uses_its_own_service_account(
    tmp_path: Path, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, content in (
        ("token", "of-the-pod"),
        ("namespace", "shop"),
        ("ca.crt", certificate.read_text()),
    ):
        (tmp_path / name).write_text(content)
    monkeypatch.setattr("ksec_tui.sources.kubeconfig._SERVICE_ACCOUNT", tmp_path)
    upstream = "kubernetes.config.incluster_config"
    monkeypatch.setattr(f"{upstream}.SERVICE_TOKEN_FILENAME", str(tmp_path / "token"))
    monkeypatch.setattr(f"{upstream}.SERVICE_CERT_FILENAME", str(tmp_path / "ca.crt"))
    monkeypatch.delenv("KUBECONFIG", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    with TlsServer(FakeCluster(small_shop()), certificate) as server:
        server.token = "of-the-pod"
        server.access = Access.namespaces({"shop"})
        monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "127.0.0.1")
        monkeypatch.setenv("KUBERNETES_SERVICE_PORT", server.url.rpartition(":")[2])
        found, _ = load(LiveSource(open_connection(ConnectionOptions()), wait=Waits()))
    assert found.source.label == "in-cluster"
    assert found.coverage.of(POD).namespaces == ("shop",)


def test_cancelling_ends_a_read_behind_tls(tmp_path: Path, certificate: Path) -> None:
    fault = Fault.slow("/pods$", 60)
    cancel = threading.Event()
    events: list[object] = []
    with TlsServer(FakeCluster(small_shop()), certificate, faults=(fault,)) as server:
        live = trusting(server, tmp_path, certificate)
        reader = threading.Thread(target=lambda: events.extend(live.events(cancel)))
        reader.start()
        assert fault.arrived.wait(20)
        cancel.set()
        reader.join(10)
        assert not reader.is_alive()
    assert not [thread for thread in threading.enumerate() if thread.name == "ksec-live"]
    assert not [event for event in events if isinstance(event, Ended) and event.kind is POD]
