"""What the measures share: a server in a process of its own, children that report figures, medians, tables."""

from __future__ import annotations

import gc
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
"""The folder from which everything is run."""

Figures = dict[str, float]
"""What one child measured, by name."""


def cpu() -> float:
    """CPU seconds of this process so far, all threads."""
    return time.process_time()


def peak() -> float:
    """The most memory that this process has held, in MiB (``ru_maxrss``)."""
    unit = 1024 * 1024 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def resident() -> float:
    """MiB that this process holds now; the most that it has held where that is not to be had."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        return peak()
    return pages * os.sysconf("SC_PAGE_SIZE") / 1024 / 1024


@contextmanager
def serving(pods: int, owners: int | None = None, small: int = 0) -> Iterator[Path]:
    """Serves the synthetic cluster from another process; the kubeconfig that leads there.

    Args:
        pods: how many pods.
        owners: how many Deployments own them; None for as many as is usual.
        small: how many small objects there are besides.
    """
    words = ["--pods", str(pods), "--small", str(small), "--serve"]
    if owners is not None:
        words += ["--owners", str(owners)]
    with server_of("bench.synthetic", *words) as kubeconfig:
        yield kubeconfig


@contextmanager
def server_of(module: str, *words: str) -> Iterator[Path]:
    """Runs ``python -m module words --kubeconfig FILE``, which serves once it has written a line; that file."""
    with tempfile.TemporaryDirectory() as folder:
        kubeconfig = Path(folder) / "kubeconfig"
        command = [sys.executable, "-m", module, *words, "--kubeconfig", str(kubeconfig)]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as server:
            try:
                if server.stdout is None or not server.stdout.readline():
                    raise RuntimeError("the server did not start")
                yield kubeconfig
            finally:
                server.terminate()


def child(module: str, *words: str, timeout: float = 900) -> Figures:
    """Runs ``python -m module --child words`` and takes the JSON of its last line.

    Raises:
        RuntimeError: it failed; the message is what it wrote.
    """
    command = [sys.executable, "-m", module, "--child", *words]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=timeout, check=False)
    if done.returncode:
        said = done.stderr[-2000:] or f"ended with {done.returncode}"
        raise RuntimeError(f"{module} {' '.join(words)}: {said}")
    figures: Figures = json.loads(done.stdout.splitlines()[-1])
    return figures


def interleaved(tasks: Mapping[str, Callable[[], Figures]], runs: int) -> dict[str, Figures]:
    """Runs all tasks in turn, `runs` times, so that what else the machine does hits all; medians by name."""
    taken: dict[str, list[Figures]] = {name: [] for name in tasks}
    for _ in range(runs):
        for name, task in tasks.items():
            taken[name].append(task())
    return {
        name: {key: statistics.median(run[key] for run in found) for key in found[0]}
        for name, found in taken.items()
    }


def repeated(work: Callable[[], object], runs: int) -> float:
    """The median CPU seconds of `work`, with the collector run before each."""
    taken: list[float] = []
    for _ in range(runs):
        gc.collect()
        started = cpu()
        work()
        taken.append(cpu() - started)
    return statistics.median(taken)


@dataclass
class Report:
    """A table of figures, printed as they come and kept for the file."""

    title: str
    lines: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        print(f"\n{self.title}", flush=True)

    def row(
        self, what: str, figure: str, *, ratio: float | None = None, target: str = "", met: bool = True
    ) -> None:
        """One figure; `ratio` and `target` where there is something to compare with."""
        shown = "" if ratio is None else f"{ratio:.2f}x" if ratio < 10 else f"{ratio:.0f}x"
        verdict = "" if not target else "yes" if met else "**no**"
        self.lines.append(f"| {what} | {figure} | {shown} | {target} | {verdict} |")
        print(f"  {what:58} {figure:24} {shown:8} {target:10} {verdict.strip('*')}", flush=True)

    def note(self, text: str) -> None:
        """A sentence below the table."""
        self.lines.append(f"\n{text}")
        print(f"  {text}", flush=True)

    def markdown(self) -> str:
        """The table for the file."""
        rows = [line for line in self.lines if line.startswith("|")]
        notes = [line for line in self.lines if not line.startswith("|")]
        head = ["| what | measured | ratio | target | met |", "|---|---|---|---|---|"]
        return "\n".join([f"## {self.title}", "", *head, *rows, *notes, ""])


def machine() -> str:
    """What it was measured on, without its name."""
    pages, size = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
    memory = round(pages * size / 1024**3)
    version = sys.version.split()[0]
    return f"{os.cpu_count()} cores, {memory} GiB memory, {sys.platform}, {sys.implementation.name} {version}"


def printed(figures: Figures) -> None:
    """Ends a child: its figures, as the last line."""
    print(json.dumps(figures))


def arguments(argv: Sequence[str] | None = None) -> tuple[list[str], list[str]]:
    """The words after ``--child`` (empty when this is no child), and the words before."""
    words = list(sys.argv[1:] if argv is None else argv)
    if "--child" not in words:
        return [], words
    at = words.index("--child")
    return words[at + 1 :], words[:at]
