"""The pane of namespaces, without a terminal: the grade, its parts, what could be tighter, whose it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ksec_tui.analysis.isolation import WEIGHTS
from ksec_tui.checks import all_checks
from ksec_tui.cluster.kinds import NETWORK_POLICY, POD, ROLE_BINDING, Kind
from ksec_tui.findings.examples import snapshot_of
from ksec_tui.findings.runner import run
from ksec_tui.fixes.plan import FixPlan
from ksec_tui.screens.pane import Row, View
from ksec_tui.screens.panes.namespaces import PANE
from ksec_tui.screens.widgets.columns import in_order, place, text_of
from ksec_tui.session import State
from tests.analysis.test_isolation import CALICO, PSA, RBAC, deployment, policy, thing

Object = dict[str, Any]
(LISTING,) = PANE.listings


def namespace(name: str = "shop", **labels: str) -> Object:
    full = {f"{PSA}{key}": value for key, value in labels.items()}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": full}}


def found(*objects: Object, without: Sequence[Kind[Any]] = ()) -> dict[str, Row]:
    head = {"kind": "Cluster", "serverVersion": "v1.33.4", "today": "2026-11-21"}
    snapshot = snapshot_of([head, CALICO, *objects], forbidden=without)
    view = View.of(State(snapshot, run(snapshot, all_checks())), FixPlan(), ascii=False)
    return {row.ref.name: row for row in LISTING.rows(view)}


def shown(row: Row, column: str) -> str:
    (item,) = (item for item in LISTING.columns if item.id == column)
    return text_of(item.cell(row))


STRICT: Object = {
    "securityContext": {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "runAsNonRoot": True,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
}


def strict(name: str = "web") -> Object:
    """A Deployment that meets restricted and carries no token."""
    item = deployment(name, automountServiceAccountToken=False)
    item["spec"]["template"]["spec"]["containers"][0] |= STRICT
    return item


KEPT = (
    namespace(enforce="restricted"),
    strict(),
    policy("in"),
    policy("out", "Egress"),
    thing("v1", "ResourceQuota", "q", spec={"hard": {"pods": "9"}}),
    thing("v1", "LimitRange", "l", spec={"limits": [{"type": "Container"}]}),
)


def test_a_tenant_that_is_kept_apart_has_the_best_grade_and_an_open_one_the_worst() -> None:
    rows = found(*KEPT, namespace("open"))
    assert shown(rows["shop"], "grade") == "A"
    assert [shown(rows["shop"], name) for name in ("enforces", "ingress", "egress", "exposed", "bounds")] == [
        "restricted",
        "deny",
        "deny",
        "inside",
        "both",
    ]
    assert shown(rows["open"], "grade") == "F"
    assert [shown(rows["open"], name) for name in ("enforces", "ingress", "egress")] == [
        "none",
        "open",
        "open",
    ]


def test_the_detail_names_every_part_with_its_points() -> None:
    notes = found(*KEPT)["shop"].notes
    assert notes[0] == "Isolation A: 100 of 100 points are proven."
    for name, weight in WEIGHTS.items():
        assert any(note.startswith(f"{weight}/{weight} {name}: ") for note in notes)


def test_what_may_not_be_read_makes_the_grade_unknown_and_says_what_it_could_be() -> None:
    row = found(*KEPT, without=[NETWORK_POLICY])["shop"]
    assert shown(row, "grade") == "?"
    assert shown(row, "ingress") == "?"
    assert row.notes[0].startswith("Isolation between C and A: 65 of 100 points are proven")
    assert any(note.startswith("?/20 ingress: ") for note in row.notes)


def test_namespaces_of_kubernetes_itself_have_no_grade_and_stand_last() -> None:
    rows = found(namespace("kube-system"), namespace("zoo"))
    assert list(rows) == ["zoo", "kube-system"]
    assert shown(rows["kube-system"], "grade") == "–"
    assert rows["kube-system"].notes[0].startswith("Kubernetes' own namespace")


def test_what_it_could_enforce_for_free_is_shown_with_what_hinders_more() -> None:
    row = found(namespace(), strict(), deployment("api"))["shop"]
    assert shown(row, "could") == "baseline"
    assert any("could enforce baseline today" in note for note in row.notes)
    assert any(note.startswith("restricted would refuse Deployment api") for note in row.notes)
    assert shown(found(*KEPT)["shop"], "could") == "–"


def test_what_it_could_enforce_is_unknown_where_pods_may_not_be_read() -> None:
    row = found(namespace(), strict(), without=[POD])["shop"]
    assert shown(row, "could") == "?"
    assert any("What it could enforce is not known" in note for note in row.notes)


def test_the_level_it_could_enforce_is_staged_as_a_fix_of_the_namespace() -> None:
    row = found(namespace(), strict())["shop"]
    assert shown(row, "could") == "restricted"
    assert any(item.fixable and item.check.startswith("ns-psa-") for item in row.findings)


def test_warn_and_audit_are_shown_beside() -> None:
    row = found(namespace(warn="restricted", audit="baseline"))["shop"]
    assert shown(row, "softer") == "warn:restricted audit:baseline"
    assert shown(row, "enforces") == "warn only"


def binding(name: str, role: str, *subjects: Object) -> Object:
    reference = {"apiGroup": RBAC, "kind": "ClusterRole", "name": role}
    return thing(f"{RBAC}/v1", "RoleBinding", name, subjects=list(subjects), roleRef=reference)


def role(name: str, verb: str) -> Object:
    rule = {"apiGroups": [""], "resources": ["pods"], "verbs": [verb]}
    return {"apiVersion": f"{RBAC}/v1", "kind": "ClusterRole", "metadata": {"name": name}, "rules": [rule]}


def test_who_runs_it_are_those_who_may_create_pods_by_bindings_of_its_own() -> None:
    team = {"apiGroup": RBAC, "kind": "Group", "name": "team-a"}
    robot = {"kind": "ServiceAccount", "name": "deployer", "namespace": "ci"}
    reader = {"apiGroup": RBAC, "kind": "User", "name": "ann"}
    objects = (
        namespace(),
        role("edit", "create"),
        role("view", "get"),
        binding("team", "edit", team, robot),
        binding("readers", "view", reader),
    )
    row = found(*objects)["shop"]
    assert shown(row, "owners") == "group:team-a, sa:ci/deployer"
    assert any("edit by RoleBinding shop/team" in note for note in row.notes)
    assert shown(found(*objects, without=[ROLE_BINDING])["shop"], "owners") == "?"


def test_findings_are_counted_by_namespace_worst_first() -> None:
    bad = deployment("bad")
    bad["spec"]["template"]["spec"]["containers"][0]["securityContext"] = {"privileged": True}
    rows = found(namespace(), namespace("quiet"), bad)
    critical, _, high = shown(rows["shop"], "worst").partition("/")
    assert int(critical) >= 1
    assert int(high) >= 1
    (column,) = (item for item in LISTING.columns if item.id == "worst")
    ordered = in_order(list(rows.values()), column, reverse=True)
    assert ordered[0].ref.name == "shop"


def test_a_narrow_screen_shows_the_grade_and_what_matters_most() -> None:
    ids = [item.column.id for item in place(LISTING.columns, 77)]
    assert ids == [
        "risk",
        "grade",
        "name",
        "enforces",
        "could",
        "ingress",
        "egress",
        "exposed",
        "worst",
    ]
