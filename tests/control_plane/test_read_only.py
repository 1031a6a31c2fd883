"""What the server itself wrote down of a session: reads, questions about oneself, and the dry runs asked for."""

from __future__ import annotations

import gzip
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from tests.control_plane.client import Tree
from tests.control_plane.conftest import Ksec, Tally
from tests.control_plane.demo import CANARY
from tests.control_plane.plane import MASTERS, Plane

READS = {"get", "list", "watch"}
SELF = {"selfsubjectreviews", "selfsubjectaccessreviews", "selfsubjectrulesreviews"}


def test_a_session_leaves_only_reads_in_the_audit_log_and_shows_no_payload(
    demo: Plane, ksec: Ksec, tmp_path: Path, tally: Tally
) -> None:
    kubeconfig = demo.kubeconfig(demo.authority.client("looker", MASTERS))
    before = stored(demo)
    words = [
        ("scan",),
        ("can-i", "get", "secrets", "--subject", "sa:ci/deployer"),
        ("who-can", "create", "pods"),
        ("paths",),
        ("exposure",),
        ("connections",),
        ("pss",),
        ("versions",),
        ("snapshot", "save", str(tmp_path / "saved")),
        ("fix", "--out", str(tmp_path / "out")),
    ]
    said = "".join(run(ksec, *command, "--kubeconfig", str(kubeconfig)) for command in words)
    quiet = requests(demo)
    assert len(quiet) > 400
    assert {kind_of(item) for item in quiet} == {"read", "self"}

    said += run(
        ksec, "fix", "--out", str(tmp_path / "asked"), "--dry-run-server", "--kubeconfig", str(kubeconfig)
    )
    asked = requests(demo)
    assert {kind_of(item) for item in asked} == {"read", "self", "dry run"}
    assert stored(demo) == before
    tally["requests of the tool found harmless in the audit log"] += len(asked)

    assert len(said) > 100_000
    assert CANARY not in said
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(written) > 300
    assert [path for path in written if CANARY.encode() in unpacked(path)] == []


def unpacked(path: Path) -> bytes:
    data = path.read_bytes()
    return gzip.decompress(data) if data.startswith(b"\x1f\x8b") else data


def run(ksec: Ksec, *words: str) -> str:
    done = ksec(*words)
    assert done.code in (0, 1), (words, done.err)
    return done.out + done.err


def requests(plane: Plane) -> list[Tree]:
    return [item for item in plane.requests() if item["user"].get("username") == "looker"]


def kind_of(item: Tree) -> str:
    """What sort of request it was, by what the server says of it."""
    if item["verb"] in READS:
        return "read"
    if item["verb"] == "create" and item["objectRef"]["resource"] in SELF:
        return "self"
    if parse_qs(urlsplit(item["requestURI"]).query).get("dryRun") == ["All"]:
        return "dry run"
    return f"{item['verb']} {item['requestURI']}"


def stored(plane: Plane) -> set[tuple[str, str]]:
    """Uid and version of everything that fixes are about."""
    paths = ("/api/v1/namespaces", "/api/v1/pods", "/api/v1/services", "/api/v1/serviceaccounts")
    groups = (
        "apps/v1/deployments",
        "networking.k8s.io/v1/networkpolicies",
        "rbac.authorization.k8s.io/v1/clusterroles",
    )
    return {
        (item["metadata"]["uid"], item["metadata"]["resourceVersion"])
        for path in (*paths, *(f"/apis/{group}" for group in groups))
        for item in plane.admin.get(path)["items"]
    }
