"""Lists of connections, and what changed between two, as text, CSV and JSON in netpol-analyzer's forms."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from ksec_tui.analysis.network.listing.differences import Difference
from ksec_tui.analysis.network.listing.rows import Exposed, Listing, Row, words
from ksec_tui.cluster.text import one_line

_SIDES = {"egress": "Egress", "ingress": "Ingress"}


def listing_text(found: Listing, port: tuple[str, int] | None = None, *, exposure: bool = False) -> str:
    """One line for each pair; with a port the connections are left out and the port is told first."""
    lines = [f"Permitted connections on {port[0]} {port[1]}:"] if port else []
    for row in found.rows:
        pair = f"{one_line(row.source)} => {one_line(row.destination)}"
        lines.append(pair if port else f"{pair} : {words(row.connections)}")
    if exposure:
        lines += [*([""] if lines else []), *_exposure(found)]
    return _text(lines)


def _exposure(found: Listing) -> Iterator[str]:
    yield "Exposure Analysis Result:"
    tables = (("Egress", "=>", found.egress), ("Ingress", "<=", found.ingress))
    width = max((len(one_line(line.workload)) for _, _, table in tables for line in table), default=0)
    first = True
    for title, arrow, table in tables:
        if not table:
            continue
        yield from () if first else ("",)
        first = False
        yield f"{title} Exposure:"
        for line in table:
            said = words(line.connections, line.names)
            yield f"{one_line(line.workload):{width}} \t{arrow} \t{one_line(line.other)} : {said}"
    if found.open:
        yield ""
        yield "Workloads not protected by network policies:"
        for workload, way in found.open:
            yield f"{one_line(workload)} is not protected on {_SIDES[way]}"


def listing_csv(found: Listing, *, exposure: bool = False) -> str:
    """``src,dst,conn``; with exposure its two tables below, the ingress one as ``dst,src,conn``."""
    rows = [("src", "dst", "conn"), *map(_cells, found.rows)]
    if exposure:
        rows.append(("Exposure Analysis Result:", "", ""))
        for title, head, table in (
            ("Egress Exposure:", ("src", "dst", "conn"), found.egress),
            ("Ingress Exposure:", ("dst", "src", "conn"), found.ingress),
        ):
            if table:
                rows += [(title, "", ""), head, *map(_exposed_cells, table)]
    return _csv(rows)


def listing_json(found: Listing, *, exposure: bool = False) -> str:
    """A list of ``src``, ``dst``, ``conn``; with exposure an object that holds it and the two tables."""
    rows = [dict(zip(("src", "dst", "conn"), _cells(row), strict=True)) for row in found.rows]
    if not exposure:
        return _json(rows)
    tables = {
        "egress_exposure": [_named(("src", "dst", "conn"), line) for line in found.egress],
        "ingress_exposure": [_named(("dst", "src", "conn"), line) for line in found.ingress],
    }
    return _json({"connlist_results": rows, "exposure_results": tables})


def differences_text(found: Sequence[Difference]) -> str:
    """One line for each pair that changed; nothing when none did."""
    return _text(["Connectivity diff:", *map(_difference, found)] if found else [])


def differences_csv(found: Sequence[Difference]) -> str:
    """The same as a table; nothing when there is no difference."""
    if not found:
        return ""
    head = ("diff-type", "source", "destination", "ref1", "ref2", "workloads-diff-info")
    return _csv([head, *map(_difference_cells, found)])


def differences_json(found: Iterable[Difference]) -> str:
    """The same as a list of objects."""
    names = ("type", "source", "destination", "before", "after", "workloads")
    return _json([dict(zip(names, _difference_cells(item), strict=True)) for item in found])


def _difference(item: Difference) -> str:
    kind, source, destination, before, after, info = _difference_cells(item)
    line = f"diff-type: {kind}, source: {source}, destination: {destination}, ref1: {before}, ref2: {after}"
    return f"{line}, workloads-diff-info: {info}" if info else line


def _difference_cells(item: Difference) -> tuple[str, ...]:
    cells = (item.kind, item.source, item.destination, words(item.before), words(item.after), item.info)
    return tuple(map(one_line, cells))


def _cells(row: Row) -> tuple[str, str, str]:
    return one_line(row.source), one_line(row.destination), words(row.connections)


def _exposed_cells(line: Exposed) -> tuple[str, str, str]:
    return one_line(line.workload), one_line(line.other), words(line.connections, map(one_line, line.names))


def _named(names: Sequence[str], line: Exposed) -> dict[str, str]:
    return dict(zip(names, _exposed_cells(line), strict=True))


def _text(lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def _csv(rows: Iterable[Sequence[str]]) -> str:
    held = io.StringIO()
    csv.writer(held, lineterminator="\n").writerows(rows)
    return held.getvalue()


def _json(tree: object) -> str:
    return msgspec.json.format(msgspec.json.encode(tree), indent=2).decode() + "\n"
