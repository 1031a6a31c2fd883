"""Small clusters for the RBAC checks: a role, who it is bound to, and what a check says of it."""

from __future__ import annotations

from typing import Any

from ksec_tui.checks import rbac
from ksec_tui.cluster.kinds import Kind
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import Check, discover
from ksec_tui.findings.examples import snapshot_of
from ksec_tui.findings.finding import Finding
from ksec_tui.findings.runner import CheckResult, fix_for, run_one
from ksec_tui.findings.verdict import Verdict

GROUP = "rbac.authorization.k8s.io"
CHECKS: dict[str, Check[Any]] = {item.id: item for item in discover(rbac)}

Tree = dict[str, Any]
ANN: Tree = {"kind": "User", "name": "ann", "apiGroup": GROUP}


def rule(resources: str, verbs: str, group: str = "", names: str = "") -> Tree:
    """One PolicyRule from words separated by spaces."""
    tree: Tree = {"apiGroups": [group], "resources": resources.split(), "verbs": verbs.split()}
    return {**tree, "resourceNames": names.split()} if names else tree


def role(*rules: Tree, name: str = "r", namespace: str = "", **metadata: Any) -> Tree:
    """A Role, or a ClusterRole without a namespace."""
    meta = {"name": name, **({"namespace": namespace} if namespace else {}), **metadata}
    kind = "Role" if namespace else "ClusterRole"
    return {"apiVersion": f"{GROUP}/v1", "kind": kind, "metadata": meta, "rules": list(rules)}


def binding(
    *subjects: Tree, to: str = "ClusterRole/r", namespace: str = "", name: str = "b", **metadata: Any
) -> Tree:
    """A RoleBinding, or a ClusterRoleBinding without a namespace."""
    kind, _, target = to.partition("/")
    return {
        "apiVersion": f"{GROUP}/v1",
        "kind": "RoleBinding" if namespace else "ClusterRoleBinding",
        "metadata": {"name": name, **({"namespace": namespace} if namespace else {}), **metadata},
        "roleRef": {"apiGroup": GROUP, "kind": kind, "name": target},
        "subjects": list(subjects),
    }


def group(name: str) -> Tree:
    """A Group subject."""
    return {"kind": "Group", "name": name, "apiGroup": GROUP}


def account(name: str, namespace: str = "") -> Tree:
    """A ServiceAccount subject."""
    return {"kind": "ServiceAccount", "name": name, **({"namespace": namespace} if namespace else {})}


def account_object(name: str, namespace: str) -> Tree:
    """A ServiceAccount."""
    return {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name, "namespace": namespace}}


def version(text: str) -> Tree:
    """The API server's version."""
    return {"kind": "Cluster", "serverVersion": text}


def judged(check: str, *documents: Tree, forbidden: tuple[Kind[Any], ...] = ()) -> CheckResult:
    """What one check says of a cluster of these objects."""
    return run_one(snapshot_of(documents, forbidden=forbidden), CHECKS[check])


def fails(check: str, *documents: Tree) -> list[Finding]:
    """The FAIL findings of one check."""
    found = judged(check, *documents).findings
    return [finding for finding in found if finding.verdict is Verdict.FAIL]


def severities(check: str, *documents: Tree) -> list[str]:
    """The severities of its FAIL findings."""
    return [finding.severity.word for finding in fails(check, *documents)]


def fixed(check: str, *documents: Tree) -> tuple[Snapshot, list[Any]]:
    """The cluster, and the fixes that the check offers for what it finds in it."""
    snapshot = snapshot_of(documents)
    return snapshot, [fix_for(item, CHECKS.values(), snapshot) for item in fails(check, *documents)]
