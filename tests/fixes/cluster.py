"""A small cluster, and tiny checks with fixes for the engine's own tests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ksec_tui.analysis.workloads import Workload
from ksec_tui.cluster.access import RoleBinding
from ksec_tui.cluster.kinds import ROLE_BINDING, SERVICE_ACCOUNT
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import WORKLOADS, Check, check, objects
from ksec_tui.findings.examples import snapshot_of
from ksec_tui.findings.finding import Evidence, Finding, Unknown
from ksec_tui.findings.fix import Fix, Risk
from ksec_tui.findings.runner import fix_for, run
from ksec_tui.findings.verdict import Severity, Threat
from ksec_tui.fixes.build import containers, delete, json_patch, op, pod_template, workload_fix
from ksec_tui.fixes.plan import FixPlan

Objects = list[dict[str, Any]]

WEB = ObjectRef("shop", "Deployment", "web", "apps")
POD = ObjectRef("shop", "Pod", "web-1-a")
READERS = ObjectRef("shop", "RoleBinding", "readers", "rbac.authorization.k8s.io")


@check(
    "toy-privileged",
    "Privileged container",
    Severity.HIGH,
    on=WORKLOADS,
    threats=(Threat.CONTAINER,),
    references=("toy",),
)
def privileged(workload: Workload, _: Snapshot) -> Iterator[Evidence]:
    """A container is privileged.

    ## Why
    Toy.

    ## Risky
    ```yaml
    {}
    ```

    ## Fixed
    ```yaml
    {}
    ```
    """
    for item in workload.placed:
        context = item.container.security_context
        if context is not None and context.privileged:
            yield Evidence(
                f"{item.pointer}/securityContext/privileged",
                f"container {item.container.name} runs privileged",
                item.ref,
            )


@privileged.fix
def _privileged_fix(workload: Workload, _: Snapshot) -> Fix | None:
    change = containers(
        workload,
        lambda item: (
            {"securityContext": {"privileged": False}}
            if item.container.security_context and item.container.security_context.privileged
            else None
        ),
    )
    return workload_fix(
        workload, "Run unprivileged", change, Risk.REVIEW, may_break="It may need devices | files."
    )


@check(
    "toy-host-pid",
    "Host PIDs",
    Severity.HIGH,
    on=WORKLOADS,
    threats=(Threat.CONTAINER,),
    references=("toy",),
)
def host_pid(workload: Workload, _: Snapshot) -> Iterator[Evidence]:
    """A pod sees the host's processes.

    ## Why
    Toy.

    ## Risky
    ```yaml
    {}
    ```

    ## Fixed
    ```yaml
    {}
    ```
    """
    for spec, pointer, ref in workload.specs():
        if spec.host_pid:
            yield Evidence(f"{pointer}/hostPID", "it shares the host's process ids", ref)


@host_pid.fix
def _host_pid_fix(workload: Workload, _: Snapshot) -> Fix | None:
    return workload_fix(
        workload,
        "Leave the host's processes",
        pod_template(workload, {"hostPID": None}),
        Risk.LIKELY,
        may_break="It may watch processes.",
    )


@check(
    "toy-ghost-subject",
    "Subject that does not exist",
    Severity.LOW,
    on=objects(ROLE_BINDING),
    needs=(SERVICE_ACCOUNT,),
    threats=(Threat.CREDENTIALS,),
    references=("toy",),
)
def ghost_subject(binding: RoleBinding, cluster: Snapshot) -> Iterator[Evidence | Unknown]:
    """A binding names a service account that does not exist.

    ## Why
    Toy.

    ## Risky
    ```yaml
    {}
    ```

    ## Fixed
    ```yaml
    {}
    ```
    """
    for index, subject in enumerate(binding.subjects):
        if cluster.find(SERVICE_ACCOUNT, subject.name, subject.namespace) is None:
            yield Evidence(f"/subjects/{index}", f"{subject.name} does not exist")


@ghost_subject.fix
def _ghost_fix(binding: RoleBinding, cluster: Snapshot) -> Fix | None:
    document = cluster.document(binding.ref)
    assert document is not None
    given = document["subjects"]
    gone = [
        index
        for index, subject in enumerate(binding.subjects)
        if cluster.find(SERVICE_ACCOUNT, subject.name, subject.namespace) is None
    ]
    if len(gone) == len(given):
        return Fix("Delete the binding", (delete(binding.ref),), Risk.SAFE)
    tests = [op("test", f"/subjects/{index}", given[index]) for index in gone]
    removals = [op("remove", f"/subjects/{index}") for index in reversed(gone)]
    return Fix("Remove the subject", (json_patch(binding.ref, *tests, *removals),), Risk.SAFE)


CHECKS: tuple[Check[Any], ...] = (ghost_subject, host_pid, privileged)


def template(**spec: Any) -> dict[str, Any]:
    app = {"name": "app", "image": "shop/web:1", "securityContext": {"privileged": True, "runAsUser": 7}}
    return {
        "metadata": {"labels": {"app": "web"}},
        "spec": {"hostPID": True, "containers": [app, {"name": "side", "image": "shop/side:1"}], **spec},
    }


def web(**spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "shop", "resourceVersion": "42"},
        "spec": {"selector": {"matchLabels": {"app": "web"}}, "template": template(**spec)},
    }


def objects_of_the_shop() -> Objects:
    """A Deployment with its ReplicaSet and a pod that got a sidecar and a token, and a binding."""
    made = template()
    mount = {"name": "kube-api-access-x", "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount"}
    pod_containers = [{**item, "volumeMounts": [mount]} for item in made["spec"]["containers"]]
    return [
        web(),
        {
            "apiVersion": "apps/v1",
            "kind": "ReplicaSet",
            "metadata": {
                "name": "web-1",
                "namespace": "shop",
                "ownerReferences": [_owner("Deployment", "web")],
            },
            "spec": {"template": made},
        },
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {
                "name": "web-1-a",
                "namespace": "shop",
                "labels": {"app": "web", "pod-template-hash": "1"},
                "ownerReferences": [_owner("ReplicaSet", "web-1")],
            },
            "spec": {
                **made["spec"],
                "containers": [*pod_containers, {"name": "mesh", "image": "mesh:1"}],
                "ephemeralContainers": [{"name": "debug", "image": "busybox"}],
                "volumes": [{"name": "kube-api-access-x", "projected": {"sources": []}}],
                "nodeName": "node-a",
                "serviceAccountName": "default",
            },
        },
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "real", "namespace": "shop"}},
        binding("real", "ghost", "spook"),
    ]


def binding(*accounts: str) -> dict[str, Any]:
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": {"name": "readers", "namespace": "shop"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "r"},
        "subjects": [{"kind": "ServiceAccount", "name": name, "namespace": "shop"} for name in accounts],
    }


def _owner(kind: str, name: str) -> dict[str, Any]:
    return {"apiVersion": "apps/v1", "kind": kind, "name": name, "uid": name, "controller": True}


def shop() -> Snapshot:
    return snapshot_of(objects_of_the_shop())


def findings_of(snapshot: Snapshot, checks: tuple[Check[Any], ...] = CHECKS) -> tuple[Finding, ...]:
    return run(snapshot, checks).findings


def staged(snapshot: Snapshot, checks: tuple[Check[Any], ...] = CHECKS) -> FixPlan:
    """A plan with the fix of every finding."""
    plan = FixPlan()
    for finding in findings_of(snapshot, checks):
        fix = fix_for(finding, checks, snapshot)
        if fix is not None:
            plan = plan.stage(finding, fix)
    return plan
