"""The pane of workloads, without a terminal: levels, exposure, accounts, images, pods and shared nodes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from ksec_tui.checks import all_checks
from ksec_tui.cluster.kinds import KINDS, POD, ROLE_BINDING, SERVICE, Kind
from ksec_tui.findings.examples import snapshot_of
from ksec_tui.findings.runner import run
from ksec_tui.fixes.plan import FixPlan
from ksec_tui.screens.pane import Listing, Row, View
from ksec_tui.screens.panes.workloads import PANE
from ksec_tui.screens.widgets.columns import text_of
from ksec_tui.session import State
from tests.analysis.test_images import ONE, TWO

RBAC = "rbac.authorization.k8s.io"
Object = dict[str, Any]
ALL, IMAGES, PODS, NODES = PANE.listings


def view_of(*objects: Object, without: Sequence[Kind[Any]] = ()) -> View:
    head = {"kind": "Cluster", "serverVersion": "v1.33.4", "today": "2026-11-21"}
    snapshot = snapshot_of([head, *objects], forbidden=without)
    return View.of(State(snapshot, run(snapshot, all_checks())), FixPlan(), ascii=False)


def shown(listing: Listing, row: Row, column: str) -> str:
    (found,) = (item for item in listing.columns if item.id == column)
    return text_of(found.cell(row))


def by_name(listing: Listing, view: View) -> dict[str, Row]:
    return {row.ref.name: row for row in listing.rows(view)}


def thing(api: str, kind: str, name: str, namespace: str = "shop", **rest: object) -> Object:
    return {"apiVersion": api, "kind": kind, "metadata": {"name": name, "namespace": namespace}, **rest}


def deployment(name: str, *, container: Object | None = None, **spec: object) -> Object:
    labels = {"app": name}
    main = {
        "name": "app",
        "image": f"reg.test/{name}:1",
        "ports": [{"containerPort": 80}],
        **(container or {}),
    }
    template = {"metadata": {"labels": labels}, "spec": {"containers": [main], **spec}}
    return thing(
        "apps/v1", "Deployment", name, spec={"selector": {"matchLabels": labels}, "template": template}
    )


def pod(name: str, owner: str, *, node: str = "one", phase: str = "Running", **spec: object) -> Object:
    reference = {"apiVersion": "apps/v1", "kind": "Deployment", "name": owner, "uid": "u", "controller": True}
    item = thing("v1", "Pod", name)
    item["metadata"] |= {"ownerReferences": [reference], "labels": {"app": owner}}
    item["spec"] = {"nodeName": node, "containers": [{"name": "app", "image": f"reg.test/{owner}:1"}], **spec}
    item["status"] = {"phase": phase}
    return item


def node(name: str) -> Object:
    return {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}}


STRICT: Object = {
    "securityContext": {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "runAsNonRoot": True,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
}
PRIVILEGED: Object = {"securityContext": {"privileged": True}}


def account(name: str, role: str = "cluster-admin") -> tuple[Object, ...]:
    """A ServiceAccount that is bound to a role in the whole cluster."""
    return (
        thing("v1", "ServiceAccount", name),
        {
            "apiVersion": f"{RBAC}/v1",
            "kind": "ClusterRoleBinding",
            "metadata": {"name": name},
            "subjects": [{"kind": "ServiceAccount", "name": name, "namespace": "shop"}],
            "roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": role},
        },
    )


def test_each_workload_shows_the_level_it_meets_and_what_the_next_refuses() -> None:
    found = by_name(
        ALL,
        view_of(
            deployment("strict", container=STRICT),
            deployment("usual"),
            deployment("loose", container=PRIVILEGED),
        ),
    )
    assert {name: shown(ALL, row, "level") for name, row in found.items()} == {
        "strict": "restricted",
        "usual": "baseline",
        "loose": "privileged",
    }
    assert shown(ALL, found["strict"], "needs") == ""
    assert "seccompProfile" in shown(ALL, found["usual"], "needs")
    assert shown(ALL, found["loose"], "needs") == "privileged"


def test_a_live_pod_that_has_more_than_its_template_lowers_the_level() -> None:
    debug: Object = {"ephemeralContainers": [{"name": "shell", "image": "reg.test/sh:1", **PRIVILEGED}]}
    row = by_name(ALL, view_of(deployment("web", container=STRICT), pod("web-1", "web", **debug)))["web"]
    assert shown(ALL, row, "level") == "privileged"


def service(name: str, **spec: object) -> Object:
    return thing("v1", "Service", name, spec={"selector": {"app": name}, "ports": [{"port": 80}], **spec})


def test_exposure_is_told_by_its_widest_zone_and_doubt_is_marked() -> None:
    public = service("web", type="LoadBalancer")
    public["status"] = {"loadBalancer": {"ingress": [{"ip": "203.0.113.9"}]}}
    objects = (deployment("web"), deployment("api"), public)
    found = by_name(ALL, view_of(*objects))
    assert shown(ALL, found["web"], "exposed") == "internet"
    assert shown(ALL, found["api"], "exposed") == "–"
    blind = by_name(ALL, view_of(*objects, without=[SERVICE]))
    assert shown(ALL, blind["api"], "exposed") == "?"


def test_an_account_shows_what_it_is_worth() -> None:
    objects = (
        *account("boss"),
        deployment("power", serviceAccountName="boss"),
        deployment("blind", serviceAccountName="boss", automountServiceAccountToken=False),
        deployment("plain", serviceAccountName="nobody"),
    )
    found = by_name(ALL, view_of(*objects))
    assert shown(ALL, found["power"], "account") == "■C boss"
    assert shown(ALL, found["blind"], "account") == "boss (no token)"
    assert shown(ALL, found["plain"], "account") == "nobody"
    unread = by_name(ALL, view_of(*objects, without=[ROLE_BINDING]))
    assert shown(ALL, unread["plain"], "account") == "? nobody"


def test_the_worst_finding_is_named_by_its_title_with_the_number_of_others() -> None:
    row = by_name(ALL, view_of(deployment("loose", container=PRIVILEGED)))["loose"]
    assert shown(ALL, row, "why") == f"Privileged container +{len(row.findings) - 1}"


def test_ended_pods_do_not_count() -> None:
    view = view_of(deployment("web"), pod("a", "web"), pod("b", "web", phase="Succeeded"))
    assert shown(ALL, by_name(ALL, view)["web"], "pods") == "1"


def running(name: str, owner: str, digest: str) -> Object:
    item = pod(name, owner)
    item["status"]["containerStatuses"] = [{"name": "app", "imageID": f"reg.test/{owner}@{digest}"}]
    return item


def test_images_show_tag_digest_drift_policy_and_users() -> None:
    view = view_of(
        deployment("web"),
        running("web-1", "web", ONE),
        running("web-2", "web", TWO),
        deployment("api", container={"image": f"quay.io/team/api@{ONE}"}),
        deployment("old", container={"image": "nginx"}),
    )
    found = {str(row.values["repository"]): row for row in IMAGES.rows(view)}
    assert list(found) == ["nginx", "team/api", "web"]
    web, pinned, floating = found["web"], found["team/api"], found["nginx"]
    assert (shown(IMAGES, web, "tag"), shown(IMAGES, web, "digest")) == ("1", "2 run")
    assert shown(IMAGES, web, "drift") == "1 drift"
    assert shown(IMAGES, web, "users") == "deploy shop/web"
    assert shown(IMAGES, pinned, "digest") == "a" * 12
    assert shown(IMAGES, pinned, "registry") == "quay.io"
    assert shown(IMAGES, floating, "tag") == "(latest)"
    assert shown(IMAGES, floating, "policy") == "Always"
    assert "img-latest" in {finding.check for finding in floating.findings}
    assert "img-latest" not in {finding.check for finding in web.findings}
    assert any(ONE in note for note in web.notes)


def test_what_runs_is_unknown_where_pods_may_not_be_read() -> None:
    (row,) = IMAGES.rows(view_of(deployment("web"), without=[POD]))
    assert shown(IMAGES, row, "digest") == "?"
    assert any("not known" in note for note in row.notes)


def test_pods_stand_with_their_owner_and_its_findings_ended_ones_last() -> None:
    view = view_of(
        deployment("loose", container=PRIVILEGED),
        pod("loose-done", "loose", phase="Failed"),
        pod("loose-live", "loose"),
        pod("loose-next", "loose", node="", phase="Pending"),
    )
    rows = PODS.rows(view)
    assert [row.ref.name for row in rows] == ["loose-live", "loose-next", "loose-done"]
    live, waiting, ended = rows
    assert live.worst is not None
    assert live.worst.check == "wl-privileged"
    assert shown(PODS, live, "owner") == "deploy loose"
    assert shown(PODS, live, "node") == "one"
    assert shown(PODS, waiting, "node") == "none yet"
    assert shown(PODS, ended, "phase") == "Failed"
    assert list(PODS.rows(view)) == list(rows), "rows are kept while nothing changes"


def test_a_node_tells_where_a_break_out_meets_power() -> None:
    view = view_of(
        node("one"),
        node("two"),
        node("idle"),
        *account("boss"),
        deployment("loose", container=PRIVILEGED),
        deployment("power", serviceAccountName="boss"),
        pod("loose-1", "loose"),
        pod("power-1", "power", serviceAccountName="boss"),
        pod("power-2", "power", node="two", serviceAccountName="boss"),
        pod("power-3", "power", node="two", serviceAccountName="boss", phase="Succeeded"),
    )
    found = by_name(NODES, view)
    assert list(found) == ["idle", "one", "two"]
    assert shown(NODES, found["one"], "meets") == "deploy shop/loose → deploy shop/power"
    assert (shown(NODES, found["one"], "breakers"), shown(NODES, found["one"], "powers")) == ("1", "1")
    assert shown(NODES, found["two"], "meets") == ""
    assert (shown(NODES, found["two"], "pods"), shown(NODES, found["two"], "powers")) == ("1", "1")
    assert shown(NODES, found["idle"], "pods") == "0"
    assert any("can take the node: Deployment shop/loose" in note for note in found["one"].notes)


def test_a_workload_alone_does_not_meet_itself() -> None:
    objects = (
        *account("boss"),
        deployment("both", container=PRIVILEGED, serviceAccountName="boss"),
        pod("both-1", "both", serviceAccountName="boss"),
    )
    row = by_name(NODES, view_of(*objects))["one"]
    assert shown(NODES, row, "meets") == ""


@pytest.mark.parametrize("listing", PANE.listings, ids=lambda item: str(item.id))
def test_nothing_is_certain_where_nothing_may_be_read(listing: Listing) -> None:
    assert not listing.rows(view_of(without=KINDS))
