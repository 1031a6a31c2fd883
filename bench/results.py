"""The file of results: each part of it is of the last time that part was run, on one machine."""

from __future__ import annotations

import datetime as dt
import os
import re
import sys
from collections.abc import Iterable, Mapping
from importlib import metadata
from pathlib import Path

from bench.measure import ROOT, Report, machine

FILE = ROOT / "bench" / "results.md"
LIBRARIES = ("textual", "rich", "msgspec", "kubernetes", "urllib3", "pyyaml")

_PART = re.compile(
    r"^<!-- part: (?P<name>[a-z-]+) -->\n(?P<text>.*?)(?=^<!-- part: |^# Not run|\Z)",
    re.MULTILINE | re.DOTALL,
)
_MACHINE = re.compile(r"^Machine: (.*)\.$", re.MULTILINE)

_HEAD = """\
# Measures

Written by `python -m bench --write`, part by part: the date below each says when, and with which versions.
`python -m bench --write --quick` renews the parts that are ready in five minutes.

Machine: {machine}.

The machine does other work too: the load average below each part says how much. Times are therefore CPU seconds (all
threads of the measured process) unless a row says wall clock, and a stall of the event loop counts as far as the
process itself was busy. What is compared was run in turn, side by side: trust the ratios, and take times as orders of
magnitude.
Synthetic pods have about 10 KB of JSON each; all clusters come over loopback from a server in a process of its own.
"""


def cpu_model() -> str:
    """The processor's name, as far as the system tells."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return "unknown processor"
    found = re.search(r"^model name\s*:\s*(.+)$", text, re.MULTILINE)
    return found[1].strip() if found else "unknown processor"


def written(text: str, made: Mapping[str, Iterable[Report]], known: Mapping[str, str], words: str) -> str:
    """The file with some parts anew; those of another machine go.

    Args:
        text: the file as it is.
        made: what was measured now, by part.
        known: all parts, in order, with what each measures.
        words: how `made` was asked for.
    """
    here = f"{cpu_model()}, {machine()}"
    same = _MACHINE.search(text)
    found = {part["name"]: part["text"].strip() for part in _PART.finditer(text)}
    sections = found if same is not None and same[1] == here else {}
    for name, reports in made.items():
        sections[name] = "\n".join([*(report.markdown() for report in reports), _foot(words)])
    pieces = [_HEAD.format(machine=here)]
    pieces += [f"<!-- part: {name} -->\n{sections[name]}\n" for name in known if name in sections]
    missing = [f"- `{name}`: {title}" for name, title in known.items() if name not in sections]
    if missing:
        pieces.append("\n".join(["# Not run", "", "No figures of this machine yet:", "", *missing, ""]))
    return "\n".join(pieces)


def write(made: Mapping[str, Iterable[Report]], known: Mapping[str, str], words: str) -> None:
    """Puts what was measured into `FILE`."""
    text = FILE.read_text(encoding="utf-8") if FILE.exists() else ""
    FILE.write_text(written(text, made, known, words), encoding="utf-8")


def _foot(words: str) -> str:
    today = dt.datetime.now(tz=dt.UTC).date().isoformat()
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in LIBRARIES)
    python = f"Python {sys.version.split()[0]}"
    busy = f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores at the end"
    return f"*{today}, `{words}`; {python}, {versions}; {busy}.*"
