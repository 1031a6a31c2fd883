"""``data``: which facts are in use, and how newer ones get there."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator
from functools import partial
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from ksec_tui.data import places
from ksec_tui.data.versions import flaws, releases
from tests.cli.conftest import TODAY, Ksec


@pytest.fixture(autouse=True)
def _own_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data-home"))
    before = places.folders()
    yield
    places.use(*before)


def packaged(name: str) -> dict[str, Any]:
    text = resources.files("ksec_tui.data.versions").joinpath(name).read_text(encoding="utf-8")
    content: dict[str, Any] = json.loads(text)
    return content


def newer(folder: Path, name: str = "cves.json", as_of: str = "2026-11-20", **change: object) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    content = packaged(name) | {"as_of": as_of} | change
    path = folder / name
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def with_another_flaw() -> list[dict[str, object]]:
    flaw = {
        "id": "CVE-2026-99999",
        "component": "kube-apiserver",
        "severity": "critical",
        "ranges": [{"fixed": "1.36.9"}],
        "flaw": "anyone does anything",
        "url": "https://example.org/CVE-2026-99999",
    }
    return [flaw, *packaged("cves.json")["cves"]]


def test_show_names_every_file_with_its_date_age_and_origin(ksec: Ksec) -> None:
    done = ksec("data", "show", *TODAY)
    assert done.code == 0
    rows = {line.split()[0]: line for line in done.out.splitlines()[1:]}
    assert set(rows) == {
        "releases.json",
        "products.json",
        "cves.json",
        "deprecations.json",
        "features.json",
        "distributions.json",
    }
    assert "2026-09-28  54 d" in rows["cves.json"]
    assert "the program" in rows["cves.json"]


@pytest.mark.parametrize(
    ("today", "state"),
    [
        ("2026-09-27", "from the future"),
        ("2026-11-12", "fresh"),
        ("2026-11-13", "old"),
        ("2027-01-26", "old"),
        ("2027-01-27", "stale"),
    ],
)
def test_the_age_turns_at_a_missed_patch_round_and_at_a_missed_minor(
    ksec: Ksec, today: str, state: str
) -> None:
    rows = json.loads(ksec("data", "show", "-o", "json", "--today", today).out)
    (row,) = (row for row in rows if row["file"] == "cves.json")
    assert row["freshness"] == state


def test_newer_facts_are_used_from_then_on_by_every_command(ksec: Ksec, tmp_path: Path) -> None:
    done = ksec("data", "update", "--from", str(newer(tmp_path / "new", cves=with_another_flaw())))
    assert done.code == 0
    assert "cves.json: 2026-09-28 → 2026-11-20, +1 -0 rows (CVE-2026-99999)" in done.err
    written = places.user_folder() / "cves.json"
    assert written.stat().st_mode & 0o777 == 0o600
    found = json.loads(ksec("scan", "--demo", *TODAY, "-o", "json", "--filter", "check:ver-kube-cve").out)
    assert "CVE-2026-99999" in json.dumps(found)


def test_a_folder_is_taken_whole_and_the_former_copy_is_kept(ksec: Ksec, tmp_path: Path) -> None:
    folder = tmp_path / "new"
    newer(folder)
    newer(folder, "releases.json", "2026-11-19")
    assert ksec("data", "update", "--from", str(folder)).code == 0
    assert (str(flaws().as_of), str(releases().as_of)) == ("2026-11-20", "2026-11-19")
    newer(folder, as_of="2026-11-21")
    assert ksec("data", "update", "--from", str(folder / "cves.json")).code == 0
    assert json.loads((places.user_folder() / "cves.json.old").read_bytes())["as_of"] == "2026-11-20"


def test_a_file_is_known_by_what_it_states_whatever_it_is_called(ksec: Ksec, tmp_path: Path) -> None:
    path = newer(tmp_path / "new").rename(tmp_path / "download.txt")
    assert ksec("data", "update", "--from", str(path)).code == 0
    assert str(flaws().as_of) == "2026-11-20"


def test_older_facts_are_refused_unless_asked_for(ksec: Ksec, tmp_path: Path) -> None:
    path = str(newer(tmp_path / "old", as_of="2026-01-01"))
    done = ksec("data", "update", "--from", path)
    assert done.code == 3
    assert "knows the world up to 2026-01-01, the one in use up to 2026-09-28" in done.err
    assert not places.user_folder().exists()
    assert ksec("data", "update", "--from", path, "--allow-older").code == 0
    assert str(flaws().as_of) == "2026-09-28"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{}", "states no schema"),
        ("[]", "states no schema"),
        ("no json", "states no schema"),
        ('{"schema": "ksec/else/1"}', "not known here"),
        ('{"schema": "ksec/cves/1", "as_of": "2026-11-20", "sources": [], "cves": []}', "cves.json"),
        ('{"schema": "ksec/cves/2", "as_of": "2026-11-20", "sources": [], "cves"', "states no schema"),
        ('{"schema": "ksec/cves/2", "as_of": "2026-11-20", "sources": [], "cves": [{"id": 7}]}', "cves.json"),
    ],
)
def test_what_is_no_file_of_facts_changes_nothing(ksec: Ksec, tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "cves.json"
    path.write_text(text, encoding="utf-8")
    done = ksec("data", "update", "--from", str(path))
    assert done.code == 3
    assert words in done.err
    assert "nothing was changed" in done.err
    assert not places.user_folder().exists()


def test_a_file_beyond_the_limit_is_not_read_to_its_end(ksec: Ksec, tmp_path: Path) -> None:
    path = tmp_path / "cves.json"
    with path.open("wb") as stream:
        stream.truncate(17 * 1024 * 1024)
    assert "larger than 16 MB" in ksec("data", "update", "--from", str(path)).err


@pytest.mark.parametrize("address", ["http://example.org/cves.json", "HTTP://192.0.2.1/", "https:cves.json"])
def test_facts_never_come_over_a_line_that_others_can_change(ksec: Ksec, address: str) -> None:
    done = ksec("data", "update", "--from", address)
    assert done.code == 3


class _Site(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        if self.path.startswith("/away/"):
            self.send_response(302)
            self.send_header("Location", "http://192.0.2.1/cves.json")
            self.end_headers()
            return
        super().do_GET()


@pytest.fixture
def site(tmp_path: Path) -> Iterator[str]:
    newer(tmp_path / "site")
    handler = partial(_Site, directory=str(tmp_path / "site"))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("path", ["", "/", "/cves.json"])
def test_facts_are_fetched_from_an_address_that_was_named(ksec: Ksec, site: str, path: str) -> None:
    done = ksec("data", "update", "--from", site + path)
    assert done.code == 0, done.err
    assert str(flaws().as_of) == "2026-11-20"


@pytest.mark.parametrize("path", ["/none.json", "/none/", "/away/cves.json"])
def test_what_is_not_there_or_leads_astray_changes_nothing(ksec: Ksec, site: str, path: str) -> None:
    done = ksec("data", "update", "--from", site + path)
    assert done.code == 3
    assert "nothing was changed" in done.err


def test_a_broken_copy_of_the_user_is_told_and_not_used(ksec: Ksec, tmp_path: Path) -> None:
    (tmp_path / "cves.json").write_text("{", encoding="utf-8")
    done = ksec("data", "show", "--data", str(tmp_path))
    assert done.code == 0
    assert "cves.json is not used" in done.err
    assert "the program" in done.out


def test_a_folder_of_facts_that_is_not_there_is_an_error(ksec: Ksec, tmp_path: Path) -> None:
    assert ksec("scan", "--demo", "--data", str(tmp_path / "none")).code == 2
