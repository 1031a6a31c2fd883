"""``data``: how old the facts on versions are, and newer ones for those who ask."""

from __future__ import annotations

import argparse
import datetime as dt
from typing import TYPE_CHECKING

from ksec_tui.cli import output, source
from ksec_tui.cli.command import SOURCE, CliError, Command

if TYPE_CHECKING:  # the parser must not pay for it
    from ksec_tui.cli.renewal import Renewal

_MOST = 8
"""How many new rows of a file are named."""


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    words = "print which facts are in use, of which date, from where"
    show = actions.add_parser("show", help=words, description=words, allow_abbrev=False)
    source.add_facts_argument(show)
    show.add_argument("-o", "--output", choices=("table", "json"), default="table", help="how to print them")
    show.add_argument(
        "--today", type=source.date, default=None, metavar="YYYY-MM-DD", help="count ages up to this date"
    )
    words = "take newer facts from a file, a folder or an https address; the only command that asks another server"
    update = actions.add_parser("update", help=words, description=words, allow_abbrev=False)
    update.add_argument("--from", dest="origin", required=True, metavar="FILE|DIR|URL", help="where they are")
    source.add_facts_argument(update)
    update.add_argument("--allow-older", action="store_true", help="even if the facts in use are newer")


def _run(arguments: argparse.Namespace) -> int:
    return _show(arguments) if arguments.action == "show" else _update(arguments)


def _show(arguments: argparse.Namespace) -> int:
    import msgspec

    from ksec_tui.data.versions.age import age
    from ksec_tui.data.versions.store import copies
    from ksec_tui.reports.columns import columns

    source.use_facts(arguments)
    used, wrong = copies()
    for line in wrong:
        output.tell(line)
    day = dt.date.fromisoformat(arguments.today) if arguments.today else dt.datetime.now(tz=dt.UTC).date()
    ages = {name: age(copy.content.as_of, day) for name, copy in used.items()}
    if arguments.output == "json":
        rows = [
            {
                "file": name,
                "as_of": copy.content.as_of,
                "age_days": ages[name].days,
                "freshness": ages[name].freshness.value,
                "rows": copy.content.count,
                "origin": copy.origin,
                "sha256": copy.sha256,
                "sources": copy.content.sources,
            }
            for name, copy in used.items()
        ]
        output.emit(msgspec.json.format(msgspec.json.encode(rows)).decode() + "\n", encoding="utf-8")
        return 0
    from ksec_tui.cluster.text import one_line

    table = [("FILE", "AS OF", "AGE", "STATE", "ROWS", "SHA256", "FROM")]
    table += [
        (
            name,
            str(copy.content.as_of),
            f"{ages[name].days} d",
            ages[name].freshness.value,
            str(copy.content.count),
            copy.sha256[:12],
            one_line(copy.origin),
        )
        for name, copy in used.items()
    ]
    output.emit("".join(f"{line}\n" for line in columns(table)))
    return 0


def _update(arguments: argparse.Namespace) -> int:
    from pathlib import Path

    from ksec_tui.cli.renewal import UpdateError, fetch, plan, store
    from ksec_tui.data import places

    folder = Path(arguments.data) if arguments.data else places.user_folder()
    places.use(folder)
    try:
        renewals = plan(fetch(arguments.origin), allow_older=arguments.allow_older)
        store(renewals, folder)
    except (UpdateError, OSError) as error:
        raise CliError(f"{error}; nothing was changed", SOURCE) from error
    for item in renewals:
        output.tell(_told(item))
    output.tell(f"written to {folder}")
    return 0


def _told(item: Renewal) -> str:
    words = f"{item.name}: {item.before} → {item.after}, +{len(item.added)} -{len(item.removed)} rows"
    named = ", ".join(item.added[:_MOST]) + (", …" if len(item.added) > _MOST else "")
    return f"{words} ({named})" if named else words


COMMAND = Command(
    "data", "show or renew the facts on versions that come with the program", _add_arguments, _run
)
