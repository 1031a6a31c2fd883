"""Whatever stands in a file, a line or a prompt: it is read, or refused with a clear error; nothing else happens."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from tests.hostile.mutation import damaged
from tests.hostile.readers import FAMILIES

every_family = pytest.mark.parametrize("name", FAMILIES)
EXAMPLES = 60
MANY = 250


@every_family
def test_the_valid_examples_are_read(name: str, tmp_path: Path) -> None:
    """Or else their damage would prove nothing."""
    for seed in FAMILIES[name].seeds():
        FAMILIES[name].read(seed, tmp_path)


def _fuzz(name: str, examples: int) -> None:
    family = FAMILIES[name]

    @settings(
        derandomize=True,
        database=None,
        max_examples=examples,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(damaged(family.seeds()))
    def fuzz(data: bytes) -> None:
        with tempfile.TemporaryDirectory() as folder:
            family.read(data, Path(folder))

    fuzz()


@every_family
def test_damage_ends_in_a_result_or_in_a_clear_error(name: str) -> None:
    _fuzz(name, EXAMPLES)


@pytest.mark.slow
@every_family
def test_much_more_damage_ends_in_a_result_or_in_a_clear_error(name: str) -> None:
    _fuzz(name, MANY)
