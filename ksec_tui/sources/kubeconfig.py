"""Which cluster, as whom: kubeconfig files merged as kubectl merges them.

Sources: kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig (merging: the first
file that sets a value wins; relative paths belong to the file that holds them), client-go's
``tools/clientcmd/api/v1`` for the names of the fields.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ksec_tui.cluster.text import one_line
from ksec_tui.sources.base import SourceError
from ksec_tui.sources.yaml_reader import YamlError, documents

Entry = dict[str, Any]

_MAX_FILE = 16 * 1024 * 1024
_CLUSTER_PATHS = ("certificate-authority",)
_USER_PATHS = ("client-certificate", "client-key", "tokenFile")
_SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")


@dataclass(frozen=True)
class ConnectionOptions:
    """How to reach a cluster; the names and meanings are those of kubectl's flags.

    Attributes:
        kubeconfig: one file; None means $KUBECONFIG, then ~/.kube/config, then the pod's own account.
        namespaces: names, globs (``team-*``) and exclusions (``!kube-system``); empty means all.
        all_namespaces: all of them, whatever `namespaces` says.
        as_user: act as this user, with `as_groups` and `as_uid`.
        request_timeout: seconds that the server may be silent in one request; 0 means for ever.
    """

    kubeconfig: str | None = None
    context: str | None = None
    cluster: str | None = None
    user: str | None = None
    namespaces: tuple[str, ...] = ()
    all_namespaces: bool = False
    as_user: str | None = None
    as_groups: tuple[str, ...] = ()
    as_uid: str | None = None
    request_timeout: float = 30.0
    token: str | None = field(default=None, repr=False)
    server: str | None = None
    insecure_skip_tls_verify: bool = False
    tls_server_name: str | None = None
    proxy_url: str | None = None


@dataclass(frozen=True, order=True)
class ContextName:
    """A context to choose, by its name as it stands in the file: clean it before showing it."""

    name: str
    cluster: str = ""
    user: str = ""
    namespace: str = ""
    current: bool = False


@dataclass(frozen=True)
class Target:
    """One cluster and one user, put together from the files and the options.

    Attributes:
        context: the context's name; ``in-cluster`` for a pod's own account.
        user_name: the name of the user entry.
        namespace: the context's namespace; empty when it names none.
        cluster: the cluster entry with absolute paths; empty in a pod.
        user: the user entry with absolute paths; empty in a pod.
        in_cluster: the pod's own service account is used.
    """

    context: str
    user_name: str = ""
    namespace: str = ""
    cluster: Entry = field(default_factory=dict, repr=False)
    user: Entry = field(default_factory=dict, repr=False)
    in_cluster: bool = False


@dataclass(frozen=True)
class _Merged:
    files: tuple[str, ...]
    current: str
    contexts: Mapping[str, Entry]
    clusters: Mapping[str, Entry]
    users: Mapping[str, Entry]


def contexts(options: ConnectionOptions) -> tuple[ContextName, ...]:
    """The contexts to choose from, in the order of the files; none in a pod without a kubeconfig.

    Raises:
        SourceError: a file cannot be read.
    """
    merged = _merged(options)
    return tuple(
        ContextName(
            name,
            _text(entry, "cluster"),
            _text(entry, "user"),
            _text(entry, "namespace"),
            name == merged.current,
        )
        for name, entry in merged.contexts.items()
    )


def find_target(options: ConnectionOptions) -> Target:
    """Decide on the cluster and the user; reads files, asks no network.

    Raises:
        SourceError: there is no configuration, no such context, cluster or user, or a file is unreadable.
    """
    if options.as_user is None and (options.as_groups or options.as_uid):
        raise SourceError("--as-group and --as-uid need --as: a group is taken on together with a user")
    merged = _merged(options)
    if not merged.contexts and not merged.clusters and options.server is None:
        return _in_cluster(options, merged)
    name = options.context or merged.current
    context = merged.contexts.get(name)
    if context is None and (options.context or not (options.cluster or options.server)):
        raise SourceError(_no_context(name, merged))
    context = context or {}
    cluster_name = options.cluster or _text(context, "cluster")
    user_name = options.user or _text(context, "user")
    cluster = _entry(merged.clusters, "cluster", cluster_name, required=options.server is None)
    user = _entry(merged.users, "user", user_name, required=bool(options.user))
    return Target(
        name or cluster_name or str(options.server),
        user_name,
        _text(context, "namespace"),
        _with_overrides(cluster, options),
        _with_token(user, options.token),
    )


def _in_cluster(options: ConnectionOptions, merged: _Merged) -> Target:
    if options.kubeconfig is not None or options.context is not None or not _in_pod():
        looked = ", ".join(merged.files) or "no file"
        raise SourceError(
            f"no cluster is configured (looked at {one_line(looked, 300)}): give --kubeconfig or set KUBECONFIG"
        )
    try:
        namespace = (_SERVICE_ACCOUNT / "namespace").read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        namespace = ""
    return Target("in-cluster", "", namespace, in_cluster=True)


def _in_pod() -> bool:
    return bool(os.environ.get("KUBERNETES_SERVICE_HOST")) and (_SERVICE_ACCOUNT / "token").is_file()


def _no_context(name: str, merged: _Merged) -> str:
    known = ", ".join(one_line(known, 80) for known in merged.contexts) or "none"
    if not name:
        return f"the kubeconfig names no current context: choose one with --context (known: {known})"
    return f"there is no context {one_line(name, 80)!r} in the kubeconfig (known: {known})"


def _entry(entries: Mapping[str, Entry], what: str, name: str, *, required: bool) -> Entry:
    found = entries.get(name)
    if found is None and required:
        raise SourceError(f"the kubeconfig has no {what} {one_line(name, 80)!r}")
    return dict(found or {})


def _with_overrides(cluster: Entry, options: ConnectionOptions) -> Entry:
    if options.server is not None:
        cluster["server"] = options.server
    if options.insecure_skip_tls_verify:
        # As kubectl: an authority beside "do not verify" is a contradiction, the flag wins.
        cluster["insecure-skip-tls-verify"] = True
        cluster.pop("certificate-authority", None)
        cluster.pop("certificate-authority-data", None)
    if options.tls_server_name is not None:
        cluster["tls-server-name"] = options.tls_server_name
    if options.proxy_url is not None:
        cluster["proxy-url"] = options.proxy_url
    if not _text(cluster, "server"):
        raise SourceError("the kubeconfig's cluster entry names no server")
    return cluster


def _with_token(user: Entry, token: str | None) -> Entry:
    if token is None:
        return user
    kept = ("client-certificate", "client-certificate-data", "client-key", "client-key-data")
    return {**{key: user[key] for key in kept if key in user}, "token": token}


def _merged(options: ConnectionOptions) -> _Merged:
    files, required = _files(options)
    current = ""
    stores: dict[str, dict[str, Entry]] = {"contexts": {}, "clusters": {}, "users": {}}
    for file in files:
        content = _read(file, required=required)
        current = current or _text(content, "current-context")
        for store, inner, paths in (
            ("contexts", "context", ()),
            ("clusters", "cluster", _CLUSTER_PATHS),
            ("users", "user", _USER_PATHS),
        ):
            for name, entry in _named(content, store, inner):
                stores[store].setdefault(name, _absolute(entry, paths, file.parent))
    return _Merged(tuple(map(str, files)), current, stores["contexts"], stores["clusters"], stores["users"])


def _files(options: ConnectionOptions) -> tuple[tuple[Path, ...], bool]:
    """The files to read, and whether they must be there."""
    if options.kubeconfig is not None:
        return (Path(options.kubeconfig).expanduser().absolute(),), True
    listed = os.environ.get("KUBECONFIG", "")
    names = [name for name in listed.split(os.pathsep) if name]
    # Relative entries belong to the working directory, "~" is not expanded by kubectl but often meant.
    paths = tuple(Path(name).expanduser().absolute() for name in dict.fromkeys(names))
    return paths or (Path.home() / ".kube" / "config",), False


def _read(file: Path, *, required: bool) -> Entry:
    shown = one_line(str(file), 200)
    try:
        with file.open("rb") as stream:
            data = stream.read(_MAX_FILE + 1)
    except FileNotFoundError:
        if required:
            raise SourceError(f"{shown}: there is no such file") from None
        return {}
    except OSError as error:
        raise SourceError(f"{shown} cannot be read: {error.strerror or 'error'}") from error
    if len(data) > _MAX_FILE:
        raise SourceError(f"{shown} is too large for a kubeconfig")
    try:
        document = next(documents(data, 1), None)
    except YamlError as error:
        # Why is not told: the sentence of a parser may quote a line, which may hold a token.
        raise SourceError(f"{shown} is no valid YAML, line {error.line}") from error
    if document is None:
        return {}
    if not isinstance(document.tree, dict):
        raise SourceError(f"{shown} is no kubeconfig")
    return document.tree


def _named(content: Entry, store: str, inner: str) -> list[tuple[str, Entry]]:
    entries = content.get(store)
    result: list[tuple[str, Entry]] = []
    for entry in entries if isinstance(entries, list) else ():
        if isinstance(entry, dict) and isinstance(entry.get("name"), str):
            value = entry.get(inner)
            result.append((entry["name"], value if isinstance(value, dict) else {}))
    return result


def _absolute(entry: Entry, keys: tuple[str, ...], folder: Path) -> Entry:
    result = dict(entry)
    for key in keys:
        if _text(entry, key):
            result[key] = str(folder / entry[key])
    plugin = entry.get("exec")
    if keys is _USER_PATHS and isinstance(plugin, dict):
        command = _text(plugin, "command")
        if os.sep in command:
            result["exec"] = {**plugin, "command": str(folder / command)}
    return result


def _text(entry: Mapping[str, Any], key: str) -> str:
    value = entry.get(key)
    return value if isinstance(value, str) else ""
