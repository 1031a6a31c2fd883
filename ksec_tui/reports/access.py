"""Answers on who may do what, as text for people and as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from ksec_tui.analysis.rbac.answer import Answer, Holders, Path
from ksec_tui.analysis.rbac.identity import Who
from ksec_tui.analysis.rbac.requests import Request
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.text import one_line
from ksec_tui.reports.columns import columns

_CELL = 80


def answer_text(answer: Answer, who: Who, request: Request, *, width: int | None = None) -> str:
    """Whether it is granted, by what, and remarks; ends with a line feed.

    Args:
        answer: what `explain` says.
        who: for whom.
        request: what was asked.
        width: cells of a line where the terminal has so many; None prints everything in full.
    """
    return _text(_answer_lines(answer, who, request, width))


def answer_json(answer: Answer, who: Who, request: Request) -> str:
    """The same as one JSON object."""
    tree = {"subject": str(who), **_request(request), **_verdict(answer)}
    tree["paths"] = [_path(path) for path in answer.by]
    tree["notes"] = list(answer.notes)
    return _json(tree)


def review_line(answer: Answer) -> str:
    """One line of JSON: ``allowed``, ``unknown`` with the reason where it is not known, and ``by``."""
    return msgspec.json.encode(_verdict(answer)).decode() + "\n"


def holders_text(found: Holders, request: Request, *, anywhere: bool, width: int | None = None) -> str:
    """Who may do it and by what, then what is not known; ends with a line feed."""
    return _text(_holder_lines(found, request, width, anywhere=anywhere))


def holders_json(found: Holders, request: Request) -> str:
    """The same as one JSON object."""
    holders = [
        {"subject": str(who), "kind": who.kind, "name": who.name}
        | ({"namespace": who.namespace} if who.namespace else {})
        | {"by": [str(path) for path in paths], "paths": [_path(path) for path in paths]}
        for who, paths in found.holders.items()
    ]
    return _json({**_request(request), "holders": holders, "unknown": list(found.unknown)})


def _answer_lines(answer: Answer, who: Who, request: Request, width: int | None) -> Iterator[str]:
    yield (
        f"{answer.words}: {one_line(str(who), _CELL)} may {_clear(request)}"
        if answer.allowed
        else (f"{answer.words}: {one_line(str(who), _CELL)}, {_clear(request)}")
    )
    if answer.by:
        yield from columns([_HEAD, *(_cells(path) for path in answer.by)], most=width)
    yield from (f"not known: {one_line(reason)}" for reason in answer.unknown)
    yield from (f"note: {note}" for note in answer.notes)


def _holder_lines(found: Holders, request: Request, width: int | None, *, anywhere: bool) -> Iterator[str]:
    where = " or in some namespace" if anywhere else ""
    yield f"granted by RBAC: {_clear(request)}{where}"
    rows = [_cells(path) for paths in found.holders.values() for path in paths]
    yield from columns([_HEAD, *rows], most=width)
    yield from (f"not known: {one_line(reason)}" for reason in found.unknown)


_HEAD = ("SUBJECT", "SCOPE", "BINDING", "ROLE")


def _cells(path: Path) -> tuple[str, str, str, str]:
    subject = one_line(str(path.subject), _CELL)
    if path.built_in:
        return subject, "cluster", "(none needed)", "everything, before RBAC is asked"
    scope = "cluster" if path.namespace is None else one_line(path.namespace, _CELL)
    origin = f" (from {', '.join(source.name for source in path.sources)})" if path.sources else ""
    role = one_line(f"{path.role}, rule {path.rule + 1}{origin}")
    return subject, scope, one_line(str(path.binding), _CELL), role


def _clear(request: Request) -> str:
    return one_line(str(request))


def _verdict(answer: Answer) -> dict[str, Any]:
    tree: dict[str, Any] = {"allowed": answer.allowed is True}
    if answer.unknown:
        tree["unknown"] = "; ".join(answer.unknown)
    return {**tree, "by": [str(path) for path in answer.by]}


def _request(request: Request) -> dict[str, Any]:
    tree = msgspec.to_builtins(request)
    return {
        "request": {
            key: value for key, value in tree.items() if value or (key == "path" and value is not None)
        }
    }


def _path(path: Path) -> dict[str, Any]:
    tree: dict[str, Any] = {"subject": str(path.subject)}
    if path.built_in:
        return {**tree, "builtIn": True}
    tree |= {"binding": _ref(path.binding), "role": _ref(path.role), "rule": path.rule}
    if path.sources:
        tree["aggregatedFrom"] = [source.name for source in path.sources]
    return {**tree, "namespace": path.namespace}


def _ref(ref: ObjectRef) -> dict[str, str]:
    return {"kind": ref.kind, "name": ref.name} | ({"namespace": ref.namespace} if ref.namespace else {})


def _json(tree: dict[str, Any]) -> str:
    return msgspec.json.format(msgspec.json.encode(tree), indent=2).decode() + "\n"


def _text(lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in lines)
