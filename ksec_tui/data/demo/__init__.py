"""The demo cluster "harbor-street": an invented, deliberately flawed web shop.

The YAML files hold what its people would have applied; `ksec_tui.data.demo.expand` adds what
the API server and the controllers would have made of it. See README.md beside this file.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib import resources

import yaml

from ksec_tui.data.demo.expand import expand
from ksec_tui.data.demo.identity import Doc

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def declared() -> list[Doc]:
    """The manifests as written, by file name, then in file order; a fresh copy each time."""
    files = sorted(
        (entry for entry in resources.files(__package__).iterdir() if entry.name.endswith(".yaml")),
        key=lambda entry: entry.name,
    )
    return [
        document
        for file in files
        for document in yaml.load_all(file.read_text(encoding="utf-8"), Loader=_Loader)
        if document
    ]


def documents() -> Iterator[dict[str, object]]:
    """Every object of the demo cluster, as an API server would list it, in a stable order.

    Pure: no clock, no randomness, no network; each call yields equal, independent objects.
    Secrets and ConfigMaps carry no payload.
    """
    yield from expand(declared())


def server_version() -> dict[str, str]:
    """What the demo cluster's ``/version`` answers: ``gitVersion``, ``major``, ``minor``, ...."""
    text = resources.files(__package__).joinpath("version.json").read_text(encoding="utf-8")
    return {str(key): str(value) for key, value in json.loads(text).items()}
