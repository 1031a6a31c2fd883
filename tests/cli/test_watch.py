"""Following a cluster from the command line: what is refused, and what rights it takes."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from ksec_tui.cli.live import FailedSource
from ksec_tui.sources.base import Linked, SourceError, Watchable
from ksec_tui.sources.live import LiveSource
from tests.apiserver import ApiServer, ChangingCluster
from tests.cli.conftest import Ksec
from tests.plain.dialogue import talk
from tests.screens.world import World
from tests.sources.live_tools import connect, small_shop


@pytest.mark.parametrize("words", [["--demo"], ["-f", "x.yaml"], ["--snapshot", "x.json"]])
def test_what_does_not_change_cannot_be_followed(ksec: Ksec, words: list[str]) -> None:
    answer = ksec("--watch", *words)
    assert answer.code == 2
    assert "--watch is for a live cluster" in answer.err
    assert answer.out == ""


def test_text_menus_do_not_follow(ksec: Ksec) -> None:
    answer = ksec("--watch", "--plain")
    assert answer.code == 2
    assert "--watch is for the explorer" in answer.err
    assert "refresh in them" in answer.err


def test_text_menus_say_that_the_setting_to_follow_does_not_count_there(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings = tmp_path / "settings.yaml"
    settings.write_text("watch: true\n", encoding="utf-8")
    with ApiServer(ChangingCluster(small_shop())) as server:
        server.kubeconfig(tmp_path / "kubeconfig")
        live = talk(monkeypatch, ("--kubeconfig", str(tmp_path / "kubeconfig"), "--config", str(settings)))
        assert not any(request.query.get("watch") for request in server.requests)
    assert "refresh" in live.err
    assert "watch" in live.err
    assert "watch" not in talk(monkeypatch, ("--demo", "--config", str(settings))).err


@pytest.mark.parametrize(("words", "verbs"), [([], {"get", "list"}), (["--watch"], {"get", "list", "watch"})])
def test_the_rights_to_follow_are_asked_for_only_where_they_are_wanted(
    ksec: Ksec, words: list[str], verbs: set[str]
) -> None:
    role = next(yaml.safe_load_all(ksec("rbac-manifest", *words).out))
    assert {verb for rule in role["rules"] for verb in rule["verbs"]} == verbs
    assert all(set(rule["verbs"]) == verbs for rule in role["rules"])


def test_a_cluster_that_could_be_opened_only_later_is_followed_then(tmp_path: Path) -> None:
    with ApiServer(ChangingCluster(small_shop())) as server:
        later = FailedSource("test", "no connection", lambda: LiveSource(connect(server, tmp_path)))
        assert isinstance(later, Watchable)
        cancel = threading.Event()
        with pytest.raises(SourceError, match="no connection"):
            next(later.watch(cancel))
        events = later.watch(cancel)
        assert any(isinstance(event, Linked) for event in events)
        cancel.set()
        assert not list(events)


def test_a_later_source_that_cannot_be_followed_is_read() -> None:
    make: Callable[[], World] = World
    later = FailedSource("test", "", make)
    assert list(later.watch(threading.Event()))
