"""Credentials that stand in pod specs as plain text: where, and why they look like it. Never the value.

Names and shapes are those that `cluster.redact` withholds; here, where a finding comes of it, names that
only speak of a credential (its id, its lifetime, its place) do not count.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ksec_tui.cluster.pods import Container
from ksec_tui.cluster.redact import command_line, credential, may_be_credentials, may_hold

_NAMED = "named like a credential"
_ABOUT = re.compile(
    r"(?i)(key_?id|_(namespace|type|mode|alg|algorithm|format|provider|backend|store|hosts?|port|user|username|audience|"
    r"aud|lifetime|interval|rotation|period|age|size|policy|version|status|scope|scopes|key|keys_url|location|"
    r"prefix|suffix|class|label|selector|group|role|algo|env|var|ref|field|claim|count|limit|min|max))$"
)
_ABOUT_EXCEPT = re.compile(
    r"(?i)(secret|access|api|private|auth|account|encryption|signing|master|storage)_?key$"
)
_CLOUD = re.compile(
    r"(?i)(AWS_SECRET_ACCESS_KEY|AWS_SECRET_KEY|AZURE_CLIENT_SECRET|AZURE_STORAGE_(ACCOUNT_)?KEY|ARM_CLIENT_SECRET|"
    r"ARM_ACCESS_KEY|GOOGLE_(APPLICATION_)?CREDENTIALS(_JSON)?|ALIBABA_CLOUD_ACCESS_KEY_SECRET|"
    r"DIGITALOCEAN_(ACCESS_)?TOKEN|HCLOUD_TOKEN|CLOUDFLARE_API_(KEY|TOKEN)|LINODE_TOKEN|SCW_SECRET_KEY)"
)
_CLOUD_SHAPES = (
    "the shape of a temporary AWS access key",
    "the shape of the key of a Google service account",
    "the shape of the key of an Azure storage account",
)
_KEY_ID = "the shape of an AWS access key"
_MARK = re.compile(r"\(withheld: ([^)]*)\)")
_BEFORE = re.compile(r"""([A-Za-z][\w.-]{0,80})['"]?\s*[=:]?\s*['"]?$""")
_SCHEMES = ("basic", "bearer", "token", "negotiate")


@dataclass(frozen=True, slots=True)
class Literal:
    """One credential in a container.

    Attributes:
        name: of the variable or option; empty when it has none.
        place: JSON pointer below the container: ``/env/3/value``, ``/args/0``.
        reason: why it looks like one.
        cloud: whether it is a login to a cloud account.
        key_id: whether it is but the id that goes with such a login, which is no secret.
    """

    name: str
    place: str
    reason: str
    cloud: bool = False
    key_id: bool = False


def in_environment(container: Container) -> tuple[Literal, ...]:
    """The variables whose literal value looks like a credential."""
    found: list[Literal] = []
    literals = [variable for variable in container.env if variable.value_from is None]
    names = "\n".join([variable.name for variable in literals])
    if not may_be_credentials(names, "\n".join([variable.value for variable in literals])):
        return ()
    for index, variable in enumerate(container.env):
        if variable.value_from is None and (reason := credential(variable.name, variable.value)):
            literal = _literal(variable.name, f"/env/{index}/value", reason)
            if literal is not None:
                found.append(literal)
    return tuple(found)


def in_command(container: Container) -> tuple[Literal, ...]:
    """The words of command and args that look like credentials, or hold one."""
    found: list[Literal] = []
    for attribute in ("command", "args"):
        words = getattr(container, attribute)
        if not words or not may_hold("\n".join(words)):
            continue
        option = ""
        for index, word in enumerate(command_line(list(words))):
            text = str(word)
            start = 0
            for mark in _MARK.finditer(text):
                name = _name(text[start : mark.start()]) if mark.start() else option
                start = mark.end()
                literal = _literal(name, f"/{attribute}/{index}", mark[1])
                if literal is not None:
                    found.append(literal)
            option = text.lstrip("-") if text.startswith("-") and "=" not in text else ""
    return tuple(found)


def about(name: str) -> bool:
    """Whether a name only speaks of a credential: ``AWS_ACCESS_KEY_ID``, ``token-namespace``."""
    plain = name.replace("-", "_").replace(".", "_")
    return _ABOUT.search(plain) is not None and _ABOUT_EXCEPT.search(plain) is None


def _literal(name: str, place: str, reason: str) -> Literal | None:
    if reason == _NAMED and about(name):
        return None
    key_id = reason.endswith(_KEY_ID)
    cloud = key_id or reason.endswith(_CLOUD_SHAPES) or _CLOUD.fullmatch(name.replace("-", "_")) is not None
    return Literal(name, place, reason, cloud, key_id)


def _name(before: str) -> str:
    found = _BEFORE.search(before[-200:])
    name = found[1] if found else ""
    return "Authorization" if name.lower() in _SCHEMES and "uthorization" in before else name
