"""What one must know before believing any list of the network: policies that nothing enforces, or nobody read."""

from __future__ import annotations

from ksec_tui.analysis.network.doubts import doubts
from ksec_tui.cluster.kinds import NETWORK_POLICY
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.cluster.text import one_line
from ksec_tui.screens.pane import View


def notices(snapshot: Snapshot) -> tuple[str, ...]:
    """Every reason why what policies say may not be what happens, worst first."""
    gap = snapshot.gap(NETWORK_POLICY)
    every = sorted(doubts(snapshot), key=lambda item: not item.may_allow)
    return tuple(dict.fromkeys([*(item.words for item in every), *([gap] if gap else [])]))


def notice(view: View) -> str:
    """The same in one line, with how many more there are; empty while the cluster is being read."""
    if view.state.reading:
        return ""
    found = notices(view.state.snapshot)
    if not found:
        return ""
    more = f" (+{len(found) - 1} more)" if len(found) > 1 else ""
    return f"!{more} {one_line(found[0], 300)}"
