"""What a pod's ServiceAccount is worth: whether its token is in the pod, and whether anything is bound to it."""

from __future__ import annotations

from ksec_tui.analysis.rbac.bindings import Bound, binding_named
from ksec_tui.analysis.rbac.defaults import is_expected
from ksec_tui.analysis.rbac.grants import effective_grants
from ksec_tui.analysis.rbac.identity import AUTHENTICATED, Who, identity_of
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
    """The bindings that give a ServiceAccount rights beyond the default policy, by its name or as one of all.

    What everybody who logs in may do is left out. Reads roles, clusterroles and their bindings everywhere.
    """
    identity = identity_of(Who("ServiceAccount", name, namespace))
    found: dict[str, Bound] = {}
    for grant in effective_grants(snapshot, identity):
        bound = binding_named(snapshot, grant.binding)
        if bound is None or bound.dangling or grant.subject.name == AUTHENTICATED:
            continue
        if not is_expected(bound, grant.subject):
            found[bound.ref.id] = bound
    return tuple(found[key] for key in sorted(found))
