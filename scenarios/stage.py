"""The stage: clock, servers, cards and kiosk of a run. Demo, tests, benchmarks and load all start the system through it.

A stage is made once per worker; `reset` gives every scenario fresh databases, devices and card images.
"""

from __future__ import annotations

import secrets
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from cards.image import CardImage
from cards.image_file import save_image
from kiosk_app.card_slot import PCSC, VIRTUAL
from server_stub.db import sqlite_url
from server_stub.interface.clock import Clock
from server_stub.interface.failures import Failed
from server_stub.interface.secret import Secret
from server_stub.interface.trace import Trace

from . import paths
from .backup import back_up, restore
from .deliveries import NO_DELIVERY, delivered_since, last_night
from .driver import Terminal
from .enrolment import load_enrolments
from .kiosks import Kiosk, KioskSettings, LocalKiosk, ProcessKiosk
from .ledger_queries import CenterApplication, LedgerQueries
from .operator_prompts import OperatorPrompts
from .profile_cards import template_with_own_cards
from .reader_service import ReaderService
from .remote_servers import RemoteServers
from .servers import CITY as CITY
from .servers import OWN_FILES, STORE, LocalServers, Servers
from .sites import Site, site_of
from .stage_secrets import KeyPool
from .template import AUTHORITY_FILE, PIN, CardEntry, load_cards, replica_name, template_folder, towns_of
from .towns import Town, beginning_of, fonts_of

PCSC_CARD_LIMIT = 10.0
"""Real seconds: vpcd itself waits for a mute card for ever."""


class Stage:
    """Everything that one run needs. Close it, or use it in a `with`."""

    def __init__(
        self,
        *,
        separate: bool = False,
        folder: Path | None = None,
        ports: tuple[int, int, int] = (0, 0, 0),
        reader: str = VIRTUAL,
        automatic: bool = True,
        trust_test_hierarchy: bool = False,
        own_cards: bool = False,
        towns: Sequence[Town] = (),
        outages: bool = False,
    ) -> None:
        """`separate`: the servers in a process of their own. `folder`: where it keeps its files (a temporary one else).
        `reader`: `virtual`; `pcsc` for virtual cards through a PC/SC service of the stage's own; `pcsc:NAME` for the
        tester's reader, on which a person lays cards. `automatic`: no person enters the PINs. `trust_test_hierarchy`:
        enrolled test cards are admitted. `own_cards`: with the cards that the tester has made of profiles. `towns`: see
        `load_towns` for none. `outages`: those of `server_stub.faults` can be switched on.

        Raises OSError for a port that is taken, RuntimeError where the reader's service cannot run.
        """
        self.reader = reader
        self._automatic = automatic
        self.enrolments = load_enrolments() if trust_test_hierarchy else []
        self.hands = OperatorPrompts(self.enrolments) if reader not in (VIRTUAL, PCSC) else None
        self.reader_service = ReaderService() if reader == PCSC else None
        self._temporary = (
            tempfile.TemporaryDirectory(prefix="konbini-", dir=paths.fast_temporary_root())
            if folder is None
            else None
        )
        self.folder = Path(self._temporary.name) if self._temporary else folder or Path()
        # a copy: another process may replace the template of an older state of the code at any time
        self.template = self.folder / "template"
        paths.private_folder(self.template)
        template = template_with_own_cards(towns) if own_cards else template_folder(towns)
        shutil.copytree(template, self.template, dirs_exist_ok=True)
        self.cards = load_cards(self.template)
        self.towns = towns_of(self.template)
        self.begins = beginning_of(self.towns)
        self.clock = Clock(self.begins)
        self.trace = Trace(self.clock, run=secrets.token_hex(8), process="stage")
        self.keys = KeyPool()
        self.servers_folder = self.folder / "servers"
        self.servers: Servers
        if separate:
            self.servers = RemoteServers(
                self.servers_folder,
                self.template,
                self.trace.run,
                ports,
                trust=trust_test_hierarchy,
                outages=outages,
            )
        else:
            self.servers = LocalServers(
                self.servers_folder,
                self.template,
                self.clock,
                self.trace,
                ports=ports,
                enrolments=self.enrolments,
                outages=outages,
            )
        self.has_outages = outages
        self.books = LedgerQueries(self.servers_folder)
        self.laid = ""
        """The name of the card that the stage has laid on the reader; '' for none, or for one that only a scenario has."""
        self._restored: Path | None = None
        self._separate = separate
        self._kiosk: Kiosk | None = None
        self.keep_screens = False
        """Whether terminals keep the pictures of screens that pass by themselves; evidence wants them."""
        self._stop_clock = self.clock.subscribe(self._spread_clock)
        self._spread_clock()

    # --- one scenario after the other ----------------------------------------------------------------------------------

    def reset(self, scenario: str = "", trace_folder: Path | None = None) -> None:
        """Fresh databases, card images and devices; the morning at which it began again. `trace_folder`: where events are kept."""
        self.trace.open_folder(trace_folder)
        self.trace.scope(scenario)
        self.clock.start_again(self.begins)
        self.servers.reset(scenario, trace_folder)
        if self._restored is not None:
            self._restored = None
            self._read_books()
        shutil.rmtree(self.continuity_folder, ignore_errors=True)
        shutil.rmtree(self.servers_folder / OWN_FILES, ignore_errors=True)
        shutil.rmtree(self.visit_folder, ignore_errors=True)
        paths.private_folder(self.visit_folder)
        if self.reader_service is not None:
            self.reader_service.restore()

    def close_trace(self) -> None:
        """No more events are kept. All that were told until now, by any process of the stage, are in their files."""
        if isinstance(self._kiosk, ProcessKiosk) and self._kiosk.alive:
            self._kiosk.terminal.call("flush_trace")
        self.servers.close_trace()
        self.trace.open_folder(None)

    def printed_papers(self) -> list[Path]:
        """Every sheet of the present scenario, wherever it lies now, by its sheet id: tray, taken or drawn in."""
        return sorted((self.visit_folder / "kiosk" / "devices" / "paper").glob("*/*.pdf"))

    def own_files(self, town: Town) -> Path:
        """What the town's existing systems deliver each night in the present scenario, if not the town's own files."""
        return self.servers_folder / OWN_FILES / town.code

    def replica(self, town: Town) -> str:
        """The URL of the town's replica."""
        return sqlite_url(self.servers_folder / f"{replica_name(town.code)}.db")

    def site(self, code: str) -> Site:
        """Where the issuing server of the municipality `code` stands."""
        return site_of(self.towns, code)

    # --- a data centre is lost --------------------------------------------------------------------------------------------

    @property
    def continuity_folder(self) -> Path:
        """Where the present scenario's backups and what is restored of them lie."""
        return self.folder / "continuity"

    def back_up_site(self, code: str) -> None:
        """Back up the site of the municipality `code` while it serves."""
        to = self.continuity_folder / "backup"
        back_up(self.servers_folder, to, site=code, clock=self.clock, template=self.template)

    def lose_site(self, code: str) -> None:
        """The data centre of the municipality `code` is gone: servers, databases and what was in them."""
        self.servers.lose_site(code)
        self._read_books()

    def restore_site(self, code: str) -> None:
        """Serve it from its backup, from another folder at another port; the centre is told where."""
        self._restored = self.continuity_folder / "elsewhere"
        restore(self.continuity_folder / "backup", self._restored, site=code, clock=self.clock)
        self.servers.restore_site(code, self._restored)
        self._read_books()

    def _read_books(self) -> None:
        """From where the ledgers lie now."""
        self.books.close()
        elsewhere = [] if self._restored is None else [self._restored]
        self.books = LedgerQueries(self.servers_folder, *elsewhere)

    @property
    def visit_folder(self) -> Path:
        """Where the present scenario's devices, journal and card images lie."""
        return self.folder / "visit"

    def start_kiosk(
        self,
        *,
        separate: bool = False,
        terminal_id: str = STORE,
        window: Mapping[str, Any] | None = None,
        card_limit: float | None = None,
    ) -> Terminal:
        """A terminal at its top menu; in a process of its own if `separate`, with what `window` says of KioskSettings. The one
        before is put away. `card_limit`: real seconds that it waits for a card; None for the usual."""
        settings = KioskSettings(
            center_url=self.servers.center_url,
            terminal_id=terminal_id,
            terminal_key=self.keys.text(f"terminal-{terminal_id}"),
            center_key=self.keys.ed25519("centre").public_key().public_bytes_raw().hex(),
            folder=str(self.visit_folder / "kiosk"),
            run=self.trace.run,
            trace_folder=str(self.trace.folder or ""),
            log_folder=str(paths.log_folder()),
            clock=self.clock.setting.to_json(),
            authority=(self.template / AUTHORITY_FILE).read_bytes().hex(),
            enrolled=(
                *(card.pinned for card in self.cards.values() if card.pinned),
                *(one.fingerprint for one in self.enrolments),
            ),
            automatic=self._automatic,
            keep_screens=self.keep_screens,
            name_fonts=fonts_of(self.towns),
            **self._reader_settings(card_limit),
            **(window or {}),
        )
        if separate:
            self._stop_kiosk()
            self._kiosk = ProcessKiosk(settings)
        elif isinstance(self._kiosk, LocalKiosk):
            self._kiosk.restart(settings)
        else:
            self._stop_kiosk()
            self._kiosk = LocalKiosk(settings, self.clock, self.trace)
        if self.hands is not None and self._automatic:
            self.hands.take(self._kiosk.terminal)
        self.laid = ""
        self._await_card(False)
        return self._kiosk.terminal

    def _reader_settings(self, card_limit: float | None) -> dict[str, Any]:
        settings: dict[str, Any] = {"reader": self.reader}
        if self.reader_service is not None:
            settings |= {"hand": self.reader_service.hand, "card_limit": PCSC_CARD_LIMIT}
        return settings | ({} if card_limit is None else {"card_limit": card_limit})

    def restart_kiosk(self) -> Terminal:
        """Switch the terminal on again after a power cut, with its journal and devices as they were left."""
        assert isinstance(self._kiosk, ProcessKiosk)
        self._kiosk.restart(self.clock.setting)
        self.laid = ""
        return self._kiosk.terminal

    def cut_power_at(self, record: str, action: Callable[[], None]) -> None:
        """Do `action`, and kill the terminal's process the moment its journal has a record of that kind."""
        assert isinstance(self._kiosk, ProcessKiosk)
        self._kiosk.cut_power_at(record, action)

    def _stop_kiosk(self) -> None:
        if self._kiosk is not None:
            self._kiosk.stop()
            self._kiosk = None

    @property
    def kiosk(self) -> Kiosk:
        if self._kiosk is None:
            raise RuntimeError("no terminal was started")
        return self._kiosk

    # --- cards ------------------------------------------------------------------------------------------------------------

    def card(self, name: str) -> CardEntry:
        """Raises LookupError for a card that nobody has."""
        if name not in self.cards:
            raise LookupError(f"there is no card 「{name}」; konbini card list shows them")
        return self.cards[name]

    def lay_card(self, name: str) -> None:
        """Lay a copy of the card on the reader; within one scenario the same card keeps its counters."""
        if self.hands is not None:
            self.hands.lay(name, self.kiosk.terminal)
            return
        image = self.visit_folder / Path(self.card(name).file).name
        if not image.exists():
            paths.copy_private(self.template / self.card(name).file, image)
        self._lay(image)
        self.laid = name

    def lay_image(self, image: CardImage) -> None:
        """Lay a card that is none of the stage's; it is gone with the scenario. Raises Failed(Card_Not_Enrolled) where only
        a person can lay one down."""
        if self.hands is not None:
            raise Failed("Card_Not_Enrolled", wanted="a card of this scenario's own")
        file = self.visit_folder / "own.json"
        save_image(image, file)
        self._lay(file)

    def _lay(self, image: Path) -> None:
        # within one poll of the service a swap may go unnoticed: a person's hands are slower
        self._await_card(False)
        self.kiosk.terminal.call("lay_card", image=str(image))

    def take_card(self) -> None:
        if self.hands is not None:
            self.hands.take(self.kiosk.terminal)
            return
        self.kiosk.terminal.call("take_card")
        self.laid = ""

    def _await_card(self, there: bool) -> None:
        """Until the reader has noticed; a virtual one does at once."""
        if self.reader_service is not None:
            terminal = self.kiosk.terminal
            terminal.wait_until(
                lambda: terminal.call("card_seen") is there,
                "リーダがカードを検知する" if there else "リーダからカードがなくなる",
            )

    def pin_of(self, name: str) -> Secret:
        self.card(name)
        return PIN if self.hands is None else self.hands.pin_of(name, self.kiosk.terminal)

    def act_at_counter(self, path: str, body: Mapping[str, Any]) -> httpx.Response:
        """What an official of `body`'s municipality does or asks at the counter of its ICカード標準システム (条例利用)."""
        code = str(body["municipality"])
        key = self.keys.text(self.site(code).named("ops-card-registry"))
        return httpx.post(
            f"{self.servers.counter_urls[code]}/ops/v1/{path}",
            json=dict(body),
            headers={"Authorization": f"Bearer {key}"},
            trust_env=False,
            verify=False,  # without TLS, whose certificates take long to load
        )

    def person_key(self, calling: str) -> str:
        """The 宛名番号 of a 呼び名."""
        return self.card(f"{calling}のカード").person

    def hold_certificates(self, calling: str) -> None:
        """紛失の届出: stop the authentication certificate of that person's ordinary card, as the authority's operator does."""
        self._operate_authority(calling, "hold")

    def release_certificates(self, calling: str) -> None:
        """解除の届出: the held certificate is good again."""
        self._operate_authority(calling, "release")

    def _operate_authority(self, calling: str, what: str) -> None:
        serial = self.card(f"{calling}のカード").serial
        key = self.keys.text("authority-operator")
        url = f"{self.servers.authority_url}/v1/certificates/{serial}/{what}"
        headers = {"Authorization": f"Bearer {key}"}
        # without TLS, whose certificates take long to load
        httpx.post(url, headers=headers, trust_env=False, verify=False).raise_for_status()

    # --- paper and books --------------------------------------------------------------------------------------------------

    def take_paper(self) -> list[Path]:
        """The resident takes what lies in the tray; copies of the sheets, in order. Every sheet of a scenario has a number of
        its own, whoever took it."""
        kept: list[Path] = []
        papers = self.visit_folder / "papers"
        papers.mkdir(exist_ok=True)
        first = 1 + sum(1 for _ in papers.glob("*.pdf"))
        for number, sheet in enumerate(self.kiosk.terminal.tray(), start=first):
            kept.append(papers / f"{number:02d}.pdf")
            shutil.copyfile(sheet, kept[-1])
        self.kiosk.terminal.call("take_paper")
        return kept

    def charges(self) -> list[int]:
        return self.books.charges()

    def issue_numbers(self) -> list[str]:
        return self.books.issue_numbers()

    def applications(self) -> list[CenterApplication]:
        return self.books.applications()

    def incidents(self) -> int:
        return self.books.incidents()

    # --- the rest ---------------------------------------------------------------------------------------------------------

    def scope(self, scenario: str, step: str) -> None:
        """What the events of stage and terminal belong to from now on; the servers' are tied to them by their requests."""
        self.trace.scope(scenario, step)
        if isinstance(self._kiosk, ProcessKiosk) and self._kiosk.alive:
            self._kiosk.terminal.call("scope", scenario=scenario, step=step)

    def _spread_clock(self) -> None:
        if self._separate:
            self.servers.set_clock(self.clock.setting)
        if isinstance(self._kiosk, ProcessKiosk) and self._kiosk.alive:
            self._kiosk.terminal.call("clock", setting=self.clock.setting.to_json())
        if self._kiosk is not None and self._automatic:
            self._await_delivery()

    def _await_delivery(self) -> None:
        """Until the night that the clock has passed has been delivered; the terminal's screen goes on meanwhile."""
        night = last_night(self.clock.now())
        if night <= last_night(self.begins) or NO_DELIVERY in self.servers.faults_on:
            return  # the template has that night
        hindered = self.servers.undelivered()
        replicas = [self.replica(town) for town in self.towns if town.code not in hindered]
        self.kiosk.terminal.wait_until(
            lambda: all(delivered_since(url, night) for url in replicas), "夜間の連携データが届く"
        )

    def close(self) -> None:
        self._stop_clock()
        self._stop_kiosk()
        self.books.close()
        self.servers.stop()
        self.trace.close()
        if self.reader_service is not None:
            self.reader_service.close()
        if self._temporary:
            self._temporary.cleanup()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
