"""A request as the authorizer sees it, and which requests stand behind what people mean by "exec"."""

from __future__ import annotations

import msgspec

from ksec_tui.analysis.rbac.identity import ACCOUNT_PREFIX, NODE_PREFIX, Who, user_named

AUTHENTICATION = "authentication.k8s.io"

WEBSOCKET_NEEDS_CREATE = 35
"""Since 1.35 a shell over WebSocket needs create as well (AuthorizePodWebsocketUpgradeCreatePermission)."""

CONSTRAINED_IMPERSONATION = 36
"""Since 1.36 the verbs of KEP-5284 count by default."""

STREAMS = ("exec", "attach", "portforward")
"""Subresources of pods that open a stream; their WebSocket form arrives as a GET."""


class Request(msgspec.Struct, frozen=True):
    """What is asked of the authorizer: a verb on a resource, or an HTTP method on a path.

    Attributes:
        verb: ``get``, ``impersonate``; for a path the HTTP method in lower case.
        group: API group, empty for the core group.
        resource: plural name.
        subresource: ``exec`` for ``pods/exec``.
        name: of the object; empty where the request names none.
        namespace: empty for the whole cluster and for what has no namespace.
        path: ``/metrics`` for what is no resource; then only `verb` counts besides.
    """

    verb: str
    group: str = ""
    resource: str = ""
    subresource: str = ""
    name: str = ""
    namespace: str = ""
    path: str | None = None

    @property
    def full(self) -> str:
        """``pods/exec``."""
        return f"{self.resource}/{self.subresource}" if self.subresource else self.resource

    def __str__(self) -> str:
        """``create pods/exec web in namespace shop``."""
        if self.path is not None:
            return f"{self.verb} {self.path}"
        what = f"{self.full}.{self.group}" if self.group else self.full
        name = f" {self.name}" if self.name else ""
        where = f"in namespace {self.namespace}" if self.namespace else "in the whole cluster"
        return f"{self.verb} {what}{name} {where}"


Alternatives = tuple[tuple[Request, ...], ...]
"""Ways to do something: one is enough, and needs all of its requests."""


def requests_for(action: str, minor: int | None, *, name: str = "", namespace: str = "") -> Alternatives:
    """The requests that make something possible.

    Args:
        action: ``exec``, ``attach`` or ``portforward`` into a pod; ``kubelet-exec`` for a command in any
            container of a node by way of its kubelet.
        minor: of the server: 33 for 1.33; None when unknown, then only what holds for every version.
        name: of the pod, or of the node; empty for any.
        namespace: of the pod.

    Raises:
        ValueError: there is no such action.
    """
    if action == "kubelet-exec":
        # A WebSocket opens with a GET, and the kubelet asks for no more than that to run a command.
        return tuple((Request(verb, "", "nodes", "proxy", name),) for verb in ("get", "create"))
    if action not in STREAMS:
        raise ValueError(f"{action!r} is none of {', '.join((*STREAMS, 'kubelet-exec'))}")
    create = (Request("create", "", "pods", action, name, namespace),)
    if minor is None or minor >= WEBSOCKET_NEEDS_CREATE:
        return (create,)
    return (create, (Request("get", "", "pods", action, name, namespace),))


def impersonation(user: str, groups: tuple[str, ...], on: Request, minor: int | None) -> Alternatives:
    """The requests by which somebody may do `on` in the name of another.

    Args:
        user: the name to take on; a ServiceAccount's or a node's own name means these.
        groups: the groups to take on with it.
        on: what to do in that name.
        minor: of the server; the constrained verbs of KEP-5284 count since 1.36.
    """
    legacy = (
        _legacy(user_named(user)),
        *(Request("impersonate", "", "groups", name=group) for group in groups),
    )
    if minor is None or minor < CONSTRAINED_IMPERSONATION:
        return (legacy,)
    return (legacy, *(_constrained(mode, user, groups, on) for mode in _modes(user)))


def _legacy(who: Who) -> Request:
    if who.is_account:
        return Request("impersonate", "", "serviceaccounts", "", who.name, who.namespace)
    return Request("impersonate", "", "users", "", who.name)


def _modes(user: str) -> tuple[str, ...]:
    if user.startswith(ACCOUNT_PREFIX):
        return ("serviceaccount",)
    return ("arbitrary-node",) if user.startswith(NODE_PREFIX) else ("user-info",)


def _constrained(mode: str, user: str, groups: tuple[str, ...], on: Request) -> tuple[Request, ...]:
    verb = f"impersonate:{mode}"
    who = user_named(user)
    if who.is_account:
        identity = Request(verb, AUTHENTICATION, "serviceaccounts", "", who.name, who.namespace)
    elif mode == "arbitrary-node":
        identity = Request(verb, AUTHENTICATION, "nodes", "", user.removeprefix(NODE_PREFIX))
    else:
        identity = Request(verb, AUTHENTICATION, "users", "", user)
    others = (Request(verb, AUTHENTICATION, "groups", name=group) for group in groups)
    act = msgspec.structs.replace(on, verb=f"impersonate-on:{mode}:{on.verb}")
    return (identity, *others, act)
