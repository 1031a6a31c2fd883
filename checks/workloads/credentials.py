"""Credentials written into pod specs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from ksec_tui.analysis.credentials import Literal, in_command, in_environment
from ksec_tui.analysis.workloads import Placed, Workload
from ksec_tui.checks.workloads._common import at, named, those
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import WORKLOADS, check
from ksec_tui.findings.finding import Evidence
from ksec_tui.findings.fix import Fix, Risk
from ksec_tui.findings.verdict import Severity, Threat

Told = tuple[Placed, Literal]


def _in_environment(workload: Workload, cluster: Snapshot) -> tuple[Told, ...]:
    """Credentials in variables but for those of clouds, which have a check of their own."""
    return _those(workload, cluster, lambda literal: not literal.cloud and literal.place.startswith("/env/"))


def _in_command(workload: Workload, cluster: Snapshot) -> tuple[Told, ...]:
    return _those(
        workload, cluster, lambda literal: not literal.cloud and not literal.place.startswith("/env/")
    )


def _of_clouds(workload: Workload, cluster: Snapshot) -> tuple[Told, ...]:
    return _those(workload, cluster, lambda literal: literal.cloud)


def _those(workload: Workload, cluster: Snapshot, wanted: Callable[[Literal], bool]) -> tuple[Told, ...]:
    known: dict[ObjectRef, dict[int, tuple[Literal, ...]]] = cluster.derived(_those, lambda _: {})
    if workload.ref not in known:
        # Containers live as long as the Snapshot, and so do their ids.
        known[workload.ref] = {
            id(item.container): (*in_environment(item.container), *in_command(item.container))
            for item in workload.placed
        }
    told = known[workload.ref]
    found = those(workload, lambda item: any(map(wanted, told[id(item.container)])))
    return tuple((item, literal) for item in found for literal in told[id(item.container)] if wanted(literal))


def _names(told: Iterable[Told]) -> str:
    """The names of what a patch of the template reaches."""
    names = dict.fromkeys(literal.name for item, literal in told if not item.injected and literal.name)
    return ", ".join(names)


@check(
    "sec-env-literal",
    "Credential written into the environment",
    Severity.HIGH,
    on=WORKLOADS,
    threats=(Threat.CREDENTIALS,),
    references=("CIS 5.4.1", "NSA Secrets", "T1552.007", "MS-TA9027", "OWASP K03"),
    near=True,
)
def literal_credential(workload: Workload, cluster: Snapshot) -> Iterator[Evidence]:
    """A variable of a container holds a credential in plain text.

    ## Why
    Everybody who may read pods or Deployments reads it, as do backups of etcd and the repository of the
    manifests; rights on Secrets do not protect it. The value itself is never shown or exported here.

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
              env:
                - {name: DB_PASSWORD, value: not-a-real-one}
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
          containers:
            - name: app
              image: registry.example/web:1.4.2
              env:
                - name: DB_PASSWORD
                  valueFrom:
                    secretKeyRef: {name: web-db, key: password}
    ```
    """
    for item, literal in _in_environment(workload, cluster):
        words = f"{named(item)} has a literal in its variable {literal.name}: {literal.reason}"
        yield at(workload, item, literal.place, words)


@literal_credential.fix
def _to_secret(workload: Workload, cluster: Snapshot) -> Fix | None:
    names = _names(_in_environment(workload, cluster))
    if workload.system or not names:
        return None
    return Fix(
        f"Take {names} from a Secret",
        (),
        Risk.MANUAL,
        "Pods do not start while the Secret or its key is missing.",
        (
            "Change the credential where it is valid: it has been readable and counts as known.",
            f"Create a Secret in namespace {workload.namespace} with the new value, outside of any repository.",
            "In the pod template set value: null and valueFrom.secretKeyRef for the variable, in one patch.",
        ),
    )


@check(
    "sec-args-literal",
    "Credential written into a command line",
    Severity.HIGH,
    on=WORKLOADS,
    threats=(Threat.CREDENTIALS,),
    references=("T1552", "MS-TA9027", "OWASP K03"),
    near=True,
)
def literal_argument(workload: Workload, cluster: Snapshot) -> Iterator[Evidence]:
    """The command or arguments of a container hold a credential in plain text.

    ## Why
    It is readable with the pod, as a variable would be, and moreover in the process list of the node, in
    crash reports and in the logs of tools that print what they run. The value itself is never shown here.

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
              args: [--db-password=not-a-real-one]
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
          containers:
            - name: app
              image: registry.example/web:1.4.2
              args: [--db-password-file=/etc/db/password]
              volumeMounts:
                - {name: db, mountPath: /etc/db, readOnly: true}
          volumes:
            - {name: db, secret: {secretName: web-db}}
    ```
    """
    for item, literal in _in_command(workload, cluster):
        where = literal.name or "its command line"
        words = f"{named(item)} is started with a credential in {where}: {literal.reason}"
        yield at(workload, item, literal.place, words)


@literal_argument.fix
def _to_file(workload: Workload, cluster: Snapshot) -> Fix | None:
    told = _in_command(workload, cluster)
    if workload.system or not any(not item.injected for item, _ in told):
        return None
    return Fix(
        f"Take {_names(told) or 'the credential'} from a Secret",
        (),
        Risk.MANUAL,
        "Pods do not start while the Secret or its key is missing.",
        (
            "Change the credential where it is valid: it has been readable and counts as known.",
            f"Create a Secret in namespace {workload.namespace} with the new value, outside of any repository.",
            "Mount it and give the program the file; if it reads none, a variable, as $(NAME) in the arguments.",
        ),
    )


@check(
    "sec-cloud-static-key",
    "Key of a cloud account in a pod",
    Severity.CRITICAL,
    on=WORKLOADS,
    threats=(Threat.CREDENTIALS,),
    references=("T1552.001", "OWASP K03", "OWASP K08"),
    near=True,
)
def cloud_key(workload: Workload, cluster: Snapshot) -> Iterator[Evidence]:
    """A container has the long-lived key of a cloud account in plain text.

    ## Why
    Who may read the pod leaves the cluster with it: storage, machines and other clusters of the account are
    in reach from anywhere, until somebody changes the key. A cloud gives pods an identity of their own,
    whose tokens last minutes. The value itself is never shown here.

    ## Risky
    ```yaml
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: backup, namespace: shop}
    spec:
      selector: {matchLabels: {app: backup}}
      template:
        metadata: {labels: {app: backup}}
        spec:
          containers:
            - name: app
              image: registry.example/backup:2.0.1
              env:
                - {name: AWS_SECRET_ACCESS_KEY, value: not-a-real-one}
    ```

    ## Fixed
    ```yaml
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: backup, namespace: shop}
    spec:
      selector: {matchLabels: {app: backup}}
      template:
        metadata: {labels: {app: backup}}
        spec:
          serviceAccountName: backup
          containers:
            - name: app
              image: registry.example/backup:2.0.1
    ---
    apiVersion: v1
    kind: ServiceAccount
    metadata:
      name: backup
      namespace: shop
      annotations: {eks.amazonaws.com/role-arn: "arn:aws:iam::111122223333:role/backup"}
    ```
    """
    for item, literal in _of_clouds(workload, cluster):
        where = literal.name or "its command line"
        if literal.key_id:
            words = f"{named(item)} names a static AWS key in {where}; this is its id, the secret stands elsewhere"
            yield at(workload, item, literal.place, words, Severity.LOW)
        else:
            words = f"{named(item)} has the key of a cloud account in {where}: {literal.reason}"
            yield at(workload, item, literal.place, words)


@cloud_key.fix
def _workload_identity(workload: Workload, cluster: Snapshot) -> Fix | None:
    if workload.system or not any(not item.injected for item, _ in _of_clouds(workload, cluster)):
        return None
    return Fix(
        f"Give {workload.ref} an identity of the cloud instead of a key",
        (),
        Risk.MANUAL,
        "It has no access to the cloud until the identity has the rights of the key.",
        (
            "Bind a role of the cloud to its ServiceAccount: EKS Pod Identity or IRSA, GKE or Azure workload identity.",
            "Give the role what the program needs, not what the key could do.",
            "Take the key out of the pod template, then delete it in the cloud account: it counts as known.",
        ),
    )
