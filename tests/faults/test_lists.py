"""A list that fails on any page in any way: what came is kept, once; what did not is named, and nothing passes."""

from __future__ import annotations

from pathlib import Path

import pytest

from ksec_tui.checks import all_checks
from ksec_tui.cluster.base import KubeObject
from ksec_tui.cluster.coverage import State
from ksec_tui.cluster.kinds import CLUSTER_ROLE, KINDS, NAMESPACE, POD, SECRET, Kind
from ksec_tui.findings.runner import run
from tests.apiserver import ApiServer, FakeCluster
from tests.faults.shop import EACH, PAGE, lies, read, refs, whole
from tests.faults.troubles import ANY, WRONG_LISTS, Trouble, sampled

BODY = 16 * 1024 * 1024
LISTS = {
    "pods": (POD, "/api/v1(/namespaces/[^/]+)?/pods$"),
    "secrets": (SECRET, "/api/v1(/namespaces/[^/]+)?/secrets$"),
    "clusterroles": (CLUSTER_ROLE, "/clusterroles$"),
    "namespaces": (NAMESPACE, "/api/v1/namespaces(/[^/]+)?$"),
}
FIRST, LAST = 1, -(-EACH // PAGE)


@pytest.fixture(autouse=True)
def _small_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ksec_tui.sources.transport.MAX_BODY", BODY)


def expected(trouble: Trouble, page: int, *, lasts: bool) -> State:
    """How a list that meets `trouble` on `page` has to be told of."""
    if not lasts and trouble.mends:
        return State.OK
    return trouble.state if page == FIRST else State.TRUNCATED


def tried(folder: Path, name: str, trouble: Trouble, page: int, times: int | None) -> None:
    """One load with one fault, held to what it may bring.

    The other lists are whole; of this one there are the pages before the fault; the verdicts make up nothing.
    """
    kind, match = LISTS[name]
    with ApiServer(FakeCluster([])) as elsewhere:
        fault = trouble.fault(match, page=page, times=times, location=f"{elsewhere.url}/api/v1/pods")
        found, problems, _ = read(folder, [fault])
        assert elsewhere.requests == []
    assert fault.hits
    state = expected(trouble, page, lasts=times is None)
    # A list that may not be read as a whole, this once, is read namespace by namespace.
    if state is State.FORBIDDEN and times == 1 and kind is not CLUSTER_ROLE and kind is not NAMESPACE:
        state = State.OK
    cover = found.coverage.of(kind)
    assert cover.state is state, cover
    assert_told(kind, found.coverage.of(kind).state, found.gap(kind))
    others = (kind,)
    assert refs(found, besides=others) == refs(whole(), besides=others)
    all_of_it = [item.ref for item in whole().of(kind)]
    came = all_of_it if state is State.OK else all_of_it[: (page - 1) * PAGE]
    assert [item.ref for item in found.of(kind)] == came
    assert cover.count == len(found.of(kind))
    assert all(problem.where == "namespaces" for problem in problems)
    for other in KINDS:
        if other is not kind:
            assert found.coverage.of(other).state in (State.OK, State.ABSENT)
    assert lies(run(found, all_checks())) == []


def assert_told(kind: Kind[KubeObject], state: State, gap: str | None) -> None:
    """What was not read whole is a gap, in one line."""
    assert (gap is None) == (state is State.OK), (kind.resource, state, gap)
    assert gap is None or (gap.isprintable() and len(gap) < 600)


@pytest.mark.parametrize("trouble", sampled([*ANY, *WRONG_LISTS]))
def test_a_list_that_keeps_failing_in_the_middle(tmp_path: Path, trouble: Trouble) -> None:
    tried(tmp_path, "pods", trouble, 2, None)


@pytest.mark.slow
@pytest.mark.parametrize("page", [FIRST, LAST])
@pytest.mark.parametrize("trouble", [*ANY, *WRONG_LISTS], ids=str)
def test_a_list_that_keeps_failing_at_its_ends(tmp_path: Path, trouble: Trouble, page: int) -> None:
    tried(tmp_path, "pods", trouble, page, None)


@pytest.mark.slow
@pytest.mark.parametrize("page", [FIRST, 2, LAST])
@pytest.mark.parametrize("trouble", [*ANY, *WRONG_LISTS], ids=str)
def test_a_list_that_fails_once_on_a_page(tmp_path: Path, trouble: Trouble, page: int) -> None:
    tried(tmp_path, "pods", trouble, page, 1)


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in LISTS if name != "pods"])
@pytest.mark.parametrize("page", [FIRST, 2])
@pytest.mark.parametrize("trouble", [*ANY, *WRONG_LISTS], ids=str)
def test_every_sort_of_list_fails_alike(tmp_path: Path, name: str, trouble: Trouble, page: int) -> None:
    tried(tmp_path, name, trouble, page, None)
