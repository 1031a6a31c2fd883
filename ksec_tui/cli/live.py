"""Opens live clusters for the commands and the explorer."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Iterator, Sequence

from ksec_tui.cli.command import SOURCE, CliError
from ksec_tui.cluster.ingest import Document
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import SourceInfo
from ksec_tui.cluster.text import one_line
from ksec_tui.sources import kubeconfig
from ksec_tui.sources.base import Event, Source, SourceError
from ksec_tui.sources.connection import open_connection
from ksec_tui.sources.kubeconfig import ConnectionOptions
from ksec_tui.sources.live import LiveSource


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
            return FailedSource(label, f"{error} (:ctx opens another context)")

    def _current(self) -> str:
        known = kubeconfig.contexts(self._options)
        return next((context.name for context in known if context.current), "")


class FailedSource:
    """A cluster that could not be opened: says why, and nothing else.

    Args:
        label: the name of the context.
        reason: one sentence.
    """

    def __init__(self, label: str, reason: str) -> None:
        self._info = SourceInfo(kind="live", label=one_line(label or "(no context)", 200))
        self._reason = reason

    @property
    def info(self) -> SourceInfo:
        """The context that was asked for."""
        return self._info

    def events(self, cancel: threading.Event) -> Iterator[Event]:  # noqa: ARG002 - the protocol's
        """Nothing.

        Raises:
            SourceError: always.
        """
        raise SourceError(self._reason)

    def fetch(self, ref: ObjectRef) -> Document | None:  # noqa: ARG002 - the protocol's
        """None."""
        return None


def open_live(options: ConnectionOptions) -> Source:
    """The live cluster that `options` name, logged in.

    Raises:
        CliError: it cannot be opened.
    """
    try:
        return _open(options)
    except SourceError as error:
        raise CliError(_advice(error), SOURCE) from error


def _open(options: ConnectionOptions) -> Source:
    return LiveSource(open_connection(options))


def _advice(error: SourceError) -> str:
    return f"{error}\nwithout a cluster: --demo shows the demo cluster, -f PATH reads manifests"
