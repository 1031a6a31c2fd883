"""YAML that is written is read back as the same by PyYAML and by kubectl."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ksec_tui.fixes.diff import object_diff, yaml_text
from tests.fixes.kubectl import needs_kubectl, run

TRICKY = [
    *("y", "n", "yes", "No", "on", "off", "true", "null", "~", "", " ", "1", "1.5", "1e3", "0o17", "010"),
    *("0x1F", "0b1", "12:30:45", "2026-11-21", ".inf", ".5", "+1", "-", "- a", "a: b", "# no", "a #b", "*a"),
    *(
        "&a",
        "!t",
        "%d",
        "@x",
        "`x",
        "{a}",
        "[a]",
        "|",
        ">",
        "'",
        '"',
        "\\",
        "=",
        "<<",
        "é",
        "漢",
        "1_000",
        "_1",
    ),
    *(
        "line\nline",
        "line\n",
        "\nline",
        " lead\nline",
        "trail \nline",
        "tab\there",
        "x" * 300,
        "1Gi",
        "5m",
        "E1",
    ),
]


def test_documents_keep_their_order_and_no_part_is_an_alias() -> None:
    part = {"b": 1, "a": [1]}
    assert yaml_text({"z": part, "y": part}) == 'z:\n  b: 1\n  a:\n  - 1\n"y":\n  b: 1\n  a:\n  - 1\n'


@pytest.mark.parametrize("text", TRICKY)
def test_text_stays_text(text: str) -> None:
    assert yaml.safe_load(yaml_text({"k": text, text or "k2": 1})) == {"k": text, text or "k2": 1}


@needs_kubectl
def test_kubectl_reads_the_same_text(tmp_path: Path) -> None:
    values = {f"k{number}": text for number, text in enumerate(TRICKY)}
    labels = {text: "x" for text in TRICKY if text}
    document: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "y", "annotations": labels},
        "data": values,
    }
    (tmp_path / "object.yaml").write_text(yaml_text(document))
    read = run(
        "create", "--dry-run=client", "--validate=false", "-o", "json", "-f", str(tmp_path / "object.yaml")
    )
    if "connection refused" in read.stderr:
        patch = str(tmp_path / "patch.yaml")
        Path(patch).write_text("{}")
        read = run(
            "patch", "--local", "-f", str(tmp_path / "object.yaml"), "--patch-file", patch, "-o", "json"
        )
    assert read.returncode == 0, read.stderr
    answer = json.loads(read.stdout)
    assert answer["data"] == values
    assert answer["metadata"]["annotations"] == labels


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9999) | st.text("ynY01e:-# .\n'\"é", max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("yn0e.", max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(JSON)
def test_whatever_is_written_is_read_back(value: Any) -> None:
    assert yaml.safe_load(yaml_text({"k": value})) == {"k": value}


def test_a_diff_leaves_out_field_managers_and_shows_nothing_for_no_object() -> None:
    document = {"kind": "Pod", "metadata": {"name": "a", "managedFields": [{"manager": "x"}]}}
    before, after = object_diff(None, document)
    assert before == ""
    assert after == "kind: Pod\nmetadata:\n  name: a\n"
