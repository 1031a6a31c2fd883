"""A proven plan goes into the manifest files themselves, or the reason is told and the file is left alone."""

from __future__ import annotations

import json
import os
import stat
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from ksec_tui.checks import all_checks
from ksec_tui.findings.fix import Risk
from ksec_tui.findings.runner import Results, run
from ksec_tui.findings.verdict import Verdict
from ksec_tui.fixes.in_place import FileChange, Settled, settle, write
from ksec_tui.fixes.offer import offer
from ksec_tui.fixes.plan import FixPlan, Staged
from ksec_tui.fixes.simulate import Simulation, simulate
from ksec_tui.sources.base import load
from ksec_tui.sources.files import FileSource

REAL = Path(__file__).resolve().parent.parent.parent.parent / "shared" / "cluster"
TODAY = "2026-11-21"

WEB = """\
# The shop's front.
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: shop
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      hostPID: true # profiler
      containers:
        - name: app
          image: "example/web:1" # pinned by hand
"""
BATCH = WEB.replace("name: web", "name: batch").replace("app: web", "app: batch")
ACCOUNT = "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: web, namespace: shop}\n"
UNUSED_BINDING = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: ghosts, namespace: shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: gone}
subjects: []
"""


class Case:
    """A folder of manifests and the plan of all their fixes up to a risk."""

    def __init__(
        self, *roots: Path, checks: str = "", most: int = Risk.LIKELY.rank, stdin: bytes | None = None
    ) -> None:
        self.roots = [str(root) for root in roots]
        self.source = FileSource(self.roots, today=TODAY, stdin=stdin)
        self.snapshot, _ = load(self.source)
        self.results: Results = run(self.snapshot, all_checks())
        staged = []
        for finding in self.results.findings:
            fix = offer(finding, all_checks(), self.snapshot)
            if fix is not None and fix.changes and fix.risk.rank <= most and finding.check.startswith(checks):
                staged.append(Staged(finding, fix, confirmed=True))
        self.plan = FixPlan().stage_many(staged)

    def prove(self, plan: FixPlan) -> Simulation:
        return simulate(self.snapshot, plan, all_checks(), results=self.results)

    def settled(self) -> Settled:
        origins, repeated = self.source.origins, self.source.repeated
        return settle(self.prove(self.plan), self.prove, origins, repeated, self.roots)

    def put(self) -> Settled:
        done = self.settled()
        assert write(done.files) == {}
        return done


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    found = tmp_path / "manifests"
    found.mkdir()
    return found


def reasons(done: Settled) -> str:
    return "\n".join(sorted({refused.reason for refused in done.refused}))


def only(done: Settled) -> FileChange:
    (found,) = done.files
    return found


def test_a_fix_changes_its_lines_alone(folder: Path) -> None:
    file = folder / "all.yaml"
    file.write_text(f"{ACCOUNT}---\n# first\n{WEB}---\n{BATCH}...\n", encoding="utf-8")
    file.chmod(0o640)
    Case(folder, checks="wl-host-pid", most=Risk.REVIEW.rank).put()
    after = file.read_text(encoding="utf-8")
    assert after == f"{ACCOUNT}---\n# first\n{WEB}---\n{BATCH}...\n".replace("hostPID: true # prof", "# prof")
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert [entry.name for entry in folder.iterdir()] == ["all.yaml"]


@pytest.mark.parametrize("mark", ["", "\ufeff"], ids=["plain", "byte order mark"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"], ids=["lf", "crlf"])
def test_everything_that_was_fixed_is_gone_on_a_new_look(folder: Path, mark: str, newline: str) -> None:
    file = folder / "web.yaml"
    text = f"{mark}{ACCOUNT}---\n{WEB}---\n{BATCH}"
    file.write_text(text.replace("\n", newline), encoding="utf-8", newline="")
    case = Case(folder)
    done = case.put()
    assert len(done.simulation.plan.staged) >= 8
    assert done.refused == ()
    data = file.read_bytes()
    assert data.startswith(mark.encode())
    assert data.count(b"\n") == data.count(newline.encode())
    assert data.count(b"# ") == text.count("# ")
    left = {finding.fingerprint for finding in Case(folder).results.findings}
    gone = {finding.fingerprint for finding in done.simulation.removed}
    assert gone
    assert not gone & left


def test_lists_and_json_are_changed_item_by_item(folder: Path) -> None:
    items = [yaml.safe_load(text) for text in (WEB, BATCH, ACCOUNT)]
    file = folder / "list.json"
    file.write_text(
        json.dumps({"apiVersion": "v1", "kind": "List", "items": items}, indent=4), encoding="utf-8"
    )
    done = Case(folder).put()
    after = file.read_text(encoding="utf-8")
    assert after == json.dumps(json.loads(after), indent=4)
    assert done.refused == ()
    assert not Case(folder).plan.staged


def test_an_object_that_goes_takes_its_document_along(folder: Path) -> None:
    file = folder / "rbac.yaml"
    file.write_text(f"{ACCOUNT}---\n{UNUSED_BINDING}---\n{BATCH}", encoding="utf-8")
    (folder / "alone.yaml").write_text(UNUSED_BINDING.replace("ghosts", "alone"), encoding="utf-8")
    (folder / "told.yaml").write_text(
        f"{ACCOUNT.replace('web', 'x')}---\n# why\n{UNUSED_BINDING.replace('ghosts', 'told')}",
        encoding="utf-8",
    )
    case = Case(folder, checks="hyg-", most=Risk.REVIEW.rank)
    assert {change.type.value for item in case.plan.staged for change in item.fix.changes} == {"delete"}
    done = case.put()
    assert file.read_text(encoding="utf-8") == f"{ACCOUNT}---\n{BATCH}"
    assert "it is all that its file holds: delete the file" in reasons(done)
    assert "comments would go with it" in reasons(done)
    assert [change.path.name for change in done.files] == ["rbac.yaml"]


EMPTY_RBAC = "".join(
    f"---\n{{apiVersion: rbac.authorization.k8s.io/v1, kind: {kind}List, items: []}}\n"
    for kind in ("Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding")
)


def own_account(folder: Path) -> Case:
    """A workload that is to get a ServiceAccount of its own: a new object and a patch, together."""
    default = ACCOUNT.replace("name: web", "name: default")
    (folder / "rbac.yaml").write_text(f"{default}{EMPTY_RBAC}", encoding="utf-8")
    (folder / "base").mkdir()
    (folder / "base" / "web.yaml").write_text(WEB, encoding="utf-8")
    case = Case(folder, checks="sec-default-sa", most=Risk.REVIEW.rank)
    assert [change.type.value for item in case.plan.staged for change in item.fix.changes] == [
        "create",
        "strategic",
    ]
    return case


def test_a_new_object_gets_a_file_beside_the_one_it_is_for(folder: Path) -> None:
    done = own_account(folder).put()
    assert done.refused == ()
    assert [(change.path.name, change.before is None) for change in done.files] == [
        ("shop.serviceaccount.web.yaml", True),
        ("web.yaml", False),
    ]
    text = (folder / "base" / "shop.serviceaccount.web.yaml").read_text(encoding="utf-8")
    assert text.startswith("# sec-default-sa: ")
    assert yaml.safe_load(text)["metadata"] == {"name": "web", "namespace": "shop"}
    found = Case(folder).results.by_check["sec-default-sa"].findings
    assert not [finding for finding in found if finding.verdict is Verdict.FAIL], found


def test_a_fix_of_several_objects_goes_in_whole_or_not_at_all(folder: Path) -> None:
    case = own_account(folder)
    taken = folder / "base" / "shop.serviceaccount.web.yaml"
    taken.write_text("mine\n", encoding="utf-8")
    done = case.put()
    assert done.files == ()
    assert "shop.serviceaccount.web.yaml is there already" in reasons(done)
    assert taken.read_text(encoding="utf-8") == "mine\n"
    assert (folder / "base" / "web.yaml").read_text(encoding="utf-8") == WEB


def refused_case(how: Callable[[Path], list[Path]], folder: Path) -> Settled:
    roots = how(folder)
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    done = Case(*roots).settled()
    assert done.files == ()
    assert done.refused
    assert write(done.files) == {}
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
    return done


def twice(folder: Path) -> list[Path]:
    for name in ("a.yaml", "b.yaml"):
        (folder / name).write_text(WEB, encoding="utf-8")
    return [folder]


def linked(folder: Path) -> list[Path]:
    (folder / "real.txt").write_text(WEB, encoding="utf-8")
    (folder / "link.yaml").symlink_to(folder / "real.txt")
    return [folder / "link.yaml"]


def hard_linked(folder: Path) -> list[Path]:
    (folder / "web.yaml").write_text(WEB, encoding="utf-8")
    os.link(folder / "web.yaml", folder / "other.txt")
    return [folder]


def read_only(folder: Path) -> list[Path]:
    (folder / "web.yaml").write_text(WEB, encoding="utf-8")
    (folder / "web.yaml").chmod(0o444)
    return [folder]


def packed(folder: Path) -> list[Path]:
    (folder / "web.yaml").write_text(WEB, encoding="utf-8")
    with tarfile.open(folder / "all.tgz", "w:gz") as archive:
        archive.add(folder / "web.yaml", "web.yaml")
    return [folder / "all.tgz"]


def template(folder: Path) -> list[Path]:
    (folder / "web.yaml").write_text(WEB.replace("example/web:1", "{{ .Values.image }}"), encoding="utf-8")
    return [folder]


def commented_template(folder: Path) -> list[Path]:
    (folder / "web.yaml").write_text(f"# {{{{- if .Values.on }}}}\n{WEB}# {{{{- end }}}}\n", encoding="utf-8")
    return [folder]


def shared(folder: Path) -> list[Path]:
    text = WEB.replace("    spec:\n", "    spec: &pod\n") + "x-more: *pod\n"
    (folder / "web.yaml").write_text(text, encoding="utf-8")
    return [folder]


def wide(folder: Path) -> list[Path]:
    (folder / "web.yaml").write_bytes(WEB.encode("utf-16"))
    return [folder]


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        (twice, "found more than once"),
        (linked, "is a symbolic link"),
        (hard_linked, "hard links"),
        (read_only, "not writable"),
        (packed, "from an archive"),
        (template, "is a template"),
        (commented_template, "is a template"),
        (shared, "anchor &pod shares"),
        (wide, "not UTF-8"),
    ],
)
def test_a_file_that_cannot_be_changed_safely_is_left_alone_with_the_reason(
    folder: Path, how: Callable[[Path], list[Path]], reason: str
) -> None:
    said = reasons(refused_case(how, folder))
    assert reason in said
    assert "Deployment shop/web" in said
    assert all(line.endswith(".") for line in said.splitlines())


def test_standard_input_is_no_file() -> None:
    assert "read from standard input" in reasons(Case(Path("-"), stdin=WEB.encode()).settled())


def test_a_file_that_changed_after_it_was_read_is_left_alone(folder: Path) -> None:
    file = folder / "web.yaml"
    file.write_text(WEB, encoding="utf-8")
    case = Case(folder)
    file.write_text(WEB.replace("example/web:1", "example/web:2"), encoding="utf-8")
    assert "has changed since it was read" in reasons(case.settled())
    file.write_text(WEB, encoding="utf-8")
    done = case.settled()
    file.write_text(f"{WEB}# more\n", encoding="utf-8")
    (failure,) = write(done.files).values()
    assert failure.endswith("web.yaml has changed meanwhile")
    assert file.read_text(encoding="utf-8") == f"{WEB}# more\n"


def test_what_cannot_be_written_is_told_and_the_others_are(folder: Path) -> None:
    for name in ("web", "batch"):
        (folder / name).mkdir()
    (folder / "web" / "web.yaml").write_text(WEB, encoding="utf-8")
    (folder / "batch" / "batch.yaml").write_text(BATCH, encoding="utf-8")
    done = Case(folder).settled()
    (folder / "web" / "web.yaml").unlink()
    failed = write(done.files)
    assert list(failed) == [folder / "web" / "web.yaml"]
    assert "cannot be written: No such file" in failed[folder / "web" / "web.yaml"]
    assert "hostPID" in (folder / "batch" / "batch.yaml").read_text(encoding="utf-8")
    assert not Case(folder / "batch").plan.staged


@pytest.mark.skipif(not REAL.is_dir(), reason="the dump of a real cluster is not here")
def test_all_fixes_of_a_real_cluster_go_into_its_files(folder: Path) -> None:
    """Without pods and replica sets, which controllers replace; as JSON lists, and YAML in two styles."""
    for count, place in enumerate(sorted(REAL.glob("*.json"))):
        if place.name.startswith(("pods.", "replicasets.")):
            continue
        content = json.loads(place.read_text(encoding="utf-8"))
        if count % 2 or "items" not in content:
            (folder / place.name).write_text(json.dumps(content, indent=1), encoding="utf-8")
            continue
        documents = []
        for number, item in enumerate(content["items"]):
            item.setdefault("apiVersion", content["apiVersion"])
            flow = None if number % 3 == 0 else False
            text = yaml.dump(item, Dumper=yaml.CSafeDumper, sort_keys=False, default_flow_style=flow)
            documents.append(text.replace("\nspec:\n", "\nspec: # what it is\n", 1))
        (folder / f"{place.stem}.yaml").write_text("---\n".join(documents), encoding="utf-8")
    case = Case(folder)
    before = {finding.fingerprint for finding in case.results.findings}
    done = case.put()
    assert len(done.simulation.plan.staged) >= 600
    assert all("template" in item.reason or "comments" in item.reason for item in done.refused)
    after = {finding.fingerprint: finding for finding in Case(folder).results.findings}
    gone = {finding.fingerprint for finding in done.simulation.removed}
    assert len(gone) >= 600
    assert not gone & after.keys()
    new = {finding.fingerprint for finding in run(done.simulation.snapshot, all_checks()).findings} - before
    assert after.keys() - before == new


def test_a_folder_that_became_a_link_since_it_was_read_is_left_alone(folder: Path, tmp_path: Path) -> None:
    (folder / "base").mkdir()
    (folder / "base" / "web.yaml").write_text(WEB, encoding="utf-8")
    case = Case(folder)
    outside = (folder / "base").rename(tmp_path / "outside")
    (folder / "base").symlink_to(outside)
    done = case.settled()
    assert done.files == ()
    assert "lies elsewhere" in reasons(done)
    assert (outside / "web.yaml").read_text(encoding="utf-8") == WEB
