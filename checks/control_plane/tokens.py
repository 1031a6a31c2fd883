"""How long tokens are good, and who shares them."""

from __future__ import annotations

from collections.abc import Iterator

from ksec_tui.analysis.control_plane import API_SERVER, CONTROLLER_MANAGER, Process
from ksec_tui.checks.control_plane._common import CONTROL_PLANE, as_set, at, flag_fix, judged
from ksec_tui.cluster.kinds import POD
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import check
from ksec_tui.findings.finding import Outcome
from ksec_tui.findings.fix import Fix
from ksec_tui.findings.verdict import Severity, Threat


@check(
    "cp-sa-lookup",
    "Tokens of deleted ServiceAccounts stay valid",
    Severity.MEDIUM,
    on=CONTROL_PLANE,
    needs=(POD,),
    threats=(Threat.CREDENTIALS,),
    references=("CIS 1.2.21", "OWASP K09"),
    near=True,
)
def account_lookup(_: Snapshot, cluster: Snapshot) -> Iterator[Outcome]:
    """The API server does not look whether the ServiceAccount of a token still exists.

    ## Why
    To delete an account or its token Secret is how one takes a stolen token out of use. With the lookup off a
    signature is enough, so that the token works for as long as the signing key does.

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
            - --service-account-lookup=false
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
    ```
    """
    yield from judged(cluster, API_SERVER, _lookup)


@account_lookup.fix
def _account_lookup_fix(_: Snapshot, __: Snapshot) -> Fix:
    return flag_fix(
        "Look up ServiceAccounts",
        (API_SERVER,),
        "remove --service-account-lookup=false",
        "Programs that still use the token of a deleted account are refused.",
    )


def _lookup(process: Process) -> Iterator[Outcome]:
    if not process.on("service-account-lookup", default=True):
        yield at(
            process, "service-account-lookup", "does not look up accounts: --service-account-lookup=false"
        )


@check(
    "cp-sa-token-extension",
    "Tokens of pods are valid for a year",
    Severity.LOW,
    on=CONTROL_PLANE,
    needs=(POD,),
    threats=(Threat.CONTAINER,),
    references=("CIS 1.2.30", "OWASP K09"),
    near=True,
)
def token_extension(_: Snapshot, cluster: Snapshot) -> Iterator[Outcome]:
    """The API server prolongs the hourly tokens of pods to a year.

    ## Why
    It does so by default, for clients that do not read their token anew. A token that leaks from a pod then
    opens the API for a year instead of an hour. Clients of the last years all reread it; the metric
    serviceaccount_stale_tokens_total tells whether one does not.

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
            - --service-account-extend-token-expiration=true
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
            - --service-account-extend-token-expiration=false
    ```
    """
    yield from judged(cluster, API_SERVER, _extension)


@token_extension.fix
def _token_extension_fix(_: Snapshot, __: Snapshot) -> Fix:
    return flag_fix(
        "Let tokens of pods end after an hour",
        (API_SERVER,),
        "set --service-account-extend-token-expiration=false",
        "Programs that read their token once are refused after an hour.",
        "Look whether the metric serviceaccount_stale_tokens_total of the API servers stays at 0.",
    )


def _extension(process: Process) -> Iterator[Outcome]:
    flag = "service-account-extend-token-expiration"
    if process.on(flag, default=True):
        yield at(process, flag, f"prolongs tokens of pods to a year: {as_set(process, flag)}")


@check(
    "cp-sa-credentials",
    "Controllers share one login",
    Severity.LOW,
    on=CONTROL_PLANE,
    needs=(POD,),
    threats=(Threat.CONTAINER,),
    references=("CIS 1.3.3",),
    near=True,
)
def account_credentials(_: Snapshot, cluster: Snapshot) -> Iterator[Outcome]:
    """The controller manager runs all controllers with its own rights.

    ## Why
    With a ServiceAccount for each controller an error in one of them reaches what that one needs. Without,
    every controller has the rights of all, and the audit log shows one name for everything they do.

    ## Risky
    ```yaml
    apiVersion: v1
    kind: Pod
    metadata: {name: kube-controller-manager-cp-1, namespace: kube-system, labels: {component: kube-controller-manager}}
    spec:
      containers:
        - name: kube-controller-manager
          image: registry.k8s.io/kube-controller-manager:v1.36.2
          command:
            - kube-controller-manager
            - --use-service-account-credentials=false
    ```

    ## Fixed
    ```yaml
    apiVersion: v1
    kind: Pod
    metadata: {name: kube-controller-manager-cp-1, namespace: kube-system, labels: {component: kube-controller-manager}}
    spec:
      containers:
        - name: kube-controller-manager
          image: registry.k8s.io/kube-controller-manager:v1.36.2
          command:
            - kube-controller-manager
            - --use-service-account-credentials=true
    ```
    """
    yield from judged(cluster, CONTROLLER_MANAGER, _credentials)


@account_credentials.fix
def _account_credentials_fix(_: Snapshot, __: Snapshot) -> Fix:
    return flag_fix(
        "Give each controller its own ServiceAccount",
        (CONTROLLER_MANAGER,),
        "set --use-service-account-credentials=true",
        "Controllers whose default roles were cut down lose rights that they had through the shared login.",
    )


def _credentials(process: Process) -> Iterator[Outcome]:
    flag = "use-service-account-credentials"
    if not process.on(flag, default=False):
        yield at(process, flag, f"runs its controllers with one login: {as_set(process, flag)}")
