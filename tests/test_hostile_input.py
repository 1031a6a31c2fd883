"""Text that a terminal, shell, YAML or Markdown would obey stands in every field: nothing of it acts anywhere."""

from __future__ import annotations

import gzip
import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from ksec_tui.checks import all_checks
from ksec_tui.cluster.kinds import DEPLOYMENT, INGRESS, KINDS, POD
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.cluster.text import is_hostile
from ksec_tui.findings.runner import run
from ksec_tui.fixes.diff import object_diff, yaml_text
from ksec_tui.fixes.export import LAYOUTS, export
from ksec_tui.fixes.offer import offer
from ksec_tui.fixes.plan import FixPlan, Staged
from ksec_tui.fixes.simulate import simulate
from ksec_tui.reports import json_report, table
from ksec_tui.reports.report import make_report
from ksec_tui.sources.base import Problem, load
from ksec_tui.sources.connection import open_connection
from ksec_tui.sources.files import FileSource
from ksec_tui.sources.kubeconfig import ConnectionOptions
from ksec_tui.sources.live import LiveSource
from ksec_tui.sources.saved import SavedSource, save
from tests.apiserver import ApiServer, FakeCluster
from tests.strategies import HOSTILE_TEXTS, filled

Tree = dict[str, Any]

NAMING = frozenset(
    ("name", "namespace", "image", "path", "host", "secretName", "serviceAccountName", "mountPath", "value")
)
"""Keys of text that anybody may choose: a hostile end is put to it, the same everywhere, so that links hold."""

every_text = pytest.mark.parametrize("text", HOSTILE_TEXTS, ids=range(len(HOSTILE_TEXTS)))


def filled_cluster(text: str) -> list[Tree]:
    """Two objects of each kind with the text in all fields: one of that name, one with a name that is sound."""
    found = []
    for kind in KINDS:
        found.append(filled(kind, text))
        found.append(filled(kind, text, name="plain", **({"namespace": "shop"} if kind.namespaced else {})))
    return found


def risky_cluster(text: str, start: int) -> list[Tree]:
    """The Risky example of every sixth check, each in names of its own, which end in the text."""
    return [
        renamed(tree, f"{number}{text}")
        for number, check in enumerate(all_checks()[start::6])
        for tree in yaml.safe_load_all(check.page.risky)
        if tree.get("kind") != "Cluster"
    ]


def renamed(value: Any, end: str, key: str = "") -> Any:
    if isinstance(value, dict):
        return {name: renamed(item, end, name) for name, item in value.items()}
    if isinstance(value, list):
        return [renamed(item, end, key) for item in value]
    return f"{value}{end}" if key in NAMING and isinstance(value, str) else value


def harmless(text: str, *, lines: bool = True) -> None:
    assert not is_hostile(text)
    assert lines or "\n" not in text


def carried_out(snapshot: Snapshot, problems: tuple[Problem, ...], folder: Path) -> dict[str, str]:
    """Everything that comes of a cluster: judged, reported, fixed, exported, saved; all texts by name."""
    checks = all_checks()
    results = run(snapshot, checks)
    assert not [item for item in results.findings if item.reason.startswith("the check itself failed")]
    offered = [(finding, offer(finding, checks, snapshot)) for finding in results.findings]
    plan = FixPlan().stage_many(Staged(finding, fix) for finding, fix in offered if fix is not None)
    simulation = simulate(snapshot, plan, checks, results=results)
    export(simulation, plan, snapshot, folder / "out", layouts=LAYOUTS)
    report = make_report(snapshot, results, checks, problems, lambda _: True)
    texts = {"json": json_report.render(report), "table": table.render(report)}
    for path in sorted((folder / "out").rglob("*")):
        harmless(path.name, lines=False)
        if path.is_file():
            texts[f"out/{path.relative_to(folder / 'out')}"] = path.read_bytes().decode()
    save(snapshot, folder / "saved")
    texts["saved"] = gzip.decompress((folder / "saved").read_bytes()).decode()
    for ref, before in simulation.before.items():
        texts[f"diff {ref}"] = "".join(object_diff(before, simulation.after[ref]))
    for kind in KINDS:
        for item in snapshot.of(kind):
            texts[f"view {item.ref}"] = yaml_text(snapshot.document(item.ref))
    return texts


def judge_texts(texts: dict[str, str]) -> None:
    for name, text in texts.items():
        harmless(name.removeprefix("diff ").removeprefix("view "))
        harmless(text)
    json.loads(texts["json"])
    for name, text in texts.items():
        if name.endswith(".yaml"):
            said = [line for line in text.splitlines() if not line.startswith("#")]
            assert list(yaml.safe_load_all(text)) == list(yaml.safe_load_all("\n".join(said)))
            assert len(list(yaml.safe_load_all(text))) == 1 or name.startswith("out/single/")
    json.loads(texts["out/json/plan.json"])
    check_commands(texts["out/kubectl/commands.sh"])
    for name in ("out/REPORT.md", "out/MANUAL.md"):
        assert not re.search(r"<\w|(?<!\\)\]\(|(?<!\\)[`|*]", texts.get(name, ""))


def check_commands(script: str) -> None:
    """Every line of the script is a comment, `set -eu` or one kubectl command whose words hold no operator."""
    for line in logical_lines(script):
        if not line or line.startswith("#") or line == "set -eu":
            continue
        lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
        lexer.whitespace_split = True
        lexer.commenters = ""
        words = list(lexer)
        assert words == shlex.split(line)
        assert words[0] == "kubectl"
        assert words[1] in ("apply", "patch", "delete", "rollout")


def logical_lines(script: str) -> Iterator[str]:
    """Lines, where a quoted word may hold a line feed."""
    held = ""
    for line in script.split("\n"):
        held = f"{held}\n{line}" if held else line
        if held.startswith("#") or held.replace("'\"'\"'", "").count("'") % 2 == 0:
            yield held
            held = ""
    assert not held


def judged_whole(trees: list[Tree], form: str, folder: Path) -> None:
    path = folder / f"all.{form}"
    if form == "json":
        path.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": trees}))
    else:
        path.write_text(yaml.safe_dump_all(trees))
    snapshot, problems = load(FileSource([str(path)], today="2026-11-21"))
    assert snapshot.count() > 20
    judge_texts(carried_out(snapshot, problems, folder))
    again, _ = load(SavedSource(folder / "saved"))
    assert verdicts(again) == verdicts(snapshot)


@every_text
def test_no_text_in_any_field_acts_in_anything_that_is_shown_or_written(text: str, tmp_path: Path) -> None:
    judged_whole(filled_cluster(text), "json", tmp_path)


@every_text
def test_no_name_acts_in_the_findings_and_fixes_that_carry_it(text: str, tmp_path: Path) -> None:
    """A sixth of the checks with each text."""
    number = HOSTILE_TEXTS.index(text)
    judged_whole(risky_cluster(text, number % 6), "yaml" if number % 5 == 4 else "json", tmp_path)


def test_a_server_may_send_what_it_likes(tmp_path: Path) -> None:
    """The same from a live cluster, all texts at once; names are what its store can hold."""
    plain = [f"n{number}" for number in range(len(HOSTILE_TEXTS))]
    trees = [
        filled(kind, text, name=name, **({"namespace": "shop"} if kind.namespaced else {}))
        for kind in KINDS
        for name, text in zip(plain, HOSTILE_TEXTS, strict=True)
        if "\ud800" not in text
    ]
    with ApiServer(FakeCluster(trees)) as server:
        server.kubeconfig(tmp_path / "config")
        options = ConnectionOptions(kubeconfig=str(tmp_path / "config"))
        snapshot, problems = load(LiveSource(open_connection(options)))
    assert snapshot.count() > len(trees) // 2
    judge_texts(carried_out(snapshot, problems, tmp_path))


def test_a_megabyte_in_every_field_is_cut_everywhere(tmp_path: Path) -> None:
    """Names, values and keys of a megabyte: shown cut, and no fix carries what was cut."""
    text = "x\x1b" * (1 << 19)
    trees = [filled(kind, "n", name="n", annotations={"big": text[: 1 << 16]}) for kind in KINDS]
    trees.append(filled(POD, "n", name=text))
    trees.append(filled(POD, "n", name="big", annotations={text: text}))
    trees.append(filled(INGRESS, text[: 1 << 17], name="huge"))
    trees.append(filled(DEPLOYMENT, text[: 1 << 16], name="huge"))
    path = tmp_path / "all.json"
    path.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": trees}))
    snapshot, problems = load(FileSource([str(path)], today="2026-11-21"))
    texts = carried_out(snapshot, problems, tmp_path)
    judge_texts(texts)
    assert max(map(len, texts["table"].splitlines())) < 100_000


def verdicts(snapshot: Snapshot) -> list[tuple[str, str]]:
    return [(item.verdict.value, item.fingerprint) for item in run(snapshot, all_checks()).findings]
