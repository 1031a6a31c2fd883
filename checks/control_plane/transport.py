"""How the API server talks to kubelets and to its clients."""

from __future__ import annotations

from collections.abc import Iterator

from ksec_tui.analysis.control_plane import (
    API_SERVER,
    Process,
    weak_ciphers,
)
from ksec_tui.checks.control_plane._common import CONTROL_PLANE, as_set, at, flag_fix, judged
from ksec_tui.cluster.kinds import POD
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import check
from ksec_tui.findings.finding import Outcome
from ksec_tui.findings.fix import Fix
from ksec_tui.findings.verdict import Severity, Threat


@check(
    "cp-kubelet-ca",
    "API server does not check who answers as kubelet",
    Severity.MEDIUM,
    on=CONTROL_PLANE,
    needs=(POD,),
    threats=(Threat.CONTAINER,),
    references=("CIS 1.2.5", "T1557"),
    near=True,
)
def kubelet_authority(_: Snapshot, cluster: Snapshot) -> Iterator[Outcome]:
    """The API server trusts any certificate that a kubelet shows.

    ## Why
    Logs, exec and port-forward go from the API server to the kubelet of the node. Whoever stands in between,
    or takes over the address of a node, reads and answers these streams in its place.

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
            - --kubelet-client-certificate=/etc/kubernetes/pki/apiserver-kubelet-client.crt
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
            - --kubelet-certificate-authority=/etc/kubernetes/pki/ca.crt
    ```
    """
    yield from judged(cluster, API_SERVER, _authority)


@kubelet_authority.fix
def _kubelet_authority_fix(_: Snapshot, __: Snapshot) -> Fix:
    return flag_fix(
        "Check the certificates of kubelets",
        (API_SERVER,),
        "set --kubelet-certificate-authority to the CA that signs the serving certificates of kubelets",
        "kubectl logs and exec fail for kubelets with a certificate that they signed themselves.",
        "First give every kubelet a signed serving certificate: serverTLSBootstrap: true, and approve its requests.",
    )


def _authority(process: Process) -> Iterator[Outcome]:
    if not process.value("kubelet-certificate-authority"):
        words = "does not check the certificates of kubelets: --kubelet-certificate-authority is not set"
        yield at(process, "kubelet-certificate-authority", words)


@check(
    "cp-kubelet-client-cert",
    "API server has no certificate for kubelets",
    Severity.MEDIUM,
    on=CONTROL_PLANE,
    needs=(POD,),
    threats=(Threat.CONTAINER,),
    references=("CIS 1.2.4",),
    near=True,
)
def kubelet_client(_: Snapshot, cluster: Snapshot) -> Iterator[Outcome]:
    """The API server does not log in to kubelets with a certificate.

    ## Why
    Either exec and logs do not work, or the kubelets answer to callers whom they do not know, and then they
    answer to everybody on the network in the same way.

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
            - --secure-port=6443
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
            - --kubelet-client-certificate=/etc/kubernetes/pki/apiserver-kubelet-client.crt
            - --kubelet-client-key=/etc/kubernetes/pki/apiserver-kubelet-client.key
    ```
    """
    yield from judged(cluster, API_SERVER, _client)


@kubelet_client.fix
def _kubelet_client_fix(_: Snapshot, __: Snapshot) -> Fix:
    return flag_fix(
        "Log in to kubelets with a certificate",
        (API_SERVER,),
        "set --kubelet-client-certificate and --kubelet-client-key",
        "Kubelets refuse a certificate that their clientCAFile does not cover.",
    )


def _client(process: Process) -> Iterator[Outcome]:
    for flag in ("kubelet-client-certificate", "kubelet-client-key"):
        if not process.value(flag):
            yield at(process, flag, f"has no login for kubelets: --{flag} is not set")
            return


@check(
    "cp-tls-ciphers",
    "API server accepts weak TLS",
    Severity.LOW,
    on=CONTROL_PLANE,
    needs=(POD,),
    threats=(Threat.EXTERNAL,),
    references=("CIS 1.2.29",),
    near=True,
)
def tls_ciphers(_: Snapshot, cluster: Snapshot) -> Iterator[Outcome]:
    """The API server was told to accept old versions of TLS or weak ciphers.

    ## Why
    What it accepts by itself is sound. Ciphers without forward secrecy let a recorded connection be read once
    the key leaks; RC4, 3DES and CBC with SHA-256 have known attacks, and so have TLS 1.0 and 1.1.

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
            - --tls-min-version=VersionTLS10
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
            - --tls-min-version=VersionTLS12
    ```
    """
    yield from judged(cluster, API_SERVER, _tls)


@tls_ciphers.fix
def _tls_ciphers_fix(_: Snapshot, __: Snapshot) -> Fix:
    return flag_fix(
        "Accept sound TLS only",
        (API_SERVER,),
        "set --tls-min-version=VersionTLS12 or higher, and take the named suites out of --tls-cipher-suites",
        "Clients that know nothing newer cannot connect.",
    )


def _tls(process: Process) -> Iterator[Outcome]:
    if process.value("tls-min-version") in ("VersionTLS10", "VersionTLS11"):
        yield at(process, "tls-min-version", f"accepts old TLS: {as_set(process, 'tls-min-version')}")
    weak = weak_ciphers(process.items("tls-cipher-suites"))
    if weak:
        yield at(process, "tls-cipher-suites", f"accepts weak ciphers: {', '.join(weak)}")
