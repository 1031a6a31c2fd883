"""Where the programs of a control plane are looked for, and what is said where there are none."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.envtest.assets import NEEDED, MissingError, build, built_folder, find


@pytest.fixture(autouse=True)
def _nothing_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("KUBEBUILDER_ASSETS", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", str(tmp_path))


def put(folder: Path, *names: str) -> Path:
    folder.mkdir(parents=True)
    for name in names:
        (folder / name).write_text("#!/bin/sh\n")
        (folder / name).chmod(0o755)
    return folder


def test_what_was_built_is_found_again() -> None:
    folder = put(built_folder(), *NEEDED, "clusterrole-aggregation")
    assets = find()
    assert assets.folder == folder
    assert build(1.0) == assets
    assert assets.aggregation == folder / "clusterrole-aggregation"


def test_assets_that_are_named_come_first_and_need_no_controller(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    put(built_folder(), *NEEDED)
    monkeypatch.setenv("KUBEBUILDER_ASSETS", str(put(tmp_path / "named", *NEEDED)))
    assets = find()
    assert assets.folder == tmp_path / "named"
    assert assets.aggregation is None


def test_assets_that_are_named_and_not_there_are_not_built(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("KUBEBUILDER_ASSETS", str(put(tmp_path / "named", "etcd")))
    with pytest.raises(MissingError, match=r"has no kube-apiserver$"):
        build(1.0)


def test_without_go_nothing_is_built_and_the_reason_told() -> None:
    with pytest.raises(MissingError, match="KUBEBUILDER_ASSETS nor go on the PATH"):
        build(1.0)
    with pytest.raises(MissingError, match=r"python -m tests\.envtest builds one"):
        find()


def test_a_build_that_fails_or_takes_too_long_leaves_nothing_behind(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    go = tmp_path / "go"
    for words, seconds, reason in (
        ("echo no network >&2; exit 1", 30.0, "go build failed: no network"),
        ("exec /bin/sleep 60", 0.2, "more than 0 seconds"),
    ):
        go.write_text(f"#!/bin/sh\n{words}\n")
        go.chmod(0o755)
        with pytest.raises(MissingError, match=reason):
            build(seconds)
    assert list(built_folder().parent.iterdir()) == []
