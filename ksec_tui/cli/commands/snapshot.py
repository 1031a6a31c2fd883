"""``snapshot save``: the state of a cluster in one file, to look at later or elsewhere."""

from __future__ import annotations

import argparse

from ksec_tui.cli import output, source
from ksec_tui.cli.command import SOURCE, CliError, Command


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    words = "read a source and save it; Secrets and ConfigMaps are saved without their content"
    save = actions.add_parser("save", help=words, description=words, allow_abbrev=False)
    save.add_argument("path", metavar="FILE", help="where to; readable by you only")
    save.add_argument("--force", action="store_true", help="replace the file if it is there")
    source.add_arguments(save)


def _run(arguments: argparse.Namespace) -> int:
    from pathlib import Path

    from ksec_tui.cluster.text import one_line

    source.check(arguments)
    path = Path(arguments.path)
    shown = one_line(str(path))
    # Said before a long reading; `save` makes sure of it again.
    if path.exists() and not arguments.force:
        raise CliError(f"{shown} exists already: --force replaces it")
    if not path.parent.is_dir():
        raise CliError(f"{shown}: its directory does not exist")

    opened = source.open_source(arguments)
    from ksec_tui.cli.reading import read
    from ksec_tui.sources.base import SourceError
    from ksec_tui.sources.saved import save

    snapshot, problems = read(opened)
    for problem in problems:
        output.tell(f"{problem.where}: {problem.reason}")
    try:
        save(snapshot, path, force=arguments.force)
    except SourceError as error:
        raise CliError(str(error), SOURCE) from error
    count, percent = snapshot.count(), snapshot.coverage.percent
    noun = "object" if count == 1 else "objects"
    output.tell(f"saved {count:,} {noun} to {shown} (coverage {percent} % of the kinds)")
    return 0


COMMAND = Command("snapshot", "save the state of a cluster to a file", _add_arguments, _run)
