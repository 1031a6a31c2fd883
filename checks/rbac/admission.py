"""Rights over admission policies and over what extends the API server."""

from __future__ import annotations

from collections.abc import Iterator

from ksec_tui.analysis.rbac.bindings import Bound
from ksec_tui.analysis.rbac.rules import ALL
from ksec_tui.checks.rbac.common import (
    BINDINGS,
    CHANGE,
    HOLDERS,
    Power,
    cut_powers,
    given,
    granted,
    powers,
    runs_as,
)
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import check
from ksec_tui.findings.finding import NotApplicable, Outcome
from ksec_tui.findings.fix import Fix
from ksec_tui.findings.verdict import Severity

POLICIES = "admissionregistration.k8s.io"
MUTATING = powers(CHANGE, POLICIES, "mutatingadmissionpolicies mutatingadmissionpolicybindings")
VALIDATING = powers(CHANGE, POLICIES, "validatingadmissionpolicies validatingadmissionpolicybindings")

VAP_WRITE = (*MUTATING, *VALIDATING)


@check(
    "rbac-vap-write",
    "Admission policies can be changed",
    Severity.HIGH,
    on=BINDINGS,
    threats=HOLDERS,
    references=("T1562.001", "T1546", "MS-TA9015"),
)
def vap_write(bound: Bound, _: Snapshot) -> Iterator[Outcome]:
    """A binding lets its subjects write or delete admission policies or their bindings.

    ## Why
    A validating policy that is deleted or bound to nothing forbids nothing any more, and no webhook has to be
    broken for it. A mutating one rewrites every object on its way in: it can add a container to each new pod.

    ## Risky
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRole
    metadata: {name: policy-editor}
    rules:
    - apiGroups: [admissionregistration.k8s.io]
      resources: [validatingadmissionpolicies]
      verbs: [get, list, patch, update]
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRoleBinding
    metadata: {name: policy-editor}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: policy-editor}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```

    ## Fixed
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRole
    metadata: {name: policy-editor}
    rules:
    - apiGroups: [admissionregistration.k8s.io]
      resources: [validatingadmissionpolicies]
      verbs: [get, list]
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRoleBinding
    metadata: {name: policy-editor}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: policy-editor}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```
    """
    mutating = bool(given(bound, MUTATING))
    yield from granted(bound, VAP_WRITE, Severity.CRITICAL if mutating else Severity.HIGH)


@vap_write.fix
def _vap_write_fix(bound: Bound, snapshot: Snapshot) -> Fix | None:
    return cut_powers(bound, snapshot, VAP_WRITE, "changing of admission policies")


POLICY_ENGINE_WRITE = (
    *powers(CHANGE, "kyverno.io", "clusterpolicies", inside=False),
    *powers(CHANGE, "kyverno.io", "policies policyexceptions"),
    *powers(
        CHANGE,
        "policies.kyverno.io",
        "validatingpolicies imagevalidatingpolicies mutatingpolicies",
        inside=False,
    ),
    *powers(CHANGE, "policies.kyverno.io", "policyexceptions"),
    Power(CHANGE, "constraints.gatekeeper.sh", ALL, inside=False),
    *powers(CHANGE, "templates.gatekeeper.sh", "constrainttemplates", inside=False),
    *powers(CHANGE, "config.gatekeeper.sh", "configs"),
)


@check(
    "rbac-policy-engine-write",
    "Guard rails of a policy engine can be switched off",
    Severity.HIGH,
    on=BINDINGS,
    threats=HOLDERS,
    references=("T1562.001",),
)
def policy_engine_write(bound: Bound, _: Snapshot) -> Iterator[Outcome]:
    """A binding lets its subjects change policies of Kyverno or Gatekeeper, or exceptions from them.

    ## Why
    What these engines forbid is written in objects of their own. Who changes them, or adds an exception,
    deploys what was forbidden, and the engine goes on reporting that all is well.

    ## Risky
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRole
    metadata: {name: policy-editor}
    rules:
    - apiGroups: [kyverno.io]
      resources: [clusterpolicies, policyexceptions]
      verbs: [create, get, list, update]
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRoleBinding
    metadata: {name: policy-editor}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: policy-editor}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```

    ## Fixed
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRole
    metadata: {name: policy-editor}
    rules:
    - {apiGroups: [kyverno.io], resources: [policyexceptions], verbs: [get, list]}
    - {apiGroups: [kyverno.io], resources: [clusterpolicies], verbs: [get, list]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRoleBinding
    metadata: {name: policy-editor}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: policy-editor}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```
    """
    if runs_as(bound, "gatekeeper", "kyverno"):
        yield NotApplicable("it is the policy engine itself")
    else:
        yield from granted(bound, POLICY_ENGINE_WRITE, Severity.HIGH, Severity.MEDIUM)


@policy_engine_write.fix
def _policy_engine_write_fix(bound: Bound, snapshot: Snapshot) -> Fix | None:
    return cut_powers(bound, snapshot, POLICY_ENGINE_WRITE, "changing of policies")


CRD_WRITE = powers(CHANGE, "apiextensions.k8s.io", "customresourcedefinitions")


@check(
    "rbac-crd-write",
    "Definitions of custom resources can be changed",
    Severity.HIGH,
    on=BINDINGS,
    threats=HOLDERS,
    references=("T1546", "T1485"),
)
def crd_write(bound: Bound, _: Snapshot) -> Iterator[Outcome]:
    """A binding lets its subjects write or delete CustomResourceDefinitions.

    ## Why
    A definition can name a webhook that sees and rewrites every object of its kind. Deleting a definition
    deletes all its objects, and with them what a controller had made from them.

    ## Risky
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRole
    metadata: {name: crd-installer}
    rules:
    - apiGroups: [apiextensions.k8s.io]
      resources: [customresourcedefinitions]
      verbs: [create, get, list, update]
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRoleBinding
    metadata: {name: crd-installer}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: crd-installer}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```

    ## Fixed
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRole
    metadata: {name: crd-installer}
    rules:
    - {apiGroups: [apiextensions.k8s.io], resources: [customresourcedefinitions], verbs: [get, list]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRoleBinding
    metadata: {name: crd-installer}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: crd-installer}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```
    """
    yield from granted(bound, CRD_WRITE, Severity.HIGH)


@crd_write.fix
def _crd_write_fix(bound: Bound, snapshot: Snapshot) -> Fix | None:
    return cut_powers(bound, snapshot, CRD_WRITE, "changing of definitions")


APISERVICE_WRITE = powers(CHANGE, "apiregistration.k8s.io", "apiservices")


@check(
    "rbac-apiservice-write",
    "A part of the API can be taken over",
    Severity.CRITICAL,
    on=BINDINGS,
    threats=HOLDERS,
    references=("T1557", "MS-TA9015"),
)
def apiservice_write(bound: Bound, _: Snapshot) -> Iterator[Outcome]:
    """A binding lets its subjects write APIServices.

    ## Why
    An APIService sends all requests for an API group to a server of the writer's choice, with the name and
    groups of whoever asks. It can answer as it likes, for instance with a list of pods that hides one.

    ## Risky
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRole
    metadata: {name: api-installer}
    rules:
    - {apiGroups: [apiregistration.k8s.io], resources: [apiservices], verbs: [create, get, list, patch]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRoleBinding
    metadata: {name: api-installer}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: api-installer}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```

    ## Fixed
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRole
    metadata: {name: api-installer}
    rules:
    - {apiGroups: [apiregistration.k8s.io], resources: [apiservices], verbs: [get, list]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRoleBinding
    metadata: {name: api-installer}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: api-installer}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```
    """
    yield from granted(bound, APISERVICE_WRITE, Severity.CRITICAL)


@apiservice_write.fix
def _apiservice_write_fix(bound: Bound, snapshot: Snapshot) -> Fix | None:
    return cut_powers(bound, snapshot, APISERVICE_WRITE, "changing of APIServices")
