"""Opens live clusters for the commands and the explorer."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable, Iterator, Sequence

from ksec_tui.cli.command import SOURCE, CliError
from ksec_tui.cluster.ingest import Document
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import SourceInfo
from ksec_tui.cluster.text import one_line
from ksec_tui.sources import kubeconfig
from ksec_tui.sources.base import Event, Source, SourceError, Update, Watchable
from ksec_tui.sources.connection import open_connection
from ksec_tui.sources.kubeconfig import ConnectionOptions
from ksec_tui.sources.live import LiveSource
from ksec_tui.sources.trials import CanTry, Outcome, Progress, Trial, Tried


class Contexts:
    """The contexts of the kubeconfig and the way into each, with the options of this start.

    Args:
        options: as whom, with which namespaces; their context is the one to begin with.
    """

    def __init__(self, options: ConnectionOptions) -> None:
        self._options = options

    def names(self) -> Sequence[str]:
        """The contexts to choose from; none when the kubeconfig cannot be read."""
        try:
            return tuple(context.name for context in kubeconfig.contexts(self._options))
        except SourceError:
            return ()

    def open(self, name: str) -> Source:
        """The source of one context; its login may use the terminal.

        Raises:
            SourceError: it cannot be opened.
        """
        return _open(dataclasses.replace(self._options, context=name))

    def first(self) -> Source:
        """The source to begin with: one that only says why when it cannot be opened and there are others.

        Raises:
            CliError: it cannot be opened and there is no other context to offer.
        """
        try:
            return _open(self._options)
        except SourceError as error:
            others = set(self.names()) - {self._options.context}
            if not others:
                raise CliError(_advice(error), SOURCE) from error
            label = self._options.context or self._current()
            return FailedSource(label, f"{error} (:ctx opens another context)", self._again)

    def _again(self) -> Source:
        # Without questions: the screen has the terminal by now.
        return _open(self._options, interactive=False)

    def _current(self) -> str:
        known = kubeconfig.contexts(self._options)
        return next((context.name for context in known if context.current), "")


class FailedSource:
    """A cluster that could not be opened: says why, and tries again when it is read again.

    Args:
        label: the name of the context.
        reason: one sentence.
        again: opens the cluster without asking anything; raises SourceError.
    """

    def __init__(self, label: str, reason: str, again: Callable[[], Source]) -> None:
        self._info = SourceInfo(kind="live", label=one_line(label or "(no context)", 200))
        self._reason = reason
        self._again = again
        self._opened: Source | None = None

    @property
    def info(self) -> SourceInfo:
        """The context that was asked for; more once it has been opened."""
        return self._opened.info if self._opened else self._info

    @property
    def log(self) -> Sequence[object]:
        """The requests to the server, once there is one."""
        return tuple(getattr(self._opened, "log", ()))

    def events(self, cancel: threading.Event) -> Iterator[Event]:
        """The first time nothing but the reason; later what the cluster has, if it can be opened.

        Raises:
            SourceError: it cannot.
        """
        yield from self._open().events(cancel)

    def watch(self, cancel: threading.Event) -> Iterator[Event | Update]:
        """The same, and then what changes.

        Raises:
            SourceError: it cannot be opened.
        """
        opened = self._open()
        yield from opened.watch(cancel) if isinstance(opened, Watchable) else opened.events(cancel)

    def _open(self) -> Source:
        if self._reason:
            reason, self._reason = self._reason, ""
            raise SourceError(reason)
        if self._opened is None:
            self._opened = self._again()
        return self._opened

    def fetch(self, ref: ObjectRef) -> Document | None:
        """One whole object, once the cluster has been opened."""
        return self._opened.fetch(ref) if self._opened else None

    def dry_run(
        self,
        trials: Sequence[Trial],
        *,
        cancel: threading.Event | None = None,
        progress: Progress | None = None,
    ) -> tuple[Tried, ...]:
        """What the server says, once the cluster has been opened."""
        opened: object = self._opened
        if isinstance(opened, CanTry):
            return opened.dry_run(trials, cancel=cancel, progress=progress)
        words = "the cluster could not be opened"
        return tuple(Tried(item.target, item.method, Outcome.NOT_TRIED, words) for item in trials)


def open_live(options: ConnectionOptions) -> Source:
    """The live cluster that `options` name, logged in.

    Raises:
        CliError: it cannot be opened.
    """
    try:
        return _open(options)
    except SourceError as error:
        raise CliError(_advice(error), SOURCE) from error


def _open(options: ConnectionOptions, *, interactive: bool | None = None) -> Source:
    return LiveSource(open_connection(options, interactive=interactive))


def _advice(error: SourceError) -> str:
    return f"{error}\nwithout a cluster: --demo shows the demo cluster, -f PATH reads manifests"
