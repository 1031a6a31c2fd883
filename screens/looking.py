"""What a list shows, as it is kept: from the board to stable names and back."""

from __future__ import annotations

from collections.abc import Iterable

from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.findings.filter import FilterError, parse
from ksec_tui.screens.board import Board
from ksec_tui.screens.history import Place
from ksec_tui.screens.pane import Pane
from ksec_tui.state.values import Look, Where, ref_of


def look_of(board: Board) -> Look:
    """What the list of `board` shows."""
    table = board.table
    question, reach, blast = board.view.lens.asked
    return Look(
        board.pane.id,
        board.listing.id,
        board.filter_text,
        board.scope,
        risky=board.risky_only,
        sort=table.sort_column or "",
        reverse=table.sort_reverse,
        question=question,
        reach=reach,
        blast=blast.id if blast is not None else "",
    )


def place_of(panes: tuple[Pane, ...], look: Look, row: str = "") -> Place | None:
    """Where that is; None when there is no such pane. What is no good any more is left out: a filter, a column."""
    index = next((i for i, pane in enumerate(panes) if pane.id == look.pane), None)
    if index is None:
        return None
    listings = panes[index].listings
    number = next((i for i, item in enumerate(listings) if item.id == look.view), 0)
    column = look.sort if any(item.id == look.sort for item in listings[number].columns) else None
    asked: tuple[str, str, ObjectRef | None] | None = None
    if look.question or look.reach or look.blast:
        asked = (look.question, look.reach, ref_of(look.blast))
    text = look.filter if fits(look.filter) else ""
    return Place(index, number, text, row, (column, look.reverse if column else False), asked=asked)


def fits(text: str, field: str = "") -> bool:
    """Whether a text is a filter, or the value of a field of one."""
    try:
        parse(f"{field}:{text}" if field and text else text)
    except FilterError:
        return False
    return True


def where_of(board: Board, tab: str) -> Where:
    """Where one is, and how every list was left."""
    look = look_of(board)
    sorts = {}
    for place in board.visited.lefts():
        pane, (column, reverse) = board.panes[place.pane], place.sort
        if column is not None:
            sorts[f"{pane.id}/{pane.listings[place.listing].id}"] = (column, reverse)
    here = f"{look.pane}/{look.view}"
    sorts.pop(here, None)
    if look.sort:
        sorts[here] = (look.sort, look.reverse)
    return Where(
        look,
        board.table.cursor_key or "",
        tab,
        {
            pane.id: pane.listings[index].id
            for pane, index in zip(board.panes, board.listing_of, strict=True)
            if index
        },
        {pane.id: text for pane, text in zip(board.panes, board.filter_of, strict=True) if text},
        sorts,
        wide=board.table.wide,
        folded=board.has_class("-no-detail"),
        below=board.has_class("-below"),
    )


def left_as(panes: tuple[Pane, ...], where: Where) -> Iterable[Place]:
    """How each list was left: its place with its order, and the filter of its pane."""
    for name, (column, reverse) in where.sorts.items():
        pane, _, view = name.partition("/")
        look = Look(pane, view, where.filters.get(pane, ""), sort=column, reverse=reverse)
        place = place_of(panes, look)
        if place is not None and panes[place.pane].listings[place.listing].id == view and place.sort[0]:
            yield place
