"""Whether the kernel's system calls are filtered for containers."""

from __future__ import annotations

from collections.abc import Iterator

from ksec_tui.analysis.kubelets import seccomp_default
from ksec_tui.analysis.security_context import (
    UNCONFINED,
    context,
    is_windows,
    minor_version,
    pod_context,
    seccomp,
)
from ksec_tui.analysis.workloads import Placed, Workload
from ksec_tui.checks.workloads._common import (
    at,
    elsewhere,
    listed,
    named,
    nothing,
    security,
    template_fix,
    those,
)
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import WORKLOADS, check
from ksec_tui.findings.finding import Evidence, NotApplicable
from ksec_tui.findings.fix import Fix, Risk
from ksec_tui.findings.verdict import Severity, Threat

_FILTER = {"type": "RuntimeDefault"}
_SINCE = 19
"""The minor version since which pods have the field (KEP-135)."""
_ANNOTATION = "seccomp.security.alpha.kubernetes.io/pod"
_WINDOWS = NotApplicable("Windows has no seccomp")


@check(
    "wl-seccomp-unconfined",
    "Seccomp is switched off",
    Severity.MEDIUM,
    on=WORKLOADS,
    threats=(Threat.CONTAINER,),
    references=("PSS baseline", "CIS 5.6.2", "NSA Pod hardening", "OWASP K01"),
)
def unconfined(workload: Workload, _: Snapshot) -> Iterator[Evidence | NotApplicable]:
    """A container asks to run without a seccomp filter.

    ## Why
    The runtime's default filter refuses some sixty system calls that ordinary programs never make and that
    many kernel exploits start with. `Unconfined` gives them back to whoever breaks in.

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
            seccompProfile: {type: Unconfined}
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
            seccompProfile: {type: RuntimeDefault}
          containers:
            - name: app
              image: registry.example/web:1.4.2
    ```
    """
    if is_windows(workload.spec):
        yield _WINDOWS
        return
    found = those(workload, _unconfined)
    for item in found:
        path = item.pointer if _own(item) else item.pointer.rsplit("/", 2)[0]
        words = f"{named(item)} runs without a seccomp filter"
        yield Evidence(f"{path}/securityContext/seccompProfile/type", words, elsewhere(workload, item.ref))
    if not found and _pod_unconfined(workload):
        # Pod Security baseline refuses the pod's own field whatever its containers say.
        yield Evidence(
            f"{workload.pointer}/securityContext/seccompProfile/type",
            "the pod asks for no seccomp filter, though every container sets one",
            elsewhere(workload, workload.object.ref),
            Severity.LOW,
        )


def _unconfined(item: Placed) -> bool:
    return seccomp(item.spec, item.container) == UNCONFINED


def _own(item: Placed) -> bool:
    return context(item.container).seccomp_profile is not None


def _pod_unconfined(workload: Workload) -> bool:
    profile = pod_context(workload.spec).seccomp_profile
    return profile is not None and profile.type == UNCONFINED


@unconfined.fix
def _confined(workload: Workload, _: Snapshot) -> Fix | None:
    found = those(workload, _unconfined)
    return template_fix(
        workload,
        f"Filter the system calls of {listed(found) or 'the pod'} with the runtime's default",
        lambda item: security(seccompProfile=_FILTER) if item in found and _own(item) else None,
        Risk.LIKELY,
        "It breaks debuggers, profilers and some sandboxes, which make calls that the filter refuses.",
        security(seccompProfile=_FILTER) if _pod_unconfined(workload) else None,
    )


@check(
    "wl-seccomp-missing",
    "No seccomp profile",
    Severity.LOW,
    on=WORKLOADS,
    threats=(Threat.CONTAINER,),
    references=("PSS restricted", "CIS 5.6.2", "OWASP K01"),
    near=True,
)
def no_profile(workload: Workload, cluster: Snapshot) -> Iterator[Evidence | NotApplicable]:
    """Neither a container nor its pod names a seccomp profile.

    ## Why
    Then the kubelet decides, and unless its `seccompDefault` is on, nothing is filtered: every system
    call of the kernel is open to an attacker in the container. What the kubelet does cannot be seen here.

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
          securityContext:
            seccompProfile: {type: RuntimeDefault}
          containers:
            - name: app
              image: registry.example/web:1.4.2
    ```
    """
    if is_windows(workload.spec):
        yield _WINDOWS
        return
    given = seccomp_default(cluster)
    for item in those(workload, _unset):
        words = f"{named(item)} has no seccomp profile: {_BY_KUBELET[given]}"
        yield at(workload, item, "/securityContext/seccompProfile", words, Severity.INFO if given else None)


_BY_KUBELET = {
    None: "the kubelet's default decides",
    True: "the kubelets give it the runtime's default",
    False: "the kubelets give it none",
}


def _unset(item: Placed) -> bool:
    return not seccomp(item.spec, item.container)


@no_profile.fix
def _default_profile(workload: Workload, cluster: Snapshot) -> Fix | None:
    bare = any(not item.injected for item in those(workload, _unset))
    title = "Filter the pod's system calls with the runtime's default"
    may_break = "It breaks debuggers, profilers and some sandboxes, which make calls that the filter refuses."
    minor = minor_version(cluster.source.server_version)
    if minor is not None and minor < _SINCE:
        steps = (
            f"Kubernetes 1.{minor} does not know the field and drops it without a word: no patch of it is made.",
            f"Annotate the pod template with {_ANNOTATION}: runtime/default, until the cluster is newer.",
        )
        return Fix(title, (), Risk.MANUAL, may_break, steps)
    return template_fix(
        workload,
        title,
        nothing,
        Risk.LIKELY,
        may_break,
        security(seccompProfile=_FILTER) if bare else None,
    )
