"""Which admission plugins the API server runs."""

from __future__ import annotations

from collections.abc import Iterator

from ksec_tui.analysis.control_plane import API_SERVER, Process, plugins
from ksec_tui.checks.control_plane._common import CONTROL_PLANE, at, flag_fix, judged
from ksec_tui.cluster.kinds import POD
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import check
from ksec_tui.findings.finding import Outcome
from ksec_tui.findings.fix import Fix
from ksec_tui.findings.verdict import Severity, Threat


@check(
    "cp-node-restriction",
    "Kubelets may change other nodes",
    Severity.HIGH,
    on=CONTROL_PLANE,
    needs=(POD,),
    threats=(Threat.CONTAINER,),
    references=("CIS 1.2.14", "OWASP K04"),
    near=True,
)
def node_restriction(_: Snapshot, cluster: Snapshot) -> Iterator[Outcome]:
    """The admission plugin NodeRestriction is not switched on.

    ## Why
    It keeps a kubelet to its own Node and to the pods that run there, and away from labels that steer where
    pods may be placed. Without it, one node that was broken into relabels itself to draw sensitive pods, or
    changes the others.

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
            - --enable-admission-plugins=PodNodeSelector
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
            - --enable-admission-plugins=PodNodeSelector,NodeRestriction
    ```
    """
    yield from judged(cluster, API_SERVER, _restriction)


@node_restriction.fix
def _node_restriction_fix(_: Snapshot, __: Snapshot) -> Fix:
    return flag_fix(
        "Keep kubelets to their own node",
        (API_SERVER,),
        "add NodeRestriction to --enable-admission-plugins",
        "Kubelets that give their node labels of kubernetes.io beyond the usual ones are refused.",
    )


def _restriction(process: Process) -> Iterator[Outcome]:
    if "NodeRestriction" not in plugins(process):
        words = "runs without the admission plugin NodeRestriction"
        yield at(process, "enable-admission-plugins", words)


@check(
    "cp-always-admit",
    "Admission plugins that protect are off",
    Severity.HIGH,
    on=CONTROL_PLANE,
    needs=(POD,),
    threats=(Threat.CREDENTIALS,),
    references=("CIS 1.2.10", "CIS 1.2.12", "CIS 1.2.13", "OWASP K04"),
    near=True,
)
def core_plugins(_: Snapshot, cluster: Snapshot) -> Iterator[Outcome]:
    """An admission plugin that Kubernetes relies on is disabled, or AlwaysAdmit is on.

    ## Why
    PodSecurity carries out the labels of namespaces, ServiceAccount checks which account a pod takes,
    NamespaceLifecycle keeps objects out of namespaces that end, and the webhook and policy plugins ask the
    policies of the cluster. One that is disabled makes its part of the security model silently void.

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
            - --disable-admission-plugins=PodSecurity
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
    yield from judged(cluster, API_SERVER, _core)


@core_plugins.fix
def _core_plugins_fix(_: Snapshot, __: Snapshot) -> Fix:
    return flag_fix(
        "Switch the admission plugins on again",
        (API_SERVER,),
        "take them out of --disable-admission-plugins, and AlwaysAdmit out of --enable-admission-plugins",
        "What the plugins refuse is refused from then on; nothing that runs is stopped.",
    )


_CORE = {
    "PodSecurity": "the Pod Security labels of namespaces have no effect",
    "ServiceAccount": "pods may take what accounts they like, and get no token",
    "NamespaceLifecycle": "objects can be made in namespaces that end",
    "ValidatingAdmissionWebhook": "no validating webhook is asked",
    "MutatingAdmissionWebhook": "no mutating webhook is asked",
    "ValidatingAdmissionPolicy": "no ValidatingAdmissionPolicy is evaluated",
    "CertificateApproval": "approving certificates takes no right on their signer",
    "CertificateSigning": "signing certificates takes no right on their signer",
    "CertificateSubjectRestriction": "certificates of the group system:masters can be requested",
}


def _core(process: Process) -> Iterator[Outcome]:
    running = plugins(process)
    for name, effect in _CORE.items():
        # A name that the release does not have yet is not missed, only what is switched off by a flag.
        off = (
            name in process.items("disable-admission-plugins")
            or process.last("admission-control") is not None
        )
        if off and name not in running and (name in _ALWAYS or process.last("admission-control") is None):
            yield at(process, "disable-admission-plugins", f"runs without {name}: {effect}")
    if "AlwaysAdmit" in running:
        words = "runs AlwaysAdmit, which admits what no other plugin refuses"
        yield at(process, "enable-admission-plugins", words, Severity.LOW)


_ALWAYS = ("ServiceAccount", "NamespaceLifecycle")
"""Plugins that every release has, so that a full list without them lacks them."""


@check(
    "cp-always-pull",
    "Images of other tenants can be used from the cache",
    Severity.LOW,
    on=CONTROL_PLANE,
    needs=(POD,),
    threats=(Threat.CREDENTIALS,),
    references=("CIS 1.2.11",),
    near=True,
)
def always_pull(_: Snapshot, cluster: Snapshot) -> Iterator[Outcome]:
    """The admission plugin AlwaysPullImages is not switched on.

    ## Why
    A node keeps private images that it has pulled. A pod of somebody else that names such an image starts it
    without any credentials for the registry. It matters where tenants share nodes; kubelets of 1.35 and later
    check it themselves.

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
            - --enable-admission-plugins=NodeRestriction
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
            - --enable-admission-plugins=NodeRestriction,AlwaysPullImages
    ```
    """
    yield from judged(cluster, API_SERVER, _pull)


@always_pull.fix
def _always_pull_fix(_: Snapshot, __: Snapshot) -> Fix:
    return flag_fix(
        "Pull images anew for each pod",
        (API_SERVER,),
        "add AlwaysPullImages to --enable-admission-plugins",
        "No pod starts while its registry does not answer, and registries see more requests.",
    )


def _pull(process: Process) -> Iterator[Outcome]:
    if "AlwaysPullImages" not in plugins(process):
        words = "runs without the admission plugin AlwaysPullImages"
        yield at(process, "enable-admission-plugins", words)


@check(
    "cp-event-ratelimit",
    "Events are not limited",
    Severity.INFO,
    on=CONTROL_PLANE,
    needs=(POD,),
    threats=(Threat.CREDENTIALS,),
    references=("CIS 1.2.9",),
    near=True,
)
def event_ratelimit(_: Snapshot, cluster: Snapshot) -> Iterator[Outcome]:
    """The admission plugin EventRateLimit is not switched on.

    ## Why
    Whoever may write events can flood the API server and etcd with them, and drown what others look for. The
    plugin sets a limit for each namespace or user; it is of interest where tenants do not trust each other.

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
            - --enable-admission-plugins=NodeRestriction
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
            - --enable-admission-plugins=NodeRestriction,EventRateLimit
    ```
    """
    yield from judged(cluster, API_SERVER, _events)


@event_ratelimit.fix
def _event_ratelimit_fix(_: Snapshot, __: Snapshot) -> Fix:
    return flag_fix(
        "Limit the rate of events",
        (API_SERVER,),
        "add EventRateLimit to --enable-admission-plugins and its configuration to --admission-control-config-file",
        "Events beyond the limit are lost.",
    )


def _events(process: Process) -> Iterator[Outcome]:
    if "EventRateLimit" not in plugins(process):
        yield at(process, "enable-admission-plugins", "runs without the admission plugin EventRateLimit")
