"""Rights over what stands between requests and the cluster: the kubelet's proxy, admission webhooks."""

from __future__ import annotations

from collections.abc import Iterator

from ksec_tui.analysis.rbac.bindings import Bound
from ksec_tui.analysis.rbac.rules import ALL
from ksec_tui.checks.rbac.common import BINDINGS, Power, granted, minor_version
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import check
from ksec_tui.findings.finding import Outcome
from ksec_tui.findings.fix import Cut, Fix
from ksec_tui.findings.verdict import Severity, Threat
from ksec_tui.fixes.rbac import cut, narrow

HOOKS = tuple(
    ("admissionregistration.k8s.io", name)
    for name in ("mutatingwebhookconfigurations", "validatingwebhookconfigurations")
)
CHANGE = ("create", "update", "patch", "delete", "deletecollection")
WRITE_HOOKS = tuple(Power(CHANGE, *hook) for hook in HOOKS)
PROXY = (Power(("get", "create", "update", "patch", "delete"), "", "nodes/proxy"),)


@check(
    "rbac-nodes-proxy",
    "The kubelet can be reached through the API server",
    Severity.CRITICAL,
    on=BINDINGS,
    threats=(Threat.CREDENTIALS, Threat.CONTAINER),
    references=("CIS 5.1.10", "T1609", "T1613", "MS-TA9030", "KEP-2862"),
)
def nodes_proxy(bound: Bound, _: Snapshot) -> Iterator[Outcome]:
    """A binding lets its subjects talk to kubelets through nodes/proxy.

    ## Why
    The kubelet runs commands in any container of its node for whoever holds `nodes/proxy`, and the verb get
    is enough. Neither admission nor the audit log of the API server sees it. Monitoring programs often ask for
    it where `nodes/metrics` and `nodes/stats` would do.

    ## Risky
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRole
    metadata: {name: node-monitor}
    rules:
    - {apiGroups: [""], resources: [nodes], verbs: [get, list]}
    - {apiGroups: [""], resources: [nodes/proxy], verbs: [get]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRoleBinding
    metadata: {name: node-monitor}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: node-monitor}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ---
    {kind: Cluster, serverVersion: v1.32.4}
    ```

    ## Fixed
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRole
    metadata: {name: node-monitor}
    rules:
    - {apiGroups: [""], resources: [nodes], verbs: [get, list]}
    - {apiGroups: [""], resources: [nodes/metrics, nodes/stats], verbs: [get]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRoleBinding
    metadata: {name: node-monitor}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: node-monitor}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ---
    {kind: Cluster, serverVersion: v1.32.4}
    ```
    """
    yield from granted(bound, PROXY, Severity.CRITICAL)


@nodes_proxy.fix
def _nodes_proxy_fix(bound: Bound, snapshot: Snapshot) -> Fix | None:
    # KubeletFineGrainedAuthz, on since 1.33, adds resources that had needed nodes/proxy until then.
    fine = (minor_version(snapshot) or 0) >= 33
    instead = ("nodes/metrics", "nodes/stats", *(("nodes/pods", "nodes/healthz") if fine else ()))
    title = f"Grant metrics and stats instead of nodes/proxy in {bound.role.kind} {bound.role.name}"
    may_break = "Running commands, reading logs and forwarding ports through the kubelet are refused."
    swap = Cut((ALL,), (("", "nodes/proxy"),), instead)
    return narrow(bound, snapshot, (swap,), title, "nodes/proxy", may_break)


@check(
    "rbac-webhook-write",
    "Admission webhooks can be changed",
    Severity.CRITICAL,
    on=BINDINGS,
    threats=(Threat.CREDENTIALS, Threat.CONTAINER),
    references=("CIS 5.1.12", "T1546", "T1562.001", "MS-TA9015"),
)
def webhook_write(bound: Bound, _: Snapshot) -> Iterator[Outcome]:
    """A binding lets its subjects write or delete admission webhooks.

    ## Why
    A webhook sees every object that is created or changed, Secrets with their contents too, and a mutating
    one can rewrite them: add a container to each pod, for instance. Deleting one switches off the policy
    it enforces.

    ## Risky
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRole
    metadata: {name: policy-admin}
    rules:
    - apiGroups: [admissionregistration.k8s.io]
      resources: [validatingwebhookconfigurations]
      verbs: [get, list, patch, update]
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRoleBinding
    metadata: {name: policy-admin}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: policy-admin}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```

    ## Fixed
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRole
    metadata: {name: policy-admin}
    rules:
    - {apiGroups: [admissionregistration.k8s.io], resources: [validatingwebhookconfigurations], verbs: [get, list]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRoleBinding
    metadata: {name: policy-admin}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: policy-admin}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```
    """
    yield from granted(bound, WRITE_HOOKS, Severity.CRITICAL)


@webhook_write.fix
def _webhook_write_fix(bound: Bound, snapshot: Snapshot) -> Fix | None:
    title = f"Take changing of webhooks out of {bound.role.kind} {bound.role.name}"
    return cut(bound, snapshot, CHANGE, HOOKS, title)
