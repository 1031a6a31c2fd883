"""Nothing on any screen, and nothing in memory that no analysis needs, tells a credential."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path
from types import FunctionType, ModuleType

import msgspec
import pytest
import yaml

from ksec_tui.cluster.kinds import KINDS
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.sources.base import load
from ksec_tui.sources.connection import open_connection
from ksec_tui.sources.files import FileSource
from ksec_tui.sources.kubeconfig import ConnectionOptions
from ksec_tui.sources.live import LiveSource
from tests.apiserver import CANARY, CANARY_BASE64, ApiServer, FakeCluster
from tests.privacy.planted import PAYLOADS, canary, documents, found, kubeconfig
from tests.screens.explorers import User, exploring

TABS = ("d", "D", "y", "u")


@pytest.fixture
def server() -> Iterator[ApiServer]:
    with ApiServer(FakeCluster(documents()), token=canary("logintoken")) as running:
        yield running


def live(server: ApiServer, folder: Path) -> LiveSource:
    options = ConnectionOptions(kubeconfig=kubeconfig(server, folder / "kubeconfig"))
    return LiveSource(open_connection(options, interactive=False))


def files(folder: Path) -> FileSource:
    path = folder / "all.yaml"
    path.write_text(yaml.safe_dump_all(documents()))
    return FileSource([str(path)], today="2026-11-21")


def reachable(root: object) -> Iterator[str | bytes]:
    """Every text that something holds, however deep."""
    seen: set[int] = set()
    waiting = [root]
    while waiting:
        item = waiting.pop()
        if id(item) in seen or isinstance(item, (type, ModuleType, FunctionType)):
            continue
        seen.add(id(item))
        if isinstance(item, str | bytes):
            yield item
        waiting += gc.get_referents(item)
        if isinstance(item, msgspec.Struct):  # the collector does not know what those without cycles hold
            waiting += [getattr(item, name) for name in item.__struct_fields__]


def held(snapshot: Snapshot) -> set[str]:
    texts = [
        text if isinstance(text, str) else text.decode("utf-8", "replace") for text in reachable(snapshot)
    ]
    told = set(found("\n".join(texts)))
    assert {"envpassword", "cronenv"} <= told  # which a check judges by its shape
    return told | {word for word in (CANARY, CANARY_BASE64) if any(word in text for text in texts)}


def test_a_snapshot_of_files_keeps_no_payload_of_a_secret_or_config_map(tmp_path: Path) -> None:
    snapshot, _ = load(files(tmp_path))
    assert held(snapshot) & {*PAYLOADS, CANARY, CANARY_BASE64} == set()


def test_a_snapshot_of_a_server_keeps_no_payload_and_no_login(tmp_path: Path, server: ApiServer) -> None:
    snapshot, _ = load(live(server, tmp_path))
    assert (
        held(snapshot) & {*PAYLOADS, CANARY, CANARY_BASE64, "logintoken", "proxypassword", "execenv"} == set()
    )


def test_no_document_that_is_given_out_tells_a_credential(tmp_path: Path, server: ApiServer) -> None:
    source = live(server, tmp_path)
    snapshot, _ = load(source)
    shown = [snapshot.document(item.ref) for kind in KINDS for item in snapshot.of(kind)]
    fetched = [source.fetch(item.ref) for kind in KINDS for item in snapshot.of(kind)]
    assert len(shown) == len(fetched) == len(documents())
    assert all(fetched)
    assert found(repr(shown) + repr(fetched) + repr(source.log)) == []


PLANTED = ("web", "login", "settings", "nightly", "hooks", "door", "robots")


async def walked(user: User) -> tuple[int, list[str]]:
    """Every list; every finding, fix, manifest and link of what has a canary: how many screens, what they tell."""
    screens = 0
    told: set[str] = set()
    seen: set[tuple[object, ...]] = set()
    for number, pane in enumerate(user.explorer.panes, 1):
        await user.press(str(number))
        for _ in pane.listings:
            for index, row in enumerate(user.explorer.table.shown):
                check = row.finding.check if row.finding is not None else pane.id
                tabs = [tab for tab in TABS if (tab, row.ref, check if tab in "dD" else "") not in seen]
                if not tabs or not any(word in row.ref.name for word in PLANTED):
                    continue
                user.explorer.table.move_to_index(index)
                for tab in tabs:
                    seen.add((tab, row.ref, check if tab in "dD" else ""))
                    await user.press(tab)
                    screens += 1
                    told.update(found("\n".join((user.screen, user.detail, *user.said))))
            await user.press("right_parenthesis")
    return screens, sorted(told)


@pytest.mark.slow
async def test_no_screen_tells_a_credential(tmp_path: Path, server: ApiServer) -> None:
    async with exploring(live(server, tmp_path), size=(160, 50)) as user:
        screens, told = await walked(user)
        assert screens > 100
        assert told == []
        assert found("\n".join(user.app.requests())) == []


async def test_a_plan_on_screen_shows_no_credential(tmp_path: Path, server: ApiServer) -> None:
    """Diffs of everything that can be staged, and the log of requests."""
    async with exploring(live(server, tmp_path), size=(200, 60)) as user:
        await user.press("S")
        told = found(user.screen)
        await user.press("y")
        await user.rests()
        await user.press("9", "D")
        assert len(user.explorer.table.shown) > 20
        diffs = 0
        for index in range(len(user.explorer.table.shown)):
            user.explorer.table.move_to_index(index)
            await user.rests()
            diffs += "privileged" in user.detail
            told += found(user.screen + user.detail)
        assert diffs
        await user.press("at")
        told += found(user.screen)
        assert told == []


async def test_the_yaml_of_an_object_says_that_values_were_withheld(
    tmp_path: Path, server: ApiServer
) -> None:
    """What is tried above is there to be seen."""
    async with exploring(live(server, tmp_path), size=(200, 60), pane="workloads") as user:
        await user.find(name="web")
        await user.press("y")
        await user.until(lambda: "DB_PASSWORD" in user.detail)
        assert user.detail.count("(withheld: ") > 8
