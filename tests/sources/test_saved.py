"""Saved snapshots: what is loaded again equals what was saved, and damage never looks like a clean cluster."""

import gzip
import json
import stat
import threading
from pathlib import Path

import pytest

from ksec_tui.cluster.building import SnapshotBuilder
from ksec_tui.cluster.coverage import State
from ksec_tui.cluster.kinds import KINDS, NAMESPACE, POD, SECRET
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot, SourceInfo
from ksec_tui.sources.base import SourceError, load
from ksec_tui.sources.demo import DemoSource
from ksec_tui.sources.files import FileSource
from ksec_tui.sources.saved import SavedSource, save

CLUSTER = Path(__file__).resolve().parents[3] / "shared" / "cluster"
ODD = """
apiVersion: v1
kind: Pod
metadata: {name: odd, namespace: shop, annotations: {note: "a\\e[31mb\\u202e", long: "%s"}}
spec: {containers: [{name: app, image: nginx, env: [{name: DB_PASSWORD, value: canary-value}]}]}
---
apiVersion: v1
kind: Pod
metadata: {name: wrong, namespace: shop}
spec: {hostNetwork: "yes please", nodeName: "\\e[1m"}
---
apiVersion: v1
kind: Secret
metadata: {name: db, namespace: shop}
type: Opaque
data: {key: Y2FuYXJ5LXZhbHVl}
""" % ("x" * 40_000)


def odd_snapshot(tmp_path: Path) -> Snapshot:
    (tmp_path / "odd.yaml").write_text(ODD)
    return load(FileSource([str(tmp_path / "odd.yaml")]))[0]


def without_credentials(snapshot: Snapshot) -> Snapshot:
    """The Snapshot with each object read from the document that is shown."""
    return snapshot.with_documents(
        {item.ref: snapshot.document(item.ref) for kind in KINDS for item in snapshot.of(kind)}
    )


def assert_equal(left: Snapshot, right: Snapshot) -> None:
    for kind in KINDS:
        assert left.of(kind) == right.of(kind)
        for item in left.of(kind):
            assert left.document(item.ref) == right.document(item.ref)
            assert left.whole(item.ref) == right.whole(item.ref)
    assert left.coverage == right.coverage
    assert left.hostile == right.hostile
    assert left.unreadable == right.unreadable


def lines_of(path: Path) -> list[bytes]:
    return gzip.decompress(path.read_bytes()).splitlines(keepends=True)


def rewrite(path: Path, lines: list[bytes]) -> None:
    path.write_bytes(gzip.compress(b"".join(lines)))


def test_the_demo_cluster_comes_back_equal(tmp_path: Path) -> None:
    before = load(DemoSource())[0]
    save(before, tmp_path / "demo.ksec")
    after, problems = load(SavedSource(tmp_path / "demo.ksec"))
    assert problems == ()
    assert before.count() > 200
    assert_equal(without_credentials(before), after)


def test_a_real_cluster_comes_back_equal(tmp_path: Path) -> None:
    if not CLUSTER.is_dir():
        pytest.skip("the dump of a real cluster is not here")
    before = load(FileSource([str(CLUSTER)]))[0]
    save(before, tmp_path / "real.ksec")
    after, problems = load(SavedSource(tmp_path / "real.ksec"))
    assert problems == ()
    assert len(after.of(POD)) > 600
    assert_equal(without_credentials(before), after)
    assert after.source.server_version == before.source.server_version


def test_hostile_and_unreadable_objects_are_still_listed(tmp_path: Path) -> None:
    before = odd_snapshot(tmp_path)
    assert before.hostile
    assert before.unreadable
    save(before, tmp_path / "odd.ksec")
    after, _ = load(SavedSource(tmp_path / "odd.ksec"))
    assert_equal(without_credentials(before), after)
    assert after.coverage.of(POD).unreadable == 1


def test_no_credential_and_no_payload_reaches_the_file(tmp_path: Path) -> None:
    save(odd_snapshot(tmp_path), tmp_path / "odd.ksec")
    content = b"".join(lines_of(tmp_path / "odd.ksec"))
    assert b"canary-value" not in content
    assert b"Y2FuYXJ5LXZhbHVl" not in content
    assert b'"db"' in content


def test_objects_that_are_not_held_whole_are_not_whole_afterwards(tmp_path: Path) -> None:
    full = odd_snapshot(tmp_path)
    ref = ObjectRef("shop", "Pod", "odd")
    partial = Snapshot(full.source, {POD.resource: full.of(POD)}, full.coverage)
    save(partial, tmp_path / "partial.ksec")
    after, _ = load(SavedSource(tmp_path / "partial.ksec"))
    assert not after.whole(ref)
    assert after.document(ref) == partial.document(ref)


def test_equal_snapshots_give_equal_bytes_for_their_owner_only(tmp_path: Path) -> None:
    for name in ("a", "b"):
        save(load(DemoSource())[0], tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o600


def test_an_existing_file_is_kept_unless_forced(tmp_path: Path) -> None:
    path = tmp_path / "s.ksec"
    path.write_text("mine")
    with pytest.raises(SourceError, match="exists already"):
        save(odd_snapshot(tmp_path), path)
    assert path.read_text() == "mine"
    save(odd_snapshot(tmp_path), path, force=True)
    assert load(SavedSource(path))[0].count() == 2


def test_what_was_never_read_stays_unknown(tmp_path: Path) -> None:
    save(odd_snapshot(tmp_path), tmp_path / "s")
    after, _ = load(SavedSource(tmp_path / "s"))
    assert after.coverage.of(NAMESPACE).state is State.NOT_SUPPLIED
    assert after.coverage.of(POD).state is State.OK


def test_a_snapshot_saved_while_loading_does_not_load_for_ever(tmp_path: Path) -> None:
    save(SnapshotBuilder(SourceInfo()).snapshot(), tmp_path / "s")
    after, _ = load(SavedSource(tmp_path / "s"))
    assert not after.coverage.pending


def test_a_damaged_line_is_named_and_its_kind_is_incomplete(tmp_path: Path) -> None:
    path = tmp_path / "s"
    save(odd_snapshot(tmp_path), path)
    lines = lines_of(path)
    index = next(i for i, line in enumerate(lines) if b'"pods"' in line and i)
    lines[index] = lines[index][:40] + b"\n"
    rewrite(path, lines)
    after, problems = load(SavedSource(path))
    assert [(problem.where, problem.reason) for problem in problems] == [
        (f"s:{index + 1}", "this line is damaged and was left out")
    ]
    assert after.coverage.of(POD).state is State.TRUNCATED
    assert after.coverage.of(SECRET).state is State.OK
    assert after.coverage.gap(POD) is not None


def test_a_missing_line_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "s"
    save(odd_snapshot(tmp_path), path)
    rewrite(path, [line for i, line in enumerate(lines_of(path)) if not i or b'"pods"' not in line])
    assert load(SavedSource(path))[0].coverage.of(POD).state is State.TRUNCATED


def test_a_file_that_breaks_off_is_incomplete(tmp_path: Path) -> None:
    path = tmp_path / "s"
    save(load(DemoSource())[0], path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    after, problems = load(SavedSource(path))
    assert "cut short" in problems[0].reason
    assert State.TRUNCATED in {cover.state for cover in after.coverage.kinds.values()}


def test_hostile_text_that_was_put_into_the_file_is_made_visible(tmp_path: Path) -> None:
    path = tmp_path / "s"
    save(odd_snapshot(tmp_path), path)
    lines = lines_of(path)
    header = json.loads(lines[0])
    header["source"] |= {"label": "\x1b[2J", "today": "soon"}
    header["coverage"]["nodes"] = {"state": "error", "reason": "\x1b[2J"}
    lines[0] = json.dumps(header).encode() + b"\n"
    rewrite(path, [line.replace(b'"nginx"', b'"\\u001b[2J"') for line in lines])
    after, _ = load(SavedSource(path))
    assert after.source.label == "␛[2J"
    assert after.source.today == ""
    assert "\x1b" not in repr(after.coverage)
    assert after.of(POD)[0].spec.containers[0].image == "␛[2J"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"plain text\n",
        gzip.compress(b"", mtime=0),
        gzip.compress(b"[1]\n", mtime=0),
        gzip.compress(b"[" * 100_000, mtime=0),
        gzip.compress(b'{"format":"ksec-snapshot/1"}\n', mtime=0),
    ],
    ids=["empty", "plain text", "gzip of nothing", "a list", "deep nesting", "no header"],
)
def test_another_file_is_refused_in_one_sentence(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "s").write_bytes(content)
    with pytest.raises(SourceError, match="is no saved snapshot"):
        load(SavedSource(tmp_path / "s"))


def test_a_format_of_the_future_is_named(tmp_path: Path) -> None:
    path = tmp_path / "s"
    save(odd_snapshot(tmp_path), path)
    lines = lines_of(path)
    rewrite(path, [lines[0].replace(b"ksec-snapshot/1", b"ksec-snapshot/9"), *lines[1:]])
    with pytest.raises(SourceError, match="ksec-snapshot/9"):
        load(SavedSource(path))


def test_a_missing_file_is_a_source_error(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="No such file"):
        load(SavedSource(tmp_path / "none"))


def test_cancelling_ends_the_reading(tmp_path: Path) -> None:
    save(load(DemoSource())[0], tmp_path / "s")
    cancel = threading.Event()
    events = SavedSource(tmp_path / "s").events(cancel)
    next(events)
    cancel.set()
    assert len([event for event in events if type(event).__name__ in ("Arrived", "Ended")]) == 0
