"""What the tests of linear mode share: a small cluster in a file, and a way to talk about it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.plain.dialogue import DEMO, Answer, Talked, talk

TODAY = ("--today", "2026-11-21")
SMALL = """\
apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      hostPID: true
      containers:
      - name: main
        image: registry.example/web:1
        securityContext: {privileged: true}
---
apiVersion: v1
kind: Pod
metadata: {name: probe, namespace: shop}
spec:
  hostPID: true
  containers: [{name: main, image: registry.example/probe:1}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: everybody}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}
subjects: [{kind: User, name: jane, apiGroup: rbac.authorization.k8s.io}]
"""
"""A Deployment and a pod with weaknesses, and somebody who may do everything."""

Talk = Callable[..., Talked]


@pytest.fixture(autouse=True)
def _bare_surroundings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("KUBECONFIG", "KSEC_CONFIG", "LC_ALL", "LC_CTYPE", "KUBERNETES_SERVICE_HOST"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "en_GB.UTF-8")
    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME"):
        folder = tmp_path / name.lower()
        folder.mkdir()
        monkeypatch.setenv(name, str(folder))


@pytest.fixture
def demo(monkeypatch: pytest.MonkeyPatch) -> Talk:
    """Talks about the demo cluster."""
    return lambda *answers: talk(monkeypatch, DEMO, *answers)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The manifest that is talked about."""
    path = tmp_path / "shop.yaml"
    path.write_text(SMALL, encoding="utf-8")
    return path


@pytest.fixture
def decisions(tmp_path: Path) -> Path:
    """Where decisions are kept."""
    return tmp_path / "triage.yaml"


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch, file: Path, decisions: Path) -> Talk:
    """Talks about the small cluster; decisions are kept in a file."""

    def about(*answers: Answer) -> Talked:
        return talk(monkeypatch, ("-f", str(file), *TODAY, "--triage", str(decisions)), *answers)

    return about
