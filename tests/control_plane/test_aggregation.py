"""What the tool foretells of aggregated roles is what the real controller writes into them."""

from __future__ import annotations

import threading
import time
from collections.abc import Container
from pathlib import Path

import pytest

from ksec_tui.analysis.rbac.rules import aggregated_rules
from ksec_tui.cluster.access import PolicyRule
from ksec_tui.cluster.kinds import CLUSTER_ROLE
from ksec_tui.sources.base import load
from ksec_tui.sources.connection import open_connection
from ksec_tui.sources.kubeconfig import ConnectionOptions
from ksec_tui.sources.live import LiveSource
from tests.control_plane.client import Tree
from tests.control_plane.plane import Plane
from tests.control_plane.processes import aggregation
from tests.envtest.assets import Assets

ROLES = "/apis/rbac.authorization.k8s.io/v1/clusterroles"
SELECTORS: dict[str, list[Tree]] = {
    "by-label": [{"matchLabels": {"team": "red"}}],
    "by-two": [{"matchLabels": {"team": "blue"}}, {"matchLabels": {"team": "red"}}],
    "by-expression": [{"matchExpressions": [{"key": "team", "operator": "NotIn", "values": ["red"]}]}],
    "by-nothing": [{"matchLabels": {"team": "nobody"}}],
}
_SECONDS = 60.0


def test_aggregated_roles_get_the_rules_that_were_foretold(
    bare: Plane, assets: Assets, tmp_path: Path
) -> None:
    if assets.aggregation is None:
        pytest.skip("there is no clusterrole-aggregation among the assets")
    for number, team in enumerate(("red", "blue", "red", "green")):
        rule = {"apiGroups": [""], "resources": [f"things-{number}"], "verbs": ["get"]}
        meta = {"name": f"part-{number}", "labels": {"team": team, "chosen": "yes"}}
        bare.admin.post(ROLES, {"metadata": meta, "rules": [rule, {**rule, "verbs": ["list"]}]})
    for name, selectors in SELECTORS.items():
        chosen = [
            {**item, "matchLabels": {**item.get("matchLabels", {}), "chosen": "yes"}} for item in selectors
        ]
        bare.admin.post(
            ROLES, {"metadata": {"name": name}, "aggregationRule": {"clusterRoleSelectors": chosen}}
        )
    admin = bare.admin_kubeconfig()
    live = LiveSource(open_connection(ConnectionOptions(kubeconfig=str(admin))), kinds=(CLUSTER_ROLE,))
    roles = load(live)[0].of(CLUSTER_ROLE)
    aggregated = [role for role in roles if role.aggregation_rule is not None]
    foretold = {role.name: set(aggregated_rules(role, roles)) for role in aggregated}
    assert {*SELECTORS, "admin", "edit", "view"} <= foretold.keys()

    with aggregation(assets.aggregation, tmp_path / "aggregation", admin):
        until = time.monotonic() + _SECONDS
        while (written := rules_on(live, foretold)) != foretold and time.monotonic() < until:
            threading.Event().wait(0.2)
    assert written == foretold
    assert {name for name, rules in foretold.items() if not rules} == {"by-nothing"}


def rules_on(live: LiveSource, names: Container[str]) -> dict[str, set[PolicyRule]]:
    roles = load(live)[0].of(CLUSTER_ROLE)
    return {role.name: set(role.rules or ()) for role in roles if role.name in names}
