"""The real program on a terminal, on objects that attack the terminal: it is sent what it is sent on sound ones."""

from __future__ import annotations

import base64
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ksec_tui.cluster.text import is_hostile
from tests.hostile.payloads import ALL, BENIGN, MARK, PAYLOADS, cluster, write
from tests.hostile.pseudo import Stream, cut, on_terminal, shape

TABS = 4
ESCAPE = "\x1b[27u"
"""As terminals send it that tell it from the beginning of another key."""
MENUS = ("o", ESCAPE, "?", ESCAPE, "w", "0", "s", ESCAPE, "D", ESCAPE, ":ns \t", ESCAPE)
"""Copying, links, help, scope, staging, the difference, completion; and escape from each."""


def visit(text: str, folder: Path) -> bytes:
    """Look at every pane and tab of a cluster that carries the text everywhere; everything that was sent."""
    folder.mkdir()
    path = write(cluster(text), folder / "all.json")
    argv = (
        "-f",
        str(path),
        "--today",
        "2026-11-21",
        "--triage",
        str(folder / "t.yaml"),
        "--no-state",
        "--no-mouse",
    )
    home = {name: str(folder) for name in ("HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME")}
    with on_terminal(argv, **home) as terminal:
        terminal.wait_for(f"{MARK}00")
        terminal.rest()
        terminal.type("2")
        terminal.rest()
        while b"\x1b]52;" not in terminal.out:  # there may be no row in hand yet
            terminal.type("c")
            terminal.more()
            terminal.rest()
        for pane in "123456789":
            terminal.type(pane)
            terminal.rest()
            for _ in range(TABS):
                terminal.type("}")
                terminal.rest()
        terminal.type("2")
        for keys in MENUS:
            terminal.type(keys)
            terminal.rest()
    return terminal.out


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> tuple[Stream, Stream]:
    """What was sent for hostile objects and for sound ones."""
    folder = tmp_path_factory.mktemp("terminal")
    with ThreadPoolExecutor(2) as pool:
        hostile, sound = pool.map(visit, (ALL, BENIGN), (folder / "hostile", folder / "sound"))
    return cut(hostile), cut(sound)


@pytest.mark.slow
def test_the_terminal_is_sent_no_sequence_that_sound_objects_do_not_cause(
    both: tuple[Stream, Stream],
) -> None:
    hostile, sound = both
    assert len(hostile.sequences) > 1_000
    assert hostile.shapes - sound.shapes == frozenset()
    # What the program says itself: places, colours, modes; no string but the clipboard, which the user asked for.
    strings = {item for item in hostile.shapes if not item.startswith("CSI ")}
    assert strings <= {
        "OSC 52",
        "OSC 22",
        repr("\r"),
        repr("\n"),
        repr("\x1b>"),
        repr("\x1b="),
        repr("\x1b7"),
        repr("\x1b8"),
    }


@pytest.mark.slow
def test_no_mark_stands_in_any_sequence(both: tuple[Stream, Stream]) -> None:
    hostile, _ = both
    assert not [item for item in hostile.sequences if MARK in item]


@pytest.mark.slow
def test_the_objects_were_shown(both: tuple[Stream, Stream]) -> None:
    """Else nothing would be proven: the mark of many a payload, and its escape as a visible sign."""
    hostile, _ = both
    assert len(set(re.findall(rf"{MARK}\d\d", hostile.text))) >= len(PAYLOADS) // 2
    assert "␛" in hostile.text
    assert not is_hostile(hostile.text)


@pytest.mark.slow
def test_what_was_copied_is_harmless(both: tuple[Stream, Stream]) -> None:
    hostile, _ = both
    copied = [item for item in hostile.sequences if shape(item) == "OSC 52"]
    assert copied
    for item in copied:
        found = re.fullmatch(r"\x1b\]52;c;([A-Za-z0-9+/=]*)(?:\x07|\x1b\\)", item)
        assert found is not None
        assert not is_hostile(base64.b64decode(found[1]).decode())


def test_linear_mode_sends_no_sequence_at_all(tmp_path: Path) -> None:
    path = write(cluster(ALL), tmp_path / "all.json")
    argv = ("--plain", "-f", str(path), "--today", "2026-11-21", "--triage", str(tmp_path / "t.yaml"))
    home = {name: str(tmp_path) for name in ("HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME")}
    with on_terminal(argv, **home) as terminal:
        for answer in (
            "findings",
            "1",
            "1",
            "home",
            "workloads",
            "1",
            "home",
            "rbac",
            "home",
            "versions",
            "home",
            "quit",
        ):
            terminal.wait_for("?: ", len(terminal.out))
            terminal.type(f"{answer}\n")
        assert terminal.end() == 0
    assert f"{MARK}00" in cut(terminal.out).text
    assert set(cut(terminal.out).sequences) <= {"\r", "\n"}


@pytest.mark.parametrize("name", PAYLOADS)
def test_each_payload_would_be_found_if_it_came_through(name: str) -> None:
    """Raw, it is a control function, or text that is hostile by itself; but for accents, which only pile up."""
    raw = cut(PAYLOADS[name].encode())
    assert raw.sequences or is_hostile(raw.text) or name == "many accents"
