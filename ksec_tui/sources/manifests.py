"""What stands in one file of manifests: objects, lists, versions, and what is none of these."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec

from ksec_tui.cluster.base import KubeObject
from ksec_tui.cluster.ingest import lenient_tree
from ksec_tui.cluster.kinds import KINDS, KUBELET_CONFIGURATION, Kind, kind_named, kind_of_resource
from ksec_tui.cluster.text import day_of, one_line
from ksec_tui.sources import yaml_reader

MAX_YAML = 64 << 20
"""Bytes; larger files are read as JSON only."""
MAX_DOCUMENTS = 100_000
_MAX_NESTING = 4

# Groups that kinds have left (Kubernetes deprecation guide, 1.16 and 1.22); kubectl convert knows the same.
_MOVED = {
    **{("extensions", name): "apps" for name in ("Deployment", "DaemonSet", "ReplicaSet")},
    **{("extensions", name): "networking.k8s.io" for name in ("Ingress", "NetworkPolicy")},
}
# Versions whose defaults or values mean something else than those of v1, so that reading them as v1 would be wrong.
_UNLIKE = {
    **{
        (
            "admissionregistration.k8s.io/v1beta1",
            f"{name}WebhookConfiguration",
        ): "its failurePolicy was Ignore"
        for name in ("Validating", "Mutating")
    },
    **{
        ("rbac.authorization.k8s.io/v1alpha1", name): "its user * was everybody"
        for name in ("RoleBinding", "ClusterRoleBinding")
    },
}
_BEFORE_GA = re.compile(r"v\d{1,3}(alpha|beta)\d{1,3}")
_NO_CLUSTER_GROUPS = frozenset({"kustomize.config.k8s.io", "helm.sh", "kubelet.config.k8s.io"})
_GUESS = re.compile(r"""^(apiVersion|kind):[ \t]*["']?([A-Za-z0-9./-]{1,120})""", re.MULTILINE)
_BYTE = re.compile(r" ?\(byte (\d+)\)")
_ITEMS = re.compile(rb'"items"[ \t\r\n]*:[ \t\r\n]*\[[ \t\r\n]*')
_BETWEEN = re.compile(rb"[ \t\r\n,]*")


class Found(NamedTuple):
    """One object: its JSON, or (`raw` empty) its tree; `odd` says why it cannot be read in its version."""

    kind: Kind[KubeObject]
    line: int
    raw: bytes = b""
    tree: object = None
    odd: str = ""


class Listed(NamedTuple):
    """A list of `kind` was there, be it empty."""

    kind: Kind[KubeObject]


class Other(NamedTuple):
    """A Kubernetes object of a kind that is not looked at; `api_version` and `kind` as it was written."""

    name: str
    api_version: str = ""
    kind: str = ""


class Alien(NamedTuple):
    """Something that is no Kubernetes object."""

    line: int


class Version(NamedTuple):
    """The API server's version, ``v1.33.4``, and the day on which it was built."""

    text: str
    built: str = ""


class Doubled(NamedTuple):
    """A key that came twice in one mapping."""

    line: int
    key: str


class Broken(NamedTuple):
    """A document that could not be read; its kind if that could be guessed, `many` if it was a list.

    Without a kind, `many` says that it may have held objects of every kind.
    """

    line: int
    reason: str
    kind: Kind[KubeObject] | None = None
    many: bool = True


Part = Found | Listed | Other | Alien | Version | Doubled | Broken


def kind_of_file(stem: str) -> Kind[KubeObject] | None:
    """The kind that a file called ``deployments.apps`` or ``deployments`` (without ending) holds, if any."""
    found = kind_of_resource(stem)
    if found is None and "." not in stem:
        named = [kind for kind in KINDS if kind.plural == stem]
        found = named[0] if len(named) == 1 else None
    return found


def kind_of_object(api_version: str, name: str) -> Kind[KubeObject] | None:
    """The kind of an object, in whatever version of its group; groups it has left count too."""
    group = api_version.rpartition("/")[0]
    return kind_named(_MOVED.get((group, name), group), name)


def read(data: bytes, *, stem: str = "", ending: str = "") -> Iterator[Part]:
    """Read one file.

    Args:
        data: its content; JSON is told from YAML by its first character.
        stem: its name without ending, which names the kind of an empty `List`.
        ending: ``.json`` says that it can only be JSON.
    """
    data = data.removeprefix(codecs.BOM_UTF8)
    if data[:64].lstrip()[:1] in (b"{", b"["):
        try:
            head = _HEAD.decode(data)
        except msgspec.ValidationError:
            yield Alien(1)
            return
        except (ValueError, RecursionError) as error:
            try:
                tree = lenient_tree(data)
            except (ValueError, RecursionError):
                tree = None
            if tree is not None:
                yield from _tree_part(tree, 1, stem, ("", ""), 0)
                return
            if ending == ".json":
                yield _broken_json(data, error, stem)
                return
        else:
            yield from _json_part(head, data, 1, stem, ("", ""), 0)
            return
    if len(data) > MAX_YAML:
        reason = f"YAML over {MAX_YAML >> 20} MiB is not read; write it as JSON (kubectl get -o json)"
        yield Broken(1, reason, kind_of_file(stem))
        return
    yield from _yaml(data, stem)


class _Head(msgspec.Struct, rename="camel"):
    api_version: Any = None
    kind: Any = None
    items: msgspec.Raw = msgspec.Raw()
    git_version: Any = None
    server_version: Any = None
    build_date: Any = None


_HEAD = msgspec.json.Decoder(_Head)
_TREE = msgspec.json.Decoder()
_ITEM_LIST = msgspec.json.Decoder(list[msgspec.Raw])


def _broken_json(data: bytes, error: Exception, stem: str) -> Broken:
    text = str(error)
    place = _BYTE.search(text)
    line = 1 + data.count(b"\n", 0, int(place[1])) if place else 1
    if "truncated" in text:
        line = 1 + data.rstrip().count(b"\n")
    kind = kind_of_file(stem)
    many = kind is not None or b'"apiVersion"' in data
    return Broken(line, f"not valid JSON: {one_line(_BYTE.sub('', text), 160)}", kind, many)


def _json_part(
    head: _Head, raw: bytes, line: int, stem: str, default: tuple[str, str], level: int
) -> Iterator[Part]:
    """One JSON object, or the items of a list; `default` is what items without type take on."""
    version = _server_version(head.git_version, head.server_version, head.build_date) if level == 0 else None
    if version is not None:
        yield version
        return
    api_version, kind = _typed(head.api_version, head.kind, default)
    body = bytes(head.items)
    if not (kind.endswith("List") and body[:1] in (b"[", b"n")) or not api_version:
        yield _one(api_version, kind, line, raw=raw)
        return
    if level >= _MAX_NESTING:
        yield Alien(line)
        return
    items = _ITEM_LIST.decode(body) if body[:1] == b"[" else []
    yield from _listed(api_version, kind, stem, empty=not items)
    item_default = _item_type(api_version, kind)
    place = _first_item(raw, bytes(items[0])) if items else 0
    line += raw.count(b"\n", 0, max(place, 0))
    for item in items:
        content = bytes(item)
        if place >= 0:
            gap = _BETWEEN.match(raw, place)
            start = gap.end() if gap else place
            line += raw.count(b"\n", place, start)
            place = start + len(content)
        try:
            inner = _HEAD.decode(content)
        except (ValueError, RecursionError):
            yield _no_object(line, item_default)
        else:
            yield from _json_part(inner, content, line, stem, item_default, level + 1)
        if place >= 0:
            line += content.count(b"\n")


def _no_object(line: int, default: tuple[str, str]) -> Alien | Broken:
    """Something that is no object; in a list of one kind it stands for one of that kind."""
    kind = kind_of_object(*default)
    return (
        Alien(line)
        if kind is None
        else Broken(line, f"an item of {kind.name}List is no object", kind, many=False)
    )


def _first_item(raw: bytes, item: bytes) -> int:
    """Where the first item of a list begins in its JSON, -1 when that cannot be told."""
    for match in _ITEMS.finditer(raw):
        if raw.startswith(item, match.end()):
            return match.end()
    return -1


def _yaml(data: bytes, stem: str) -> Iterator[Part]:
    try:
        for count, (line, part) in enumerate(yaml_reader.split(data)):
            if count >= MAX_DOCUMENTS:
                yield Broken(line, f"more than {MAX_DOCUMENTS:,} documents in one file; the rest is not read")
                return
            try:
                for document in yaml_reader.documents(part, line):
                    yield from (Doubled(*entry) for entry in document.doubled)
                    yield from _tree_part(
                        document.tree, document.line, stem, ("", ""), 0, document.item_lines
                    )
            except yaml_reader.YamlError as error:
                yield Broken(error.line, error.reason, *_guessed(part, stem))
    except ValueError as error:
        kind = kind_of_file(stem)
        many = kind is not None or b"apiVersion" in data
        yield Broken(1, f"not readable as text: {one_line(str(error), 120)}", kind, many)


def _guessed(part: bytes, stem: str) -> tuple[Kind[KubeObject] | None, bool]:
    """The kind that a broken document says to be, and whether it is a list."""
    said = dict(reversed(_GUESS.findall(part[: 1 << 20].decode("utf-8", "replace"))))
    api_version, name = said.get("apiVersion", ""), said.get("kind", "")
    if name.endswith("List"):
        return kind_of_object(*_item_type(api_version, name)) or kind_of_file(stem), True
    return kind_of_object(api_version, name), False


def _tree_part(
    tree: object,
    line: int,
    stem: str,
    default: tuple[str, str],
    level: int,
    item_lines: tuple[int, ...] = (),
) -> Iterator[Part]:
    if not isinstance(tree, dict):
        yield _no_object(line, default)
        return
    told = (tree.get("gitVersion"), tree.get("serverVersion"), tree.get("buildDate"))
    version = _server_version(*told) if level == 0 else None
    if version is not None:
        yield version
        return
    api_version, kind = _typed(tree.get("apiVersion"), tree.get("kind"), default)
    items = tree.get("items")
    if not (kind.endswith("List") and api_version and "items" in tree and isinstance(items, list | None)):
        yield _one(api_version, kind, line, tree=tree)
        return
    if level >= _MAX_NESTING:
        yield Alien(line)
        return
    items = items or []
    yield from _listed(api_version, kind, stem, empty=not items)
    item_default = _item_type(api_version, kind)
    for index, item in enumerate(items):
        at = item_lines[index] if index < len(item_lines) else line
        yield from _tree_part(item, at, stem, item_default, level + 1)


def _typed(api_version: object, kind: object, default: tuple[str, str]) -> tuple[str, str]:
    return (
        api_version if isinstance(api_version, str) and api_version else default[0],
        kind if isinstance(kind, str) and kind else default[1],
    )


def _item_type(api_version: str, kind: str) -> tuple[str, str]:
    """What the items of a ``PodList`` are, even where they do not say so."""
    return ("", "") if kind == "List" else (api_version, kind.removesuffix("List"))


def _listed(api_version: str, kind: str, stem: str, *, empty: bool) -> Iterator[Listed]:
    found = kind_of_object(*_item_type(api_version, kind))
    if found is None and empty and kind == "List":
        found = kind_of_file(stem)
    if found is not None:
        yield Listed(found)


def _one(api_version: str, kind: str, line: int, *, raw: bytes = b"", tree: object = None) -> Part:
    group = api_version.rpartition("/")[0]
    if not api_version or not kind:
        return Alien(line)
    found = kind_of_object(api_version, kind)
    if found is None and group in _NO_CLUSTER_GROUPS:
        return Alien(line)
    if found is None:
        return Other(one_line(f"{kind}.{group}" if group else kind, 80), api_version, kind)
    return Found(found, line, raw, tree, _odd_version(api_version, found))


def kubelet_configuration(found: Found) -> Iterator[Part]:
    """What kubeadm keeps for the kubelets of a cluster in the ConfigMap kubelet-config of kube-system."""
    tree = found.tree
    if found.raw:
        tree = _TREE.decode(found.raw) if b'"kubelet-config' in found.raw else None
    match tree:
        case {"metadata": {"name": str(name)}, "data": {"kubelet": str(text)}} if name.startswith(
            "kubelet-config"
        ):
            inner = read(text.encode("utf-8", "replace"))
            yield from (
                part._replace(line=found.line)
                for part in inner
                if isinstance(part, Found) and part.kind is KUBELET_CONFIGURATION
            )


def _odd_version(api_version: str, kind: Kind[KubeObject]) -> str:
    """Why an object of this version is not to be read as one of v1; empty for the others.

    Source: the defaults.go and conversion.go of each version in pkg/apis of kubernetes/kubernetes.
    """
    version = api_version.rpartition("/")[2]
    unlike = _UNLIKE.get((api_version, kind.name))
    if unlike:
        return f"version {version} is not read ({unlike}); convert it to {kind.versions[0]}"
    if version not in kind.versions and not _BEFORE_GA.fullmatch(version):
        return f"{one_line(api_version, 80)} is no version of {kind.name} that is known here"
    return ""


def _server_version(git_version: object, server: object, built: object) -> Version | None:
    """From the answer of ``/version``, or of ``kubectl version -o json|yaml``; None for anything else."""
    if isinstance(server, dict):
        git_version, built = server.get("gitVersion"), server.get("buildDate")
    text = one_line(git_version, 64) if isinstance(git_version, str) else ""
    return Version(text, day_of(built)) if text else None
