"""Pods that can ask the cloud's metadata service for their node's credentials."""

from __future__ import annotations

from collections.abc import Iterator

from ksec_tui.analysis.clouds import CONCEALED, LOCAL, own_identities, scheme
from ksec_tui.analysis.clouds import cloud as cloud_of
from ksec_tui.analysis.identity import SYSTEM_NAMESPACES
from ksec_tui.analysis.network.blast import METADATA
from ksec_tui.analysis.network.reach import address_end, flow, group_end
from ksec_tui.analysis.workloads import Workload
from ksec_tui.checks.network._common import labels_at, no_tiers
from ksec_tui.checks.network.isolation import SPACES, Space
from ksec_tui.cluster.kinds import NAMESPACE, NETWORK_POLICY, NODE, SERVICE_ACCOUNT
from ksec_tui.cluster.platform import Node
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import check
from ksec_tui.findings.finding import Evidence, NotApplicable, Unknown
from ksec_tui.findings.fix import Fix, Risk
from ksec_tui.findings.verdict import Severity, Threat
from ksec_tui.fixes.network_metadata import MAY_BREAK, deny_metadata


@check(
    "ns-metadata-reachable",
    "Pods can reach the cloud's metadata service",
    Severity.MEDIUM,
    on=SPACES,
    needs=(NETWORK_POLICY,),
    everywhere=(NODE, SERVICE_ACCOUNT),
    also=(NAMESPACE,),
    threats=(Threat.CONTAINER,),
    references=("NSA Network policies", "T1552.005", "MS-TA9033", "MS-TA9028", "OWASP K08"),
    near=no_tiers,
)
def metadata_reachable(space: Space, cluster: Snapshot) -> Iterator[Evidence | NotApplicable | Unknown]:
    """Pods on machines of a cloud may connect to 169.254.169.254, where the machine's credentials are given out.

    ## Why
    The metadata service answers whoever asks from the machine. A flaw that makes a program fetch a URL is enough
    to get the credentials of the node's role, which pull images, attach disks and often read far more. Policies for
    egress can leave this one address out; what runs in the node's network is beyond them.

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
          containers: [{name: app, image: "registry.example/web:1.4.2"}]
    ---
    apiVersion: v1
    kind: Node
    metadata: {name: node-1}
    spec: {providerID: "aws:///eu-west-1a/i-0a1b2c3d4e5f60718"}
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
          containers: [{name: app, image: "registry.example/web:1.4.2"}]
    ---
    apiVersion: v1
    kind: Node
    metadata: {name: node-1}
    spec: {providerID: "aws:///eu-west-1a/i-0a1b2c3d4e5f60718"}
    ---
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata:
      name: ksec-egress
      namespace: shop
      labels: {app.kubernetes.io/managed-by: ksec-tui}
    spec:
      podSelector: {}
      policyTypes: [Egress]
      egress:
        - to: [{namespaceSelector: {}}]
        - to:
            - ipBlock: {cidr: 0.0.0.0/0, except: [169.254.169.254/32]}
            - ipBlock: {cidr: "::/0", except: ["fd00:ec2::254/128"]}
    ```
    """
    if not space.workloads:
        yield NotApplicable("its workloads are on their nodes' network, which policies do not govern")
        return
    usable = None if own_identities(cluster) else Severity.HIGH
    unsure = ""
    there = address_end(METADATA)
    answers: dict[int, tuple[bool, bool]] = {}
    for workload in space.workloads:
        end = group_end(cluster, workload.ref)[0]
        if id(end.group) not in answers:
            answer = flow(cluster, end, there)
            answers[id(end.group)] = answer.both.allows("TCP", 80), answer.unknown.allows("TCP", 80)
        open_, perhaps = answers[id(end.group)]
        if not open_ and not perhaps:
            continue
        said = f"{workload.ref.kind} {workload.ref.name}"
        nodes = _nodes(cluster, workload)
        cloud = next(((node, name) for node in nodes if (name := cloud_of(node))), None)
        if cloud is None:
            odd = next((node for node in nodes if scheme(node) not in LOCAL), None)
            if odd is not None:
                unsure = (
                    unsure
                    or f"whether node {odd.name} is a machine of a cloud is not known: it has no providerID"
                )
            elif not nodes:
                unsure = unsure or "no node was read"
            continue
        node, name = cloud
        if perhaps and not open_:
            yield Unknown(f"whether {said} may connect to {METADATA} depends on the order of two policies")
            continue
        words = f"{said} may connect to {METADATA}, the metadata service of {name} (node {node.name})"
        concealed = node.metadata.labels.get(CONCEALED) == "true"
        yield Evidence(labels_at(workload), words, workload.object.ref, Severity.LOW if concealed else usable)
    if unsure:
        yield Unknown(unsure)


def _nodes(snapshot: Snapshot, workload: Workload) -> tuple[Node, ...]:
    """The nodes on which its pods run; any node, while it has no pods."""
    names = dict.fromkeys(
        pod.spec.node_name for pod in workload.pods if not pod.finished and pod.spec.node_name
    )
    found = tuple(node for name in names if (node := snapshot.find(NODE, name)) is not None)
    return found or snapshot.of(NODE)


@metadata_reachable.fix
def _leave_out(space: Space, cluster: Snapshot) -> Fix | None:
    if space.ref.name in SYSTEM_NAMESPACES:
        return None
    title = f"Keep the pods of {space.ref.name} from the metadata service"
    google = any(scheme(node) == "gce" for workload in space.workloads for node in _nodes(cluster, workload))
    made = deny_metadata(cluster, space.ref.name, google=google)
    if not isinstance(made, str):
        return Fix(title, (made,), Risk.REVIEW, MAY_BREAK)
    steps = (
        f"No patch can be proven: {made}.",
        f"Leave {METADATA} out of every egress rule that covers it: ipBlock with except.",
        "Give pods that call the cloud an identity of their own (IRSA, Pod Identity, Workload Identity).",
        "On AWS, demand IMDSv2 with a hop limit of 1; on GKE, switch on Workload Identity for the node pool.",
    )
    return Fix(title, (), Risk.MANUAL, MAY_BREAK, steps)
