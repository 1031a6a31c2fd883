"""Whom a kubelet answers."""

from __future__ import annotations

from collections.abc import Iterator

from ksec_tui.analysis.control_plane import weak_ciphers
from ksec_tui.checks.kubelet._common import judged, kubelet_fix
from ksec_tui.cluster.kubelet import KubeletConfiguration
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import WHOLE_CLUSTER, check
from ksec_tui.findings.finding import Evidence, Outcome
from ksec_tui.findings.fix import Fix
from ksec_tui.findings.verdict import Severity, Threat


@check(
    "kl-anonymous",
    "Kubelet answers anonymous requests",
    Severity.CRITICAL,
    on=WHOLE_CLUSTER,
    threats=(Threat.EXTERNAL, Threat.CONTAINER),
    references=("CIS 4.2.1", "NSA Control plane", "MS-TA9030", "OWASP K09"),
)
def anonymous(_: Snapshot, cluster: Snapshot) -> Iterator[Outcome]:
    """The port of the kubelet takes requests without credentials.

    ## Why
    Where it also allows everything, whoever reaches port 10250 of the node, any pod included, runs commands
    in every container there. Where it asks the API server, anonymous callers may do what is granted to
    system:anonymous.

    ## Risky
    ```yaml
    apiVersion: kubelet.config.k8s.io/v1beta1
    kind: KubeletConfiguration
    authentication:
      anonymous: {enabled: true}
    authorization: {mode: AlwaysAllow}
    ```

    ## Fixed
    ```yaml
    apiVersion: kubelet.config.k8s.io/v1beta1
    kind: KubeletConfiguration
    authentication:
      anonymous: {enabled: false}
    authorization: {mode: AlwaysAllow}
    ```
    """
    yield from judged(cluster, _anonymous_enabled)


@anonymous.fix
def _anonymous_fix(_: Snapshot, __: Snapshot) -> Fix:
    return kubelet_fix(
        "Refuse anonymous requests",
        "authentication.anonymous.enabled: false",
        "Monitoring that scrapes the kubelet without a token is refused.",
    )


def _anonymous_enabled(config: KubeletConfiguration) -> Iterator[Evidence]:
    if config.authentication.anonymous.enabled:
        everything = config.authorization.mode == "AlwaysAllow"
        words = "answers requests without credentials" + (" and allows everything" if everything else "")
        severity = None if everything else Severity.HIGH
        yield Evidence("/authentication/anonymous/enabled", words, None, severity)


@check(
    "kl-authz",
    "Kubelet allows everything",
    Severity.CRITICAL,
    on=WHOLE_CLUSTER,
    threats=(Threat.CONTAINER,),
    references=("CIS 4.2.2", "MS-TA9030"),
)
def authorization(_: Snapshot, cluster: Snapshot) -> Iterator[Outcome]:
    """The kubelet does not ask the API server what a caller may do.

    ## Why
    Everybody whom it believes at all may then run commands in every container of the node: each holder of a
    certificate of the cluster, and anonymous callers if those are let in.

    ## Risky
    ```yaml
    apiVersion: kubelet.config.k8s.io/v1beta1
    kind: KubeletConfiguration
    authorization: {mode: AlwaysAllow}
    ```

    ## Fixed
    ```yaml
    apiVersion: kubelet.config.k8s.io/v1beta1
    kind: KubeletConfiguration
    authorization: {mode: Webhook}
    ```
    """
    yield from judged(cluster, _mode)


@authorization.fix
def _authorization_fix(_: Snapshot, __: Snapshot) -> Fix:
    return kubelet_fix(
        "Let kubelets ask what a caller may do",
        "authorization.mode: Webhook",
        "Callers without rights on nodes/metrics, nodes/proxy and the like are refused.",
    )


def _mode(config: KubeletConfiguration) -> Iterator[Evidence]:
    if config.authorization.mode not in ("Webhook", ""):
        yield Evidence(
            "/authorization/mode",
            f"allows everything: authorization mode {config.authorization.mode}",
        )


@check(
    "kl-client-ca",
    "Kubelet knows no CA for its callers",
    Severity.HIGH,
    on=WHOLE_CLUSTER,
    threats=(Threat.CONTAINER,),
    references=("CIS 4.2.3",),
)
def client_ca(_: Snapshot, cluster: Snapshot) -> Iterator[Outcome]:
    """The kubelet has no clientCAFile, so it cannot check the certificate of the API server.

    ## Why
    Then either exec and logs fail, or the kubelet was opened to callers without a certificate to make them
    work.

    ## Risky
    ```yaml
    apiVersion: kubelet.config.k8s.io/v1beta1
    kind: KubeletConfiguration
    authentication:
      webhook: {enabled: true}
    ```

    ## Fixed
    ```yaml
    apiVersion: kubelet.config.k8s.io/v1beta1
    kind: KubeletConfiguration
    authentication:
      webhook: {enabled: true}
      x509: {clientCAFile: /etc/kubernetes/pki/ca.crt}
    ```
    """
    yield from judged(cluster, _no_client_ca)


@client_ca.fix
def _client_ca_fix(_: Snapshot, __: Snapshot) -> Fix:
    return kubelet_fix(
        "Give kubelets the CA of the API server",
        "authentication.x509.clientCAFile: /etc/kubernetes/pki/ca.crt",
        "A wrong CA stops exec, logs and port-forward.",
    )


def _no_client_ca(config: KubeletConfiguration) -> Iterator[Evidence]:
    if not config.authentication.x509.client_ca_file:
        yield Evidence(
            "/authentication/x509/clientCAFile", "has no clientCAFile for the certificates of its callers"
        )


@check(
    "kl-readonly-port",
    "Kubelet shows its pods to everybody",
    Severity.MEDIUM,
    on=WHOLE_CLUSTER,
    threats=(Threat.CONTAINER, Threat.EXTERNAL),
    references=("CIS 4.2.4", "MS-TA9030", "OWASP K06"),
)
def read_only_port(_: Snapshot, cluster: Snapshot) -> Iterator[Outcome]:
    """The read-only port of the kubelet is open.

    ## Why
    It tells anybody who asks which pods run on the node, with their whole specification: images, arguments,
    variables. There is no login and no TLS.

    ## Risky
    ```yaml
    apiVersion: kubelet.config.k8s.io/v1beta1
    kind: KubeletConfiguration
    readOnlyPort: 10255
    ```

    ## Fixed
    ```yaml
    apiVersion: kubelet.config.k8s.io/v1beta1
    kind: KubeletConfiguration
    readOnlyPort: 0
    ```
    """
    yield from judged(cluster, _open_port)


@read_only_port.fix
def _read_only_port_fix(_: Snapshot, __: Snapshot) -> Fix:
    return kubelet_fix(
        "Close the read-only port",
        "readOnlyPort: 0",
        "Monitoring that reads port 10255 must use 10250 with a token.",
    )


def _open_port(config: KubeletConfiguration) -> Iterator[Evidence]:
    if config.read_only_port:
        yield Evidence("/readOnlyPort", f"serves its pods without a login on port {config.read_only_port}")


@check(
    "kl-tls",
    "Kubelet accepts weak TLS",
    Severity.LOW,
    on=WHOLE_CLUSTER,
    threats=(Threat.EXTERNAL,),
    references=("CIS 4.2.9", "CIS 4.2.12"),
)
def kubelet_tls(_: Snapshot, cluster: Snapshot) -> Iterator[Outcome]:
    """The kubelet was told to accept old versions of TLS or weak ciphers.

    ## Why
    What it accepts by itself is sound. Ciphers without forward secrecy let a recorded connection be read once
    the key leaks.

    ## Risky
    ```yaml
    apiVersion: kubelet.config.k8s.io/v1beta1
    kind: KubeletConfiguration
    tlsMinVersion: VersionTLS10
    ```

    ## Fixed
    ```yaml
    apiVersion: kubelet.config.k8s.io/v1beta1
    kind: KubeletConfiguration
    tlsMinVersion: VersionTLS12
    ```
    """
    yield from judged(cluster, _weak_tls)


@kubelet_tls.fix
def _kubelet_tls_fix(_: Snapshot, __: Snapshot) -> Fix:
    return kubelet_fix(
        "Accept sound TLS only",
        "tlsMinVersion: VersionTLS12, and tlsCipherSuites without the named ones",
        "Clients that know nothing newer cannot connect.",
    )


def _weak_tls(config: KubeletConfiguration) -> Iterator[Evidence]:
    if config.tls_min_version in ("VersionTLS10", "VersionTLS11"):
        yield Evidence("/tlsMinVersion", f"accepts old TLS: tlsMinVersion is {config.tls_min_version}")
    weak = weak_ciphers(config.tls_cipher_suites)
    if weak:
        yield Evidence("/tlsCipherSuites", f"accepts weak ciphers: {', '.join(weak)}")
