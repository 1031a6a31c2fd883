"""Which Pod Security level namespaces enforce."""

from __future__ import annotations

from collections.abc import Iterator

from ksec_tui.analysis.identity import is_system
from ksec_tui.analysis.pod_security import mode
from ksec_tui.checks.namespaces._pod_security import ENFORCE_POINTER, enforce_more
from ksec_tui.cluster.kinds import NAMESPACE
from ksec_tui.cluster.platform import Namespace
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import check, objects
from ksec_tui.findings.finding import Evidence, NotApplicable
from ksec_tui.findings.fix import Fix
from ksec_tui.findings.verdict import Severity, Threat

NAMESPACES = objects(NAMESPACE)


def _only_told(namespace: Namespace) -> list[str]:
    """The modes that are set to tell of violations, in words."""
    labels = namespace.metadata.labels
    told = (mode(labels, name) for name in ("warn", "audit"))
    return [f"{item.name} {item.level}" for item in told if item.meant not in ("", "privileged")]


@check(
    "ns-psa-missing",
    "No Pod Security level",
    Severity.HIGH,
    on=NAMESPACES,
    threats=(Threat.CREDENTIALS, Threat.CONTAINER),
    references=("CIS 5.2.1", "NSA Pod security", "OWASP K04"),
)
def no_level(namespace: Namespace, _: Snapshot) -> Iterator[Evidence]:
    """A namespace names no Pod Security level for its pods.

    ## Why
    Unless the API server has a default of its own, or a policy engine steps in (neither can be seen
    here), whoever may create a pod in it may create a privileged one, and owns a node.

    ## Risky
    ```yaml
    apiVersion: v1
    kind: Namespace
    metadata:
      name: shop
      labels: {team: shop}
    ```

    ## Fixed
    ```yaml
    apiVersion: v1
    kind: Namespace
    metadata:
      name: shop
      labels:
        team: shop
        pod-security.kubernetes.io/enforce: baseline
    ```
    """
    if mode(namespace.metadata.labels, "enforce").level is None and not _only_told(namespace):
        yield Evidence(
            ENFORCE_POINTER, "no Pod Security level is enforced: pods may be privileged by default"
        )


@no_level.fix
def _level(namespace: Namespace, cluster: Snapshot) -> Fix | None:
    return enforce_more(namespace, cluster)


@check(
    "ns-psa-warn-only",
    "Pod Security warns but does not refuse",
    Severity.MEDIUM,
    on=NAMESPACES,
    threats=(Threat.CREDENTIALS,),
    references=("CIS 5.2.1", "OWASP K04"),
)
def warns_only(namespace: Namespace, _: Snapshot) -> Iterator[Evidence]:
    """A namespace warns about pods beyond its Pod Security level but lets them in.

    ## Why
    An attacker ignores warnings, and the audit log is read after the fact. The labels show that somebody
    meant to restrict the namespace; without `enforce` a privileged pod is still admitted.

    ## Risky
    ```yaml
    apiVersion: v1
    kind: Namespace
    metadata:
      name: shop
      labels:
        pod-security.kubernetes.io/warn: restricted
    ```

    ## Fixed
    ```yaml
    apiVersion: v1
    kind: Namespace
    metadata:
      name: shop
      labels:
        pod-security.kubernetes.io/warn: restricted
        pod-security.kubernetes.io/enforce: baseline
    ```
    """
    told = _only_told(namespace)
    if told and mode(namespace.metadata.labels, "enforce").level is None:
        yield Evidence(ENFORCE_POINTER, f"only {' and '.join(told)} are set: nothing is refused")


@warns_only.fix
def _refuse(namespace: Namespace, cluster: Snapshot) -> Fix | None:
    return enforce_more(namespace, cluster)


@check(
    "ns-psa-privileged",
    "Pod Security level privileged",
    Severity.MEDIUM,
    on=NAMESPACES,
    threats=(Threat.CREDENTIALS,),
    references=("CIS 5.2.1", "OWASP K04"),
)
def privileged_level(namespace: Namespace, _: Snapshot) -> Iterator[Evidence | NotApplicable]:
    """A namespace that is not Kubernetes' own admits every pod on purpose.

    ## Why
    The label switches the control off, also where the cluster's default would refuse. That is right for
    node agents and storage drivers in a namespace of their own, and wrong where anything else runs or
    where many may create pods.

    ## Risky
    ```yaml
    apiVersion: v1
    kind: Namespace
    metadata:
      name: shop
      labels:
        pod-security.kubernetes.io/enforce: privileged
    ```

    ## Fixed
    ```yaml
    apiVersion: v1
    kind: Namespace
    metadata:
      name: shop
      labels:
        pod-security.kubernetes.io/enforce: baseline
    ```
    """
    if is_system(namespace):
        yield NotApplicable("Kubernetes' own components need it")
    elif mode(namespace.metadata.labels, "enforce").level == "privileged":
        yield Evidence(ENFORCE_POINTER, "the level privileged is enforced: every pod is admitted")


@privileged_level.fix
def _tighten(namespace: Namespace, cluster: Snapshot) -> Fix | None:
    return enforce_more(namespace, cluster)
