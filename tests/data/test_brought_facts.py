"""Facts that a user brings: what the program could not work with, or a terminal would obey, is refused as a whole."""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib import resources
from typing import Any

import pytest

from ksec_tui.data.versions.store import FILES, decode

Spoil = Callable[[dict[str, Any]], None]


def packaged(name: str) -> dict[str, Any]:
    tree: dict[str, Any] = json.loads(resources.files("ksec_tui.data.versions").joinpath(name).read_bytes())
    return tree


def put(*path: str | int, value: object) -> Spoil:
    def spoil(tree: dict[str, Any]) -> None:
        at: Any = tree
        for key in path[:-1]:
            at = at[key]
        at[path[-1]] = value

    return spoil


def forget_eks(tree: dict[str, Any]) -> None:
    tree["distributions"] = [item for item in tree["distributions"] if item["id"] != "eks"]


CASES: list[tuple[str, Spoil]] = [
    ("releases.json", put("kubernetes", value=[])),
    ("releases.json", put("kubernetes", 0, "minor", value="next")),
    ("releases.json", put("kubernetes", 0, "latest", value="1.37")),
    ("releases.json", put("kubernetes", 0, "patches", value={"newest": "2026-01-01"})),
    ("releases.json", put("kubernetes", 0, "end", value="soon")),
    ("releases.json", put("providers", "eks", 0, "minor", value="1.x")),
    ("cves.json", put("cves", 0, "ranges", 0, "fixed", value="1.34")),
    ("cves.json", put("cves", 0, "url", value="javascript:alert(1)")),
    ("cves.json", put("cves", 0, "flaw", value="a\x1b[2Jb")),
    ("cves.json", put("cves", 0, "flaw", value="a\u202eb")),
    ("cves.json", put("cves", 0, "flaw", value="x" * 5000)),
    ("deprecations.json", put("apis", 0, "removed", value="some day")),
    ("deprecations.json", put("fields", 0, "removed", value="1.39 (planned)")),
    ("features.json", put("features", 0, "ga", value="GA")),
    ("features.json", put("features", 0, "visible", value=["by magic"])),
    ("distributions.json", put("distributions", 0, "version", value="(")),
    ("distributions.json", forget_eks),
]


@pytest.mark.parametrize(("name", "spoil"), CASES, ids=[str(number) for number in range(len(CASES))])
def test_facts_that_cannot_be_worked_with_are_refused(name: str, spoil: Spoil) -> None:
    tree = packaged(name)
    spoil(tree)
    with pytest.raises(ValueError, match=name):
        decode(name, json.dumps(tree).encode())


@pytest.mark.parametrize("name", FILES)
def test_the_facts_of_the_program_are_taken(name: str) -> None:
    assert decode(name, json.dumps(packaged(name)).encode()).count
