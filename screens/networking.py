"""Keys and commands that ask about the network: what an object is reached by, what it reaches, may this one that."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType

from ksec_tui.analysis.network.ends import USAGE, candidates, end_words, word_of, workload_at
from ksec_tui.analysis.network.exposure import blocked, exposures
from ksec_tui.analysis.workloads import top_owner, workload_named
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.text import one_line
from ksec_tui.screens.attacking import Attacking
from ksec_tui.screens.history import Place
from ksec_tui.screens.lens import Lens
from ksec_tui.screens.prompt import PromptBar
from ksec_tui.screens.widgets.table import VirtualTable
from ksec_tui.screens.widgets.text import TextLines

POLICIES = frozenset(
    {"NetworkPolicy", "ClusterNetworkPolicy", "AdminNetworkPolicy", "BaselineAdminNetworkPolicy"}
)
DOORS = frozenset(
    {"Service", "Ingress", "Gateway", "HTTPRoute", "GRPCRoute", "TLSRoute", "TCPRoute", "UDPRoute", "Route"}
)


class Networking(Attacking):
    """Asking about the network."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "network", "Its network: what it reaches, by what it is reached", id="go.network"),
        Binding("N", "ask_reach", "May one end reach another?", id="network.reach"),
    ]

    # The network view of an object

    def action_network(self) -> None:
        """Go to the network view of the object in hand."""
        row = self.row
        reason = self.disabled_reason("network")
        if row is None or reason:
            self.say(reason, warning=True)
            return
        ref = row.ref
        if ref.kind == "Namespace":
            self._to("matrix", ref.id)
        elif ref.kind in POLICIES:
            self._to("policies", ref.id)
        elif ref.kind in DOORS:
            self._through(ref)
        else:
            self._blast_of(self._runner(ref))
            return
        self.action_show_tab("network")

    def _to(
        self,
        listing: str,
        key: str = "",
        *,
        filter: str = "",  # noqa: A002 - the word users know
        lens: Lens | None = None,
    ) -> None:
        """Show one of the views of the network, with another question where it answers one."""
        for index, pane in enumerate(self.panes):
            for number, item in enumerate(pane.listings):
                if pane.id == "network" and item.id == listing:
                    asked = (lens or self.view.lens).asked
                    self.go(Place(index, number, filter, key, asked=asked))

    def _through(self, ref: ObjectRef) -> None:
        """Show what is reached through a Service, an Ingress or a route."""
        snapshot = self.view.state.snapshot
        every = (*exposures(snapshot), *blocked(snapshot))
        if any(link.ref == ref for item in every for link in item.chain):
            self._to("exposure", filter=f'"{ref}"')
        else:
            self.say(f"nothing comes in from outside by {ref}")

    def _runner(self, ref: ObjectRef) -> ObjectRef | None:
        """The workload that an object is, or that runs it."""
        snapshot = self.view.state.snapshot
        found = snapshot.get(ref)
        top = (
            top_owner(snapshot, found)
            if found is not None and ref.kind in ("Pod", "ReplicaSet", "Job")
            else ref
        )
        return top if workload_named(snapshot, top) is not None else None

    # All that a workload reaches

    def _blast_of(self, ref: ObjectRef | None) -> None:
        if ref is not None:
            self._to("blast", lens=replace(self.view.lens, blast=ref))

    def show_blast(self, name: str) -> None:
        """Show all that a workload reaches, by its name; the one in hand for an empty one."""
        if not name:
            self.action_network()
            return
        workload = workload_at(self.view.state.snapshot, name)
        if workload is None:
            self.say(f"{one_line(name, 80)}: NAMESPACE/NAME of a workload is expected", error=True)
            return
        self._blast_of(workload.ref)

    # May one end reach another?

    def action_ask_reach(self) -> None:
        """Ask whether one end may reach another: those marked, or the one in hand and one to be typed."""
        refs = [row.ref for row in self.table.marked_rows()[:2]]
        if not refs and self.row is not None:
            refs = [self.row.ref]
        words = [word for ref in refs if (word := self._end_word(ref))]
        text = f"{' '.join(words)} " if words else self.view.lens.reach
        hint = f"may it connect?  {USAGE}"
        self.prompt.open("reach", "?", text, hint, self._complete_reach, goes_on=bool(words))

    def _end_word(self, ref: ObjectRef) -> str:
        if ref.kind == "Namespace":
            return f"{ref.name}/*"
        if ref.kind == "Service":
            return f"{ref.namespace}/svc/{ref.name}"
        top = self._runner(ref)
        return word_of(top) if top is not None else ""

    def ask_reach(self, question: str) -> None:
        """Show whether one end may reach another."""
        if not question.strip():
            self.action_ask_reach()
            return
        self._to("reach", lens=replace(self.view.lens, reach=question.strip()))

    def _complete_reach(self, text: str, cursor: int) -> tuple[int, list[str]]:
        head = text[:cursor]
        start = head.rfind(" ") + 1
        place = len(head[:start].split())
        if place > 1:
            return start, []
        return start, candidates(self.view.state.snapshot, head[start:], services=place == 1)

    def end_words(self) -> Iterable[str]:
        """Every workload as it is typed."""
        return (word for word in end_words(self.view.state.snapshot) if not word.endswith("/*"))

    @on(PromptBar.Submitted)
    def _reach_asked(self, message: PromptBar.Submitted) -> None:
        if message.mode == "reach":
            self.set_focus(self.table)
            if message.text.strip():
                self.ask_reach(message.text)

    # Rows and lines of the network

    @on(VirtualTable.RowOpened)
    def _namespace_opened(self) -> None:
        if self.listing.id == "matrix":
            self.action_show_tab("network")
            self.set_focus(self.text)

    @on(TextLines.LineOpened)
    def _network_line_opened(self, event: TextLines.LineOpened) -> None:
        kind, _, link = event.line.link.partition(":")
        if kind == "reach":
            self.ask_reach(link)
        elif kind == "ref":
            group, kind, namespace, name = link.split("/", 3)
            self.jump(ObjectRef(namespace, kind, name, group))

    def disabled_reason(self, action: str) -> str:
        """Why an action can do nothing now; empty when it can."""
        if action == "network":
            row = self.row
            if row is None:
                return "there is no row to look at"
            kind = row.ref.kind
            if kind != "Namespace" and kind not in POLICIES | DOORS and self._runner(row.ref) is None:
                return f"no network view tells of a {kind}: choose a workload, Service, policy or namespace"
        return super().disabled_reason(action)
