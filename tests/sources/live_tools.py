"""A small cluster as documents, and live sources that read it from a test server."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ksec_tui.cluster.building import SnapshotBuilder
from ksec_tui.cluster.ingest import collect, item_from_tree
from ksec_tui.cluster.kinds import kind_named
from ksec_tui.cluster.snapshot import Snapshot, SourceInfo
from ksec_tui.sources.connection import Connection, open_connection
from ksec_tui.sources.kubeconfig import ConnectionOptions
from ksec_tui.sources.live import LiveSource
from tests.apiserver import ApiServer

Tree = dict[str, Any]


def document(api_version: str, kind: str, name: str, namespace: str = "", **fields: object) -> Tree:
    """One object as its owner would write it."""
    metadata = {"name": name, "uid": f"{kind}-{namespace}-{name}"}
    if namespace:
        metadata["namespace"] = namespace
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **fields}


def pod(name: str, namespace: str) -> Tree:
    """A pod with one container."""
    spec = {"serviceAccountName": "runner", "containers": [{"name": "main", "image": f"example/{name}:1"}]}
    return document("v1", "Pod", name, namespace, spec=spec, status={"phase": "Running"})


def small_shop(pods: int = 7) -> list[Tree]:
    """Two namespaces with `pods` pods each, and something of every sort of kind."""
    rules = [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]
    subjects = [{"kind": "ServiceAccount", "name": "runner", "namespace": "shop"}]
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "reader"}
    rbac = "rbac.authorization.k8s.io/v1"
    result = [
        document("v1", "Namespace", "shop", status={"phase": "Active"}),
        document("v1", "Namespace", "bank", status={"phase": "Active"}),
        document("v1", "Node", "n1", spec={}),
        document("v1", "ServiceAccount", "runner", "shop"),
        document("v1", "Secret", "login", "shop", type="Opaque", data={"password": "eA=="}),
        document("v1", "ConfigMap", "settings", "shop", data={"mode": "fast"}),
        document(rbac, "Role", "reader", "shop", rules=rules),
        document(rbac, "RoleBinding", "reader", "shop", subjects=subjects, roleRef=role),
        document(rbac, "ClusterRole", "viewer", rules=rules),
    ]
    for namespace in ("shop", "bank"):
        result += [pod(f"web-{number}", namespace) for number in range(pods)]
    return result


def snapshot_of(documents: Sequence[Mapping[str, Any]]) -> Snapshot:
    """The state that the documents themselves describe, without any server."""
    builder = SnapshotBuilder(SourceInfo())
    for tree in documents:
        group, _, _ = str(tree["apiVersion"]).rpartition("/")
        kind = kind_named(group, str(tree["kind"]))
        if kind is not None:
            builder.add(collect(kind, [item_from_tree(kind, tree)]))
    return builder.snapshot()


def connect(server: ApiServer, folder: Path, **options: Any) -> Connection:
    """A login to the server by a kubeconfig that is written into `folder`."""
    file = server.kubeconfig(folder / "kubeconfig")
    return open_connection(ConnectionOptions(kubeconfig=str(file), **options), interactive=False)


class Waits:
    """Stands in for waiting: notes how long it would have been and goes on at once."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    def __call__(self, event: threading.Event, seconds: float) -> bool:
        self.seconds.append(seconds)
        return event.is_set()


def source(server: ApiServer, folder: Path, *, page_size: int = 250, **options: Any) -> LiveSource:
    """A live source that never really waits between attempts."""
    return LiveSource(connect(server, folder, **options), page_size=page_size, wait=Waits())
