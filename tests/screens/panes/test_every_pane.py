"""What holds of every pane, and that adding a pane or a check touches one file."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from ksec_tui.checks import all_checks
from ksec_tui.cluster.coverage import Coverage, KindCoverage, State
from ksec_tui.cluster.kinds import KINDS
from ksec_tui.cluster.snapshot import Snapshot, SourceInfo
from ksec_tui.findings import check
from ksec_tui.findings.runner import run
from ksec_tui.fixes.plan import FixPlan
from ksec_tui.screens import panes
from ksec_tui.screens.pane import Listing, Pane, View, discover
from ksec_tui.screens.standing import placeholder
from ksec_tui.screens.widgets.columns import place, text_of
from ksec_tui.session import State as SessionState
from ksec_tui.session import empty_snapshot
from ksec_tui.sources.base import load
from ksec_tui.sources.demo import DemoSource

PANES = discover(panes)
LISTINGS = [pytest.param(pane, item, id=f"{pane.id}-{item.id}") for pane in PANES for item in pane.listings]
MAY_BE_EMPTY = {("findings", "triage"), ("coverage", "problems"), ("network", "reach")}
INFO = SourceInfo(kind="demo", label="demo", today="2026-11-21")


def view_of(snapshot: Snapshot, *, reading: bool = False) -> View:
    results = run(snapshot, all_checks())
    return View.of(SessionState(snapshot, results, reading=reading), FixPlan(), ascii=False)


def covered(state: State) -> View:
    return view_of(Snapshot(INFO, {}, Coverage({kind.resource: KindCoverage(state) for kind in KINDS})))


@pytest.fixture(scope="module")
def demo() -> View:
    """The demo cluster, judged."""
    return view_of(load(DemoSource(today="2026-11-21"))[0])


def test_ids_numbers_and_commands_are_unique_and_numbers_are_keys() -> None:
    assert len({pane.id for pane in PANES}) == len(PANES)
    assert [pane.number for pane in PANES] == sorted({pane.number for pane in PANES})
    assert all(1 <= pane.number <= 9 for pane in PANES)
    words = [word for pane in PANES for word in (pane.id, *pane.aliases)]
    assert len(set(words)) == len(words)
    shown = [kind for pane in PANES for item in pane.listings for kind in item.shows]
    assert len(set(shown)) == len(shown), "a jump must lead to one list"


@pytest.mark.parametrize(("pane", "listing"), LISTINGS)
def test_columns_have_ids_of_their_own_and_the_first_survives_any_width(pane: Pane, listing: Listing) -> None:
    assert pane.help
    assert len({column.id for column in listing.columns}) == len(listing.columns)
    for width in (10, 38, 58, 78, 138):
        placed = place(listing.columns, width)
        assert placed
        assert width < 38 or placed[-1].x + placed[-1].width <= width


def draw(view: View, pane: Pane, listing: Listing) -> int:
    """Work out every row and every cell; returns how many rows there are."""
    rows = listing.rows(view)
    keys = [row.key for row in rows]
    assert len(set(keys)) == len(keys), "a row is known by its key"
    for row in rows:
        for column in listing.columns:
            assert isinstance(text_of(column.cell(row)), str)
            if column.sort is not None:
                column.sort(row)
        assert row.haystack == row.text.lower()
        for name in ("is", "ns", "kind", "name", "sev", "rule", "verdict", "label"):
            assert all(isinstance(value, str) for value in row.facet(name))
    if pane.badge is not None:
        assert isinstance(pane.badge(view), str)
    return len(rows)


@pytest.mark.parametrize(("pane", "listing"), LISTINGS)
def test_rows_are_drawn_with_nothing_loaded(pane: Pane, listing: Listing) -> None:
    view = view_of(empty_snapshot(INFO), reading=True)
    if not draw(view, pane, listing) and listing.kinds:
        assert placeholder(view.state, listing.kinds, listing.empty).startswith("loading")


@pytest.mark.parametrize("state", [State.FORBIDDEN, State.NOT_SUPPLIED, State.ERROR], ids=lambda s: s.value)
@pytest.mark.parametrize(("pane", "listing"), LISTINGS)
def test_rows_are_drawn_with_nothing_readable_and_never_pass(
    pane: Pane, listing: Listing, state: State
) -> None:
    view = covered(state)
    count = draw(view, pane, listing)
    assert not any(row.verdict.name == "PASS" for row in listing.rows(view))
    if not count and listing.kinds:
        assert "Pane 8 shows" in placeholder(view.state, listing.kinds, listing.empty)


@pytest.mark.parametrize(("pane", "listing"), LISTINGS)
def test_rows_are_drawn_of_the_demo(demo: View, pane: Pane, listing: Listing) -> None:
    count = draw(demo, pane, listing)
    assert count or pane.id == "fixes" or (pane.id, listing.id) in MAY_BE_EMPTY


NEW_PANE = '''
"""A pane that somebody adds."""
from ksec_tui.screens.pane import Listing, Pane, Row, value_column
from ksec_tui.cluster.ref import ObjectRef

ROW = Row("one", ObjectRef("", "Thing", "one"), values={"word": "hello"})
PANE = Pane(
    "added", 1, "Added", "What was added.",
    (Listing("all", "All", (), (value_column("word", "WORD"),), lambda view: [ROW]),),
)
'''


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of modules that can be imported as `added_here`."""
    folder = tmp_path / "added_here"
    folder.mkdir()
    (folder / "__init__.py").write_text('"""Added."""\n')
    monkeypatch.syspath_prepend(str(tmp_path))
    yield folder
    for name in [name for name in sys.modules if name.split(".")[0] == "added_here"]:
        del sys.modules[name]


def imported() -> ModuleType:
    importlib.invalidate_caches()
    return importlib.import_module("added_here")


def test_a_pane_is_added_by_one_module(package: Path) -> None:
    (package / "added.py").write_text(NEW_PANE)
    (pane,) = discover(imported())
    assert (pane.id, pane.title) == ("added", "Added")
    assert draw(view_of(empty_snapshot(INFO)), pane, pane.listings[0]) == 1


def test_two_panes_of_one_number_are_refused(package: Path) -> None:
    (package / "one.py").write_text(NEW_PANE)
    (package / "two.py").write_text(NEW_PANE.replace('"added"', '"other"'))
    with pytest.raises(ValueError, match="share their number"):
        discover(imported())


def test_a_check_is_added_by_one_module(package: Path) -> None:
    source = Path(importlib.import_module("ksec_tui.checks.objects.hostile").__file__ or "").read_text()
    (package / "family").mkdir()
    (package / "family" / "__init__.py").write_text('"""A family."""\n')
    (package / "family" / "added.py").write_text(source.replace("obj-hostile-text", "obj-added-here"))
    assert [item.id for item in check.discover(imported())] == ["obj-added-here"]
