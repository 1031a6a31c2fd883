"""Whether what a flaw needs besides a version is there, where objects can tell it."""

from __future__ import annotations

from collections.abc import Callable

from ksec_tui.analysis.workloads import workloads
from ksec_tui.cluster.kinds import SERVICE_ACCOUNT, VALIDATING_WEBHOOK, WORKLOAD_KINDS
from ksec_tui.cluster.pods import PodSpec
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.data.versions import Requirement

MOUNTABLE = "kubernetes.io/enforce-mountable-secrets"


def met(snapshot: Snapshot, requirement: Requirement) -> bool | None:
    """Whether a requirement holds in the cluster; None when what would tell it was not read."""
    known: dict[Requirement, bool | None] = snapshot.derived(met, lambda _: {})
    if requirement not in known:
        known[requirement] = _TESTS[requirement](snapshot) if requirement in _TESTS else None
    return known[requirement]


def _any_pod(test: Callable[[PodSpec], bool]) -> Callable[[Snapshot], bool | None]:
    def judge(snapshot: Snapshot) -> bool | None:
        if any(test(spec) for workload in workloads(snapshot) for spec, _, _ in workload.specs()):
            return True
        return None if any(snapshot.gap(kind) for kind in WORKLOAD_KINDS) else False

    return judge


def _mountable(snapshot: Snapshot) -> bool | None:
    if any(account.metadata.annotations.get(MOUNTABLE) == "true" for account in snapshot.of(SERVICE_ACCOUNT)):
        return True
    return None if snapshot.gap(SERVICE_ACCOUNT) else False


def _guards_nodes(snapshot: Snapshot) -> bool | None:
    rules = (
        rule
        for configuration in snapshot.of(VALIDATING_WEBHOOK)
        for webhook in configuration.webhooks
        for rule in webhook.rules
    )
    if any({"", "*"} & {*rule.api_groups} and {"nodes", "*", "*/*"} & {*rule.resources} for rule in rules):
        return True
    return None if snapshot.gap(VALIDATING_WEBHOOK) else False


_TESTS: dict[Requirement, Callable[[Snapshot], bool | None]] = {
    "gitrepo-volumes": _any_pod(lambda spec: any(volume.git_repo is not None for volume in spec.volumes)),
    "user-namespaces": _any_pod(lambda spec: spec.host_users is False),
    "host-network": _any_pod(lambda spec: spec.host_network),
    "enforce-mountable-secrets": _mountable,
    "node-validating-webhook": _guards_nodes,
}
"""Storage classes are not read: what needs one of Portworx stays not known."""
