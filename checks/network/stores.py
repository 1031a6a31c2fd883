"""Data stores that everyone inside the cluster can reach."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from ksec_tui.analysis.network.policies import covers_port, isolated, isolating, openness
from ksec_tui.analysis.network.selectors import alive
from ksec_tui.analysis.network.sensitive import stores
from ksec_tui.analysis.network.world import ADMIN_KINDS
from ksec_tui.analysis.workloads import Workload, workloads
from ksec_tui.checks.network._common import labels_at, no_tiers
from ksec_tui.cluster.kinds import CUSTOM_RESOURCE, NAMESPACE, NETWORK_POLICY, WORKLOAD_KINDS
from ksec_tui.cluster.networking import IngressPolicyRule
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import WORKLOADS, Subjects, check
from ksec_tui.findings.finding import Evidence, NotApplicable, Unknown
from ksec_tui.findings.fix import Fix, Risk
from ksec_tui.findings.verdict import Severity, Threat
from ksec_tui.fixes.network import close_workload, may_break, narrow_policy, withdraw_first

STORES: Subjects[Workload] = dataclasses.replace(
    WORKLOADS,
    title="data stores",
    kinds=(*WORKLOAD_KINDS, CUSTOM_RESOURCE),
    select=lambda snapshot: (item for item in workloads(snapshot) if alive(item) and stores(item)),
)


@check(
    "net-datastore-open",
    "Every pod can reach a data store",
    Severity.HIGH,
    on=STORES,
    needs=(NETWORK_POLICY,),
    also=(*ADMIN_KINDS, NAMESPACE),
    threats=(Threat.CONTAINER,),
    references=("CIS 5.3.2", "NSA Network policies", "T1210", "MS-TA9034", "OWASP K05"),
    near=no_tiers,
)
def datastore_open(workload: Workload, cluster: Snapshot) -> Iterator[Evidence | NotApplicable | Unknown]:
    """A data store's port is open to every pod of every namespace.

    ## Why
    Databases, caches and brokers hold what an attacker is after and often trust whoever connects. When any
    pod may connect, the weakest workload of the cluster decides how safe the data is.

    ## Risky
    ```yaml
    apiVersion: apps/v1
    kind: StatefulSet
    metadata: {name: db, namespace: shop}
    spec:
      serviceName: db
      selector: {matchLabels: {app: db}}
      template:
        metadata: {labels: {app: db}}
        spec:
          containers:
            - name: postgres
              image: postgres:17.6
              ports: [{name: postgres, containerPort: 5432}]
    ```

    ## Fixed
    ```yaml
    apiVersion: apps/v1
    kind: StatefulSet
    metadata: {name: db, namespace: shop}
    spec:
      serviceName: db
      selector: {matchLabels: {app: db}}
      template:
        metadata: {labels: {app: db}}
        spec:
          containers:
            - name: postgres
              image: postgres:17.6
              ports: [{name: postgres, containerPort: 5432}]
    ---
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata:
      name: ksec-allow-db
      namespace: shop
      labels: {app.kubernetes.io/managed-by: ksec-tui}
    spec:
      podSelector: {matchLabels: {app: db}}
      policyTypes: [Ingress]
      ingress: [{from: [{podSelector: {}}]}]
    ```
    """
    if workload.spec.host_network:
        yield NotApplicable("policies do not govern pods on their node's network")
        return
    answer = isolated(cluster, workload, "ingress")
    for port, name in sorted(stores(workload).items()):
        if answer.value is None:
            yield Unknown(f"who reaches {name} on port {port} is not known: {answer.reason}")
        elif not answer.value:
            # A policy that is missing is a control that is missing, not a door that somebody opened.
            words = f"no NetworkPolicy keeps any pod of the cluster from {name} on port {port}"
            yield Evidence(labels_at(workload), words, None, Severity.MEDIUM)
        for policy in isolating(cluster, workload, "ingress"):
            for index, rule in enumerate(policy.spec.ingress):
                wide = openness(rule)
                if wide is not None and covers_port(rule.ports, workload, "TCP", port):
                    words = f"NetworkPolicy {policy.name} admits {wide.value} to {name} on port {port}"
                    yield Evidence(f"/spec/ingress/{index}", words, policy.ref)


@datastore_open.fix
def _keep_inside(workload: Workload, cluster: Snapshot) -> Fix | None:
    if workload.system:
        return None
    ports = stores(workload)
    title = f"Admit to {workload.ref} only its own namespace"

    def concerned(rule: IngressPolicyRule) -> bool:
        return openness(rule) is not None and any(
            covers_port(rule.ports, workload, "TCP", port) for port in ports
        )

    changes = [
        narrow_policy(cluster, policy, concerned)
        for policy in isolating(cluster, workload, "ingress")
        if any(map(concerned, policy.spec.ingress))
    ]
    if not changes:
        changes = [close_workload(cluster, workload)]
    done = [change for change in changes if change is not None]
    steps = withdraw_first(cluster, (workload,))
    if steps or len(done) < len(changes):
        return Fix(title, (), Risk.MANUAL, may_break(cluster), (*steps, "Admit only the pods that use it."))
    return Fix(title, tuple(done), Risk.REVIEW, may_break(cluster))
