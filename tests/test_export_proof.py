"""Every fix that can be exported for a real cluster does what it says, by kubectl and by kustomize."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from ksec_tui.checks import all_checks
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.finding import Finding
from ksec_tui.findings.runner import Results, fix_for, run
from ksec_tui.findings.verdict import Severity, Verdict
from ksec_tui.fixes.apply import apply
from ksec_tui.fixes.export import LAYOUTS, contents, export
from ksec_tui.fixes.plan import FixPlan, Staged
from ksec_tui.fixes.rights import rights_changes
from ksec_tui.fixes.rollout import rolled_out
from ksec_tui.fixes.simulate import Refused, Simulation, simulate
from ksec_tui.sources.base import load
from ksec_tui.sources.files import FileSource
from tests.fixes.carrying import Carried, Objects, carried_out, commands_of
from tests.fixes.deltas import changed, claimed, unclaimed
from tests.fixes.dumps import Tree, objects_in, ref_of, write_changed
from tests.fixes.kubectl import built, kubectl_release, needs_kubectl, needs_kustomize, plain

REAL = Path(__file__).resolve().parent.parent.parent / "shared" / "cluster"
TODAY = "2026-11-21"
ROUNDS = 4

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not REAL.is_dir(), reason="the dump of a real cluster is not here"),
]


@dataclass
class Batch:
    """Fixes that go together, proven and exported.

    Attributes:
        simulation: the proof.
        plan: what was staged.
        folder: of the export.
        foreseen: each touched object as our engine makes it of the raw one; None for what is gone.
    """

    simulation: Simulation
    plan: FixPlan
    folder: Path
    foreseen: dict[ObjectRef, Tree | None]

    @property
    def staged(self) -> tuple[Staged, ...]:
        return self.simulation.plan.staged


@dataclass
class Proof:
    """All batches, and what is refused however it is staged."""

    snapshot: Snapshot
    results: Results
    objects: dict[ObjectRef, Tree]
    fixable: tuple[Staged, ...]
    batches: list[Batch]
    refused: tuple[Refused, ...]


def fixable_in(snapshot: Snapshot, results: Results) -> Iterator[Staged]:
    """Every finding with a fix that can be written as a patch."""
    for finding in results.findings:
        if finding.verdict is Verdict.FAIL and finding.fixable:
            fix = fix_for(finding, all_checks(), snapshot)
            if fix is not None and fix.changes:
                yield Staged(finding, fix)


def planned(items: tuple[Staged, ...]) -> FixPlan:
    return FixPlan(tuple(sorted(items, key=lambda item: (item.finding.subject, item.finding.check))))


def compatible(items: tuple[Staged, ...]) -> tuple[tuple[Staged, ...], tuple[Staged, ...]]:
    """As many as go together without a conflict, and the rest."""
    rivals: dict[str, set[str]] = {}
    for conflict in planned(items).conflicts:
        for mark in conflict.fingerprints:
            rivals.setdefault(mark, set()).update(conflict.fingerprints)
    taken: list[Staged] = []
    barred: set[str] = set()
    for item in items:
        if item.fingerprint not in barred:
            taken.append(item)
            barred |= rivals.get(item.fingerprint, set()) - {item.fingerprint}
    return tuple(taken), tuple(item for item in items if item.fingerprint in barred)


def foreseen(plan: FixPlan, objects: dict[ObjectRef, Tree]) -> dict[ObjectRef, Tree | None]:
    after: dict[ObjectRef, Tree | None] = {}
    for merged in plan.changes():
        target = merged.change.target
        after[target] = apply(after.get(target, objects.get(target)), merged.change)
    return after


@pytest.fixture(scope="module")
def proof(tmp_path_factory: pytest.TempPathFactory) -> Proof:
    """All fixes, in as few batches as they go together in."""
    folder = tmp_path_factory.mktemp("proof")
    snapshot, _ = load(FileSource([str(REAL)], today=TODAY))
    results = run(snapshot, all_checks())
    objects = objects_in(REAL)
    fixable = waiting = tuple(fixable_in(snapshot, results))
    batches: list[Batch] = []
    refused: tuple[Refused, ...] = ()
    while waiting and len(batches) < ROUNDS:
        together, later = compatible(waiting)
        plan = planned(together)
        simulation = simulate(snapshot, plan, all_checks(), results=results)
        refused = simulation.refused
        if not simulation.plan.staged:
            break
        out = folder / str(len(batches))
        export(simulation, plan, snapshot, out, layouts=LAYOUTS)
        batches.append(Batch(simulation, plan, out, foreseen(simulation.plan, objects)))
        waiting = (*later, *(item.staged for item in refused))
    return Proof(snapshot, results, objects, fixable, batches, refused)


@pytest.fixture(scope="module")
def carried(proof: Proof, tmp_path_factory: pytest.TempPathFactory) -> list[Carried]:
    """What kubectl makes of each batch."""
    return [_carried(batch, proof.objects, tmp_path_factory.mktemp("kubectl")) for batch in proof.batches]


def _carried(batch: Batch, objects: Objects, scratch: Path) -> Carried:
    steps, _ = commands_of((batch.folder / "kubectl/commands.sh").read_text())
    return carried_out(steps, batch.folder / "kubectl", objects, batch.foreseen, scratch)


def test_every_fixable_finding_is_exported_or_refused_with_a_reason(proof: Proof) -> None:
    exported = {item.fingerprint for batch in proof.batches for item in batch.staged}
    refused = {item.staged.fingerprint: item.reason for item in proof.refused}
    assert {item.fingerprint for item in proof.fixable} == exported | refused.keys()
    assert all(reason.endswith(".") for reason in refused.values())
    assert len(refused) <= len(proof.fixable) // 100


def test_exporting_again_gives_the_same_bytes(proof: Proof) -> None:
    for batch in proof.batches[1:]:
        files = contents(batch.simulation, batch.plan, proof.snapshot, LAYOUTS)
        written = {
            path.relative_to(batch.folder).as_posix(): path.read_text()
            for path in batch.folder.rglob("*")
            if path.is_file()
        }
        assert files == written


def test_whole_objects_are_what_the_patches_make(proof: Proof) -> None:
    for batch in proof.batches:
        text = (batch.folder / "single/10-replace.yaml").read_text()
        whole = {ref_of(item): item for item in yaml.load_all(text, Loader=yaml.CSafeLoader)}
        patched = {ref for ref, document in batch.foreseen.items() if document and ref in proof.objects}
        missing = patched - whole.keys()
        assert all(f"# {ref}\n" in text for ref in missing)
        assert whole.keys() <= patched
        assert [str(ref) for ref in whole if _kept(whole[ref]) != _kept(batch.foreseen[ref])] == []


def _kept(document: Tree | None) -> Any:
    """What of an object is not the server's."""
    assert document is not None
    meta = {key: document["metadata"].get(key) for key in ("name", "namespace", "labels")}
    rest = {key: value for key, value in document.items() if key not in ("metadata", "status")}
    return plain({**rest, "metadata": meta})


@needs_kubectl
def test_kubectl_makes_of_every_patch_what_was_foreseen(carried: list[Carried]) -> None:
    assert [name for done in carried for name in done.refused] == []
    assert [str(ref) for done in carried for ref in done.other] == []
    # batch/v1 has CronJobs since 1.21; Debian 12 has kubectl 1.20.
    young = {"CronJob"} if kubectl_release() < (1, 21) else set()
    assert {ref.kind for done in carried for ref in done.unknown} <= young


@needs_kubectl
def test_nothing_changes_but_what_the_patch_files_claim(proof: Proof, carried: list[Carried]) -> None:
    stray = {}
    for done in carried:
        for ref, files in done.files.items():
            bodies = [yaml.safe_load(path.read_text()) for path in files]
            keyed = not any(isinstance(body, list) for body in bodies)
            claims = set().union(*(claimed(body) for body in bodies))
            moved = changed(plain(proof.objects[ref]), plain(done.objects[ref]), keyed=keyed)
            assert moved, ref
            if lost := unclaimed(moved, claims):
                stray[ref] = lost
    assert stray == {}


@needs_kubectl
def test_on_a_new_scan_the_findings_are_gone_and_none_is_new(
    proof: Proof, carried: list[Carried], tmp_path: Path
) -> None:
    for number, (batch, done) in enumerate(zip(proof.batches, carried, strict=True)):
        pods: dict[ObjectRef, Tree | None] = {}
        for ref, document in done.objects.items():
            pods |= rolled_out(proof.snapshot, ref, proof.objects.get(ref), document)
        write_changed(REAL, tmp_path / str(number), pods | done.objects)
        again = run(load(FileSource([str(tmp_path / str(number))], today=TODAY))[0], all_checks())
        predicted = run(batch.simulation.snapshot, all_checks())
        assert told(again) == told(predicted)
        stands = {(item.check, item.subject) for item in batch.simulation.moved}
        assert all(batch.foreseen[subject] and subject not in proof.objects for _, subject in stands)
        new = [item for item in brought(proof.results, again) if (item.check, item.subject) not in stands]
        assert [f"{item.check} {item.subject}: {item.words}" for item in new] == []
        left = {(item.check, item.subject): item for item in again.findings}
        staying = [item for item in batch.staged if _stays(item.finding, left)]
        assert [f"{item.finding.check} {item.finding.subject}" for item in staying] == []


def test_nobody_gains_a_right_by_a_binding_that_stands_in_for_another(proof: Proof) -> None:
    seen = 0
    for batch in proof.batches:
        made = {ref for ref in batch.foreseen if ref.kind.endswith("Binding") and ref not in proof.objects}
        found = rights_changes(proof.snapshot, batch.simulation.snapshot, made)
        assert [change.words for change in found if change.gained] == []
        seen += sum(bool(change.lost) for change in found)
    assert seen


def _stays(finding: Finding, left: dict[tuple[str, ObjectRef], Finding]) -> bool:
    """Whether it is still told; an offer of more safety that was taken may be followed by one of still more."""
    now = left.get((finding.check, finding.subject))
    offer = any(item.offer for item in all_checks() if item.id == finding.check)
    return now is not None and not (offer and now.words != finding.words)


def told(results: Results) -> dict[tuple[str, ObjectRef], tuple[Verdict, Severity]]:
    return {(item.check, item.subject): (item.verdict, item.severity) for item in results.findings}


def brought(before: Results, after: Results) -> list[Finding]:
    """Findings that were not there; remarks and offers of more safety are no risks."""
    old, now = told(before), told(after)
    offers = {item.id for item in all_checks() if item.offer}
    gone = [item for item in before.findings if (item.check, item.subject) not in now]
    return [
        item
        for item in after.findings
        if (item.check, item.subject) not in old
        and not (item.verdict is Verdict.FAIL and (item.severity is Severity.INFO or item.check in offers))
        and not any(_worse_at_the_same_place(other, item) for other in gone)
    ]


def _worse_at_the_same_place(gone: Finding, new: Finding) -> bool:
    """Whether what is new is what is left of a worse finding: a mount of the node that can only be read now."""
    places = {(piece.ref, piece.path) for piece in gone.evidence}
    return (
        gone.subject == new.subject
        and gone.severity > new.severity
        and {(piece.ref, piece.path) for piece in new.evidence} <= places
    )


@needs_kubectl
def test_the_way_back_gives_the_original(proof: Proof, carried: list[Carried], tmp_path: Path) -> None:
    for number, (batch, done) in enumerate(zip(proof.batches, carried, strict=True)):
        _, back = commands_of((batch.folder / "kubectl/commands.sh").read_text())
        scratch = tmp_path / str(number)
        scratch.mkdir()
        undone = carried_out(back, batch.folder / "kubectl", done.objects, proof.objects, scratch)
        assert [*undone.refused, *map(str, undone.other)] == []
        for ref, document in undone.objects.items():
            if ref in done.files:
                continue  # compared with the original by kubectl's eyes above
            assert (document is None) == (ref not in proof.objects)


@needs_kustomize
def test_kustomize_makes_the_same_objects(proof: Proof, tmp_path: Path) -> None:
    for number, batch in enumerate(proof.batches):
        left = {ref: document for ref, document in batch.foreseen.items() if document is not None}
        made = by_kustomize(batch, proof.objects, tmp_path / str(number))
        assert made.keys() == left.keys()
        # Kustomize puts items of lists that a patch names first, where their order means nothing.
        differing = (ref for ref in left if changed(plain(made[ref]), plain(left[ref]), keyed=True))
        assert [str(ref) for ref in differing] == []


def by_kustomize(batch: Batch, objects: dict[ObjectRef, Tree], folder: Path) -> dict[ObjectRef, Tree]:
    """What kustomize makes of the exported files over the objects that they are for.

    In several builds, each with a part of the objects and of the patches, since one takes time by their square.
    """
    export_folder = batch.folder / "kustomize"
    index: dict[str, Any] = yaml.safe_load((export_folder / "kustomization.yaml").read_text())
    spaces: dict[str, list[Tree]] = {}
    for patch in index["patches"]:
        spaces.setdefault(patch["target"].get("namespace", ""), []).append(patch)
    touched = [objects[ref] for ref in batch.foreseen if ref in objects]
    folders = []
    for number, (space, patches) in enumerate(spaces.items()):
        overlay = folder / f"overlay-{number}"
        shutil.copytree(export_folder / "patches", overlay / "patches")
        own = [item for item in touched if item["metadata"].get("namespace", "") == space.replace("\\", "")]
        (overlay / "objects.json").write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": own}))
        part = {key: value for key, value in index.items() if key not in ("resources", "patches")}
        _write_index(overlay, part | {"resources": ["objects.json"], "patches": patches})
        folders.append(overlay)
    if index.get("resources"):
        created = folder / "created"
        shutil.copytree(export_folder / "resources", created / "resources")
        _write_index(created, {"resources": index["resources"]})
        folders.append(created)
    with ThreadPoolExecutor((os.cpu_count() or 1) + 1) as pool:
        texts = list(pool.map(built, folders))
    made = [item for text in texts for item in yaml.load_all(text, Loader=yaml.CSafeLoader)]
    return {ref_of(item): item for item in made}


def _write_index(folder: Path, index: Tree) -> None:
    (folder / "kustomization.yaml").write_text(yaml.safe_dump(index))
