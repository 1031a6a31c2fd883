"""An export is exact, private, complete, and never written over something else."""

from __future__ import annotations

import itertools
import json
import shlex
import stat
from pathlib import Path
from typing import Any

import pytest
import yaml

from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.examples import snapshot_of
from ksec_tui.findings.finding import Evidence, Finding
from ksec_tui.findings.fix import Fix, Risk
from ksec_tui.findings.verdict import Severity, Verdict
from ksec_tui.fixes.apply import apply
from ksec_tui.fixes.build import create, strategic
from ksec_tui.fixes.errors import ExportError
from ksec_tui.fixes.export import contents, export
from ksec_tui.fixes.filenames import FileNames
from ksec_tui.fixes.json_patch import json_patch
from ksec_tui.fixes.markdown import escaped
from ksec_tui.fixes.plan import FixPlan
from ksec_tui.fixes.simulate import Simulation, simulate
from tests.fixes.cluster import (
    CHECKS,
    READERS,
    WEB,
    binding,
    findings_of,
    objects_of_the_shop,
    shop,
    staged,
    web,
)
from tests.fixes.kubectl import needs_kubectl, patched, plain, run


def proven(snapshot: Snapshot, plan: FixPlan | None = None) -> tuple[Simulation, FixPlan, Snapshot]:
    plan = staged(snapshot) if plan is None else plan
    return simulate(snapshot, plan, CHECKS), plan, snapshot


def files_of(snapshot: Snapshot, plan: FixPlan | None = None) -> dict[str, str]:
    return contents(*proven(snapshot, plan))


def test_the_files_of_both_layouts() -> None:
    files = files_of(shop())
    assert sorted(files) == [
        "REPORT.md",
        "kubectl/10-patch/shop.deployment.web.patch.yaml",
        "kubectl/10-patch/shop.rolebinding.readers.json6902.yaml",
        "kubectl/90-rollback/shop.deployment.web.json6902.yaml",
        "kubectl/90-rollback/shop.rolebinding.readers.json6902.yaml",
        "kubectl/commands.sh",
        "kustomize/kustomization.yaml",
        "kustomize/patches/shop.deployment.web.patch.yaml",
        "kustomize/patches/shop.rolebinding.readers.json6902.yaml",
    ]
    patch = yaml.safe_load(files["kubectl/10-patch/shop.deployment.web.patch.yaml"])
    assert patch == {
        "spec": {
            "template": {
                "spec": {
                    "hostPID": None,
                    "containers": [{"name": "app", "securityContext": {"privileged": False}}],
                }
            }
        }
    }


def test_each_patch_says_what_it_fixes_and_what_was_read() -> None:
    snapshot = shop()
    files = files_of(snapshot)
    head = files["kubectl/10-patch/shop.deployment.web.patch.yaml"]
    for finding in findings_of(snapshot):
        if finding.subject == WEB:
            assert f"{finding.check} ({finding.fingerprint})" in head
    assert "# Risk: review. May break: It may need devices | files." in head
    assert "resourceVersion 42" in head


def test_commands_try_first_and_name_no_context() -> None:
    files = files_of(shop())
    lines = files["kubectl/commands.sh"].splitlines()
    patch = (
        "kubectl patch deployments.apps web -n shop --type strategic "
        "--patch-file 10-patch/shop.deployment.web.patch.yaml"
    )
    assert lines.index(f"{patch} --dry-run=server") < lines.index(patch)
    assert "kubectl rollout status deployments.apps web -n shop" in lines
    assert not any("--context" in line for line in lines)


def new_policy(name: str = "deny") -> tuple[Snapshot, FixPlan]:
    """A plan that creates one object and deletes another."""
    snapshot = snapshot_of([web(hostPID=None), binding("ghost")])
    target = ObjectRef("shop", "ServiceAccount", name)
    document = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name, "namespace": "shop"}}
    plan = staged(snapshot)
    (item,) = (item for item in plan.staged if item.finding.check == "toy-privileged")
    more = Fix("both", (*item.fix.changes, create(target, document)), Risk.REVIEW, "It may.")
    return snapshot, plan.stage(item.finding, more)


def test_new_objects_and_removals_have_their_own_folders() -> None:
    files = files_of(*new_policy())
    created = yaml.safe_load(files["kubectl/00-create/shop.serviceaccount.deny.yaml"])
    assert created["metadata"] == {"name": "deny", "namespace": "shop"}
    removed = yaml.safe_load(files["kubectl/20-delete/shop.rolebinding.readers.yaml"])
    assert removed == {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": {"name": "readers", "namespace": "shop"},
    }
    again = yaml.safe_load(files["kubectl/90-rollback/shop.rolebinding.readers.create.yaml"])
    assert again["subjects"] == binding("ghost")["subjects"]
    commands = [line for line in files["kubectl/commands.sh"].splitlines() if line.startswith("kubectl")]
    assert [shlex.split(line)[1] for line in commands] == [
        "apply",
        "patch",
        "delete",
        "apply",
        "patch",
        "delete",
    ]
    kustomization = yaml.safe_load(files["kustomize/kustomization.yaml"])
    assert kustomization["resources"] == ["resources/shop.serviceaccount.deny.yaml"]
    assert kustomization["patches"][1]["path"] == "patches/shop.rolebinding.readers.delete.yaml"
    deletion = yaml.safe_load(files["kustomize/patches/shop.rolebinding.readers.delete.yaml"])
    assert deletion["$patch"] == "delete"


def test_every_path_in_an_index_exists() -> None:
    files = files_of(*new_policy())
    kustomization = yaml.safe_load(files["kustomize/kustomization.yaml"])
    named = [*kustomization["resources"], *(item["path"] for item in kustomization["patches"])]
    assert all(f"kustomize/{path}" in files for path in named)
    for line in files["kubectl/commands.sh"].splitlines():
        words = shlex.split(line.removeprefix("# ")) if line.startswith(("kubectl", "# kubectl ")) else []
        for flag, path in itertools.pairwise(words):
            if flag in ("-f", "--patch-file"):
                assert f"kubectl/{path}" in files, line


def test_the_way_back_leads_back() -> None:
    result, plan, snapshot = proven(shop())
    files = contents(result, plan, snapshot)
    for ref, name in ((WEB, "shop.deployment.web"), (READERS, "shop.rolebinding.readers")):
        operations = yaml.safe_load(files[f"kubectl/90-rollback/{name}.json6902.yaml"])
        assert json_patch(result.after[ref], operations) == snapshot.document(ref)


def test_a_way_back_that_would_need_a_withheld_value_is_not_written() -> None:
    app = {"name": "app", "image": "i", "securityContext": {"privileged": True}}
    secret = {**app, "env": [{"name": "DB_PASSWORD", "value": "hunter22"}]}
    snapshot = snapshot_of([web(hostPID=None, containers=[secret])])
    (finding,) = findings_of(snapshot)
    body = {
        "name": "app",
        "securityContext": {"privileged": False},
        "env": [{"name": "DB_PASSWORD", "$patch": "delete"}],
    }
    change = strategic(WEB, {"spec": {"template": {"spec": {"containers": [body]}}}})
    files = files_of(snapshot, FixPlan().stage(finding, Fix("fix", (change,), Risk.REVIEW)))
    assert "kubectl/10-patch/shop.deployment.web.patch.yaml" in files
    assert not any("90-rollback" in path for path in files)
    assert "hunter22" not in "".join(files.values())


def test_kustomize_targets_are_escaped_and_complete() -> None:
    objects = objects_of_the_shop()
    objects[-1]["metadata"]["name"] = "read.all+(x)"
    files = files_of(snapshot_of(objects))
    targets = [item["target"] for item in yaml.safe_load(files["kustomize/kustomization.yaml"])["patches"]]
    assert targets == [
        {"group": "apps", "version": "v1", "kind": "Deployment", "name": "web", "namespace": "shop"},
        {
            "group": "rbac.authorization.k8s.io",
            "version": "v1",
            "kind": "RoleBinding",
            "name": r"read\.all\+\(x\)",
            "namespace": "shop",
        },
    ]


def test_the_manager_is_named_in_header_and_report() -> None:
    objects = objects_of_the_shop()
    objects[0]["metadata"] |= {
        "labels": {"app.kubernetes.io/managed-by": "Helm"},
        "annotations": {"meta.helm.sh/release-name": "shop-1"},
    }
    files = files_of(snapshot_of(objects))
    said = "Helm release shop-1 manages this"
    assert said in files["kubectl/10-patch/shop.deployment.web.patch.yaml"]
    assert said in files["kustomize/patches/shop.deployment.web.patch.yaml"]
    assert escaped(said) in files["REPORT.md"]


def test_the_report_tells_of_refused_and_manual_fixes() -> None:
    snapshot = shop()
    plan = staged(snapshot)
    by_check = {item.finding.check: item for item in plan.staged}
    bad = strategic(WEB, {"spec": {"template": {"spec": {"containers": [{"name": "side", "tty": True}]}}}})
    plan = plan.stage(by_check["toy-privileged"].finding, Fix("no good", (bad,), Risk.SAFE))
    manual = Fix("by hand", (), Risk.MANUAL, steps=("Edit <it> | then *wait*.",))
    plan = plan.stage(by_check["toy-host-pid"].finding, manual)
    files = files_of(snapshot, plan)
    text = files["REPORT.md"]
    assert "## Refused" in text
    assert "It does not remove its finding" in text
    assert "- by hand (toy-host-pid" in text.replace("\\", "")
    assert "## By hand" in files["MANUAL.md"]
    assert r"Edit &lt;it&gt; \| then \*wait\*." in files["MANUAL.md"]


def test_markdown_and_html_in_data_stay_text() -> None:
    assert escaped("a|b `c` <i> [x](y) *z*") == r"a\|b \`c\` &lt;i&gt; \[x\](y) \*z\*"
    assert escaped("# top") == r"\# top"
    assert escaped("- item") == r"\- item"
    assert escaped("1. item") == "1<!-- -->. item"
    assert "\n" not in escaped("a\n# head")


def test_a_line_break_in_data_ends_no_comment() -> None:
    snapshot = snapshot_of([web(hostPID=None)])
    (item,) = staged(snapshot).staged
    hostile = Fix("x\n- op: remove", item.fix.changes, Risk.REVIEW, "never\r\nkubectl delete ns shop\u2028x")
    files = files_of(snapshot, FixPlan().stage(item.finding, hostile))
    patch = files["kubectl/10-patch/shop.deployment.web.patch.yaml"]
    assert yaml.safe_load(patch) == item.fix.changes[0].body
    lines = [line for line in patch.splitlines() if not line.startswith("#")]
    assert not any("kubectl" in line or "op:" in line for line in lines)


def refs(*names: str) -> list[ObjectRef]:
    return [ObjectRef("shop", "Role", name) for name in names]


@pytest.mark.parametrize(
    "names",
    [
        ("a/b", "a_b", "a:b"),
        ("..", ".", "...", "../../etc/passwd"),
        ("x\x1b[31m", "x\n", "x\u202e", "é", "漢字"),
        ("n" * 253, "n" * 252, "n" * 252 + "m"),
        ("Web", "web", "WEB"),
        ("-rf", "--all", ".hidden", "a.", "con"),
    ],
)
def test_file_names_are_safe_and_distinct(names: tuple[str, ...]) -> None:
    given = FileNames()
    made = [given.of(ref) for ref in refs(*names)]
    assert len({name.casefold() for name in made}) == len(names)
    for name in made:
        assert name.isascii()
        assert set(name) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")
        assert not name.startswith((".", "-"))
        assert ".." not in name
        assert len(name) < 200
    assert made == [given.of(ref) for ref in refs(*names)]


def test_a_plain_name_gets_no_hash() -> None:
    assert FileNames().of(WEB) == "shop.deployment.web"


def test_hostile_names_stay_inside_the_folder_and_are_quoted(tmp_path: Path) -> None:
    objects = objects_of_the_shop()
    objects[-1]["metadata"]["name"] = "--kubeconfig=/x; rm -rf ../.."
    result, plan, snapshot = proven(snapshot_of(objects))
    folder = tmp_path / "out"
    written = export(result, plan, snapshot, folder).files
    assert all(path.resolve().is_relative_to(folder.resolve()) for path in written)
    commands = (folder / "kubectl/commands.sh").read_text()
    line = next(line for line in commands.splitlines() if "rolebindings" in line)
    assert shlex.split(line)[2] == "rolebindings.rbac.authorization.k8s.io/--kubeconfig=/x; rm -rf ../.."


def test_files_are_private(tmp_path: Path) -> None:
    written = export(*proven(shop()), tmp_path / "a" / "out").files
    assert {stat.S_IMODE(path.stat().st_mode) for path in written} == {0o600}
    folders = [path for path in (tmp_path / "a" / "out").rglob("*") if path.is_dir()]
    assert {stat.S_IMODE(path.stat().st_mode) for path in [*folders, tmp_path / "a" / "out"]} == {0o700}
    assert sorted(path.name for path in (tmp_path / "a").iterdir()) == ["out"], "nothing is left behind"
    assert set(written) == {path for path in (tmp_path / "a" / "out").rglob("*") if path.is_file()}


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "REPORT.md").write_text("mine")
    with pytest.raises(ExportError, match="is not empty"):
        export(*proven(shop()), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["REPORT.md"]
    export(*proven(shop()), tmp_path, force=True)
    assert (tmp_path / "REPORT.md").read_text() != "mine"
    assert stat.S_IMODE((tmp_path / "REPORT.md").stat().st_mode) == 0o600


def test_a_link_in_the_folder_is_not_followed(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "kubectl").symlink_to(elsewhere)
    with pytest.raises(ExportError, match="symbolic link"):
        export(*proven(shop()), tmp_path / "out", force=True)
    assert list(elsewhere.iterdir()) == []


def test_what_is_no_folder_or_no_layout_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ExportError, match="is no folder"):
        export(*proven(shop()), tmp_path / "file")
    with pytest.raises(ExportError, match="no layout 'helm'"):
        export(*proven(shop()), tmp_path / "out", layouts=("helm",))
    with pytest.raises(ExportError, match="cannot be written"):
        export(*proven(shop()), tmp_path / "file" / "out")


def test_the_same_plan_gives_the_same_bytes() -> None:
    snapshot, plan = new_policy()
    backwards = FixPlan()
    for item in reversed(plan.staged):
        backwards = backwards.stage(item.finding, item.fix)
    assert files_of(snapshot, plan) == files_of(snapshot_of(_documents(snapshot)), backwards)


def _documents(snapshot: Snapshot) -> list[Any]:
    return [snapshot.document(ref) for ref in (READERS, WEB)]


def test_an_empty_plan_gives_a_report_only_of_itself(tmp_path: Path) -> None:
    written = export(*proven(shop(), FixPlan()), tmp_path / "out", layouts=("kubectl",))
    assert [path.name for path in written.files] == ["REPORT.md", "commands.sh"]


def test_what_was_refused_is_not_written(tmp_path: Path) -> None:
    stale = Finding("toy-x", "x", Verdict.FAIL, Severity.LOW, READERS, (Evidence("", "gone"),))
    plan = FixPlan().stage(stale, Fix("fix", (strategic(READERS, {"subjects": []}),), Risk.SAFE))
    done = export(*proven(shop(), plan), tmp_path / "out")
    assert [item.staged.finding.check for item in done.refused] == ["toy-x"]
    assert not (tmp_path / "out" / "kubectl" / "10-patch").exists()


@needs_kubectl
def test_kubectl_makes_of_each_patch_file_what_the_simulation_made(tmp_path: Path) -> None:
    result, plan, snapshot = proven(shop())
    export(result, plan, snapshot, tmp_path / "out")
    compared = 0
    for merged in plan.changes():
        ref, how = merged.change.target, merged.change.type.value
        suffix = "patch" if how == "strategic" else "json6902"
        path = next((tmp_path / "out/kubectl/10-patch").glob(f"*.{ref.name}.{suffix}.yaml"))
        theirs = patched(tmp_path, snapshot.document(ref), how, path)
        document = snapshot.document(ref)
        assert plain(theirs) == plain(apply(document, merged.change)) == plain(result.after[ref])
        compared += 1
    assert compared == 2


@needs_kubectl
def test_kustomize_makes_the_same_objects_of_the_manifests(tmp_path: Path) -> None:
    snapshot, plan = new_policy()
    result = simulate(snapshot, plan, CHECKS)
    export(result, plan, snapshot, tmp_path / "out")
    folder = tmp_path / "out/kustomize"
    (folder / "base.json").write_text(json.dumps(snapshot.document(WEB)))
    (folder / "gone.json").write_text(json.dumps(snapshot.document(READERS)))
    index = yaml.safe_load((folder / "kustomization.yaml").read_text())
    index["resources"] += ["base.json", "gone.json"]
    (folder / "kustomization.yaml").write_text(yaml.safe_dump(index))
    done = run("kustomize", str(folder))
    assert done.returncode == 0, done.stderr
    made = {item["kind"]: item for item in yaml.safe_load_all(done.stdout)}
    assert set(made) == {"Deployment", "ServiceAccount"}
    assert plain(made["Deployment"]) == plain(result.after[WEB])
