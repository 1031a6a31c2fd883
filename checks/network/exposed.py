"""Workloads within everyone's reach."""

from __future__ import annotations

from collections.abc import Iterator

from ksec_tui.analysis.network.policies import isolated
from ksec_tui.analysis.network.sensitive import console, sensitive
from ksec_tui.analysis.network.world import ADMIN_KINDS
from ksec_tui.analysis.workloads import Workload
from ksec_tui.checks.network._common import (
    EXPOSED,
    at_door,
    from_internet,
    labels_at,
    stepped,
    undecided,
    way,
)
from ksec_tui.cluster.kinds import NETWORK_POLICY
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import check
from ksec_tui.findings.finding import Evidence, NotApplicable, Unknown
from ksec_tui.findings.fix import Fix, Risk
from ksec_tui.findings.verdict import Severity, Threat
from ksec_tui.fixes.network import close_workload, may_break, withdraw_first


@check(
    "net-sensitive-port-public",
    "A sensitive port faces the internet",
    Severity.CRITICAL,
    on=EXPOSED,
    also=ADMIN_KINDS,
    threats=(Threat.EXTERNAL,),
    references=("MS-TA9005", "T1133", "T1190", "OWASP K05"),
)
def sensitive_port_public(
    workload: Workload, cluster: Snapshot
) -> Iterator[Evidence | NotApplicable | Unknown]:
    """A data store or control API can be reached from the internet.

    ## Why
    Scanners find an open Redis, Docker or notebook port within hours. Many of these listen without any
    password, and a login form is only as good as its last patch. Whoever gets in reads the data or runs
    code at once. Such ports belong behind a VPN, a tunnel or an authenticating proxy. Consoles are told
    under `wl-exposed-admin-ui`.

    ## Risky
    ```yaml
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: cache, namespace: shop}
    spec:
      selector: {matchLabels: {app: cache}}
      template:
        metadata: {labels: {app: cache}}
        spec:
          containers:
            - name: redis
              image: redis:8.2
              ports: [{name: redis, containerPort: 6379}]
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: cache, namespace: shop}
    spec:
      type: LoadBalancer
      selector: {app: cache}
      ports: [{port: 6379, targetPort: redis}]
    status: {loadBalancer: {ingress: [{ip: 203.0.113.7}]}}
    ```

    ## Fixed
    ```yaml
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: cache, namespace: shop}
    spec:
      selector: {matchLabels: {app: cache}}
      template:
        metadata: {labels: {app: cache}}
        spec:
          containers:
            - name: redis
              image: redis:8.2
              ports: [{name: redis, containerPort: 6379}]
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: cache, namespace: shop}
    spec:
      type: ClusterIP
      selector: {app: cache}
      ports: [{port: 6379, targetPort: redis}]
    ```
    """
    if console(workload.spec):
        yield NotApplicable("consoles are told under wl-exposed-admin-ui")
        return
    for item in from_internet(cluster, workload):
        name = sensitive(workload, item.port, http=item.http)
        if name:
            yield at_door(item, f"port {item.port} ({name}) can be reached: {way(item)}", Severity.CRITICAL)
    for item in undecided(cluster, workload):
        name = sensitive(workload, item.port, http=item.http)
        if name:
            yield Unknown(f"whether port {item.port} ({name}) faces the internet is not known: {way(item)}")


@sensitive_port_public.fix
def _withdraw(workload: Workload, cluster: Snapshot) -> Fix | None:
    doors = {
        item.chain[0].ref
        for item in from_internet(cluster, workload)
        if sensitive(workload, item.port, http=item.http)
    }
    how = "make it internal, limit who may connect (loadBalancerSourceRanges), or withdraw it."
    steps = tuple(f"{ref}: {how}" for ref in sorted(doors))
    return Fix(
        f"Take {workload.ref} off the internet",
        (),
        Risk.MANUAL,
        "Clients outside the cluster lose their way in.",
        (*steps, "Give those who need it a VPN, `kubectl port-forward`, or a proxy that authenticates."),
    )


@check(
    "net-public-risky-workload",
    "A workload with power over its node faces the internet",
    Severity.CRITICAL,
    on=EXPOSED,
    also=ADMIN_KINDS,
    threats=(Threat.EXTERNAL, Threat.CONTAINER),
    references=("MS-TA9005", "T1190", "T1611", "OWASP K01", "OWASP K05"),
)
def public_risky_workload(workload: Workload, cluster: Snapshot) -> Iterator[Evidence | Unknown]:
    """A workload that can be reached from the internet runs privileged or holds parts of its node.

    ## Why
    One flaw in what it serves and the attacker is not in a container but on the node: a privileged
    container opens every device, a writable host directory holds what the node runs next. Reach and power
    are each common; together they are the shortest way from the internet to the cluster.

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
              ports: [{name: http, containerPort: 8080}]
              securityContext: {privileged: true}
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: web, namespace: shop}
    spec:
      type: LoadBalancer
      selector: {app: web}
      ports: [{name: http, port: 80, targetPort: http}]
    status: {loadBalancer: {ingress: [{ip: 203.0.113.7}]}}
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
              ports: [{name: http, containerPort: 8080}]
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: web, namespace: shop}
    spec:
      type: LoadBalancer
      selector: {app: web}
      ports: [{name: http, port: 80, targetPort: http}]
    status: {loadBalancer: {ingress: [{ip: 203.0.113.7}]}}
    ```
    """
    powers = tuple(_powers(workload))
    if not powers:
        return
    reached = from_internet(cluster, workload)
    if reached:
        item = min(reached, key=lambda found: bool(found.doubt))
        for path, words, severity in powers:
            yield Evidence(
                path, f"{words}, and it can be reached: {way(item)}", None, stepped(item, severity)
            )
        return
    for item in undecided(cluster, workload):
        yield Unknown(f"{powers[0][1]}; whether it faces the internet is not known: {way(item)}")


def _powers(workload: Workload) -> Iterator[tuple[str, str, Severity]]:
    """What a workload can do to its node: (JSON pointer, words, how bad on the internet)."""
    spec = workload.spec
    for item in workload.placed:
        context = item.container.security_context
        if context is None or item.ref != workload.object.ref or item.list == "ephemeralContainers":
            continue
        name = item.container.name
        if context.privileged:
            path = f"{item.pointer}/securityContext/privileged"
            # Within a user namespace (KEP-127) the node's root is out of reach.
            yield (
                path,
                f"container {name} runs privileged",
                (Severity.HIGH if spec.host_users is False else Severity.CRITICAL),
            )
        if context.windows_options is not None and context.windows_options.host_process:
            path = f"{item.pointer}/securityContext/windowsOptions/hostProcess"
            yield path, f"container {name} is a process of its Windows node", Severity.CRITICAL
    for index, volume in enumerate(spec.volumes):
        if volume.host_path is None:
            continue
        mounts = [
            (item.container.name, mount.read_only)
            for item in workload.placed
            for mount in item.container.volume_mounts
            if mount.name == volume.name
        ]
        if mounts:
            writable = any(not read_only for _, read_only in mounts)
            how = "mounts" if writable else "mounts (read-only)"
            words = f"container {mounts[0][0]} {how} {volume.host_path.path} of the node"
            path = f"{workload.pointer}/volumes/{index}/hostPath"
            yield path, words, Severity.CRITICAL if writable else Severity.HIGH
    if spec.host_pid:
        yield f"{workload.pointer}/hostPID", "it sees the node's processes", Severity.HIGH


@check(
    "net-public-no-policy",
    "No policy stands before a public workload",
    Severity.HIGH,
    on=EXPOSED,
    needs=(NETWORK_POLICY,),
    also=ADMIN_KINDS,
    threats=(Threat.EXTERNAL, Threat.CONTAINER),
    references=("CIS 5.3.2", "NSA Network policies", "MS-TA9005", "T1190", "OWASP K05"),
)
def public_no_policy(workload: Workload, cluster: Snapshot) -> Iterator[Evidence | NotApplicable | Unknown]:
    """A workload can be reached from the internet and no NetworkPolicy limits what else reaches it.

    ## Why
    What faces the internet is the first to fall. Without a policy all its ports are open to every pod and,
    through node ports, to more clients than its front door suggests: debug and metrics ports as well. A
    policy admits the one port from the one proxy that is to use it.

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
              ports: [{name: http, containerPort: 8080}]
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: web, namespace: shop}
    spec:
      type: LoadBalancer
      selector: {app: web}
      ports: [{name: http, port: 80, targetPort: http}]
    status: {loadBalancer: {ingress: [{ip: 203.0.113.7}]}}
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
              ports: [{name: http, containerPort: 8080}]
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: web, namespace: shop}
    spec:
      type: LoadBalancer
      selector: {app: web}
      ports: [{name: http, port: 80, targetPort: http}]
    status: {loadBalancer: {ingress: [{ip: 203.0.113.7}]}}
    ---
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata:
      name: ksec-allow-web
      namespace: shop
      labels: {app.kubernetes.io/managed-by: ksec-tui}
    spec:
      podSelector: {matchLabels: {app: web}}
      policyTypes: [Ingress]
      ingress:
        - from: [{podSelector: {}}]
        - ports: [{protocol: TCP, port: 8080}]
    ```
    """
    if workload.spec.host_network:
        yield NotApplicable("policies do not govern pods on their node's network")
        return
    answer = isolated(cluster, workload, "ingress")
    if answer.value:
        return
    reached = from_internet(cluster, workload)
    if answer.value is None or not reached:
        doors = reached or undecided(cluster, workload)
        why = answer.reason if answer.value is None else doors[0].doubt
        yield Unknown(f"{why}; {way(doors[0])}")
        return
    item = min(reached, key=lambda found: bool(found.doubt))
    words = f"no NetworkPolicy selects {workload.ref.kind} {workload.ref.name}: {way(item)}"
    yield Evidence(labels_at(workload), words, None, stepped(item, Severity.HIGH))


@public_no_policy.fix
def _close(workload: Workload, cluster: Snapshot) -> Fix | None:
    if workload.system:
        return None
    first = withdraw_first(cluster, (workload,))
    change = None if first else close_workload(cluster, workload)
    title = f"Admit to {workload.ref} only its namespace and what its ways in need"
    if change is None:
        steps = first or ("Give its pods a label of their own and write a NetworkPolicy that selects it.",)
        return Fix(title, (), Risk.MANUAL, may_break(cluster), steps)
    return Fix(title, (change,), Risk.REVIEW, may_break(cluster))
