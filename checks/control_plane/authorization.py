"""How the API server decides who may do what."""

from __future__ import annotations

from collections.abc import Iterator

from ksec_tui.analysis.control_plane import API_SERVER, Process
from ksec_tui.checks.control_plane._common import CONTROL_PLANE, as_set, at, flag_fix, judged
from ksec_tui.cluster.kinds import POD
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import check
from ksec_tui.findings.finding import Outcome, Unknown
from ksec_tui.findings.fix import Fix
from ksec_tui.findings.verdict import Severity, Threat


@check(
    "cp-authz-always-allow",
    "API server does not authorize with RBAC",
    Severity.CRITICAL,
    on=CONTROL_PLANE,
    needs=(POD,),
    threats=(Threat.EXTERNAL, Threat.CREDENTIALS),
    references=("CIS 1.2.6", "CIS 1.2.7", "CIS 1.2.8", "NSA Authorization", "OWASP K02"),
    near=True,
)
def authorization_mode(_: Snapshot, cluster: Snapshot) -> Iterator[Outcome]:
    """The API server allows everything, or runs without the RBAC or the Node authorizer.

    ## Why
    AlwaysAllow, which is the default of the bare program, makes an administrator of everyone with a login.
    Without RBAC, Roles and bindings have no effect whatever they say. Without the Node authorizer a kubelet
    needs broad rights, and then reads the Secrets of all nodes instead of those of its own pods.

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
            - --authorization-mode=AlwaysAllow
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
            - --authorization-mode=Node,RBAC
    ```
    """
    yield from judged(cluster, API_SERVER, _modes)


@authorization_mode.fix
def _authorization_mode_fix(_: Snapshot, __: Snapshot) -> Fix:
    return flag_fix(
        "Authorize with Node and RBAC",
        (API_SERVER,),
        "set --authorization-mode=Node,RBAC",
        "Whoever has no role is refused: write the bindings that are needed first, ask kubectl auth can-i for them.",
    )


def _modes(process: Process) -> Iterator[Outcome]:
    flag = "authorization-mode"
    if process.last("authorization-config") is not None:
        yield Unknown(f"the authorizers of {process.pod.name} stand in its --authorization-config file")
        return
    modes = process.items(flag) or ("AlwaysAllow",)
    if "AlwaysAllow" in modes:
        yield at(process, flag, f"allows every request: {as_set(process, flag)}")
        return
    for mode, effect in (
        ("RBAC", "roles have no effect"),
        ("Node", "kubelets are not kept to their own pods"),
    ):
        if mode not in modes:
            yield at(process, flag, f"runs without the {mode} authorizer: {effect}", Severity.HIGH)
