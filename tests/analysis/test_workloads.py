"""What runs is seen at its top owner, with the pods that run from it and what they have beyond it."""

from __future__ import annotations

from typing import Any

from ksec_tui.analysis.links import links
from ksec_tui.analysis.security_context import privileged
from ksec_tui.analysis.workloads import top_owner, workload_named, workloads
from ksec_tui.cluster.kinds import POD
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.findings.examples import snapshot_of

WEB = ObjectRef("shop", "Deployment", "web", "apps")


def owned(by: str, kind: str, api: str) -> list[dict[str, Any]]:
    return [{"apiVersion": api, "kind": kind, "name": by, "uid": f"uid-{by}", "controller": True}]


def container(name: str = "app", **more: object) -> dict[str, Any]:
    return {"name": name, "image": "registry.example/app:1", **more}


def deployment(*containers: dict[str, Any]) -> dict[str, Any]:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {
            "selector": {"matchLabels": {"app": "web"}},
            "template": {
                "metadata": {"labels": {"app": "web"}},
                "spec": {"serviceAccountName": "web", "containers": list(containers or (container(),))},
            },
        },
    }


def replica_set() -> dict[str, Any]:
    return {
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "metadata": {
            "name": "web-1",
            "namespace": "shop",
            "ownerReferences": owned("web", "Deployment", "apps/v1"),
        },
        "spec": {},
    }


def pod(name: str, *containers: dict[str, Any], owner: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    made_by = owned("web-1", "ReplicaSet", "apps/v1") if owner is None else owner
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": name,
            "namespace": "shop",
            "labels": {"app": "web"},
            "ownerReferences": made_by,
        },
        "spec": {
            "serviceAccountName": "web",
            "nodeName": "node-1",
            "containers": list(containers or (container(),)),
        },
    }


def test_pods_stand_under_their_deployment() -> None:
    """Not under the ReplicaSet between them."""
    found = workloads(snapshot_of([deployment(), replica_set(), pod("web-1-a"), pod("web-1-b")]))
    assert [(item.ref, len(item.pods)) for item in found] == [(WEB, 2)]
    assert found[0].pointer == "/spec/template/spec"
    assert found[0].patchable


def test_an_owner_that_was_not_read_is_still_the_owner() -> None:
    """The pods are judged by the first of them; no patch is offered for what was not seen."""
    found = workloads(snapshot_of([pod("a-0", owner=owned("ring", "Cassandra", "db.example/v1"))]))
    assert found[0].ref == ObjectRef("shop", "Cassandra", "ring", "db.example")
    assert not found[0].patchable


def test_a_replica_set_that_was_not_read_stands_for_its_pods() -> None:
    """A user who may read pods only still sees one workload, not one for each pod."""
    found = workloads(snapshot_of([pod("web-1-a"), pod("web-1-b")]))
    assert [(item.ref.kind, item.ref.name, len(item.pods)) for item in found] == [("ReplicaSet", "web-1", 2)]


def test_a_static_pod_is_its_own_workload() -> None:
    """The Node that owns its mirror is not climbed to, and nothing in the API can patch it."""
    mirror = pod("etcd-cp-1", owner=owned("cp-1", "Node", "v1"))
    mirror["metadata"]["annotations"] = {"kubernetes.io/config.mirror": "x"}
    found = workloads(snapshot_of([mirror]))
    assert found[0].ref == ObjectRef("shop", "Pod", "etcd-cp-1")
    assert found[0].static
    assert not found[0].patchable


def test_owners_in_a_circle_end() -> None:
    """Hostile ownerReferences cannot hang the climb."""
    first, second = replica_set(), replica_set()
    first["metadata"]["ownerReferences"] = owned("web-2", "ReplicaSet", "apps/v1")
    second["metadata"].update(name="web-2", ownerReferences=owned("web-1", "ReplicaSet", "apps/v1"))
    snapshot = snapshot_of([first, second, pod("web-1-a")])
    assert top_owner(snapshot, snapshot.of(POD)[0]).kind == "ReplicaSet"
    assert sum(len(item.pods) for item in workloads(snapshot)) == 1


def test_an_injected_sidecar_is_judged_in_the_pod() -> None:
    """The template does not have it, so its evidence points into the live pod."""
    sidecar = container("proxy", securityContext={"privileged": True})
    snapshot = snapshot_of([deployment(), replica_set(), pod("web-1-a", container(), sidecar)])
    workload = workload_named(snapshot, WEB)
    assert workload is not None
    injected = [item for item in workload.placed if item.injected]
    assert [(item.container.name, item.ref.kind, item.pointer) for item in injected] == [
        ("proxy", "Pod", "/spec/containers/1")
    ]


def test_pods_like_their_template_add_nothing() -> None:
    """What the API server adds to each pod makes no variant."""
    plain = pod("web-1-a")
    plain["spec"]["volumes"] = [{"name": "kube-api-access-x", "projected": {"sources": []}}]
    workload = workload_named(snapshot_of([deployment(), replica_set(), plain]), WEB)
    assert workload is not None
    assert workload.variants == ()
    assert len(workload.placed) == 1


def test_links_lead_both_ways() -> None:
    """From a workload to its account, pods and Services, and from those back."""
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"selector": {"app": "web"}, "ports": [{"port": 80}]},
    }
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "web", "namespace": "shop"}}
    binding = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": "web-admin"},
        "roleRef": {"kind": "ClusterRole", "name": "admin", "apiGroup": "rbac.authorization.k8s.io"},
        "subjects": [{"kind": "ServiceAccount", "name": "web", "namespace": "shop"}],
    }
    snapshot = snapshot_of([deployment(), replica_set(), pod("web-1-a"), service, account, binding])
    from_web = {(link.relation, link.ref.kind, link.ref.name, link.found) for link in links(snapshot, WEB)}
    assert ("runs as", "ServiceAccount", "web", True) in from_web
    assert ("selected by", "Service", "web", True) in from_web
    assert ("made", "Pod", "web-1-a", True) in from_web
    assert ("in", "Namespace", "shop", False) in from_web
    from_account = links(snapshot, ObjectRef("shop", "ServiceAccount", "web"))
    assert {(link.relation, link.ref.name) for link in from_account} >= {
        ("runs", "web"),
        ("holds", "web-admin"),
    }
    granted = links(snapshot, ObjectRef("", "ClusterRoleBinding", "web-admin", "rbac.authorization.k8s.io"))
    assert ("grants", "admin", False) in {(link.relation, link.ref.name, link.found) for link in granted}


def risky(kind: str, api: str, name: str, *, owner: list[dict[str, Any]]) -> dict[str, Any]:
    """A controller with a privileged template, no live pod, and an owner."""
    tree = deployment(container(securityContext={"privileged": True}))
    meta = {"name": name, "namespace": "shop", "ownerReferences": owner}
    return {**tree, "apiVersion": api, "kind": kind, "metadata": meta}


def privileged_in(trees: list[dict[str, Any]]) -> list[str]:
    return [
        str(item.ref)
        for item in workloads(snapshot_of(trees))
        if any(privileged(placed.container) for placed in item.placed)
    ]


def test_every_pod_of_an_owner_that_was_not_read_is_judged() -> None:
    """An operator's pods need not be alike: the second one is privileged."""
    owner = owned("ring", "Cassandra", "db.example/v1")
    odd = pod("ring-1", container(securityContext={"privileged": True}), owner=owner)
    assert privileged_in([pod("ring-0", owner=owner), odd]) == ["Cassandra shop/ring"]


def test_a_controller_cannot_hide_behind_an_owner_that_does_not_make_it() -> None:
    """A Deployment that names an owner, read or not, is judged by its own template."""
    for owner in (owned("ghost", "Deployment", "apps/v1"), owned("web", "Deployment", "apps/v1")):
        hidden = risky("Deployment", "apps/v1", "hidden", owner=owner)
        assert privileged_in([deployment(), hidden]) == ["Deployment shop/hidden"]


def test_a_template_below_an_owner_that_was_not_read_is_judged_without_pods() -> None:
    """Each kind of pod that is wanted: old ReplicaSets at zero are not."""
    owner = owned("gone", "Deployment", "apps/v1")
    plain = risky("ReplicaSet", "apps/v1", "gone-1", owner=owner)
    plain["spec"]["template"]["spec"]["containers"] = [container()]
    bad = risky("ReplicaSet", "apps/v1", "gone-2", owner=owner)
    assert privileged_in([bad]) == ["Deployment shop/gone"]
    assert privileged_in([plain, bad]) == ["Deployment shop/gone"]
    assert privileged_in([{**bad, "metadata": {**bad["metadata"], "name": "gone-0"}}, plain]) == [
        "ReplicaSet shop/gone-0"
    ]
    bad["spec"]["replicas"] = 0
    assert privileged_in([plain, bad]) == []
    assert privileged_in([risky("Job", "batch/v1", "once", owner=owned("cron", "CronJob", "batch/v1"))]) == [
        "CronJob shop/cron"
    ]


def test_whatever_a_live_pod_has_beyond_its_template_is_judged() -> None:
    """Admission may change any field that a check reads, not only add containers."""
    changes: dict[str, dict[str, Any]] = {
        "runs as root by the pod": {"securityContext": {"runAsUser": 0}},
        "shares users": {"hostUsers": False},
        "has a literal": {"containers": [container(env=[{"name": "PASSWORD", "value": "s3cr3t-word"}])]},
        "has memory": {"containers": [container(resources={"limits": {"memory": "1Gi"}})]},
        "starts first": {"initContainers": [container()], "containers": [container("other")]},
    }
    for what, change in changes.items():
        odd = pod("web-1-a")
        odd["spec"].update(change)
        workload = workload_named(snapshot_of([deployment(), replica_set(), odd]), WEB)
        assert workload is not None
        assert [item.name for item in workload.variants] == ["web-1-a"], what


def test_a_mount_of_the_node_that_only_the_live_pod_may_write_to_is_judged() -> None:
    """The same directory, read-only in the template."""
    volume = [{"name": "logs", "hostPath": {"path": "/var/log"}}]
    mount = {"name": "logs", "mountPath": "/logs"}
    template = deployment(container(volumeMounts=[{**mount, "readOnly": True}]))
    template["spec"]["template"]["spec"]["volumes"] = volume
    odd = pod("web-1-a", container(volumeMounts=[mount]))
    odd["spec"]["volumes"] = volume
    workload = workload_named(snapshot_of([template, replica_set(), odd]), WEB)
    assert workload is not None
    assert [item.injected for item in workload.placed] == [False, True]


def test_a_deployment_of_an_operator_is_its_own_top() -> None:
    """What its owner is nobody knows here: the Deployment is judged and named."""
    mine = risky("Deployment", "apps/v1", "web", owner=owned("shop", "Shop", "example.org/v1"))
    assert privileged_in([mine]) == ["Deployment shop/web"]
