"""The servers are killed, and terminal and servers together, at records of a visit; on the same folders all books agree
afterwards. (The terminal alone, at every kind of record: test_power_cuts; the servers after each of their answers:
tests/kept/test_kill; both at every kind of record: `make fuzz`.)"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import pytest

from kiosk_app.settings import KioskSettings
from scenarios.kiosks import LoneTerminal
from scenarios.ledger_queries import LedgerQueries
from scenarios.stage import STORE, Stage
from scenarios.stage_secrets import KeyPool
from scenarios.steps.world import World
from scenarios.template import AUTHORITY_FILE, PIN
from server_stub.interface.secret import Secret
from tests.hostile.test_power_cuts import CARD, COPIES, CUTS, apply, until
from tests.kept.server import Server
from tests.long import LONG

pytestmark = [pytest.mark.別プロセス, pytest.mark.xdist_group("killed")]


@dataclass
class Shop:
    """What World needs of a stage: one terminal before servers in a process of their own."""

    server: Server
    folder: Path

    def __post_init__(self) -> None:
        keys, template = KeyPool(self.server.folder / "keys"), self.server.folder / "template"
        settings = KioskSettings(
            center_url=self.server.urls["center"],
            terminal_id=STORE,
            terminal_key=keys.text(f"terminal-{STORE}"),
            center_key=keys.ed25519("centre").public_key().public_bytes_raw().hex(),
            folder=str(self.folder),
            clock=self.server.clock().setting.to_json(),
            authority=(template / AUTHORITY_FILE).read_bytes().hex(),
        )
        self.lone = LoneTerminal(settings, template)
        self.books = LedgerQueries(self.server.folder)
        self.world = World(cast(Stage, self), self.lone.kiosk.terminal)

    def lay_card(self, name: str) -> None:
        self.lone.lay_card(name)

    def take_card(self) -> None:
        self.world.terminal.call("take_card")

    def pin_of(self, name: str) -> Secret:
        return PIN

    def take_paper(self) -> None:
        self.world.terminal.call("take_paper")

    @property
    def clock(self) -> object:
        return self.lone.clock

    def switch_on(self) -> None:
        self.lone.kiosk.restart(self.lone.clock.setting)
        self.world.terminal = self.lone.kiosk.terminal
        self.world.terminal.wait_for("TopMenu", "Refusal")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("both") / "servers")
    yield server
    server.stop()


@pytest.fixture
def shop(server: Server, tmp_path: Path) -> Iterator[Shop]:
    shop = Shop(server, tmp_path / "kiosk")
    yield shop
    shop.lone.stop()


def to_the_act(shop: Shop, record: str) -> None:
    world = shop.world
    world.identify(CARD)
    world.choose("世帯全員", COPIES)
    if CUTS[record][0] is not apply:
        assert world.apply() == "Pay", world.refusal()


def agree(shop: Shop, record: str, application_id: str, before: int) -> None:
    end = CUTS[record][1]
    terminal = shop.world.terminal
    money = terminal.money()
    assert (money["returned"], money["taken"], money["inserted"]) == (end.returned, end.kept, 0)
    assert terminal.call("open_journal_entries") == 0
    assert terminal.call("trouble")["failure"] == ""
    until(lambda: terminal.call("pending_reports") == 0)
    books = shop.server.books()
    try:
        mine = lambda: [a.state for a in books.applications() if a.application_id == application_id]  # noqa: E731
        until(lambda: mine() == [end.state])
        until(lambda: sum(books.charges()) - before == end.kept)
        assert books.incidents() == 0
    finally:
        books.close()


def last_application(server: Server) -> str:
    books = server.books()
    try:
        return books.applications()[-1].application_id
    finally:
        books.close()


def charged(server: Server) -> int:
    books = server.books()
    try:
        return sum(books.charges())
    finally:
        books.close()


SHORT = (
    "application.begun",
    "take_money.done",
    "give_back.intent",
    "print_sheet.done",
    "hand_over.done",
    "draw_in.done",
)
TOGETHER = tuple(CUTS) if LONG else SHORT
ALONE = ("give_back.done", "report.due", *(("take_money.done", "hand_over.done") if LONG else ()))


def test_the_short_choice_ends_a_visit_in_each_way() -> None:
    assert {CUTS[record][1] for record in SHORT} >= {CUTS[record][1] for record in CUTS} - {
        CUTS["take_money.failed"][1]
    }


@pytest.mark.parametrize("record", TOGETHER)
def test_terminal_and_servers_killed_together(shop: Shop, server: Server, record: str) -> None:
    before = charged(server)
    to_the_act(shop, record)
    shop.lone.kiosk.cut_power_at(record, lambda: CUTS[record][0](shop.world))
    server.kill()
    server.start()
    shop.switch_on()
    agree(shop, record, last_application(server), before)


@pytest.mark.parametrize("record", ALONE)
def test_the_servers_killed_under_a_living_terminal(shop: Shop, server: Server, record: str) -> None:
    """Power goes at the servers only; the visit goes on to where it would have gone."""
    before = charged(server)
    to_the_act(shop, record)
    application_id = last_application(server)
    journal = shop.folder / "data" / "journal.jsonl"
    with contextlib.suppress(ConnectionError):
        CUTS[record][0](shop.world)
    until(lambda: f'"{record}"' in journal.read_text("utf-8"))
    server.kill()
    server.start()
    world = shop.world
    if record == "give_back.done":
        world.terminal.wait_for("Refusal")
        returned, kept, state = 100, 0, "cancelled"
    else:
        if record != "hand_over.done":
            world.terminal.wait_for("TakePaper")
            shop.take_paper()
        world.terminal.wait_for("AskReceipt")
        returned, kept, state = 0, 500, "handed_over"
    money = world.terminal.money()
    assert (money["returned"], money["taken"]) == (returned, kept)
    until(lambda: world.terminal.call("pending_reports") == 0)
    books = server.books()
    try:
        until(lambda: {a.application_id: a.state for a in books.applications()}[application_id] == state)
        until(lambda: sum(books.charges()) - before == kept)
        assert books.incidents() == 0
    finally:
        books.close()
