"""Version numbers as components report them, with what vendors add to them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import total_ordering

_SHAPE = re.compile(
    r"v?(\d{1,9})\.(\d{1,9})\.(\d{1,9})(?!\d)(?:[-~](alpha|beta|rc)[.-]?(\d{1,9}(?!\d))?)?(.*)", re.DOTALL
)
_STAGES = {"alpha": 0, "beta": 1, "rc": 2}
_RELEASED = (3, 0)


@total_ordering
@dataclass(frozen=True, slots=True, eq=False)
class Version:
    """A version number; compared by number and pre-release only, never by what a vendor added.

    Attributes:
        major: first number.
        minor: second number.
        patch: third number.
        pre: ``alpha.1``, ``rc.0``; empty for a release.
        suffix: what a vendor added: ``-eks-3cfe0ce``, ``+k3s1``; such builds may carry fixes of later ones.
    """

    major: int
    minor: int
    patch: int
    pre: str = ""
    suffix: str = ""

    @property
    def line(self) -> str:
        """The minor release that it belongs to: ``1.33``."""
        return f"{self.major}.{self.minor}"

    @property
    def number(self) -> str:
        """Without ``v`` and suffix: ``1.33.4``."""
        return f"{self.line}.{self.patch}" + (f"-{self.pre}" if self.pre else "")

    @property
    def key(self) -> tuple[int, int, int, tuple[int, int]]:
        """By which versions are ordered; pre-releases come before their release (semver 2.0.0, section 11)."""
        stage, _, count = self.pre.partition(".")
        place = (_STAGES[stage], int(count or 0)) if stage else _RELEASED
        return self.major, self.minor, self.patch, place

    def __eq__(self, other: object) -> bool:
        return self.key == other.key if isinstance(other, Version) else NotImplemented

    def __lt__(self, other: Version) -> bool:
        return self.key < other.key

    def __hash__(self) -> int:
        return hash(self.key)


def parse(text: str) -> Version | None:
    """Read ``v1.33.4-eks-4096722``, ``1.29.14+k3s1``, ``v1.38.0-alpha.2``; None for what is no x.y.z.

    The server's separate ``minor`` field is never needed: some vendors write ``27+`` there.
    """
    found = _SHAPE.fullmatch(text.strip())
    if found is None:
        return None
    major, minor, patch, stage, count, suffix = found.groups()
    pre = f"{stage}.{int(count or 0)}" if stage else ""
    return Version(int(major), int(minor), int(patch), pre, suffix)


def line_key(line: str) -> tuple[int, int]:
    """Orders minors: ``1.9`` before ``1.10``.

    Raises:
        ValueError: it is not two numbers joined by a dot.
    """
    major, _, minor = line.partition(".")
    return int(major), int(minor)
