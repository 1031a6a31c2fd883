"""How long a server asks to be left alone."""

from __future__ import annotations

import msgspec

_DAY = 86_400


class Details(msgspec.Struct, rename="camel"):
    """Of the details of a Status object what is of use here."""

    retry_after_seconds: int = 0

    @property
    def pause(self) -> float:
        """Seconds, 0 when it asks for none; what is sent may be any number, and no clock measures it."""
        return float(min(max(self.retry_after_seconds, 0), _DAY))
