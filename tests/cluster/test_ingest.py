"""From JSON to a Snapshot: one bad object spoils only itself, nothing secret is held, order does not matter."""

import json
import pickle
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ksec_tui.cluster.base import LAST_APPLIED
from ksec_tui.cluster.building import SnapshotBuilder
from ksec_tui.cluster.coverage import KindCoverage, State
from ksec_tui.cluster.ingest import PageError, ingest_list, item_from_json, item_from_tree
from ksec_tui.cluster.kinds import (
    CLUSTER_ROLE,
    CONFIG_MAP,
    DEPLOYMENT,
    ENDPOINT_SLICE,
    POD,
    SECRET,
)
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot, SourceInfo
from ksec_tui.cluster.text import MAX_TEXT

CANARY = "canary-6f1d"


def pod(name: str, **spec: Any) -> dict[str, Any]:
    return {"metadata": {"name": name, "namespace": "shop"}, "spec": spec}


def listing(*items: Any, **meta: str) -> bytes:
    return json.dumps({"metadata": meta, "items": list(items)}).encode()


def snapshot_of(*raws: bytes, kind: Any = POD) -> Snapshot:
    builder = SnapshotBuilder(SourceInfo())
    for raw in raws:
        builder.add(ingest_list(kind, raw, keep_all=True))
    builder.cover(kind, KindCoverage(State.OK))
    return builder.snapshot()


@pytest.mark.parametrize(
    "wrong",
    [
        pod("bad", hostNetwork="yes"),
        pod("bad", containers={"name": "x"}),
        pod("bad", containers=[{"image": 5}]),
        pod("bad", securityContext={"runAsUser": 1.5}),
        {"metadata": {"name": "bad", "namespace": "shop", "labels": []}},
        {"metadata": {"name": "bad", "namespace": "shop"}, "spec": 7},
    ],
)
def test_one_wrongly_typed_field_spoils_only_that_object(wrong: dict[str, Any]) -> None:
    page = ingest_list(POD, listing(pod("a"), wrong, pod("z"), resourceVersion="7"))
    assert [item.name for item in page.objects] == ["a", "z"]
    assert [entry.ref for entry in page.unreadable] == [ObjectRef("shop", "Pod", "bad")]
    assert "Expected" in page.unreadable[0].reason
    assert page.version == "7"


@pytest.mark.parametrize("item", [None, 7, "text", [], {}, {"metadata": None}, {"metadata": {"name": ""}}])
def test_an_item_without_a_name_is_unreadable_and_counted(item: Any) -> None:
    page = ingest_list(POD, listing(pod("a"), item))
    assert [entry.name for entry in page.objects] == ["a"]
    assert len(page.unreadable) == 1


@pytest.mark.parametrize("broken", [b'"\\ud800"', b'"a\\udfff\\ud800b"', b'"\xff\xfe"'])
def test_text_that_is_no_unicode_spoils_no_other_object(broken: bytes) -> None:
    raw = listing(pod("a"), pod("b", nodeName="@"), pod("c")).replace(b'"@"', broken)
    page = ingest_list(POD, raw)
    assert [item.name for item in page.objects] == ["a", "b", "c"]
    assert item_from_json(POD, json.dumps(pod("b", nodeName="@")).encode().replace(b'"@"', broken)).object


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"[]",
        b"7",
        b"{}",
        b'{"kind":"Status","status":"Failure","code":500}',
        b'{"items": 7}',
        b"<html>",
        b'{"items":[{}',
        b"[" * 100_000,
    ],
)
def test_what_is_no_list_is_said_in_one_sentence(raw: bytes) -> None:
    with pytest.raises(PageError) as caught:
        ingest_list(POD, raw)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("raw", [b'{"items":null}', b'{"metadata":null,"items":[]}'])
def test_an_empty_list_comes_in_several_spellings(raw: bytes) -> None:
    assert ingest_list(POD, raw).objects == ()


def test_a_page_with_a_generated_name_keeps_the_continue_token() -> None:
    raw = listing({"metadata": {"generateName": "job-", "namespace": "shop"}}, **{"continue": "more"})
    page = ingest_list(POD, raw)
    assert [item.metadata.generate_name for item in page.objects] == ["job-"]
    assert page.next == "more"


def test_objects_that_share_a_generated_name_stay_apart() -> None:
    """The server would name each; the order in which they stand makes no difference."""
    pods = [
        {"metadata": {"generateName": "job-", "namespace": "shop"}, "spec": {"nodeName": node}}
        for node in ("one", "two")
    ]
    pages = [ingest_list(POD, listing(*order)) for order in (pods, pods[::-1])]
    names = [sorted(item.name for item in page.objects) for page in pages]
    assert names[0] == names[1]
    assert len(set(names[0])) == 2
    assert all(name.startswith("job-*") for name in names[0])


def test_controller_made_documents_are_left_out_on_every_road() -> None:
    owner = {"name": "rs", "kind": "ReplicaSet", "apiVersion": "apps/v1", "uid": "1", "controller": True}
    made = pod("made")
    made["metadata"]["ownerReferences"] = [owner]
    for odd in ({}, {"metadata": {"generateName": "x-"}}, pod("esc", nodeName="\x1b")):
        page = ingest_list(POD, listing(made, pod("own"), odd))
        assert ObjectRef("shop", "Pod", "own") in page.documents
        assert ObjectRef("shop", "Pod", "made") not in page.documents


@pytest.mark.parametrize(
    ("kind", "field"),
    [(CLUSTER_ROLE, "rules"), (ENDPOINT_SLICE, "ports"), (ENDPOINT_SLICE, "endpoints"), (POD, "spec")],
)
def test_null_reads_as_absent_on_both_roads(kind: Any, field: str) -> None:
    meta = {"metadata": {"name": "a", "namespace": "shop" if kind.namespaced else ""}}
    absent = ingest_list(kind, listing(meta)).objects
    assert ingest_list(kind, listing({**meta, field: None})).objects == absent
    assert (item_from_tree(kind, {**meta, field: None}).object,) == absent


def test_hostile_text_is_visible_in_object_and_document_and_is_listed() -> None:
    snapshot = snapshot_of(listing(pod("a", nodeName="x\x1b[2J\u202e"), pod("b")))
    ref = ObjectRef("shop", "Pod", "a")
    assert snapshot.of(POD)[0].spec.node_name == "x␛[2J⟪U+202E⟫"
    document = snapshot.document(ref)
    assert document is not None
    assert document["spec"]["nodeName"] == "x␛[2J⟪U+202E⟫"
    assert [(entry.ref, entry.pointers) for entry in snapshot.hostile] == [(ref, ("/spec/nodeName",))]


def test_an_unreadable_object_with_hostile_text_is_listed_as_both() -> None:
    page = ingest_list(POD, listing(pod("\x1b", hostPID="no")))
    assert page.unreadable[0].ref.name == "␛"
    assert page.hostile[0].ref == page.unreadable[0].ref


@pytest.mark.parametrize("length", [MAX_TEXT + 1, MAX_TEXT + 30, 1_000_000])
@pytest.mark.parametrize("char", ["x", "é", "\x1b"])
def test_a_huge_string_is_cut_and_the_object_is_read(length: int, char: str) -> None:
    item = pod("a")
    item["metadata"]["annotations"] = {"note": char * length, char * length: "key"}
    snapshot = snapshot_of(listing(item))
    assert snapshot.unreadable == ()
    notes = snapshot.of(POD)[0].metadata.annotations
    assert len(notes["note"]) <= MAX_TEXT
    assert notes["note"].endswith("chars]")
    document = snapshot.document(ObjectRef("shop", "Pod", "a"))
    assert document is not None
    assert document["metadata"]["annotations"] == notes


def test_the_longest_ordinary_string_is_kept_whole_on_both_roads() -> None:
    item = pod("a", nodeName="x" * MAX_TEXT)
    (quick,) = ingest_list(POD, listing(item)).objects
    assert quick == item_from_tree(POD, item).object
    assert quick == msgspec.convert(item, POD.struct)


def test_the_last_applied_copy_is_withheld_everywhere() -> None:
    item = pod("a")
    item["metadata"]["annotations"] = {LAST_APPLIED: CANARY * 3, "other": "kept"}
    for extra in ([], [pod("odd", nodeName="\x1b")]):
        snapshot = snapshot_of(listing(item, *extra))
        shown = snapshot.of(POD)[0].metadata.annotations
        assert shown == {LAST_APPLIED: f"(withheld: {len(CANARY) * 3} characters)", "other": "kept"}
        document = snapshot.document(ObjectRef("shop", "Pod", "a"))
        assert CANARY not in json.dumps(document)


@pytest.mark.parametrize("kind", [SECRET, CONFIG_MAP])
@pytest.mark.parametrize("odd", [None, "\x1b", "x" * 20_000, 7])
def test_payloads_are_held_nowhere(kind: Any, odd: Any) -> None:
    item = {
        "metadata": {
            "name": "s",
            "namespace": "shop",
            "annotations": {LAST_APPLIED: CANARY},
        },
        "data": {"key": CANARY, "odd": odd},
        "stringData": {"key": CANARY},
        "binaryData": {"key": CANARY},
    }
    broken = {**item, "metadata": {**item["metadata"], "labels": 7}}
    snapshot = snapshot_of(listing(item, broken), kind=kind)
    held = [repr(vars(snapshot)).encode(), pickle.dumps(snapshot.of(kind)), pickle.dumps(snapshot.hostile)]
    held.append(json.dumps(snapshot.document(ObjectRef("shop", kind.name, "s"))).encode())
    assert snapshot.of(kind)
    assert all(CANARY.encode() not in content for content in held)


def test_equal_input_gives_equal_snapshots_whatever_the_order() -> None:
    items = [pod("c", nodeName="\x1b"), pod("a"), pod("b", hostPID="x"), pod("d", hostPID=True)]
    one = snapshot_of(listing(*items))
    other = snapshot_of(listing(*items[2:]), listing(*reversed(items[:2])))
    assert one.of(POD) == other.of(POD)
    assert [item.name for item in one.of(POD)] == ["a", "c", "d"]
    assert (one.hostile, one.unreadable, one.coverage) == (other.hostile, other.unreadable, other.coverage)
    assert all(one.document(item.ref) == other.document(item.ref) for item in one.of(POD))


def test_an_object_that_comes_twice_counts_once_and_the_later_one_wins_wholly() -> None:
    snapshot = snapshot_of(listing(pod("a", nodeName="\x1b")), listing(pod("a", nodeName="two")))
    assert [item.spec.node_name for item in snapshot.of(POD)] == ["two"]
    assert snapshot.hostile == ()
    assert snapshot.coverage.of(POD).count == 1


def test_a_cluster_scoped_object_is_one_whatever_namespace_it_claims() -> None:
    roles = [{"metadata": {"name": "admin", "namespace": space}} for space in ("", "shop")]
    assert len(snapshot_of(listing(*roles), kind=CLUSTER_ROLE).of(CLUSTER_ROLE)) == 1


def test_changed_documents_make_a_new_snapshot_and_leave_the_old_one() -> None:
    old = snapshot_of(listing(pod("a", nodeName="one"), pod("b")))
    before = (old.of(POD), [old.document(item.ref) for item in old.of(POD)], old.coverage)
    a, b, c = (ObjectRef("shop", "Pod", name) for name in "abc")
    new = old.with_documents({a: pod("a", nodeName="two"), b: None, c: pod("c")})
    assert [(item.name, item.spec.node_name) for item in new.of(POD)] == [("a", "two"), ("c", "")]
    assert new.get(b) is None
    assert new.document(b) is None
    assert new.whole(c)
    assert [item.spec.node_name for item in old.of(POD)] == ["one", ""]
    assert (old.of(POD), [old.document(item.ref) for item in old.of(POD)], old.coverage) == before
    assert old.get(b) is not None


@pytest.mark.parametrize(
    ("ref", "tree"),
    [
        (ObjectRef("shop", "Lease", "a"), {}),
        (ObjectRef("shop", "Pod", "a"), pod("a", hostPID="x")),
        (ObjectRef("shop", "Pod", "a"), pod("b")),
        (ObjectRef("other", "Pod", "a"), pod("a")),
    ],
)
def test_a_document_that_does_not_fit_is_refused_by_name(ref: ObjectRef, tree: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=f"{ref}:"):
        snapshot_of(listing(pod("a"))).with_documents({ref: tree})


def test_a_manifest_without_namespace_gets_the_default_on_both_roads() -> None:
    bare = {"metadata": {"name": "a"}}
    raw = json.dumps(bare).encode()
    for item in (
        item_from_tree(DEPLOYMENT, bare, default_namespace="default"),
        item_from_json(DEPLOYMENT, raw, default_namespace="default"),
    ):
        assert item.object is not None
        assert item.object.ref.namespace == "default"
        assert json.loads(item.document)["metadata"]["namespace"] == "default"
    assert item_from_json(CLUSTER_ROLE, raw, default_namespace="default").document == raw


def test_numbers_beyond_all_sense_spoil_only_their_object() -> None:
    huge = b"9" * 5000
    raw = listing(pod("a"), pod("b", priority=1)).replace(b'"priority": 1', b'"priority": ' + huge)
    page = ingest_list(POD, raw)
    assert "a" in [item.name for item in page.objects]
    assert item_from_tree(POD, pod("b", other=10**5000)).object is None


# Surrogates cannot be written as UTF-8, which every API answer is.
texts = st.text(st.characters(codec="utf-8"), max_size=12)
maybe = st.one_of(st.none(), st.booleans())
containers = st.fixed_dictionaries(
    {"name": texts},
    optional={
        "image": texts,
        "command": st.lists(texts, max_size=2),
        "env": st.lists(
            st.fixed_dictionaries({"name": texts, "value": st.one_of(st.none(), texts)}), max_size=2
        ),
        "securityContext": st.one_of(
            st.none(),
            st.fixed_dictionaries(
                {}, optional={"privileged": maybe, "runAsUser": st.integers(0, 65535), "procMount": texts}
            ),
        ),
    },
)
pods = st.fixed_dictionaries(
    {
        "metadata": st.fixed_dictionaries(
            {"name": texts, "namespace": texts},
            optional={"labels": st.dictionaries(texts, texts, max_size=2)},
        ),
        "spec": st.fixed_dictionaries(
            {"containers": st.lists(containers, max_size=2)},
            optional={"hostPID": st.one_of(maybe, texts), "nodeName": texts, "volumes": st.none()},
        ),
    }
)


@given(st.lists(pods, max_size=4))
def test_the_quick_and_the_careful_road_give_equal_objects(items: list[dict[str, Any]]) -> None:
    page = ingest_list(POD, listing(*items), keep_all=True)
    careful = [item_from_tree(POD, item) for item in items]
    assert page.objects == tuple(item.object for item in careful if item.object is not None)
    assert page.unreadable == tuple(item.unreadable for item in careful if item.unreadable is not None)
    assert {entry.pointers for entry in page.hostile} == {
        item.hostile for item in careful if item.hostile and (item.object or item.unreadable)
    }
