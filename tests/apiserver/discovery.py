"""The discovery documents: ``/api``, ``/apis`` and what lies right under them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tests.apiserver.resources import Resource

_CLIENT_CIDRS = [{"clientCIDR": "0.0.0.0/0", "serverAddress": "127.0.0.1"}]


def document_at(parts: tuple[str, ...], resources: Mapping[str, Resource]) -> dict[str, object] | None:
    """The document at a path, such as ``("apis", "apps", "v1")``; None if there is none."""
    served = resources.values()
    match parts:
        case ("api",):
            return {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": _CLIENT_CIDRS}
        case ("apis",):
            names = sorted({resource.group for resource in served if resource.group})
            groups = [_group(name, served) for name in names]
            return {"kind": "APIGroupList", "apiVersion": "v1", "groups": groups}
        case ("api", version):
            return _resource_list("", version, served)
        case ("apis", group):
            if not any(resource.group == group for resource in served):
                return None
            return {"kind": "APIGroup", "apiVersion": "v1", **_group(group, served)}
        case ("apis", group, version):
            return _resource_list(group, version, served)
    return None


def _group(name: str, served: Iterable[Resource]) -> dict[str, object]:
    versions = dict.fromkeys(v for resource in served if resource.group == name for v in resource.versions)
    entries = [{"groupVersion": f"{name}/{version}", "version": version} for version in versions]
    return {"name": name, "versions": entries, "preferredVersion": entries[0]}


def _resource_list(group: str, version: str, served: Iterable[Resource]) -> dict[str, object] | None:
    entries = [
        {
            "name": resource.plural,
            "singularName": resource.singular,
            "namespaced": resource.namespaced,
            "kind": resource.kind,
            "verbs": list(resource.verbs),
        }
        for resource in served
        if resource.group == group and version in resource.versions
    ]
    if not entries:
        return None
    entries.sort(key=lambda entry: str(entry["name"]))
    group_version = f"{group}/{version}" if group else version
    return {
        "kind": "APIResourceList",
        "apiVersion": "v1",
        "groupVersion": group_version,
        "resources": entries,
    }
