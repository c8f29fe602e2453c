"""The nodes of a stage, each on its own port: in this process, or in one of their own and reached over HTTP."""

from __future__ import annotations

import functools
import logging
import sqlite3
import threading
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any, Protocol, cast

from fastapi import FastAPI

from server_stub.authority import Authority
from server_stub.authority import create_app as create_authority
from server_stub.authority import prepare_database as migrate_authority
from server_stub.card_registry import prepare_database as migrate_card_registry
from server_stub.center.app import create_app as create_center
from server_stub.center.database import Database
from server_stub.center.database import prepare_database as migrate_center
from server_stub.center.holders import Holders
from server_stub.center.settings import CardRegistryServer, CenterSettings, IssuingServer, SignatureSettings
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
from server_stub.issuing.existing_systems import ExistingSystemAddress
from server_stub.issuing.ledger import Ledger, migrate_ledger
from server_stub.issuing.restoration import Restoration
from server_stub.issuing.tenants import HostedMunicipality, IssuingSettings
from server_stub.municipalities import load_index
from server_stub.node import NodeContext, RunningNode, serve
from server_stub.operations import DoorAddress, Hosted, IssuingDoor, OperationsSettings
from server_stub.operations import prepare_database as migrate_operations
from server_stub.operations.app import create_app as create_console
from server_stub.operations.operators import FirstOperator
from server_stub.operations.web import Console
from server_stub.paper.back_page import warm_up
from server_stub.paper.scramble import ScrambleKey
from server_stub.registration import RegistrationSettings
from server_stub.sites import (
    InquirySettings,
    InquirySite,
    SiteServer,
    SiteSettings,
    StatusSite,
    create_inquiry,
)
from server_stub.sites import create_app as create_site

from . import paths
from .deliveries import NightlyDelivery, check_own_files
from .enrolment import Enrolment, link
from .existing_systems import NODE as EXISTING_SYSTEM
from .existing_systems import ExistingSystemProcess, towns_with_one
from .node_processes import NodeProcesses, PassedOn
from .outages import PREFIX as OUTAGE
from .outages import Lines, Outages, places_of
from .server_folder import adopt_single_ledger, adopt_single_replica
from .site_servers import LocalSite, SiteProcesses
from .sites import CARD_REGISTRY, LEDGER, REGISTRATION, SITE, Site, sites_of
from .stage_secrets import BACK_PAGE_KEY, KeyPool
from .template import (
    OPERATIONS,
    REGISTRATION_ROOMS,
    authority_settings,
    card_registry_settings,
    databases_of,
    prepare_registration_room,
    replica_name,
    towns_of,
)
from .towns import Town, codes

_LOG = logging.getLogger(__name__)
ENDING = 60.0
"""Real seconds for the servers' process to end, or to answer one command, on a busy machine."""
INQUIRY = "inquiry"
"""In what `konbini server --json` prints: the URL of the inquiry site of back pages."""
CONSOLE = "console"
"""In what `konbini server --json` prints: the URL of the officials' console."""
NODES = ("authority", "issuing", "center")
"""In the order of `ports`. The console is on `console_port`. The issuing servers of further sites, and card registries (条例利用), are on free ports."""
ISSUING_SERVERS, CARD_REGISTRIES, OPS_SERVERS, COUNTERS = (
    "issuing_servers",
    "card_registries",
    "ops_servers",
    "counters",
)
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
    ops_urls: dict[str, str]
    """The issuing servers as officials reach them, by municipality."""
    counter_urls: dict[str, str]
    """The card registries as officials reach them."""
    site_url: str
    """Of the status site; '' where no town takes applications for 利用登録."""
    inquiry_url: str
    """Of the inquiry site of back pages."""
    console_url: str
    """Of the officials' console."""
    faults_on: set[str]
    """Those that the stage has switched on."""

    def first_operators(self) -> list[FirstOperator]: ...

    def set_clock(self, setting: ClockSetting) -> None: ...

    def fault_on(self, name: str, parameters: dict[str, Any]) -> None: ...

    def fault_off(self, name: str) -> None: ...

    def lose_site(self, code: str) -> None: ...

    def restore_site(self, code: str, folder: Path) -> str: ...

    def reset(self, scenario: str, trace_folder: Path | None) -> None: ...

    def undelivered(self) -> frozenset[str]: ...

    def close_trace(self) -> None: ...

    def stop(self) -> None: ...


class _StageFaults(FaultBox):
    """The centre's faults; those of other nodes, and outages, are passed on to whoever has them."""

    def __init__(self, others: Mapping[str, FaultBox]) -> None:
        super().__init__()
        self._others = others
        self.outages: Outages | None = None

    def switch_on(self, name: str, parameters: Mapping[str, Any] | None = None) -> None:
        """Raises Failed(Control_Not_Offered) for an outage where no process can be killed."""
        node = name.split(".")[0]
        if name.startswith(OUTAGE):
            if self.outages is None:
                raise Failed("Control_Not_Offered", capability="outages")
            super().switch_on(name, parameters)
            self.outages.switch_on(name, parameters)
        elif node in self._others:
            self._others[node].switch_on(name, parameters)
        else:
            super().switch_on(name, parameters)

    def switch_off(self, name: str) -> None:
        super().switch_off(name)
        if name.startswith(OUTAGE):
            if self.outages is not None:
                self.outages.switch_off(name)
        elif (other := self._others.get(name.split(".")[0])) is not None:
            other.switch_off(name)


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
        site_port: int = 0,
        outages: bool = False,
        console_port: int = 0,
    ) -> None:
        """The towns are those of `template`. `ports` of authority, issuing server and centre (0: free ones). `enrolments`:
        testers' cards to trust. `keys`: other than the checkout's. `kept`: the databases that lie in `folder` are kept, and
        brought to the newest schema. `outages`: issuing servers are processes of their own, with lines to centre and city halls, so that
        the outages of `server_stub.faults` can be switched on. `console_port`: of the officials' console.

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
            if name.startswith(REGISTRATION_ROOMS) and not (template / f"{name}.db").exists():
                prepare_registration_room(self._fresh, name)
                continue
            if name == OPERATIONS and not (template / f"{name}.db").exists():
                migrate_operations(sqlite_url(self._fresh / f"{name}.db"))
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
        self._outages: Outages | None = None
        self._keys = keys = keys or KeyPool()
        self._moved: dict[str, tuple[LocalSite | SiteProcesses, str]] = {}
        """Sites that a scenario has lost, by their first municipality, and where each was."""
        self._processes = NodeProcesses(clock, trace)
        self.existing_systems = {
            town.code: ExistingSystemProcess(
                town,
                folder / OWN_FILES / town.code,
                Secret(keys.text(f"existing-system-{town.code}")),
                clock,
                trace,
            )
            for town in towns_with_one(self._towns)
        }
        """By the code of their municipality."""
        for system in self.existing_systems.values():
            self._processes.add(system)
        sites = sites_of(self._towns)
        self._lines = Lines(sites) if outages else None
        others = {node: FaultBox() for node in ("authority", "issuing")}
        others[EXISTING_SYSTEM] = PassedOn(self.existing_systems.values())
        self._other_faults, self._faults = others, _StageFaults(others)
        if not kept:
            self._copy()
        self._nightly = [self._nightly_of(town, folder) for town in self._towns]
        if kept and enrolments:
            self._link_kept()
        elif kept and (self._fresh / FILE_NAME).exists():
            center = Database(sqlite_url(folder / "center.db"))
            Holders(center).complete(self._fresh / FILE_NAME)
            center.dispose()

        def context(node: str) -> NodeContext:
            return NodeContext(
                clock,
                trace,
                self._faults if node == "center" else others.get(node, FaultBox()),
                control,
                self.reset if node == "center" else None,
                self._processes.follow_trace,
                self.undelivered,
            )

        self._context = context
        self._authority = Authority(
            authority_settings(folder, keys, enrolled, towns=self._towns), clock, trace
        )
        authority_app = create_authority(context("authority"), self._authority.settings, self._authority)
        self._nodes: list[RunningNode] = [serve(authority_app, ports[0])]
        self._sites: list[LocalSite | SiteProcesses] = []
        for number, site in enumerate(sites):
            settings = self._issuing_settings(site, folder)
            cards = card_registry_settings(folder, site, keys) if site.by_ordinance else None
            port = ports[1] if number == 0 else 0
            if outages:
                self._sites.append(SiteProcesses(site, settings, cards, self._processes, clock, trace, port))
            else:
                self._sites.append(LocalSite(site, settings, cards, context, port))
        if self._lines is not None:
            processes = [one for one in self._sites if isinstance(one, SiteProcesses)]
            others["issuing"] = PassedOn([one.issuing for one in processes], others["issuing"])
            self._lines.lead_to(processes, self.existing_systems)
            self._outages = self._faults.outages = Outages(
                places_of(sites),
                clock,
                trace,
                sites={one.site.codes[0]: one for one in processes},
                existing_systems=self.existing_systems,
                centre_lines=self._lines.to_centre,
                hall_lines=self._lines.to_halls,
            )
            for nightly in self._nightly:
                self._outages.on_change(nightly.wake)
        self.issuing_urls = {code: one.issuing_url for one in self._sites for code in one.site.codes}
        self.card_registry_urls = {
            code: one.card_registry_url for one in self._sites for code in codes(one.site.by_ordinance)
        }
        self.ops_urls, self.counter_urls = dict(self.issuing_urls), dict(self.card_registry_urls)
        if self._lines is not None:
            self.ops_urls |= self._lines.ops_urls
            self.counter_urls |= {
                code: url for code, url in self._lines.counter_urls.items() if code in self.counter_urls
            }
        self._status_site = self._serve_status_site(context(SITE), site_port)
        self.site_url = "" if self._status_site is None else self._nodes[-1].base_url
        center_settings = CenterSettings(
            database_url=sqlite_url(folder / "center.db"),
            ocsp_url=f"{self._nodes[0].base_url}/ocsp/authentication",
            trusted_cas=(self._authority.authentication_ca_certificate(),),
            issuing_servers=tuple(
                IssuingServer(self._to_issuing(one), one.settings.centre_key, one.site.codes)
                for one in self._sites
            ),
            terminals=demo_terminals(keys, self._towns[0]),
            municipalities=load_index(town.folder for town in self._towns),
            signing_key=keys.ed25519("centre"),
            enrolled=enrolled,
            ops_key=Secret(keys.text("ops-center")),
            card_registries=tuple(
                CardRegistryServer(self._to_cards(one), one.cards.centre_key, codes(one.site.by_ordinance))
                for one in self._sites
                if one.cards is not None
            ),
            signature=SignatureSettings(
                (self._authority.signature_ca_certificate(),), f"{self._nodes[0].base_url}/ocsp/signature"
            )
            if self.site_url
            else None,
            status_site=self.site_url,
            back_page_key=Secret(keys.text(BACK_PAGE_KEY)),
        )
        inquiry_app = create_inquiry(
            context(SITE),
            InquirySettings(
                folder,
                Secret(ScrambleKey.of(Secret(keys.text(BACK_PAGE_KEY))).secret.hex()),
                Secret(keys.text("site-addresses")),
            ),
        )
        self._inquiry: InquirySite = inquiry_app.state.inquiry
        self._nodes.append(serve(inquiry_app, 0))
        self.inquiry_url = self._nodes[-1].base_url
        self._center_app = create_center(context("center"), center_settings)
        self._nodes.append(serve(self._center_app, ports[2]))
        self.authority_url, self.center_url = self._nodes[0].base_url, self._nodes[-1].base_url
        console_app = create_console(context(CONSOLE), self._operations_settings())
        self.console: Console = console_app.state.console
        self._nodes.append(serve(console_app, console_port))
        self.console_url = self._nodes[-1].base_url
        if kept:
            for one in self._sites:
                self._deliver_after_restoration(one)
        for nightly in self._nightly:
            nightly.start()
        if control:
            self._add_control(self._center_app)
        # fonts, compiler and patterns, so that the first paper does not wait for them
        names = [town.name for town in self._towns]
        threading.Thread(target=warm_up, args=names, daemon=True).start()

    def _nightly_of(self, town: Town, folder: Path) -> NightlyDelivery:
        """Make what delivers into the replica in `folder`."""
        return NightlyDelivery(
            town,
            self._replica(town, folder),
            self._folder / OWN_FILES / town.code,
            self._fresh / FILE_NAME,
            self._clock,
            self._trace,
            self._other_faults["issuing"],
            functools.partial(self._is_hindered, town.code),
        )

    def _serve_status_site(self, context: NodeContext, port: int) -> StatusSite | None:
        """Start the status site, if a town takes applications."""
        servers = tuple(
            SiteServer(self._to_issuing(one), self._site_key(one.site), codes(one.site.registering))
            for one in self._sites
            if one.site.registering
        )
        if not servers:
            return None
        url = sqlite_url(self._folder / f"{SITE}.db")
        app = create_site(context, SiteSettings(url, servers, Secret(self._keys.text("site-addresses"))))
        self._nodes.append(serve(app, port))
        return cast(StatusSite, app.state.site)

    def _site_key(self, site: Site) -> Secret:
        """What the status site shows at the issuing server of `site`."""
        return Secret(self._keys.text(site.named("site-to-issuing")))

    def _registration_settings(self, site: Site, folder: Path) -> RegistrationSettings | None:
        if not site.registering:
            return None
        return RegistrationSettings(
            sqlite_url(folder / f"{site.named(REGISTRATION)}.db"),
            Secret(self._keys.text(site.named("registration-numbers"))),
            self._site_key(site),
        )

    def _issuing_settings(self, site: Site, folder: Path) -> IssuingSettings:
        keys = self._keys
        return IssuingSettings(
            ledger_url=sqlite_url(folder / f"{site.named(LEDGER)}.db"),
            centre_key=Secret(keys.text(site.named("centre-to-issuing"))),
            ops_key=Secret(keys.text(site.named("ops-issuing"))),
            municipalities=tuple(
                HostedMunicipality(
                    town.folder,
                    self._replica(town, folder),
                    Secret(keys.text(f"pseudonyms-{town.code}")),
                    self._existing_address(town.code, site),
                )
                for town in site.towns
            ),
            registration=self._registration_settings(site, folder),
        )

    def _operations_settings(self) -> OperationsSettings:
        """The officials' console: it reaches the other nodes as officials do."""
        doors = []
        for one in self._sites:
            code = one.site.codes[0]
            cards = None
            if one.cards is not None and one.cards.ops_key is not None:
                cards = DoorAddress(self.counter_urls[codes(one.site.by_ordinance)[0]], one.cards.ops_key)
            assert one.settings.ops_key is not None
            doors.append(
                IssuingDoor(
                    one.site.codes,
                    DoorAddress(self.ops_urls[code], one.settings.ops_key),
                    cards,
                    codes(one.site.by_ordinance),
                )
            )
        return OperationsSettings(
            database_url=sqlite_url(self._folder / f"{OPERATIONS}.db"),
            secret_key=Secret(self._keys.text("console-log")),
            center=DoorAddress(self.center_url, Secret(self._keys.text("ops-center"))),
            sites=tuple(doors),
            municipalities=tuple(
                Hosted(town.code, town.name, town.municipality.info.prefecture, one.site.name)
                for one in self._sites
                for town in one.site.towns
            ),
        )

    def _existing_address(self, code: str, site: Site) -> ExistingSystemAddress | None:
        """As its issuing server reaches it: over the LGWAN, or within the city hall."""
        system = self.existing_systems.get(code)
        if system is None or self._lines is None or code not in self._lines.to_halls:
            return None if system is None else system.address
        return ExistingSystemAddress(self._lines.existing_url(code), system.key)

    def _to_issuing(self, site: LocalSite | SiteProcesses) -> str:
        """As the centre reaches it."""
        return site.issuing_url if self._lines is None else self._lines.to_centre[site.site.codes[0]].urls[0]

    def _to_cards(self, site: LocalSite | SiteProcesses) -> str:
        return (
            site.card_registry_url
            if self._lines is None
            else self._lines.to_centre[site.site.codes[0]].urls[1]
        )

    def _is_hindered(self, code: str) -> bool:
        return code in self.undelivered()

    def undelivered(self) -> frozenset[str]:
        """List the municipalities whose nightly delivery an outage keeps from its replica."""
        return frozenset() if self._outages is None else self._outages.down.undelivered

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

    def first_operators(self) -> list[FirstOperator]:
        """Make an operator of the console for each municipality and each site that has none, with one-time passwords: told once."""
        return self.console.first_operators()

    def set_clock(self, setting: ClockSetting) -> None:
        self._clock.apply(setting)  # no effect where the stage's own clock is shared

    def fault_on(self, name: str, parameters: dict[str, Any]) -> None:
        self._faults.switch_on(name, parameters)
        self.faults_on.add(name)
        self._trace.emit("fault", "on", name=name, parameters=parameters)

    def fault_off(self, name: str) -> None:
        self._faults.switch_off(name)
        self.faults_on.discard(name)
        self._trace.emit("fault", "off", name=name)
        for nightly in self._nightly:
            nightly.wake()

    # --- a data centre is lost, and restored elsewhere --------------------------------------------------------------------

    def lose_site(self, code: str) -> None:
        """The data centre of the municipality `code`, and of all that share it, is gone: its servers are killed, its databases deleted."""
        site = self._site(code)
        folder = Path(site.settings.ledger_url.removeprefix("sqlite:///")).parent
        for town, nightly in zip(self._towns, self._nightly, strict=True):
            if town.code in site.site.codes:
                nightly.stop()
        if isinstance(site, SiteProcesses):
            site.kill()
        else:
            site.stop()
        for name in (*site.site.databases, *(replica_name(one) for one in site.site.codes)):
            for end in ("", "-wal", "-shm"):
                (folder / f"{name}.db{end}").unlink(missing_ok=True)
        self._moved.setdefault(site.site.codes[0], (site, self.ops_urls[code]))
        self._trace.emit("fault", "site_lost", municipality=code)

    def restore_site(self, code: str, folder: Path) -> str:
        """Serve the lost site of the municipality `code` from databases in `folder`, at another port; the centre is told where. Returns its URL."""
        lost = self._site(code)
        settings = self._issuing_settings(lost.site, folder)
        cards = card_registry_settings(folder, lost.site, self._keys) if lost.cards else None
        site: LocalSite | SiteProcesses
        if isinstance(lost, SiteProcesses):
            site = SiteProcesses(lost.site, settings, cards, self._processes, self._clock, self._trace, 0)
        else:
            site = LocalSite(lost.site, settings, cards, self._context, 0)
        self._put_in_place(site, folder, site.issuing_url)
        self._deliver_after_restoration(site)
        self._center_app.state.center.move_issuing_server(code, site.issuing_url)
        self._trace.emit("fault", "site_restored", municipality=code)
        return site.issuing_url

    def _site(self, code: str) -> LocalSite | SiteProcesses:
        return next(one for one in self._sites if code in one.site.codes)

    def _put_in_place(self, site: LocalSite | SiteProcesses, folder: Path, ops_url: str) -> None:
        """Let this one be the site of its municipalities, with deliveries into `folder`."""
        self._sites = [site if one.site == site.site else one for one in self._sites]
        for index, town in enumerate(self._towns):
            if town.code in site.site.codes:
                self._nightly[index] = self._nightly_of(town, folder)
                self._nightly[index].start()
        if self._status_site is not None:
            self._status_site.servers.move(
                self._to_issuing(site) if folder == self._folder else site.issuing_url, site.site.codes
            )
        self.issuing_urls |= dict.fromkeys(site.site.codes, site.issuing_url)
        self.ops_urls |= dict.fromkeys(site.site.codes, ops_url)
        for code in site.site.codes:
            self.console.doors.move_issuing(code, ops_url)

    def being_restored(self) -> list[str]:
        """List the municipalities whose restoration an official has still to confirm."""
        return sorted(code for site in self._sites for code in self._unconfirmed(site))

    def _unconfirmed(self, site: LocalSite | SiteProcesses) -> set[str]:
        ledger = Ledger(site.settings.ledger_url)
        entries = Restoration(ledger, self._clock, self._trace).open()
        ledger.close()
        return {one.municipality for one in entries if one.confirmed_at is None}

    def _deliver_after_restoration(self, site: LocalSite | SiteProcesses) -> None:
        """Have the existing systems deliver the latest night once more where a site was restored from a backup: restrictions of the lost time
        come with it, and before that no official can confirm."""
        waiting = self._unconfirmed(site)
        for town, nightly in zip(self._towns, self._nightly, strict=True):
            if town.code in waiting:
                try:
                    nightly.again()
                except Failed as failed:  # the next night delivers
                    _LOG.warning("the delivery after a restoration was refused: %s", failed.failure)

    def _put_back(self) -> None:
        """Let every site that a scenario has lost be where it was, on databases of the template."""
        restored = [self._site(code) for code in self._moved]
        for site in restored:
            if site is not self._moved[site.site.codes[0]][0]:
                self.lose_site(site.site.codes[0])
        for name in self._databases:  # a server that is started again finds its databases
            if not (self._folder / f"{name}.db").exists():
                paths.copy_private(self._fresh / f"{name}.db", self._folder / f"{name}.db")
        for site in restored:
            before, ops_url = self._moved.pop(site.site.codes[0])
            if isinstance(before, SiteProcesses):
                if isinstance(site, SiteProcesses) and site is not before:
                    site.leave(self._processes)
                before.restart_if_ended()
            else:
                port = int(before.issuing_url.rsplit(":", 1)[1])
                before = LocalSite(before.site, before.settings, before.cards, self._context, port)
            self._put_in_place(before, self._folder, ops_url)
            self._center_app.state.center.move_issuing_server(before.site.codes[0], self._to_issuing(before))

    def _add_control(self, app: FastAPI) -> None:
        """Let a stage in another process lose and restore sites, at the centre's control port."""

        @app.post("/control/sites/{code}", include_in_schema=False)
        def _act(code: str, told: dict[str, str]) -> dict[str, str]:
            if told["act"] == "lose":
                self.lose_site(code)
                return {}
            return {"url": self.restore_site(code, Path(told["folder"]))}

        @app.post("/control/console/first-operators", include_in_schema=False)
        def _first() -> list[dict[str, str]]:
            return [
                {
                    "owner": one.owner,
                    "name": one.owner_name,
                    "login": one.login,
                    "password": one.password.reveal(),
                }
                for one in self.first_operators()
            ]

    def reset(self, scenario: str = "", trace_folder: Path | None = None) -> None:
        """All nodes back to the template, all faults off. Their events go where those of the stage go."""
        for box in (self._faults, *self._other_faults.values()):
            box.clear()
        self.faults_on.clear()
        self._put_back()
        if self._outages is not None:
            self._outages.clear()
        self._processes.reset(scenario)
        # neither a report still on its way nor a delivery may reach the fresh books
        with ExitStack() as resting:
            for nightly in self._nightly:
                resting.enter_context(nightly.resting())
            resting.enter_context(self._center_app.state.center.database_closed())
            self._copy()
            for site in self._sites:
                site.reopen()
            if self._status_site is not None:
                self._status_site.reopen()
            self._inquiry.reopen()
            self.console.reopen()

    def close_trace(self) -> None:
        """The stage's trace is that of the nodes in this process too."""
        self._processes.close_trace()

    def stop(self) -> None:
        if self._outages is not None:
            self._outages.stop()
        for nightly in self._nightly:
            nightly.stop()
        for node in self._nodes:  # who asks, before who answers
            node.end()
        for node in self._nodes:
            node.stop()
        for site in self._sites:
            site.end()
        for site in self._sites:
            site.stop()
        self._processes.stop()
        if self._lines is not None:
            self._lines.stop()
        self._center_app.state.center.close()
        self._authority.close()
        if self._status_site is not None:
            self._status_site.close()
        self._inquiry.close()
        self.console.close()


def _migrate(folder: Path, databases: Sequence[str]) -> None:
    """Bring kept databases to the newest schema, whoever made them readable by others."""
    for name in databases:
        if name.startswith(CARD_REGISTRY):  # made if it is not there
            migrate_card_registry(sqlite_url(folder / f"{name}.db"))
        elif name.startswith(REGISTRATION_ROOMS):
            prepare_registration_room(folder, name)
    migrate_operations(sqlite_url(folder / f"{OPERATIONS}.db"))  # likewise
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
