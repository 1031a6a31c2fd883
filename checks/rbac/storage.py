"""Rights over volumes and over what provides them."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from ksec_tui.analysis.rbac.bindings import Bound
from ksec_tui.checks.rbac.common import (
    BINDINGS,
    HOLDERS,
    WRITE,
    Power,
    also_holds,
    cut_powers,
    granted,
    powers,
    shifted,
)
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import check
from ksec_tui.findings.finding import Evidence, Outcome
from ksec_tui.findings.fix import Fix
from ksec_tui.findings.verdict import Severity

PODS = (Power(("create",), "", "pods"),)

PV_CREATE = (Power(("create",), "", "persistentvolumes"),)


@check(
    "rbac-pv-create",
    "Volumes on the host can be made",
    Severity.CRITICAL,
    on=BINDINGS,
    threats=HOLDERS,
    references=("CIS 5.1.9", "T1611", "MS-TA9013"),
)
def pv_create(bound: Bound, snapshot: Snapshot) -> Iterator[Outcome]:
    """A binding lets its subjects create PersistentVolumes.

    ## Why
    A PersistentVolume can be any directory of a node. A pod reaches it through a claim, and Pod Security
    admission, which would forbid the directory in the pod itself, does not look behind claims. Whoever may
    also create pods has the node. Without that right it is one step less.

    ## Risky
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRole
    metadata: {name: volume-maker}
    rules:
    - {apiGroups: [""], resources: [persistentvolumes], verbs: [create, get, list]}
    - {apiGroups: [""], resources: [pods], verbs: [create]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRoleBinding
    metadata: {name: volume-maker}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: volume-maker}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```

    ## Fixed
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRole
    metadata: {name: volume-maker}
    rules:
    - {apiGroups: [""], resources: [persistentvolumes], verbs: [get, list]}
    - {apiGroups: [""], resources: [pods], verbs: [create]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRoleBinding
    metadata: {name: volume-maker}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: volume-maker}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```
    """
    outcomes = list(granted(bound, PV_CREATE, Severity.CRITICAL))
    told = any(isinstance(outcome, Evidence) for outcome in outcomes)
    alone = told and also_holds(snapshot, bound, PODS) is False
    for outcome in outcomes:
        if isinstance(outcome, Evidence) and outcome.severity is not None and alone:
            yield msgspec.structs.replace(outcome, severity=shifted(outcome.severity, -1))
        else:
            yield outcome


@pv_create.fix
def _pv_create_fix(bound: Bound, snapshot: Snapshot) -> Fix | None:
    return cut_powers(bound, snapshot, PV_CREATE, "making of volumes")


STORAGE_INFRA = (
    *powers(WRITE, "storage.k8s.io", "csidrivers storageclasses volumeattachments"),
    *powers(WRITE, "snapshot.storage.k8s.io", "volumesnapshotclasses volumesnapshotcontents", inside=False),
    *powers(WRITE, "snapshot.storage.k8s.io", "volumesnapshots"),
)


@check(
    "rbac-storage-infra",
    "What provides volumes can be changed",
    Severity.HIGH,
    on=BINDINGS,
    threats=HOLDERS,
    references=("T1611", "T1530"),
)
def storage_infra(bound: Bound, _: Snapshot) -> Iterator[Outcome]:
    """A binding lets its subjects write storage classes, drivers, attachments or snapshots.

    ## Why
    A storage class steers a provisioner that runs with great rights; an attachment brings a disk to another
    node; a snapshot of another program's volume, restored as a new one, shows its data.

    ## Risky
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRole
    metadata: {name: storage-tuner}
    rules:
    - {apiGroups: [storage.k8s.io], resources: [storageclasses], verbs: [get, list, patch, update]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRoleBinding
    metadata: {name: storage-tuner}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: storage-tuner}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```

    ## Fixed
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRole
    metadata: {name: storage-tuner}
    rules:
    - {apiGroups: [storage.k8s.io], resources: [storageclasses], verbs: [get, list]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRoleBinding
    metadata: {name: storage-tuner}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: storage-tuner}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```
    """
    yield from granted(bound, STORAGE_INFRA, Severity.HIGH, Severity.MEDIUM)


@storage_infra.fix
def _storage_infra_fix(bound: Bound, snapshot: Snapshot) -> Fix | None:
    return cut_powers(bound, snapshot, STORAGE_INFRA, "changing of storage")
