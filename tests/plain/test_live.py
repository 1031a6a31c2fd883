"""Linear mode on a live cluster: read, staged, proven, and asked about only when the user says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.apiserver import ApiServer, FakeCluster
from tests.plain.conftest import Talk
from tests.plain.dialogue import talk
from tests.sources.live_tools import document, small_shop

WEB = document(
    "apps/v1",
    "Deployment",
    "web",
    "shop",
    spec={
        "selector": {"matchLabels": {"app": "web"}},
        "template": {
            "metadata": {"labels": {"app": "web"}},
            "spec": {"hostPID": True, "containers": [{"name": "app", "image": "example/web:1"}]},
        },
    },
)
STAGED = ("findings rule:wl-host-pid name:web verdict:fail", "1", "1", "stage", "plan")


def test_a_live_cluster_is_read_and_its_server_asked_only_after_a_yes(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with ApiServer(FakeCluster([*small_shop(), WEB])) as server:
        server.kubeconfig(tmp_path / "config", context="prod")
        argv = ("--kubeconfig", str(tmp_path / "config"), "--triage", str(tmp_path / "triage.yaml"))
        refused = talk(monkeypatch, argv, *STAGED, "ask", "")
        before = server.dry_runs
        talked = talk(monkeypatch, argv, *STAGED, "ask", "yes")
        after = server.dry_runs
    assert "Looking at prod" in talked.said[0]
    assert "No: nothing was done." in refused.last
    assert "dryRun=All" in talked.said[6]
    assert "accepted, PATCH Deployment shop/web" in talked.last
    assert "Nothing was changed." in talked.last
    assert before == server.writes == []
    assert [item.method for item in after] == ["PATCH"]


def test_a_cluster_that_cannot_be_opened_ends_with_advice(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    talked = talk(monkeypatch, ("--kubeconfig", str(tmp_path / "none")))
    assert talked.code == 3
    assert "--demo shows the demo cluster" in talked.err


def test_without_a_server_there_is_none_to_ask(shop: Talk) -> None:
    assert "There is no server to ask" in shop("findings sev:critical", "stage", "yes", "plan", "ask").last
