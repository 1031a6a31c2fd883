"""What a detail tab is: a title and a pure function from the row in hand to lines."""

from __future__ import annotations

import importlib
import pkgutil
import textwrap
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import ModuleType

from ksec_tui.cluster.ingest import Document
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.fixes.wholes import Fetch
from ksec_tui.screens.keys import pressed
from ksec_tui.screens.pane import Row, View
from ksec_tui.screens.widgets.text import Line


def held(snapshot: Snapshot, ref: ObjectRef) -> Document | None:
    """The object if the Snapshot holds all of it."""
    return snapshot.document(ref) if snapshot.whole(ref) else None


@dataclass(frozen=True, slots=True)
class Hand:
    """The row in hand and what it is seen with.

    Attributes:
        row: the row.
        view: state and plan.
        width: columns that prose is wrapped to.
        fetch: how to get an object whole; may block.
        rebound: the keys of the bindings that were rebound, by their ids.
    """

    row: Row
    view: View
    width: int = 80
    fetch: Fetch = held
    rebound: Mapping[str, str] = field(default_factory=dict)

    def key(self, ids: str) -> str:
        """What to press for the bindings of these ids, as they are bound."""
        return pressed(self, ids)

    @property
    def snapshot(self) -> Snapshot:
        """The newest Snapshot."""
        return self.view.state.snapshot

    def document(self, ref: ObjectRef) -> tuple[Document | None, bool]:
        """What is known of an object, fetched where only a part of it is held, and whether it is all of it."""
        snapshot = self.snapshot
        found = None if self.view.state.reading else self.fetch(snapshot, ref)
        if found is not None:
            return found, True
        return snapshot.document(ref), snapshot.whole(ref)


@dataclass(frozen=True, slots=True)
class Tab:
    """One tab of the detail view.

    Attributes:
        id: stable name.
        order: its place, left to right.
        title: what it says.
        lines: what it shows; runs off the UI thread.
    """

    id: str
    order: int
    title: str
    lines: Callable[[Hand], Sequence[Line]]


def discover(package: ModuleType) -> tuple[Tab, ...]:
    """Every tab below `package`, in order."""
    tabs = []
    for info in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        tab = getattr(importlib.import_module(info.name), "TAB", None)
        if isinstance(tab, Tab):
            tabs.append(tab)
    return tuple(sorted(tabs, key=lambda tab: tab.order))


def line(text: str = "", style: str = "", *, link: str = "") -> Line:
    """One line in one style."""
    return Line(((text, style),), link=link)


def heading(text: str) -> Line:
    """A heading."""
    return Line(((text, "header bold"),))


def prose(text: str, width: int, *, indent: str = "", style: str = "") -> Iterable[Line]:
    """Paragraphs, wrapped to `width` columns."""
    for paragraph in text.split("\n\n"):
        flat = " ".join(paragraph.split())
        wrapped = textwrap.wrap(flat, max(20, width), initial_indent=indent, subsequent_indent=indent)
        for part in wrapped or [""]:
            yield line(part, style)
        yield line()
