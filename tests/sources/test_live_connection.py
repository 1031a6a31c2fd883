"""Which cluster and as whom: kubeconfig files, contexts, credential plugins, impersonation."""

from __future__ import annotations

import datetime as dt
import json
import os
import sys
import textwrap
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from ksec_tui.cluster.building import SnapshotBuilder
from ksec_tui.cluster.coverage import State
from ksec_tui.cluster.kinds import NODE, POD
from ksec_tui.sources.base import SourceError, apply, load
from ksec_tui.sources.connection import open_connection
from ksec_tui.sources.kubeconfig import ConnectionOptions, contexts
from ksec_tui.sources.live import LiveSource
from tests.apiserver import ApiServer, FakeCluster, Fault
from tests.sources.live_tools import Waits, small_shop, source


@pytest.fixture(autouse=True)
def _no_kubeconfig_of_this_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("KUBECONFIG", "KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))


def kubeconfig(
    path: Path, server: str, *, context: str, user: dict[str, Any] | None = None, current: str | None = None
) -> Path:
    """A file with one cluster, user and context, all of the same name."""
    content: dict[str, Any] = {
        "clusters": [{"name": context, "cluster": {"server": server}}],
        "users": [{"name": context, "user": user or {}}],
        "contexts": [{"name": context, "context": {"cluster": context, "user": context}}],
    }
    if current is not None:
        content["current-context"] = current
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return path


def plugin(folder: Path, program: str) -> list[str]:
    """A credential plugin in Python; it notes each run in the file `runs`."""
    script = folder / "login-plugin"
    head = f"""
        import json, os, sys, time
        request = json.loads(os.environ["KUBERNETES_EXEC_INFO"])
        with open({str(folder / "runs")!r}, "a") as runs:
            print(json.dumps([request["spec"], sys.stdin.read() if not sys.stdin.isatty() else None]), file=runs)
        def give(**status):
            print(json.dumps({{"apiVersion": request["apiVersion"], "kind": "ExecCredential", "status": status}}))
    """
    script.write_text(textwrap.dedent(head) + textwrap.dedent(program), encoding="utf-8")
    return [sys.executable, str(script)]


def runs(folder: Path) -> list[Any]:
    """What the plugin was told in each run."""
    file = folder / "runs"
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def open_with_plugin(server: ApiServer, folder: Path, program: str) -> LiveSource:
    """A source whose login is that plugin."""
    file = server.kubeconfig(folder / "kubeconfig", exec_command=plugin(folder, program))
    connection = open_connection(ConnectionOptions(kubeconfig=str(file)), interactive=False)
    return LiveSource(connection, wait=Waits())


def test_no_configuration_is_one_sentence() -> None:
    with pytest.raises(SourceError, match=r"no cluster is configured \(looked at .*/home/.kube/config\)"):
        open_connection(ConnectionOptions())


def test_the_default_file_is_found(tmp_path: Path) -> None:
    kubeconfig(tmp_path / "home/.kube/config", "https://one", context="one", current="one")
    assert open_connection(ConnectionOptions()).target.cluster == {"server": "https://one"}


def test_the_first_of_several_files_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = kubeconfig(tmp_path / "1", "https://first", context="shared")
    second = kubeconfig(tmp_path / "2", "https://second", context="shared", current="extra")
    third = kubeconfig(tmp_path / "3", "https://third", context="extra", current="shared")
    monkeypatch.setenv("KUBECONFIG", f"{first}:{tmp_path / 'missing'}:{second}:{third}")
    found = contexts(ConnectionOptions())
    assert [(entry.name, entry.current) for entry in found] == [("shared", False), ("extra", True)]
    assert open_connection(ConnectionOptions()).target.cluster["server"] == "https://third"
    chosen = open_connection(ConnectionOptions(context="shared"))
    assert chosen.target.cluster["server"] == "https://first"


def test_one_file_on_the_command_line_hides_all_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = kubeconfig(tmp_path / "1", "https://other", context="other", current="other")
    monkeypatch.setenv("KUBECONFIG", str(other))
    given = kubeconfig(tmp_path / "2", "https://given", context="given", current="given")
    assert [entry.name for entry in contexts(ConnectionOptions(kubeconfig=str(given)))] == ["given"]


def test_relative_paths_belong_to_the_file_that_holds_them(tmp_path: Path) -> None:
    file = kubeconfig(
        tmp_path / "deep" / "config",
        "https://one",
        context="one",
        user={"client-certificate": "me.crt", "exec": {"command": "./bin/login", "apiVersion": "v"}},
        current="one",
    )
    target = open_connection(ConnectionOptions(kubeconfig=str(file)), login=False).target
    assert target.user["client-certificate"] == str(tmp_path / "deep/me.crt")
    assert Path(target.user["exec"]["command"]) == tmp_path / "deep/bin/login"


@pytest.mark.parametrize(
    ("content", "options", "message"),
    [
        (None, {}, "there is no such file"),
        ("a: [", {}, r"is no valid YAML, line \d$"),
        ("- a list", {}, "is no kubeconfig"),
        ("", {}, "no cluster is configured"),
        ("contexts: [{name: one}, {name: two}]", {}, r"names no current context.*known: one, two"),
        ("contexts: [{name: one}]", {"context": "thre\x1be"}, r"no context 'thre␛e' .*known: one"),
        ("contexts: [{name: one, context: {cluster: c}}]", {"context": "one"}, "has no cluster 'c'"),
        ("{contexts: [{name: a, context: 7}], clusters: 5}", {"context": "a"}, "has no cluster ''"),
        ("contexts: []", {"as_groups": ("admins",)}, "--as-group and --as-uid need --as"),
    ],
)
def test_a_bad_configuration_is_one_sentence(
    tmp_path: Path, content: str | None, options: dict[str, Any], message: str
) -> None:
    file = tmp_path / "config"
    if content is not None:
        file.write_text(content, encoding="utf-8")
    with pytest.raises(SourceError, match=message) as caught:
        open_connection(ConnectionOptions(kubeconfig=str(file), **options))
    assert "\n" not in str(caught.value)


def test_a_context_leads_to_its_own_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with ApiServer(FakeCluster([])) as empty, ApiServer(FakeCluster(small_shop())) as full:
        first = empty.kubeconfig(tmp_path / "1", context="empty")
        second = full.kubeconfig(tmp_path / "2", context="full", user="bob")
        monkeypatch.setenv("KUBECONFIG", f"{first}:{second}")
        found, _ = load(LiveSource(open_connection(ConnectionOptions(context="full")), wait=Waits()))
    assert found.source.label == "full"
    assert len(found.of(POD)) == 14
    assert empty.requests == []


def test_a_token_file_is_read_without_its_line_end_and_again_when_refused(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("first\n")
    with ApiServer(FakeCluster(small_shop()), token="first") as server:
        user = {"tokenFile": "token"}
        file = kubeconfig(tmp_path / "config", server.url, context="one", user=user, current="one")
        live = LiveSource(open_connection(ConnectionOptions(kubeconfig=str(file))), wait=Waits())
        assert load(live)[0].coverage.of(POD).state is State.OK
        server.token = "second"
        (tmp_path / "token").write_text("second\n")
        assert load(live)[0].coverage.of(POD).state is State.OK


def test_impersonation_goes_with_every_request(tmp_path: Path) -> None:
    with ApiServer(FakeCluster(small_shop())) as server:
        live = source(server, tmp_path, as_user="jane", as_groups=("ops", "dev"), as_uid="u-1")
        found, _ = load(live)
        assert all(request.headers["impersonate-user"] == "jane" for request in server.requests)
        assert all(request.headers["impersonate-uid"] == "u-1" for request in server.requests)
        assert all("impersonate-group" in request.headers for request in server.requests)
    assert found.source.user == "jane"
    assert live.info.user == "jane"


def test_several_impersonated_groups_all_arrive(tmp_path: Path) -> None:
    seen: list[Any] = []
    with ApiServer(FakeCluster([])) as server:
        respond: Callable[..., Any] = server.respond

        def noting(call: Any, groups: Any, fault: Any) -> Any:
            seen.append(tuple(groups))
            return respond(call, groups, fault)

        server.respond = noting  # type: ignore[method-assign]  # the record keeps one value for each header
        load(source(server, tmp_path, as_user="jane", as_groups=("ops", "dev")))
    assert set(seen) == {("ops", "dev")}


def test_impersonation_in_the_kubeconfig_counts(tmp_path: Path) -> None:
    user = {"as": "robot", "as-groups": ["ci"], "as-user-extra": {"Job: 1": ["build"]}}
    with ApiServer(FakeCluster([])) as server:
        file = kubeconfig(tmp_path / "config", server.url, context="one", user=user, current="one")
        load(LiveSource(open_connection(ConnectionOptions(kubeconfig=str(file))), wait=Waits()))
        assert {request.headers.get("impersonate-user") for request in server.requests} == {"robot"}
        assert {request.headers.get("impersonate-extra-job%3a%201") for request in server.requests} == {
            "build"
        }


def test_a_plugin_logs_in_once_and_quietly(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with ApiServer(FakeCluster(small_shop()), token="fresh") as server:
        live = open_with_plugin(server, tmp_path, "print('hello', file=sys.stderr); give(token='fresh')")
        assert server.requests == []
        found, _ = load(live)
    assert found.coverage.of(POD).state is State.OK
    assert runs(tmp_path) == [[{"interactive": False}, ""]]
    assert capfd.readouterr() == ("", "")


def test_a_plugin_that_fails_is_one_sentence_with_its_own_words(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    program = "print('\\x1b[31mno ticket\\nask ops', file=sys.stderr); sys.exit(3)"
    with (
        ApiServer(FakeCluster([])) as server,
        pytest.raises(SourceError, match=r"failed with status 3: ␛\[31mno ticket⏎ask ops"),
    ):
        open_with_plugin(server, tmp_path, program)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("program", "message"),
    [
        ("print('not json: s3cret')", "gave no valid ExecCredential"),
        ("print('{}')", "gave no ExecCredential of client.authentication.k8s.io/v1"),
        ("give()", "gave neither a token nor a certificate"),
        ("give(clientCertificateData='c')", "gave a certificate without its key"),
    ],
)
def test_a_plugin_without_a_credential_is_one_sentence(tmp_path: Path, program: str, message: str) -> None:
    with ApiServer(FakeCluster([])) as server, pytest.raises(SourceError, match=message) as caught:
        open_with_plugin(server, tmp_path, program)
    assert "s3cret" not in str(caught.value)


def test_a_missing_plugin_is_named_with_its_hint(tmp_path: Path) -> None:
    user = {"exec": {"command": "no-such-login", "installHint": "ask ops for it"}}
    file = kubeconfig(tmp_path / "config", "https://one", context="one", user=user, current="one")
    with pytest.raises(SourceError, match=r"no-such-login was not found \(ask ops for it\)"):
        open_connection(ConnectionOptions(kubeconfig=str(file)))


def test_a_plugin_that_needs_a_terminal_is_not_run_without_one(tmp_path: Path) -> None:
    user = {"exec": {"command": sys.executable, "interactiveMode": "Always"}}
    file = kubeconfig(tmp_path / "config", "https://one", context="one", user=user, current="one")
    with pytest.raises(SourceError, match="needs a terminal to log in"):
        open_connection(ConnectionOptions(kubeconfig=str(file)), interactive=False)


def test_an_expired_credential_is_renewed_without_the_terminal(tmp_path: Path) -> None:
    past = (dt.datetime.now(tz=dt.UTC) - dt.timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    program = f"""
        first = not os.path.exists({str(tmp_path / "second")!r})
        open({str(tmp_path / "second")!r}, "w").close()
        give(token="old", expirationTimestamp={past!r}) if first else give(token="new")
    """
    with ApiServer(FakeCluster(small_shop()), token="new") as server:
        found, _ = load(open_with_plugin(server, tmp_path, program))
        assert {request.status for request in server.requests if request.path == "/api/v1/pods"} == {200}
    assert found.coverage.of(POD).state is State.OK
    assert len(runs(tmp_path)) == 2


def test_a_refused_credential_is_renewed_once_for_all_threads(tmp_path: Path) -> None:
    program = f"give(token=open({str(tmp_path / 'token')!r}).read())"
    (tmp_path / "token").write_text("first")
    with ApiServer(FakeCluster(small_shop()), token="first") as server:
        live = open_with_plugin(server, tmp_path, program)
        assert load(live)[0].coverage.of(POD).state is State.OK
        (tmp_path / "token").write_text("second")
        server.token = "second"
        assert load(live)[0].coverage.of(NODE).state is State.OK
    assert len(runs(tmp_path)) == 2


def test_a_login_that_cannot_be_renewed_asks_for_the_key_and_is_tried_only_once(tmp_path: Path) -> None:
    program = f"give(token='first') if not os.path.exists({str(tmp_path / 'over')!r}) else sys.exit('gone')"
    fault = Fault.slow("/api/v1/(pods|nodes)$", times=2)
    cancel = threading.Event()
    with ApiServer(FakeCluster(small_shop()), token="first", faults=[fault]) as server:
        live = open_with_plugin(server, tmp_path, program)
        builder = SnapshotBuilder(live.info)
        for event in live.events(cancel):
            apply(builder, event)
            if fault.arrived.is_set() and not fault.release.is_set():
                (tmp_path / "over").touch()
                server.token = "changed"
                fault.release.set()
        cover = builder.snapshot().coverage.of(POD)
        assert cover.state is State.ERROR
        assert cover.reason.startswith("login expired, press R to log in again (")
        with pytest.raises(SourceError, match=r"login expired, press R to log in again .*gone"):
            load(live)
    assert len(runs(tmp_path)) == 2


def test_a_plugin_may_talk_to_its_user_before_the_screen_opens(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    program = "print('open https://login.example', file=sys.stderr); give(token='fresh')"
    with ApiServer(FakeCluster([]), token="fresh") as server:
        file = server.kubeconfig(tmp_path / "kubeconfig", exec_command=plugin(tmp_path, program))
        open_connection(ConnectionOptions(kubeconfig=str(file)), interactive=True)
    assert runs(tmp_path)[0][0] == {"interactive": True}
    assert capfd.readouterr() == ("", "open https://login.example\n")


def test_a_plugin_that_hangs_is_ended_after_its_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ksec_tui.sources.login.REFRESH_SECONDS", 0.3)
    with (
        ApiServer(FakeCluster([])) as server,
        pytest.raises(SourceError, match=r"did not finish within 0\.3 seconds"),
    ):
        open_with_plugin(server, tmp_path, "time.sleep(600)")


def test_cancelling_a_load_ends_a_plugin_that_hangs(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    program = f"""
        if not os.path.exists({str(tmp_path / "second")!r}):
            open({str(tmp_path / "second")!r}, "w").close()
            give(token="first")
        else:
            open({str(fifo)!r}, "w").close()
            time.sleep(600)
    """
    cancel = threading.Event()
    with ApiServer(FakeCluster(small_shop()), token="first") as server:
        live = open_with_plugin(server, tmp_path, program)
        server.token = "changed"
        reader = threading.Thread(target=lambda: list(live.events(cancel)))
        reader.start()
        fifo.open().close()  # the plugin runs
        cancel.set()
        reader.join(10)
        assert not reader.is_alive()
    assert not [thread for thread in threading.enumerate() if thread.name == "ksec-live"]


def test_logging_in_again_mends_an_expired_login(tmp_path: Path) -> None:
    program = f"give(token=open({str(tmp_path / 'token')!r}).read())"
    (tmp_path / "token").write_text("first")
    with ApiServer(FakeCluster(small_shop()), token="first") as server:
        file = server.kubeconfig(tmp_path / "kubeconfig", exec_command=plugin(tmp_path, program))
        connection = open_connection(ConnectionOptions(kubeconfig=str(file)), interactive=False)
        live = LiveSource(connection, wait=Waits())
        (tmp_path / "token").unlink()
        server.token = "second"
        with pytest.raises(SourceError, match="login expired"):
            load(live)
        (tmp_path / "token").write_text("second")
        connection.login(interactive=False)
        assert load(live)[0].coverage.of(POD).state is State.OK
