"""NetworkPolicies that do not do what they seem to."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from ksec_tui.analysis.identity import is_system
from ksec_tui.analysis.network.engines import enforcing_cni
from ksec_tui.analysis.network.policies import all_ports, openness
from ksec_tui.analysis.network.selectors import selected_by_policy, workloads_in
from ksec_tui.cluster.base import LabelSelector
from ksec_tui.cluster.kinds import DAEMON_SET, NETWORK_POLICY, WORKLOAD_KINDS
from ksec_tui.cluster.networking import IngressPolicyRule, NetworkPolicy
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import WHOLE_CLUSTER, check, objects
from ksec_tui.findings.finding import Evidence, NotApplicable, Unknown
from ksec_tui.findings.fix import Fix, Risk
from ksec_tui.findings.verdict import Severity, Threat
from ksec_tui.fixes.build import json_patch, op
from ksec_tui.fixes.network import may_break, narrow_policy

POLICIES = objects(NETWORK_POLICY)


def _wide(rule: IngressPolicyRule) -> bool:
    return openness(rule) is not None and all_ports(rule.ports)


@check(
    "net-policy-admits-everyone",
    "A NetworkPolicy admits everyone",
    Severity.MEDIUM,
    on=POLICIES,
    threats=(Threat.CONTAINER, Threat.EXTERNAL),
    references=("CIS 5.3.2", "NSA Network policies", "T1562.007", "OWASP K05"),
)
def policy_admits_everyone(policy: NetworkPolicy, _: Snapshot) -> Iterator[Evidence | NotApplicable]:
    """A rule admits every source to all ports, so the pods it selects are protected in name only.

    ## Why
    Policies add up: what one admits, no other can forbid. An empty rule, a rule without `from`, or one
    that selects all namespaces undoes every stricter policy for the same pods, while tools that only count
    policies report them as isolated.

    ## Risky
    ```yaml
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: allow-all, namespace: shop}
    spec:
      podSelector: {}
      policyTypes: [Ingress]
      ingress: [{}]
    ```

    ## Fixed
    ```yaml
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: allow-all, namespace: shop}
    spec:
      podSelector: {}
      policyTypes: [Ingress]
      ingress: [{from: [{podSelector: {}}]}]
    ```
    """
    if not policy.isolates_ingress:
        yield NotApplicable("it does not govern ingress")
        return
    for index, rule in enumerate(policy.spec.ingress):
        wide = openness(rule)
        if wide is not None and all_ports(rule.ports):
            yield Evidence(f"/spec/ingress/{index}", f"a rule admits {wide.value} to all ports")


@policy_admits_everyone.fix
def _narrow(policy: NetworkPolicy, cluster: Snapshot) -> Fix | None:
    change = None if is_system(policy) else narrow_policy(cluster, policy, _wide)
    if change is None:
        return None
    title = f"Let {policy.ref} admit its own namespace and what its pods' ways in need"
    return Fix(title, (change,), Risk.REVIEW, may_break(cluster))


@check(
    "net-cni-not-enforcing",
    "Nothing enforces NetworkPolicies",
    Severity.HIGH,
    on=WHOLE_CLUSTER,
    everywhere=(DAEMON_SET,),
    threats=(Threat.CONTAINER, Threat.EXTERNAL),
    references=("CIS 5.3.1", "NSA Network policies", "T1046", "OWASP K05"),
)
def cni_not_enforcing(_: Snapshot, cluster: Snapshot) -> Iterator[Evidence | Unknown]:
    """The network plugin ignores NetworkPolicies.

    ## Why
    The API server stores policies whether or not anything enforces them. With a plugin that only connects
    pods they are decoration: every connection they seem to forbid works, and nobody is told.

    ## Risky
    ```yaml
    apiVersion: apps/v1
    kind: DaemonSet
    metadata: {name: kube-flannel-ds, namespace: kube-flannel}
    spec:
      selector: {matchLabels: {app: flannel}}
      template:
        metadata: {labels: {app: flannel}}
        spec:
          hostNetwork: true
          containers:
            - name: kube-flannel
              image: ghcr.io/flannel-io/flannel:v0.27.4
    ---
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: deny-all, namespace: shop}
    spec:
      podSelector: {}
      policyTypes: [Ingress]
    ```

    ## Fixed
    ```yaml
    apiVersion: apps/v1
    kind: DaemonSet
    metadata: {name: canal, namespace: kube-system}
    spec:
      selector: {matchLabels: {k8s-app: canal}}
      template:
        metadata: {labels: {k8s-app: canal}}
        spec:
          hostNetwork: true
          containers:
            - name: calico-node
              image: quay.io/calico/node:v3.31.2
            - name: kube-flannel
              image: ghcr.io/flannel-io/flannel:v0.27.4
    ---
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: deny-all, namespace: shop}
    spec:
      podSelector: {}
      policyTypes: [Ingress]
    ```
    """
    answer = enforcing_cni(cluster)
    if answer.value is None:
        yield Unknown(f"whether NetworkPolicies are enforced is not known: {answer.reason}")
    elif not answer.value:
        yield Evidence("", f"NetworkPolicies are not enforced: {answer.reason}")


@cni_not_enforcing.fix
def _enforce(_: Snapshot, __: Snapshot) -> Fix:
    return Fix(
        "Run a network plugin that enforces NetworkPolicies",
        (),
        Risk.MANUAL,
        "Policies that were never enforced begin to bite.",
        (
            "Review what the present policies would forbid: nobody has felt them yet.",
            "Switch on the policy agent of the cloud's plugin, or add an engine beside Flannel (Calico, kube-router).",
        ),
    )


@check(
    "net-policy-selects-nothing",
    "A NetworkPolicy selects no pods",
    Severity.LOW,
    on=POLICIES,
    needs=WORKLOAD_KINDS,
    threats=(Threat.CONTAINER,),
    references=("CIS 5.3.2", "NSA Network policies", "OWASP K05"),
    near=True,
)
def policy_selects_nothing(policy: NetworkPolicy, cluster: Snapshot) -> Iterator[Evidence | NotApplicable]:
    """The selector of a policy matches no workload of its namespace.

    ## Why
    Whoever wrote it believes some pods protected that are not. Usually a label was misspelt or renamed
    later; the pods that were meant stay open.

    ## Risky
    ```yaml
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: protect-checkout, namespace: shop}
    spec:
      podSelector: {matchLabels: {app: chekout}}
      policyTypes: [Ingress]
      ingress: [{from: [{podSelector: {matchLabels: {app: web}}}]}]
    ---
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: checkout, namespace: shop}
    spec:
      selector: {matchLabels: {app: checkout}}
      template:
        metadata: {labels: {app: checkout}}
        spec:
          containers:
            - name: app
              image: registry.example/checkout:1.4.2
    ```

    ## Fixed
    ```yaml
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: protect-checkout, namespace: shop}
    spec:
      podSelector: {matchLabels: {app: checkout}}
      policyTypes: [Ingress]
      ingress: [{from: [{podSelector: {matchLabels: {app: web}}}]}]
    ---
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: checkout, namespace: shop}
    spec:
      selector: {matchLabels: {app: checkout}}
      template:
        metadata: {labels: {app: checkout}}
        spec:
          containers:
            - name: app
              image: registry.example/checkout:1.4.2
    ```
    """
    selector = policy.spec.pod_selector
    if selector.empty:
        yield NotApplicable("it selects every pod there is or will be")
    elif not selected_by_policy(cluster, policy):
        labels = ", ".join(f"{key}={value}" for key, value in selector.match_labels.items())
        what = labels or "its expressions"
        hint = _nearest(cluster, policy.namespace, selector)
        yield Evidence(
            "/spec/podSelector", f"no workload has {what}" + (f"; {hint} is there" if hint else "")
        )


def _nearest(snapshot: Snapshot, namespace: str, selector: LabelSelector) -> str:
    """A label that looks like the one asked for; empty when there is none."""
    for key, value in selector.match_labels.items():
        values = {item.labels[key] for item in workloads_in(snapshot, namespace) if key in item.labels}
        found = difflib.get_close_matches(value, sorted(values - {value}), n=1, cutoff=0.75)
        if found:
            return f"{key}={found[0]}"
    return ""


@policy_selects_nothing.fix
def _reselect(policy: NetworkPolicy, cluster: Snapshot) -> Fix:
    hint = _nearest(cluster, policy.namespace, policy.spec.pod_selector)
    steps = (
        f"Compare spec.podSelector of {policy.ref} with the labels of the pods it is meant for"
        + (f": {hint} is close." if hint else "."),
        "Correct the selector, or delete the policy if what it protected is gone.",
    )
    may_break = "Once it selects pods, connections that it does not admit are cut off."
    return Fix(f"Let {policy.ref} select the pods it is meant for", (), Risk.MANUAL, may_break, steps)


@check(
    "net-ignored-section",
    "Rules of a NetworkPolicy are ignored",
    Severity.LOW,
    on=POLICIES,
    threats=(Threat.CONTAINER,),
    references=("CIS 5.3.2", "NSA Network policies", "OWASP K05"),
)
def ignored_section(policy: NetworkPolicy, _: Snapshot) -> Iterator[Evidence]:
    """A policy has rules for a direction that its policyTypes leave out.

    ## Why
    `policyTypes` decides which direction a policy governs; rules of the other direction are stored and
    ignored. The author believes that traffic limited, and it is not.

    ## Risky
    ```yaml
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: web, namespace: shop}
    spec:
      podSelector: {}
      policyTypes: [Ingress]
      ingress: [{from: [{podSelector: {}}]}]
      egress: [{to: [{podSelector: {}}]}]
    ```

    ## Fixed
    ```yaml
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: web, namespace: shop}
    spec:
      podSelector: {}
      policyTypes: [Ingress, Egress]
      ingress: [{from: [{podSelector: {}}]}]
      egress: [{to: [{podSelector: {}}]}]
    ```
    """
    for direction in _ignored(policy):
        path = f"/spec/{direction.lower()}"
        yield Evidence(
            path, f"its {direction.lower()} rules are ignored: policyTypes does not name {direction}"
        )


def _ignored(policy: NetworkPolicy) -> list[str]:
    spec = policy.spec
    unused = []
    if spec.ingress and not policy.isolates_ingress:
        unused.append("Ingress")
    if spec.egress and not policy.isolates_egress:
        unused.append("Egress")
    return unused


@ignored_section.fix
def _honour(policy: NetworkPolicy, _: Snapshot) -> Fix:
    types = list(policy.spec.policy_types)
    unused = _ignored(policy)
    change = json_patch(
        policy.ref,
        op("test", "/spec/policyTypes", types),
        op("replace", "/spec/policyTypes", types + unused),
    )
    directions = " and ".join(word.lower() for word in unused)
    may_break = (
        f"The pods it selects become isolated for {directions}: what its rules do not admit is cut off."
    )
    return Fix(f"Let {policy.ref} govern {directions}", (change,), Risk.REVIEW, may_break)
