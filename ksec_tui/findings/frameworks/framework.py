"""The controls of a framework, each with the verdict of the checks that name it among their references."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import Check
from ksec_tui.findings.controls.judging import by_check
from ksec_tui.findings.finding import Finding
from ksec_tui.findings.frameworks import titles
from ksec_tui.findings.runner import Results
from ksec_tui.findings.verdict import Severity, Verdict


@dataclass(frozen=True, slots=True)
class Framework:
    """One framework.

    Attributes:
        id: the word for it on the command line.
        title: its name and edition.
        prefix: what references to it begin with; what follows is the control.
        titles: its controls that some check names, with what they ask for.
        plain: whether the control is its own title, for want of numbers.
    """

    id: str
    title: str
    prefix: str
    titles: Mapping[str, str]
    plain: bool = False

    def control(self, reference: str) -> str:
        """The control that a check's reference names; empty for other frameworks' references."""
        found = re.fullmatch(self.prefix, reference)
        return found[1] if found else ""


PSS = Framework("pss", "Pod Security Standards", r"PSS (\w+)", titles.PSS)
"""Judged by the rules of admission themselves; see `pod_security`."""

FRAMEWORKS: tuple[Framework, ...] = (
    PSS,
    Framework("cis", "CIS Kubernetes Benchmark 2.0.1", r"CIS ([\d.]+)", titles.CIS),
    Framework("nsa", "NSA/CISA Kubernetes Hardening Guide", r"NSA(?:/CISA)? (.+)", {}, plain=True),
    Framework("owasp", "OWASP Kubernetes Top Ten 2025", r"OWASP (.+)", titles.OWASP),
    Framework("attack", "MITRE ATT&CK", r"(T\d{4}(?:\.\d{3})?)", titles.ATTACK),
    Framework("microsoft", "Microsoft threat matrix for Kubernetes", r"(MS-TA\d{4})", titles.MICROSOFT),
)


@dataclass(frozen=True, slots=True)
class Standing:
    """How one control of a framework fares.

    Attributes:
        framework: whose it is.
        control: its number or name.
        title: what it asks for.
        checks: the checks that look at it; they need not cover all of it.
        verdict: FAIL when one of them fails anywhere, components of Kubernetes included; UNKNOWN when it could
            not be judged everywhere; PASS; NOT_APPLICABLE where nothing that it concerns was found.
        failed: how many FAIL without components of Kubernetes itself.
        system: how many on those.
        unknown: how many findings are UNKNOWN; for Pod Security, of how many workloads it is not known.
        findings: what the checks found, worst first.
    """

    framework: Framework
    control: str
    title: str
    checks: tuple[str, ...]
    verdict: Verdict
    failed: int
    system: int
    unknown: int
    findings: tuple[Finding, ...]

    @property
    def worst(self) -> Severity | None:
        """The severity of the worst FAIL; None without any."""
        return max((item.severity for item in self.findings if item.verdict is Verdict.FAIL), default=None)


def controls_of(framework: Framework, checks: Iterable[Check[Any]]) -> dict[str, tuple[str, ...]]:
    """The controls that some check names, in order, with the ids of these checks."""
    found: dict[str, list[str]] = {}
    for item in checks:
        for reference in item.references:
            control = framework.control(reference)
            if control and item.id not in found.setdefault(control, []):
                found[control].append(item.id)
    return {control: tuple(found[control]) for control in sorted(found, key=_order)}


def _order(control: str) -> tuple[object, ...]:
    """Numbers by their value: 5.2.9 before 5.2.10; editions of other years last."""
    parts = re.findall(r"\d+|\D+", control)
    return (control[:1].isdigit() and "-" in control, *((part.isdigit(), _part(part)) for part in parts))


def _part(part: str) -> str:
    return part.zfill(8) if part.isdigit() else part.capitalize()


def standings(snapshot: Snapshot, results: Results, checks: Iterable[Check[Any]]) -> tuple[Standing, ...]:
    """Every control of every framework, in order; worked out once for a Snapshot and its Results.

    Controls that no check of this program looks at are not in it.
    """
    # Results are kept beside what is known of them: an id alone could come back for another object. What takes
    # long is worked out past the lock of `derived`, which others wait for.
    kept: tuple[Results, list[tuple[Standing, ...]]] = snapshot.derived(
        ("frameworks", id(results)), lambda _: (results, [])
    )
    if not kept[1]:
        kept[1].append(_all(snapshot, results, tuple(checks)))
    return kept[1][0]


def _all(snapshot: Snapshot, results: Results, checks: tuple[Check[Any], ...]) -> tuple[Standing, ...]:
    from ksec_tui.findings.frameworks.pod_security import pod_security  # it is one of the frameworks here

    found: list[Standing] = [*pod_security(snapshot, results)]
    for framework in FRAMEWORKS:
        if framework is not PSS:
            found += _of(framework, results, checks)
    return tuple(found)


def _of(framework: Framework, results: Results, checks: tuple[Check[Any], ...]) -> list[Standing]:
    controls = controls_of(framework, checks)
    findings = by_check(results, controls)
    said = []
    for control, names in controls.items():
        title = control[:1].upper() + control[1:] if framework.plain else framework.titles.get(control, "")
        said.append(_standing(framework, control, title, names, findings[control], results))
    return said


def _standing(
    framework: Framework,
    control: str,
    title: str,
    checks: tuple[str, ...],
    findings: list[Finding],
    results: Results,
) -> Standing:
    failed = [item for item in findings if item.verdict is Verdict.FAIL]
    system = sum(item.system for item in failed)
    return Standing(
        framework,
        control,
        title,
        checks,
        Verdict.FAIL if failed else _rest(results, checks),
        len(failed) - system,
        system,
        len(findings) - len(failed),
        tuple(findings),
    )


def _rest(results: Results, checks: Iterable[str]) -> Verdict:
    """The verdict when nothing is a FAIL."""
    verdicts = [
        result.tally.verdict if (result := results.by_check.get(name)) is not None else Verdict.UNKNOWN
        for name in checks
    ]
    for verdict in (Verdict.UNKNOWN, Verdict.PASS):
        if verdict in verdicts:
            return verdict
    return Verdict.NOT_APPLICABLE
