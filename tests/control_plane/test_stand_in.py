"""The server of the quick tests says no in the words of a real one."""

from __future__ import annotations

import json
from typing import Any

import pytest
import urllib3

from tests.apiserver import Access, ApiServer, FakeCluster
from tests.control_plane.plane import Plane

WRONG_PATHS = (
    "/apis/gateway.networking.k8s.io/v1",
    "/apis/gateway.networking.k8s.io/v1/httproutes",
    "/apis/apps/v1/no-such-things",
    "/apis/apps/v1beta1/deployments",
    "/api/v1/namespaces/default/nodes",
    "/api/v1/no-such-things",
)
MISSING = (
    "/api/v1/namespaces/no-such-namespace",
    "/api/v1/namespaces/default/pods/no-such-pod",
    "/apis/apps/v1/namespaces/default/deployments/no-such-deployment",
)
FORBIDDEN = (
    "/api/v1/pods",
    "/api/v1/nodes/n",
    "/api/v1/namespaces/default/secrets",
    "/apis/apps/v1/namespaces/default/deployments/d",
)


def asked(url: str, path: str, token: str, authority: str | None) -> tuple[int, str, Any]:
    headers = {"Accept": "application/json", "Authorization": f"Bearer {token}"}
    with urllib3.PoolManager(ca_certs=authority) as pool:
        answer = pool.request("GET", url + path, headers=headers)
    form = answer.headers["Content-Type"].partition(";")[0]
    return answer.status, form, json.loads(answer.data) if form == "application/json" else answer.data


@pytest.fixture(scope="module")
def tokens(bare: Plane) -> tuple[str, str]:
    """Of somebody who may read everything, and of somebody who may read nothing."""
    for name in ("reader", "outsider"):
        bare.admin.post("/api/v1/namespaces/default/serviceaccounts", {"metadata": {"name": name}})
    rules = [
        {"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]},
        {"nonResourceURLs": ["*"], "verbs": ["*"]},
    ]
    roles = "/apis/rbac.authorization.k8s.io/v1"
    bare.admin.post(f"{roles}/clusterroles", {"metadata": {"name": "reads-all"}, "rules": rules})
    ref = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "reads-all"}
    subject = {"kind": "ServiceAccount", "name": "reader", "namespace": "default"}
    binding = {"metadata": {"name": "reads-all"}, "roleRef": ref, "subjects": [subject]}
    bare.admin.post(f"{roles}/clusterrolebindings", binding)
    return bare.token("default", "reader"), bare.token("default", "outsider")


@pytest.mark.parametrize("path", [*WRONG_PATHS, *MISSING])
def test_what_is_not_there_is_told_in_the_same_words(bare: Plane, tokens: tuple[str, str], path: str) -> None:
    real = asked(bare.url, path, tokens[0], str(bare.authority.own.certificate))
    with ApiServer(FakeCluster([])) as server:
        stand_in = asked(server.url, path, tokens[0], None)
    assert stand_in == real


@pytest.mark.parametrize("path", FORBIDDEN)
def test_what_is_forbidden_is_told_in_the_same_words(bare: Plane, tokens: tuple[str, str], path: str) -> None:
    real = asked(bare.url, path, tokens[1], str(bare.authority.own.certificate))
    access = Access(user="system:serviceaccount:default:outsider", rules=())
    with ApiServer(FakeCluster([]), access=access) as server:
        stand_in = asked(server.url, path, tokens[1], None)
    assert stand_in == real
