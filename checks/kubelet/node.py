"""What a kubelet grants its pods, and how it keeps itself in order."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ksec_tui.checks.kubelet._common import judged, kubelet_fix
from ksec_tui.cluster.kubelet import KubeletConfiguration
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import WHOLE_CLUSTER, check
from ksec_tui.findings.finding import Evidence, Outcome
from ksec_tui.findings.fix import Fix
from ksec_tui.findings.verdict import Severity, Threat


@check(
    "kl-seccomp-default",
    "Kubelet leaves system calls unfiltered",
    Severity.LOW,
    on=WHOLE_CLUSTER,
    threats=(Threat.CONTAINER,),
    references=("CIS 4.2.14", "KEP-2413"),
)
def seccomp(_: Snapshot, cluster: Snapshot) -> Iterator[Outcome]:
    """Containers without a seccomp profile of their own run without any.

    ## Why
    The runtime's default profile takes away some forty system calls that ordinary programs never make and
    that break-outs are made of. One switch of the kubelet gives it to every container that asks for none.

    ## Risky
    ```yaml
    apiVersion: kubelet.config.k8s.io/v1beta1
    kind: KubeletConfiguration
    seccompDefault: false
    ```

    ## Fixed
    ```yaml
    apiVersion: kubelet.config.k8s.io/v1beta1
    kind: KubeletConfiguration
    seccompDefault: true
    ```
    """
    yield from judged(cluster, _no_seccomp)


@seccomp.fix
def _seccomp_fix(_: Snapshot, __: Snapshot) -> Fix:
    return kubelet_fix(
        "Filter system calls by default",
        "seccompDefault: true",
        "A program that makes unusual system calls fails on the nodes that have it.",
        "Try it on one node first: programs that need more take the profile Unconfined for themselves.",
    )


def _no_seccomp(config: KubeletConfiguration) -> Iterator[Evidence]:
    if config.seccomp_default is not True:
        yield Evidence(
            "/seccompDefault", "gives containers no seccomp profile by itself: seccompDefault is not on"
        )


@check(
    "kl-rotate-certs",
    "Kubelet certificates are not renewed",
    Severity.LOW,
    on=WHOLE_CLUSTER,
    threats=(Threat.CREDENTIALS,),
    references=("CIS 4.2.10", "CIS 4.2.11"),
)
def rotation(_: Snapshot, cluster: Snapshot) -> Iterator[Outcome]:
    """The kubelet does not renew its client certificate.

    ## Why
    A certificate that nobody renews is made valid for long, and one that was copied from a node is a login
    for as long. When it ends unnoticed the node is lost.

    ## Risky
    ```yaml
    apiVersion: kubelet.config.k8s.io/v1beta1
    kind: KubeletConfiguration
    rotateCertificates: false
    ```

    ## Fixed
    ```yaml
    apiVersion: kubelet.config.k8s.io/v1beta1
    kind: KubeletConfiguration
    rotateCertificates: true
    ```
    """
    yield from judged(cluster, _no_rotation)


@rotation.fix
def _rotation_fix(_: Snapshot, __: Snapshot) -> Fix:
    return kubelet_fix(
        "Renew certificates of kubelets",
        "rotateCertificates: true",
        "The controller manager must be able to sign: it needs the key of the CA.",
    )


def _no_rotation(config: KubeletConfiguration) -> Iterator[Evidence]:
    if not config.rotate_certificates:
        yield Evidence(
            "/rotateCertificates", "does not renew its client certificate: rotateCertificates is not on"
        )


@check(
    "kl-pod-pids",
    "Pods may start processes without limit",
    Severity.LOW,
    on=WHOLE_CLUSTER,
    threats=(Threat.CONTAINER,),
    references=("CIS 4.2.13", "MS-TA9040"),
)
def pids(_: Snapshot, cluster: Snapshot) -> Iterator[Outcome]:
    """The kubelet sets no limit on the processes of a pod.

    ## Why
    A program that forks without end, by mistake or on purpose, takes the process ids of the whole node:
    nothing can be started there any more, the tools to stop it included.

    ## Risky
    ```yaml
    apiVersion: kubelet.config.k8s.io/v1beta1
    kind: KubeletConfiguration
    podPidsLimit: -1
    ```

    ## Fixed
    ```yaml
    apiVersion: kubelet.config.k8s.io/v1beta1
    kind: KubeletConfiguration
    podPidsLimit: 4096
    ```
    """
    yield from judged(cluster, _no_limit)


@pids.fix
def _pids_fix(_: Snapshot, __: Snapshot) -> Fix:
    return kubelet_fix(
        "Limit the processes of a pod",
        "podPidsLimit: 4096",
        "A pod with more processes or threads than that cannot start further ones.",
    )


def _no_limit(config: KubeletConfiguration) -> Iterator[Evidence]:
    if config.pod_pids_limit is None or config.pod_pids_limit <= 0:
        yield Evidence("/podPidsLimit", "sets no limit on the processes of a pod: podPidsLimit is not set")


@check(
    "kl-kernel-defaults",
    "Kubelet changes kernel settings",
    Severity.INFO,
    on=WHOLE_CLUSTER,
    threats=(Threat.CONTAINER,),
    references=("NSA Control plane",),
)
def kernel_defaults(_: Snapshot, cluster: Snapshot) -> Iterator[Outcome]:
    """The kubelet sets kernel parameters as it needs them instead of refusing to run.

    ## Why
    With protectKernelDefaults it stops when the node was set otherwise, so that a hardened node stays as it
    was made.

    ## Risky
    ```yaml
    apiVersion: kubelet.config.k8s.io/v1beta1
    kind: KubeletConfiguration
    protectKernelDefaults: false
    ```

    ## Fixed
    ```yaml
    apiVersion: kubelet.config.k8s.io/v1beta1
    kind: KubeletConfiguration
    protectKernelDefaults: true
    ```
    """
    yield from judged(cluster, _changes_kernel)


@kernel_defaults.fix
def _kernel_defaults_fix(_: Snapshot, __: Snapshot) -> Fix:
    return kubelet_fix(
        "Leave kernel settings alone",
        "protectKernelDefaults: true",
        "The kubelet does not start on a node whose parameters differ from what it needs.",
        "Set vm.overcommit_memory=1, vm.panic_on_oom=0, kernel.panic=10 and kernel.panic_on_oops=1 on the nodes.",
    )


def _changes_kernel(config: KubeletConfiguration) -> Iterator[Evidence]:
    if not config.protect_kernel_defaults:
        yield Evidence("/protectKernelDefaults", "changes kernel parameters: protectKernelDefaults is not on")


@check(
    "kl-streaming-timeout",
    "Idle shells stay open for ever",
    Severity.INFO,
    on=WHOLE_CLUSTER,
    threats=(Threat.CREDENTIALS,),
    references=("CIS 4.2.5",),
)
def streaming(_: Snapshot, cluster: Snapshot) -> Iterator[Outcome]:
    """The kubelet never closes an exec, attach or port-forward that is idle.

    ## Why
    A forgotten shell stays usable for whoever comes to the keyboard, and holds resources of the node.

    ## Risky
    ```yaml
    apiVersion: kubelet.config.k8s.io/v1beta1
    kind: KubeletConfiguration
    streamingConnectionIdleTimeout: 0s
    ```

    ## Fixed
    ```yaml
    apiVersion: kubelet.config.k8s.io/v1beta1
    kind: KubeletConfiguration
    streamingConnectionIdleTimeout: 4h
    ```
    """
    yield from judged(cluster, _never_closes)


@streaming.fix
def _streaming_fix(_: Snapshot, __: Snapshot) -> Fix:
    return kubelet_fix(
        "Close idle connections",
        "streamingConnectionIdleTimeout: 4h",
        "A port-forward without traffic ends after that time.",
    )


def _never_closes(config: KubeletConfiguration) -> Iterator[Evidence]:
    if re.fullmatch(r"0+[a-z]*", config.streaming_connection_idle_timeout):
        words = "never closes idle connections: streamingConnectionIdleTimeout is 0"
        yield Evidence("/streamingConnectionIdleTimeout", words)


@check(
    "kl-event-qps",
    "Kubelet events are not limited or cut short",
    Severity.INFO,
    on=WHOLE_CLUSTER,
    threats=(Threat.CREDENTIALS,),
    references=("CIS 4.2.8", "OWASP K10"),
)
def events(_: Snapshot, cluster: Snapshot) -> Iterator[Outcome]:
    """The kubelet creates events without a limit, or so few that some are lost.

    ## Why
    Events tell of failed mounts, killed containers and refused images. With no limit a pod can flood the API
    server; with fewer than a few each second those that matter are dropped.

    ## Risky
    ```yaml
    apiVersion: kubelet.config.k8s.io/v1beta1
    kind: KubeletConfiguration
    eventRecordQPS: 0
    ```

    ## Fixed
    ```yaml
    apiVersion: kubelet.config.k8s.io/v1beta1
    kind: KubeletConfiguration
    eventRecordQPS: 50
    ```
    """
    yield from judged(cluster, _event_limit)


@events.fix
def _events_fix(_: Snapshot, __: Snapshot) -> Fix:
    return kubelet_fix(
        "Set a sound limit for events",
        "eventRecordQPS: 50",
        "More events reach the API server.",
    )


def _event_limit(config: KubeletConfiguration) -> Iterator[Evidence]:
    rate = config.event_record_qps
    if rate is not None and rate < 5:
        words = "creates events without a limit" if rate <= 0 else f"creates at most {rate} events a second"
        yield Evidence("/eventRecordQPS", f"{words}: eventRecordQPS is {rate}")
