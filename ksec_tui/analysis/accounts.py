"""What a pod's ServiceAccount is worth: whether its token is in the pod, and whether anything is bound to it."""

from __future__ import annotations

from ksec_tui.analysis.rbac.bindings import Bound, binding_named
from ksec_tui.analysis.rbac.grants import bindings_of
from ksec_tui.analysis.rbac.identity import ALL_ACCOUNTS, Who
from ksec_tui.cluster.kinds import SERVICE_ACCOUNT
from ksec_tui.cluster.pods import PodSpec
from ksec_tui.cluster.snapshot import Snapshot


def token_mounted(spec: PodSpec, namespace: str, snapshot: Snapshot) -> bool:
    """Whether admission puts the account's token into the pod: the pod's word, else the account's, else yes.

    plugin/pkg/admission/serviceaccount shouldAutomount. Reads serviceaccounts of `namespace`.
    """
    if spec.automount_service_account_token is not None:
        return spec.automount_service_account_token
    account = snapshot.find(SERVICE_ACCOUNT, spec.account, namespace)
    return account is None or account.automount_service_account_token is not False


def bindings_of_account(snapshot: Snapshot, namespace: str, name: str) -> tuple[Bound, ...]:
    """The bindings that name a ServiceAccount, or all accounts of its namespace; dangling ones grant nothing.

    What every account of the cluster may do is no mark of this one and is left out. Reads roles,
    clusterroles and their bindings everywhere. Computed once for each.
    """
    known: dict[tuple[str, str], tuple[Bound, ...]] = snapshot.derived(bindings_of_account, lambda _: {})
    key = (namespace, name)
    if key not in known:
        known[key] = _bindings(snapshot, namespace, name)
    return known[key]


def _bindings(snapshot: Snapshot, namespace: str, name: str) -> tuple[Bound, ...]:
    found: dict[str, Bound] = {}
    for who in (Who("ServiceAccount", name, namespace), Who("Group", f"{ALL_ACCOUNTS}:{namespace}")):
        for grant in bindings_of(snapshot, who):
            bound = binding_named(snapshot, grant.binding)
            if bound is not None and not bound.dangling:
                found[bound.ref.id] = bound
    return tuple(found[key] for key in sorted(found))
