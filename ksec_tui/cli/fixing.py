"""The steps of the command ``fix``: stage, prove, write, ask the server."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ksec_tui.checks import all_checks
from ksec_tui.cli import output
from ksec_tui.cli.command import CliError
from ksec_tui.cli.output import Progress
from ksec_tui.cli.reading import read
from ksec_tui.cluster.text import one_line
from ksec_tui.findings.check import Check
from ksec_tui.findings.filter import Filter
from ksec_tui.findings.finding import Finding
from ksec_tui.findings.fix import Risk
from ksec_tui.findings.runner import run
from ksec_tui.findings.verdict import Verdict
from ksec_tui.fixes.dry_run import dry_run
from ksec_tui.fixes.errors import ExportError
from ksec_tui.fixes.export import export
from ksec_tui.fixes.in_place import settle, write
from ksec_tui.fixes.offer import offer
from ksec_tui.fixes.plan import FixPlan, Staged
from ksec_tui.fixes.simulate import Refused, Simulation, simulate
from ksec_tui.fixes.wholes import wholes
from ksec_tui.reports.fixes import FixSummary
from ksec_tui.sources.base import Source
from ksec_tui.sources.files import FileSource
from ksec_tui.sources.trials import NOTICE, Tried


class Fixing:
    """One run: reads the source at once, then does what it is told.

    Args:
        source: what to look at.
        checks: what to look for, and what the fixes are proven with.

    Attributes:
        problems: what could not be taken in.
        plan: what is staged.
        left_out: findings whose fix is riskier than asked for.
        failed: why files could not be written.
        notes: what is to be known of the files that were written.

    Raises:
        CliError: the source cannot be read.
    """

    def __init__(self, source: Source, checks: Sequence[Check[Any]]) -> None:
        self._source = source
        self._checks = checks
        self._snapshot, self.problems = read(source)
        self._results = run(self._snapshot, checks)
        self._documents: dict[Any, Any] = {}
        self._simulation: Simulation | None = None
        self._refused: tuple[Refused, ...] = ()
        self._folder = ""
        self._files: tuple[str, ...] = ()
        self._edited: tuple[str, ...] = ()
        self._server: tuple[Tried, ...] | None = None
        self.plan = FixPlan()
        self.left_out: tuple[Finding, ...] = ()
        self.failed: tuple[str, ...] = ()
        self.notes: tuple[str, ...] = ()

    def stage(self, wanted: Filter, most: int, only: frozenset[str], *, system: bool) -> None:
        """Stage the fix of every finding that matches.

        Args:
            wanted: the filter.
            most: the rank of the greatest risk; what only a human can do is always staged.
            only: ids of checks; empty for all.
            system: whether components of Kubernetes itself count.
        """
        staged: list[Staged] = []
        left_out: list[Finding] = []
        known = all_checks(optional=True)
        for finding in self._results.findings:
            chosen = not only or finding.check in only
            if finding.verdict is not Verdict.FAIL or not chosen or (finding.system and not system):
                continue
            fix = offer(finding, known, self._snapshot) if wanted.matches(finding) else None
            if fix is None:
                continue
            if fix.changes and fix.risk.rank > most:
                left_out.append(finding)
            else:
                # Who asks for what needs a review has said so on the command line.
                staged.append(Staged(finding, fix, confirmed=fix.risk is Risk.REVIEW))
        self.plan = FixPlan().stage_many(staged)
        self.left_out = tuple(left_out)

    @property
    def simulation(self) -> Simulation:
        """The proof of what is written."""
        if self._simulation is None:
            self._simulation = self._prove(self.plan)
        return self._simulation

    def prove(self) -> None:
        """Fetch what is not held whole, and prove the plan."""
        with _progress() as show:
            show("fetching what is to change")
            self._documents = wholes(self.plan, self._snapshot, lambda _, ref: self._source.fetch(ref))
        self._refused = self.simulation.refused

    def _prove(self, plan: FixPlan) -> Simulation:
        with _progress() as show:
            return simulate(
                self._snapshot,
                plan,
                self._checks,
                documents=self._documents,
                results=self._results,
                progress=lambda step: show(f"{step.phase}: {step.done:,} of {step.of:,}"),
            )

    def edit(self, roots: Sequence[str]) -> None:
        """Put the plan into the manifest files, as far as they let it.

        Raises:
            CliError: they are no files.
        """
        if not isinstance(self._source, FileSource):
            raise CliError("--in-place changes the files of -f; there are none")
        done = settle(self.simulation, self._prove, self._source.origins, self._source.repeated, roots)
        self._simulation = done.simulation
        self._refused = done.refused
        failed = write(done.files)
        self.failed = (*self.failed, *failed.values())
        written = [file for file in done.files if file.path not in failed]
        self._edited = tuple(one_line(str(file.path)) for file in written)
        self.notes = (*self.notes, *(_new(file.path) for file in written if file.before is None))

    def export(self, folder: Path, layouts: Sequence[str], *, force: bool) -> None:
        """Write the patches and the report."""
        try:
            done = export(self.simulation, self.plan, self._snapshot, folder, layouts=layouts, force=force)
        except ExportError as error:
            self.failed = (*self.failed, one_line(str(error)))
            return
        self._folder = str(folder)
        self._files = tuple(str(path.relative_to(folder)) for path in done.files)
        if done.stale:
            many = f"{len(done.stale)} file{' is' if len(done.stale) == 1 else 's are'}"
            first = one_line(str(done.stale[0].relative_to(folder)))
            said = f"{many} of before and none of this export, which no command names: {first}"
            self.notes = (*self.notes, f"{said}{', …' if len(done.stale) > 1 else ''}")

    def ask(self) -> None:
        """Ask the server what it would say."""
        output.tell(NOTICE)
        with _progress() as show:
            self._server = dry_run(
                self._source, self.simulation, progress=lambda done, of: show(f"asking: {done:,} of {of:,}")
            )

    def summary(self) -> FixSummary:
        """What was done."""
        return FixSummary(
            self._snapshot.source.label,
            self.plan,
            self.simulation,
            self.left_out,
            self._refused,
            self._folder,
            self._files,
            self._edited,
            self._server,
        )


def _new(path: Path) -> str:
    """That a file is new, and who must hear of it."""
    said = f"{one_line(str(path))} is new"
    lists = (path.parent / name for name in ("kustomization.yaml", "kustomization.yml", "Kustomization"))
    found = next((place for place in lists if place.exists()), None)
    return said if found is None else f"{said}: name it under resources in {one_line(found.name)}"


@contextmanager
def _progress() -> Iterator[Callable[[str], None]]:
    progress = Progress()
    try:
        yield progress.show
    finally:
        progress.clear()
