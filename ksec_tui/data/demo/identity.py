"""Names, uids and times of the demo cluster: all derived, so that every run gives the same ones."""

from __future__ import annotations

import hashlib
import json
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

Doc = dict[str, Any]
"""One Kubernetes object, as decoded from YAML."""

Index = dict[tuple[str, str, str], Doc]
"""Something per object, by kind, namespace (empty when cluster-scoped) and name."""

EPOCH = datetime(2026, 3, 2, 9, tzinfo=UTC)
"""When the demo cluster was built."""

_TIME = "%Y-%m-%dT%H:%M:%SZ"
_SPACE = uuid.uuid5(uuid.NAMESPACE_DNS, "harbor-street.example.com")
# Kubernetes names generated objects without vowels and look-alikes (apimachinery util/rand).
_ALPHABET = "bcdfghjklmnpqrstvwxz2456789"


def digest(*parts: str) -> str:
    """The sha256 of `parts`, in hexadecimal."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def number(*parts: str) -> int:
    """A large whole number that depends on `parts` only."""
    return int(digest(*parts), 16)


def suffix(*parts: str, length: int = 5) -> str:
    """The random-looking tail of a generated name."""
    rest, letters = number(*parts), ""
    for _ in range(length):
        rest, index = divmod(rest, len(_ALPHABET))
        letters += _ALPHABET[index]
    return letters


def template_hash(template: Doc) -> str:
    """The hash that names a ReplicaSet or a revision after its pod template."""
    return suffix(json.dumps(template, sort_keys=True), length=10)


def stamp(seconds: float) -> str:
    """`seconds` after the cluster was built, as the API writes times."""
    return (EPOCH + timedelta(seconds=seconds)).strftime(_TIME)


def later(time: str, seconds: float) -> str:
    """`seconds` after `time`, both as the API writes them."""
    return (datetime.strptime(time, _TIME).replace(tzinfo=UTC) + timedelta(seconds=seconds)).strftime(_TIME)


def key(doc: Doc) -> tuple[str, str, str]:
    """Kind, namespace (empty when cluster-scoped) and name."""
    meta = doc["metadata"]
    return doc["kind"], meta.get("namespace", ""), meta["name"]


def identify(doc: Doc, created: str) -> Doc:
    """Give `doc` its uid and its time of creation, unless it has them; returns `doc`."""
    meta = doc["metadata"]
    meta.setdefault("uid", str(uuid.uuid5(_SPACE, "/".join((doc["apiVersion"], *key(doc))))))
    meta.setdefault("creationTimestamp", created)
    return doc


def owned(owner: Doc, doc: Doc, *, after: float = 2) -> Doc:
    """Make `owner` the controller of `doc`, created `after` seconds later; returns `doc`."""
    meta = owner["metadata"]
    doc["metadata"]["ownerReferences"] = [
        {
            "apiVersion": owner["apiVersion"],
            "kind": owner["kind"],
            "name": meta["name"],
            "uid": meta["uid"],
            "controller": True,
            "blockOwnerDeletion": True,
        }
    ]
    return identify(doc, later(meta["creationTimestamp"], after))
