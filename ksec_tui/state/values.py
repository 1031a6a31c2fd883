"""What is kept of a sitting. Of the cluster it holds names only: no object, no value, nothing searched for in one."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.text import one_line

LONGEST = 2_000
"""Characters of a text that is kept; what is longer was not typed by hand."""
MOST_TYPED = 200
"""Lines of one kind that are kept, the newest."""
MOST_BOOKMARKS = 500
MOST_VIEWS = 200
MODES = ("filter", "command", "who-can", "reach")
"""What is typed that is kept. Not what is searched for in texts: that may be a value."""


class Look(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a list shows, by stable names; a saved view is one.

    Attributes:
        pane: id of the pane.
        view: id of its view; empty for the first.
        filter: the filter as typed.
        namespaces: the namespaces looked at, as ``:ns`` takes them.
        risky: only what is risky.
        sort: id of the column that orders the rows; empty for the order of the list.
        reverse: the greatest first.
        question: what `who-can` is asked.
        reach: which two ends `reach` is asked about.
        blast: `ObjectRef.id` of the workload whose reach is shown.
    """

    pane: str = "findings"
    view: str = ""
    filter: str = ""
    namespaces: str = ""
    risky: bool = False
    sort: str = ""
    reverse: bool = False
    question: str = ""
    reach: str = ""
    blast: str = ""


class Bookmark(msgspec.Struct, frozen=True, omit_defaults=True):
    """An object, a finding or a list to come back to.

    Attributes:
        words: what it is called in lists.
        look: the list that shows it; with its filter where the list itself is meant.
        row: the key of the row; empty where the list itself is meant.
        object: `ObjectRef.id` of what the row is about.
    """

    words: str
    look: Look
    row: str = ""
    object: str = ""

    @property
    def mark(self) -> tuple[Look | str, str]:
        """By what two bookmarks of one thing are known to be the same: the row, else the list."""
        return (self.row, self.object) if self.row else (self.look, "")

    @property
    def ref(self) -> ObjectRef | None:
        """What the row is about."""
        return ref_of(self.object)


class Where(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where one was, and how each list was left.

    Attributes:
        look: the list that was shown.
        row: the key of the row under the cursor.
        tab: id of the tab of the detail.
        views: pane to the view it was left in.
        filters: pane to its filter.
        sorts: ``pane/view`` to column, and whether the greatest stands first.
        wide: wide columns are shown.
        folded: the detail is hidden.
        below: the detail stands below the list, also where there is room beside it.
    """

    look: Look = Look()
    row: str = ""
    tab: str = ""
    views: dict[str, str] = {}
    filters: dict[str, str] = {}
    sorts: dict[str, tuple[str, bool]] = {}
    wide: bool = False
    folded: bool = False
    below: bool = False


class Kept(msgspec.Struct, frozen=True, omit_defaults=True):
    """All that is kept of one context. Immutable; every method gives another one back."""

    where: Where | None = None
    bookmarks: tuple[Bookmark, ...] = ()
    views: dict[str, Look] = {}
    typed: dict[str, tuple[str, ...]] = {}

    def at(self, where: Where) -> Kept:
        """With another place to start at."""
        return msgspec.structs.replace(self, where=where)

    def has(self, bookmark: Bookmark) -> bool:
        """Whether what it marks is marked already."""
        return any(item.mark == bookmark.mark for item in self.bookmarks)

    def with_bookmark(self, bookmark: Bookmark) -> Kept:
        """With one more bookmark, as the last; it takes the place of one of the same thing."""
        if self.has(bookmark):
            found = tuple(bookmark if item.mark == bookmark.mark else item for item in self.bookmarks)
        else:
            found = (*self.bookmarks, bookmark)[-MOST_BOOKMARKS:]
        return msgspec.structs.replace(self, bookmarks=found)

    def without_bookmark(self, bookmark: Bookmark) -> Kept:
        """Without the bookmark of that thing."""
        left = tuple(item for item in self.bookmarks if item.mark != bookmark.mark)
        return msgspec.structs.replace(self, bookmarks=left)

    def with_view(self, name: str, look: Look) -> Kept:
        """With a saved view of that name."""
        others = [(other, item) for other, item in self.views.items() if other != name]
        return msgspec.structs.replace(self, views=dict((*others[-MOST_VIEWS + 1 :], (name, look))))

    def without_view(self, name: str) -> Kept:
        """Without the saved view of that name."""
        left = {other: item for other, item in self.views.items() if other != name}
        return msgspec.structs.replace(self, views=left)

    def with_typed(self, mode: str, text: str) -> Kept:
        """With one more line that was typed; once each, the newest last. Modes other than `MODES` are not kept."""
        line = one_line(text, LONGEST)
        if mode not in MODES or not line.strip():
            return self
        past = tuple(item for item in self.typed.get(mode, ()) if item != line)
        typed = {**self.typed, mode: (*past, line)[-MOST_TYPED:]}
        return msgspec.structs.replace(self, typed=typed)


def ref_of(text: str) -> ObjectRef | None:
    """The object that an `ObjectRef.id` names; None when it is none."""
    parts = text.split("/", 3)
    if len(parts) < 4 or not parts[1] or not parts[3]:
        return None
    group, kind, namespace, name = parts
    return ObjectRef(namespace, kind, name, group)


def harmless(kept: Kept) -> Kept:
    """The same with texts that can be shown on one line, and of bearable number and length."""
    bookmarks = tuple(
        msgspec.structs.replace(item, words=_line(item.words), look=_look(item.look))
        for item in kept.bookmarks[-MOST_BOOKMARKS:]
        if max(len(item.row), len(item.object)) <= LONGEST
    )
    views = dict([(_line(name), _look(look)) for name, look in kept.views.items()][-MOST_VIEWS:])
    typed = {
        mode: tuple(map(_line, kept.typed[mode][-MOST_TYPED:])) for mode in MODES if kept.typed.get(mode)
    }
    where = kept.where
    if where is not None:
        where = msgspec.structs.replace(
            where,
            look=_look(where.look),
            row=where.row if len(where.row) <= LONGEST else "",
            filters=_lines(where.filters),
            views=_lines(where.views),
        )
    return Kept(where, bookmarks, views, typed)


def _line(text: str) -> str:
    return one_line(text, LONGEST)


def _lines(texts: Mapping[str, str]) -> dict[str, str]:
    return {_line(name): _line(text) for name, text in texts.items()}


def _look(look: Look) -> Look:
    return msgspec.structs.replace(
        look,
        filter=_line(look.filter),
        namespaces=_line(look.namespaces),
        question=_line(look.question),
        reach=_line(look.reach),
    )
