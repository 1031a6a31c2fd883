"""ValidatingAdmissionPolicies that do nothing."""

from __future__ import annotations

from collections.abc import Iterator

from ksec_tui.cluster.kinds import ADMISSION_BINDING, ADMISSION_POLICY
from ksec_tui.cluster.platform import ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import check, objects
from ksec_tui.findings.finding import Evidence
from ksec_tui.findings.fix import Fix, Risk
from ksec_tui.findings.verdict import Severity, Threat
from ksec_tui.fixes.build import strategic


def _bindings(policy: ValidatingAdmissionPolicy, cluster: Snapshot) -> list[ValidatingAdmissionPolicyBinding]:
    return [item for item in cluster.of(ADMISSION_BINDING) if item.spec.policy_name == policy.name]


@check(
    "adm-vap-unbound",
    "Admission policy without effect",
    Severity.MEDIUM,
    on=objects(ADMISSION_POLICY),
    everywhere=(ADMISSION_BINDING,),
    threats=(Threat.CREDENTIALS,),
    references=("KEP-3488", "OWASP K04"),
)
def without_effect(policy: ValidatingAdmissionPolicy, cluster: Snapshot) -> Iterator[Evidence]:
    """A ValidatingAdmissionPolicy refuses nothing, or not when its expression fails.

    ## Why
    Without a binding a policy is not evaluated at all; one that is bound to Warn or Audit lets everything
    pass, and one that ignores failures passes whatever makes its expression fail. It looks like a
    control that is in force.

    ## Risky
    ```yaml
    apiVersion: admissionregistration.k8s.io/v1
    kind: ValidatingAdmissionPolicy
    metadata: {name: no-host-network}
    spec:
      failurePolicy: Fail
      matchConstraints:
        resourceRules:
          - {apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods]}
      validations:
        - expression: "!has(object.spec.hostNetwork) || !object.spec.hostNetwork"
    ---
    apiVersion: admissionregistration.k8s.io/v1
    kind: ValidatingAdmissionPolicyBinding
    metadata: {name: no-host-network}
    spec:
      policyName: no-host-network
      validationActions: [Audit]
    ```

    ## Fixed
    ```yaml
    apiVersion: admissionregistration.k8s.io/v1
    kind: ValidatingAdmissionPolicy
    metadata: {name: no-host-network}
    spec:
      failurePolicy: Fail
      matchConstraints:
        resourceRules:
          - {apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods]}
      validations:
        - expression: "!has(object.spec.hostNetwork) || !object.spec.hostNetwork"
    ---
    apiVersion: admissionregistration.k8s.io/v1
    kind: ValidatingAdmissionPolicyBinding
    metadata: {name: no-host-network}
    spec:
      policyName: no-host-network
      validationActions: [Deny, Audit]
    ```
    """
    bound = _bindings(policy, cluster)
    if not bound:
        yield Evidence("", "no binding refers to it: it is never evaluated")
    elif not any("Deny" in item.spec.validation_actions for item in bound):
        for item in bound:
            actions = " and ".join(item.spec.validation_actions) or "nothing"
            words = f"binding {item.name} asks for {actions}: nothing is refused"
            yield Evidence("/spec/validationActions", words, item.ref)
    if policy.spec.failure_policy == "Ignore":
        yield Evidence("/spec/failurePolicy", "what makes its expression fail is admitted")


@without_effect.fix
def _enforced(policy: ValidatingAdmissionPolicy, cluster: Snapshot) -> Fix | None:
    bound = _bindings(policy, cluster)
    may_break = "What the policy judges as invalid is refused; its audit annotations tell what that would be."
    if not bound:
        return Fix(
            f"Bind {policy.name}, or delete it",
            (),
            Risk.MANUAL,
            may_break,
            (
                "Create a ValidatingAdmissionPolicyBinding with its policyName, and its parameters if it has any.",
                "Start with validationActions: [Audit, Warn]; look at what it reports; then change to [Deny].",
            ),
        )
    changes = []
    if not any("Deny" in item.spec.validation_actions for item in bound):
        for item in bound:
            # Deny and Warn exclude each other (admissionregistration validation); the list is atomic.
            kept = [action for action in item.spec.validation_actions if action == "Audit"]
            changes.append(strategic(item.ref, {"spec": {"validationActions": ["Deny", *kept]}}))
    if policy.spec.failure_policy == "Ignore":
        changes.append(strategic(policy.ref, {"spec": {"failurePolicy": "Fail"}}))
    return Fix(f"Let {policy.name} refuse", tuple(changes), Risk.REVIEW, may_break)
