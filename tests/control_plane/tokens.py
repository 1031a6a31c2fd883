"""Tokens of ServiceAccounts as the API server signs them, with another time on them."""

from __future__ import annotations

import base64
import json
from pathlib import Path

from tests.control_plane.certificates import signed


def run_out(token: str, key: Path) -> str:
    """The same token as it would be had it been issued yesterday for an hour."""
    head, body, _ = token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    day = 86_400
    claims |= {name: claims[name] - day for name in ("iat", "nbf", "exp")}
    text = f"{head}.{_encoded(json.dumps(claims).encode())}"
    return f"{text}.{_encoded(signed(key, text.encode()))}"


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
