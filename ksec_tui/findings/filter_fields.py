"""The fields of the filter grammar: what ``sev:``, ``ns:``, ``age:`` … accept and how a value is compared."""

from __future__ import annotations

import difflib
import fnmatch
import operator
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from ksec_tui.cluster.kinds import KINDS
from ksec_tui.cluster.text import one_line
from ksec_tui.findings.verdict import Severity, Threat, Verdict

_SHORT_KINDS = {
    "cj": "cronjob",
    "cm": "configmap",
    "cr": "clusterrole",
    "crb": "clusterrolebinding",
    "crd": "customresourcedefinition",
    "csr": "certificatesigningrequest",
    "deploy": "deployment",
    "ds": "daemonset",
    "ep": "endpoints",
    "gtw": "gateway",
    "hpa": "horizontalpodautoscaler",
    "ing": "ingress",
    "limits": "limitrange",
    "netpol": "networkpolicy",
    "no": "node",
    "ns": "namespace",
    "pc": "priorityclass",
    "pdb": "poddisruptionbudget",
    "po": "pod",
    "pv": "persistentvolume",
    "pvc": "persistentvolumeclaim",
    "quota": "resourcequota",
    "rb": "rolebinding",
    "rc": "replicationcontroller",
    "rs": "replicaset",
    "sa": "serviceaccount",
    "sc": "storageclass",
    "sts": "statefulset",
    "svc": "service",
}
_KINDS = (
    {kind.name.lower(): kind.name.lower() for kind in KINDS}
    | {kind.plural: kind.name.lower() for kind in KINDS}
    | _SHORT_KINDS
)
_ORDER: Mapping[str, Callable[[float, float], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
    "=": operator.eq,
}
_COMPARED = re.compile(r"(>=|<=|>|<|=)?\s*(.*)", re.DOTALL)
_DURATION = re.compile(r"(?:[0-9]+(?:\.[0-9]+)?[smhdwy])+")
_DURATION_PART = re.compile(r"([0-9.]+)([smhdwy])")
_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800, "y": 31_536_000}


@dataclass(frozen=True, slots=True)
class Among:
    """The value is one of these lower-case words."""

    words: frozenset[str]

    def accepts(self, value: str) -> bool:
        """Compare without regard to case."""
        return value.lower() in self.words


@dataclass(frozen=True, slots=True)
class Starts:
    """The value begins with this lower-case text."""

    text: str

    def accepts(self, value: str) -> bool:
        """Compare without regard to case."""
        return value.lower().startswith(self.text)


@dataclass(frozen=True, slots=True)
class Contains:
    """The value holds this text; a lower-case text ignores case."""

    text: str

    def accepts(self, value: str) -> bool:
        """Compare with smart case."""
        return self.text in (value.lower() if self.text == self.text.lower() else value)


@dataclass(frozen=True, slots=True)
class Glob:
    """The whole value matches a pattern of ``*`` and ``?``."""

    pattern: re.Pattern[str]

    def accepts(self, value: str) -> bool:
        """Compare as the pattern was compiled."""
        return self.pattern.match(value) is not None


@dataclass(frozen=True, slots=True)
class Compared:
    """The value, a number of seconds as text, is before or after a bound."""

    sign: str
    bound: float

    def accepts(self, value: str) -> bool:
        """Compare numbers; a text that is none is never accepted."""
        try:
            number = float(value)
        except ValueError:
            return False
        return _ORDER[self.sign](number, self.bound)


Test = Among | Starts | Contains | Glob | Compared


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """A field of the grammar.

    Attributes:
        facet: the name by which a row is asked for its values.
        means: what it is about, in a word or two.
        examples: filters that use it, for the help and for error messages.
        read: turns one value into a test; ValueError with a sentence when it means nothing.
        words: values that are always offered for completion.
    """

    facet: str
    means: str
    examples: tuple[str, ...]
    read: Callable[[str], Test]
    words: tuple[str, ...] = ()


def nearest(word: str, known: Iterable[str]) -> str:
    """Say which known word was probably meant, or list them all when none is alike."""
    names = list(known)
    alike = difflib.get_close_matches(word[:40].lower(), names, n=1)
    return f"did you mean {alike[0]}?" if alike else f"known: {', '.join(names)}"


def read_glob(text: str) -> Glob:
    """Smart case: an upper-case letter in the pattern makes it case-sensitive."""
    return _glob(text, ignore_case=text == text.lower())


def read_glob_any_case(text: str) -> Glob:
    """For identifiers that people know in either case."""
    return _glob(text, ignore_case=True)


def _glob(text: str, *, ignore_case: bool) -> Glob:
    # The library's translation never backtracks over more than one star at a time.
    pattern = fnmatch.translate(text.replace("[", "[[]"))
    return Glob(re.compile(pattern, re.IGNORECASE if ignore_case else 0))


def read_kind(text: str) -> Test:
    """A kind, its plural or kubectl short name; a glob; or the beginning of a kind."""
    word = text.lower()
    if word in _KINDS:
        return Among(frozenset({_KINDS[word]}))
    return read_glob_any_case(text) if "*" in text or "?" in text else Starts(word)


def one_of(words: tuple[str, ...]) -> Callable[[str], Among]:
    """Read one of a closed list of words, or its beginning."""

    def read(text: str) -> Among:
        if text.lower() in words:
            return Among(frozenset({text.lower()}))
        begun = frozenset(word for word in words if word.startswith(text.lower()))
        if not begun:
            raise ValueError(f"there is no {one_line(text, 40)} ({nearest(text, words)})")
        return Among(begun)

    return read


def read_lens(text: str) -> Among:
    """A threat lens by its name (``container``) or its words (``compromised container``), or their beginning."""
    begun = one_of((*_LENSES, *(threat.value for threat in Threat)))(text).words
    meant = (threat for threat in Threat if {threat.name.lower(), threat.value} & begun)
    return Among(frozenset(word for threat in meant for word in (threat.name.lower(), threat.value)))


def read_severity(text: str) -> Among:
    """A severity or its beginning, after ``>=``, ``<=``, ``>``, ``<`` or ``=``."""
    sign, word = _split(text)
    bound = next((severity for severity in Severity if word and severity.word.startswith(word.lower())), None)
    if bound is None:
        raise ValueError(f"there is no {one_line(word, 40)} ({nearest(word, _SEVERITIES)})")
    return Among(frozenset(severity.word for severity in Severity if _ORDER[sign or "="](severity, bound)))


def read_age(text: str) -> Compared:
    """A bound such as ``<7d`` or ``>=1h30m``; units s m h d w y, a year having 365 days."""
    sign, duration = _split(text)
    if not sign or sign == "=":
        raise ValueError("an age is compared with < <= > or >=, as in age:<7d")
    if not _DURATION.fullmatch(duration):
        raise ValueError(f"{one_line(duration, 40)} is no age; write 90s, 5m, 2h, 7d, 3w or 1y")
    return Compared(
        sign, sum(float(count) * _SECONDS[unit] for count, unit in _DURATION_PART.findall(duration))
    )


def _split(text: str) -> tuple[str, str]:
    match = _COMPARED.match(text)
    return (match[1] or "", match[2]) if match else ("", text)


_SEVERITIES = tuple(severity.word for severity in reversed(Severity))
_LENSES = tuple(threat.name.lower() for threat in Threat)
_VERDICTS = tuple(verdict.value for verdict in Verdict)
_MARKS = (
    "new",
    "fixable",
    "unknown",
    "staged",
    "risky",
    "system",
    "mine",
    "marked",
    "dismissed",
    "regressed",
    "reopened",
    "expired",
)
_STATES = (
    "open",
    "in-progress",
    "dismissed",
    "accepted",
    "false-positive",
    "wont-fix",
    "mitigated",
    "reopened",
    "regressed",
    "fixed",
)

_SEVERITY = FieldSpec("sev", "severity", ("sev:high,critical", "sev:>=medium"), read_severity, _SEVERITIES)
_NAMESPACE = FieldSpec("ns", "namespace", ("ns:prod-*,!kube-*",), read_glob)
_RULE = FieldSpec("rule", "check id", ("rule:rbac-*",), read_glob_any_case)

FIELDS: Mapping[str, FieldSpec] = {
    "sev": _SEVERITY,
    "severity": _SEVERITY,
    "ns": _NAMESPACE,
    "namespace": _NAMESPACE,
    "kind": FieldSpec("kind", "kind, short names too", ("kind:deploy,sts",), read_kind),
    "name": FieldSpec("name", "name", ("name:web-*", 'name:"a b"'), read_glob),
    "rule": _RULE,
    "check": _RULE,
    "state": FieldSpec(
        "state", "triage state", ("state:open", "state:accepted,wont-fix"), one_of(_STATES), _STATES
    ),
    "is": FieldSpec("is", "marks of a row", (f"is:{'|'.join(_MARKS)}",), one_of(_MARKS), _MARKS),
    "age": FieldSpec("age", "age", ("age:<7d", "age:>=2h"), read_age),
    "path": FieldSpec("path", "text within the evidence path", ("path:hostPath",), Contains),
    "label": FieldSpec("label", "label as key=value", ("label:app=web*",), read_glob),
    "lens": FieldSpec("lens", "threat", (f"lens:{'|'.join(_LENSES)}",), read_lens, _LENSES),
    "verdict": FieldSpec(
        "verdict", "what the check says", (f"verdict:{'|'.join(_VERDICTS)}",), one_of(_VERDICTS), _VERDICTS
    ),
}
"""Every field by every name that it answers to."""
