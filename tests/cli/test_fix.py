"""``fix``: patches are written, manifests changed, servers asked; nothing in a cluster ever is."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from ksec_tui.fixes.export import LAYOUTS
from tests.apiserver import Access, ApiServer, FakeCluster, Rule
from tests.cli.conftest import TODAY, Ksec, process
from tests.sources.live_tools import document, small_shop

WEB = """\
# the front
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      hostPID: true
      containers:
        - name: app
          image: example/web:1   # pinned
"""


@pytest.fixture
def web(tmp_path: Path) -> Path:
    """A manifest of one weak Deployment."""
    folder = tmp_path / "manifests"
    folder.mkdir()
    path = folder / "web.yaml"
    path.write_text(WEB, encoding="utf-8")
    return path


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def deployment(**pod: Any) -> dict[str, Any]:
    spec = {"containers": [{"name": "app", "image": "example/web:1"}], **pod}
    template = {"metadata": {"labels": {"app": "web"}}, "spec": spec}
    selector = {"matchLabels": {"app": "web"}}
    return document("apps/v1", "Deployment", "web", "shop", spec={"selector": selector, "template": template})


def test_the_demo_is_fixed_and_told_in_a_few_lines(ksec: Ksec, tmp_path: Path) -> None:
    out = tmp_path / "out"
    answer = ksec("fix", "--demo", *TODAY, "--out", str(out))
    assert answer.code == 0
    rows = dict(re.split(r"\s{2,}", line.strip(), maxsplit=1) for line in answer.out.splitlines())
    assert int(rows["fixes"]) > 100
    assert rows["proven"].endswith("likely safe)")
    assert rows["written to"].startswith(str(out))
    assert "REPORT.md" in files(out)
    assert "MANUAL.md" in files(out)
    assert any(name.startswith("kubectl/10-patch/") for name in files(out))
    assert "kustomize/kustomization.yaml" in files(out)
    assert "Risk: review" not in (out / "REPORT.md").read_text(encoding="utf-8")


def test_a_summary_for_programs_names_what_was_done(ksec: Ksec, web: Path, tmp_path: Path) -> None:
    argv = (
        "fix",
        "-f",
        str(web),
        *TODAY,
        "--out",
        str(tmp_path / "out"),
        "--layout",
        "single,json",
        "-o",
        "json",
    )
    answer = ksec(*argv)
    found = json.loads(answer.out)
    assert (answer.code, found["schema"]) == (0, "ksec-fixes/1")
    assert {item["risk"] for item in found["fixes"]} <= {"safe", "likely safe"}
    assert {item["subject"]["name"] for item in found["fixes"]} == {"web"}
    assert found["changes"] == [
        {"group": "apps", "kind": "Deployment", "namespace": "shop", "name": "web", "change": "patched"}
    ]
    assert set(found["files"]) == files(tmp_path / "out")
    assert {name.partition("/")[0] for name in found["files"] if "/" in name} == {"single", "json"}
    assert {item["check"] for item in found["leftOut"]} >= {"wl-host-pid"}
    assert "server" not in found
    assert ksec(*argv[:-2], "--force", "-o", "json").out == answer.out


def test_only_what_the_filter_and_the_checks_name_is_fixed(ksec: Ksec, tmp_path: Path) -> None:
    def fixed(*options: str) -> list[dict[str, Any]]:
        out = str(tmp_path / f"out{len(list(tmp_path.iterdir()))}")
        answer = ksec("fix", "--demo", *TODAY, "--out", out, "-o", "json", *options)
        fixes: list[dict[str, Any]] = json.loads(answer.out)["fixes"]
        assert fixes
        return fixes

    assert {item["subject"]["namespace"] for item in fixed("--filter", "ns:shop kind:deploy")} == {"shop"}
    chosen = fixed("--check", "wl-allow-priv-esc,wl-seccomp-missing", "--max-risk", "review")
    assert {item["check"] for item in chosen} <= {"wl-allow-priv-esc", "wl-seccomp-missing"}
    assert {item["risk"] for item in fixed("--max-risk", "safe")} == {"safe"}
    assert "review" in {item["risk"] for item in fixed("--max-risk", "review")}


def test_a_folder_with_files_is_refused_without_force(ksec: Ksec, web: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "mine.txt").write_text("mine", encoding="utf-8")
    argv = ("fix", "-f", str(web), *TODAY, "--out", str(out))
    answer = ksec(*argv)
    assert (answer.code, answer.out) == (2, "")
    assert "is not empty: --force writes into it" in answer.err
    assert files(out) == {"mine.txt"}
    answer = ksec(*argv, "--force")
    assert (answer.code, "of before" in answer.err) == (0, False)
    assert files(out) > {"mine.txt", "REPORT.md"}


def test_what_an_earlier_export_left_in_the_folder_is_told(ksec: Ksec, web: Path, tmp_path: Path) -> None:
    """It stays, and whoever applies the whole folder would apply it too."""
    argv = ("fix", "-f", str(web), *TODAY, "--out", str(tmp_path / "out"), "--max-risk", "review")
    assert ksec(*argv).code == 0
    (tmp_path / "out" / "kubectl" / "00-create").mkdir(exist_ok=True)
    (tmp_path / "out" / "kubectl" / "00-create" / "old.yaml").write_text("kind: Role", encoding="utf-8")
    answer = ksec(*argv, "--force")
    assert answer.code == 0
    said = "1 file is of before and none of this export, which no command names: kubectl/00-create/old.yaml"
    assert said in answer.err


def test_nothing_to_fix_writes_nothing(ksec: Ksec, web: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    answer = ksec("fix", "-f", str(web), *TODAY, "--out", str(out), "--filter", "ns:elsewhere")
    assert (answer.code, answer.out) == (0, "")
    assert "nothing to fix; nothing written" in answer.err
    only = ("--check", "wl-host-pid", "--max-risk", "likely")
    assert "1 fix is riskier" in ksec("fix", "-f", str(web), *TODAY, "--out", str(out), *only).err
    answer = ksec("fix", "-f", str(web), *TODAY, "--out", str(out), *only, "-o", "json")
    assert [item["check"] for item in json.loads(answer.out)["leftOut"]] == ["wl-host-pid"]
    assert not out.exists()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ((), "say where to: --out DIR"),
        (("--in-place",), "--in-place changes the files of -f"),
        (("--out", "x", "--dry-run-server"), "asks a live cluster; this source is none"),
        (("--out", "x", "--layout", "kubect"), "did you mean kubectl?"),
        (("--out", "x", "--check", "wl-privilegd"), "there is no check 'wl-privilegd'"),
        (("--out", "x", "--filter", "sev:>="), "--filter: "),
        (("--out", __file__), "is no folder"),
    ],
)
def test_wrong_usage_is_told_before_anything_is_read(
    ksec: Ksec, options: tuple[str, ...], words: str
) -> None:
    answer = ksec("fix", "--demo", *options)
    assert (answer.code, answer.out) == (2, "")
    assert words in answer.err


def test_force_is_for_a_folder(ksec: Ksec, web: Path) -> None:
    answer = ksec("fix", "-f", str(web), "--in-place", "--force")
    assert (answer.code, answer.out) == (2, "")
    assert "--force is for --out DIR" in answer.err


def test_the_help_names_every_layout(ksec: Ksec) -> None:
    text = ksec("fix", "--help").out
    assert all(name in text for name in LAYOUTS)


def test_manifests_are_changed_in_place_and_a_new_scan_agrees(ksec: Ksec, web: Path) -> None:
    argv = ("-f", str(web.parent), *TODAY)
    before = json.loads(ksec("scan", *argv, "-o", "json").out)["findings"]
    answer = ksec("fix", *argv, "--in-place", "--max-risk", "review", "-o", "json")
    found = json.loads(answer.out)
    assert (answer.code, found["inPlace"]) == (0, [str(web)])
    text = web.read_text(encoding="utf-8")
    assert text.startswith("# the front\napiVersion: apps/v1\n")
    assert "image: example/web:1   # pinned\n" in text
    assert "hostPID" not in text
    left = {
        finding["fingerprint"] for finding in json.loads(ksec("scan", *argv, "-o", "json").out)["findings"]
    }
    assert {item["fingerprint"] for item in found["removed"]} == {
        finding["fingerprint"] for finding in before
    } - left


def test_a_new_object_beside_a_kustomization_is_to_be_named_in_it(ksec: Ksec, web: Path) -> None:
    kinds = ("Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding")
    lists = "".join(
        f"---\n{{apiVersion: rbac.authorization.k8s.io/v1, kind: {kind}List, items: []}}\n" for kind in kinds
    )
    account = "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: default, namespace: shop}\n"
    (web.parent / "rbac.yaml").write_text(f"{account}{lists}", encoding="utf-8")
    (web.parent / "kustomization.yaml").write_text("resources: [web.yaml]\n", encoding="utf-8")
    argv = (
        "fix",
        "-f",
        str(web.parent),
        *TODAY,
        "--in-place",
        "--max-risk",
        "review",
        "--check",
        "sec-default-sa",
    )
    answer = ksec(*argv)
    assert answer.code == 0
    new = web.parent / "shop.serviceaccount.web.yaml"
    assert f"{new} is new: name it under resources in kustomization.yaml" in answer.err
    assert new.exists()


def test_files_that_cannot_be_written_are_an_error(ksec: Ksec, web: Path, tmp_path: Path) -> None:
    (tmp_path / "blocked").write_text("a file", encoding="utf-8")
    answer = ksec("fix", "-f", str(web), *TODAY, "--out", str(tmp_path / "blocked" / "out"))
    assert answer.code == 3
    assert "cannot be written" in answer.err


def test_what_cannot_be_changed_in_place_is_told_and_still_exported(
    ksec: Ksec, web: Path, tmp_path: Path
) -> None:
    link = tmp_path / "link.yaml"
    link.symlink_to(web)
    out = tmp_path / "out"
    answer = ksec("fix", "-f", str(link), *TODAY, "--in-place", "--out", str(out))
    assert answer.code == 0
    assert "is left alone: its file is a symbolic link." in answer.err
    assert web.read_text(encoding="utf-8") == WEB
    assert "kubectl/10-patch/shop.deployment.web.patch.yaml" in files(out)


def test_manifests_from_another_program_are_exported(tmp_path: Path) -> None:
    answer = process(["fix", "-f", "-", *TODAY, "--out", str(tmp_path / "out")], stdin=WEB)
    assert answer.code == 0
    assert "REPORT.md" in files(tmp_path / "out")


def test_names_from_a_manifest_cannot_draw_on_the_terminal(ksec: Ksec, web: Path, tmp_path: Path) -> None:
    web.write_text(WEB.replace("name: web", 'name: "we\\e[31mb"'), encoding="utf-8")
    for form in ("table", "json"):
        answer = ksec("fix", "-f", str(web), *TODAY, "--out", str(tmp_path / form), "-o", form)
        assert "\x1b" not in answer.out + answer.err


def live(server: ApiServer, tmp_path: Path) -> tuple[str, ...]:
    return ("--kubeconfig", str(server.kubeconfig(tmp_path / "kubeconfig")))


def test_a_live_cluster_is_only_read_unless_a_dry_run_is_asked_for(ksec: Ksec, tmp_path: Path) -> None:
    with ApiServer(FakeCluster([*small_shop(), deployment(hostPID=True)])) as server:
        argv = ("fix", *live(server, tmp_path), "--check", "wl-host-pid", "--max-risk", "review")
        answer = ksec(*argv, "--out", str(tmp_path / "one"))
        assert answer.code == 0
        assert "server says" not in answer.out
        assert server.dry_runs == server.writes == []
        answer = ksec(*argv, "--out", str(tmp_path / "two"), "--dry-run-server")
        assert [(item.method, item.query["dryRun"]) for item in server.dry_runs] == [("PATCH", "All")]
        assert server.writes == []
    assert answer.code == 0
    assert re.search(r"server says +1 accepted, 0 refused, 0 not tried", answer.out)
    assert "the only requests that are not reads" in answer.err.splitlines()[0]


def test_what_the_server_says_is_told_change_by_change(ksec: Ksec, tmp_path: Path) -> None:
    cluster = FakeCluster(
        [*small_shop(), deployment(hostPID=True)], admission=lambda _: "no \x1b[31mchange today"
    )
    with ApiServer(cluster) as server:
        argv = ("fix", *live(server, tmp_path), "--check", "wl-host-pid", "--max-risk", "review")
        answer = ksec(*argv, "--out", str(tmp_path / "out"), "--dry-run-server", "-o", "json")
    (found,) = json.loads(answer.out)["server"]
    assert answer.code == 0
    assert (found["name"], found["method"], found["outcome"]) == ("web", "PATCH", "refused")
    assert found["reason"].endswith("is forbidden: no ␛[31mchange today")
    assert "server: PATCH Deployment shop/web: refused: " in answer.err
    assert "\x1b" not in answer.out + answer.err


def test_missing_rights_are_told_and_the_plan_is_written(ksec: Ksec, tmp_path: Path) -> None:
    everything = frozenset({"*"})
    access = Access(rules=(Rule(frozenset({"get", "list"}), everything, everything),))
    with ApiServer(FakeCluster([*small_shop(), deployment(hostPID=True)]), access=access) as server:
        argv = ("fix", *live(server, tmp_path), "--check", "wl-host-pid", "--max-risk", "review")
        answer = ksec(*argv, "--out", str(tmp_path / "out"), "--dry-run-server")
    assert answer.code == 0
    assert "not tried: you have no right to it: " in answer.err
    assert "REPORT.md" in files(tmp_path / "out")
