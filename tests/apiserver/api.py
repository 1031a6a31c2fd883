"""From a request to the answer that an API server would give: authorization, routing, rendering."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from tests.apiserver import discovery, dry_runs, pages, statuses
from tests.apiserver.access import Access
from tests.apiserver.negotiation import View, negotiate
from tests.apiserver.resources import Resource
from tests.apiserver.statuses import ApiError, Response, encoded
from tests.apiserver.store import FakeCluster


@dataclass(frozen=True, slots=True)
class Call:
    """One request; header names are in lower case."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Target:
    """What a resource path points at; an empty ``name`` means a list."""

    group: str
    version: str
    plural: str
    namespace: str
    name: str

    @property
    def key(self) -> str:
        """``pods`` or ``deployments.apps``."""
        return f"{self.plural}.{self.group}" if self.group else self.plural


def is_review(path: str) -> bool:
    """Whether a POST to this path asks about oneself and changes nothing."""
    return path.rsplit("/", 1)[-1] in (
        "selfsubjectaccessreviews",
        "selfsubjectrulesreviews",
        "selfsubjectreviews",
    )


def is_dry_run(method: str, query: Mapping[str, str]) -> bool:
    """Whether a request asks what would happen if it were carried out."""
    return method in dry_runs.VERBS and query.get("dryRun") == "All"


def answer(cluster: FakeCluster, access: Access, call: Call, *, endless: bool = False) -> Response:
    """The answer to one authenticated request.

    Raises:
        ApiError: whatever ends in a failure Status.
    """
    cluster = cluster.at(call.query)
    parts = tuple(part for part in call.path.split("/") if part)
    if call.method == "POST" and is_review(call.path):
        return _review(access, parts, call.body)
    if is_dry_run(call.method, call.query):
        return _dry_run(cluster, access, target_of(parts), call)
    if call.method != "GET":
        raise statuses.method_not_allowed()
    if parts == ("version",):
        return Response(200, encoded(cluster.version))
    if parts and parts[0] in ("healthz", "livez", "readyz"):
        return Response(200, b"ok", "text/plain; charset=utf-8")
    document = discovery.document_at(parts, cluster.resources)
    if document is not None:
        negotiate(call.headers.get("accept", ""), listing=None)
        return Response(200, encoded(document))
    target = target_of(parts)
    if target is None:
        raise statuses.not_served()
    return _read(cluster, access, target, call, endless=endless)


def target_of(parts: tuple[str, ...]) -> Target | None:
    """The resource that a path names, or None; subresources are not served."""
    match parts:
        case ("api", version, *rest):
            group = ""
        case ("apis", group, version, *rest):
            pass
        case _:
            return None
    match rest:
        case ["namespaces"]:
            return Target(group, version, "namespaces", "", "")
        case ["namespaces", name]:
            return Target(group, version, "namespaces", name, name)
        case ["namespaces", namespace, plural]:
            return Target(group, version, plural, namespace, "")
        case ["namespaces", namespace, plural, name]:
            return Target(group, version, plural, namespace, name)
        case [plural]:
            return Target(group, version, plural, "", "")
        case [plural, name]:
            return Target(group, version, plural, "", name)
    return None


def refusal(access: Access, call: Call, code: int, retry_after: int | None) -> ApiError:
    """What the API server would say to this call if it ended in ``code``."""
    target = target_of(tuple(part for part in call.path.split("/") if part))
    if code == 410:
        return statuses.expired("")
    if code == 403 and target is not None:
        return _forbidden(access, target, _verb(target, call))
    return statuses.plain(code, retry_after=retry_after)


def _verb(target: Target, call: Call) -> str:
    if target.name:
        return "get"
    return "watch" if call.query.get("watch") in ("1", "true") else "list"


def _forbidden(access: Access, target: Target, verb: str) -> ApiError:
    return statuses.forbidden(access.user, verb, target.group, target.plural, target.namespace, target.name)


def watched(cluster: FakeCluster, access: Access, call: Call) -> tuple[Resource, Target, View] | None:
    """What a request asks to watch, and in which shape; None for any other request.

    Raises:
        ApiError: it may not, or there is nothing of the sort.
    """
    target = target_of(tuple(part for part in call.path.split("/") if part))
    if call.method != "GET" or target is None or _verb(target, call) != "watch":
        return None
    if not access.allows("watch", target.group, target.plural, target.namespace):
        raise _forbidden(access, target, "watch")
    resource = _served(cluster, target)
    if "watch" not in resource.verbs:
        raise statuses.method_not_allowed()
    return resource, target, negotiate(call.headers.get("accept", ""), listing=False)


def _read(cluster: FakeCluster, access: Access, target: Target, call: Call, *, endless: bool) -> Response:
    # As upstream: authorization knows the request by its path alone and comes before any 404.
    verb = _verb(target, call)
    if not access.allows(verb, target.group, target.plural, target.namespace):
        raise _forbidden(access, target, verb)
    resource = _served(cluster, target)
    if verb == "watch" or "list" not in resource.verbs:  # only a cluster that changes can be watched
        raise statuses.method_not_allowed()
    view = negotiate(call.headers.get("accept", ""), listing=not target.name)
    namespace = target.namespace if resource.namespaced else ""
    items = cluster.items(resource.key, namespace)
    if not target.name:
        body = pages.whole_list(
            resource, target.version, items, call.query, view, cluster.resource_version, endless=endless
        )
        return Response(200, body)
    item = next((item for item in items if item.name == target.name), None)
    if item is None:
        raise statuses.no_such_object(target.group, target.plural, target.name)
    return Response(200, pages.single(resource, target.version, item, call.query, view))


def _dry_run(cluster: FakeCluster, access: Access, target: Target | None, call: Call) -> Response:
    if target is None:
        raise statuses.not_served()
    verb = dry_runs.VERBS[call.method]
    if not access.allows(verb, target.group, target.plural, target.namespace):
        raise _forbidden(access, target, verb)
    resource = _served(cluster, target)
    if bool(target.name) == (verb == "create"):
        raise statuses.method_not_allowed()
    kind = call.headers.get("content-type", "")
    return dry_runs.answer(
        cluster, resource, target.version, target.namespace, target.name, verb, kind, call.body
    )


def _served(cluster: FakeCluster, target: Target) -> Resource:
    resource = cluster.resources.get(target.key)
    own = target.plural == "namespaces" and target.namespace == target.name
    misplaced = resource is not None and (
        (target.namespace and not resource.namespaced and not own)
        or (target.name and not target.namespace and resource.namespaced)
    )
    if resource is None or misplaced or target.version not in resource.versions:
        raise statuses.no_such_resource(target.group)
    return resource


def _review(access: Access, parts: tuple[str, ...], body: bytes) -> Response:
    group = "authentication.k8s.io" if parts[-1] == "selfsubjectreviews" else "authorization.k8s.io"
    if parts != ("apis", group, "v1", parts[-1]):
        raise statuses.not_served()
    try:
        content = json.loads(body or b"{}")
    except ValueError:
        raise statuses.bad_request("the body of the request is not JSON") from None
    if not isinstance(content, dict):
        raise statuses.bad_request("the body of the request is not an object")
    spec = content.get("spec")
    status = access.review(parts[-1], spec if isinstance(spec, dict) else {})
    return Response(201, encoded({**content, "metadata": {}, "status": status}))
