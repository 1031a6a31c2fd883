"""The tests' own client: what the tool never does, it does for them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlencode

import urllib3

from tests.control_plane.certificates import Pair

Tree = dict[str, Any]
JSON_PATCH = "application/json-patch+json"
APPLY_PATCH = "application/apply-patch+yaml"
MERGE_PATCH = "application/merge-patch+json"
STRATEGIC_PATCH = "application/strategic-merge-patch+json"
WORKERS = 4


class RefusedError(Exception):
    """The server said no."""

    def __init__(self, status: int, answer: Tree) -> None:
        super().__init__(f"{status}: {answer.get('message', answer)}")
        self.status = status
        self.reason = str(answer.get("reason", ""))
        self.message = str(answer.get("message", ""))


class Client:
    """A client of one server, with a certificate; safe to use from several threads.

    Args:
        url: of the server.
        authority: the file with the certificate to trust.
        login: the certificate to show.
    """

    def __init__(self, url: str, authority: str, login: Pair) -> None:
        self._url = url
        self._pool = urllib3.PoolManager(
            maxsize=WORKERS,
            ca_certs=authority,
            cert_file=str(login.certificate),
            key_file=str(login.key),
            retries=urllib3.Retry(3, redirect=0, respect_retry_after_header=False),
        )

    def close(self) -> None:
        """Close all connections."""
        self._pool.clear()

    def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        content_type: str = "application/json",
        headers: Mapping[str, str] | None = None,
    ) -> tuple[Tree, Mapping[str, str]]:
        """The answer and its headers.

        Raises:
            RefusedError: the server said no.
        """
        given = {"Accept": "application/json", **(headers or {})}
        if body is not None:
            given["Content-Type"] = content_type
        data = json.dumps(body).encode() if body is not None else None
        answer = self._pool.request(method, self._url + path, body=data, headers=given)
        try:
            tree = json.loads(answer.data)
        except ValueError:
            tree = {"message": answer.data.decode(errors="replace")}
        if answer.status >= 400:
            raise RefusedError(answer.status, tree)
        return tree, answer.headers

    def get(self, path: str) -> Tree:
        """What stands at `path`."""
        return self.ask("GET", path)[0]

    def post(self, path: str, body: object) -> Tree:
        """Create."""
        return self.ask("POST", path, body)[0]

    def patch(self, path: str, body: object, content_type: str = MERGE_PATCH) -> Tree:
        """Change."""
        return self.ask("PATCH", path, body, content_type=content_type)[0]

    def post_all(self, path: str, bodies: Iterable[object]) -> list[Tree]:
        """Create many at once; the answers in their order."""
        with ThreadPoolExecutor(WORKERS) as pool:
            return list(pool.map(lambda body: self.post(path, body), bodies))

    def try_all(self, requests: Iterable[tuple[str, object]]) -> list[Tree | RefusedError]:
        """POST many at once; an answer or a refusal each, in their order."""

        def one(request: tuple[str, object]) -> Tree | RefusedError:
            try:
                return self.post(*request)
            except RefusedError as error:
                return error

        with ThreadPoolExecutor(WORKERS) as pool:
            return list(pool.map(one, requests))


def query(path: str, **values: str | int) -> str:
    """`path` with a query."""
    return f"{path}?{urlencode(values)}"
