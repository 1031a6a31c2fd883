"""Writes what a server has to files, as ``kubectl get -A -o json --show-managed-fields`` would."""

from __future__ import annotations

import json
from pathlib import Path

from ksec_tui.cluster.kinds import KINDS
from tests.control_plane.client import Client, RefusedError


def write_dump(admin: Client, folder: Path) -> int:
    """One list for each kind that the server has, and its version; the number of objects."""
    folder.mkdir()
    (folder / "version.json").write_text(json.dumps({"serverVersion": admin.get("/version")}))
    count = 0
    for kind in KINDS:
        for version in kind.versions:
            try:
                content = admin.get(kind.path(version=version))
            except RefusedError as error:
                if error.status != 404:
                    raise
                continue
            group_version = f"{kind.group}/{version}" if kind.group else version
            items = [{"apiVersion": group_version, "kind": kind.name, **item} for item in content["items"]]
            count += len(items)
            (folder / f"{kind.resource}.json").write_text(json.dumps({**content, "items": items}))
            break
    return count
