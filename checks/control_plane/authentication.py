"""Whom the API server believes: anonymous requests, token files, tokens of ServiceAccounts."""

from __future__ import annotations

from collections.abc import Iterator

from ksec_tui.analysis.control_plane import API_SERVER, Process
from ksec_tui.analysis.rbac.bindings import binding_named
from ksec_tui.analysis.rbac.defaults import is_expected
from ksec_tui.analysis.rbac.grants import bindings_of
from ksec_tui.analysis.rbac.identity import ANONYMOUS, UNAUTHENTICATED, Who
from ksec_tui.analysis.versions.numbers import parse
from ksec_tui.checks.control_plane._common import CONTROL_PLANE, as_set, at, flag_fix, judged
from ksec_tui.cluster.kinds import CLUSTER_ROLE, CLUSTER_ROLE_BINDING, POD, ROLE, ROLE_BINDING
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import check
from ksec_tui.findings.finding import Outcome, Unknown
from ksec_tui.findings.fix import Fix
from ksec_tui.findings.verdict import Severity, Threat


@check(
    "cp-anonymous-auth",
    "API server answers anonymous requests",
    Severity.MEDIUM,
    on=CONTROL_PLANE,
    needs=(POD,),
    also=(ROLE, CLUSTER_ROLE, ROLE_BINDING, CLUSTER_ROLE_BINDING),
    threats=(Threat.EXTERNAL,),
    references=("CIS 1.2.1", "NSA Authentication", "T1078", "OWASP K09"),
    near=True,
)
def anonymous_auth(_: Snapshot, cluster: Snapshot) -> Iterator[Outcome]:
    """The API server takes requests without credentials as the user system:anonymous.

    ## Why
    That is so unless it is switched off. What the user may do is little by default, yet every binding that
    names it, or the group system:unauthenticated, opens the cluster to whoever reaches the port, and flaws of
    request handling are in reach without a login. Since 1.34 an AuthenticationConfiguration can admit just
    the health endpoints: whether it does stands in a file that the API does not show.

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
            - --anonymous-auth=true
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
            - --anonymous-auth=false
    ```
    """
    grants = _granted_to_nobody(cluster)
    yield from judged(cluster, API_SERVER, lambda process: _anonymous(process, grants))


@anonymous_auth.fix
def _anonymous_auth_fix(_: Snapshot, __: Snapshot) -> Fix:
    return flag_fix(
        "Refuse anonymous requests",
        (API_SERVER,),
        "set --anonymous-auth=false, or --authentication-config to a file that allows /livez and /readyz only",
        "Probes that ask for /livez without credentials fail; kubeadm join reads cluster-info so.",
    )


def _granted_to_nobody(cluster: Snapshot) -> str:
    """The first binding that gives anonymous requests more than Kubernetes itself does; empty without one."""
    for who in (Who("User", ANONYMOUS), Who("Group", UNAUTHENTICATED)):
        for grant in bindings_of(cluster, who):
            bound = binding_named(cluster, grant.binding)
            if bound is not None and not bound.dangling and not is_expected(bound, who):
                return str(bound.ref)
    return ""


def _anonymous(process: Process, grants: str) -> Iterator[Outcome]:
    # With AlwaysAllow the server itself refuses anonymous requests (BuiltInAuthenticationOptions.ApplyAuthorization).
    if not process.on("anonymous-auth", default=True) or "AlwaysAllow" in process.items("authorization-mode"):
        return
    if process.last("authentication-config") is not None and process.last("anonymous-auth") is None:
        yield Unknown(
            f"what {process.pod.name} lets anonymous requests do stands in its --authentication-config file"
        )
        return
    words = f"admits requests without credentials: {as_set(process, 'anonymous-auth')}"
    if grants:
        words += f"; {grants} gives them rights"
    yield at(process, "anonymous-auth", words, Severity.CRITICAL if grants else None)


@check(
    "cp-token-auth-file",
    "API server knows logins from a token file",
    Severity.HIGH,
    on=CONTROL_PLANE,
    needs=(POD,),
    threats=(Threat.CREDENTIALS,),
    references=("CIS 1.2.2", "OWASP K09"),
    near=True,
)
def token_auth_file(_: Snapshot, cluster: Snapshot) -> Iterator[Outcome]:
    """The API server accepts static tokens that stand in a file on its node.

    ## Why
    The tokens are plain text, never expire, and change only with a restart. A copy of the file or of a backup
    is a login for good, and nothing ties it to a person who could be asked.

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
            - --token-auth-file=/etc/kubernetes/tokens.csv
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
    yield from judged(cluster, API_SERVER, _token_file)


@token_auth_file.fix
def _token_auth_file_fix(_: Snapshot, __: Snapshot) -> Fix:
    return flag_fix(
        "Stop using the token file",
        (API_SERVER,),
        "remove --token-auth-file",
        "Whoever logs in with one of these tokens is locked out.",
        "Give each of its users another login first: OpenID Connect, certificates of short life, or a ServiceAccount.",
    )


def _token_file(process: Process) -> Iterator[Outcome]:
    if process.value("token-auth-file"):
        yield at(process, "token-auth-file", "accepts tokens from a file (--token-auth-file)")


@check(
    "cp-insecure-port",
    "API server listens without authentication",
    Severity.CRITICAL,
    on=CONTROL_PLANE,
    needs=(POD,),
    threats=(Threat.EXTERNAL,),
    references=("NSA Control plane", "OWASP K06"),
    near=True,
)
def insecure_port(_: Snapshot, cluster: Snapshot) -> Iterator[Outcome]:
    """The API server has a port that asks nobody who they are.

    ## Why
    Every request on that port is carried out as an administrator, in plain text. Releases before 1.20 open it
    on port 8080 of the node by default; 1.24 removed it.

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
            - --insecure-port=8080
            - --insecure-bind-address=0.0.0.0
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
            - --secure-port=6443
    ```
    """
    yield from judged(cluster, API_SERVER, _insecure)


@insecure_port.fix
def _insecure_port_fix(_: Snapshot, __: Snapshot) -> Fix:
    return flag_fix(
        "Close the insecure port",
        (API_SERVER,),
        "remove --insecure-bind-address and set --insecure-port=0 (before 1.24; remove it later)",
        "Programs on the node that use the port must log in on the secure one.",
    )


def _insecure(process: Process) -> Iterator[Outcome]:
    flag = process.last("insecure-port")
    version = parse(process.image.rpartition(":")[2])
    if flag is not None and flag.value != "0":
        where = process.value("insecure-bind-address") or "127.0.0.1"
        yield at(process, "insecure-port", f"serves port {flag.value} of {where} without any authentication")
    elif flag is None and version is not None and (version.major, version.minor) < (1, 20):
        yield at(
            process, "insecure-port", "serves port 8080 without authentication, as releases before 1.20 do"
        )
