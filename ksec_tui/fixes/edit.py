"""A change as a text that a human edits, and the text read back as a change."""

from __future__ import annotations

import textwrap

import msgspec

from ksec_tui.cluster.redact import redacted
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.text import one_line
from ksec_tui.findings.fix import Change, PatchType
from ksec_tui.fixes.diff import yaml_text
from ksec_tui.fixes.errors import PatchError
from ksec_tui.fixes.json_values import equal
from ksec_tui.sources.yaml_reader import YamlError, documents, split

LONGEST = 1_000_000
"""Bytes of a text that are read back."""

_WIDTH = 96

_FORMS = {
    PatchType.STRATEGIC: "a strategic merge patch: null takes a field out, lists merge by their keys",
    PatchType.JSON: "a JSON patch: a list of operations (test, add, replace, remove)",
    PatchType.CREATE: "a new object: its kind and name must stay",
}


def editable(change: Change) -> str:
    """Why a change cannot be edited, one sentence; empty when it can."""
    if change.type is PatchType.DELETE:
        return f"{change.target} is deleted: there is nothing to edit"
    if redacted({"body": change.body}) != {"body": change.body}:
        return f"the patch of {change.target} carries a value that is withheld, which must not lie in a file"
    return ""


def edit_text(change: Change, title: str, problem: str = "") -> str:
    """What is opened in the editor: comments, then the patch as YAML.

    Args:
        change: what is edited; one that is `editable`.
        title: what it is to do.
        problem: what was wrong with the last try.
    """
    form = _FORMS.get(change.type, f"a {change.type.value} patch")
    lines = [one_line(f"{title} ({change.target})"), f"This is {form}."]
    lines.append("It is proven when the file is closed. Without a line that is no comment, nothing changes.")
    head = [part for line in lines for part in textwrap.wrap(line, _WIDTH)]
    if problem:
        head += ["", *textwrap.wrap(f"NOT TAKEN: {one_line(problem)}", _WIDTH)]
    return "".join(f"# {line}".rstrip() + "\n" for line in head) + yaml_text(change.body)


def with_problem(text: str, problem: str) -> str:
    """A text that was edited, with what is wrong with it on top instead of the former comments there."""
    lines = text.splitlines()
    while lines and (not lines[0].strip() or lines[0].startswith("#")):
        lines.pop(0)
    head = textwrap.wrap(f"NOT TAKEN: {one_line(problem)}", _WIDTH)
    return "\n".join([*(f"# {line}" for line in head), *lines, ""])


def read_edit(text: bytes, change: Change) -> Change | None:
    """The change that an edited text stands for; None when the text is empty or says what `change` says.

    Raises:
        PatchError: it is no YAML, or not of the form of such a patch; one sentence with the line.
    """
    if len(text) > LONGEST:
        raise PatchError("the text is too long for a patch")
    try:
        found = [document for line, part in split(text) for document in documents(part, line)]
    except YamlError as error:
        raise PatchError(f"line {error.line}: {error.reason}") from error
    except ValueError as error:
        raise PatchError(str(error)) from error
    if not found:
        return None
    if len(found) > 1:
        raise PatchError(f"line {found[1].line}: a second document; one patch is wanted")
    if found[0].doubled:
        line, key = found[0].doubled[0]
        raise PatchError(f"line {line}: {one_line(key)} is there twice")
    body = found[0].tree
    _check(body, change)
    if equal(body, change.body):
        return None
    # What was taken out of a role's rules is no longer what the cuts say.
    return msgspec.structs.replace(change, body=body, cuts=())


def _check(body: object, change: Change) -> None:
    """Whether it has the form of such a change; whether it applies is found out when it is tried."""
    if change.type is not PatchType.JSON:
        if not isinstance(body, dict):
            raise PatchError("the patch must be a mapping")
        if change.type is PatchType.CREATE and _named(body) != change.target:
            raise PatchError(f"it must stay {change.target}")
        return
    if not isinstance(body, list) or not all(isinstance(item, dict) for item in body):
        raise PatchError("a JSON patch is a list of operations, each a mapping")
    for number, item in enumerate(body, 1):
        if not isinstance(item.get("op"), str) or not isinstance(item.get("path"), str):
            raise PatchError(f"operation {number} needs op and path, both texts")


def _named(body: dict[str, object]) -> ObjectRef:
    meta = body.get("metadata")
    names = meta if isinstance(meta, dict) else {}
    group = str(body.get("apiVersion", "")).rpartition("/")[0]
    return ObjectRef(
        str(names.get("namespace") or ""), str(body.get("kind", "")), str(names.get("name", "")), group
    )
