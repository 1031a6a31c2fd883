"""The sanitizer: nothing a terminal would obey, hide or reorder gets past it, and no loss is silent."""

import datetime as dt
import json
import unicodedata

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ksec_tui.cluster.text import MAX_TEXT, clean, clean_tree, is_hostile, one_line, suspicious_json

HOSTILE_CATEGORIES = {"Cc", "Cf", "Cs", "Zl", "Zp"}
SAMPLES = "\x00\x07\x08\r\x1b\x7f\x85\x9b\u00ad\u061c\u200b\u200d\u200e\u202e\u2028\u2066\ufeff\u3164\ufdd0"
hostile_chars = st.sampled_from(SAMPLES + "\ud800\udfff\uffff\U0001ffff\U000e0041\U000e0100")
odd_text = st.text(
    st.one_of(st.characters(), hostile_chars, st.sampled_from("ab/~\n\t…[+ chars]")), max_size=60
)
valid_text = odd_text.map(lambda text: text.encode("utf-8", "replace").decode())


def trees(strings: st.SearchStrategy[str]) -> st.SearchStrategy[object]:
    """JSON-like values with the given strings as texts and as keys."""
    leaves = st.one_of(strings, st.integers(), st.booleans(), st.none())
    return st.recursive(
        leaves,
        lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(strings, inner, max_size=4)),
        max_leaves=12,
    )


def strings_in(tree: object) -> list[str]:
    """Every text and every key of a JSON-like value."""
    if isinstance(tree, str):
        return [tree]
    if isinstance(tree, dict):
        return [text for key, value in tree.items() for text in (key, *strings_in(value))]
    if isinstance(tree, list):
        return [text for item in tree for text in strings_in(item)]
    return []


def resolve(tree: object, pointer: str) -> object:
    """Follow a JSON pointer; KeyError or IndexError when it leads nowhere."""
    for step in pointer.split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        if isinstance(tree, list):
            tree = tree[int(name)]
        else:
            assert isinstance(tree, dict)
            tree = tree[name]
    return tree


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "␛[31mred␛[0m"),
        ("title\x1b]0;owned\x07", "title␛]0;owned␇"),
        ("\x00\x08\r\x7f", "␀␈␍␡"),
        ("csi \x9b2J nel \x85", "csi ⟪U+009B⟫2J nel ⟪U+0085⟫"),
        ("gpj.\u202eexe", "gpj.⟪U+202E⟫exe"),
        ("\u061c\u200e\u200f\u202a\u2066\u2069", "⟪U+061C⟫⟪U+200E⟫⟪U+200F⟫⟪U+202A⟫⟪U+2066⟫⟪U+2069⟫"),
        ("ad\u200bmin\u200c\u200d\u2060\ufeff", "ad⟪U+200B⟫min⟪U+200C⟫⟪U+200D⟫⟪U+2060⟫⟪U+FEFF⟫"),
        ("a\u2028b\u2029", "a⟪U+2028⟫b⟪U+2029⟫"),
        ("\U000e0041\U000e007f", "⟪U+E0041⟫⟪U+E007F⟫"),
        ("\ud83d", "⟪U+D83D⟫"),
        ("soft\u00adhyphen", "soft⟪U+00AD⟫hyphen"),
        ("\ufdd0\uffff\U0010fffe", "⟪U+FDD0⟫⟪U+FFFF⟫⟪U+10FFFE⟫"),
        ("pay\u3164load", "pay⟪U+3164⟫load"),
    ],
)
def test_what_a_terminal_would_obey_or_hide_is_shown(raw: str, shown: str) -> None:
    assert clean(raw) == shown
    assert is_hostile(raw)


@pytest.mark.parametrize(
    "text", ["", "web-1", "two\nlines\tand tab", "Größe 漢字 עברית", "✔ ⚠\ufe0f 🙂", "[bold]x[/]"]
)
def test_ordinary_text_comes_back_as_the_same_object(text: str) -> None:
    assert clean(text) is text
    assert not is_hostile(text)


def test_a_long_text_says_how_much_is_left_out() -> None:
    assert clean("x" * (MAX_TEXT + 5)) == "x" * MAX_TEXT + "…[+5 chars]"
    assert clean("x" * MAX_TEXT) == "x" * MAX_TEXT
    assert not is_hostile("x" * (MAX_TEXT + 5))


def test_a_cut_never_splits_what_was_made_visible() -> None:
    assert clean("ab\u202ecd", 6) == "ab…[+3 chars]"
    assert clean("ab\u202ecd", 10) == "ab⟪U+202E⟫…[+2 chars]"
    assert clean("\x1b" * 30, 4) == "␛␛␛␛…[+26 chars]"


@given(st.characters())
def test_every_control_format_and_separator_character_is_caught(char: str) -> None:
    if unicodedata.category(char) in HOSTILE_CATEGORIES and char not in "\n\t":
        assert is_hostile(char)
    if char.isascii() and char.isprintable():
        assert not is_hostile(char)


@given(odd_text, st.integers(0, 40))
def test_cleaned_text_is_harmless_bounded_and_stable(text: str, limit: int) -> None:
    shown = clean(text, limit)
    assert not is_hostile(shown)
    assert not any(unicodedata.category(char) in HOSTILE_CATEGORIES and char not in "\n\t" for char in shown)
    assert len(shown) <= limit + len("…[+60 chars]") + 10
    assert clean(shown, limit) is shown


@given(odd_text)
def test_text_is_called_hostile_exactly_when_cleaning_changes_it(text: str) -> None:
    assert is_hostile(text) == (clean(text) != text)


def test_odd_cluster_answers_are_told_from_ordinary_ones() -> None:
    ordinary = [
        rb'{"a":"line\nquote\" tab\t back\\slash sol\/idus"}',
        rb'{"cmd":"a \u003c b \u003E c \u0026\u0026 d"}',
        '{"who":"Größe 漢字 עברית 🙂"}'.encode(),
        b'{\r\n\t"a": 1\n}',
    ]
    assert [suspicious_json(raw) for raw in ordinary] == [False] * 4
    odd = [
        rb'{"a":"\u001b[31m"}',
        rb'{"a":"\u202e"}',
        rb'{"a":"\r\n"}',
        rb'{"a":"\b"}',
        rb'{"a":"\f"}',
        b'{"a":"\x7f"}',
        b'{"a":"\xc2\x9b"}',
        '{"a":"\u200b"}'.encode(),
        '{"a":"\u3164"}'.encode(),
        '{"a":"\U000e0041"}'.encode(),
        b'{"a":"\xed\xa0\x80"}',
        b'{"a":"\xff"}',
    ]
    assert [suspicious_json(raw) for raw in odd] == [True] * 12


@given(trees(odd_text))
def test_an_unsuspicious_answer_in_ascii_holds_no_hostile_string(tree: object) -> None:
    if not suspicious_json(json.dumps(tree).encode()):
        assert not any(is_hostile(text) for text in strings_in(tree))


@given(trees(valid_text))
def test_an_unsuspicious_answer_in_utf8_holds_no_hostile_string(tree: object) -> None:
    plain = json.dumps(tree, ensure_ascii=False)
    go_style = plain
    for char, escape in (("<", r"\u003c"), (">", r"\u003e"), ("&", r"\u0026")):
        go_style = go_style.replace(char, escape)
    for char in "\u2028\u2029":
        go_style = go_style.replace(char, f"\\u{ord(char):04x}")
    assert json.loads(go_style) == tree
    for raw in (plain.encode(), go_style.encode()):
        if not suspicious_json(raw):
            assert not any(is_hostile(text) for text in strings_in(tree))


@given(st.characters(codec="utf-8"))
def test_no_single_hostile_character_passes_the_scan(char: str) -> None:
    raw = json.dumps(f"ordinary {char} text", ensure_ascii=False).encode()
    assert suspicious_json(raw) or not is_hostile(char)


def test_an_ordinary_tree_comes_back_as_the_same_object() -> None:
    tree = {"kind": "Pod", "spec": {"containers": [{"image": "web:1", "ports": [80]}], "hostPID": False}}
    cleaned, hostile = clean_tree(tree)
    assert cleaned is tree
    assert hostile == ()


def test_hostile_strings_are_named_by_pointers_with_cleaned_keys() -> None:
    tree = {"metadata": {"a/b~c": "x\x1b[0m", "k\u202ey": "fine"}, "list": ["ok", "\u200b"]}
    cleaned, hostile = clean_tree(tree)
    assert cleaned == {
        "metadata": {"a/b~c": "x␛[0m", "k⟪U+202E⟫y": "fine"},
        "list": ["ok", "⟪U+200B⟫"],
    }
    assert hostile == ("/metadata/a~1b~0c", "/metadata/k⟪U+202E⟫y", "/list/1")
    assert tree["list"] == ["ok", "\u200b"]


def test_keys_that_become_equal_are_all_kept_and_the_unchanged_one_keeps_its_name() -> None:
    cleaned, _ = clean_tree({"a\x1b": 1, "a␛": 2, 3: "number", "3": "text"})
    assert cleaned == {"a␛#2": 1, "a␛": 2, "3#2": "number", "3": "text"}


def test_null_members_are_absent_but_null_items_stay() -> None:
    assert clean_tree({"securityContext": None, "args": [None, "a"]}) == ({"args": [None, "a"]}, ())


def test_yaml_values_without_a_json_form_become_text() -> None:
    source = (
        "{when: 2024-05-01T10:00:00Z, day: 2024-05-01, bin: !!binary aGk=, set: !!set {b: , a: }, inf: .inf, "
        "1: one, true: yes, 2024-05-01: date, null: nothing}"
    )
    assert clean_tree(yaml.safe_load(source)) == (
        {
            "when": "2024-05-01T10:00:00Z",
            "day": "2024-05-01",
            "bin": "hi",
            "set": "{a, b}",
            "inf": "inf",
            "2024-05-01": "date",
            "null": "nothing",
            "1": True,
        },
        (),
    )
    assert clean_tree([float("nan"), dt.time(1, 2), (1, 2), b"\xff"])[0] == [
        "nan",
        "01:02:00",
        [1, 2],
        "\\xff",
    ]
    assert clean_tree({1 << 20_000: "huge"})[0] == {f"0x1{'0' * 5000}": "huge"}


def test_a_tree_that_contains_itself_or_is_too_deep_is_refused() -> None:
    looped: list[object] = []
    looped.append(looped)
    deep: object = "leaf"
    for _ in range(200):
        deep = {"a": deep}
    assert clean_tree(deep)[0] is deep
    for tree in (looped, [deep]):
        with pytest.raises(ValueError, match="nested deeper than 200 levels"):
            clean_tree(tree)


@given(trees(odd_text))
def test_a_cleaned_tree_is_harmless_and_every_pointer_leads_somewhere(tree: object) -> None:
    cleaned, hostile = clean_tree(tree)
    assert not any(is_hostile(text) for text in strings_in(cleaned))
    for pointer in hostile:
        resolve(cleaned, pointer)
    assert clean_tree(cleaned)[0] is cleaned


@pytest.mark.parametrize(
    ("text", "width", "line"),
    [
        ("a\nb\tc", None, "a⏎b→c"),
        ("abcdef", 4, "abc…"),
        ("abcd", 4, "abcd"),
        ("abcd", 1, "…"),
        ("abcd", 0, ""),
        ("a\x1b[2J", 9, "a␛[2J"),
        ("ab\u202ecdef", 6, "ab⟪U+…"),
    ],
)
def test_one_row_places_get_one_line_within_the_width(text: str, width: int | None, line: str) -> None:
    assert one_line(text, width) == line


@given(odd_text, st.integers(-1, 30))
def test_one_line_never_breaks_the_row(text: str, width: int) -> None:
    line = one_line(text, width)
    assert len(line) <= max(width, 0)
    assert not is_hostile(line)
    assert "\n" not in line
    assert "\t" not in line
