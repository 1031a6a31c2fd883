"""Asks the real kubectl what a patch makes of an object; nothing is sent anywhere."""

from __future__ import annotations

import functools
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

KUBECTL = shutil.which("kubectl")

needs_kubectl = pytest.mark.skipif(KUBECTL is None, reason="kubectl is not on PATH")


def patched(folder: Path, document: object, kind: str, patch_file: Path) -> Any:
    """What ``kubectl patch --local`` prints; None when it refuses."""
    given = folder / "object.json"
    given.write_text(json.dumps(document))
    command = ["patch", "--local", "-f", str(given), "--type", kind, "--patch-file", str(patch_file)]
    done = run(*command, "-o", "json")
    return json.loads(done.stdout) if done.returncode == 0 else None


def run(*arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run kubectl without a cluster."""
    assert KUBECTL is not None
    return subprocess.run(
        [KUBECTL, *arguments], capture_output=True, text=True, check=False, cwd=cwd, timeout=60
    )


@functools.cache
def kubectl_release() -> tuple[int, int]:
    """Major and minor version of the kubectl on this machine."""
    version = json.loads(run("version", "--client", "-o", "json").stdout)["clientVersion"]
    return int(version["major"]), int(version["minor"].rstrip("+"))


def plain(value: Any) -> Any:
    """Without what kubectl adds or leaves out when it decodes and encodes an object."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items() if not _noise(key, item)}
    return [plain(item) for item in value] if isinstance(value, list) else value


def _noise(key: str, value: Any) -> bool:
    empty = key in ("status", "resources", "strategy", "updateStrategy") and value == {}
    return value is None or key == "creationTimestamp" or empty
