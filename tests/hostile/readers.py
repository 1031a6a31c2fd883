"""Everything that reads what somebody else wrote: with valid examples, and the errors that it may answer with."""

from __future__ import annotations

import functools
import gzip
import io
import json
import lzma
import tarfile
import tempfile
from collections.abc import Callable, Sequence
from importlib import resources
from pathlib import Path
from typing import NamedTuple

import msgspec
import yaml

from ksec_tui.analysis.network.questions import read_question
from ksec_tui.analysis.pod_security.cases import read_case
from ksec_tui.analysis.rbac.reviews import read_review
from ksec_tui.checks import all_checks
from ksec_tui.cli import settings
from ksec_tui.cli.batch import read_lines
from ksec_tui.cli.command import CliError
from ksec_tui.cli.renewal import UpdateError, fetch, plan
from ksec_tui.cluster.kinds import KINDS
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.cluster.text import is_hostile
from ksec_tui.data.versions.store import FILES
from ksec_tui.findings.filter import FilterError, parse
from ksec_tui.findings.fix import Change, PatchType
from ksec_tui.findings.runner import run
from ksec_tui.fixes.edit import read_edit
from ksec_tui.fixes.errors import PatchError
from ksec_tui.fixes.in_place_edits import edited
from ksec_tui.fixes.in_place_files import pieces
from ksec_tui.fixes.in_place_nodes import NotInPlaceError
from ksec_tui.sources.base import SourceError, load
from ksec_tui.sources.connection import open_connection
from ksec_tui.sources.files import FileSource
from ksec_tui.sources.kubeconfig import ConnectionOptions, contexts, find_target
from ksec_tui.sources.saved import SavedSource, save
from ksec_tui.sources.yaml_reader import YamlError, documents
from ksec_tui.state import store as state
from ksec_tui.state.values import Bookmark, Kept, Look
from ksec_tui.triage import seen
from ksec_tui.triage import store as triage
from ksec_tui.triage.decision import Decision
from ksec_tui.triage.decision import State as Ruled
from ksec_tui.triage.notation import TriageError
from tests.hostile.examples import ACCOUNT, FILTERS, KUBECONFIG, QUESTIONS, SETTINGS, TRIAGE, WEB
from tests.strategies import filled

TODAY = "2026-11-21"
Seeds = Sequence[bytes]
Read = Callable[[bytes, Path], None]


class Family(NamedTuple):
    """One kind of input: valid examples, and what reads them; it raises for whatever else than a clear error."""

    seeds: Callable[[], Seeds]
    read: Read


def clear(error: Exception) -> None:
    """An error that a person can act on: not empty, and nothing in it acts on a terminal."""
    assert str(error).strip()
    assert not is_hostile(str(error))


def told(error: Exception) -> None:
    """An error whose text is cleaned where it is printed: it says something."""
    assert str(error).strip()


def judged(snapshot: Snapshot) -> None:
    """What was read ends in verdicts, and no check gives up."""
    assert not snapshot.coverage.pending
    results = run(snapshot, CHECKS)
    assert not [found for found in results.findings if found.reason.startswith("the check itself failed")]
    for found in results.findings:
        for text in (found.subject.name, found.reason, *(item.words for item in found.evidence)):
            assert not is_hostile(text)


CHECKS = all_checks()[::4]


def _files(name: str) -> Read:
    def read(data: bytes, folder: Path) -> None:
        (folder / name).write_bytes(data)
        try:
            snapshot, problems = load(FileSource([str(folder / name)], today=TODAY))
        except SourceError as error:
            clear(error)
            return
        for problem in problems:
            assert not is_hostile(problem.where + problem.reason)
        judged(snapshot)

    return read


def _trees() -> list[dict[str, object]]:
    return [filled(kind, "n") for kind in KINDS[::4]]


def yaml_seeds() -> Seeds:
    """A file by hand, and objects with every field that is known."""
    made = yaml.safe_dump_all(_trees())
    return WEB.encode(), f"{WEB}---\n{ACCOUNT}".encode(), made.encode()


def json_seeds() -> Seeds:
    """A list as kubectl prints it, and a server's version."""
    listed = {"apiVersion": "v1", "kind": "List", "items": _trees()}
    version = {"serverVersion": {"gitVersion": "v1.31.2", "buildDate": "2025-01-01T00:00:00Z"}}
    return (json.dumps(listed, indent=1).encode(), json.dumps(listed).encode(), json.dumps(version).encode())


def tar_seeds() -> Seeds:
    """Archives, plain and packed."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as file:
        for name, content in (("a/web.yaml", WEB.encode()), ("pods.json", json_seeds()[1])):
            info = tarfile.TarInfo(name)
            info.size = len(content)
            file.addfile(info, io.BytesIO(content))
    plain = buffer.getvalue()
    return plain, gzip.compress(plain, mtime=0), lzma.compress(plain)


@functools.cache
def _saved_bytes() -> bytes:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "a.json").write_bytes(json_seeds()[1])
        save(load(FileSource([str(folder / "a.json")], today=TODAY))[0], folder / "s")
        return gzip.decompress((folder / "s").read_bytes())


def _saved(data: bytes, folder: Path) -> None:
    for content in (data, gzip.compress(data, 1, mtime=0)):
        (folder / "s").write_bytes(content)
        try:
            snapshot, problems = load(SavedSource(folder / "s"))
        except SourceError as error:
            clear(error)
            continue
        for problem in problems:
            assert not is_hostile(problem.where + problem.reason)
        judged(snapshot)


DECISION = Decision("wl-host-pid", "/Pod/shop/web", Ruled.OPEN, "2026-11-21T00:00:00Z")


def _triage(data: bytes, folder: Path) -> None:
    path = folder / "t.yaml"
    path.write_bytes(data)
    try:
        before = triage.load(path).triage.decisions
        triage.save(path, [DECISION])
    except TriageError as error:
        clear(error)
        assert path.read_bytes() == data
        return
    after = triage.load(path).triage.decisions
    assert {**before, DECISION.fingerprint: after[DECISION.fingerprint]} == after


def _seen(data: bytes, folder: Path) -> None:
    (folder / "seen").write_bytes(data)
    try:
        seen.load(folder / "seen")
    except TriageError as error:
        clear(error)


def seen_seeds() -> Seeds:
    """What was seen at the last time."""
    row = {"check": "wl-host-pid", "object": "/Pod/shop/web", "first": "2026-11-01", "last": "2026-11-21"}
    head = {"schema": seen.SCHEMA, "last": "2026-11-21", "seen": [{**row, "evidence": "ab", "gone": ""}]}
    return (json.dumps(head).encode(),)


def _state(data: bytes, folder: Path) -> None:
    (folder / "s.json").write_bytes(data)
    try:
        kept = state.load(folder / "s.json")
    except state.StateError as error:
        clear(error)
        return
    shown = [*kept.views, *(line for lines in kept.typed.values() for line in lines)]
    assert not any(map(is_hostile, shown + [item.words for item in kept.bookmarks]))


def state_seeds() -> Seeds:
    """Bookmarks, views and what was typed."""
    look = Look("findings", filter="sev:high")
    kept = Kept().with_bookmark(Bookmark("web", look, "row", "apps/Deployment/shop/web"))
    kept = kept.with_view("v", look).with_typed("filter", "is:new")
    return (msgspec.json.encode({"schema": state.SCHEMA, "kept": kept}),)


def _settings(data: bytes, folder: Path) -> None:
    (folder / "config.yaml").write_bytes(data)
    try:
        settings.load_settings(str(folder / "config.yaml"))
    except CliError as error:
        clear(error)


def _kubeconfig(data: bytes, folder: Path) -> None:
    (folder / "config").write_bytes(data)
    options = ConnectionOptions(kubeconfig=str(folder / "config"))
    try:
        contexts(options)
        find_target(options)
        open_connection(options)
    except SourceError as error:
        clear(error)


def _batch(data: bytes, folder: Path) -> None:
    (folder / "lines").write_bytes(data)
    for read in (read_review, read_question, read_case):
        for line in (data, *data.splitlines()):
            (folder / "lines").write_bytes(line)
            try:
                read_lines(str(folder / "lines"), read)
            except CliError as error:
                told(error)


def _edit(data: bytes, _: Path) -> None:
    bodies: tuple[tuple[PatchType, object], ...] = (
        (PatchType.STRATEGIC, {"spec": {"hostPID": None}}),
        (PatchType.JSON, [{"op": "remove", "path": "/spec/hostPID"}]),
        (PatchType.CREATE, {"kind": "Pod", "metadata": {"name": "web", "namespace": "shop"}}),
    )
    for form, body in bodies:
        try:
            read_edit(data, Change(ObjectRef("shop", "Pod", "web"), form, body))
        except PatchError as error:
            clear(error)


def edit_seeds() -> Seeds:
    """What comes back from an editor."""
    return (
        b"# a comment\nspec:\n  template:\n    spec: {hostPID: null}\n",
        b'- {op: test, path: /spec/hostPID, value: true}\n- op: remove\n  path: "/spec/hostPID"\n',
        b"kind: Pod\nmetadata: {name: web, namespace: shop}\n",
    )


def _in_place(data: bytes, _: Path) -> None:
    try:
        parts = pieces(data)
    except (NotInPlaceError, ValueError) as error:
        told(error)
        return
    assert b"".join(part for _, part in parts) == data
    for line, part in parts:
        try:
            trees = [found.tree for found in documents(part, line)] if line else []
        except YamlError:
            continue
        for tree in trees:
            if isinstance(tree, dict):
                try:
                    text = edited(part.decode(), tree, {**tree, "added": {"by": ["us"]}})
                except (NotInPlaceError, UnicodeDecodeError):
                    continue
                assert "added" in text


def _facts(data: bytes, folder: Path) -> None:
    (folder / "facts.json").write_bytes(data)
    try:
        plan(fetch(str(folder / "facts.json")), allow_older=True)
    except UpdateError as error:
        told(error)


def facts_seeds() -> Seeds:
    """The facts that come with the program, cut to their first rows."""
    found = []
    for name in FILES:
        tree = json.loads(resources.files("ksec_tui.data.versions").joinpath(name).read_bytes())
        found.append(json.dumps({key: _first(value) for key, value in tree.items()}).encode())
    return found


def _first(value: object) -> object:
    if isinstance(value, list):
        return value[:2]
    return dict(list(value.items())[:2]) if isinstance(value, dict) else value


def _filter(data: bytes, _: Path) -> None:
    try:
        parse(data.decode("utf-8", "surrogateescape"))
    except FilterError as error:
        told(error)


FAMILIES: dict[str, Family] = {
    "yaml": Family(yaml_seeds, _files("a.yaml")),
    "json": Family(json_seeds, _files("all.json")),
    "tar": Family(tar_seeds, _files("a.tgz")),
    "saved": Family(lambda: (_saved_bytes(),), _saved),
    "triage": Family(lambda: (TRIAGE.encode(), TRIAGE.replace("\n", "\r\n").encode()), _triage),
    "seen": Family(seen_seeds, _seen),
    "state": Family(state_seeds, _state),
    "settings": Family(lambda: (SETTINGS.encode(),), _settings),
    "kubeconfig": Family(lambda: (KUBECONFIG.encode(),), _kubeconfig),
    "batch": Family(lambda: (QUESTIONS.encode(), *QUESTIONS.encode().splitlines()), _batch),
    "edit": Family(edit_seeds, _edit),
    "in place": Family(lambda: (*yaml_seeds()[:2], json_seeds()[1]), _in_place),
    "facts": Family(facts_seeds, _facts),
    "filter": Family(lambda: FILTERS, _filter),
}
"""By name."""
