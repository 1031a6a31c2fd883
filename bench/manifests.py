"""A folder of manifests scanned from the command line; beside it Checkov on the same files, where it is installed."""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from bench.measure import ROOT, Report

COUNT = 1_000
GOAL = 30.0
"""How many times faster than the peer."""

_WORKLOAD = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: app-{n:04}
  namespace: team-{team:02}
  labels: {{app: app-{n:04}, tier: {tier}}}
spec:
  replicas: 2
  selector: {{matchLabels: {{app: app-{n:04}}}}}
  template:
    metadata: {{labels: {{app: app-{n:04}, tier: {tier}}}}}
    spec:
      serviceAccountName: app-{n:04}
      hostPID: {odd}
      containers:
        - name: main
          image: registry.example/team-{team:02}/app:{tag}
          ports: [{{containerPort: 8080}}]
          env:
            - {{name: MODE, value: production}}
            - name: TOKEN
              valueFrom: {{secretKeyRef: {{name: app, key: token}}}}
          resources: {{requests: {{cpu: 100m, memory: 128Mi}}}}
          securityContext: {{privileged: {odd}, readOnlyRootFilesystem: {even}}}
          livenessProbe: {{httpGet: {{path: /, port: 8080}}}}
          volumeMounts: [{{name: scratch, mountPath: /tmp}}]
      volumes: [{{name: scratch, emptyDir: {{}}}}]
"""
_OTHERS = (
    """\
apiVersion: v1
kind: Service
metadata: {{name: app-{n:04}, namespace: team-{team:02}}}
spec:
  type: ClusterIP
  selector: {{app: app-{n:04}}}
  ports: [{{port: 80, targetPort: 8080}}]
""",
    """\
apiVersion: v1
kind: ServiceAccount
metadata: {{name: app-{n:04}, namespace: team-{team:02}}}
automountServiceAccountToken: false
""",
    """\
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {{name: app-{n:04}, namespace: team-{team:02}}}
rules:
  - {{apiGroups: [""], resources: [configmaps, secrets], verbs: [get, list]}}
""",
    """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {{name: app-{n:04}, namespace: team-{team:02}}}
spec:
  podSelector: {{matchLabels: {{app: app-{n:04}}}}}
  policyTypes: [Ingress]
  ingress: [{{from: [{{podSelector: {{matchLabels: {{tier: web}}}}}}]}}]
""",
)


def write(folder: Path, count: int) -> None:
    """`count` files of one object each: six of ten are Deployments."""
    for n in range(count):
        text = _WORKLOAD if n % 10 < 6 else _OTHERS[n % 10 - 6]
        values = {
            "n": n,
            "team": n % 20,
            "tier": ("web", "back")[n % 2],
            "tag": f"1.{n % 7}.{n % 5}",
            "odd": str(n % 10 == 1).lower(),
            "even": str(n % 2 == 0).lower(),
        }
        (folder / f"{n:04}.yaml").write_text(text.format(**values), encoding="utf-8")


def timed(command: Sequence[str], runs: int, compiled: Path) -> tuple[float, float]:
    """Median wall-clock and CPU seconds of a command, its children included, after one run that does not count.

    Modules are compiled once, into `compiled`, as they are where a program is installed.

    Raises:
        RuntimeError: it failed; the message is what it wrote.
    """
    walls: list[float] = []
    spent: list[float] = []
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    env["PYTHONPYCACHEPREFIX"] = str(compiled)
    for _ in range(runs + 1):
        before, started = os.times(), time.perf_counter()
        done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
        walls.append(time.perf_counter() - started)
        after = os.times()
        spent.append(
            after.children_user + after.children_system - before.children_user - before.children_system
        )
        if done.returncode not in (0, 1) or len(done.stdout) < 1000:
            raise RuntimeError(f"{command[0]} ended with {done.returncode}: {done.stderr[-1000:]}")
    return statistics.median(walls[1:]), statistics.median(spent[1:])


def run(count: int, runs: int, peer: str) -> Report:
    """Measures it; `peer` is the path of Checkov, empty for none."""
    report = Report(f"{count:,} manifests scanned, JSON written")
    with tempfile.TemporaryDirectory() as name:
        folder, compiled = Path(name) / "manifests", Path(name) / "compiled"
        folder.mkdir()
        write(folder, count)
        mine = [sys.executable, "-m", "ksec_tui", "scan", "-f", str(folder), "-o", "json"]
        wall, spent = timed(mine, runs, compiled)
        report.row("ours, wall clock", f"{wall:.2f} s")
        report.row("ours, CPU", f"{spent:.2f} s")
        if not peer:
            report.note("Checkov is not installed: nothing to compare with.")
            return report
        theirs = [peer, "-d", str(folder), "--framework", "kubernetes", "--compact", "--quiet", "-o", "json"]
        other, cost = timed([*theirs, "--skip-download"], runs, compiled)
        ratio = other / wall
        report.row(
            "Checkov, wall clock", f"{other:.2f} s", ratio=ratio, target=f">= {GOAL:.0f}x", met=ratio >= GOAL
        )
        report.row("Checkov, CPU", f"{cost:.2f} s", ratio=cost / spent)
    report.note(
        f"Medians of {runs} runs of whole programs, start included; Checkov runs its Kubernetes checks only."
    )
    return report


def main() -> None:
    """Measures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=COUNT)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument(
        "--checkov", default=shutil.which("checkov") or "", metavar="PATH", help="the peer's program"
    )
    options = parser.parse_args()
    run(options.count, options.runs, options.checkov)


if __name__ == "__main__":
    main()
