"""Objects before and after, as YAML; the one place where YAML is written."""

from __future__ import annotations

import re

import yaml

from ksec_tui.cluster.ingest import Document

# Text that kubectl's YAML reader takes for a boolean or a number though PyYAML's does not: y, n, 1e3, 0o17.
_MISREAD = re.compile(r"[yYnN]|[-+.]?[0-9][0-9a-fA-F_.:xXoObBeE+-]*")

_OTHER_BREAKS = frozenset("\r\x85\u2028\u2029\ufeff")
"""What YAML 1.1 reads as a line's end, or drops, unless it is escaped."""

_WIDTH = 2**31 - 1
"""libyaml's greatest: long texts stay on their line."""


class _Dumper(yaml.CSafeDumper):
    """Writes equal parts out twice instead of naming them."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 - the signature is PyYAML's
        return True


class _AsciiDumper(yaml.SafeDumper):
    """The same, with everything outside ASCII escaped."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 - the signature is PyYAML's
        return True


def _text(dumper: yaml.SafeDumper | yaml.CSafeDumper, value: str) -> yaml.ScalarNode:
    quoted = not _OTHER_BREAKS.isdisjoint(value) or _MISREAD.fullmatch(value)
    style = '"' if quoted else "|" if "\n" in value else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Dumper.add_representer(str, _text)
_AsciiDumper.add_representer(str, _text)


def yaml_text(document: object) -> str:
    """JSON-like data as YAML that kubectl and PyYAML read back as the same; keys keep their order."""
    try:
        return yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=_WIDTH)
    except UnicodeEncodeError:
        # A lone surrogate, as JSON can carry it, has no UTF-8: libyaml refuses it, an escape can hold it.
        return yaml.dump(document, Dumper=_AsciiDumper, sort_keys=False, width=_WIDTH)


def object_diff(before: Document | None, after: Document | None) -> tuple[str, str]:
    """Both states of one object as YAML texts, for a diff view; empty where there is no object.

    Which manager owns which field is left out: it would drown the rest.
    """
    first, second = (None if item is None else _without_managed(item) for item in (before, after))
    return ("" if first is None else yaml_text(first)), ("" if second is None else yaml_text(second))


def _without_managed(document: Document) -> Document:
    meta = document.get("metadata")
    if not isinstance(meta, dict) or "managedFields" not in meta:
        return document
    kept = {key: value for key, value in meta.items() if key != "managedFields"}
    return {**document, "metadata": kept}
