"""A small cluster and a plain client, for trying the server itself."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any, Protocol

from tests.apiserver.access import Access
from tests.apiserver.faults import Fault
from tests.apiserver.server import ApiServer
from tests.apiserver.store import FakeCluster

PODS = "/api/v1/pods"


def named(api_version: str, kind: str, name: str, namespace: str = "", **fields: object) -> dict[str, object]:
    """A document whose label ``app`` is its name up to the first hyphen."""
    metadata: dict[str, object] = {"name": name, "labels": {"app": name.partition("-")[0]}}
    if namespace:
        metadata["namespace"] = namespace
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **fields}


def small_cluster(*, resource_version: int = 100_000) -> FakeCluster:
    """24 Pods in two namespaces; a Secret, a ConfigMap and a Role in the first."""
    pods = [
        named("v1", "Pod", f"{app}-{number}", namespace, spec={"nodeName": "n1"})
        for namespace in ("team-a", "team-b")
        for app in ("web", "db")
        for number in range(6)
    ]
    secret = named(
        "v1", "Secret", "login", "team-a", type="Opaque", data={"user": "eA==", "password": "eQ=="}
    )
    settings = named("v1", "ConfigMap", "settings", "team-a", data={"mode": "fast"})
    role = named("rbac.authorization.k8s.io/v1", "Role", "reader", "team-a", rules=[])
    return FakeCluster([*pods, secret, settings, role], resource_version=resource_version)


class Client:
    """One keep-alive connection."""

    def __init__(self, server: ApiServer) -> None:
        self.connection = http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=20)

    def send(
        self, path: str, *, method: str = "GET", body: object = None, **headers: str
    ) -> tuple[int, bytes, Mapping[str, str]]:
        """Status, body and headers (lower-case names) of the answer; ``_`` in a header's name means ``-``."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        self.connection.request(method, path, None if body is None else json.dumps(body), sent)
        answer = self.connection.getresponse()
        return answer.status, answer.read(), {name.lower(): value for name, value in answer.getheaders()}

    def get(self, path: str, **headers: str) -> Any:
        """The decoded body of the answer."""
        return json.loads(self.send(path, **headers)[1])


class Start(Protocol):
    """Starts a server, of the small cluster unless told otherwise."""

    def __call__(
        self,
        cluster: FakeCluster | None = None,
        *,
        faults: Sequence[Fault] = (),
        access: Access | None = None,
        token: str | None = None,
    ) -> tuple[ApiServer, Client]: ...


@contextmanager
def servers() -> Iterator[Start]:
    """Servers that end with the context, each with a client."""
    with ExitStack() as stack:

        def start(
            cluster: FakeCluster | None = None,
            *,
            faults: Sequence[Fault] = (),
            access: Access | None = None,
            token: str | None = None,
        ) -> tuple[ApiServer, Client]:
            chosen = small_cluster() if cluster is None else cluster
            server = stack.enter_context(ApiServer(chosen, faults=faults, access=access, token=token))
            client = Client(server)
            stack.callback(client.connection.close)
            return server, client

        yield start
