"""What a scan takes into account of earlier sessions: the triage file and what was seen; only where asked for."""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ksec_tui.cli import output
from ksec_tui.cli.command import CliError

if TYPE_CHECKING:  # the parser must not pay for it
    from ksec_tui.cluster.snapshot import Snapshot, SourceInfo
    from ksec_tui.findings.check import Check
    from ksec_tui.findings.filter_fields import FieldSpec, Test
    from ksec_tui.findings.runner import Results
    from ksec_tui.triage.notation import Read
    from ksec_tui.triage.rows import Triaged
    from ksec_tui.triage.seen import Seen, Since

_TOLD = 20
"""Bad entries that are told one by one."""
_MARKS = {
    "dismissed": "--triage",
    "expired": "--triage",
    "reopened": "--triage",
    "new": "--seen",
    "regressed": "--seen",
}


def add_triage_arguments(group: argparse._ActionsContainer) -> None:
    """Give a parser ``--triage``, ``--seen`` and ``--show-dismissed``."""
    group.add_argument(
        "--triage",
        metavar="FILE",
        help="honour these decisions: what is dismissed is counted apart (by default none are)",
    )
    group.add_argument(
        "--show-dismissed", action="store_true", help="list what --triage FILE dismisses, and why"
    )
    group.add_argument(
        "--seen",
        metavar="FILE",
        help="say what is new, back again or fixed since the last run with this file, and bring it up to date",
    )


def known_fields(*, triage: bool, seen: bool) -> Mapping[str, FieldSpec]:
    """The fields of the filter, where words that nothing is known of say what they need.

    Args:
        triage: whether a triage file is read.
        seen: whether it is known what was seen the last time.
    """
    from ksec_tui.findings.filter import FIELDS

    given = {"--triage": triage, "--seen": seen}
    fields = dict(FIELDS)
    lacking = {word: option for word, option in _MARKS.items() if not given[option]}
    fields["is"] = _needing(fields["is"], lacking)
    states = {} if triage else dict.fromkeys(fields["state"].words, "--triage")
    fields["state"] = _needing(fields["state"], states if seen else {**states, "regressed": "--seen"})
    return fields


def _needing(spec: FieldSpec, lacking: Mapping[str, str]) -> FieldSpec:
    """A field some of whose words need an option that is not given."""
    from ksec_tui.findings.filter_fields import Among

    read: Callable[[str], Test] = spec.read

    def checked(text: str) -> Test:
        test = read(text)
        words = test.words if isinstance(test, Among) else frozenset()
        option = next((lacking[word] for word in sorted(words) if word in lacking), None)
        if option is not None:
            raise ValueError(f"{text} is known only to scan {option} FILE")
        return test

    return dataclasses.replace(spec, read=checked)


@dataclass(frozen=True)
class Kept:
    """What was kept of earlier sessions; `read` and `seen` are None where nobody asked."""

    read: Read | None
    seen: Seen | None
    seen_path: Path | None

    def since(self, snapshot: Snapshot, results: Results, checks: Sequence[Check[Any]]) -> Since | None:
        """How things differ from the last time."""
        if self.seen is None:
            return None
        from ksec_tui.triage.absence import Absences

        if not self.seen.last:
            output.tell(f"{self.seen_path}: the first run; what is found now counts as seen from now on")
        return self.seen.since(results.findings, Absences(snapshot, results, checks))

    def rows(self, snapshot: Snapshot, results: Results, since: Since | None) -> dict[str, Triaged] | None:
        """Every finding with what was decided of it, by fingerprint."""
        if self.read is None and since is None:
            return None
        from ksec_tui.triage.rows import triaged
        from ksec_tui.triage.triage import NOTHING

        triage = NOTHING if self.read is None else self.read.triage
        rows = triaged(results.findings, triage, snapshot.source.date, since)
        return {row.finding.fingerprint: row for row in rows}

    def observe(self, snapshot: Snapshot, results: Results, checks: Sequence[Check[Any]]) -> None:
        """Keep what was seen for the next time.

        Raises:
            CliError: it cannot be written.
        """
        if self.seen_path is None:
            return
        from ksec_tui.triage.absence import Absences
        from ksec_tui.triage.notation import TriageError
        from ksec_tui.triage.seen import observe

        try:
            absences = Absences(snapshot, results, checks)
            observe(self.seen_path, results.findings, absences, snapshot.source.date)
        except TriageError as error:
            raise CliError(f"--seen: {error}") from error


def load_kept(arguments: argparse.Namespace) -> Kept:
    """Read the files that the options name; bad entries are told.

    Raises:
        CliError: a file cannot be used; with its line.
    """
    if not arguments.triage and not arguments.seen:
        return Kept(None, None, None)
    from ksec_tui.triage import seen
    from ksec_tui.triage.notation import TriageError

    read = load_file(Path(arguments.triage)) if arguments.triage else None
    if not arguments.seen:
        return Kept(read, None, None)
    path = Path(arguments.seen)
    try:
        return Kept(read, seen.load(path), path)
    except TriageError as error:
        raise CliError(f"--seen: {error}") from error


def kept_files(given: str | None, info: SourceInfo, *, keeps: bool = True) -> tuple[Path | None, Path | None]:
    """Where the explorer keeps decisions on a source, and what was seen in it; None for nowhere.

    Args:
        given: the triage file that was asked for.
        info: the source; the demo has no files but the one that was asked for.
        keeps: whether anything may be kept that was not asked for.
    """
    from ksec_tui.triage.places import seen_file, triage_file

    own = keeps and info.kind != "demo"
    path = Path(given) if given else triage_file(info) if own else None
    return path, seen_file(info) if own else None


def load_file(path: Path, *, missing_ok: bool = False) -> Read:
    """Read a triage file and tell which of its entries do not count.

    Raises:
        CliError: it cannot be used; with its line.
    """
    from ksec_tui.triage import store
    from ksec_tui.triage.notation import TriageError

    try:
        read = store.load(path, missing_ok=missing_ok)
    except TriageError as error:
        raise CliError(f"--triage: {error}") from error
    for problem in read.problems[:_TOLD]:
        output.tell(f"{path}:{problem.line}: does not count: {problem.reason}")
    if len(read.problems) > _TOLD:
        output.tell(f"{path}: {len(read.problems) - _TOLD:,} more entries do not count; see 'triage audit'")
    return read
