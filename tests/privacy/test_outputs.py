"""Nothing that the command line prints or writes tells a credential, wherever in the cluster it lies."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from tests.apiserver import CANARY, CANARY_BASE64, ApiServer, FakeCluster
from tests.cli.conftest import TODAY, Ksec, ksec
from tests.privacy.planted import canary, documents, found, kubeconfig

__all__ = ["ksec"]


@dataclass(frozen=True)
class Place:
    """Where the canaries are, and how to name it to a command."""

    server: ApiServer
    folder: Path
    live: tuple[str, ...]
    files: tuple[str, ...]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    for name in ("KUBECONFIG", "KSEC_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home" / "config"))
    manifests = tmp_path / "all.yaml"
    manifests.write_text(yaml.safe_dump_all(documents()))
    with ApiServer(FakeCluster(documents()), token=canary("logintoken")) as server:
        config = kubeconfig(server, tmp_path / "kubeconfig")
        yield Place(server, tmp_path, ("--kubeconfig", config), ("-f", str(manifests), *TODAY))


def told(content: str | bytes) -> list[str]:
    """What a text tells that it should not."""
    text = content.decode("utf-8", "replace") if isinstance(content, bytes) else content
    return found(text) + [word for word in (CANARY, CANARY_BASE64) if word in text]


def written(folder: Path) -> list[str]:
    """What any file below a folder tells that it should not, with its name."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert files
    result = []
    for path in files:
        content = path.read_bytes()
        content = gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content
        result += [f"{path.name}: {what}" for what in told(content)]
    return result


PRINTED = (
    ("scan",),
    ("scan", "-o", "json"),
    ("audit",),
    ("audit", "-o", "json"),
    ("pss",),
    ("versions",),
    ("who-can", "get", "secrets"),
    ("exposure",),
    ("exposure", "-o", "json"),
    ("paths",),
    ("paths", "-o", "json"),
    ("connections",),
)


@pytest.mark.parametrize("words", PRINTED, ids=" ".join)
@pytest.mark.parametrize("source", ["live", "files"])
def test_no_command_prints_a_credential(
    ksec: Ksec, place: Place, words: tuple[str, ...], source: str
) -> None:
    answer = ksec(*words, *getattr(place, source))
    assert answer.code in (0, 1, 4), answer.err
    assert answer.out
    assert told(answer.out) == []
    assert told(answer.err) == []


@pytest.mark.parametrize("source", ["live", "files"])
def test_no_saved_snapshot_holds_a_credential(ksec: Ksec, place: Place, source: str) -> None:
    out = place.folder / "saved"
    out.mkdir()
    assert ksec("snapshot", "save", str(out / "a.ksec"), *getattr(place, source)).code == 0
    assert written(out) == []


@pytest.mark.parametrize("layout", ["kubectl", "kustomize", "single", "json"])
@pytest.mark.parametrize("source", ["live", "files"])
def test_no_export_holds_a_credential(ksec: Ksec, place: Place, source: str, layout: str) -> None:
    """Patches, ways back, reports: of everything that can be fixed."""
    out = place.folder / "out"
    options = ("--out", str(out), "--layout", layout, "--max-risk", "review")
    answer = ksec("fix", *options, *getattr(place, source))
    assert answer.code == 0, answer.err
    assert any("web" in path.read_text() for path in out.rglob("*") if path.is_file())
    assert written(out) == []
    assert told(answer.out + answer.err) == []


def test_no_file_of_decisions_holds_a_credential(ksec: Ksec, place: Place) -> None:
    kept = place.folder / "kept"
    kept.mkdir()
    files = ("--triage", str(kept / "triage.yaml"), "--seen", str(kept / "seen.json"))
    decided = ("triage", "wont-fix", "--filter", "rule:sec-* name:web", "--reason", "a trial", *files[:2])
    answer = ksec(*decided, *place.live)
    assert answer.code == 0, answer.err
    seen = ksec("scan", "-o", "json", "--show-dismissed", *files, *place.live)
    listed = ksec("triage", "list", *files, *place.live)
    assert "sec-env-literal" in (kept / "triage.yaml").read_text()
    assert (kept / "seen.json").exists()
    assert written(kept) == []
    assert told(answer.out + answer.err + seen.out + seen.err + listed.out + listed.err) == []


def test_a_plan_that_is_tried_on_the_server_sends_no_credential(ksec: Ksec, place: Place) -> None:
    out = place.folder / "out"
    answer = ksec("fix", "--out", str(out), "--max-risk", "review", "--dry-run-server", *place.live)
    assert answer.code == 0, answer.err
    assert place.server.dry_runs
    assert place.server.writes == []
    assert told(answer.out + answer.err) == []


def test_no_request_carries_a_credential_but_the_login(ksec: Ksec, place: Place) -> None:
    ksec("scan", *place.live)
    assert place.server.requests
    for request in place.server.requests:
        assert found(f"{request.path}?{dict(request.query)}") == []
        headers = {name: value for name, value in request.headers.items() if name != "authorization"}
        assert found(repr(headers)) == []


@pytest.mark.parametrize("context", ["far", "plugged"])
def test_a_login_that_fails_tells_no_credential(ksec: Ksec, place: Place, context: str) -> None:
    answer = ksec("scan", *place.live, "--context", context, "--request-timeout", "1")
    assert answer.code == 3
    assert answer.err.count("\n") <= 2
    assert told(answer.out + answer.err) == []


def test_a_refused_token_is_not_told(ksec: Ksec, place: Place) -> None:
    place.server.token = "another"
    answer = ksec("scan", *place.live)
    assert answer.code == 3
    assert told(answer.out + answer.err) == []
