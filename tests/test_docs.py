"""What is written agrees with what the program does."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from ksec_tui import __version__
from ksec_tui.checks import all_checks
from ksec_tui.cli.command import discover
from ksec_tui.reports.pages import all_pages
from ksec_tui.screens.key_page import page

ROOT = Path(__file__).parents[1]


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def test_the_pages_of_the_checks_are_up_to_date() -> None:
    assert read("docs/checks.md") == all_pages(all_checks(optional=True)), (
        "run: ksec-tui docs checks > docs/checks.md"
    )


def test_the_page_of_the_keys_is_up_to_date() -> None:
    assert read("docs/keys.md") == page(), "run: ksec-tui docs keys > docs/keys.md"


def test_every_check_has_a_page_that_the_contents_lead_to() -> None:
    pages = all_pages(all_checks(optional=True))
    for check in all_checks(optional=True):
        assert f"](#{check.id})" in pages
        assert f"\n### {check.id}\n" in pages


def test_the_readme_names_every_command() -> None:
    text = read("README.md")
    missing = [name for name in discover() if name and not re.search(rf"ksec-tui {name}\b", text)]
    assert missing == []


def test_what_the_readme_links_to_is_there() -> None:
    for name in ("README.md", "docs/architecture.md", "docs/guarantees.md", "CHANGELOG.md"):
        folder = (ROOT / name).parent
        links = re.findall(r"\]\((?!https?://|#)([^)#]+)", read(name))
        assert [link for link in links if not (folder / link).exists()] == []


def test_the_tests_that_hold_the_promises_are_there() -> None:
    named = re.findall(r"`((?:tests|bench)/[^`]*)`", read("docs/guarantees.md"))
    assert len(named) > 30
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_the_readme_promises_the_python_that_the_package_requires() -> None:
    project = tomllib.loads(read("pyproject.toml"))["project"]
    assert f"Python {project['requires-python'].removeprefix('>=')}" in read("README.md")


def test_continuous_integration_runs_the_tests_as_the_readme_does() -> None:
    commands = re.findall(r"&& (\S*python -m pytest.*)$", read("README.md"), re.MULTILINE)
    assert commands
    assert commands[0] in read(".ci/run")


def test_the_changelog_has_this_version() -> None:
    assert f"## {__version__}" in read("CHANGELOG.md")
