"""Label and field selectors, as far as a reader of whole clusters uses them: equality and existence."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from tests.apiserver.statuses import bad_request
from tests.apiserver.store import ItemLike

Predicate = Callable[[ItemLike], bool]

_TERM = re.compile(r"^\s*(?P<not>!?)\s*(?P<key>[\w./-]+)\s*(?:(?P<op>==?|!=)\s*(?P<value>[\w.-]*)\s*)?$")
_FIELDS: dict[str, Callable[[ItemLike], str]] = {
    "metadata.name": lambda item: item.name,
    "metadata.namespace": lambda item: item.namespace,
}


def predicate(query: Mapping[str, str]) -> Predicate | None:
    """What an object must satisfy, or None when the query selects everything.

    Raises:
        ApiError: 400 for a selector that is not understood.
    """
    tests = [
        *(_label_test(term) for term in query.get("labelSelector", "").split(",") if term.strip()),
        *(_field_test(term) for term in query.get("fieldSelector", "").split(",") if term.strip()),
    ]
    return (lambda item: all(test(item) for test in tests)) if tests else None


def _label_test(term: str) -> Predicate:
    found = _TERM.match(term)
    if found is None or (found["not"] and found["op"]):
        raise bad_request(f"unable to parse requirement: {term}")
    key, operator, value = found["key"], found["op"], found["value"]
    if operator is None:
        wanted = not found["not"]
        return lambda item: (key in item.labels) is wanted
    if operator == "!=":
        return lambda item: item.labels.get(key) != value
    return lambda item: item.labels.get(key) == value


def _field_test(term: str) -> Predicate:
    found = _TERM.match(term)
    if found is None or found["op"] is None or found["key"] not in _FIELDS:
        raise bad_request(f"field label not supported: {term}")
    read, value, equal = _FIELDS[found["key"]], found["value"], found["op"] != "!="
    return lambda item: (read(item) == value) is equal
