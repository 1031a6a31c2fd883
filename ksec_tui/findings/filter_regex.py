"""Regular expressions that a person types: compiled only when their cost stays bounded.

Python's engine backtracks, so a pattern such as ``(a+)+b`` needs time exponential in the length of a row, and a
row's text is written by strangers. Repeated groups that can match in several ways are refused, and the more ways
the rest of a pattern may try, the less text it looks at.
"""

from __future__ import annotations

import math
import re
import warnings
from dataclasses import dataclass, field

MAX_PATTERN = 200
"""Characters of one pattern."""

MAX_SUBJECT = 4_096
"""Characters of a row's text that a pattern looks at; fewer when it may try many ways."""

_MIN_SUBJECT = 256  # a pattern that could not even be given an ordinary row is refused
_MAX_STEPS = 20_000_000  # of the engine for one row at worst, about a tenth of a second

_UNREAD = re.compile(r"\(\?(?:#|[a-zA-Z]*x)")  # what would make the reading below wrong
_ONE_CHARACTER = re.compile(r"\\(?P<escaped>[^\w\s])|(?P<plain>[^.^$\\\[])|\[(?P<listed>[^\\^])\]")
_CLASS = re.compile(r"\\[^\w]|\\[dDsSwW]|[^\\^$]|\[.*\]", re.DOTALL)  # one character of some kind
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


@dataclass(slots=True)
class _Cost:
    """What was met so far.

    Attributes:
        open: repetitions whose end depends on what follows; each multiplies the ways to try by the text's length.
        settled: repetitions that can end in one place only, as in ``[0-9]+[.]``.
        choices: optional parts and alternatives; each doubles the ways to try.
        varies: for every group that is open, whether it can match in several ways.
    """

    open: int = 0
    settled: int = 0
    choices: int = 0
    varies: list[bool] = field(default_factory=lambda: [False])

    @property
    def limit(self) -> int:
        """How much text may be looked at within the allowed steps: ways to try, from every start."""
        power = self.open + min(self.settled, 1) + 1
        steps = _MAX_STEPS * math.factorial(power) / 2**self.choices
        return min(MAX_SUBJECT, int(steps ** (1 / power)))


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
    return Bounded(written, lowered, _limit(pattern))


def _limit(pattern: str) -> int:
    """How much text a valid pattern may look at; CostlyPattern when the cost could explode."""
    cost = _Cost()
    parts = list(_PART.finditer(pattern))
    group_varies = False  # what the part just before was a group that can match in several ways
    for index, part in enumerate(parts):
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
            if after_group and part["repeat"] != "?":
                message = "a repeated group that itself repeats or has choices could take for ever"
                raise CostlyPattern(message, part.start())
            _count(cost, part["repeat"], settled=_settled(parts, index))
        if cost.limit < _MIN_SUBJECT:
            raise CostlyPattern("too many repetitions or choices to stay fast", part.start())
    return cost.limit


def _count(cost: _Cost, quantifier: str, *, settled: bool) -> None:
    low, comma, high = quantifier.strip("{}").partition(",")
    if quantifier == "?":
        cost.choices += 1
    elif quantifier not in ("*", "+") and not (comma and (low != high or not high)):
        return  # a fixed number of times
    elif settled:
        cost.settled += 1
    else:
        cost.open += 1
    cost.varies[-1] = True


def _settled(parts: list[re.Match[str]], index: int) -> bool:
    """Whether a repetition is of one kind of character and what must follow it is a character of no such kind."""
    if index == 0 or index + 1 >= len(parts):
        return index > 0
    repeated, follower = parts[index - 1], parts[index + 1]
    if not all(part.lastgroup in (None, "escape", "set") for part in (repeated, follower)):
        return False
    if index + 2 < len(parts) and parts[index + 2].lastgroup == "repeat":
        return False
    char = _ONE_CHARACTER.fullmatch(follower[0])
    if char is None or not _CLASS.fullmatch(repeated[0]):
        return False
    return not re.match(repeated[0], char[char.lastgroup or 0], re.DOTALL | re.IGNORECASE)
