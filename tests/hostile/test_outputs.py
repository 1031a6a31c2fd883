"""Every command on objects that attack whoever prints them: only harmless characters reach stdout, stderr and files."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
from pathlib import Path

import pytest
import yaml

from ksec_tui import cli
from ksec_tui.cli.tree import command_tree
from ksec_tui.cluster.text import is_hostile
from tests.hostile.payloads import ALL, FORMULAS, MARK, MARKUP, PAYLOADS, cluster, risky, write

TODAY = ("--today", "2026-11-21")
SUBJECT = f"user:{ALL}"
COMMANDS: dict[str, tuple[tuple[str, ...], ...]] = {
    "audit": (("audit",), ("audit", "-o", "json")),
    "can-i": (
        ("can-i", "get", "pods", "--subject", SUBJECT),
        ("can-i", "get", ALL, ALL, "--subject", SUBJECT, "-n", ALL, "-o", "json"),
        ("can-i", "--batch", "{batch}"),
    ),
    "connections diff": tuple(
        ("connections", "diff", "{risky}", "{half}", "-o", form) for form in ("txt", "json", "csv")
    ),
    "exposure": (("exposure",), ("exposure", "--all", "-o", "json")),
    "fix": (
        ("fix", "--max-risk", "review", "--out", "{new}"),
        ("fix", "--max-risk", "review", "--out", "{new}", "-o", "json"),
    ),
    "frameworks": (("frameworks",), ("frameworks", "-o", "json"), ("frameworks", "-o", "markdown")),
    "paths": (
        ("paths",),
        ("paths", "-o", "json"),
        ("paths", "--from", ALL, "--to", ALL),
        ("paths", "--lens", "container", "--most", "200"),
    ),
    "pss": (("pss",), ("pss", "-o", "json"), ("pss", "-o", "kustomize"), ("pss", "--batch", "{batch}")),
    "reach": (
        ("reach", "--from", ALL, "--to", ALL, "--port", ALL),
        ("reach", "--from", "10.0.0.1", "--to", "shop/plain", "--port", "80", "-o", "json"),
        ("reach", "--batch", "{batch}"),
    ),
    "scan": (
        ("scan",),
        ("scan", "-o", "json"),
        ("scan", "--filter", ALL),
        ("scan", "--show-dismissed", "--triage", "{triage}"),
    ),
    "snapshot save": (("snapshot", "save", "{new}"),),
    "triage list": (
        ("triage", "list", "--triage", "{triage}"),
        ("triage", "list", "--triage", "{triage}", "-o", "json"),
    ),
    "triage audit": (
        ("triage", "audit", "--triage", "{triage}"),
        ("triage", "audit", "--triage", "{triage}", "-o", "json"),
    ),
    **{
        f"triage {name}": (("triage", name, "--triage", "{copy}", "--filter", "sev:critical", *words, *last),)
        for name, words in (
            ("accept", ("--reason", ALL, "--owner", ALL, "--expires", "2026-12-01")),
            ("false-positive", ("--reason", ALL)),
            ("wont-fix", ("--reason", ALL)),
            ("mitigated", ("--reason", ALL)),
            ("in-progress", ()),
            ("reopen", ()),
        )
        for last in ((),)
    },
    "versions": (("versions",), ("versions", "-o", "json")),
    "who-can": (("who-can", "get", "secrets"), ("who-can", ALL, ALL, "-o", "json")),
    # Last, since it changes the file.
    "fix in place": (("fix", "--in-place", "-o", "json"),),
}
"""Command lines for each command that reads a cluster; braces stand for files."""
WITHOUT_CLUSTER = frozenset(
    {"checks", "completion", "docs", "version", "rbac-manifest", "data show", "data update"}
    | {f"config {name}" for name in ("show", "validate", "path", "schema", "init")}
)
TRIAGE = """\
schema: ksec-triage/1
decisions:
- {{check: {0}, object: {0}, state: accepted, reason: {0}, owner: {0}, at: 2026-11-20, expires: 2026-12-01}}
- {{check: wl-privileged, object: /Pod/shop/plain, state: accepted, reason: {0}, owner: {0}, at: 2026-11-20,
  expires: 2026-12-01}}
"""
GIVEN = frozenset({"all.json", "risky.json", "half.json", "batch", "triage.yaml"})


class Run:
    """Runs command lines on one cluster."""

    def __init__(self, folder: Path, text: str) -> None:
        self.folder = folder
        trees = cluster(text)
        quoted = yaml.safe_dump(text, default_style='"', width=1_000_000).strip()
        triage = TRIAGE.format(quoted)
        self.places = {
            "{file}": str(write(trees, folder / "all.json")),
            # What every field of is hostile is no policy that can be simulated.
            "{risky}": str(write(risky(text), folder / "risky.json")),
            "{half}": str(write(risky(text)[::2], folder / "half.json")),
            "{batch}": str(folder / "batch"),
            "{triage}": str(folder / "triage.yaml"),
            "{copy}": str(folder / "copy.yaml"),
        }
        (folder / "triage.yaml").write_text(triage, encoding="utf-8")
        (folder / "copy.yaml").write_text(triage, encoding="utf-8")
        (folder / "batch").write_text(
            json.dumps({"id": text, "user": text, "spec": {text: text}, "from": {"ip": text}})
        )
        self._count = 0

    def __call__(
        self, words: tuple[str, ...], capture: pytest.CaptureFixture[bytes]
    ) -> tuple[int, bytes, bytes]:
        self._count += 1
        places = {**self.places, "{new}": str(self.folder / f"new{self._count}")}
        line = [places.get(word, word) for word in words]
        if words[0] != "connections":
            line += ["-f", self.places["{file}"], *TODAY]
        code = cli.main(line)
        out, err = capture.readouterr()
        return code, out, err


def harmless(data: bytes, where: object) -> str:
    text = data.decode()
    assert not is_hostile(text), (where, [line for line in text.split("\n") if is_hostile(line)][:3])
    return text


@pytest.fixture(autouse=True)
def _home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME", "HOME"):
        monkeypatch.setenv(name, str(tmp_path / "home"))
    for name in ("KUBECONFIG", "KSEC_CONFIG"):
        monkeypatch.delenv(name, raising=False)


def test_every_command_that_reads_a_cluster_is_run() -> None:
    leaves = {" ".join(node.path) for node in command_tree().walk() if node.path and not node.children}
    assert leaves == {*COMMANDS, *WITHOUT_CLUSTER} - {"fix in place"}


def test_no_sequence_reaches_stdout_stderr_or_a_file(
    tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    """All payloads, in every field of every kind, through every command in its first form."""
    _through([lines[0] for lines in COMMANDS.values()], tmp_path, capfdbinary)


@pytest.mark.slow
def test_no_sequence_reaches_any_other_form_of_output(
    tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    _through([line for lines in COMMANDS.values() for line in lines], tmp_path, capfdbinary)


def _through(
    commands: list[tuple[str, ...]], tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    run = Run(tmp_path, ALL)
    shown: set[str] = set()
    for words in commands:
        code, out, err = run(words, capfdbinary)
        assert code in (0, 1, 2, 3, 4), words
        text = harmless(out, words) + harmless(err, words)
        assert text.strip(), words
        assert "Traceback" not in text
        if "json" in words:
            assert json.loads(out) is not None, words
        shown |= set(re.findall(rf"{MARK}\d\d", text))
    assert len(shown) == len(PAYLOADS)
    files = [path for path in tmp_path.rglob("*") if path.is_file() and path.name not in GIVEN]
    assert len(files) > 10
    for path in files:
        assert re.fullmatch(r"[A-Za-z0-9._-]+", path.name), path
        data = path.read_bytes()
        if data[:2] == b"\x1f\x8b":
            data = gzip.decompress(data)
        harmless(data, path)
        if path.suffix == ".yaml":
            list(yaml.safe_load_all(data))


def test_no_cell_is_a_formula(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    for number, text in enumerate(FORMULAS):
        folder = tmp_path / str(number)
        folder.mkdir()
        one, other = (str(write(risky(text)[::step], folder / f"{step}.json")) for step in (1, 2))
        assert cli.main(["connections", "diff", one, other, "-o", "csv"]) in (0, 1)
        rows = list(csv.reader(io.StringIO(capfdbinary.readouterr().out.decode(), newline="")))
        assert len(rows) > 1
        assert "cmd" in str(rows)
        assert not [
            cell for row in rows for cell in row if cell.lstrip(" ")[:1] in ("=", "+", "-", "@", "＝")
        ]


def test_no_markup_acts_in_what_is_written_as_markdown(
    tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    run = Run(tmp_path, "\n".join(("", *MARKUP, *FORMULAS)))
    _, out, _ = run(("frameworks", "-o", "markdown"), capfdbinary)
    plain_markdown(out.decode())
    run(("fix", "--max-risk", "review", "--out", "{new}"), capfdbinary)
    reports = list(tmp_path.glob("new*/*.md"))
    assert {report.name for report in reports} == {"MANUAL.md", "REPORT.md"}
    for report in reports:
        text = report.read_text()
        assert "onerror" in text
        plain_markdown(text)


def plain_markdown(text: str) -> None:
    """Nothing in it is HTML, a link or a picture of others, and no line of others begins a block."""
    inner = re.sub(r"(`+)[^`].*?\1", "", text.replace("<!-- -->", ""))  # what parts @ from a name
    assert not re.search(r"<[a-zA-Z!/]", inner), inner
    assert not re.search(r"(?<!\\)!\[|(?<!\\)\]\((?!https://)", inner)
    assert not re.search(r"(?m)^(# Heading|- \[x\]|kind: Secret)", inner)
