"""The servers of one site: the issuing server, and an ICカード標準システム if there is one; in threads of this process, or in processes of their own."""

from __future__ import annotations

from collections.abc import Callable

from server_stub.card_registry import CardRegistry, CardRegistrySettings
from server_stub.card_registry.__main__ import told_of as told_of_cards
from server_stub.card_registry.app import create_app as create_card_registry
from server_stub.interface.clock import Clock
from server_stub.interface.trace import Trace
from server_stub.issuing.__main__ import told_of
from server_stub.issuing.app import create_app as create_issuing
from server_stub.issuing.tenants import IssuingSettings
from server_stub.node import NodeContext, serve

from .node_processes import NodeProcess, NodeProcesses
from .sites import CARD_REGISTRY, Site


class LocalSite:
    """In threads of this process. `context` makes what a node is given, by its name."""

    def __init__(
        self,
        site: Site,
        settings: IssuingSettings,
        cards: CardRegistrySettings | None,
        context: Callable[[str], NodeContext],
        port: int,
    ) -> None:
        self.site, self.settings, self.cards = site, settings, cards
        self._app = create_issuing(context("issuing"), settings)
        self._nodes = [serve(self._app, port)]
        self.issuing_url, self.card_registry_url = self._nodes[0].base_url, ""
        self._registry: CardRegistry | None = None
        if cards is not None:
            told = context(CARD_REGISTRY)
            self._registry = CardRegistry(cards, told.clock, told.trace)
            self._nodes.append(serve(create_card_registry(told, cards, self._registry), 0))
            self.card_registry_url = self._nodes[1].base_url

    def reopen(self) -> None:
        """The databases have been replaced: what officials had set is gone with them."""
        self._app.state.issuing.reopen()
        if self._registry is not None:
            self._registry.reopen()

    def end(self) -> None:
        """Begin to stop, without waiting."""
        for node in self._nodes:
            node.end()

    def stop(self) -> None:
        self.end()
        for node in self._nodes:
            node.stop()
        self._app.state.issuing.close()
        if self._registry is not None:
            self._registry.close()


class SiteProcesses:
    """In processes of their own, which can be killed together as a site that loses its power."""

    def __init__(
        self,
        site: Site,
        settings: IssuingSettings,
        cards: CardRegistrySettings | None,
        processes: NodeProcesses,
        clock: Clock,
        trace: Trace,
        port: int,
    ) -> None:
        """They are started at once and belong to `processes`; their URLs wait until they serve."""
        self.site, self.settings, self.cards = site, settings, cards
        code = site.codes[0]
        self.issuing = NodeProcess(
            "server_stub.issuing",
            f"the issuing server of {site.name}",
            {"name": f"issuing-{code}", **told_of(settings)},
            clock,
            trace,
            port,
        )
        self._all = [self.issuing]
        if cards is not None:
            told = {"name": f"cards-{code}", **told_of_cards(cards)}
            name = f"the card registry of {site.name}"
            self._all.append(NodeProcess("server_stub.card_registry", name, told, clock, trace))
        for process in self._all:
            processes.add(process)

    @property
    def issuing_url(self) -> str:
        return self.issuing.url

    @property
    def card_registry_url(self) -> str:
        """'' where there is none."""
        return self._all[1].url if self.cards is not None else ""

    def kill(self) -> None:
        for process in self._all:
            process.kill()

    def restart_if_ended(self) -> None:
        for process in self._all:
            process.restart_if_ended()

    def reopen(self) -> None:
        """The databases have been replaced."""
        for process in self._all:
            process.tell(reopen=True)

    def leave(self, processes: NodeProcesses) -> None:
        """End them, and belong to `processes` no more."""
        for process in self._all:
            processes.remove(process)

    def end(self) -> None:
        for process in self._all:
            process.end()

    def stop(self) -> None:
        """They end with the other processes of the stage."""
