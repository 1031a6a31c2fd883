"""The least rights with which everything can be read, as a manifest to apply."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from ksec_tui.cluster.kinds import CONFIG_MAP, KINDS, SECRET

NAME = "ksec-tui-reader"
_RBAC = "rbac.authorization.k8s.io"

_HEAD = """\
# Read-only rights for ksec-tui: get and list on the kinds that it reads, no other verb.
# Apply it with: kubectl apply -f FILE
#
# Besides these it asks for the server's version and API lists, and who it is (SelfSubjectReview). Kubernetes
# grants these to every user who is logged in: system:public-info-viewer, system:discovery, system:basic-user.
"""
_PAYLOADS = """\
# Secrets and ConfigMaps: ksec-tui asks for their metadata only, but RBAC cannot grant metadata alone: whoever
# has this role could read the content with another program. `ksec-tui rbac-manifest --without-secrets` leaves
# both out; what needs them is then unknown.
"""


@dataclass(frozen=True)
class Reader:
    """Who is to read: a ``User``, a ``Group`` or a ``ServiceAccount`` with its namespace."""

    kind: str
    name: str
    namespace: str = ""


def manifest(reader: Reader, *, payloads: bool = True, watch: bool = False) -> str:
    """A ClusterRole and its ClusterRoleBinding as YAML.

    Args:
        reader: who is to read.
        payloads: whether Secrets and ConfigMaps are among what may be read.
        watch: whether the cluster may be followed as it changes.
    """
    return "\n".join(_lines(reader, payloads=payloads, watch=watch)) + "\n"


def _lines(reader: Reader, *, payloads: bool, watch: bool) -> Iterator[str]:
    verbs = ["get", "list", *(["watch"] if watch else [])]
    yield _HEAD.rstrip("\n").replace("get and list", "get, list and watch" if watch else "get and list")
    if payloads:
        yield _PAYLOADS.rstrip("\n")
    yield from (f"apiVersion: {_RBAC}/v1", "kind: ClusterRole", "metadata:", f"  name: {NAME}", "rules:")
    for group, resources in _groups(payloads=payloads).items():
        yield f"  - apiGroups: [{json.dumps(group)}]"
        yield "    resources:"
        yield from (f"      - {resource}" for resource in resources)
        yield f"    verbs: {json.dumps(verbs)}"
    yield "---"
    yield from (f"apiVersion: {_RBAC}/v1", "kind: ClusterRoleBinding", "metadata:", f"  name: {NAME}")
    yield from ("roleRef:", f"  apiGroup: {_RBAC}", "  kind: ClusterRole", f"  name: {NAME}", "subjects:")
    yield f"  - kind: {reader.kind}"
    yield f"    name: {json.dumps(reader.name)}"
    if reader.kind == "ServiceAccount":
        yield f"    namespace: {json.dumps(reader.namespace)}"
    else:
        yield f"    apiGroup: {_RBAC}"


def _groups(*, payloads: bool) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {}
    for kind in KINDS:
        if payloads or kind not in (SECRET, CONFIG_MAP):
            groups.setdefault(kind.group, []).append(kind.plural)
    return {group: sorted(resources) for group, resources in sorted(groups.items())}
