"""No key without a test: each binding's id is named by a test that presses it."""

from __future__ import annotations

import importlib
import pkgutil

from ksec_tui.screens.explorer import Explorer
from ksec_tui.screens.keys import all_keys, known_bindings, rebindable
from tests import screens
from tests.screens.explorers import TESTED

IDS = {key.id for key in all_keys(Explorer)}


def test_every_binding_is_pressed_by_a_test() -> None:
    for module in pkgutil.iter_modules(screens.__path__, "tests.screens."):
        if "test_keys" in module.name or "test_typing" in module.name:
            importlib.import_module(module.name)
    assert set() == IDS - TESTED
    assert set() == TESTED - set(known_bindings()), "a test claims a key that there is not"


def test_every_binding_has_an_id_of_its_own_words_and_a_default() -> None:
    keys = all_keys(Explorer)
    assert len(IDS) == len(keys)
    assert all(key.keys and key.words for key in keys)
    every = rebindable(Explorer)
    assert known_bindings() == {key.id: key.keys for key in every}
    assert len(known_bindings()) == len(every) > len(keys)


def test_no_key_means_two_things_at_once() -> None:
    for scope in ("in the list", "in the detail"):
        pressed = [
            key
            for item in all_keys(Explorer)
            if item.scope in (scope, "everywhere")
            for key in item.keys.split(",")
        ]
        assert sorted(pressed) == sorted(set(pressed))
