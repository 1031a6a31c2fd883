"""Asks an API server what it would say to changes: dry runs, told object by object."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from urllib.parse import quote, urlencode

from ksec_tui.cluster.kinds import kind_named
from ksec_tui.cluster.text import one_line
from ksec_tui.sources.base import SourceError
from ksec_tui.sources.gate import DRY_RUN
from ksec_tui.sources.live_scope import usable_name
from ksec_tui.sources.transport import CancelledError, RefusedError, RequestError, Transport
from ksec_tui.sources.trials import Outcome, Progress, Trial, Tried

WORKERS = 4
SECONDS = 120.0
"""For all of a plan; what has no answer by then is not tried."""
MAX_ANSWER = 16 << 20
"""Bytes of one answer: many times the largest object that a server stores. None is kept."""

_POLL = 0.1
_FIRST = (1, 19)
"""From this version no server takes ``dryRun`` for nothing: it can no longer be switched off (KEP-576)."""
_VERSION = re.compile(r"v?(\d{1,4})\.(\d{1,4})")
_NO_RIGHT = re.compile(r"\bUser .* cannot \w+ resource ")
_DENIED = re.compile(r"\bdenied (the )?request\b")
"""What admission says when it judged, whatever status a webhook gave its no."""
_UNASKED = re.compile(r"\badmission webhook .* does not support dry run")
"""A webhook that may have side effects is not called in a dry run; the change itself would be judged by it."""
_NOT_JUDGED = {
    401: "the login is not accepted",
    408: "the server took too long",
    429: "the server has too much to do",
    502: "the server did not answer",
    503: "the server is not available",
    504: "the server took too long",
}


def unfit(server_version: str) -> str:
    """Why this server cannot be asked, one sentence; empty when it can.

    A server that knows no dry run would carry the changes out.
    """
    match = _VERSION.match(server_version)
    if match is None:
        return "the server's version is not known, and an old one would carry the changes out"
    if tuple(map(int, match.groups())) < _FIRST:
        return (
            f"Kubernetes {one_line(server_version, 40)} may not know dry runs and would carry the changes out"
        )
    return ""


def ask(
    transport: Transport,
    trials: Sequence[Trial],
    stop: threading.Event,
    *,
    cancel: threading.Event | None = None,
    progress: Progress | None = None,
    seconds: float | None = None,
) -> tuple[Tried, ...]:
    """What the server says of each of `trials`, in their order.

    Args:
        transport: the connection, which gives up when `stop` is set.
        trials: what to ask.
        stop: set here when time is up or `cancel` is set.
        cancel: gives up what has no answer yet.
        progress: told after each answer.
        seconds: for all of them; `SECONDS` unless told otherwise.
    """
    until = time.monotonic() + (SECONDS if seconds is None else seconds)
    told = 0
    with ThreadPoolExecutor(WORKERS, thread_name_prefix="ksec-dry-run") as pool:
        waiting = {pool.submit(_asked, transport, trial): trial for trial in trials}
        open_ones = set(waiting)
        while open_ones:
            done, open_ones = wait(open_ones, timeout=_POLL)
            told += len(done)
            if done and progress is not None:
                progress(told, len(trials))
            if not stop.is_set() and (time.monotonic() > until or (cancel is not None and cancel.is_set())):
                stop.set()
                transport.end()
        return tuple(Tried(trial.target, trial.method, *found.result()) for found, trial in waiting.items())


def _asked(transport: Transport, trial: Trial) -> tuple[Outcome, str]:
    path = _path(trial)
    if not path:
        return Outcome.NOT_TRIED, "it has no address that is known here"
    try:
        transport.dry_run(trial.method, f"{path}?{urlencode(DRY_RUN)}", trial.body, trial.content_type)
    except CancelledError:
        return Outcome.NOT_TRIED, "there was no answer in time"
    except RefusedError as error:
        return _refused(error)
    except (RequestError, SourceError) as error:
        return Outcome.NOT_TRIED, str(error)
    return Outcome.ACCEPTED, ""


def _refused(error: RefusedError) -> tuple[Outcome, str]:
    """Whether the server judged the change, or never came to that.

    As kube-apiserver answers: a webhook's no says that it denied the request; one that cannot be called, and
    whose failure is a no, ends in 500 or 504; one that is not called in dry runs in 400.
    """
    said = str(error)
    if not error.reason:
        return Outcome.NOT_TRIED, f"what answered is not the API server: {said}"
    if _DENIED.search(said):
        return Outcome.REFUSED, said
    if _UNASKED.search(said):
        return Outcome.NOT_TRIED, f"admission cannot judge it without carrying it out: {said}"
    if error.status == 403 and _NO_RIGHT.search(said):
        return Outcome.NOT_TRIED, f"you have no right to it: {said}"
    if error.status in _NOT_JUDGED or error.status >= 500:
        return Outcome.NOT_TRIED, f"{_NOT_JUDGED.get(error.status, 'the server failed at it')}: {said}"
    return Outcome.REFUSED, said


def _path(trial: Trial) -> str:
    """Where the change would go; empty when its kind or its name cannot stand in a path."""
    target = trial.target
    kind = kind_named(target.group, target.kind)
    if kind is None or kind.offline or target.name in ("", ".", ".."):
        return ""
    if kind.namespaced and not usable_name(target.namespace):
        return ""
    root = kind.path(
        target.namespace if kind.namespaced else None, quote(trial.api_version.rpartition("/")[2])
    )
    return root if trial.method == "POST" else f"{root}/{quote(target.name, safe=':')}"
