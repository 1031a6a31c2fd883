"""ServiceAccounts: those that hand out tokens for nothing, that are missing, and tokens that never expire."""

from __future__ import annotations

from collections.abc import Iterator

from ksec_tui.analysis.accounts import bindings_of_account, token_mounted
from ksec_tui.analysis.workloads import Workload, workloads_in
from ksec_tui.cluster.access import Secret, ServiceAccount
from ksec_tui.cluster.kinds import (
    CLUSTER_ROLE,
    CLUSTER_ROLE_BINDING,
    ROLE,
    ROLE_BINDING,
    SECRET,
    SERVICE_ACCOUNT,
    WORKLOAD_KINDS,
)
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import WORKLOADS, check, objects
from ksec_tui.findings.finding import Evidence, NotApplicable, Outcome
from ksec_tui.findings.fix import Fix, Risk
from ksec_tui.findings.verdict import Severity, Threat
from ksec_tui.fixes.build import create, strategic

TOKEN = "kubernetes.io/service-account-token"  # noqa: S105 - the type of a Secret
OWNER = "kubernetes.io/service-account.name"
LAST_USED = "kubernetes.io/legacy-token-last-used"
INVALID = "kubernetes.io/legacy-token-invalid-since"


@check(
    "hyg-automount",
    "A ServiceAccount without rights gives its token to every pod",
    Severity.INFO,
    on=objects(SERVICE_ACCOUNT),
    needs=WORKLOAD_KINDS,
    everywhere=(ROLE, CLUSTER_ROLE, ROLE_BINDING, CLUSTER_ROLE_BINDING),
    threats=(Threat.CONTAINER,),
    references=("CIS 5.1.5", "CIS 5.1.6", "MS-TA9016"),
    near=True,
)
def automount(account: ServiceAccount, snapshot: Snapshot) -> Iterator[Outcome]:
    """Nothing is granted to a ServiceAccount, yet the next pod that runs as it gets its token.

    ## Why
    The token serves nobody until somebody grants the account something for one program; then every pod with
    the account has it. Switched off here, a pod that needs the API must ask for its token. Accounts whose
    token is in pods already are told with these by sec-automount.

    ## Risky
    ```yaml
    apiVersion: v1
    kind: ServiceAccount
    metadata: {name: default, namespace: shop}
    ```

    ## Fixed
    ```yaml
    apiVersion: v1
    kind: ServiceAccount
    metadata: {name: default, namespace: shop}
    automountServiceAccountToken: false
    ```
    """
    if account.automount_service_account_token is False:
        return
    place, name = account.namespace, account.name
    if bindings_of_account(snapshot, place, name):
        yield NotApplicable("it has rights, so its pods may need the token")
    elif any(
        item.spec.account == name and token_mounted(item.spec, place, snapshot)
        for item in workloads_in(snapshot, place)
    ):
        yield NotApplicable("sec-automount tells it of the pods that have the token")
    else:
        words = f"ServiceAccount {name} has no rights of its own, and its token would be mounted"
        yield Evidence("/automountServiceAccountToken", words)


@automount.fix
def _automount_fix(account: ServiceAccount, _: Snapshot) -> Fix | None:
    change = strategic(account.ref, {"automountServiceAccountToken": False})
    may_break = "A pod that logs in elsewhere with the token must ask for it from then on."
    return Fix(f"Keep the token of {account.ref} out of pods", (change,), Risk.LIKELY, may_break)


@check(
    "hyg-legacy-token-secret",
    "A token that never expires",
    Severity.MEDIUM,
    on=objects(SECRET),
    threats=(Threat.CREDENTIALS, Threat.CONTAINER),
    references=("CIS 5.1.6", "T1528", "KEP-2799"),
)
def legacy_token_secret(secret: Secret, _: Snapshot) -> Iterator[Outcome]:
    """A Secret holds a token of a ServiceAccount.

    ## Why
    Such a token is valid until the Secret or the account is deleted, from anywhere, and is bound to no pod.
    Whoever reads the Secret once is that ServiceAccount for good. Tokens that pods get today, and those made by
    kubectl create token, expire.

    ## Risky
    ```yaml
    apiVersion: v1
    kind: Secret
    metadata:
      name: deployer-token
      namespace: ci
      annotations: {kubernetes.io/service-account.name: deployer}
    type: kubernetes.io/service-account-token
    ---
    apiVersion: v1
    kind: ServiceAccount
    metadata: {name: deployer, namespace: ci}
    ```

    ## Fixed
    ```yaml
    apiVersion: v1
    kind: ServiceAccount
    metadata: {name: deployer, namespace: ci}
    ```
    """
    labels = secret.metadata.labels
    owner = secret.metadata.annotations.get(OWNER)
    # Where only metadata were read there is no type; the annotation is what makes it a token.
    if owner is None or secret.type not in ("", TOKEN):
        return
    used = f", last used {labels[LAST_USED]}" if LAST_USED in labels else ""
    if INVALID in labels:
        words = f"it holds a token of ServiceAccount {owner} that is refused since {labels[INVALID]}"
        yield Evidence("/metadata/annotations", words, None, Severity.INFO)
    else:
        words = f"it holds a token of ServiceAccount {owner} that never expires{used}"
        yield Evidence("/metadata/annotations", words)


@legacy_token_secret.fix
def _legacy_token_secret_fix(secret: Secret, _: Snapshot) -> Fix | None:
    used = secret.metadata.labels.get(LAST_USED)
    steps = (
        f"It was last used on {used}: find out by whom." if used else "See whether anybody still uses it.",
        "Let that program ask for tokens that expire: a projected volume, or kubectl create token.",
        f"Delete Secret {secret.namespace}/{secret.name}; the token is refused from then on.",
    )
    return Fix(f"Replace the token in {secret.ref} by ones that expire", (), Risk.MANUAL, "", steps)


@check(
    "hyg-missing-sa",
    "Pods of a ServiceAccount that does not exist",
    Severity.LOW,
    on=WORKLOADS,
    needs=(SERVICE_ACCOUNT,),
    threats=(Threat.CREDENTIALS,),
    references=("CIS 5.1.5",),
    near=True,
)
def missing_account(workload: Workload, snapshot: Snapshot) -> Iterator[Outcome]:
    """A workload names a ServiceAccount that is not there.

    ## Why
    No pod of it is admitted. Whoever makes a ServiceAccount of that name starts the program with whatever
    rights are bound to the name, perhaps by somebody else and for another purpose.

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
          automountServiceAccountToken: false
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
          automountServiceAccountToken: false
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
    name = workload.spec.account
    if workload.static:
        yield NotApplicable("static pods have no ServiceAccount")
    # Every namespace gets its default account from the controller manager.
    elif name != "default" and snapshot.find(SERVICE_ACCOUNT, name, workload.namespace) is None:
        path = f"{workload.pointer}/serviceAccountName"
        ref = None if workload.object.ref == workload.ref else workload.object.ref
        yield Evidence(path, f"ServiceAccount {name} does not exist, so no pod is admitted", ref)


@missing_account.fix
def _missing_account_fix(workload: Workload, _: Snapshot) -> Fix | None:
    if workload.system:
        return None
    ref = ObjectRef(workload.namespace, "ServiceAccount", workload.spec.account)
    document = {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {"name": ref.name, "namespace": ref.namespace},
        "automountServiceAccountToken": False,
    }
    may_break = "The program starts; it gets no token unless its pods ask for one."
    return Fix(f"Make {ref}", (create(ref, document),), Risk.REVIEW, may_break)
