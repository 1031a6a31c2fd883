"""What may be a credential is withheld from every document that is shown or saved."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ksec_tui.cluster.base import LAST_APPLIED

_NAME = re.compile(
    r"(?i)(pass(word|wd|phrase)?|secret|token|api_?key|access_?key|private_?key|credential|connection_?string|\bpwd\b|auth_?key)"
)
_NAME_EXEMPT = re.compile(
    r"(?i)(_file|_path|_dir|_name|_ttl|_expir\w*|_url|_endpoint|_length|_enabled|_secret_ref|_issuer|_header|_timeout)$"
)
_VALUE = re.compile(
    r"(?:AKIA|ASIA)[0-9A-Z]{16}"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----"
    r"|\bgh[pousr]_[A-Za-z0-9]{30,}"
    r"|\bxox[abprs]-[A-Za-z0-9-]{10,}"
    r"|\beyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\."
    r"|[a-z][a-z0-9+.-]*://[^/\s:@]+:[^/\s:@]+@"
)
_PLAIN = re.compile(r"(?i)^(|true|false|yes|no|on|off|none|null|\d+|/[\w./-]*|\$\(\w+\)|\$\{?\w+\}?)$")

WITHHELD = "(withheld: {})"
"""What stands in a document where a value was taken out."""


def credential(name: str, value: str) -> str:
    """Why the literal `value` of the variable `name` looks like a credential; empty when it does not.

    Known token shapes are recognised by value, the rest by the variable's name. Booleans, numbers,
    paths and references to other variables are never credentials.
    """
    if value.startswith("(withheld: "):
        return value.removeprefix("(withheld: ").removesuffix(")")
    if _PLAIN.match(value):
        return ""
    if _VALUE.search(value):
        return "value has the shape of a credential"
    if _NAME.search(name) and not _NAME_EXEMPT.search(name):
        return "named like a credential"
    return ""


def redacted(document: dict[str, object]) -> dict[str, object]:
    """`document` without Secret or ConfigMap payloads, credential-like env values and last-applied copies.

    The input is not changed; parts that need no change are shared.
    """
    metadata_only = document.get("kind") in ("Secret", "ConfigMap")
    result = {
        key: value
        for key, value in document.items()
        if not (metadata_only and key in ("data", "stringData", "binaryData"))
    }
    return {key: _walk(value) for key, value in result.items()}


def _walk(value: object) -> object:
    if isinstance(value, list):
        return [_walk(item) for item in value]
    if isinstance(value, dict):
        return {key: _entry(key, item) for key, item in value.items()}
    return value


def _entry(key: object, value: object) -> object:
    if key == LAST_APPLIED and isinstance(value, str) and not value.startswith("(withheld"):
        return WITHHELD.format(f"{len(value):,} characters")
    if key == "env" and isinstance(value, list):
        return [_env(item) for item in value]
    return _walk(value)


def _env(item: object) -> object:
    if isinstance(item, Mapping) and isinstance(item.get("value"), str):
        reason = credential(str(item.get("name", "")), str(item["value"]))
        if reason:
            return {**item, "value": WITHHELD.format(reason)}
    return item
