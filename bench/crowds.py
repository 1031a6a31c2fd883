"""Many of one thing in one place, and four times as many: which checks cost more than four times as much.

``python -m bench.crowds``: a thousand and four thousand network policies in one namespace, bindings of one account,
Services of one workload, routes to one Service, rules of one role, containers of one pod and the like. What looks
at every pair costs sixteen times as much.
"""

from __future__ import annotations

import argparse
import gc
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from bench.measure import Figures, Report, arguments, child, cpu, interleaved, printed

Tree = dict[str, Any]

COUNT = 1_000
TIMES = 4
FLAT = 2.0
"""The cost of one thing among four times as many to that before, up to which it counts as flat."""
NOTICED = 0.1
"""CPU seconds in the larger crowd below which a check is not looked at."""
_RBAC = "rbac.authorization.k8s.io/v1"
_PLACE = "shop"


def _tree(api_version: str, kind: str, name: str, place: str = _PLACE, **fields: object) -> Tree:
    metadata: Tree = {"name": name, "uid": f"{kind}-{name}"}
    if place:
        metadata["namespace"] = place
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **fields}


def _pod(name: str, containers: int = 1, **more: object) -> Tree:
    every = [
        {
            "name": f"c{number}",
            "image": f"registry.example.com/app:{number}",
            "ports": [{"containerPort": 8080}],
        }
        for number in range(containers)
    ]
    tree = _tree("v1", "Pod", name, spec={"serviceAccountName": "runner", "containers": every, **more})
    tree["metadata"]["labels"] = {"app": "web", "name": name}
    return {**tree, "status": {"phase": "Running", "podIP": "10.0.0.1"}}


def _policies(count: int) -> Iterator[Tree]:
    for number in range(count):
        peer = {"podSelector": {"matchLabels": {"name": f"p{number % 50}"}}}
        spec = {"podSelector": {"matchLabels": {"app": "web"}}, "ingress": [{"from": [peer]}]}
        yield _tree("networking.k8s.io/v1", "NetworkPolicy", f"n{number:06d}", spec=spec)
    yield from (_pod(f"p{number}") for number in range(50))


def _bindings(count: int) -> Iterator[Tree]:
    subjects = [{"kind": "ServiceAccount", "name": "runner", "namespace": _PLACE}]
    for number in range(count):
        rules = [
            {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"], "resourceNames": [f"s{number}"]}
        ]
        name = f"r{number:06d}"
        yield _tree(_RBAC, "Role", name, rules=rules)
        reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": name}
        yield _tree(_RBAC, "RoleBinding", name, subjects=subjects, roleRef=reference)
    yield _pod("p")


def _subjects(count: int) -> Iterator[Tree]:
    subjects = [
        {"kind": "ServiceAccount", "name": f"a{number:06d}", "namespace": _PLACE} for number in range(count)
    ]
    rules = [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]
    yield _tree(_RBAC, "ClusterRole", "all", "", rules=rules)
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "all"}
    yield _tree(_RBAC, "ClusterRoleBinding", "all", "", subjects=subjects, roleRef=reference)
    yield from (_tree("v1", "ServiceAccount", f"a{number:06d}") for number in range(count))


def _rules(count: int) -> Iterator[Tree]:
    rules = [
        {"apiGroups": [f"g{number}"], "resources": ["things"], "verbs": ["get"]} for number in range(count)
    ]
    yield _tree(_RBAC, "ClusterRole", "wide", "", rules=rules)
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "wide"}
    subjects = [{"kind": "ServiceAccount", "name": "runner", "namespace": _PLACE}]
    yield _tree(_RBAC, "ClusterRoleBinding", "wide", "", subjects=subjects, roleRef=reference)
    yield _pod("p")


def _services(count: int) -> Iterator[Tree]:
    for number in range(count):
        spec = {
            "type": "LoadBalancer",
            "selector": {"app": "web"},
            "ports": [{"port": 80, "targetPort": 8080}],
        }
        yield _tree("v1", "Service", f"s{number:06d}", spec=spec)
    yield from (_pod(f"p{number}") for number in range(50))


def _routes(count: int) -> Iterator[Tree]:
    backend = {"service": {"name": "web", "port": {"number": 80}}}
    for number in range(count):
        path = {"path": "/", "pathType": "Prefix", "backend": backend}
        spec = {"rules": [{"host": f"h{number}.example.com", "http": {"paths": [path]}}]}
        yield _tree("networking.k8s.io/v1", "Ingress", f"i{number:06d}", spec=spec)
    yield _tree("v1", "Service", "web", spec={"selector": {"app": "web"}, "ports": [{"port": 80}]})
    yield from (_pod(f"p{number}") for number in range(50))


def _containers(count: int) -> Iterator[Tree]:
    yield _pod("p", count)


def _volumes(count: int) -> Iterator[Tree]:
    volumes = [{"name": f"v{number}", "hostPath": {"path": f"/data/{number}"}} for number in range(count)]
    pod = _pod("p", volumes=volumes)
    mounts = [{"name": f"v{number}", "mountPath": f"/mnt/{number}"} for number in range(count)]
    pod["spec"]["containers"][0]["volumeMounts"] = mounts
    yield pod


def _namespaces(count: int) -> Iterator[Tree]:
    for number in range(count):
        name = f"n{number:06d}"
        yield _tree("v1", "Namespace", name, "", status={"phase": "Active"})
        yield _tree("networking.k8s.io/v1", "NetworkPolicy", "deny", name, spec={"podSelector": {}})


def _pods(count: int) -> Iterator[Tree]:
    yield from (_pod(f"p{number:06d}") for number in range(count))


def _webhooks(count: int) -> Iterator[Tree]:
    for number in range(count):
        rules = [{"apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods"], "operations": ["CREATE"]}]
        config = {"service": {"name": "hook", "namespace": _PLACE}}
        hook = {
            "name": f"h{number}.example.com",
            "rules": rules,
            "clientConfig": config,
            "sideEffects": "None",
        }
        kind = "ValidatingWebhookConfiguration"
        yield _tree("admissionregistration.k8s.io/v1", kind, f"w{number:06d}", "", webhooks=[hook])
    yield from (_pod(f"p{number}") for number in range(50))


CROWDS: dict[str, Callable[[int], Iterator[Tree]]] = {
    "pods without owners in one namespace": _pods,
    "containers of one pod": _containers,
    "volumes of one pod": _volumes,
    "policies of one namespace": _policies,
    "namespaces": _namespaces,
    "Services of the same pods": _services,
    "Ingresses to one Service": _routes,
    "roles of one account": _bindings,
    "subjects of one binding": _subjects,
    "rules of one role": _rules,
    "webhooks for pods": _webhooks,
}


def judged(name: str, count: int) -> Figures:
    """Runs every check on a crowd, one after the other: ``check ID`` is the CPU of each."""
    from ksec_tui.checks import all_checks
    from ksec_tui.cluster.building import SnapshotBuilder
    from ksec_tui.cluster.coverage import KindCoverage, State
    from ksec_tui.cluster.ingest import collect, item_from_tree
    from ksec_tui.cluster.kinds import KINDS, kind_named
    from ksec_tui.cluster.snapshot import SourceInfo
    from ksec_tui.findings.runner import CheckResult, Results, run_one
    from ksec_tui.fixes.priorities import priorities
    from ksec_tui.sources.collector import gc_young_only

    builder = SnapshotBuilder(SourceInfo(kind="live", label="bench", today="2026-03-02"))
    for kind in KINDS:
        builder.cover(kind, KindCoverage(State.OK))
    places = [_tree("v1", "Namespace", _PLACE, ""), _tree("v1", "ServiceAccount", "runner")]
    started = cpu()
    for tree in (*places, *CROWDS[name](count)):
        found = kind_named(
            tree["apiVersion"].rpartition("/")[0] if "/" in tree["apiVersion"] else "", tree["kind"]
        )
        if found is None:
            raise RuntimeError(tree["kind"])
        builder.add(collect(found, [item_from_tree(found, tree)]))
    snapshot = builder.snapshot()
    figures: Figures = {"taken in": cpu() - started}
    gc.collect()
    gc_young_only()
    results: dict[str, CheckResult] = {}
    for item in all_checks():
        before = cpu()
        results[item.id] = run_one(snapshot, item)
        figures[item.id] = cpu() - before
    before = cpu()
    gathered = Results(results)
    priorities(snapshot, gathered, all_checks())
    figures["priorities"] = cpu() - before
    return {**figures, "all": sum(figures.values()), "findings": float(len(gathered.findings))}


def run(runs: int, count: int = COUNT) -> Report:
    """Measures every crowd, small and large in turn."""
    report = Report(f"Crowds: {count:,} of one thing in one place, and {count * TIMES:,}")
    for name in CROWDS:
        sizes = {
            str(size): partial(child, "bench.crowds", name, str(size)) for size in (count, count * TIMES)
        }
        small, large = interleaved(sizes, runs).values()
        _row(report, name, small["all"], large["all"])
        for part in sorted(large.keys() - {"all", "findings"}, key=lambda part: -large[part]):
            if large[part] >= NOTICED and large[part] / small[part] / TIMES > FLAT:
                _row(report, f"{name}: `{part}`", small[part], large[part])
    report.note(
        f"CPU of all checks, the attack graph and priorities; the ratio is that of the cost of one thing, {TIMES:.0f} "
        "where all pairs are looked at. Checks are named that are not flat; of several that share what they need, "
        "the first that asks pays."
    )
    return report


def _row(report: Report, name: str, small: float, large: float) -> None:
    ratio = large / small / TIMES
    report.row(name, f"{small:.2f}, {large:.2f} s", ratio=ratio, target=f"<= {FLAT:.0f}x", met=ratio <= FLAT)


def main() -> None:
    """Measures, or is a measured process."""
    mine, words = arguments()
    if mine:
        printed(judged(mine[0], int(mine[1])))
        return
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=COUNT)
    parser.add_argument("--runs", type=int, default=1)
    options = parser.parse_args(words)
    run(options.runs, options.count)


if __name__ == "__main__":
    main()
