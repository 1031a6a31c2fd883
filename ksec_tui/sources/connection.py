"""A login to one cluster: built before the screen opens, kept while tokens come and go.

The official client reads the rest of the kubeconfig (TLS, proxies, tokens, OIDC); it is imported when the
first request is made, in a worker thread. Creating a Connection runs at most a credential plugin.
"""

from __future__ import annotations

import base64
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ksec_tui.cluster.text import one_line
from ksec_tui.sources.base import SourceError
from ksec_tui.sources.kubeconfig import ConnectionOptions, Entry, Target, find_target
from ksec_tui.sources.login import Credential, Plugin, terminal_available

_HEADER_SAFE = "!#$&'*+-.^_`|~"  # what may stand in a header's name (RFC 9110), as client-go escapes it

LOGIN_AGAIN = "login expired, press R to log in again"


class LoginExpiredError(SourceError):
    """The credentials are no longer good and could not be renewed without the user."""


@dataclass(frozen=True)
class Access:
    """The official client's configuration at one time.

    Attributes:
        configuration: a ``kubernetes.client.Configuration``.
        generation: rises whenever the configuration was built anew.
    """

    configuration: Any
    generation: int


class Connection:
    """Who talks to which server, with credentials that renew themselves. Safe to use from several threads."""

    def __init__(self, options: ConnectionOptions, target: Target) -> None:
        self.options = options
        self.target = target
        self.headers = impersonation(options, target.user)
        self._plugin = _plugin_of(target)
        self._credential: Credential | None = None
        self._failure = ""
        self._configuration: Any = None
        self._generation = 0
        self._lock = threading.RLock()

    @property
    def user(self) -> str:
        """The best guess at who reads, until the server tells: the impersonated user or the entry's name."""
        return dict(self.headers).get("Impersonate-User", self.target.user_name)

    @property
    def insecure(self) -> bool:
        """Whether the server's certificate is not verified."""
        return self.target.cluster.get("insecure-skip-tls-verify") is True

    def login(self, *, interactive: bool | None = None) -> None:
        """Run the credential plugin, if there is one; blocks, and may use the terminal.

        Args:
            interactive: whether the plugin may use the terminal; None finds out.

        Raises:
            SourceError: no credential was obtained.
        """
        if self._plugin is None:
            return
        talks = terminal_available() if interactive is None else interactive
        credential = self._plugin.run(interactive=talks)
        with self._lock:
            self._take(credential)

    def access(self, cancel: threading.Event | None = None) -> Access:
        """The configuration to use now; renews an expired plugin credential in the background.

        Raises:
            LoginExpiredError: the credential ran out and the plugin could not renew it by itself.
            SourceError: the kubeconfig is not usable.
        """
        with self._lock:
            if self._plugin is not None and (self._credential is None or self._credential.expired()):
                self._renew_with(self._plugin, cancel)
            if self._configuration is None:
                self._configuration = self._build()
            return Access(self._configuration, self._generation)

    def renew(self, refused: Access, cancel: threading.Event | None = None) -> bool:
        """After a 401: get fresh credentials once, whichever thread asks first; False when there are none.

        Raises:
            LoginExpiredError: the plugin could not renew the credential by itself.
            SourceError: the kubeconfig is not usable any more.
        """
        with self._lock:
            if refused.generation != self._generation:
                return True
            if self._plugin is not None:
                self._renew_with(self._plugin, cancel)
                return True
            before = authorization(refused.configuration)
            renewed = self._build()
            if authorization(renewed) == before:
                return False
            self._configuration = renewed
            self._generation += 1
            return True

    def _renew_with(self, plugin: Plugin, cancel: threading.Event | None) -> None:
        if self._failure:
            raise LoginExpiredError(self._failure)
        if cancel is not None and cancel.is_set():  # who waited for another's attempt makes none of his own
            raise LoginExpiredError("the login was given up")
        try:
            self._take(plugin.run(interactive=False, cancel=cancel))
        except SourceError as error:
            reason = f"{LOGIN_AGAIN} ({error})"
            if cancel is None or not cancel.is_set():
                self._failure = reason
            raise LoginExpiredError(reason) from error

    def _take(self, credential: Credential) -> None:
        self._credential = credential
        self._failure = ""
        self._configuration = None
        self._generation += 1

    def _build(self) -> Any:
        """Let the official client read what is left of the kubeconfig."""
        from kubernetes import client, config  # costs 0.4 s, after first paint

        load: Any = (
            config.load_incluster_config if self.target.in_cluster else config.load_kube_config_from_dict
        )
        configuration = client.Configuration()
        try:
            if self.target.in_cluster:
                load(client_configuration=configuration)
            else:
                load(self._as_kubeconfig(), context="context", client_configuration=configuration)
        except (config.ConfigException, OSError, ValueError, KeyError, TypeError) as error:
            raise SourceError(f"the kubeconfig cannot be used: {one_line(str(error), 300)}") from error
        return configuration

    def _as_kubeconfig(self) -> Entry:
        return {
            "contexts": [{"name": "context", "context": {"cluster": "cluster", "user": "user"}}],
            "clusters": [{"name": "cluster", "cluster": self.target.cluster}],
            "users": [{"name": "user", "user": self._user_entry()}],
            "current-context": "context",
        }

    def _user_entry(self) -> Entry:
        user = self.target.user
        if self._credential is not None:
            got = self._credential
            entry: Entry = {"token": got.token} if got.token else {}
            if got.certificate:
                entry["client-certificate-data"] = base64.b64encode(got.certificate.encode()).decode()
                entry["client-key-data"] = base64.b64encode(got.key.encode()).decode()
            return entry
        token_file = user.get("tokenFile")
        if isinstance(token_file, str):
            # A file beats a token (client-go), and its line end is no part of the token.
            rest = {key: value for key, value in user.items() if key not in ("token", "tokenFile")}
            return {**rest, "token": Path(token_file).read_text(encoding="utf-8").strip()}
        return user


def open_connection(
    options: ConnectionOptions, *, login: bool = True, interactive: bool | None = None
) -> Connection:
    """Read the kubeconfig and log in; no network, but a credential plugin may ask its user something.

    Call it before the screen opens, or while it is suspended.

    Args:
        options: which cluster, as whom.
        login: run the credential plugin now.
        interactive: whether the plugin may use the terminal; None finds out.

    Raises:
        SourceError: no usable configuration, or the login failed; one sentence.
    """
    connection = Connection(options, find_target(options))
    if login:
        connection.login(interactive=interactive)
    return connection


def impersonation(options: ConnectionOptions, user: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """The ``Impersonate-*`` headers; the official client knows none of this.

    The options win over the kubeconfig's ``as``, ``as-groups``, ``as-uid`` and ``as-user-extra``.
    """
    if options.as_user is not None:
        user = {"as": options.as_user, "as-groups": list(options.as_groups), "as-uid": options.as_uid}
    name, groups, uid, extra = (user.get(key) for key in ("as", "as-groups", "as-uid", "as-user-extra"))
    if not isinstance(name, str) or not name:
        return ()
    headers = [("Impersonate-User", name)]
    headers += [("Impersonate-Group", str(group)) for group in (groups if isinstance(groups, list) else ())]
    if isinstance(uid, str) and uid:
        headers.append(("Impersonate-Uid", uid))
    for key, values in extra.items() if isinstance(extra, dict) else ():
        name = quote(str(key), safe=_HEADER_SAFE)
        headers += [(f"Impersonate-Extra-{name}", str(value)) for value in values or ()]
    if any(not char.isprintable() for _, value in headers for char in value):
        raise SourceError("a name to impersonate holds control characters")
    return tuple(headers)


def authorization(configuration: Any) -> str | None:
    """The Authorization header that a configuration gives now; its own refresh hook runs."""
    value = configuration.auth_settings().get("BearerToken", {}).get("value")
    if not isinstance(value, str):
        return None
    # In a pod the official client writes "bearer"; some proxies know the scheme by its usual spelling only.
    scheme, _, credentials = value.strip().partition(" ")
    return f"{scheme.capitalize()} {credentials.strip()}"


def _plugin_of(target: Target) -> Plugin | None:
    entry = target.user.get("exec")
    if not isinstance(entry, dict) or target.user.get("token") or target.user.get("tokenFile"):
        return None
    return Plugin(entry, target.cluster)
