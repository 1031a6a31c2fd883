"""What was not read may hide ways, but never makes one absent; odd objects do no harm."""

from __future__ import annotations

import functools
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from ksec_tui.analysis.paths.graph import graph
from ksec_tui.analysis.paths.lenses import Lens, open_paths
from ksec_tui.analysis.paths.search import paths_from
from ksec_tui.cluster.kinds import Kind
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.sources.base import load
from ksec_tui.sources.demo import DemoSource
from tests.strategies import kinds_of, namespaces_of, refs_of, spoiled, without


@functools.cache
def demo() -> Snapshot:
    return load(DemoSource(today="2026-03-02"))[0]


def nothing_denied(less: Snapshot) -> None:
    """Every way of the whole cluster is still there, or not known."""
    whole, left = graph(demo()), graph(less)
    for lens in Lens:
        still = {item.key for item in open_paths(left, lens, system=True)}
        lost = [item for item in open_paths(whole, lens, system=True) if item.key not in still]
        for item in lost[:: max(len(lost) // 12, 1)]:
            answer = paths_from(left, item.start, item.goal, 1)
            assert answer.status != "none", item.words
            assert answer.gaps or answer.paths


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_kinds_that_were_not_read_deny_no_way(data: st.DataObject) -> None:
    kinds: list[Kind[Any]] = data.draw(kinds_of(demo()))
    nothing_denied(without(demo(), kinds, data.draw(namespaces_of(demo()))))


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_objects_that_could_not_be_decoded_deny_no_way(data: st.DataObject) -> None:
    refs: list[ObjectRef] = data.draw(refs_of(demo()))
    nothing_denied(spoiled(demo(), refs, named=data.draw(st.booleans())))
