"""Whether the API server writes down who did what."""

from __future__ import annotations

from collections.abc import Iterator

from ksec_tui.analysis.control_plane import API_SERVER, Process
from ksec_tui.checks.control_plane._common import CONTROL_PLANE, as_set, at, flag_fix, judged
from ksec_tui.cluster.kinds import POD
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import check
from ksec_tui.findings.finding import NotApplicable, Outcome
from ksec_tui.findings.fix import Fix
from ksec_tui.findings.verdict import Severity, Threat


@check(
    "cp-audit-off",
    "API server keeps no audit log",
    Severity.HIGH,
    on=CONTROL_PLANE,
    needs=(POD,),
    threats=(Threat.CREDENTIALS,),
    references=("CIS 1.2.16", "CIS 3.2.1", "NSA Audit", "T1562", "MS-TA9022", "OWASP K10"),
    near=True,
)
def audit_off(_: Snapshot, cluster: Snapshot) -> Iterator[Outcome]:
    """Requests to the API server are not recorded.

    ## Why
    After an incident nobody can tell which Secrets were read, who made the binding, or whether it goes on. It
    takes a policy and somewhere to write to: a server with a log path but without a policy file records
    nothing either.

    ## Risky
    ```yaml
    apiVersion: v1
    kind: Pod
    metadata: {name: kube-apiserver-cp-1, namespace: kube-system, labels: {component: kube-apiserver}}
    spec:
      containers:
        - name: kube-apiserver
          image: registry.k8s.io/kube-apiserver:v1.36.2
          command:
            - kube-apiserver
            - --audit-log-path=/var/log/kubernetes/audit.log
    ```

    ## Fixed
    ```yaml
    apiVersion: v1
    kind: Pod
    metadata: {name: kube-apiserver-cp-1, namespace: kube-system, labels: {component: kube-apiserver}}
    spec:
      containers:
        - name: kube-apiserver
          image: registry.k8s.io/kube-apiserver:v1.36.2
          command:
            - kube-apiserver
            - --audit-log-path=/var/log/kubernetes/audit.log
            - --audit-policy-file=/etc/kubernetes/audit-policy.yaml
    ```
    """
    yield from judged(cluster, API_SERVER, _audit)


@audit_off.fix
def _audit_off_fix(_: Snapshot, __: Snapshot) -> Fix:
    return flag_fix(
        "Record requests",
        (API_SERVER,),
        "set --audit-policy-file and --audit-log-path, and mount both paths into the pod",
        "A policy that records request bodies fills disks and writes Secrets into the log: record Metadata for those.",
        "Write a policy: kind Policy of audit.k8s.io/v1; start with level Metadata for everything.",
    )


def _audit(process: Process) -> Iterator[Outcome]:
    # Without a policy no backend records anything (apiserver options/audit.go ApplyTo).
    if not process.value("audit-policy-file"):
        yield at(process, "audit-policy-file", "records no requests: --audit-policy-file is not set")
    elif not (process.value("audit-log-path") or process.value("audit-webhook-config-file")):
        words = "has an audit policy but nowhere to write to: neither --audit-log-path nor --audit-webhook-config-file"
        yield at(process, "audit-log-path", words)


@check(
    "cp-audit-retention",
    "Audit log is not kept for long",
    Severity.LOW,
    on=CONTROL_PLANE,
    needs=(POD,),
    threats=(Threat.CREDENTIALS,),
    references=("CIS 1.2.17", "CIS 1.2.18", "CIS 1.2.19", "OWASP K10"),
    near=True,
)
def audit_retention(_: Snapshot, cluster: Snapshot) -> Iterator[Outcome]:
    """The API server removes its audit log before a break-in would be noticed.

    ## Why
    Weeks pass before most of them are. Thirty days and ten files of 100 MB are what benchmarks ask for; where
    another program ships the log elsewhere its own retention counts. Without any limit nothing is removed
    until the disk is full.

    ## Risky
    ```yaml
    apiVersion: v1
    kind: Pod
    metadata: {name: kube-apiserver-cp-1, namespace: kube-system, labels: {component: kube-apiserver}}
    spec:
      containers:
        - name: kube-apiserver
          image: registry.k8s.io/kube-apiserver:v1.36.2
          command:
            - kube-apiserver
            - --audit-log-path=/var/log/kubernetes/audit.log
            - --audit-log-maxage=3
            - --audit-log-maxbackup=10
            - --audit-log-maxsize=100
    ```

    ## Fixed
    ```yaml
    apiVersion: v1
    kind: Pod
    metadata: {name: kube-apiserver-cp-1, namespace: kube-system, labels: {component: kube-apiserver}}
    spec:
      containers:
        - name: kube-apiserver
          image: registry.k8s.io/kube-apiserver:v1.36.2
          command:
            - kube-apiserver
            - --audit-log-path=/var/log/kubernetes/audit.log
            - --audit-log-maxage=30
            - --audit-log-maxbackup=10
            - --audit-log-maxsize=100
    ```
    """
    yield from judged(cluster, API_SERVER, _retention)


@audit_retention.fix
def _audit_retention_fix(_: Snapshot, __: Snapshot) -> Fix:
    return flag_fix(
        "Keep the audit log for thirty days",
        (API_SERVER,),
        "set --audit-log-maxage=30, --audit-log-maxbackup=10 and --audit-log-maxsize=100 or more",
        "The log takes more room on the node.",
    )


_KEPT = {
    "audit-log-maxage": (30, "days"),
    "audit-log-maxbackup": (10, "files"),
    "audit-log-maxsize": (100, "MB each"),
}


def _retention(process: Process) -> Iterator[Outcome]:
    if process.value("audit-log-path") in ("", "-"):
        yield NotApplicable("it writes no audit log to a file")
        return
    for flag, (wanted, unit) in _KEPT.items():
        value = process.value(flag) or "0"
        # Zero keeps everything; the size is then 100 MB (lumberjack).
        if value.isdecimal() and 0 < int(value) < wanted:
            yield at(process, flag, f"keeps {value} {unit} of its audit log, less than {wanted}")
        elif value == "0" and flag == "audit-log-maxage":
            words = f"never removes old audit logs by age: {as_set(process, flag)}"
            yield at(process, flag, words, Severity.INFO)
