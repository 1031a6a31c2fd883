"""What may be a credential is withheld from every document that is shown or saved."""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

from ksec_tui.cluster.base import LAST_APPLIED

_NAME = re.compile(
    r"(?i)(pass(word|wd|phrase)?|secret|token|api_?key|access_?key|private_?key|credential|connection_?string|\bpwd\b|auth_?key)"
)
_NAME_EXEMPT = re.compile(
    r"(?i)(_file|_path|_dir|_name|_ttl|_expir\w*|_url|_endpoint|_length|_enabled|_secret_ref|_issuer|_header|_timeout"
    r"|secretname|secretnamespace|secretproviderclass)$"
)
_SHAPES = {
    "an AWS access key": r"AKIA[0-9A-Z]{16}",
    "a temporary AWS access key": r"ASIA[0-9A-Z]{16}",
    "the key of a Google service account": r'"type"\s{0,9}:\s{0,9}"service_account"',
    "a Google API key": r"\bAIza[0-9A-Za-z_-]{35}",
    "the key of an Azure storage account": r"AccountKey=[A-Za-z0-9+/]{40}",
    "a private key": r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----",
    "a GitHub token": r"\b(?:gh[pousr]_[A-Za-z0-9]{30}|github_pat_[A-Za-z0-9_]{30})",
    "a GitLab token": r"\bglpat-[A-Za-z0-9_-]{20}",
    "a Slack token": r"\bxox[abprs]-[A-Za-z0-9-]{10}|hooks\.slack\.com/services/T",
    "a Stripe key": r"\b[sr]k_live_[A-Za-z0-9]{16}",
    "a signed token": r"\beyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.",
    "a URL with a login": r"://[^/\s:@]+:[^/\s:@]+@",
}
"""What issuers make recognisable, or is so by its form."""

_VALUE = re.compile("|".join(f"(?P<s{number}>{shape})" for number, shape in enumerate(_SHAPES.values())))
_PLAIN = re.compile(
    r"(?i)^(|true|false|yes|no|on|off|none|null|enabled|disabled|\d+|/[\w./-]*|\$\(\w+\)?|\$\{?\w+\}?"
    r"|https?://[\w.:/-]*|(vault|op|ref\+\w+|arn:aws[\w-]*:(secretsmanager|ssm)):[\w./:#-]*)$"
)

WITHHELD = "(withheld: {})"
"""What stands in a document where a value was taken out."""


def credential(name: str, value: str) -> str:
    """Why the literal `value` of the variable `name` looks like a credential; empty when it does not.

    Known token shapes are recognised by value, the rest by the variable's name. Booleans, numbers,
    paths, addresses and references to variables or to a vault are never credentials.
    """
    if value.startswith("(withheld: "):
        return value.removeprefix("(withheld: ").removesuffix(")")
    if shape := shape_of(value):
        return f"value has the shape of {shape}"
    if _named(name) and not _PLAIN.match(value):
        return "named like a credential"
    return ""


def may_be_credentials(names: str, values: str) -> bool:
    """Whether `credential` need be asked of any of many variables, whose names and values stand in two texts."""
    return _may_name(names) or _may_have_shape(values) or "(withheld: " in values


def _named(name: str) -> bool:
    return _may_name(name) and _NAME.search(name) is not None and _NAME_EXEMPT.search(name) is None


def _may_name(text: str) -> bool:
    """Whether `_NAME` need be asked at all: all that it finds has one of these in it. Without ASCII it must be."""
    low = text.lower()
    return (
        "pass" in low
        or "key" in low
        or "secret" in low
        or "token" in low
        or "credential" in low
        or "connection" in low
        or "pwd" in low
        or not low.isascii()
    )


def _may_have_shape(text: str) -> bool:
    """Whether `_VALUE` need be asked at all: each of its shapes has one of these in it."""
    return (
        ("@" in text and "://" in text)
        or "eyJ" in text
        or "AKIA" in text
        or "ASIA" in text
        or "AIza" in text
        or "gh" in text
        or "glpat-" in text
        or "xox" in text
        or "_live_" in text
        or "-----BEGIN" in text
        or "AccountKey=" in text
        or "hooks.slack.com" in text
        or "service_account" in text
        or "github_pat_" in text
    )


def shape_of(text: str) -> str:
    """What in `text` is a credential by its form alone: ``a private key``; empty when nothing is."""
    found = _VALUE.search(text) if _may_have_shape(text) else None
    return list(_SHAPES)[int((found.lastgroup or "s0")[1:])] if found else ""


KEPT_BACK = "(withheld)"
"""What stands in place of a value of a ConfigMap that looks like no credential: it is not kept either."""

_LINE = re.compile(
    r"""^[ \t]*["']?([A-Za-z][\w.-]{1,80})["']?[ \t]*[:=][ \t]*["']?([^\s"',]{1,400})""", re.MULTILINE
)
_TEMPLATE = re.compile(r"^(\{\{|<|\$|%|\*+$|x+$)", re.IGNORECASE)
_LONGEST_TEXT = 200_000


def payload(data: object) -> dict[str, str]:
    """The keys of a ConfigMap with, for each, a mark that says why its value looks like a credential, if it does.

    No value survives. A text of several lines is searched line by line for ``name: value`` and ``name=value``.
    """
    if not isinstance(data, Mapping):
        return {}
    return {str(key): _payload_mark(str(key), value) for key, value in data.items()}


def _payload_mark(key: str, value: object) -> str:
    if not isinstance(value, str) or value == KEPT_BACK:
        return KEPT_BACK
    text = value.strip()
    if "\n" not in text or text.startswith("(withheld: "):
        reason = "" if _TEMPLATE.match(text) else credential(key, text)
        return WITHHELD.format(reason) if reason else KEPT_BACK
    text = text[:_LONGEST_TEXT]
    if shape := shape_of(text):
        return WITHHELD.format(f"value has the shape of {shape}")
    for name, word in _LINE.findall(text):
        if not _TEMPLATE.match(word) and credential(name.replace("-", "_"), word):
            return WITHHELD.format(f"its line {name} is named like a credential")
    return KEPT_BACK


def _marked(data: object) -> bool:
    """Whether only marks of `payload` are left of a ConfigMap's data."""
    return isinstance(data, Mapping) and all(
        isinstance(value, str) and value.startswith("(withheld") for value in data.values()
    )


def may_hold(text: str) -> bool:
    """Whether anything in `text` could be a credential; quick, and never False where `command_line` finds one."""
    return (
        "(withheld" in text
        or (_may_name(text) and _NAME.search(text.replace("-", "_")) is not None)
        or shape_of(text) != ""
        or _authorizes(text)
    )


def _authorizes(text: str) -> bool:
    low = text.lower()
    may = "authorization" in low or "cookie" in low or not low.isascii()
    return may and _AUTHORIZATION.search(text) is not None


_SEPARATORS = re.compile(r"([\s=;,'\"&|]+)")
_AUTHORIZATION = re.compile(r"(?i)\b(authorization|cookie)\b")
_SCHEMES = ("basic", "bearer", "token", "negotiate")
_LONGEST_NAME = 200


def command_line(words: list[object]) -> list[object]:
    """The words of a command without the credentials in them.

    ``--password=x``, ``--token x``, ``PASSWORD=x``, ``curl -H 'Authorization: Bearer x'``, URLs with a login.
    A word may be a script with many commands. The same list comes back when nothing was found.
    """
    found: list[object] = []
    name = ""
    for word in words:
        if not isinstance(word, str):
            found.append(word)
            name = ""
            continue
        text, name = _script(word, name)
        found.append(text)
    return words if found == words else found


def _script(text: str, name: str) -> tuple[str, str]:
    """The script, whose first word is the value of option `name` if that is not empty; the option it ends with."""
    if name and (reason := _credential_word(name, text)):
        return WITHHELD.format(reason), ""
    parts = _SEPARATORS.split(text)
    name, said = "", False
    for index in range(0, len(parts), 2):
        word = parts[index]
        if not word:
            continue
        if name and (reason := _credential_word(name, word)):
            parts[index] = WITHHELD.format(reason)
            _close(parts, index)
            name = ""
            continue
        if said and word.lower() not in _SCHEMES and not word.startswith("(withheld"):
            parts[index] = WITHHELD.format("named like a credential")
        after = parts[index + 1] if index + 1 < len(parts) else ""
        said = (said and word.lower() in _SCHEMES) or _says(word, after)
        option = word.startswith("-") and ("=" in after or not after.strip(" \t\r\n'\""))
        name = word if option or after.startswith("=") else ""
    changed = "".join(parts)
    return (_shaped(changed), name if name.startswith("-") and len(parts) == 1 else "")


def _says(word: str, after: str) -> bool:
    """Whether what comes `after` a word authorizes: ``Authorization: Basic x``, nginx's ``Authorization "Basic x"``."""
    if word.endswith(":"):
        return _AUTHORIZATION.search(word[-_LONGEST_NAME:]) is not None
    return after.endswith(('"', "'")) and after[0].isspace() and _AUTHORIZATION.fullmatch(word) is not None


def _close(parts: list[str], index: int) -> None:
    """Blank the rest of a quoted value whose first word stands at `index`: it may hold spaces."""
    quote = parts[index - 1][-1:] if index else ""
    if quote not in ("'", '"'):
        return
    end = next((at for at in range(index + 1, len(parts), 2) if quote in parts[at]), len(parts))
    parts[index + 1 : end] = [""] * (end - index - 1)
    if end < len(parts):
        parts[end] = parts[end][parts[end].index(quote) :]


def _credential_word(name: str, word: str) -> str:
    """Why `word` after `name` is a credential; an option that follows an option is none."""
    if word.startswith(("-", "(withheld")):
        return ""
    return credential(name.strip("-").replace("-", "_")[-_LONGEST_NAME:], word)


def _shaped(text: str) -> str:
    """`text` withheld when it holds something in the shape of a credential."""
    shape = shape_of(text)
    return WITHHELD.format(f"value has the shape of {shape}") if shape else text


def redacted(document: dict[str, object]) -> dict[str, object]:
    """`document` without Secret or ConfigMap payloads, last-applied copies and what looks like a credential.

    That is looked for in variables, commands, request headers, options of volumes and URLs.

    The input is not changed; parts that need no change are shared.
    """
    kind = document.get("kind")
    metadata_only = kind in ("Secret", "ConfigMap")
    marked = kind == "ConfigMap" and _marked(document.get("data"))
    result = {
        key: value
        for key, value in document.items()
        if not (metadata_only and key in ("data", "stringData", "binaryData")) or (marked and key == "data")
    }
    return {key: _walk(value) for key, value in result.items()}


class _Applied(msgspec.Struct, rename="camel"):
    api_version: str = ""


_READ_APPLIED = msgspec.json.Decoder(_Applied)
_LONGEST = 1_000_000
_API_VERSION = re.compile(r"[a-z0-9.-]{1,253}(?:/v[a-z0-9]{1,60})?")
_TOLD = re.compile(rf", apiVersion ({_API_VERSION.pattern})\)\Z")


def applied_version(annotation: str) -> str:
    """The apiVersion of the manifest that the annotation of ``kubectl apply`` repeats; empty when it tells none.

    It is told also by what stands for the annotation once that has been withheld.
    """
    told = _TOLD.search(annotation) if annotation.startswith("(withheld") else None
    if told is not None:
        return told[1]
    if len(annotation) > _LONGEST:
        return ""
    try:
        version = _READ_APPLIED.decode(annotation).api_version
    except (ValueError, RecursionError):
        return ""
    return version if _API_VERSION.fullmatch(version) else ""


_TELLING = frozenset(
    (LAST_APPLIED, "env", "httpHeaders", "command", "args", "volumeAttributes", "options", "annotations")
) | {"url", "value", "message"}
"""The fields that may hold a credential."""

_NESTED = (dict, list)


def _walk(value: object) -> object:
    # Most of a document is texts and numbers in fields that tell nothing: they are passed over without a call.
    if isinstance(value, dict):
        return {
            key: _entry(key, item) if key in _TELLING else _walk(item) if isinstance(item, _NESTED) else item
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [_walk(item) if isinstance(item, _NESTED) else item for item in value]
    return value


def _entry(key: object, value: object) -> object:
    if key == LAST_APPLIED and isinstance(value, str) and not value.startswith("(withheld"):
        version = applied_version(value)
        return WITHHELD.format(f"{len(value):,} characters" + (f", apiVersion {version}" if version else ""))
    if key in ("env", "httpHeaders") and isinstance(value, list):
        return [_env(item) for item in value]
    if key in ("command", "args") and isinstance(value, list):
        return command_line(value)
    if key in ("volumeAttributes", "options") and isinstance(value, dict):
        return {name: _option(str(name), item) for name, item in value.items()}
    if key == "annotations" and isinstance(value, dict):
        return {name: _annotation(name, item) for name, item in value.items()}
    if isinstance(value, str) and key in ("url", "value"):
        return _shaped(value)
    if isinstance(value, str) and key == "message":  # of a status: the last words of a container
        return _said(value)
    return _walk(value)


def _annotation(name: object, value: object) -> object:
    """A repository's address, a proxy's snippet of configuration: what they say like a command, they lose like one."""
    return _said(value) if isinstance(value, str) and name != LAST_APPLIED else _entry(name, value)


def _said(text: str) -> str:
    return _script(text, "")[0] if may_hold(text) else text


def _option(name: str, value: object) -> object:
    reason = credential(name, value) if isinstance(value, str) else ""
    return WITHHELD.format(reason) if reason else _walk(value)


def _env(item: object) -> object:
    if isinstance(item, Mapping) and isinstance(item.get("value"), str):
        name = str(item.get("name", ""))
        reason = credential(name, str(item["value"]))
        if not reason and _AUTHORIZATION.fullmatch(name) and item["value"]:
            reason = "named like a credential"
        if reason:
            return {**item, "value": WITHHELD.format(reason)}
    return item
