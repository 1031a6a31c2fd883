"""``python -m bench``: the measures, by part; with ``--write`` into ``bench/results.md``."""

from __future__ import annotations

import argparse

from bench import results
from bench.parts import PARTS


def main() -> None:
    """Runs the parts that are asked for, all unless some are."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--runs", type=int, default=1, help="of each measure, interleaved")
    parser.add_argument("--quick", action="store_true", help="only the parts that are ready in five minutes")
    parser.add_argument("--only", metavar="PART,...", help="only these parts; --list names them")
    parser.add_argument("--write", action="store_true", help="put the figures into bench/results.md")
    parser.add_argument("--list", action="store_true", help="name the parts")
    options = parser.parse_args()
    chosen = (
        options.only.split(",") if options.only else [n for n in PARTS if PARTS[n].quick or not options.quick]
    )
    unknown = [name for name in chosen if name not in PARTS]
    if unknown:
        parser.error(f"there is no part {unknown[0]!r}; one of {', '.join(PARTS)}")
    if options.list:
        for name, part in PARTS.items():
            print(f"{name:14} {part.title}{' (quick)' if part.quick else ''}")
        return
    known = {name: part.title for name, part in PARTS.items()}
    for name in chosen:
        reports = PARTS[name].run(options.runs)
        if options.write:  # after each: a later part may fail
            results.write({name: reports}, known, f"python -m bench --only {name} --runs {options.runs}")


if __name__ == "__main__":
    main()
