"""Whatever a server does, a scan ends with the exit code that says so, in words, and never with a traceback."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ksec_tui.screens.pane import View
from tests.apiserver import ApiServer, FakeCluster, Fault
from tests.cli.conftest import Ksec, ksec
from tests.faults.shop import documents, source
from tests.faults.troubles import ANY, BROKEN, REFUSALS, WRONG, Trouble, sampled
from tests.screens.explorers import exploring

__all__ = ["ksec"]


@pytest.fixture(autouse=True)
def _bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing of this machine matters, and nobody waits."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setattr("ksec_tui.sources.transport._LONGEST_WAIT", 0.001)
    monkeypatch.setattr("ksec_tui.sources.transport.MAX_BODY", 4 * 1024 * 1024)


def scanned(ksec: Ksec, folder: Path, fault: Fault, *options: str) -> tuple[int, str, str]:
    with ApiServer(FakeCluster(documents()), faults=[fault]) as server:
        config = str(server.kubeconfig(folder / "kubeconfig"))
        answer = ksec("scan", "--kubeconfig", config, *options)
    assert "Traceback" not in answer.err + answer.out
    assert fault.hits
    return answer.code, answer.out, answer.err


@pytest.mark.parametrize("trouble", sampled(ANY))
def test_a_list_that_could_not_be_read_is_told_and_lowers_the_coverage(
    ksec: Ksec, tmp_path: Path, trouble: Trouble
) -> None:
    fault = trouble.fault("/pods$", times=None, location="http://127.0.0.1:1/")
    code, out, err = scanned(ksec, tmp_path, fault, "-o", "json", "--min-coverage", "100")
    assert code == 4
    assert "below the 100 % asked for" in err
    assert trouble.state.value in json.dumps(json.loads(out)["coverage"])
    assert scanned(ksec, tmp_path, trouble.fault("/pods$", times=None, location="http://x"))[0] == 0


@pytest.mark.parametrize("trouble", sampled([*BROKEN, *WRONG[1:2], REFUSALS[1]]))
def test_a_server_that_is_none_ends_with_the_code_of_a_connection_in_one_sentence(
    ksec: Ksec, tmp_path: Path, trouble: Trouble
) -> None:
    code, out, err = scanned(ksec, tmp_path, trouble.fault("/version$", times=None))
    assert code == 3
    assert out == ""
    assert err.startswith("ksec-tui: error: ")
    assert err.count("\n") <= 2


async def test_the_explorer_opens_on_a_server_with_many_faults_and_names_them(tmp_path: Path) -> None:
    """Ten lists fail in ten ways; all else is there, and the pane Coverage says what is not."""
    core = ["pods", "secrets", "nodes", "serviceaccounts", "services"]
    plurals = [*core, "deployments", "clusterroles", "networkpolicies", "ingresses", "roles"]
    troubles = [trouble for trouble in (*REFUSALS, *WRONG) if not trouble.mends][: len(plurals)]
    faults = [
        trouble.fault(f"/{plural}$", times=None, location="http://127.0.0.1:1/")
        for plural, trouble in zip(plurals, troubles, strict=True)
    ]
    with ApiServer(FakeCluster(documents()), faults=faults) as server:
        async with exploring(source(server, tmp_path), pane="coverage", size=(160, 70)) as user:
            assert isinstance(user.explorer.view, View)
            for plural in plurals:
                assert plural in user.screen
            assert "forbidden" in user.screen
            for pane in "123456789":
                await user.press(pane)
                assert user.said == [text for text in user.said if "internal error" not in text]
    assert all(fault.hits for fault in faults)
