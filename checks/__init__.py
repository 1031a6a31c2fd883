"""The checks: one declaration each, discovered, never listed."""

from __future__ import annotations

import functools
import sys
from typing import Any

from ksec_tui.findings.check import Check, discover


@functools.cache
def all_checks() -> tuple[Check[Any], ...]:
    """Every check there is, by id."""
    return discover(sys.modules[__name__])
