"""The settings: what can be set, the file it is read from, the keys that come of it."""

from __future__ import annotations

from ksec_tui.config.keys import Binding, bound_keys
from ksec_tui.config.reading import find, load
from ksec_tui.config.values import Choice, Config, ConfigError, Loaded

__all__ = ["Binding", "Choice", "Config", "ConfigError", "Loaded", "bound_keys", "find", "load"]
