"""What a terminal would obey: each sequence carries a mark of its own, so that it can be told from the program's."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

from ksec_tui.checks import all_checks
from ksec_tui.cluster.kinds import KINDS
from tests.strategies import filled
from tests.test_hostile_input import renamed

Tree = dict[str, Any]

MARK = "Zq"
SEQUENCES = {
    "clipboard": "\x1b]52;c;{}\x07",
    "clipboard, other end": "\x1b]52;c;{}\x1b\\",
    "clipboard asked for": "\x1b]52;c;?{}\x07",
    "title": "\x1b]0;{}\x07",
    "title of the icon": "\x1b]2;{}\x1b\\",
    "link": "\x1b]8;;file:///{}\x1b\\x\x1b]8;;\x1b\\",
    "colour asked for": "\x1b]11;?{}\x07",
    "notification": "\x1b]9;{}\x07",
    "file": "\x1b]1337;File=name={}:AAAA\x07",
    "current folder": "\x1b]7;file://{}\x07",
    "setting asked for": "\x1bP$q{}m\x1b\\",
    "picture": "\x1bPq{}\x1b\\",
    "through a multiplexer": "\x1bPtmux;\x1b\x1b]52;c;{}\x07\x1b\\",
    "graphics": "\x1b_G{}\x1b\\",
    "private message": "\x1b^{}\x1b\\",
    "start of string": "\x1bX{}\x1b\\",
    "what are you": "\x1b[c{}",
    "what are you, more": "\x1b[>0c{}",
    "where is the cursor": "\x1b[6n{}",
    "other screen": "\x1b[?1049l{}",
    "mouse": "\x1b[?1003h{}",
    "pasting": "\x1b[200~{}\x1b[201~",
    "window moved": "\x1b[3;0;0t{}",
    "title told back": "\x1b[21t{}",
    "cleared": "\x1b[2J\x1b[H{}",
    "hidden": "\x1b[8m{}\x1b[0m",
    "a line put above": "\x1b[1L{}",
    "reset": "\x1bc{}",
    "another alphabet": "\x1b(0{}\x0e",
    "repeated": "{}\x1b[9999b",
    "keys sent as text": '\x1b[0;59;"{}"p',
    "one byte CSI": "\x9b2J{}",
    "one byte OSC": "\x9d0;{}\x9c",
    "one byte DCS": "\x90$q{}\x9c",
    "one byte APC": "\x9f{}\x9c",
    "who are you": "\x05{}",
    "bell": "\x07{}",
    "written over": "safe\x08\x08\x08\x08{}",
    "carriage return": "safe\r{}",
    "deleted": "\x7f{}",
    "cut off": "\x1b{}",
    "not ended": "\x1b]0;{}",
    "reordered": "\u202e{}\u202c",
    "isolated": "\u2066{}\u2069",
    "not to be seen": "\u200b\u2060\ufeff{}",
    "tags": "\U000e0041\U000e007f{}",
    "line and paragraph": "\u2028{}\u2029\x85",
    "many accents": "{}" + "\u0301" * 60,
}
"""By what they would do; the braces stand for the mark."""

PAYLOADS = {name: text.format(f"{MARK}{number:02}") for number, (name, text) in enumerate(SEQUENCES.items())}
ALL = " ".join(PAYLOADS.values())
BENIGN = " ".join(f"{MARK}{number:02}" for number in range(len(SEQUENCES)))
FORMULAS = tuple(
    f"{first}cmd|' /C calc'!A{number}"
    for number, first in enumerate(("=", "+", "-", "@", "\t=", "\r=", "＝", " ="))
)
"""What a spreadsheet would calculate."""
MARKUP = (
    "<img src=x onerror=alert(1)><script>alert(2)</script>",
    "[a](javascript:alert(3)) ![b](http://x.example/c.png) <http://d.example>",
    "| cell | **bold** `code` ~~gone~~ _it_",
    "```\n# Heading\n- [x] done\n```",
    "]]> <!-- --> &lt;b&gt; --> {{ template }}",
    "@everyone #123 https://auto.example",
    "---\nkind: Secret\n...\n# yaml",
    "'\"; $(id) `id` && rm -rf / #",
)
"""What Markdown, HTML, XML, YAML or a shell would act upon."""


def cluster(text: str) -> list[Tree]:
    """An object of each kind with the text in every field, every other one with a sound name; and risky ones."""
    found = []
    for number, kind in enumerate(KINDS):
        sound = {"name": "plain", **({"namespace": "shop"} if kind.namespaced else {})}
        found.append(filled(kind, text, **({} if number % 2 else sound)))
    return [*found, *risky(text)]


def risky(text: str) -> list[Tree]:
    """The risky examples of some checks, with names and the like that end in the text."""
    found: list[Tree] = []
    for number, check in enumerate(all_checks()[::15]):
        trees = yaml.safe_load_all(check.page.risky)
        found += (renamed(tree, f"{number}{text}") for tree in trees if tree.get("kind") != "Cluster")
    return found


def write(trees: list[Tree], path: Path) -> Path:
    """The objects as a list in a file."""
    path.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": trees}), encoding="utf-8")
    return path
