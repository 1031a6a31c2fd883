"""Files as a source: manifests, dumps, archives and hostile input."""

import gc
import gzip
import io
import json
import lzma
import os
import sys
import tarfile
import tempfile
import threading
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ksec_tui.cluster.coverage import State
from ksec_tui.cluster.kinds import DEPLOYMENT, INGRESS, KINDS, NAMESPACE, NODE, POD, SECRET, SERVICE
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.sources import archive, inputs, manifests, yaml_reader
from ksec_tui.sources.base import Arrived, Ended, Problem, SourceError, load
from ksec_tui.sources.files import FileSource

POD_YAML = "apiVersion: v1\nkind: Pod\nmetadata: {name: %s, namespace: shop}\n"


def pod(name: str, **extra: Any) -> dict[str, Any]:
    meta = {"name": name, "namespace": "shop"}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": meta, **extra}


def read(*paths: Path | str) -> tuple[Snapshot, dict[str, str]]:
    """The Snapshot, and the problems by place."""
    snapshot, problems = load(FileSource([str(path) for path in paths]))
    return snapshot, {problem.where: problem.reason for problem in problems}


def names(snapshot: Snapshot) -> list[str]:
    return [item.name for item in snapshot.of(POD)]


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, str | bytes], Path]:
    def make(name: str, content: str | bytes) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return make


Write = Callable[[str, str | bytes], Path]


def test_a_directory_is_searched_in_order_without_its_hidden_parts(write: Write, tmp_path: Path) -> None:
    for name in ("b/2.yml", "b/a/1.yaml", ".git/x.yaml", "b/.hidden.yaml", "notes.txt"):
        write(name, POD_YAML % name.replace("/", "-"))
    write("b/3.json", json.dumps(pod("three")))
    (tmp_path / "b" / "loop").symlink_to(tmp_path, target_is_directory=True)
    snapshot, problems = read(tmp_path)
    assert names(snapshot) == ["b-2.yml", "b-a-1.yaml", "three"]
    assert problems == {}


def test_a_broken_link_in_a_directory_is_named(write: Write, tmp_path: Path) -> None:
    write("a.yaml", POD_YAML % "a")
    (tmp_path / "gone.yaml").symlink_to(tmp_path / "nowhere")
    snapshot, problems = read(tmp_path)
    assert names(snapshot) == ["a"]
    assert problems == {str(tmp_path / "gone.yaml"): "No such file or directory"}


def test_named_pipes_in_a_directory_do_not_block(write: Write, tmp_path: Path) -> None:
    write("a.yaml", POD_YAML % "a")
    os.mkfifo(tmp_path / "pipe.yaml")
    assert names(read(tmp_path)[0]) == ["a"]


def test_a_path_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="No such file"):
        read(tmp_path / "none.yaml")


def test_a_directory_without_manifests_is_an_error_and_no_clean_cluster(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="file found"):
        read(tmp_path)


@pytest.mark.parametrize("content", [json.dumps(pod("a")), POD_YAML % "a", "\ufeff" + POD_YAML % "a"])
def test_standard_input_is_json_or_yaml_and_can_be_read_again(
    content: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content.encode())))
    source = FileSource(["-"])
    assert names(load(source)[0]) == ["a"]
    assert names(load(source)[0]) == ["a"]
    assert source.origin(ObjectRef("shop", "Pod", "a")) == "(stdin):1"


def test_lists_of_every_form_are_read_with_the_place_of_each_object(write: Write) -> None:
    untyped = {"metadata": {"name": "c", "namespace": "shop"}}
    typed = {"apiVersion": "v1", "kind": "PodList", "items": [untyped]}
    nested = {"apiVersion": "v1", "kind": "List", "items": [pod("d"), typed]}
    paths = [
        write(
            "list.json",
            json.dumps({"apiVersion": "v1", "kind": "List", "items": [pod("a"), pod("b")]}, indent=1),
        ),
        write("nested.json", json.dumps(nested)),
        write(
            "list.yaml",
            "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Pod\n  metadata: {name: e}\n"
            "- apiVersion: v1\n  kind: Pod\n  metadata: {name: f}\n",
        ),
    ]
    source = FileSource([str(path) for path in paths])
    snapshot, problems = load(source)
    assert problems == ()
    assert sorted(names(snapshot)) == ["a", "b", "c", "d", "e", "f"]
    lines = (paths[0].read_text()).splitlines()
    second = next(i for i, line in enumerate(lines, 1) if '"b"' in line)
    place, line = source.origins[ObjectRef("shop", "Pod", "b")]
    assert place == str(paths[0])
    assert lines[line - 1].strip() == "{"
    assert 0 < second - line < 6
    assert source.origin(ObjectRef("default", "Pod", "f")).endswith("list.yaml:7")
    assert source.origin(ObjectRef("default", "Pod", "none")) == ""


@pytest.mark.parametrize(
    "content", ['{"apiVersion":"v1","kind":"List","items":[]}', "apiVersion: v1\nkind: List\nitems: []\n"]
)
@pytest.mark.parametrize("name", ["deployments.apps", "deployments"])
def test_an_empty_list_is_known_to_be_empty_by_the_files_name(write: Write, name: str, content: str) -> None:
    ending = "json" if content[0] == "{" else "yaml"
    snapshot, _ = read(write(f"{name}.{ending}", content))
    assert snapshot.coverage.of(DEPLOYMENT).state is State.OK
    assert snapshot.coverage.gap(DEPLOYMENT) is None
    assert snapshot.coverage.of(POD).state is State.NOT_SUPPLIED


def test_an_empty_typed_list_tells_its_kind_itself(write: Write) -> None:
    snapshot, _ = read(write("x.json", '{"apiVersion":"apps/v1","kind":"DeploymentList","items":null}'))
    assert snapshot.coverage.of(DEPLOYMENT).state is State.OK


def test_an_empty_list_of_nobody_knows_what_claims_nothing(write: Write) -> None:
    snapshot, _ = read(write("x.json", '{"apiVersion":"v1","kind":"List","items":[]}'))
    assert {cover.state for cover in snapshot.coverage.kinds.values()} == {State.NOT_SUPPLIED}


def test_the_server_version_is_taken_from_either_form(write: Write) -> None:
    plain = write("version.json", '{"major":"1","gitVersion":"v1.33.4"}')
    kubectl = write("v.yaml", "clientVersion: {gitVersion: v1.1.1}\nserverVersion: {gitVersion: v1.34.0}\n")
    assert read(plain)[0].source.server_version == "v1.33.4"
    snapshot, problems = read(plain, kubectl)
    assert snapshot.source.server_version == "v1.34.0"
    assert "v1.33.4" in problems[str(kubectl)]


def test_old_groups_are_read_as_their_successors_and_keep_their_version(write: Write) -> None:
    text = "apiVersion: extensions/v1beta1\nkind: %s\nmetadata: {name: old, namespace: shop}\n---\n"
    snapshot, problems = read(write("a.yaml", text % "Ingress" + text % "Deployment"))
    assert problems == {}
    assert [item.name for item in snapshot.of(DEPLOYMENT)] == ["old"]
    document = snapshot.document(snapshot.of(INGRESS)[0].ref)
    assert document is not None
    assert document["apiVersion"] == "extensions/v1beta1"


def test_a_group_of_someone_else_is_not_taken_for_a_known_kind(write: Write) -> None:
    snapshot, problems = read(
        write(
            "a.yaml",
            "apiVersion: example.com/v1\nkind: Pod\nmetadata: {name: a}\n---\n" * 2
            + "apiVersion: coordination.k8s.io/v1\nkind: Lease\nmetadata: {name: b}\n",
        )
    )
    assert snapshot.count() == 0
    assert problems == {
        "(all files)": "3 objects of kinds that are not looked at: Pod.example.com 2, Lease.coordination.k8s.io 1"
    }


def test_what_is_no_kubernetes_object_is_counted_once_per_file(write: Write) -> None:
    values = write("values.yaml", "image: nginx\n---\n- a\n---\n# nothing\n---\nreplicas: 2\n")
    single = write("kustomization.yaml", "resources: [a.yaml]\n")
    array = write("array.json", "[1, 2]")
    _, problems = read(values, single, array)
    assert problems == {
        str(values): "3 documents are no Kubernetes objects, the first at line 1",
        f"{single}:1": "1 document is no Kubernetes object",
        f"{array}:1": "1 document is no Kubernetes object",
    }


def test_a_namespaced_manifest_without_namespace_lands_in_default(write: Write) -> None:
    paths = [
        write("a.json", '{"apiVersion":"v1","kind":"Service","metadata":{"name":"a"}}'),
        write("b.yaml", "apiVersion: v1\nkind: Service\nmetadata: {name: b}\n"),
        write("c.yaml", "apiVersion: v1\nkind: Node\nmetadata: {name: n}\n"),
    ]
    snapshot, _ = read(*paths)
    assert {item.namespace for item in snapshot.of(SERVICE)} == {"default"}
    assert snapshot.of(NODE)[0].ref.namespace == ""


def test_an_object_found_twice_is_told_and_the_last_one_counts(write: Write) -> None:
    first = write("a.yaml", (POD_YAML % "twin") + "spec: {nodeName: one}\n")
    second = write("b.json", json.dumps(pod("twin", spec={"nodeName": "two"})))
    snapshot, problems = read(first, second)
    assert [item.spec.node_name for item in snapshot.of(POD)] == ["two"]
    assert "Pod shop/twin" in problems["(all files)"]


def test_a_broken_document_spoils_only_itself_and_its_line_is_right(write: Write) -> None:
    text = f"{POD_YAML % 'a'}---\n{POD_YAML % 'b'}spec: [unclosed\n---\n{POD_YAML % 'c'}"
    path = write("a.yaml", text)
    snapshot, problems = read(path)
    assert names(snapshot) == ["a", "c"]
    (place,) = problems
    line = int(place.rpartition(":")[2])
    assert place == f"{path}:{line}"
    assert text.splitlines()[line - 2].startswith("spec") or text.splitlines()[line - 1].startswith("spec")
    assert problems[place].startswith("not valid YAML")
    assert snapshot.coverage.of(POD).unreadable == 1


@pytest.mark.parametrize(
    "bad", ["a: \x1b[31m", "b: !!python/object/apply:os.system [id]", "c: *none", "? {a: b}\n: c"]
)
def test_what_yaml_or_safety_forbids_is_named_with_its_line(write: Write, bad: str) -> None:
    path = write("a.yaml", f"{POD_YAML % 'a'}---\n{POD_YAML % 'b'}{bad}\n---\n{POD_YAML % 'c'}")
    snapshot, problems = read(path)
    assert names(snapshot) == ["a", "c"]
    assert list(problems) == [f"{path}:8"]
    assert "\x1b" not in repr(problems)


def test_bytes_that_are_no_text_are_named(write: Write) -> None:
    path = write("a.yaml", (POD_YAML % "a").encode() + b"---\nkind: \xff\xfe\n")
    snapshot, problems = read(path)
    assert names(snapshot) == ["a"]
    assert "not readable as text" in problems[f"{path}:5"]


def test_escapes_in_quoted_text_are_made_visible_and_listed(write: Write) -> None:
    snapshot, _ = read(write("a.yaml", (POD_YAML % "a") + 'spec: {nodeName: "\\e[2J"}\n'))
    assert snapshot.of(POD)[0].spec.node_name == "␛[2J"
    assert snapshot.hostile[0].pointers == ("/spec/nodeName",)


def test_a_wrongly_typed_object_is_unreadable_and_the_others_are_read(write: Write) -> None:
    snapshot, _ = read(
        write(
            "a.json",
            json.dumps(
                {
                    "apiVersion": "v1",
                    "kind": "List",
                    "items": [pod("a"), pod("b", spec={"hostPID": "x"}), 7, pod("c")],
                }
            ),
        )
    )
    assert names(snapshot) == ["a", "c"]
    assert [entry.ref.name for entry in snapshot.unreadable] == ["b"]


def test_broken_json_is_named_by_line_and_makes_the_kind_of_its_name_incomplete(write: Write) -> None:
    whole = json.dumps({"apiVersion": "v1", "kind": "PodList", "items": [pod("a")]}, indent=1)
    path = write("pods.json", whole[:-20])
    snapshot, problems = read(path)
    assert list(problems) == [f"{path}:{len(whole[:-20].splitlines())}"]
    assert snapshot.coverage.of(POD).state is State.TRUNCATED
    assert snapshot.coverage.gap(POD) is not None


def test_json_in_a_yaml_file_is_read(write: Write) -> None:
    assert names(read(write("a.yaml", json.dumps(pod("a"))))[0]) == ["a"]
    assert names(read(write("b.yaml", "{apiVersion: v1, kind: Pod, metadata: {name: b}}"))[0]) == ["b"]


def test_a_key_that_comes_twice_is_told_and_the_last_one_counts(write: Write) -> None:
    path = write("a.yaml", (POD_YAML % "a") + "spec:\n  nodeName: one\n  nodeName: two\n")
    snapshot, problems = read(path)
    assert snapshot.of(POD)[0].spec.node_name == "two"
    assert problems == {f"{path}:6": "the key nodeName comes twice; the last one counts"}


def test_many_problems_of_one_file_do_not_flood(write: Write) -> None:
    path = write("a.yaml", "a: [\n---\n" * 500)
    _, problems = read(path)
    assert len(problems) == 11
    assert problems[str(path)] == "and 490 more problems in this file"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("yes", True),
        ("Off", False),
        ("~", None),
        ("", None),
        ("010", 8),
        ("0o17", 15),
        ("0x1F", 31),
        ("-0b11", -3),
        ("089", 89),
        ("1_000", 1000),
        ("1.50", 1.5),
        ("1.0", 1),
        ("1e3", 1000),
        ("12:30:45", "12:30:45"),
        ("2026-03-02", "2026-03-02"),
        ("2026-03-02T09:00:00Z", "2026-03-02T09:00:00Z"),
        ("1.2.3", "1.2.3"),
        ("10.0.0.1", "10.0.0.1"),
        ("1e999", "1e999"),
        ("9" * 5000, "9" * 5000),
        ("500m", "500m"),
        ("-", None),
        ("y", "y"),
        ("'yes'", "yes"),
        ("!!str 5", "5"),
        ("!!int '5'", 5),
        ("18446744073709551615", 18446744073709551615),
        ("18446744073709551616", 18446744073709551616.0),
    ],
)
def test_scalars_mean_what_they_mean_to_kubectl(text: str, value: object) -> None:
    tree = next(
        yaml_reader.documents(f"a:\n  {text}\n".encode() if text == "-" else f"a: {text}\n".encode(), 1)
    ).tree
    expected = [None] if text == "-" else value
    assert tree == {"a": expected}
    assert isinstance(tree, dict)
    assert type(tree["a"]) is type(expected)


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
