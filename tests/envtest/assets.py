"""The programs of a control plane: those that KUBEBUILDER_ASSETS names, or built once from the Go code here."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
NEEDED = ("etcd", "kube-apiserver")
"""What is in every folder of assets; the rest is used where it is there."""

_QUICKLY = ("-trimpath", "-gcflags=all=-dwarf=false")
"""Nothing is worked out for debuggers, which the linker would leave out anyway."""
_STAMP = "k8s.io/component-base/version"
_RELEASE = re.compile(r"^\s*k8s\.io/kubernetes (v1\.(\d+)\.\d+)$", re.MULTILINE)


class MissingError(Exception):
    """There is no control plane, and why, in one sentence."""


@dataclass(frozen=True)
class Assets:
    """A folder with the programs of one release."""

    folder: Path

    @property
    def etcd(self) -> Path:
        """The store."""
        return self.folder / "etcd"

    @property
    def apiserver(self) -> Path:
        """The API server."""
        return self.folder / "kube-apiserver"

    @property
    def aggregation(self) -> Path | None:
        """The controller of aggregated roles; None where it is not among them."""
        path = self.folder / "clusterrole-aggregation"
        return path if path.is_file() else None


def find() -> Assets:
    """The programs that are there already: KUBEBUILDER_ASSETS wins.

    Raises:
        MissingError: none are.
    """
    named = os.environ.get("KUBEBUILDER_ASSETS")
    folder = Path(named).absolute() if named else built_folder()
    lacking = [name for name in NEEDED if not os.access(folder / name, os.X_OK)]
    if not lacking:
        return Assets(folder)
    if named:
        raise MissingError(f"KUBEBUILDER_ASSETS={named} has no {' and no '.join(lacking)}")
    raise MissingError("no control plane: python -m tests.envtest builds one, KUBEBUILDER_ASSETS names one")


def build(seconds: float) -> Assets:
    """The programs; built from source where they are not there. The first time takes many minutes.

    Args:
        seconds: how long the build may take. What is compiled by then need not be compiled another time.

    Raises:
        MissingError: they are not there and cannot be built.
    """
    try:
        return find()
    except MissingError:
        if "KUBEBUILDER_ASSETS" in os.environ:
            raise
    go = shutil.which("go")
    if go is None:
        raise MissingError("no control plane: neither KUBEBUILDER_ASSETS nor go on the PATH")
    place = built_folder()
    place.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(dir=place.parent, prefix="build-"))
    try:
        _go_build(go, scratch, seconds)
        with contextlib.suppress(OSError):  # another build was faster
            scratch.rename(place)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return find()


def built_folder() -> Path:
    """Where what is built from these very sources is kept."""
    digest = hashlib.sha256(_flags().encode())
    for path in sorted([*HERE.glob("go.*"), *HERE.glob("*/*.go")]):
        digest.update(f"{path.relative_to(HERE)}\0".encode() + path.read_bytes() + b"\0")
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "ksec-tui-envtest" / digest.hexdigest()[:16]


def _flags() -> str:
    """What the linker is told: no symbols, and which release it is."""
    release = _RELEASE.search((HERE / "go.mod").read_text(encoding="utf-8"))
    assert release is not None, "go.mod names no release of k8s.io/kubernetes"
    stamps = {"gitVersion": release[1], "gitMajor": "1", "gitMinor": release[2], "gitTreeState": "clean"}
    return " ".join(["-s", "-w", *(f"-X {_STAMP}.{name}={value}" for name, value in stamps.items())])


def _go_build(go: str, into: Path, seconds: float) -> None:
    try:
        done = subprocess.run(
            [go, "build", *_QUICKLY, "-ldflags", _flags(), "-o", f"{into}{os.sep}", "./..."],
            cwd=HERE,
            env={**os.environ, "CGO_ENABLED": "0"},
            check=False,
            timeout=seconds,
            text=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
    except subprocess.TimeoutExpired as error:
        raise MissingError(f"the build took more than {seconds:.0f} seconds") from error
    if done.returncode != 0:
        raise MissingError(f"go build failed: {done.stderr.strip()[-400:]}")
