"""That two changes do not go together."""

from __future__ import annotations

import json


class Clash(Exception):  # noqa: N818 - a finding about two changes, not a fault
    """Two changes want different things at one path."""

    def __init__(self, path: str, *values: object) -> None:
        super().__init__(path)
        self.path = path
        self.values = tuple(brief(value) for value in values)


def brief(value: object) -> str:
    """A value on one line, at most 80 characters."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)
    return text if len(text) <= 80 else f"{text[:79]}…"
