"""Regular expressions that a person types: compiled only when their cost stays bounded.

Python's engine backtracks, so a pattern such as ``(a+)+b`` needs time exponential in the length of a row, and a
row's text is written by strangers. Repeated groups that can match in several ways are refused, the number of
choices is limited, and the more repetitions a pattern has, the less text it looks at.
"""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass, field

MAX_PATTERN = 200
"""Characters of one pattern."""

MAX_SUBJECT = 4_096
"""Characters of a row's text that a pattern looks at; fewer when it holds several repetitions."""

_SUBJECT_BY_REPEATS = (MAX_SUBJECT, MAX_SUBJECT, 1_024, 384)
_MAX_CHOICES = 10

_UNREAD = re.compile(r"\(\?(?:#|[a-zA-Z]*x)")  # what would make the reading below wrong
_PART = re.compile(
    r"""(?P<escape>\\.)
    |(?P<set>\[\^?\]?(?:\\.|[^\]\\])*\])
    |(?P<open>\((?:\?(?:P?<[=!]?\w*>?|[:=!>]|P=|[aiLmsux-]*[:)])?)?)
    |(?P<close>\))
    |(?P<repeat>[*+?]|\{\d*,?\d*\})[?+]?
    |(?P<bar>\|)
    |.""",
    re.VERBOSE | re.DOTALL,
)


class CostlyPattern(ValueError):  # noqa: N818 - it is a pattern that is refused, not a failure
    """The pattern could take too long; `position` is the column in the pattern."""

    def __init__(self, message: str, position: int) -> None:
        super().__init__(message)
        self.position = position


@dataclass
class _Cost:
    """What was met so far: repetitions of open length, choices, and per open group whether it can vary."""

    repeats: int = 0
    choices: int = 0
    varies: list[bool] = field(default_factory=lambda: [False])


@dataclass(frozen=True, slots=True)
class Bounded:
    """A compiled pattern.

    Attributes:
        written: for text in its original case.
        lowered: for lower-case text; the same as `written` when the pattern ignores case.
        limit: how many leading characters of a text may be given to it.
    """

    written: re.Pattern[str]
    lowered: re.Pattern[str]
    limit: int


def compile_bounded(pattern: str) -> Bounded:
    """Compile a pattern.

    Without an upper-case letter (escapes aside) it ignores case. ``^`` and ``$`` match at line ends, ``.`` matches
    line feeds.

    Raises:
        CostlyPattern: too long, or its cost could explode.
        re.error: no valid regular expression; its `pos` is the column, or None.
    """
    if len(pattern) > MAX_PATTERN:
        raise CostlyPattern(f"a regular expression may have {MAX_PATTERN} characters", MAX_PATTERN)
    case_counts = any(char.isupper() for char in re.sub(r"\\.", "", pattern))
    with warnings.catch_warnings():
        # "[[" is a warning about a future Python; there is nothing the person who types could do about it.
        warnings.simplefilter("ignore", FutureWarning)
        lowered = re.compile(pattern, re.MULTILINE | re.DOTALL | re.IGNORECASE)
        written = re.compile(pattern, re.MULTILINE | re.DOTALL) if case_counts else lowered
    if unread := _UNREAD.search(pattern):
        raise CostlyPattern("comments and the x flag are not supported", unread.start())
    return Bounded(written, lowered, _SUBJECT_BY_REPEATS[_repeats(pattern)])


def _repeats(pattern: str) -> int:
    """Count repetitions of open length in a valid pattern; CostlyPattern when the cost could explode."""
    cost = _Cost()
    group_varies = False  # what the part just before was a group that can match in several ways
    for part in _PART.finditer(pattern):
        kind, after_group, group_varies = part.lastgroup, group_varies, False
        if kind == "open" and not part[0].endswith(")"):
            cost.varies.append(False)
        elif kind == "close" and len(cost.varies) > 1:
            group_varies = cost.varies.pop()
            cost.varies[-1] = cost.varies[-1] or group_varies
        elif kind == "bar" and len(cost.varies) > 1:
            cost.varies[-1] = True
            cost.choices += 1
        elif kind == "repeat":
            _count(cost, part["repeat"], part.start(), after_group=after_group)
        if cost.repeats >= len(_SUBJECT_BY_REPEATS) or cost.choices > _MAX_CHOICES:
            raise CostlyPattern("too many repetitions or choices to stay fast", part.start())
    return cost.repeats


def _count(cost: _Cost, quantifier: str, position: int, *, after_group: bool) -> None:
    low, comma, high = quantifier.strip("{}").partition(",")
    if quantifier == "?":
        cost.choices += 1
        cost.varies[-1] = True
        return
    if after_group:
        raise CostlyPattern(
            "a repeated group that itself repeats or has choices could take for ever", position
        )
    if quantifier in "*+" or (comma and (low != high or not high)):
        cost.repeats += 1
        cost.varies[-1] = True
