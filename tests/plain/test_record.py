"""The summary of a session in linear mode."""

from __future__ import annotations

from pathlib import Path

from tests.plain.conftest import Talk
from tests.plain.dialogue import Row

WORK = (
    "findings rule:wl-privileged verdict:fail", "1", "1", "stage",
    "decide", Row("risk accepted"), "moves | soon", "ann", "",
)  # fmt: skip


def test_the_session_is_summed_up_with_what_was_seen_staged_and_decided(shop: Talk) -> None:
    said = "".join(shop(*WORK, "summary", "more", "more", "more").said[10:])
    assert "# Triage session" in said
    assert "accepted until 2026-12-21 by ann" in said
    assert "wl-privileged" in said
    assert "Staged: 1, not exported" in said


def test_a_summary_is_written_to_a_file_once(shop: Talk, tmp_path: Path) -> None:
    file = tmp_path / "session.md"
    talked = shop(
        *WORK, "plan", f"export {tmp_path / 'out'}", Row("include them"), f"summary {file}", f"summary {file}"
    )
    assert "is there already" in talked.last
    text = file.read_text(encoding="utf-8")
    assert "Staged: 1, exported" in text
    assert f"files in {tmp_path}" in text.replace("\\", "")
    assert "moves \\| soon" in text
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_place_that_cannot_be_written_is_told(shop: Talk, tmp_path: Path) -> None:
    assert "Not written: " in shop(f"summary {tmp_path / 'no' / 'such' / 'folder.md'}").last
