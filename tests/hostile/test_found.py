"""Inputs that once ended the program with a traceback, ended the process itself, or came out changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from ksec_tui.fixes.in_place_files import pieces
from ksec_tui.fixes.in_place_nodes import NotInPlaceError
from ksec_tui.triage import store as triage
from ksec_tui.triage.notation import TriageError
from tests.cli.conftest import process
from tests.hostile.readers import DECISION, FAMILIES

DEEP = "[" * 200_000


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("scan", "--kubeconfig"), 3),
        (("config", "check", "--config"), 2),
        (("triage", "--demo", "--triage"), 2),
        (("scan", "-f"), 0),
        (("can-i", "--demo", "--batch"), 2),
        (("reach", "--demo", "--batch"), 2),
        (("pss", "--demo", "--batch"), 2),
        (("data", "update", "--from"), 3),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_two_hundred_thousand_levels_are_refused(words: tuple[str, ...], code: int, tmp_path: Path) -> None:
    path = tmp_path / "deep.json"
    path.write_text(DEEP)
    answer = process([*words, str(path)])
    assert "Traceback" not in answer.err
    assert answer.code == code
    assert answer.err.strip()


@pytest.mark.parametrize(
    "text",
    ["!!bool foo", "!!int ''", "!!timestamp x", "!!float ''", "a: !!timestamp x", "? [a]\n: b", "9" * 5_000],
)
@pytest.mark.parametrize("name", ["kubeconfig", "settings"])
def test_a_tag_that_does_not_fit_is_a_clear_error(name: str, text: str, tmp_path: Path) -> None:
    FAMILIES[name].read(text.encode(), tmp_path)


def test_a_kubeconfig_without_end_is_refused_in_bounded_memory() -> None:
    answer = process(["scan", "--kubeconfig", "/dev/zero"])
    assert answer.code == 3
    assert "too large" in answer.err


def test_a_file_of_two_byte_order_marks_is_not_changed_in_place() -> None:
    """It would be written in another encoding than it was."""
    text = "kind: Pod\napiVersion: v1\nmetadata: {name: a}\n"
    with pytest.raises(NotInPlaceError, match="not UTF-8"):
        pieces(b"\xef\xbb\xbf" + text.encode("utf-16"))
    assert (
        b"".join(part for _, part in pieces(b"\xef\xbb\xbf" + text.encode()))
        == b"\xef\xbb\xbf" + text.encode()
    )


def test_a_triage_file_of_a_lone_directive_is_not_written_over(tmp_path: Path) -> None:
    path = tmp_path / "t.yaml"
    path.write_text("%")
    with pytest.raises(TriageError, match="cannot be changed"):
        triage.save(path, [DECISION])
    assert path.read_text() == "%"
