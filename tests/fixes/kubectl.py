"""Asks the real kubectl and kustomize what patches make of objects; nothing is sent anywhere."""

from __future__ import annotations

import functools
import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest

KUBECTL = shutil.which("kubectl")
_OWN_KUSTOMIZE = Path(__file__).resolve().parents[2] / ".venv" / "bin" / "kustomize"
KUSTOMIZE = str(_OWN_KUSTOMIZE) if _OWN_KUSTOMIZE.is_file() else shutil.which("kustomize")

_F = TypeVar("_F", bound=Callable[..., Any])


def needs_kubectl(test: _F) -> _F:
    """Skip a test by name where kubectl is not there."""
    pytest.mark.skipif(KUBECTL is None, reason="kubectl is not on PATH")(test)
    pytest.mark.kubectl(test)
    return test


def needs_kustomize(test: _F) -> _F:
    """Skip a test by name where kustomize is not there."""
    pytest.mark.skipif(KUSTOMIZE is None, reason="kustomize is neither in .venv/bin nor on PATH")(test)
    pytest.mark.kustomize(test)
    return test


def patched(folder: Path, document: object, kind: str, patch_file: Path) -> Any:
    """What ``kubectl patch --local`` prints; None when it refuses."""
    given = folder / "object.json"
    given.write_text(json.dumps(document))
    return patched_file(given, kind, ("--patch-file", str(patch_file)))


def patched_file(given: Path, kind: str, patch: tuple[str, str]) -> Any:
    """The same of an object in a file, by a patch that is told as arguments."""
    done = run("patch", "--local", "-f", str(given), "--type", kind, *patch, "-o", "json")
    return json.loads(done.stdout) if done.returncode == 0 else None


def run(*arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run kubectl without a cluster."""
    assert KUBECTL is not None
    return subprocess.run(
        [KUBECTL, *arguments], capture_output=True, text=True, check=False, cwd=cwd, timeout=60
    )


def built(folder: Path) -> str:
    """What ``kustomize build`` prints."""
    assert KUSTOMIZE is not None
    done = subprocess.run(
        [KUSTOMIZE, "build", str(folder)], capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


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
