"""``python -m bench``: every measure, into ``bench/results.md``."""

from __future__ import annotations

import argparse
import datetime as dt

from bench import checks, load, paint, simulate, stall, table
from bench.measure import ROOT, machine


def main() -> None:
    """Runs everything; about ten minutes."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--runs", type=int, default=3, help="of each measure")
    options = parser.parse_args()
    runs = options.runs
    reports = [
        load.run(10_000, runs, with_models=True),
        load.run(100_000, 1, with_models=False),
        paint.run(max(9, runs)),
        table.run(runs),
        stall.run(10_000, runs),
        stall.run(100_000, 1),
        checks.run(10_000, runs),
        simulate.run(10_000, runs),
    ]
    today = dt.datetime.now(tz=dt.UTC).date().isoformat()
    head = [
        "# Measures",
        "",
        f"{today}, {machine()}. Made by `python -m bench`; the synthetic pods have about 10 KB of JSON each and",
        "come over loopback from a server in another process.",
        "",
        "",
    ]
    text = "\n".join(head) + "\n".join(report.markdown() for report in reports)
    (ROOT / "bench" / "results.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
