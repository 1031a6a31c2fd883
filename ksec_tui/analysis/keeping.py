"""What is worked out of one Snapshot and still holds in the next one of the same source."""

from __future__ import annotations

from ksec_tui.analysis.accounts import bindings_of_account
from ksec_tui.analysis.network.selectors import keep_label_sets
from ksec_tui.analysis.rbac import bindings, takeover
from ksec_tui.analysis.rbac.holdings import Holdings
from ksec_tui.analysis.versions import apis, distribution
from ksec_tui.analysis.versions.components import server_versions
from ksec_tui.analysis.workloads import keep_workloads
from ksec_tui.cluster.differences import same
from ksec_tui.cluster.kinds import (
    CLUSTER_ROLE,
    CLUSTER_ROLE_BINDING,
    CUSTOM_RESOURCE,
    NODE,
    ROLE,
    ROLE_BINDING,
)
from ksec_tui.cluster.snapshot import Snapshot

_RBAC = (ROLE, CLUSTER_ROLE, ROLE_BINDING, CLUSTER_ROLE_BINDING)

_RIGHTS = (bindings.RESOLVED, Holdings, takeover.HITS, takeover.takeovers, bindings_of_account)
"""What is worked out of roles and bindings alone, by its key."""


def keep(before: Snapshot, after: Snapshot) -> None:
    """Let `after` have what `before` knows and what is as it was: of workloads, rights, versions.

    To be called before anybody has looked at those of `after`.
    """
    keep_workloads(before, after)
    keep_label_sets(before, after)
    if same(before, after, _RBAC):
        after.inherit(before, _RIGHTS)
    if same(before, after, (NODE, CUSTOM_RESOURCE)):
        after.inherit(before, (distribution.CLUSTER,))
    if same(before, after, apis.written_kinds()) and server_versions(before) == server_versions(after):
        after.inherit(before, apis.USES)
