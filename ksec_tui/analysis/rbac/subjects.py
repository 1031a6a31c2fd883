"""Every user, group and ServiceAccount that is known, with what it holds and the pods that run as it."""

from __future__ import annotations

import msgspec

from ksec_tui.analysis.rbac.grants import Grant, bindings_of, effective_grants, grants
from ksec_tui.analysis.rbac.identity import Who, identity_of
from ksec_tui.cluster.kinds import POD, SERVICE_ACCOUNT
from ksec_tui.cluster.pods import Pod
from ksec_tui.cluster.snapshot import Snapshot


class Holder(msgspec.Struct, frozen=True):
    """A subject.

    Attributes:
        who: its name.
        direct: the grants that name it.
        inherited: those that it has through groups that the API server adds.
        exists: for a ServiceAccount whether there is one, None where that was not read; None for others,
            which Kubernetes does not store.
        pods: the pods that run as it and have not ended.
    """

    who: Who
    direct: tuple[Grant, ...]
    inherited: tuple[Grant, ...]
    exists: bool | None = None
    pods: tuple[Pod, ...] = ()

    @property
    def grants(self) -> tuple[Grant, ...]:
        """All that it holds, its own first."""
        return (*self.direct, *self.inherited)

    @property
    def paths(self) -> int:
        """By how many rules of how many bindings it holds something."""
        return sum(len(grant.rules) for grant in self.grants)

    @property
    def everywhere(self) -> bool:
        """Whether one of its own grants holds in the whole cluster."""
        return any(grant.namespace is None for grant in self.direct)

    @property
    def namespaces(self) -> tuple[str, ...]:
        """The namespaces in which its own grants hold, by name; those for the whole cluster apart."""
        return tuple(sorted({grant.namespace for grant in self.direct if grant.namespace is not None}))


def subjects(snapshot: Snapshot) -> tuple[Holder, ...]:
    """All subjects of bindings and all ServiceAccounts, by kind and name; computed once."""
    found: tuple[Holder, ...] = snapshot.derived(_subjects, _subjects)
    return found


def account_exists(snapshot: Snapshot, account: Who) -> bool | None:
    """Whether a ServiceAccount is there; None when it may have been left unread."""
    if snapshot.find(SERVICE_ACCOUNT, account.name, account.namespace) is not None:
        return True
    return None if snapshot.unsure(SERVICE_ACCOUNT, account.name, account.namespace) else False


def _subjects(snapshot: Snapshot) -> tuple[Holder, ...]:
    names = {grant.subject for grant in grants(snapshot)}
    names.update(
        Who("ServiceAccount", account.name, account.namespace) for account in snapshot.of(SERVICE_ACCOUNT)
    )
    pods: dict[Who, list[Pod]] = {}
    for pod in snapshot.of(POD):
        if not pod.finished:
            pods.setdefault(Who("ServiceAccount", pod.spec.account, pod.namespace), []).append(pod)
    return tuple(_holder(snapshot, name, tuple(pods.get(name, ()))) for name in sorted(names))


def _holder(snapshot: Snapshot, name: Who, pods: tuple[Pod, ...]) -> Holder:
    direct = bindings_of(snapshot, name)
    every = effective_grants(snapshot, identity_of(name))
    inherited = tuple(grant for grant in every if grant.subject != name)
    exists = account_exists(snapshot, name) if name.is_account else None
    return Holder(name, direct, inherited, exists, pods)
