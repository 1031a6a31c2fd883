"""A synthetic cluster that changes all the time, served from a process of its own; of what was, little is kept.

``python -m bench.churning --pods 1000 --changes 36000 --rate 200 --kubeconfig FILE``: begins when somebody
watches.
"""

from __future__ import annotations

import argparse
import json
import random
import signal
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from bench import shapes
from bench.synthetic import PODS_PER_OWNER, Plan, Row, fixed
from tests.apiserver import ApiServer, ChangingCluster
from tests.apiserver.resources import BY_KIND
from tests.apiserver.store import FakeCluster, Item, StoredItems, item_from

Tree = dict[str, Any]

NAMESPACES = 12
HISTORY = 2_000
"""Changes that are remembered."""
VIEWS = 40
"""States that are remembered, for lists that are being read."""
BURST = 0.1
"""Seconds between two bursts of changes."""
_KINDS = {
    "pods": ("v1", "Pod"),
    "deployments.apps": ("apps/v1", "Deployment"),
    "replicasets.apps": ("apps/v1", "ReplicaSet"),
    "serviceaccounts": ("v1", "ServiceAccount"),
    "services": ("v1", "Service"),
    "rolebindings.rbac.authorization.k8s.io": ("rbac.authorization.k8s.io/v1", "RoleBinding"),
}


class Churning(ChangingCluster):
    """A changing cluster that is cheap to change and to list, whatever its size."""

    def __init__(self, documents: Iterator[Mapping[str, object]]) -> None:
        self._kept: dict[str, dict[tuple[str, str], Item]] = {}
        self._listed: dict[str, StoredItems] = {}
        super().__init__(documents)

    @property
    def now(self) -> FakeCluster:
        """The state of this moment."""
        with self.changed:
            view = self._views.get(self._version)
            if view is None:
                for key, items in self._kept.items():
                    if key not in self._listed:
                        self._listed[key] = StoredItems(items.values())
                view = FakeCluster([], resource_version=self._version, lazy=dict(self._listed))
                self._views[self._version] = view
                for old in list(self._views)[:-VIEWS]:
                    del self._views[old]
            return view

    def delete(self, document: Mapping[str, object]) -> int:
        """As in the base class."""
        with self.changed:
            key, name = _place(document)
            del self._kept[key][name]
            self._listed.pop(key, None)
            return super().delete(document)

    def forget(self) -> None:
        """Forget the oldest changes; who is still to hear of them has to list again."""
        with self.changed:
            if len(self.history) > 2 * HISTORY:
                del self.history[:-HISTORY]
                self.compacted = self.history[0].version - 1

    def _store(self, document: Mapping[str, object]) -> Tree:
        tree = super()._store(document)
        key, name = _place(tree)
        resource = BY_KIND[tree["apiVersion"].rpartition("/")[0], tree["kind"]]
        self._kept.setdefault(key, {})[name] = item_from(tree, resource)
        self._listed.pop(key, None)
        return tree


class Touched(ChangingCluster):
    """A cluster of any size in which pods change where they are: its lists are those of the first moment."""

    def __init__(self, pods: int) -> None:
        self._plan = Plan(pods, max(NAMESPACES, round(pods / PODS_PER_OWNER)), NAMESPACES)
        self._made = 0
        super().__init__(())
        lazy = self._plan.lazy()
        self._first = FakeCluster(fixed(self._plan), resource_version=self._version, lazy=lazy)

    @property
    def now(self) -> FakeCluster:
        """The state of the first moment, from which a watch tells of all that happened since."""
        return self._first

    def at(self, query: Mapping[str, str]) -> FakeCluster:
        """The same."""
        return self._first.at(query)

    def burst(self, count: int) -> None:
        """So many changes, of which the watches hear together: every second is one that findings depend on."""
        with self.changed:
            for _ in range(count):
                self._made += 1
                tree = _tree(self._plan.pod(self._made * 7919 % self._plan.pods), *_KINDS["pods"])
                tree["status"]["containerStatuses"][0]["restartCount"] = self._made
                if self._made % 2:
                    tree["spec"]["containers"][0]["securityContext"]["privileged"] = self._made % 4 == 1
                self.put(tree)


def _place(document: Mapping[str, Any]) -> tuple[str, tuple[str, str]]:
    group = str(document["apiVersion"]).rpartition("/")[0]
    metadata = document["metadata"]
    return BY_KIND[group, document["kind"]].key, (metadata.get("namespace", ""), metadata["name"])


class Changes:
    """What happens in a cluster whose size stays as it is; always the same for the same number."""

    def __init__(self, pods: int) -> None:
        owners = max(NAMESPACES, round(pods / PODS_PER_OWNER))
        plan = Plan(pods, owners, NAMESPACES)
        self._dice = random.Random(7)
        self._made = 0
        trees = [*fixed(plan), *_rendered(plan), *_plain(owners)]
        self.cluster = Churning(iter(trees))
        self._by_kind: dict[str, list[Tree]] = {}
        for tree in trees:
            self._by_kind.setdefault(str(tree["kind"]), []).append(tree)

    def burst(self, count: int) -> None:
        """So many changes, of which the watches hear together."""
        with self.cluster.changed:
            for _ in range(count):
                self._made += 1
                self._change(self._dice.random())
            self.cluster.forget()

    def _change(self, share: float) -> None:
        """As in a cluster at work: mostly status, then pods that are replaced, then what people change."""
        if share < 0.45:
            status = self._any("Pod")["status"]
            status["containerStatuses"][0]["restartCount"] = self._made
        elif share < 0.65:
            self._replace(self._any("Pod"))
            return
        elif share < 0.75:
            self._any("ConfigMap")["metadata"]["annotations"] = {"control-plane/leader": f"turn {self._made}"}
        elif share < 0.85:
            container = self._any("Deployment")["spec"]["template"]["spec"]["containers"][0]
            container["image"] = f"registry.example.com/app:{self._made}"
            container["securityContext"]["privileged"] = self._made % 3 == 0
        elif share < 0.93:
            self._any("Service")["metadata"]["annotations"] = {"seen": str(self._made)}
        elif share < 0.97:
            self._any("Node")["status"]["conditions"][0]["lastHeartbeatTime"] = _time(self._made)
        else:
            self._any("RoleBinding")["metadata"]["labels"] = {"turn": str(self._made)}
        self.cluster.put(self._chosen)

    def _any(self, kind: str) -> Tree:
        self._chosen = self._dice.choice(self._by_kind[kind])
        return self._chosen

    def _replace(self, pod: Tree) -> None:
        """One pod goes, another comes under a new name."""
        self.cluster.delete(pod)
        metadata = pod["metadata"]
        stem = metadata["name"].rpartition("-")[0]
        metadata["name"] = f"{stem}-{self._made:x}"
        metadata["uid"] = f"{self._made:08x}{metadata['uid'][8:]}"
        pod["spec"]["volumes"][-1]["name"] = f"kube-api-access-{self._made:x}"
        self.cluster.put(pod)


def _rendered(plan: Plan) -> Iterator[Tree]:
    for key, rows in plan.lazy().items():
        api_version, kind = _KINDS[key]
        for row in rows:
            yield _tree(row, api_version, kind)


def _tree(row: Row, api_version: str, kind: str) -> Tree:
    return {"apiVersion": api_version, "kind": kind, **json.loads(row.body)}


def _plain(count: int) -> Iterator[Tree]:
    """As many ConfigMaps."""
    for number in range(count):
        metadata = shapes.metadata(f"settings-{number:05d}", {"app": "settings"})
        metadata |= {"namespace": f"team-{number % NAMESPACES:03d}", "uid": f"settings-{number}"}
        yield {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"a": "b"}}


def _time(number: int) -> str:
    minutes, seconds = divmod(number, 60)
    hours, minutes = divmod(minutes, 60)
    return f"2026-03-02T{hours % 24:02d}:{minutes:02d}:{seconds:02d}Z"


def main() -> None:
    """Serves and changes it until it is told to stop."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pods", type=int, default=1_000)
    parser.add_argument("--changes", type=int, required=True)
    parser.add_argument("--rate", type=int, default=200, help="changes a second")
    parser.add_argument(
        "--break-every", type=float, default=45.0, help="seconds between two ends of all watches"
    )
    parser.add_argument("--kubeconfig", type=Path, required=True)
    parser.add_argument(
        "--in-place", action="store_true", help="pods change only where they are; for large clusters"
    )
    options = parser.parse_args()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    changes = Touched(options.pods) if options.in_place else Changes(options.pods)
    cluster = changes if isinstance(changes, Touched) else changes.cluster
    with ApiServer(cluster) as server:
        server.kubeconfig(options.kubeconfig)
        print(server.url, flush=True)
        with cluster.changed:
            while not cluster.open and not stop.is_set():
                cluster.changed.wait(0.5)
        _churn(changes, cluster, options, stop)
        stop.wait()


def _churn(
    changes: Changes | Touched, cluster: ChangingCluster, options: argparse.Namespace, stop: threading.Event
) -> None:
    left = options.changes
    size = max(1, round(options.rate * BURST))
    broken = due = time.monotonic()
    while left > 0 and not stop.wait(max(0.0, due - time.monotonic())):
        due += BURST
        changes.burst(min(size, left))
        left -= size
        if time.monotonic() - broken > options.break_every:
            broken = time.monotonic()
            cluster.end_watches("cut")


if __name__ == "__main__":
    main()
