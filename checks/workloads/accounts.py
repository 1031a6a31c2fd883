"""The ServiceAccounts that workloads run as, and their tokens inside pods."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from ksec_tui.analysis.accounts import bindings_of_account, token_mounted
from ksec_tui.analysis.clouds import IDENTITIES
from ksec_tui.analysis.workloads import Workload
from ksec_tui.checks.workloads._common import elsewhere, nothing, template_fix
from ksec_tui.cluster.kinds import CLUSTER_ROLE, CLUSTER_ROLE_BINDING, ROLE, ROLE_BINDING, SERVICE_ACCOUNT
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import WORKLOADS, check
from ksec_tui.findings.finding import Evidence, NotApplicable
from ksec_tui.findings.fix import Fix, Risk
from ksec_tui.findings.verdict import Severity, Threat
from ksec_tui.fixes.build import create

_RBAC = (ROLE, CLUSTER_ROLE, ROLE_BINDING, CLUSTER_ROLE_BINDING)
_STATIC = NotApplicable("static pods have no ServiceAccount token")


def _rights(workload: Workload, cluster: Snapshot) -> str:
    """The first binding that gives the account something, in words; empty when there is none."""
    found = bindings_of_account(cluster, workload.namespace, workload.spec.account)
    if not found:
        return ""
    more = f" and {len(found) - 1} more" if len(found) > 1 else ""
    return f"{found[0].ref}{more}"


def _in_full(words: str, workload: Workload, cluster: Snapshot) -> str:
    """The basis of evidence that names `_rights`: every binding; empty when there is but one."""
    found = bindings_of_account(cluster, workload.namespace, workload.spec.account)
    return "; ".join((words, *sorted(str(item.ref) for item in found))) if len(found) > 1 else ""


@check(
    "sec-automount",
    "ServiceAccount token in the pod",
    Severity.LOW,
    on=WORKLOADS,
    needs=(SERVICE_ACCOUNT,),
    everywhere=_RBAC,
    threats=(Threat.CONTAINER,),
    references=("CIS 5.1.6", "NSA ServiceAccount tokens", "T1528", "MS-TA9016", "OWASP K01"),
    near=True,
)
def mounted_token(workload: Workload, cluster: Snapshot) -> Iterator[Evidence | NotApplicable]:
    """The token of the pod's ServiceAccount is mounted into every container without being asked for.

    ## Why
    Whoever breaks into a container finds a login for the API server. Most programs never call the API.
    Without rights of its own the account still tells who is asking and opens what is granted to everybody
    later; with rights the attacker has them at once.

    ## Risky
    ```yaml
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web, namespace: shop}
    spec:
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec:
          serviceAccountName: web
          containers:
            - name: app
              image: registry.example/web:1.4.2
    ---
    apiVersion: v1
    kind: ServiceAccount
    metadata: {name: web, namespace: shop}
    ```

    ## Fixed
    ```yaml
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web, namespace: shop}
    spec:
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec:
          serviceAccountName: web
          automountServiceAccountToken: false
          containers:
            - name: app
              image: registry.example/web:1.4.2
    ---
    apiVersion: v1
    kind: ServiceAccount
    metadata: {name: web, namespace: shop}
    ```
    """
    if workload.static:
        yield _STATIC
    elif token_mounted(workload.spec, workload.namespace, cluster):
        rights = _rights(workload, cluster)
        words = f"the token of ServiceAccount {workload.spec.account} is mounted"
        words += f", which has rights by {rights}" if rights else ", which has no rights of its own"
        yield Evidence(
            f"{workload.pointer}/automountServiceAccountToken",
            words,
            elsewhere(workload, workload.object.ref),
            Severity.MEDIUM if rights else None,
            _in_full(words, workload, cluster),
        )


@mounted_token.fix
def _without_token(workload: Workload, cluster: Snapshot) -> Fix | None:
    rights = _rights(workload, cluster)
    return template_fix(
        workload,
        "Keep the ServiceAccount token out of the pod",
        nothing,
        Risk.REVIEW,
        f"It breaks what calls the Kubernetes API with it; the rights by {rights} suggest that something does."
        if rights
        else "It breaks what logs in elsewhere with the token, or reads what everybody may read.",
        {"automountServiceAccountToken": False},
    )


@check(
    "sec-default-sa",
    "Runs as the default ServiceAccount",
    Severity.LOW,
    on=WORKLOADS,
    needs=(SERVICE_ACCOUNT,),
    everywhere=_RBAC,
    threats=(Threat.CONTAINER,),
    references=("CIS 5.1.5", "NSA Authorization", "T1078.001", "OWASP K02"),
    near=True,
)
def default_account(workload: Workload, cluster: Snapshot) -> Iterator[Evidence | NotApplicable]:
    """A workload shares the namespace's default ServiceAccount.

    ## Why
    Everything in the namespace that names no account runs as this one. A right that is granted to it for
    one program is granted to all of them, and the audit log cannot tell them apart.

    ## Risky
    ```yaml
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web, namespace: shop}
    spec:
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec:
          containers:
            - name: app
              image: registry.example/web:1.4.2
    ```

    ## Fixed
    ```yaml
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web, namespace: shop}
    spec:
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec:
          serviceAccountName: web
          containers:
            - name: app
              image: registry.example/web:1.4.2
    ---
    apiVersion: v1
    kind: ServiceAccount
    metadata: {name: web, namespace: shop}
    automountServiceAccountToken: false
    ```
    """
    if workload.static:
        yield _STATIC
    elif workload.spec.account == "default":
        rights = _rights(workload, cluster)
        words = "it runs as the ServiceAccount default"
        words += f", which has rights by {rights}" if rights else ", which others share"
        yield Evidence(
            f"{workload.pointer}/serviceAccountName",
            words,
            elsewhere(workload, workload.object.ref),
            Severity.HIGH if rights else None,
            _in_full(words, workload, cluster),
        )


@default_account.fix
def _own_account(workload: Workload, cluster: Snapshot) -> Fix | None:
    name = _free_name(workload, cluster)
    rights = _rights(workload, cluster)
    shared = cluster.find(SERVICE_ACCOUNT, "default", workload.namespace)
    known = () if shared is None else (key for key in IDENTITIES if key in shared.metadata.annotations)
    cloud = next(iter(known), "")
    ends = (
        f"It loses the default account's rights by {rights}; bind the new account to what it needs."
        if rights
        else "It breaks what uses the default account's token, which the new account does not mount."
    )
    if cloud:
        ends += (
            f" It loses the default account's identity in the cloud ({cloud}): give the new account its own."
        )
    patch = template_fix(
        workload,
        f"Give it a ServiceAccount of its own: {name}",
        nothing,
        Risk.REVIEW,
        ends,
        {"serviceAccountName": name},
    )
    if patch is None or not patch.changes:
        return patch
    account: dict[str, object] = {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {"name": name, "namespace": workload.namespace},
        "automountServiceAccountToken": False,
    }
    if shared is not None and shared.image_pull_secrets:
        # Pods without pull secrets of their own take those of their account (serviceaccount admission).
        account["imagePullSecrets"] = [{"name": secret.name} for secret in shared.image_pull_secrets]
    made = create(ObjectRef(workload.namespace, "ServiceAccount", name), account)
    return msgspec.structs.replace(patch, changes=(made, *patch.changes))


def _free_name(workload: Workload, cluster: Snapshot) -> str:
    """The workload's name, or one like it when an account of that name is there already."""
    base = workload.ref.name
    names = (base, *(f"{base}-{number}" for number in range(2, 99)))
    return next(n for n in names if cluster.find(SERVICE_ACCOUNT, n, workload.namespace) is None)
