"""The package is laid out as it says: links, wheel, import directions, module sizes, nothing of one machine."""

from __future__ import annotations

import ast
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FOLDERS = ("screens", "checks", "themes")
MOST_LINES = 400
# This checkout, and what lies beside it for its developers only; a checkout right below / has no telling name.
FOREIGN = tuple(str(path) for path in (ROOT, ROOT.parent / "shared") if len(path.parts) > 2)


def tracked() -> list[str]:
    """The files that git knows, as paths from the root."""
    done = subprocess.run(
        ["git", "ls-files", "-z"],  # noqa: S607 - whichever git the developer has
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        pytest.skip("this is no git checkout")
    return [name for name in done.stdout.split("\0") if name and (ROOT / name).exists()]


def modules() -> list[Path]:
    """Every module of the package, where it really lies."""
    folders = [ROOT / name for name in FOLDERS]
    real = [path for path in (ROOT / "ksec_tui").rglob("*.py") if path.resolve() == path]
    return [*real, *(path for folder in folders for path in folder.rglob("*.py"))]


@pytest.mark.parametrize("name", FOLDERS)
def test_each_link_leads_to_its_folder_at_the_root(name: str) -> None:
    link = ROOT / "ksec_tui" / name
    assert link.is_symlink(), (
        f"{link} is no link: on Windows set git config core.symlinks true and check out again"
    )
    assert link.readlink() == Path("..", name)
    assert link.resolve() == ROOT / name


def test_the_wheel_holds_exactly_what_git_tracks_under_one_name(tmp_path: Path) -> None:
    expected = {
        name if name.startswith("ksec_tui/") else f"ksec_tui/{name}"
        for name in tracked()
        if name.startswith(("ksec_tui/", *(f"{folder}/" for folder in FOLDERS)))
        and not (ROOT / name).is_symlink()
    }
    # From a copy of what git tracks: stray files of a working tree are nobody's release.
    clone = tmp_path / "clone"
    for name in tracked():
        target = clone / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).is_symlink():
            target.symlink_to((ROOT / name).readlink())
        else:
            target.write_bytes((ROOT / name).read_bytes())
    # The sdist first and the wheel from it, as installers do.
    build = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(tmp_path / "dist"), str(clone)]
    done = subprocess.run(build, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
        (entry_points,) = (name for name in archive.namelist() if name.endswith("entry_points.txt"))
        scripts = archive.read(entry_points).decode()
    assert names == expected
    assert "ksec-tui = ksec_tui.__main__:main" in scripts


def test_imports_go_only_where_the_contracts_allow() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as run; run()"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]


@pytest.mark.parametrize(
    "package",
    [
        "cluster",
        "sources",
        "analysis",
        "findings",
        "checks",
        "fixes",
        "triage",
        "reports",
        "session",
        "config",
        "state",
        "cli",
    ],
)
def test_the_engines_run_without_a_terminal(package: str) -> None:
    code = (
        "import importlib, pkgutil, sys\n"
        f"package = importlib.import_module('ksec_tui.{package}')\n"
        "for info in pkgutil.walk_packages(getattr(package, '__path__', ()), package.__name__ + '.'):\n"
        "    importlib.import_module(info.name)\n"
        "print(*sorted(name for name in sys.modules if name.partition('.')[0] in ('textual', 'rich')))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True, timeout=120
    )
    assert done.stdout.strip() == ""


def test_no_module_grows_beyond_what_one_can_hold_in_mind() -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for path in modules()
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > MOST_LINES
    }
    assert long == {}


def test_every_module_says_what_it_is_for() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for path in modules()
        if ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) is None
    ]
    assert silent == []


def test_no_file_knows_the_machine_it_was_written_on() -> None:
    found = []
    for name in tracked():
        path = ROOT / name
        if path.is_symlink():
            continue
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        found += [f"{name}: {place}" for place in FOREIGN if place in text]
    assert found == []
