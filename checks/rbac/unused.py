"""Roles that nobody is bound to, and roles that make the default ones greater than they look."""

from __future__ import annotations

from collections.abc import Iterator

from ksec_tui.analysis.identity import is_bootstrap
from ksec_tui.analysis.rbac.bindings import GROUP
from ksec_tui.analysis.rbac.rules import ALL
from ksec_tui.checks.rbac.common import ANY, HOLDERS, READ, WRITE, Power, powers
from ksec_tui.checks.rbac.inert import ROLES
from ksec_tui.cluster.access import ClusterRole, PolicyRule, Role
from ksec_tui.cluster.kinds import CLUSTER_ROLE, CLUSTER_ROLE_BINDING, ROLE_BINDING
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import check, objects
from ksec_tui.findings.finding import Evidence, NotApplicable, Outcome
from ksec_tui.findings.fix import Fix, Risk
from ksec_tui.findings.verdict import Severity, Threat
from ksec_tui.fixes.build import delete, json_patch, op
from ksec_tui.fixes.lockout import bindings_to
from ksec_tui.fixes.rights_in_use import AGGREGATE


def _collected(role: Role | ClusterRole, snapshot: Snapshot) -> bool:
    """Whether some aggregated ClusterRole takes over the role's rules, or it is marked for that."""
    if not isinstance(role, ClusterRole):
        return False
    labels = role.metadata.labels
    return any(label.startswith(AGGREGATE) for label in labels) or any(
        selector.matches(labels)
        for other in snapshot.of(CLUSTER_ROLE)
        if other.aggregation_rule is not None and other.name != role.name
        for selector in other.aggregation_rule.cluster_role_selectors
    )


@check(
    "hyg-unused-role",
    "Role that nobody is bound to",
    Severity.INFO,
    on=ROLES,
    everywhere=(CLUSTER_ROLE, CLUSTER_ROLE_BINDING, ROLE_BINDING),
    threats=(Threat.CREDENTIALS,),
    references=("CIS 5.1.1",),
)
def unused_role(role: Role | ClusterRole, snapshot: Snapshot) -> Iterator[Outcome]:
    """No binding refers to a role.

    ## Why
    It grants nothing today. It is one binding away from granting what somebody once thought of, and nobody
    will read it again before that. Whoever may bind it by name needs no other right for it.

    ## Risky
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: migration-2023, namespace: shop}
    rules: [{apiGroups: [""], resources: [configmaps], verbs: [get, list]}]
    ---
    apiVersion: v1
    kind: Namespace
    metadata: {name: shop}
    ```

    ## Fixed
    ```yaml
    apiVersion: v1
    kind: Namespace
    metadata: {name: shop}
    ```
    """
    if is_bootstrap(role):
        yield NotApplicable("it comes with Kubernetes")
    elif _collected(role, snapshot):
        yield NotApplicable("its rules are part of another role")
    elif not bindings_to(snapshot, role.ref):
        yield Evidence("", f"no binding refers to {role.ref}")


@unused_role.fix
def _unused_role_fix(role: Role | ClusterRole, _: Snapshot) -> Fix | None:
    may_break = "Who was about to bind it, or a program that binds it when needed, no longer finds it."
    return Fix(f"Delete {role.ref}, which nobody is bound to", (delete(role.ref),), Risk.LIKELY, may_break)


SHELLS = (
    *powers(("create", "get"), "", "pods/exec pods/attach pods/portforward"),
    Power(("create",), "", "serviceaccounts/token"),
    *powers(("impersonate",), "", "serviceaccounts"),
)
BEYOND_EDIT = (
    Power(ANY, "", "nodes/proxy", inside=True),
    *powers(("impersonate",), "", "users groups"),
    *powers((*WRITE, "bind", "escalate"), GROUP, "roles rolebindings clusterroles clusterrolebindings"),
    *powers(WRITE, "admissionregistration.k8s.io", "mutatingwebhookconfigurations"),
    *powers(WRITE, "admissionregistration.k8s.io", "validatingwebhookconfigurations"),
    Power(("update", "patch"), "", "namespaces"),
)
SURPRISES = {
    "view": (
        *SHELLS,
        *BEYOND_EDIT,
        Power(READ, "", "secrets"),
        *powers(WRITE, "", "pods secrets"),
        *powers(WRITE, "apps", "deployments daemonsets statefulsets"),
        *powers(WRITE, "batch", "jobs cronjobs"),
    ),
    "edit": BEYOND_EDIT,
}
"""What nobody expects of a default role: ``view`` reads, without Secrets; ``edit`` hands out no rights."""


def _surprises(role: ClusterRole) -> Iterator[tuple[str, int, str]]:
    """The default role, the position of the rule, and the right, for each right that it is not made for."""
    for target, unexpected in SURPRISES.items():
        if role.metadata.labels.get(f"{AGGREGATE}{target}") != "true":
            continue
        for index, rule in enumerate(role.rules or ()):
            said = [
                f"{', '.join(verbs)} {power.resource}" for power in unexpected if (verbs := power.of(rule))
            ]
            if said:
                yield target, index, "everything" if _wide(rule) else " and ".join(said[:3])


def _wide(rule: PolicyRule) -> bool:
    return ALL in rule.resources and ALL in rule.verbs


@check(
    "hyg-aggregated-surprise",
    "A default role grants more than its name says",
    Severity.HIGH,
    on=objects(CLUSTER_ROLE),
    threats=HOLDERS,
    references=("T1098.006", "CIS 5.1.1"),
)
def aggregated_surprise(role: ClusterRole, _: Snapshot) -> Iterator[Outcome]:
    """A ClusterRole adds rights to view or edit for which these roles are not made.

    ## Why
    Its label makes the rules part of the default role, for everyone who is bound to that, in every
    namespace. People give view to auditors and dashboards since it reads no Secrets; after the label it
    does. The bindings look as harmless as before.

    ## Risky
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRole
    metadata:
      name: backup-plugin-view
      labels: {app: backup-plugin, rbac.authorization.k8s.io/aggregate-to-view: "true"}
    rules:
    - {apiGroups: [backup.example], resources: [backups], verbs: [get, list]}
    - {apiGroups: [""], resources: [secrets], verbs: [get, list]}
    ```

    ## Fixed
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRole
    metadata:
      name: backup-plugin-view
      labels: {app: backup-plugin}
    rules:
    - {apiGroups: [backup.example], resources: [backups], verbs: [get, list]}
    - {apiGroups: [""], resources: [secrets], verbs: [get, list]}
    ```
    """
    if is_bootstrap(role):
        yield NotApplicable("it comes with Kubernetes")
        return
    for target, index, right in _surprises(role):
        words = f"everyone who is bound to {target} may {right} through {role.ref}"
        yield Evidence(f"/rules/{index}", words)


@aggregated_surprise.fix
def _aggregated_surprise_fix(role: ClusterRole, _: Snapshot) -> Fix | None:
    targets = sorted({target for target, _, _ in _surprises(role)})
    paths = [f"/metadata/labels/{AGGREGATE.replace('/', '~1')}{target}" for target in targets]
    change = json_patch(
        role.ref, *(op("test", path, "true") for path in paths), *(op("remove", path) for path in paths)
    )
    may_break = "Those who are bound to the default role lose all rules of this one: bind it where needed."
    title = f"Keep {role.ref} out of {' and '.join(targets)}"
    return Fix(title, (change,), Risk.REVIEW, may_break) if targets else None
