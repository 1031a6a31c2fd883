"""Credentials written into pod specs."""

from __future__ import annotations

from collections.abc import Iterator

from ksec_tui.analysis.workloads import Placed, Workload
from ksec_tui.checks.workloads._common import at, named, those
from ksec_tui.cluster.pods import EnvVar
from ksec_tui.cluster.redact import credential
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import WORKLOADS, check
from ksec_tui.findings.finding import Evidence
from ksec_tui.findings.fix import Fix, Risk
from ksec_tui.findings.verdict import Severity, Threat


def _literals(workload: Workload) -> Iterator[tuple[Placed, int, str, str]]:
    """(container, position in env, the variable's name, why its value looks like a credential)."""
    for item in those(workload, lambda item: any(map(_reason, item.container.env))):
        for index, variable in enumerate(item.container.env):
            reason = _reason(variable)
            if reason:
                yield item, index, variable.name, reason


def _reason(variable: EnvVar) -> str:
    return credential(variable.name, variable.value) if variable.value_from is None else ""


@check(
    "sec-env-literal",
    "Credential written into the environment",
    Severity.HIGH,
    on=WORKLOADS,
    threats=(Threat.CREDENTIALS,),
    references=("CIS 5.4.1", "NSA Secrets", "T1552.007", "MS-TA9027", "OWASP K03"),
)
def literal_credential(workload: Workload, _: Snapshot) -> Iterator[Evidence]:
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
    for item, index, name, reason in _literals(workload):
        words = f"{named(item)} has a literal in its variable {name}: {reason}"
        yield at(workload, item, f"/env/{index}/value", words)


@literal_credential.fix
def _to_secret(workload: Workload, _: Snapshot) -> Fix | None:
    names = ", ".join(dict.fromkeys(name for item, _, name, _ in _literals(workload) if not item.injected))
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
