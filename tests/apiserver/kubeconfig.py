"""Writes kubeconfig files that lead to a test server."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import yaml


def write_kubeconfig(
    path: Path,
    server: str,
    *,
    token: str | None = None,
    user: str = "alice",
    namespace: str = "",
    exec_command: Sequence[str] = (),
    context: str = "test",
) -> Path:
    """A kubeconfig with one cluster, one user and one context; returns ``path``.

    Args:
        path: the file, made or replaced.
        server: the URL of the API server.
        token: a bearer token, if any.
        user: the name of the user entry.
        namespace: the context's namespace, if any.
        exec_command: a credential plugin and its arguments, if any.
        context: the name of the context and of the cluster.
    """
    login: dict[str, object] = {}
    if token is not None:
        login["token"] = token
    if exec_command:
        login["exec"] = {
            "apiVersion": "client.authentication.k8s.io/v1",
            "command": exec_command[0],
            "args": list(exec_command[1:]),
            "interactiveMode": "IfAvailable",
        }
    place = {"cluster": context, "user": user}
    if namespace:
        place["namespace"] = namespace
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": context, "cluster": {"server": server}}],
        "users": [{"name": user, "user": login}],
        "contexts": [{"name": context, "context": place}],
        "current-context": context,
    }
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return path
