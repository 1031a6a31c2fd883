"""One API server and the ways to log in to it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.control_plane.certificates import Authority, Pair
from tests.control_plane.client import Client, Tree

MASTERS = "system:masters"


@dataclass
class Plane:
    """An API server that runs.

    Attributes:
        url: where it listens.
        folder: what it writes: ``audit.log``, ``log``.
        admin: a client that may do everything.
        account_key: what signs its ServiceAccounts' tokens.
        store: the URL of its etcd.
    """

    url: str
    folder: Path
    authority: Authority
    admin: Client
    account_key: Path
    store: str
    _written: list[Path] = field(default_factory=list)

    def kubeconfig(
        self,
        login: Pair | None = None,
        *,
        token: str = "",
        plugin: Sequence[str] = (),
        namespace: str = "",
        act_as: str = "",
    ) -> Path:
        """A kubeconfig for whoever shows a certificate, a token or what a plugin gives; for nobody without one.

        Args:
            login: the certificate and its key.
            token: a bearer token.
            plugin: the command of a credential plugin with its arguments.
            namespace: the context's.
            act_as: whom to impersonate.
        """
        user: dict[str, Any] = {"as": act_as} if act_as else {}
        if login is not None:
            user |= {"client-certificate": str(login.certificate), "client-key": str(login.key)}
        if token:
            user["token"] = token
        if plugin:
            user["exec"] = {
                "apiVersion": "client.authentication.k8s.io/v1",
                "command": plugin[0],
                "args": list(plugin[1:]),
                "interactiveMode": "Never",
            }
        cluster = {"server": self.url, "certificate-authority": str(self.authority.own.certificate)}
        content = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "real", "cluster": cluster}],
            "users": [{"name": "user", "user": user}],
            "contexts": [
                {"name": "real", "context": {"cluster": "real", "user": "user", "namespace": namespace}}
            ],
            "current-context": "real",
        }
        path = self.folder / f"kubeconfig-{len(self._written)}.yaml"
        path.write_text(yaml.safe_dump(content), encoding="utf-8")
        self._written.append(path)
        return path

    def admin_kubeconfig(self) -> Path:
        """A kubeconfig with all rights."""
        return self.kubeconfig(self.authority.client("admin", MASTERS))

    def token(self, namespace: str, account: str) -> str:
        """A token of a ServiceAccount, good for an hour."""
        path = f"/api/v1/namespaces/{namespace}/serviceaccounts/{account}/token"
        answer = self.admin.post(path, {"spec": {"expirationSeconds": 3600}})
        return str(answer["status"]["token"])

    def requests(self) -> list[Tree]:
        """Every request so far, as the server's audit log has it, in order."""
        lines = (self.folder / "audit.log").read_text(encoding="utf-8").splitlines()
        return [json.loads(line) for line in lines]
