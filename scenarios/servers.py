"""The nodes of a stage, each on its own port: in this process, or in one of their own and reached over HTTP."""

from __future__ import annotations

import json
import logging
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any, Protocol

import httpx

from server_stub.authority import Authority
from server_stub.authority import create_app as create_authority
from server_stub.authority import prepare_database as migrate_authority
from server_stub.card_registry import CardRegistry, CardRegistrySettings
from server_stub.card_registry import prepare_database as migrate_card_registry
from server_stub.card_registry.app import create_app as create_card_registry
from server_stub.center.app import create_app as create_center
from server_stub.center.database import Database
from server_stub.center.database import prepare_database as migrate_center
from server_stub.center.holders import Holders
from server_stub.center.settings import CardRegistryServer, CenterSettings, IssuingServer
from server_stub.center.terminals import Terminal
from server_stub.db import make_private, migrate, sqlite_url
from server_stub.faults.box import FaultBox
from server_stub.interface.clock import Clock, ClockSetting
from server_stub.interface.failures import Failed
from server_stub.interface.issuing import TerminalFacts
from server_stub.interface.notices import CARDS_FILE_NAME, FILE_NAME
from server_stub.interface.secret import Secret
from server_stub.interface.trace import Trace
from server_stub.interface.values import TerminalKind
from server_stub.issuing.app import create_app as create_issuing
from server_stub.issuing.ledger import migrate_ledger
from server_stub.issuing.service import IssuingService
from server_stub.issuing.tenants import HostedMunicipality, IssuingSettings
from server_stub.municipalities import load_index
from server_stub.node import NodeContext, RunningNode, serve
from server_stub.paper.back_page import warm_up

from . import paths
from .deliveries import NightlyDelivery, check_own_files
from .enrolment import Enrolment, link
from .existing_systems import NODE as EXISTING_SYSTEM
from .existing_systems import ExistingSystemProcess, ExistingSystems
from .server_folder import adopt_single_ledger, adopt_single_replica
from .sites import CARD_REGISTRY, LEDGER, Site, sites_of
from .stage_secrets import KeyPool
from .template import (
    authority_settings,
    card_registry_settings,
    databases_of,
    replica_name,
    towns_of,
)
from .towns import Town, codes

_LOG = logging.getLogger(__name__)
ENDING = 60.0
"""Real seconds for the servers' process to end, or to answer one command, on a busy machine."""
NODES = ("authority", "issuing", "center")
"""In the order of `ports`. The issuing servers of further sites, and card registries (条例利用), are on free ports."""
ISSUING_SERVERS, CARD_REGISTRIES = "issuing_servers", "card_registries"
"""In what `konbini server --json` prints: their URLs by municipality."""
OWN_FILES = "delivery"
"""The folder beside the databases whose files are delivered each night instead of the sample, if it is there."""


STORE, CITY = "KIOSK-STORE-01", "KIOSK-CITY-01"
"""Two fictional terminals: a shop's, and one set up by a municipality."""
SHOPS = ("見本町一丁目店", "見本区役所")
"""Where they stand."""


def demo_terminals(keys: KeyPool, town: Town) -> tuple[Terminal, ...]:
    """The centre's record of the two terminals, which stand in `town`."""
    return tuple(
        Terminal.with_key(
            TerminalFacts(terminal_id=name, operator=operator, shop=shop, area=town.code, kind=kind),
            Secret(keys.text(f"terminal-{name}")),
        )
        for name, operator, shop, kind in (
            (STORE, "見本コンビニ", SHOPS[0], TerminalKind.STORE),
            (CITY, town.name, SHOPS[1], TerminalKind.MUNICIPAL),
        )
    )


class Servers(Protocol):
    """What the stage asks of the nodes, wherever they run."""

    center_url: str
    authority_url: str
    issuing_urls: dict[str, str]
    """By municipality: those of one site have the same."""
    card_registry_urls: dict[str, str]
    """By municipality that uses 条例利用."""
    faults_on: set[str]
    """Those that the stage has switched on."""

    def set_clock(self, setting: ClockSetting) -> None: ...

    def fault_on(self, name: str, parameters: dict[str, Any]) -> None: ...

    def fault_off(self, name: str) -> None: ...

    def reset(self, scenario: str, trace_folder: Path | None) -> None: ...

    def close_trace(self) -> None: ...

    def stop(self) -> None: ...


def _node_of(fault: str) -> str:
    """The node that a fault is switched on at: the existing systems are steered by the issuing server's process."""
    node = fault.split(".")[0]
    return "issuing" if node == EXISTING_SYSTEM else node


class _FaultsPassedOn(FaultBox):
    """The issuing server's faults; those of the existing systems are passed on to their processes."""

    def __init__(self, systems: ExistingSystems) -> None:
        super().__init__()
        self._systems = systems

    def switch_on(self, name: str, parameters: Mapping[str, Any] | None = None) -> None:
        super().switch_on(name, parameters)
        if name.startswith(f"{EXISTING_SYSTEM}."):
            self._systems.tell(on=name, parameters=dict(parameters or {}))

    def switch_off(self, name: str) -> None:
        super().switch_off(name)
        if name.startswith(f"{EXISTING_SYSTEM}."):
            self._systems.tell(off=name)


class _LocalSite:
    """The servers of one site in threads of this process: the issuing server, and an ICカード標準システム if there is one."""

    def __init__(
        self,
        site: Site,
        settings: IssuingSettings,
        cards: CardRegistrySettings | None,
        context: Callable[[str], NodeContext],
        port: int,
        folder: Path,
    ) -> None:
        self.site, self.settings, self.cards, self.folder = site, settings, cards, folder
        self._app = create_issuing(context("issuing"), settings)
        self.issuing: IssuingService = self._app.state.issuing
        self._nodes = [serve(self._app, port)]
        self.issuing_url, self.card_registry_url = self._nodes[0].base_url, ""
        self._registry: CardRegistry | None = None
        if cards is not None:
            told = context(CARD_REGISTRY)
            self._registry = CardRegistry(cards, told.clock, told.trace)
            self._nodes.append(serve(create_card_registry(told, cards, self._registry), 0))
            self.card_registry_url = self._nodes[1].base_url

    def reopen(self) -> None:
        """The databases have been replaced."""
        if self._registry is not None:
            self._registry.reopen()

    def stop(self) -> None:
        for node in self._nodes:
            node.stop()
        self.issuing.close()
        if self._registry is not None:
            self._registry.close()


class LocalServers:
    """The nodes in threads of this process, on databases in `folder` that `reset` copies anew from `template`, and the
    town that delivers each night."""

    def __init__(
        self,
        folder: Path,
        template: Path,
        clock: Clock,
        trace: Trace,
        *,
        control: bool = False,
        ports: tuple[int, int, int] = (0, 0, 0),
        enrolments: Sequence[Enrolment] = (),
        keys: KeyPool | None = None,
        kept: bool = False,
    ) -> None:
        """The towns are those of `template`. `ports` of authority, issuing server and centre (0: free ones). `enrolments`:
        testers' cards to trust. `keys`: other than the checkout's. `kept`: the databases that lie in `folder` are kept, and
        brought to the newest schema.

        Raises OSError for a port that is taken, Failed(Database_Of_Newer_Version), Failed(Settings_Wrong) for own files that
        would never be delivered."""
        self._folder, self._fresh, self._trace = folder, folder / "fresh", trace
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        paths.private_folder(self._fresh)
        self._towns = towns_of(template)
        check_own_files(folder / OWN_FILES, self._towns)
        self._databases = databases_of(self._towns)
        for name in self._databases:  # another process may replace the template at any time
            if name.startswith(CARD_REGISTRY) and not (template / f"{name}.db").exists():
                # the town uses 条例利用 only since its data were made
                migrate_card_registry(sqlite_url(self._fresh / f"{name}.db"))
                continue
            paths.copy_private(template / f"{name}.db", self._fresh / f"{name}.db")
        for notices in (FILE_NAME, CARDS_FILE_NAME):
            if (template / notices).exists():
                paths.copy_private(template / notices, self._fresh / notices)
        if kept:
            adopt_single_replica(folder, self._towns[0])
            adopt_single_ledger(folder, self._towns)
            _migrate(self._fresh, self._databases)
            _migrate(folder, self._databases)
        if enrolments:
            link(self._fresh, self._towns, enrolments)
        enrolled = tuple(one.card for one in enrolments)
        self._clock = clock
        self.faults_on: set[str] = set()
        self._keys = keys = keys or KeyPool()
        self._existing = ExistingSystems(
            self._towns,
            lambda town: folder / OWN_FILES / town.code,
            lambda town: Secret(keys.text(f"existing-system-{town.code}")),
            clock,
            trace,
        )
        self._faults = {node: FaultBox() for node in (*NODES, CARD_REGISTRY)}
        self._faults["issuing"] = _FaultsPassedOn(self._existing)
        if not kept:
            self._copy()
        self._nightly = [self._nightly_of(town, folder) for town in self._towns]
        if kept and enrolments:
            self._link_kept()

        def context(node: str) -> NodeContext:
            return NodeContext(
                clock,
                trace,
                self._faults[node],
                control,
                self.reset if node == "center" else None,
                self._existing.follow_trace,
            )

        self._context = context
        self._authority = Authority(
            authority_settings(folder, keys, enrolled, towns=self._towns), clock, trace
        )
        authority_app = create_authority(context("authority"), self._authority.settings, self._authority)
        self._nodes: list[RunningNode] = [serve(authority_app, ports[0])]
        self._sites = [
            _LocalSite(
                site,
                self._issuing_settings(site, keys, folder),
                card_registry_settings(folder, site, keys) if site.by_ordinance else None,
                context,
                ports[1] if number == 0 else 0,
                folder,
            )
            for number, site in enumerate(sites_of(self._towns))
        ]
        self.issuing_urls = {code: one.issuing_url for one in self._sites for code in one.site.codes}
        self.card_registry_urls = {
            code: one.card_registry_url for one in self._sites for code in codes(one.site.by_ordinance)
        }
        center_settings = CenterSettings(
            database_url=sqlite_url(folder / "center.db"),
            ocsp_url=f"{self._nodes[0].base_url}/ocsp/authentication",
            trusted_cas=(self._authority.authentication_ca_certificate(),),
            issuing_servers=tuple(
                IssuingServer(one.issuing_url, one.settings.centre_key, one.site.codes) for one in self._sites
            ),
            terminals=demo_terminals(keys, self._towns[0]),
            municipalities=load_index(town.folder for town in self._towns),
            signing_key=keys.ed25519("centre"),
            enrolled=enrolled,
            ops_key=Secret(keys.text("ops-center")),
            card_registries=tuple(
                CardRegistryServer(one.card_registry_url, one.cards.centre_key, codes(one.site.by_ordinance))
                for one in self._sites
                if one.cards is not None
            ),
        )
        self._center_app = create_center(context("center"), center_settings)
        self._nodes.append(serve(self._center_app, ports[2]))
        self.authority_url, self.center_url = (node.base_url for node in self._nodes)
        for one in self._sites:
            self._deliver_after_restoration(one)
        for nightly in self._nightly:
            nightly.start()
        # fonts, compiler and patterns, so that the first paper does not wait for them
        names = [town.name for town in self._towns]
        threading.Thread(target=warm_up, args=names, daemon=True).start()

    def _nightly_of(self, town: Town, folder: Path) -> NightlyDelivery:
        """Deliver into the replica in `folder`."""
        return NightlyDelivery(
            town,
            self._replica(town, folder),
            self._folder / OWN_FILES / town.code,
            self._fresh / FILE_NAME,
            self._clock,
            self._trace,
            self._faults["issuing"],
        )

    def _deliver_after_restoration(self, site: _LocalSite) -> None:
        """Have the existing systems deliver the latest night once more where a site was restored from a backup: restrictions of the lost time
        come with it, and before that no official can confirm."""
        waiting = {one.municipality for one in site.issuing.restoration.open() if one.confirmed_at is None}
        for town, nightly in zip(self._towns, self._nightly, strict=True):
            if town.code in waiting:
                try:
                    nightly.again()
                except Failed as failed:  # the next night delivers
                    _LOG.warning("the delivery after a restoration was refused: %s", failed.failure)

    def lose_site(self, code: str) -> None:
        """The data centre of the municipality `code`, and of all that share it, is gone: its servers and its databases."""
        lost = next(one for one in self._sites if code in one.site.codes)
        for town, nightly in zip(self._towns, self._nightly, strict=True):
            if town.code in lost.site.codes:
                nightly.stop()
        lost.stop()
        for name in (*lost.site.databases, *(replica_name(one) for one in lost.site.codes)):
            for end in ("", "-wal", "-shm"):
                (lost.folder / f"{name}.db{end}").unlink(missing_ok=True)

    def restore_site(self, code: str, folder: Path) -> None:
        """Serve the lost site of the municipality `code` from databases in `folder`, at another port; the centre is told where."""
        number, lost = next((n, one) for n, one in enumerate(self._sites) if code in one.site.codes)
        for index, town in enumerate(self._towns):
            if town.code in lost.site.codes:
                self._nightly[index] = self._nightly_of(town, folder)
                self._nightly[index].start()
        cards = card_registry_settings(folder, lost.site, self._keys) if lost.cards else None
        settings = self._issuing_settings(lost.site, self._keys, folder)
        self._sites[number] = site = _LocalSite(lost.site, settings, cards, self._context, 0, folder)
        self.issuing_urls |= dict.fromkeys(site.site.codes, site.issuing_url)
        self._deliver_after_restoration(site)
        self._center_app.state.center.move_issuing_server(code, site.issuing_url)

    def _issuing_settings(self, site: Site, keys: KeyPool, folder: Path) -> IssuingSettings:
        return IssuingSettings(
            ledger_url=sqlite_url(folder / f"{site.named(LEDGER)}.db"),
            centre_key=Secret(keys.text(site.named("centre-to-issuing"))),
            ops_key=Secret(keys.text(site.named("ops-issuing"))),
            municipalities=tuple(
                HostedMunicipality(
                    town.folder,
                    self._replica(town, folder),
                    Secret(keys.text(f"pseudonyms-{town.code}")),
                    self._existing.address(town.code),
                )
                for town in site.towns
            ),
        )

    @property
    def issuing_url(self) -> str:
        """That of the first municipality."""
        return self.issuing_urls[self._towns[0].code]

    @property
    def issuing_key(self) -> Secret:
        """What the centre shows at the issuing server of the first municipality."""
        return self._sites[0].settings.centre_key

    @property
    def sites(self) -> tuple[Site, ...]:
        return tuple(one.site for one in self._sites)

    @staticmethod
    def _replica(town: Town, folder: Path) -> str:
        return sqlite_url(folder / f"{replica_name(town.code)}.db")

    def _link_kept(self) -> None:
        """Tell the kept centre and replica too whose the enrolled cards are, by the same issue notices."""
        center = Database(sqlite_url(self._folder / "center.db"))
        Holders(center).take(self._fresh / FILE_NAME)
        center.dispose()
        for nightly in self._nightly:
            nightly.again()

    def _copy(self) -> None:
        """Every database as it is in the template. SQLite's own backup: safe while the nodes have the files open."""
        for name in self._databases:
            make_private(self._folder / f"{name}.db")
            with (
                closing(sqlite3.connect(self._fresh / f"{name}.db")) as source,
                closing(sqlite3.connect(self._folder / f"{name}.db", timeout=10)) as target,
            ):
                source.backup(target)

    def set_clock(self, setting: ClockSetting) -> None:
        self._clock.apply(setting)  # no effect where the stage's own clock is shared

    @property
    def existing_systems(self) -> dict[str, ExistingSystemProcess]:
        """The existing systems by the code of their municipality."""
        return self._existing.by_code

    def fault_on(self, name: str, parameters: dict[str, Any]) -> None:
        self._faults[_node_of(name)].switch_on(name, parameters)
        self.faults_on.add(name)
        self._trace.emit("fault", "on", name=name, parameters=parameters)

    def fault_off(self, name: str) -> None:
        self._faults[_node_of(name)].switch_off(name)
        self.faults_on.discard(name)
        self._trace.emit("fault", "off", name=name)
        for nightly in self._nightly:
            nightly.wake()

    def reset(self, scenario: str = "", trace_folder: Path | None = None) -> None:
        """All nodes back to the template, all faults off. Their events go where those of the stage go."""
        for box in self._faults.values():
            box.clear()
        self.faults_on.clear()
        self._existing.reset(scenario)
        # a scenario had lost their data centre
        moved = [one for one in self._sites if one.folder != self._folder]
        for one in moved:
            self.lose_site(one.site.codes[0])
        # neither a report still on its way nor a delivery may reach the fresh books
        with ExitStack() as resting:
            for nightly in self._nightly:
                resting.enter_context(nightly.resting())
            resting.enter_context(self._center_app.state.center.database_closed())
            self._copy()
            for site in self._sites:
                if site not in moved:
                    site.reopen()
        for one in moved:
            self.restore_site(one.site.codes[0], self._folder)

    def close_trace(self) -> None:
        """The stage's trace is that of the nodes in this process too."""
        self._existing.close_trace()

    def stop(self) -> None:
        for nightly in self._nightly:
            nightly.stop()
        for node in reversed(self._nodes):
            node.stop()
        for site in self._sites:
            site.stop()
        self._existing.stop()
        self._center_app.state.center.close()
        self._authority.close()


def _migrate(folder: Path, databases: Sequence[str]) -> None:
    """Bring kept databases to the newest schema, whoever made them readable by others."""
    for name in databases:
        if name.startswith(CARD_REGISTRY):  # made if it is not there
            migrate_card_registry(sqlite_url(folder / f"{name}.db"))
    for name in databases:
        (folder / f"{name}.db").chmod(0o600)
    migrate_authority(sqlite_url(folder / "authority.db"))
    migrate_center(sqlite_url(folder / "center.db"))
    for name in databases:
        url = sqlite_url(folder / f"{name}.db")
        if name.startswith(LEDGER):
            migrate_ledger(url)
        elif name.startswith("replica-"):
            migrate(url, "server_stub.registry")


class RemoteServers:
    """The nodes in a process of their own (`konbini server --control`), reached through their control ports."""

    def __init__(
        self,
        folder: Path,
        template: Path,
        run: str,
        ports: tuple[int, int, int] = (0, 0, 0),
        *,
        trust: bool = False,
    ) -> None:
        """Starts the process and waits for its first line, which tells the base URLs. Raises RuntimeError.

        `template` is the stage's own: cards and databases must be of one making."""
        told = ["--folder", str(folder), "--begin-anew", "--template", str(template), "--run", run]
        told += ["--ports", ",".join(map(str, ports))]
        told += ["--trust-test-hierarchy"] if trust else []
        self._process = subprocess.Popen(
            [sys.executable, "-m", "scenarios.cli", "server", "--control", "--json", *told],
            stdout=subprocess.PIPE,
            text=True,
            process_group=0,  # a Ctrl-C is the stage's, which ends them in order
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the servers did not start")
        urls = json.loads(line)
        self.authority_url, self.center_url = urls["authority"], urls["center"]
        self.issuing_urls: dict[str, str] = urls[ISSUING_SERVERS]
        self.card_registry_urls: dict[str, str] = urls[CARD_REGISTRIES]
        self._urls: dict[str, str] = {node: urls[node] for node in NODES}
        self.faults_on: set[str] = set()
        self._client = httpx.Client(timeout=ENDING, trust_env=False)

    def _ask(self, node: str, method: str, path: str, body: dict[str, Any] | None = None) -> None:
        self._client.request(method, f"{self._urls[node]}/control/{path}", json=body).raise_for_status()

    def set_clock(self, setting: ClockSetting) -> None:
        self._ask("center", "PUT", "clock", setting.to_json())  # one process, one clock, one trace

    def fault_on(self, name: str, parameters: dict[str, Any]) -> None:
        self._ask(_node_of(name), "PUT", f"faults/{name}", parameters)
        self.faults_on.add(name)

    def fault_off(self, name: str) -> None:
        self._ask(_node_of(name), "DELETE", f"faults/{name}")
        self.faults_on.discard(name)

    def reset(self, scenario: str = "", trace_folder: Path | None = None) -> None:
        self._ask("center", "PUT", "trace", {"scenario": scenario, "folder": str(trace_folder or "")})
        self._ask("center", "POST", "reset")
        self.faults_on.clear()

    def close_trace(self) -> None:
        self._ask("center", "PUT", "trace", {"folder": ""})

    def stop(self) -> None:
        self._client.close()
        self._process.terminate()
        self._process.wait(ENDING)
        if self._process.stdout is not None:
            self._process.stdout.close()
