"""Containers that run, or may run, as root."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ksec_tui.analysis.security_context import (
    context,
    in_user_namespace,
    non_root,
    pod_context,
    root_is_harmless,
    user,
)
from ksec_tui.analysis.workloads import Placed, Workload
from ksec_tui.checks.workloads._common import at, elsewhere, listed, named, security, template_fix, those
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import WORKLOADS, check
from ksec_tui.findings.finding import Evidence, NotApplicable
from ksec_tui.findings.fix import Fix, Risk
from ksec_tui.findings.verdict import Severity, Threat

_HARMLESS = NotApplicable("root is nobody on the node: the pod has its own user namespace")


def _is_root(item: Placed) -> bool:
    return user(item.spec, item.container) == 0


def _reach(item: Placed) -> tuple[str, Severity | None]:
    """How much root is worth there: the end of the sentence, and the severity when not the usual."""
    if in_user_namespace(item.spec):
        return ", inside a user namespace", Severity.LOW
    return "", None


@check(
    "wl-root-explicit",
    "Runs as root",
    Severity.HIGH,
    on=WORKLOADS,
    threats=(Threat.CONTAINER,),
    references=("PSS restricted", "CIS 5.2.7", "NSA Non-root containers", "OWASP K01"),
    near=True,
)
def explicit_root(workload: Workload, cluster: Snapshot) -> Iterator[Evidence | NotApplicable]:
    """A container is told to run as user 0.

    ## Why
    Root in a container is root on the node as far as the kernel is concerned, behind namespaces and a
    reduced set of rights. Every flaw in the kernel or the runtime, and every mounted path of the node, is
    worth more to an attacker who has it.

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
              securityContext:
                runAsUser: 0
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
              securityContext:
                runAsNonRoot: true
    ```
    """
    if root_is_harmless(workload.spec, cluster.source.server_version):
        yield _HARMLESS
        return
    roots = those(workload, _is_root)
    for item in roots:
        words, severity = _reach(item)
        if non_root(item.spec, item.container):
            words, severity = ", which runAsNonRoot keeps from starting", Severity.LOW
        own = context(item.container).run_as_user == 0
        path = item.pointer if own else item.pointer.rsplit("/", 2)[0]
        yield Evidence(
            f"{path}/securityContext/runAsUser",
            f"{named(item)} runs as user 0{words}",
            elsewhere(workload, item.ref),
            severity,
        )
    if not roots and pod_context(workload.spec).run_as_user == 0:
        # Pod Security judges the pod's own field too: a container injected without a user would be root.
        yield Evidence(
            f"{workload.pointer}/securityContext/runAsUser",
            "the pod's user is 0, though every container sets another",
            elsewhere(workload, workload.object.ref),
            Severity.LOW,
        )


@explicit_root.fix
def _not_root(workload: Workload, _: Snapshot) -> Fix | None:
    pod = pod_context(workload.spec)
    by_pod = pod.run_as_user == 0
    roots = those(workload, _is_root)

    def wanted(item: Placed) -> dict[str, Any] | None:
        if item not in roots:
            return None
        own = context(item.container)
        values: dict[str, Any] = {"runAsUser": None} if own.run_as_user == 0 else {}
        inherits = own.run_as_non_root is None and (by_pod or pod.run_as_non_root)
        other_user = own.run_as_user == 0 and pod.run_as_user
        if not own.run_as_non_root and not inherits and not other_user:
            values["runAsNonRoot"] = True
        return security(**values) if values else None

    at_pod = {"runAsUser": None, "runAsNonRoot": True} if roots else {"runAsUser": None}
    return template_fix(
        workload,
        f"Run {listed(roots)} as the image's own user, never root" if roots else "Unset the pod's user 0",
        wanted,
        Risk.REVIEW,
        "The container does not start when its image has no numeric user but root, and may lack rights to "
        "files that root made.",
        security(**at_pod) if by_pod else None,
    )


def _may_be_root(item: Placed) -> bool:
    return user(item.spec, item.container) is None and not non_root(item.spec, item.container)


@check(
    "wl-root-possible",
    "May run as root",
    Severity.MEDIUM,
    on=WORKLOADS,
    threats=(Threat.CONTAINER,),
    references=("PSS restricted", "CIS 5.2.7", "NSA Non-root containers", "OWASP K01"),
    near=True,
)
def possible_root(workload: Workload, cluster: Snapshot) -> Iterator[Evidence | NotApplicable]:
    """Nothing keeps a container from running as root if its image says so.

    ## Why
    Without `runAsUser` the image decides, and most images run as root. `runAsNonRoot` makes the kubelet
    refuse such an image, also the next one that somebody pushes under the same tag. The user that the
    image names cannot be seen in the API: this says that it may be root, not that it is.
    Where a user is set, the field is missed by level restricted of Pod Security only.

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
          securityContext:
            fsGroup: 2000
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
          securityContext:
            fsGroup: 2000
            runAsNonRoot: true
          containers:
            - name: app
              image: registry.example/web:1.4.2
    ```
    """
    if root_is_harmless(workload.spec, cluster.source.server_version):
        yield _HARMLESS
        return
    for item in those(workload, _may_be_root):
        end, severity = _reach(item)
        words = f"{named(item)} may run as root: its image decides{end}"
        yield at(workload, item, "/securityContext/runAsNonRoot", words, severity)
    for item in those(workload, _unsaid):
        number = user(item.spec, item.container)
        words = f"{named(item)} runs as user {number}, and restricted wants runAsNonRoot said besides"
        yield at(workload, item, "/securityContext/runAsNonRoot", words, Severity.INFO)


def _unsaid(item: Placed) -> bool:
    """Whether it has a user of its own, but neither it nor its pod says runAsNonRoot (check_runAsNonRoot.go)."""
    return bool(user(item.spec, item.container)) and not non_root(item.spec, item.container)


@possible_root.fix
def _refuse_root(workload: Workload, _: Snapshot) -> Fix | None:
    open_ones = those(workload, _may_be_root)
    risky = [*open_ones, *those(workload, _unsaid)]
    own = [item for item in workload.placed if not item.injected]
    # At the pod unless that would stop a container which is root on purpose.
    by_pod = any(item in own for item in risky) and not any(
        user(workload.spec, i.container) == 0 for i in own
    )

    def wanted(item: Placed) -> dict[str, Any] | None:
        refuses = context(item.container).run_as_non_root is False
        return security(runAsNonRoot=True) if item in risky and (refuses or not by_pod) else None

    return template_fix(
        workload,
        f"Refuse to run {listed(risky)} as root",
        wanted,
        Risk.REVIEW if open_ones else Risk.SAFE,
        "The container does not start when its image runs as root or names its user by a word."
        if open_ones
        else "",
        security(runAsNonRoot=True) if by_pod else None,
    )
