"""Whether any policy refuses dangerous pods at all, and policies of engines that only report."""

from __future__ import annotations

from collections.abc import Iterator

from ksec_tui.analysis.control_plane import API_SERVER, processes
from ksec_tui.analysis.identity import is_system
from ksec_tui.analysis.policies import ENGINES, POLICY_KINDS, Kyverno, auditing, kyverno, refusing, unread
from ksec_tui.cluster.kinds import CUSTOM_RESOURCE, KYVERNO_CLUSTER_POLICY, KYVERNO_POLICY, NAMESPACE, POD
from ksec_tui.cluster.ref import CLUSTER, ObjectRef
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import WHOLE_CLUSTER, Subjects, check
from ksec_tui.findings.finding import Evidence, NotApplicable, Outcome, Unknown
from ksec_tui.findings.fix import Fix, Risk
from ksec_tui.findings.verdict import Severity, Threat
from ksec_tui.fixes.build import json_patch, op

ACTION = "/spec/validationFailureAction"


@check(
    "adm-none",
    "Nothing refuses dangerous pods",
    Severity.HIGH,
    on=WHOLE_CLUSTER,
    everywhere=POLICY_KINDS,
    also=(POD,),
    threats=(Threat.CREDENTIALS, Threat.CONTAINER),
    references=("CIS 5.2.1", "NSA Pod security", "OWASP K04"),
)
def no_policy(cluster: Snapshot, _: Snapshot) -> Iterator[Outcome]:
    """No namespace enforces Pod Security, and no other policy refuses pods.

    ## Why
    Whoever may create a pod anywhere, by hand or through any controller, may create a privileged one and
    owns a node. Defaults in the API server's own configuration cannot be seen through the API; where an
    engine is installed whose policies are not read, this is unknown.

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
    metadata:
      name: shop
      labels: {pod-security.kubernetes.io/enforce: baseline}
    ```
    """
    places = [item for item in cluster.of(NAMESPACE) if not is_system(item)]
    if not places:
        yield NotApplicable("there are no namespaces but those of Kubernetes itself")
        return
    if refusing(cluster):
        return
    servers = processes(cluster, API_SERVER)
    configured = [item for item in servers if item.last("admission-control-config-file") is not None]
    if doubt := unread(cluster):
        yield Unknown(doubt)
    elif configured:
        name = configured[0].pod.name
        yield Unknown(f"{name} has an admission configuration file, which may set a Pod Security default")
    else:
        unless = "" if servers else ", unless the API server has a default, which is not visible"
        count = f"{len(places)} namespaces" if len(places) > 1 else "one namespace"
        yield Evidence("", f"no policy refuses any pod in {count}{unless}")


@no_policy.fix
def _some_policy(_: Snapshot, __: Snapshot) -> Fix:
    return Fix(
        "Let namespaces refuse dangerous pods",
        (),
        Risk.MANUAL,
        "Pods beyond the level do not start any more; those that run are left alone.",
        (
            "Start with what costs nothing: the fixes of ns-psa-can-tighten set levels that no pod violates today.",
            "For the others set pod-security.kubernetes.io/warn and audit to baseline, and read the warnings.",
            "Then enforce baseline, restricted where it holds, and privileged only where a node agent needs it.",
        ),
    )


def _policies(snapshot: Snapshot) -> Iterator[Kyverno | None]:
    """The validating policies of Kyverno; None for those of engines that are not read."""
    yield from kyverno(snapshot)
    if _elsewhere(snapshot):
        yield None


def _elsewhere(snapshot: Snapshot) -> str:
    names = sorted(ENGINES[item.name] for item in snapshot.of(CUSTOM_RESOURCE) if item.name in ENGINES)
    return " and ".join(name for name in names if not name.startswith("OpenShift"))


def _found(snapshot: Snapshot, ref: ObjectRef) -> Kyverno | None:
    return next((item for item in kyverno(snapshot) if item.ref == ref), None)


POLICIES: Subjects[Kyverno | None] = Subjects(
    "policies",
    (KYVERNO_CLUSTER_POLICY, KYVERNO_POLICY, CUSTOM_RESOURCE),
    _policies,
    lambda item: CLUSTER if item is None else item.ref,
    _found,
)


@check(
    "adm-kyverno-audit",
    "Policy of an engine only reports",
    Severity.MEDIUM,
    on=POLICIES,
    threats=(Threat.CREDENTIALS,),
    references=("OWASP K04",),
)
def only_reports(policy: Kyverno | None, cluster: Snapshot) -> Iterator[Outcome]:
    """A Kyverno policy reports what it finds and lets it pass.

    ## Why
    It looks like a control that is in force, and is none: the pod that it objects to runs all the same. To
    start with reports is right; to leave it there is how policies are forgotten. Constraints of Gatekeeper
    and policies of Kubewarden are not read, so whether they enforce is unknown.

    ## Risky
    ```yaml
    apiVersion: kyverno.io/v1
    kind: ClusterPolicy
    metadata: {name: no-privileged}
    spec:
      validationFailureAction: Audit
      rules:
        - name: privileged
          match: {any: [{resources: {kinds: [Pod]}}]}
          validate: {message: no privileged containers, pattern: {spec: {hostPID: "false"}}}
    ```

    ## Fixed
    ```yaml
    apiVersion: kyverno.io/v1
    kind: ClusterPolicy
    metadata: {name: no-privileged}
    spec:
      validationFailureAction: Enforce
      rules:
        - name: privileged
          match: {any: [{resources: {kinds: [Pod]}}]}
          validate: {message: no privileged containers, pattern: {spec: {hostPID: "false"}}}
    ```
    """
    if policy is None:
        yield Unknown(f"whether policies of {_elsewhere(cluster)} enforce is unknown: they are not read")
        return
    for index in auditing(policy):
        rule = policy.spec.rules[index]
        own = rule.validate is not None and bool(rule.validate.failure_action)
        path = f"/spec/rules/{index}/validate/failureAction" if own else ACTION
        yield Evidence(path, f"rule {rule.name} only reports what it finds")


@only_reports.fix
def _enforce(policy: Kyverno | None, cluster: Snapshot) -> Fix | None:
    if policy is None or not cluster.whole(policy.ref):
        return None
    operations = []
    usual = policy.spec.validation_failure_action
    inherit = False
    for index in auditing(policy):
        rule = policy.spec.rules[index]
        own = rule.validate.failure_action if rule.validate is not None else ""
        if own:
            operations.append(op("test", f"/spec/rules/{index}/name", rule.name))
            operations.append(op("replace", f"/spec/rules/{index}/validate/failureAction", "Enforce"))
        else:
            inherit = True
    if inherit:
        if usual:
            operations += [op("test", ACTION, usual), op("replace", ACTION, "Enforce")]
        else:
            operations.append(op("add", ACTION, "Enforce"))
    return Fix(
        f"Let {policy.name} refuse",
        (json_patch(policy.ref, *operations),),
        Risk.REVIEW,
        "What the policy objects to is refused; its reports (kubectl get policyreports -A) tell what that is.",
    )
