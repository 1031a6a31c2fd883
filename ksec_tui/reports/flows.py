"""The list of connections in a form of its own: as text for people, as CSV, as JSON."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from typing import Any

import msgspec

from ksec_tui.analysis.network.addresses import ANYWHERE, AddressSet
from ksec_tui.analysis.network.listing.plain import Pair, Side
from ksec_tui.analysis.network.ports import Connections
from ksec_tui.cluster.text import one_line
from ksec_tui.reports.columns import columns

_HEAD = ("SOURCE", "DESTINATION", "CONNECTIONS")


def pairs_text(found: Iterable[Pair], *, width: int | None = None) -> str:
    """A table; one line when nothing may connect to anything.

    Args:
        found: the pairs.
        width: cells of a line where the terminal has so many; None prints everything in full.
    """
    rows = [(_side(pair.source), _side(pair.destination), _words(pair)) for pair in found]
    if not rows:
        return "nothing may connect to anything\n"
    return "".join(f"{line}\n" for line in columns([_HEAD, *rows], most=width))


def pairs_csv(found: Iterable[Pair]) -> str:
    """``source,destination,connections``."""
    held = io.StringIO()
    table = csv.writer(held, lineterminator="\n")
    table.writerow([name.lower() for name in _HEAD])
    table.writerows((_side(pair.source), _side(pair.destination), _words(pair)) for pair in found)
    return held.getvalue()


def pairs_json(found: Iterable[Pair], doubts: Iterable[str] = ()) -> str:
    """An object: ``connections`` with the pairs, ``doubts`` with why they may be otherwise."""
    tree = {"connections": [_tree(pair) for pair in found], "doubts": [one_line(words) for words in doubts]}
    return msgspec.json.format(msgspec.json.encode(tree), indent=2).decode() + "\n"


def _side(side: Side) -> str:
    if isinstance(side, AddressSet):
        return "any address outside" if side == ANYWHERE else str(side)
    return one_line(str(side))


def _words(pair: Pair) -> str:
    said = str(pair.connections)
    if pair.perhaps:
        said += f"; perhaps also {pair.perhaps}"
    return f"{said} (some pods only)" if pair.partly else said


def _tree(pair: Pair) -> dict[str, Any]:
    tree: dict[str, Any] = {
        "source": _end(pair.source),
        "destination": _end(pair.destination),
        "connections": _ports(pair.connections),
    }
    if pair.perhaps:
        tree["perhaps"] = _ports(pair.perhaps)
    if pair.partly:
        tree["somePodsOnly"] = True
    return tree


def _end(side: Side) -> dict[str, Any]:
    if isinstance(side, AddressSet):
        return {"addresses": [f"{first}-{last}" for first, last in side.intervals()]}
    return {"kind": one_line(side.kind), "namespace": one_line(side.namespace), "name": one_line(side.name)}


def _ports(connections: Connections) -> dict[str, Any]:
    """``{"TCP": "80,443", "others": false}``; ``others`` stands for protocols that have no ports."""
    ports: dict[str, Any] = {name: str(ports) for name, ports in connections.protocols()}
    return {**ports, "others": connections.others}
