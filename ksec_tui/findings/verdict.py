"""The words in which a judgement is given: verdicts, severities, threat lenses."""

from __future__ import annotations

from enum import Enum, IntEnum


class Verdict(Enum):
    """What a check says of one object. What could not be read is UNKNOWN, never PASS."""

    FAIL = "fail"
    PASS = "pass"  # noqa: S105 - a verdict, not a password
    UNKNOWN = "unknown"
    NOT_APPLICABLE = "n/a"


class Severity(IntEnum):
    """How bad a FAIL is by itself, without its context; greater is worse."""

    INFO = 0
    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4

    @property
    def word(self) -> str:
        """The lower-case word used in filters, files and on the command line."""
        return self.name.lower()

    @classmethod
    def parse(cls, word: str) -> Severity:
        """The severity that `word` (any case, or its first letter) names; ValueError otherwise."""
        for severity in cls:
            if word.lower() in (severity.word, severity.word[0]):
                return severity
        known = ", ".join(severity.word for severity in reversed(cls))
        raise ValueError(f"unknown severity {word!r}; one of {known}")


class Threat(Enum):
    """The lens under which a weakness is looked at."""

    EXTERNAL = "external attacker"
    CONTAINER = "compromised container"
    CREDENTIALS = "compromised credentials"
