"""Damage to valid examples: what an editor, a broken disk or an attacker makes of a file that was right."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies as st

Cut = tuple[str, int, int, bytes]

TOKENS = (
    b"",
    b"\x00",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"\xed\xa0\x80",
    b"\x1b]52;c;b3duZWQ=\x07",
    b"\x9b31m",
    b"\r",
    b"\n",
    b"\t",
    b'"',
    b"'",
    b"\\",
    b"\\ud800",
    b"\\u0000",
    b"{",
    b"}",
    b"[",
    b"]",
    b":",
    b",",
    b"- ",
    b"? ",
    b"&a ",
    b"*a",
    b"<<: ",
    b"!!bool ",
    b"!!timestamp x",
    b"!!binary ",
    b"!!python/object:os.system ",
    b"%YAML 9.9\n",
    b"---\n",
    b"...\n",
    b"# ",
    b"|\n",
    b"null",
    b"true",
    b"-1",
    b"0x",
    b"1e999",
    b"NaN",
    b".inf",
    b"9" * 30,
    b"9" * 5_000,
    b"2026-99-99",
    b"../../etc/passwd",
    b"\xe2\x80\xae",
    b"[" * 300,
    b"[" * 10_000,
    b'{"a":' * 2_000,
    b"- " * 3_000,
    b"x" * 70_000,
)
"""What stands in the way of a reader, or ends, begins, nests or changes something for it."""


def damaged(seeds: Sequence[bytes]) -> st.SearchStrategy[bytes]:
    """One of the valid examples with up to six places of it damaged, or a few tokens in a row."""
    cut = st.tuples(
        st.sampled_from(("put", "over", "take", "twice", "flip", "end")),
        st.integers(0, 1 << 16),
        st.integers(1, 40),
        st.sampled_from(TOKENS),
    )
    return st.one_of(
        st.builds(apply, st.sampled_from(seeds), st.lists(cut, min_size=1, max_size=6)),
        st.lists(st.sampled_from(TOKENS), max_size=6).map(b"".join),
        st.binary(max_size=60),
    )


def apply(data: bytes, cuts: Sequence[Cut]) -> bytes:
    """The data with each cut made in order: a way, where (modulo the length), how many bytes, a token."""
    for way, place, count, token in cuts:
        at = place % (len(data) + 1)
        head, mid, tail = data[:at], data[at : at + count], data[at + count :]
        match way:
            case "put":
                data = head + token + mid + tail
            case "over":
                data = head + token + tail
            case "take":
                data = head + tail
            case "twice":
                data = head + mid + mid + tail
            case "flip":
                data = head + bytes(byte ^ (1 << (place % 8)) for byte in mid) + tail
            case "end":
                data = head
    return data
