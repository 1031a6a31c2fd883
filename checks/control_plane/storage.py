"""The store of the cluster: who may talk to it, and whether Secrets lie in it in plain text."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from ksec_tui.analysis.control_plane import API_SERVER, ETCD, Process, hidden, loopback, processes
from ksec_tui.checks.control_plane._common import CONTROL_PLANE, as_set, at, flag_fix, judged
from ksec_tui.cluster.kinds import POD
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import check
from ksec_tui.findings.finding import Outcome, Unknown
from ksec_tui.findings.fix import Fix
from ksec_tui.findings.verdict import Severity, Threat


@check(
    "cp-etcd-tls",
    "etcd does not check who connects",
    Severity.CRITICAL,
    on=CONTROL_PLANE,
    needs=(POD,),
    threats=(Threat.EXTERNAL, Threat.CONTAINER),
    references=(
        "CIS 2.1",
        "CIS 2.2",
        "CIS 2.3",
        "CIS 2.4",
        "CIS 2.5",
        "CIS 2.6",
        "NSA Control plane",
        "OWASP K06",
    ),
    near=True,
)
def etcd_tls(_: Snapshot, cluster: Snapshot) -> Iterator[Outcome]:
    """Etcd accepts clients or peers without a certificate of its CA.

    ## Why
    etcd holds everything, each Secret and each role, and knows nothing of RBAC. Whoever can write to it makes
    themselves an administrator without the API server ever noticing. A peer without a certificate joins and
    gets a copy of all data.

    ## Risky
    ```yaml
    apiVersion: v1
    kind: Pod
    metadata: {name: etcd-cp-1, namespace: kube-system, labels: {component: etcd}}
    spec:
      containers:
        - name: etcd
          image: registry.k8s.io/etcd:3.6.5-0
          command:
            - etcd
            - --listen-client-urls=https://127.0.0.1:2379,https://10.0.0.5:2379
            - --cert-file=/etc/kubernetes/pki/etcd/server.crt
            - --key-file=/etc/kubernetes/pki/etcd/server.key
            - --client-cert-auth=false
            - --trusted-ca-file=/etc/kubernetes/pki/etcd/ca.crt
    ```

    ## Fixed
    ```yaml
    apiVersion: v1
    kind: Pod
    metadata: {name: etcd-cp-1, namespace: kube-system, labels: {component: etcd}}
    spec:
      containers:
        - name: etcd
          image: registry.k8s.io/etcd:3.6.5-0
          command:
            - etcd
            - --listen-client-urls=https://127.0.0.1:2379,https://10.0.0.5:2379
            - --cert-file=/etc/kubernetes/pki/etcd/server.crt
            - --key-file=/etc/kubernetes/pki/etcd/server.key
            - --client-cert-auth=true
            - --trusted-ca-file=/etc/kubernetes/pki/etcd/ca.crt
    ```
    """
    found = processes(cluster, ETCD)
    if found:
        yield from judged(cluster, ETCD, _etcd_tls)
        return
    # etcd runs elsewhere: how the API server connects still tells what etcd does not ask for.
    yield from judged(cluster, API_SERVER, _client_of_etcd)
    yield Unknown(hidden(cluster, ETCD))


@etcd_tls.fix
def _etcd_tls_fix(_: Snapshot, __: Snapshot) -> Fix:
    return flag_fix(
        "Let etcd check certificates",
        (ETCD,),
        "set --client-cert-auth=true with --cert-file, --key-file and --trusted-ca-file, and the --peer- flags alike",
        "Clients without a certificate of that CA are refused: backups and monitoring too.",
        "Give the API servers --etcd-certfile, --etcd-keyfile and --etcd-cafile first.",
    )


def _etcd_tls(process: Process) -> Iterator[Outcome]:
    if process.last("config-file") is not None:
        # Then all other flags are ignored (server/etcdmain/config.go parse).
        yield Unknown(f"how {process.pod.name} listens stands in its --config-file")
        return
    yield from _side(process, "", "client", _remote(process, "listen-client-urls"), Severity.HIGH)
    yield from _side(process, "peer-", "peer", _remote(process, "listen-peer-urls"), Severity.MEDIUM)


def _side(
    process: Process, prefix: str, noun: str, remote: tuple[str, ...], local: Severity
) -> Iterator[Outcome]:
    """The TLS of one of etcd's two sides; on loopback alone it matters less, and peers need none there."""
    severity = None if remote else local
    auto = f"{prefix}auto-tls"
    if noun == "peer" and not remote and not process.flags.get("listen-peer-urls"):
        return
    if process.on(auto, default=False):
        yield at(process, auto, f"makes certificates by itself, which nobody can check: --{auto}", severity)
    missing = [name for name in (f"{prefix}cert-file", f"{prefix}key-file") if not process.value(name)]
    if missing and not process.on(auto, default=False):
        yield at(
            process, missing[0], f"has no certificate for its {noun}s: --{missing[0]} is not set", severity
        )
    if not process.on(f"{prefix}client-cert-auth", default=False):
        words = f"asks its {noun}s for no certificate: {as_set(process, f'{prefix}client-cert-auth')}"
        yield at(process, f"{prefix}client-cert-auth", words, severity)


def _client_of_etcd(process: Process) -> Iterator[Outcome]:
    servers = process.items("etcd-servers")
    plain = [server for server in servers if server.startswith("http://")]
    if plain:
        yield at(process, "etcd-servers", f"talks to etcd in plain text at {', '.join(plain)}")
    elif servers and not process.value("etcd-certfile"):
        yield at(process, "etcd-certfile", "talks to etcd without a certificate, so etcd asks for none")


def _remote(process: Process, flag: str) -> tuple[str, ...]:
    """The URLs of a listener beyond loopback; etcd listens on localhost by default."""
    return tuple(url for url in process.items(flag) if not loopback(urlsplit(url).hostname or ""))


@check(
    "cp-etcd-exposed",
    "etcd listens in plain text beyond its node",
    Severity.HIGH,
    on=CONTROL_PLANE,
    needs=(POD,),
    threats=(Threat.EXTERNAL, Threat.CONTAINER),
    references=("NSA Control plane", "OWASP K06"),
    near=True,
)
def etcd_exposed(_: Snapshot, cluster: Snapshot) -> Iterator[Outcome]:
    """Etcd serves clients, peers or metrics by plain HTTP on an address that others reach.

    ## Why
    A listener of http ignores every certificate setting: no login, and all data readable on the wire. Metrics
    and health show keys and sizes, and are a way to slow etcd down, hence the whole cluster.

    ## Risky
    ```yaml
    apiVersion: v1
    kind: Pod
    metadata: {name: etcd-cp-1, namespace: kube-system, labels: {component: etcd}}
    spec:
      containers:
        - name: etcd
          image: registry.k8s.io/etcd:3.6.5-0
          command:
            - etcd
            - --listen-client-urls=https://127.0.0.1:2379
            - --listen-metrics-urls=http://0.0.0.0:2381
    ```

    ## Fixed
    ```yaml
    apiVersion: v1
    kind: Pod
    metadata: {name: etcd-cp-1, namespace: kube-system, labels: {component: etcd}}
    spec:
      containers:
        - name: etcd
          image: registry.k8s.io/etcd:3.6.5-0
          command:
            - etcd
            - --listen-client-urls=https://127.0.0.1:2379
            - --listen-metrics-urls=http://127.0.0.1:2381
    ```
    """
    yield from judged(cluster, ETCD, _exposed)


@etcd_exposed.fix
def _etcd_exposed_fix(_: Snapshot, __: Snapshot) -> Fix:
    return flag_fix(
        "Keep etcd's plain listeners on its node",
        (ETCD,),
        "give --listen-client-urls and --listen-peer-urls https addresses, and --listen-metrics-urls a loopback one",
        "Monitoring that scrapes etcd from another node needs the client port and a certificate.",
    )


_LISTENERS = {
    "listen-client-urls": ("serves clients", Severity.CRITICAL),
    "listen-peer-urls": ("serves peers", Severity.CRITICAL),
    "listen-metrics-urls": ("serves metrics", None),
}


def _exposed(process: Process) -> Iterator[Outcome]:
    if process.last("config-file") is not None:
        yield Unknown(f"where {process.pod.name} listens stands in its --config-file")
        return
    for flag, (what, severity) in _LISTENERS.items():
        for url in _remote(process, flag):
            if url.startswith("http://"):
                yield at(process, flag, f"{what} in plain text on {url}", severity)


@check(
    "cp-encryption",
    "Encryption of Secrets at rest is not known to be on",
    Severity.MEDIUM,
    on=CONTROL_PLANE,
    needs=(POD,),
    threats=(Threat.CREDENTIALS,),
    references=("CIS 1.2.27", "CIS 1.2.28", "NSA Secrets", "T1552", "OWASP K03"),
    near=True,
)
def encryption(_: Snapshot, cluster: Snapshot) -> Iterator[Outcome]:
    """Secrets lie in etcd in plain text, as far as the flags of the API server show.

    ## Why
    Whoever gets hold of a disk, a snapshot or a backup of etcd has every password and token of the cluster.
    With an encryption configuration its providers decide, of which the first one writes: when that is
    identity nothing is encrypted. The file is not visible through the API, so a server that has one is
    unknown, never fine.

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
            - --encryption-provider-config=/etc/kubernetes/encryption.yaml
    ```
    """
    yield from judged(cluster, API_SERVER, _encrypted)


@encryption.fix
def _encryption_fix(_: Snapshot, __: Snapshot) -> Fix:
    return flag_fix(
        "Encrypt Secrets at rest",
        (API_SERVER,),
        "set --encryption-provider-config to a file whose first provider for secrets is kms or secretbox",
        "Without the key nothing can be read any more, from backups either: keep it apart from them.",
        "Afterwards write every Secret anew: kubectl get secrets -A -o json | kubectl replace -f -",
    )


def _encrypted(process: Process) -> Iterator[Outcome]:
    flag = "encryption-provider-config"
    if process.value(flag):
        yield Unknown(f"what {process.pod.name} encrypts stands in its --{flag} file")
    else:
        yield at(process, flag, f"writes Secrets to etcd in plain text: --{flag} is not set")
