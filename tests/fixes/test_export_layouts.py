"""The layouts ``single`` and ``json``, and what kustomize needs of ports: exact, complete, and safe to take."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.examples import snapshot_of
from ksec_tui.findings.fix import Fix, Risk
from ksec_tui.fixes.build import create, strategic
from ksec_tui.fixes.export import LAYOUTS, contents
from ksec_tui.fixes.filenames import FileNames
from ksec_tui.fixes.json_patch import json_patch
from ksec_tui.fixes.layouts.ports import without_ports
from ksec_tui.fixes.plan import FixPlan
from ksec_tui.fixes.simulate import Simulation, simulate
from tests.fixes.cluster import CHECKS, WEB, binding, findings_of, shop, staged, web


def files_of(snapshot: Snapshot, plan: FixPlan | None = None) -> tuple[dict[str, str], Simulation]:
    plan = staged(snapshot) if plan is None else plan
    result = simulate(snapshot, plan, CHECKS)
    return contents(result, plan, snapshot, LAYOUTS), result


def everything() -> tuple[Snapshot, FixPlan]:
    """A plan that creates an object, changes one and deletes one."""
    snapshot = snapshot_of([web(hostPID=None), binding("ghost")])
    target = ObjectRef("shop", "ServiceAccount", "own")
    document = {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {"name": "own", "namespace": "shop"},
    }
    plan = staged(snapshot)
    (item,) = (item for item in plan.staged if item.finding.check == "toy-privileged")
    more = Fix("both", (*item.fix.changes, create(target, document)), Risk.REVIEW, "It may.")
    return snapshot, plan.stage(item.finding, more)


def documents(text: str) -> list[Any]:
    return list(yaml.safe_load_all(text))


def test_single_has_a_stream_of_whole_objects_for_each_step() -> None:
    snapshot, plan = everything()
    files, result = files_of(snapshot, plan)
    assert [path for path in sorted(files) if path.startswith("single/")] == [
        "single/00-create.yaml",
        "single/10-replace.yaml",
        "single/20-delete.yaml",
        "single/90-rollback.create.yaml",
        "single/90-rollback.replace.yaml",
    ]
    assert [item["metadata"]["name"] for item in documents(files["single/00-create.yaml"])] == ["own"]
    assert documents(files["single/10-replace.yaml"]) == [result.after[WEB]]
    (removed,) = documents(files["single/20-delete.yaml"])
    assert (removed["kind"], removed["metadata"]) == ("RoleBinding", {"name": "readers", "namespace": "shop"})
    (again,) = documents(files["single/90-rollback.create.yaml"])
    assert again["subjects"] == binding("ghost")["subjects"]
    (back,) = documents(files["single/90-rollback.replace.yaml"])
    held = snapshot.document(WEB)
    assert held is not None
    assert back["spec"] == held["spec"]


def test_a_replacement_is_refused_by_the_server_when_the_object_has_changed_since() -> None:
    files, _ = files_of(shop())
    whole = next(item for item in documents(files["single/10-replace.yaml"]) if item["kind"] == "Deployment")
    assert whole["metadata"]["resourceVersion"] == "42"
    back = next(
        item for item in documents(files["single/90-rollback.replace.yaml"]) if item["kind"] == "Deployment"
    )
    assert "resourceVersion" not in back["metadata"]


def test_an_object_with_a_withheld_value_is_named_and_never_replaced() -> None:
    app = {"name": "app", "image": "i", "securityContext": {"privileged": True}}
    secret = {**app, "env": [{"name": "DB_PASSWORD", "value": "hunter22"}]}
    files, _ = files_of(snapshot_of([web(hostPID=None, containers=[secret])]))
    assert "# Deployment shop/web" in files["single/10-replace.yaml"]
    assert [item for item in documents(files["single/10-replace.yaml"]) if item is not None] == []
    assert not any("hunter22" in text or "withheld:" in text for text in files.values())


def test_json_tells_each_change_with_its_findings_and_its_way_back() -> None:
    snapshot, plan = everything()
    files, result = files_of(snapshot, plan)
    tree = json.loads(files["json/plan.json"])
    assert tree["schema"] == "ksec-fix-plan/1"
    assert [item["step"] for item in tree["changes"]] == ["create", "patch", "delete"]
    patch = tree["changes"][1]
    assert patch["target"] == {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "resource": "deployments.apps",
        "namespace": "shop",
        "name": "web",
    }
    assert patch["resourceVersion"] == "42"
    assert patch["contentType"] == "application/strategic-merge-patch+json"
    assert [item["finding"]["fingerprint"] for item in patch["fixes"]] == [
        finding.fingerprint for finding in findings_of(snapshot) if finding.subject == WEB
    ]
    assert {
        "path": "spec.template.spec.containers[app].securityContext.privileged",
        "before": "true",
        "after": "false",
    } in patch["fields"]
    assert [item["step"] for item in tree["rollback"]] == ["create", "patch", "delete"]
    operations = next(item["body"] for item in tree["rollback"] if item["step"] == "patch")
    assert json_patch(result.after[WEB], operations) == snapshot.document(WEB)


def test_json_keeps_the_nulls_of_a_patch_and_only_ascii() -> None:
    snapshot = shop()
    files, _ = files_of(snapshot)
    body = next(
        item["body"] for item in json.loads(files["json/plan.json"])["changes"] if item["step"] == "patch"
    )
    assert body["spec"]["template"]["spec"]["hostPID"] is None
    assert files["json/plan.json"].isascii()


def test_all_layouts_give_the_same_bytes_again() -> None:
    snapshot, plan = everything()
    backwards = FixPlan()
    for item in reversed(plan.staged):
        backwards = backwards.stage(item.finding, item.fix)
    assert files_of(snapshot, plan)[0] == files_of(snapshot, backwards)[0]


HOSTILE = ("..", "a/../b", "web.json6902", "x: y", "a#b", "n" * 253, "N" * 253, "é", "-rf")


def test_no_two_objects_share_a_file_in_any_layout() -> None:
    objects = []
    for name in HOSTILE:
        item = binding("ghost")
        item["metadata"]["name"] = name
        objects.append(item)
    snapshot = snapshot_of([web(), *objects])
    files, result = files_of(snapshot)
    targets = {merged.change.target for merged in result.plan.changes()}
    assert len(targets) >= len(HOSTILE)
    for folder in ("kubectl/20-delete/", "kubectl/90-rollback/", "kustomize/patches/"):
        names = [path for path in files if path.startswith(folder)]
        assert len({name.casefold() for name in names}) == len(names) >= len(HOSTILE)
        assert all(".." not in name and name.isascii() and len(name) < 255 for name in names)
    assert len(documents(files["single/20-delete.yaml"])) == len(HOSTILE)


@pytest.mark.parametrize("name", ["read\x1b[2J", "read\u202eers", "x\ny\x00"])
def test_an_object_whose_name_cannot_be_shown_is_never_written(name: str) -> None:
    """What is shown in place of its name could be the name of another object."""
    item = binding("ghost")
    item["metadata"]["name"] = name
    files, result = files_of(snapshot_of([web(), item]))
    assert [refused.reason.partition("altered for")[1] for refused in result.refused] == ["altered for"]
    assert not any("rolebinding" in path for path in files)


def test_a_name_made_to_collide_gets_a_file_of_its_own() -> None:
    """Whoever may name objects can work the hash of another's name out."""
    names = FileNames()
    victim = ObjectRef("shop", "Role", "a/b")
    taken = FileNames().of(victim).removeprefix("shop.role.")
    made = [names.of(ref) for ref in (ObjectRef("shop", "Role", taken), victim)]
    assert len(set(made)) == 2


def deployment(*ports: dict[str, Any]) -> dict[str, Any]:
    containers = [{"name": "side"}, {"name": "app", "ports": list(ports)}]
    return {"spec": {"template": {"spec": {"containers": containers}}}}


def patch(*ports: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"spec": {"template": {"spec": {"containers": [{"name": "app", "ports": list(ports), **more}]}}}}


def test_ports_are_named_by_position_for_kustomize() -> None:
    before = deployment({"containerPort": 80}, {"containerPort": 443, "hostPort": 443, "protocol": "TCP"})
    rest, operations = without_ports(patch({"containerPort": 443, "hostPort": None}, tty=True), before)
    assert rest == {"spec": {"template": {"spec": {"containers": [{"name": "app", "tty": True}]}}}}
    place = "/spec/template/spec/containers/1"
    assert operations == [
        {"op": "test", "path": f"{place}/name", "value": "app"},
        {"op": "test", "path": f"{place}/ports/1/containerPort", "value": 443},
        {"op": "remove", "path": f"{place}/ports/1/hostPort"},
    ]


@pytest.mark.parametrize(
    "body",
    [
        patch({"containerPort": 8080, "hostPort": None}),
        patch({"containerPort": 443, "$patch": "delete"}),
        {"spec": {"replicas": 2, "template": {"spec": {"hostPID": None}}}},
    ],
    ids=["a port that is not there", "a port that goes", "no ports"],
)
def test_what_kustomize_merges_alike_stays_a_strategic_patch(body: dict[str, Any]) -> None:
    before = deployment({"containerPort": 443, "hostPort": 443})
    assert without_ports(body, before) == (body, [])


def test_a_patch_of_ports_alone_leaves_no_empty_strategic_patch() -> None:
    before = deployment({"containerPort": 443, "hostPort": 443})
    rest, operations = without_ports(patch({"containerPort": 443, "hostPort": None}), before)
    assert rest == {}
    assert json_patch(before, operations) == deployment({"containerPort": 443})


def test_a_change_of_ports_reaches_kustomize_as_a_json_patch() -> None:
    app = {
        "name": "app",
        "image": "i",
        "securityContext": {"privileged": True},
        "ports": [{"containerPort": 80, "hostPort": 80}],
    }
    snapshot = snapshot_of([web(hostPID=None, containers=[app])])
    (item,) = staged(snapshot).staged
    container = {
        "name": "app",
        "securityContext": {"privileged": False},
        "ports": [{"containerPort": 80, "hostPort": None}],
    }
    change = strategic(WEB, {"spec": {"template": {"spec": {"containers": [container]}}}})
    files, _ = files_of(snapshot, FixPlan().stage(item.finding, Fix("fix", (change,), Risk.REVIEW)))
    index = yaml.safe_load(files["kustomize/kustomization.yaml"])
    assert [item["path"] for item in index["patches"]] == [
        "patches/shop.deployment.web.json6902-ports.yaml",
        "patches/shop.deployment.web.patch.yaml",
    ]
    assert "ports" not in files["kustomize/patches/shop.deployment.web.patch.yaml"].split("\napiVersion")[1]
