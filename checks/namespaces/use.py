"""How namespaces are used: what runs in `default`, and what bounds a namespace's share of the cluster."""

from __future__ import annotations

from collections.abc import Iterator

from ksec_tui.analysis.identity import is_system
from ksec_tui.analysis.workloads import workloads_in
from ksec_tui.checks.namespaces.pod_security import NAMESPACES
from ksec_tui.checks.workloads.resources import unlimited
from ksec_tui.cluster.kinds import LIMIT_RANGE, POD, RESOURCE_QUOTA, WORKLOAD_KINDS
from ksec_tui.cluster.platform import Namespace
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import check
from ksec_tui.findings.finding import Evidence, NotApplicable
from ksec_tui.findings.fix import Fix, Risk
from ksec_tui.findings.verdict import Severity, Threat
from ksec_tui.fixes.build import create

_SYSTEM = NotApplicable("it belongs to Kubernetes itself")


@check(
    "ns-default-used",
    "Workloads in the namespace default",
    Severity.LOW,
    on=NAMESPACES,
    needs=WORKLOAD_KINDS,
    threats=(Threat.CREDENTIALS,),
    references=("CIS 5.6.4", "NSA Namespaces"),
    near=True,
)
def default_used(namespace: Namespace, cluster: Snapshot) -> Iterator[Evidence | NotApplicable]:
    """Workloads run in the namespace that everything lands in by default.

    ## Why
    A namespace is what RBAC, Pod Security, quotas and network policies bound. In `default`, things meet
    which have nothing to do with each other, and whoever forgets to name a namespace adds to them.

    ## Risky
    ```yaml
    apiVersion: v1
    kind: Namespace
    metadata: {name: default}
    ---
    apiVersion: v1
    kind: Pod
    metadata: {name: probe, namespace: default}
    spec:
      containers:
        - name: probe
          image: registry.example/probe:1.0.0
    ```

    ## Fixed
    ```yaml
    apiVersion: v1
    kind: Namespace
    metadata: {name: default}
    ---
    apiVersion: v1
    kind: Pod
    metadata: {name: probe, namespace: probes}
    spec:
      containers:
        - name: probe
          image: registry.example/probe:1.0.0
    ```
    """
    if namespace.name != "default":
        yield NotApplicable("it is not the namespace default")
        return
    for workload in workloads_in(cluster, namespace.name):
        words = f"{workload.ref.kind} {workload.ref.name} runs in the namespace default"
        yield Evidence("/metadata/namespace", words, workload.object.ref)


@default_used.fix
def _move(namespace: Namespace, cluster: Snapshot) -> Fix:
    count = len(workloads_in(cluster, namespace.name))
    return Fix(
        f"Move {count} workload{'' if count == 1 else 's'} to namespaces of their own",
        (),
        Risk.MANUAL,
        "Clients that use a short Service name no longer find what has moved.",
        (
            "Make a namespace for each application, with a Pod Security level and a network policy.",
            "Deploy them there with their Services, ConfigMaps, Secrets and accounts.",
            "Delete them here: an object's namespace cannot be changed.",
        ),
    )


@check(
    "ns-no-quota",
    "No quota",
    Severity.LOW,
    on=NAMESPACES,
    needs=(RESOURCE_QUOTA,),
    threats=(Threat.CONTAINER, Threat.CREDENTIALS),
    references=("NSA Resource policies", "T1496", "MS-TA9039"),
)
def no_quota(namespace: Namespace, cluster: Snapshot) -> Iterator[Evidence | NotApplicable]:
    """A namespace may fill the whole cluster.

    ## Why
    Whoever may create pods in it, or steals such rights, runs as many as the nodes hold: cryptominers, or
    simply so many that nothing else starts. A quota bounds the damage to a share.

    ## Risky
    ```yaml
    apiVersion: v1
    kind: Namespace
    metadata: {name: shop}
    ```

    ## Fixed
    ```yaml
    apiVersion: v1
    kind: Namespace
    metadata: {name: shop}
    ---
    apiVersion: v1
    kind: ResourceQuota
    metadata: {name: pods, namespace: shop}
    spec:
      hard: {pods: "20"}
    ```
    """
    if is_system(namespace):
        yield _SYSTEM
    elif not any(quota.spec.hard for quota in cluster.within(RESOURCE_QUOTA, namespace.name)):
        yield Evidence("", "no ResourceQuota bounds what runs in it")


@no_quota.fix
def _quota(namespace: Namespace, cluster: Snapshot) -> Fix | None:
    """A quota of pods alone: one of CPU or memory would refuse pods that name no requests."""
    unknown = cluster.gap(POD, namespace.name) is not None
    taken = cluster.find(RESOURCE_QUOTA, "pods", namespace.name) is not None
    if is_system(namespace) or unknown or taken:
        return None
    running = sum(not pod.finished for pod in cluster.within(POD, namespace.name))
    most = max(20, -(-2 * running // 10) * 10)
    target = ObjectRef(namespace.name, "ResourceQuota", "pods")
    document = {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": target.name, "namespace": target.namespace},
        "spec": {"hard": {"pods": str(most)}},
    }
    return Fix(
        f"Allow {most} pods in it: at least twice what runs now",
        (create(target, document),),
        Risk.REVIEW,
        f"Autoscaling and rollouts stop at {most} pods.",
    )


@check(
    "ns-no-limitrange",
    "No default limits",
    Severity.INFO,
    on=NAMESPACES,
    needs=(LIMIT_RANGE, *WORKLOAD_KINDS),
    threats=(Threat.CONTAINER,),
    references=("NSA Resource policies",),
    near=True,
)
def no_default_limits(namespace: Namespace, cluster: Snapshot) -> Iterator[Evidence | NotApplicable]:
    """Containers without a memory limit run in a namespace that gives them none by default.

    ## Why
    One LimitRange gives every new container of the namespace a limit, also those that nobody has thought
    of; otherwise each template has to be changed, and the next one forgets it.

    ## Risky
    ```yaml
    apiVersion: v1
    kind: Namespace
    metadata: {name: shop}
    ---
    apiVersion: v1
    kind: Pod
    metadata: {name: probe, namespace: shop}
    spec:
      containers:
        - name: probe
          image: registry.example/probe:1.0.0
    ```

    ## Fixed
    ```yaml
    apiVersion: v1
    kind: Namespace
    metadata: {name: shop}
    ---
    apiVersion: v1
    kind: Pod
    metadata: {name: probe, namespace: shop}
    spec:
      containers:
        - name: probe
          image: registry.example/probe:1.0.0
    ---
    apiVersion: v1
    kind: LimitRange
    metadata: {name: defaults, namespace: shop}
    spec:
      limits:
        - type: Container
          default: {memory: 512Mi}
          defaultRequest: {memory: 128Mi}
    ```
    """
    if is_system(namespace):
        yield _SYSTEM
        return
    found = sum(bool(unlimited(workload, cluster)) for workload in workloads_in(cluster, namespace.name))
    if found:
        some = "1 workload has" if found == 1 else f"{found} workloads have"
        yield Evidence("", f"{some} containers without a memory limit, and no LimitRange gives one")


@no_default_limits.fix
def _limit_range(namespace: Namespace, _: Snapshot) -> Fix | None:
    if is_system(namespace):
        return None
    return Fix(
        "Give the namespace a LimitRange",
        (),
        Risk.MANUAL,
        "Containers made later are killed when the default limit is too low for them.",
        (
            "Measure what the containers without a limit use at their busiest.",
            f"Create a LimitRange in {namespace.name}: type Container, default.memory above that.",
            "It holds for pods that are made afterwards: restart the others.",
        ),
    )
