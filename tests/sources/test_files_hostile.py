"""Files that are too large, broken, hostile or of other versions: refused with the reason, or read as they are."""

import gc
import gzip
import io
import json
import lzma
import os
import tarfile
import tempfile
import threading
from collections.abc import Callable, Generator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ksec_tui.cluster.coverage import State
from ksec_tui.cluster.kinds import DEPLOYMENT, INGRESS, KINDS, NAMESPACE, POD, SECRET
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.sources import archive, inputs, manifests, yaml_reader
from ksec_tui.sources.base import Arrived, Ended, Problem, load
from ksec_tui.sources.files import FileSource
from tests.sources.manifests import POD_YAML, Write, names, pod, read


def test_keys_are_text_as_in_json() -> None:
    tree = next(yaml_reader.documents(b"1: a\ntrue: b\n~: c\n1.5: d\n'1': e\n", 1)).tree
    assert tree == {"1": "e", "true": "b", "null": "c", "1.5": "d"}


def test_anchors_and_merge_keys_are_followed() -> None:
    tree = next(
        yaml_reader.documents(b"a: &a {x: 1, y: 1}\nb: &b {y: 2, z: 2}\nc: {<<: [*a, *b], x: 3}\nd: *a\n", 1)
    ).tree
    assert isinstance(tree, dict)
    assert tree["c"] == {"x": 3, "y": 1, "z": 2}
    assert tree["d"] == {"x": 1, "y": 1}


def bomb(levels: int) -> str:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, levels)]
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (bomb(9), "aliases expand to more than"),
        ("a: &a x\nb: [" + ", ".join(["*a"] * 1001) + "]", "more than 1,000 aliases"),
        ("a: &a [b, *a]", "contains itself"),
        ("a: " + "[" * 300 + "]" * 300, "deeper than 200"),
        ("- " * 300 + "x", "deeper than 200"),
        ("a: &a " + "[" * 150 + "]" * 150 + "\nb: " + "[" * 100 + "*a" + "]" * 100, "deeper than 200"),
    ],
)
def test_bombs_are_refused_with_the_limit_named(write: Write, text: str, reason: str) -> None:
    path = write("a.yaml", f"{text}\n---\n{POD_YAML % 'a'}")
    snapshot, problems = read(path)
    assert names(snapshot) == ["a"]
    assert reason in " ".join(problems.values())


def test_directives_comments_and_document_ends_are_no_documents(write: Write) -> None:
    text = f"%YAML 1.1\n---\n# c\n---\n{POD_YAML % 'a'}...\n---\n\n--- # d\n{POD_YAML % 'b'}"
    snapshot, problems = read(write("a.yaml", text))
    assert names(snapshot) == ["a", "b"]
    assert problems == {}


def test_utf16_and_windows_line_ends_are_read(write: Write) -> None:
    text = f"{POD_YAML % 'a'}---\n{POD_YAML % 'b'}".replace("\n", "\r\n")
    assert names(read(write("a.yaml", text))[0]) == ["a", "b"]
    assert names(read(write("b.yaml", text.encode("utf-16")))[0]) == ["a", "b"]


def test_a_file_that_is_too_large_is_refused_unread_with_the_limit(tmp_path: Path) -> None:
    path = tmp_path / "pods.json"
    with path.open("wb") as file:
        file.truncate(inputs.MAX_FILE * 2)
    snapshot, problems = read(path)
    assert problems == {str(path): "1.0 GiB; files over 512 MiB are not read"}
    assert snapshot.coverage.of(POD).state is State.TRUNCATED


def test_yaml_that_is_too_large_is_refused_with_advice(write: Write) -> None:
    path = write("a.yaml", b"#" * (manifests.MAX_YAML + 1))
    _, problems = read(path)
    assert "kubectl get -o json" in problems[f"{path}:1"]


def tar_of(entries: list[tuple[str, bytes]], links: tuple[str, ...] = ()) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as file:
        for name, content in entries:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            file.addfile(info, io.BytesIO(content))
        for name in links:
            info = tarfile.TarInfo(name)
            info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
            file.addfile(info)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("name", "pack"),
    [("a.tar", bytes), ("a.tgz", gzip.compress), ("a.tar.gz", gzip.compress), ("a.tar.xz", lzma.compress)],
)
def test_archives_are_read_without_extracting(
    write: Write, tmp_path: Path, name: str, pack: Callable[[bytes], bytes]
) -> None:
    entries = [
        ("dump/../../pod.yaml", (POD_YAML % "a").encode()),
        ("dump/deployments.apps.json", b'{"apiVersion":"v1","kind":"List","items":[]}'),
    ]
    entries += [("README", b"x"), ("dump/.x.yaml", b"a: [")]
    path = write(name, pack(tar_of(entries, links=("dump/link.yaml",))))
    before = sorted(tmp_path.rglob("*"))
    source = FileSource([str(tmp_path)])
    snapshot, problems = load(source)
    assert names(snapshot) == ["a"]
    assert source.origin(ObjectRef("shop", "Pod", "a")) == f"{path}!dump/../../pod.yaml:1"
    assert snapshot.coverage.of(DEPLOYMENT).state is State.OK
    assert [problem.reason for problem in problems] == [
        "1 entry is a link or device, not read: dump/link.yaml"
    ]
    assert sorted(tmp_path.rglob("*")) == before


def test_an_archive_that_breaks_off_makes_what_was_read_incomplete(write: Write) -> None:
    data = tar_of([("a.yaml", (POD_YAML % "a").encode()), ("b.yaml", os.urandom(200_000))])
    snapshot, problems = read(write("a.tar", data[: len(data) // 2]))
    assert names(snapshot) == ["a"]
    assert snapshot.coverage.of(POD).state is State.TRUNCATED
    assert "damaged or cut short" in " ".join(problems.values())


def test_an_archive_that_is_none_is_named(write: Write) -> None:
    path = write("a.tgz", b"not an archive at all" * 100)
    assert "damaged or cut short" in read(path)[1][str(path)]


def test_a_compression_bomb_is_refused_with_the_limit_named(write: Write) -> None:
    plain = tar_of(
        [("a.yaml", (POD_YAML % "a").encode()), ("b.yaml", b" " * (archive.RATIO_FLOOR + (8 << 20)))]
    )
    path = write("a.tar.xz", lzma.compress(plain))
    snapshot, problems = read(path)
    assert names(snapshot) == ["a"]
    assert f"{archive.MAX_RATIO} times its size" in problems[str(path)]


def test_a_secret_in_a_dump_is_read_without_its_payload(write: Write) -> None:
    data = {
        "kind": "Secret",
        "apiVersion": "v1",
        "metadata": {"name": "s", "namespace": "shop"},
        "data": {"k": "Y2FuYXJ5"},
    }
    snapshot, _ = read(
        write("a.json", json.dumps(data)),
        write("b.yaml", "apiVersion: v1\nkind: Secret\nmetadata: {name: t}\nstringData: {k: Y2FuYXJ5}\n"),
    )
    assert [item.name for item in snapshot.of(SECRET)] == ["t", "s"]
    assert "Y2FuYXJ5" not in repr(vars(snapshot))


def test_pages_come_while_the_file_is_being_read(write: Write) -> None:
    path = write(
        "a.json",
        json.dumps({"apiVersion": "v1", "kind": "PodList", "items": [pod(f"p{i}") for i in range(1200)]}),
    )
    events = list(FileSource([str(path)]).events(threading.Event()))
    assert [len(event.page.objects) for event in events if isinstance(event, Arrived)] == [500, 500, 200]
    ended = [event.kind for event in events if isinstance(event, Ended)]
    assert len(ended) == len(set(ended)) == len(KINDS)


def test_cancelling_ends_the_reading_without_a_claim(write: Write) -> None:
    path = write(
        "a.json",
        json.dumps({"apiVersion": "v1", "kind": "PodList", "items": [pod(f"p{i}") for i in range(1200)]}),
    )
    cancel = threading.Event()
    seen = []
    for event in FileSource([str(path)]).events(cancel):
        seen.append(event)
        if isinstance(event, Arrived):
            cancel.set()
    assert sum(isinstance(event, Arrived) for event in seen) == 1
    assert not any(isinstance(event, Ended | Problem) for event in seen)
    assert gc.isenabled()


def test_the_collector_rests_while_reading_and_is_left_as_it_was(write: Write) -> None:
    path = write("a.yaml", POD_YAML % "a")
    events = FileSource([str(path)]).events(threading.Event())
    next(events)
    assert not gc.isenabled()
    assert isinstance(events, Generator)
    events.close()
    assert gc.isenabled()


SNIPPETS = [
    "apiVersion: v1\n",
    "kind: List\n",
    "kind: Pod\n",
    "items:\n",
    "- ",
    "metadata: {name: a}\n",
    "---\n",
    "%YAML 1.1\n",
    "&a ",
    "*a ",
    "<<: ",
    "? ",
    "|\n",
    "!!int ",
    "{",
    "}",
    "[",
    "]",
    '"',
    "\\ud800",
    "\x1b",
    "\t",
    '{"apiVersion":"v1","kind":"List","items":[',
    '{"kind":"Pod",',
    "null",
    "1e9",
    "serverVersion: ",
]


@pytest.mark.parametrize("name", ["a.yaml", "pods.json", "a.tgz"])
@given(
    content=st.one_of(
        st.binary(max_size=80), st.lists(st.sampled_from(SNIPPETS)).map(lambda s: "".join(s).encode())
    )
)
def test_no_content_whatever_breaks_the_reading(name: str, content: bytes) -> None:
    with tempfile.TemporaryDirectory() as directory:
        (Path(directory) / name).write_bytes(content)
        snapshot, _ = load(FileSource([directory]))
    assert not snapshot.coverage.pending


def test_order_of_the_files_does_not_matter(write: Write) -> None:
    a = write("a.yaml", f"{POD_YAML % 'a'}---\napiVersion: v1\nkind: Namespace\nmetadata: {{name: shop}}\n")
    b = write("b.yaml", POD_YAML % "b")
    one, other = read(a, b)[0], read(b, a)[0]
    assert one.of(POD) == other.of(POD)
    assert one.of(NAMESPACE) == other.of(NAMESPACE)
    assert one.coverage == other.coverage


OLD_INGRESS = """\
apiVersion: {version}
kind: Ingress
metadata: {{name: old, namespace: shop}}
spec:
  backend: {{serviceName: fallback, servicePort: 80}}
  rules:
  - host: shop.example
    http: {{paths: [{{path: /, backend: {{serviceName: web, servicePort: http}}}}]}}
"""


@pytest.mark.parametrize("version", ["extensions/v1beta1", "networking.k8s.io/v1beta1"])
def test_the_backends_of_an_old_ingress_are_read(write: Write, version: str) -> None:
    """v1beta1 calls them by other names: unread, nothing would be exposed and nothing dangling."""
    spec = read(write("a.yaml", OLD_INGRESS.format(version=version)))[0].of(INGRESS)[0].spec
    http = spec.rules[0].http
    assert http is not None
    named, fallback = http.paths[0].backend.service, spec.default_backend and spec.default_backend.service
    assert named is not None
    assert (named.name, named.port.name) == ("web", "http")
    assert fallback
    assert (fallback.name, fallback.port.number) == ("fallback", 80)


@pytest.mark.parametrize(
    ("api", "kind", "ref"),
    [
        ("admissionregistration.k8s.io/v1beta1", "ValidatingWebhookConfiguration", ("", "x")),
        ("rbac.authorization.k8s.io/v1alpha1", "RoleBinding", ("default", "x")),
        ("v2", "Pod", ("default", "x")),
        ("apps/v1x", "Deployment", ("default", "x")),
    ],
)
@pytest.mark.parametrize("form", ["a.yaml", "a.json"])
def test_a_version_that_means_something_else_is_unreadable_and_not_read_as_v1(
    write: Write, form: str, api: str, kind: str, ref: tuple[str, str]
) -> None:
    """Its defaults differ from those of v1, or nobody knows them: the object is named and nothing is claimed."""
    text = json.dumps({"apiVersion": api, "kind": kind, "metadata": {"name": "x"}})
    snapshot, _ = read(write(form, text))
    assert snapshot.count() == 0
    assert [(item.ref.namespace, item.ref.name) for item in snapshot.unreadable] == [ref]
    assert "version" in snapshot.unreadable[0].reason


LISTED = '{"apiVersion":"v1","kind":"List","items":[%s]}'


@pytest.mark.parametrize(
    ("name", "content"),
    [
        (
            "all.yaml",
            "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Pod\n  metadata: {name: b\n",
        ),
        ("all.json", (LISTED % json.dumps(pod("b")))[:-3]),
        ("all.yaml", b"apiVersion: v1\nkind: List\nitems: []\n\xff\xfe\xff"),
    ],
)
def test_a_broken_list_of_anything_leaves_no_kind_complete(
    write: Write, name: str, content: str | bytes
) -> None:
    """What it held may have been of any kind: nothing that other files show may pass as all there is."""
    snapshot, problems = read(write("good.yaml", POD_YAML % "a"), write(name, content))
    assert names(snapshot) == ["a"]
    assert snapshot.coverage.of(POD).state is State.TRUNCATED
    assert len(problems) == 1


def test_a_file_that_was_not_opened_leaves_no_kind_complete(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = write("good.yaml", POD_YAML % "a")
    monkeypatch.setattr(inputs, "MAX_FILE", len(POD_YAML) + 10)
    snapshot, _ = read(good, write("large.yaml", f"{POD_YAML % 'b'}---\n{POD_YAML % 'c'}"))
    assert names(snapshot) == ["a"]
    assert snapshot.coverage.of(POD).state is State.TRUNCATED


def test_a_broken_file_that_is_no_manifest_takes_nothing_away(write: Write) -> None:
    snapshot, problems = read(write("good.yaml", POD_YAML % "a"), write("tsconfig.json", '{"a": 1, // no\n}'))
    assert snapshot.coverage.of(POD).state is State.OK
    assert len(problems) == 1


def test_half_a_surrogate_pair_spoils_no_other_object(write: Write) -> None:
    """JSON may carry it as an escape, and kubectl's decoder reads it."""
    path = write("all.json", LISTED % json.dumps(pod("a")).replace("shop", "shop\\ud800"))
    snapshot, _ = read(path)
    assert names(snapshot) == ["a"]
    assert len(snapshot.hostile) == 1


@pytest.mark.parametrize(
    "content",
    ['{"apiVersion":"v1","kind":"PodList","items":[1]}', "kind: PodList\napiVersion: v1\nitems: [x]"],
)
def test_an_item_of_a_list_that_is_no_object_is_unreadable(write: Write, content: str) -> None:
    snapshot, problems = read(write("a.yaml", content))
    assert [item.ref.kind for item in snapshot.unreadable] == ["Pod"]
    assert len(problems) == 1
