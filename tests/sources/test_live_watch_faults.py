"""A watch whose answer is broken in any way: what changed is known all the same, soon, and the rest undisturbed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ksec_tui.cluster.kinds import POD
from ksec_tui.sources import live_watch
from tests.apiserver import ApiServer, ChangingCluster, Fault
from tests.apiserver.spoilers import SPOILERS
from tests.apiserver.wire import WIRE
from tests.sources.followers import differences, followed, listed
from tests.sources.live_tools import pod, small_shop

STATUSES = (400, 401, 403, 404, 409, 410, 429, 500, 503, 504)
PLACE = "^/api/v1/pods$"
QUICK = ("403", "410", "429", "500", "malformed", "cut", "hang", "endless_body")
FAULTS: list[dict[str, Any]] = [
    *({"status": status} for status in STATUSES),
    *({"behaviour": name} for name in (*SPOILERS, "cut", "reset") if name != "same_token"),
    *({"behaviour": name} for name in sorted(WIRE)),
]


def _name(fault: dict[str, Any]) -> str:
    return str(next(iter(fault.values())))


CASES = [
    pytest.param(
        fault,
        times,
        id=f"{_name(fault)}-{times}",
        marks=() if times == 1 and _name(fault) in QUICK else pytest.mark.slow,
    )
    for fault in FAULTS
    for times in (1, 4)
]


@pytest.mark.parametrize(("fault", "times"), CASES)
def test_a_broken_watch_is_survived(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: dict[str, Any], times: int
) -> None:
    monkeypatch.setattr(live_watch, "SILENCE", 0.2 * times)
    cluster = ChangingCluster(small_shop(2))
    broken = Fault(PLACE, watch=True, times=times, **fault)
    with ApiServer(cluster) as server, followed(server, tmp_path, watch_seconds=0.5) as follower:
        server.faults.append(broken)
        cluster.end_watches("end")
        assert broken.arrived.wait(30)
        cluster.put(pod("new", "shop"))
        follower.until(lambda: "new" in follower.names(POD))
        follower.until(lambda: broken.hits == times or broken.hits > 1)
        server.faults.clear()
        follower.until(lambda: not differences(follower.now, listed(server, tmp_path)))
