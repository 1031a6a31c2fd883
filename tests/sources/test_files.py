"""Files as a source: manifests, dumps, archives and hostile input."""

import io
import json
import os
import sys
from pathlib import Path

import pytest

from ksec_tui.cluster.coverage import State
from ksec_tui.cluster.kinds import DEPLOYMENT, INGRESS, NODE, POD, SERVICE
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.sources import yaml_reader
from ksec_tui.sources.base import SourceError, load
from ksec_tui.sources.files import FileSource
from tests.sources.manifests import POD_YAML, Write, names, pod, read


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


def test_manifests_of_api_versions_that_go_are_told_though_their_kinds_are_not_looked_at(
    write: Write,
) -> None:
    form = "apiVersion: {}\nkind: {}\nmetadata: {{name: a}}\n---\n"
    kinds = [("policy/v1beta1", "PodSecurityPolicy"), ("autoscaling/v2beta2", "HorizontalPodAutoscaler")]
    path = write(
        "a.yaml", "".join(form.format(*kind) for kind in (*kinds, kinds[0], ("autoscaling/v2", kinds[1][1])))
    )
    _, found = load(FileSource([str(path)]))
    (told,) = (problem.reason for problem in found if "that go" in problem.reason)
    assert told == (
        "3 objects of API versions that go: "
        "autoscaling/v2beta2 HorizontalPodAutoscaler 1 (removed in 1.26, instead autoscaling/v2), "
        "policy/v1beta1 PodSecurityPolicy 2 (removed in 1.25)"
    )


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
