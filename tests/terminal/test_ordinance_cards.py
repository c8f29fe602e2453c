"""What the terminal does with a 住民基本台帳カード: whose it is, until when one is read, and that no PIN goes with another card."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from fastapi import Response

from cards.readers.virtual import VirtualReader
from cards.virtual import VirtualCard
from kiosk_app.card_trust import CardTrust
from kiosk_app.center_gateway import CenterGateway
from kiosk_app.flow import effects as f
from kiosk_app.flow import events as e
from kiosk_app.settings import TerminalSettings
from server_stub.interface.binding import ordinance_ref
from server_stub.interface.clock import JST, Clock
from server_stub.interface.failures import Failed
from server_stub.interface.secret import Secret
from server_stub.interface.terminal import OrdinanceService, OrdinanceServices
from server_stub.interface.trace import Trace
from server_stub.interface.values import Place
from tests.cards.helper import HOLDER, card
from tests.flow.helper import KOBE, ORDINANCE

from .centre import KEY, TERMINAL, Centre

OWN = ORDINANCE.model_copy(update={"municipality": KOBE.model_copy(update={"code": HOLDER.municipality})})
OTHER = ORDINANCE.model_copy(update={"aid": "F04A554B4999999999"})
PIN = Secret("6318")


class Desk:
    """The terminal's side of one visit in 2012, without a screen. `services`: what the centre tells."""

    def __init__(self, folder: Path, centre: Centre) -> None:
        self.clock = Clock(datetime(2012, 7, 4, 10, 0, tzinfo=JST))
        self.clock.freeze()
        centre.renew(self.clock)
        self.centre, self.reader = centre, VirtualReader()
        settings = TerminalSettings(
            center_url=centre.url, terminal_id=TERMINAL, terminal_key=Secret(KEY), pinned_key=centre.pinned,
            data_dir=folder, device_dir=folder,
        )  # fmt: skip
        self.laid: VirtualCard | None = None
        trust = CardTrust(lambda: self.laid)
        self.gateway = CenterGateway(settings, Trace(self.clock), self.reader, trust, self.clock)
        self.tell(OTHER, OWN)

    def tell(self, *services: OrdinanceService) -> None:
        told = OrdinanceServices(services=services).model_dump_json()
        self.centre.answer["ordinance-services"] = Response(told, media_type="application/json")

    def lay(self, profile: str, *, ours: bool = True) -> VirtualCard:
        made = card(profile)
        self.laid = made if ours else None
        self.reader.remove()
        self.reader.insert(made)
        return made

    def read(self, profile: str, *, ours: bool = True) -> e.CardRead:
        self.lay(profile, ours=ours)
        found = self.gateway.perform(f.ReadCard())
        assert isinstance(found, e.CardRead)
        return found

    def refusal(self, profile: str) -> str:
        with pytest.raises(Failed) as caught:
            self.read(profile)
        return caught.value.failure

    def on(self, year: int, month: int, day: int) -> None:
        self.clock.set(datetime(year, month, day, 10, 0, tzinfo=JST))


@pytest.fixture
def desk(tmp_path: Path, centre: Centre) -> Iterator[Desk]:
    made = Desk(tmp_path, centre)
    yield made
    made.gateway.close()


def test_the_holder_is_the_card_s_number_at_its_municipality(desk: Desk) -> None:
    found = desk.read("juki_ordinance")
    content = card("juki_ordinance").image.application("ordinance").files[1].content
    assert found.service == OWN
    assert found.holder_ref == ordinance_ref(HOLDER.municipality, content[2:17].decode())
    assert (found.kind, found.tries_left) == ("virtual", None)
    assert desk.read("juki_ordinance", ours=False).kind == "real"


@pytest.mark.parametrize("services", [(), (OTHER,)])
def test_a_card_of_a_town_without_an_ordinance_is_refused_by_name(
    desk: Desk, services: tuple[OrdinanceService, ...]
) -> None:
    desk.tell(*services)
    assert desk.refusal("juki_ordinance") == "Card_Resident_Register_Card"
    assert desk.refusal("no_jpki") == "Card_Not_My_Number"


def test_from_the_last_day_on_no_resident_card_is_read(desk: Desk) -> None:
    desk.on(2025, 12, 27)
    assert desk.read("juki_ordinance_last").service == OWN
    asked = len(desk.centre.calls)
    desk.on(2025, 12, 28)
    assert desk.refusal("juki_ordinance_last") == "Card_Resident_Register_Card"
    assert len(desk.centre.calls) == asked


def test_a_card_ends_with_its_own_last_day(desk: Desk) -> None:
    desk.on(2022, 6, 30)
    assert desk.read("juki_ordinance").service == OWN
    desk.on(2022, 7, 1)
    assert desk.refusal("juki_ordinance") == "Ordinance_Card_Ended"


def test_a_card_of_another_municipality_than_its_identifier_s_is_refused(desk: Desk) -> None:
    desk.tell(ORDINANCE)
    assert desk.refusal("juki_ordinance") == "Card_Answer_Unexpected"


def test_for_a_my_number_card_nobody_is_asked(desk: Desk) -> None:
    found = desk.read("plain")
    assert found.service is None
    assert desk.centre.calls == []


def test_a_centre_that_tells_nothing_is_told_by_name(desk: Desk) -> None:
    desk.centre.answer.clear()
    desk.centre.refuse["ordinance-services"] = "Issuing_Unreachable"
    assert desk.refusal("juki_ordinance") == "Issuing_Unreachable"


def test_the_pin_of_one_card_never_goes_with_another(desk: Desk) -> None:
    read = desk.read("juki_ordinance")
    session = desk.gateway.perform(f.OpenSession())
    assert isinstance(session, e.SessionStarted)
    desk.lay("juki_ordinance_expired")
    effect = f.AuthenticateByOrdinance(
        session.session_id, "household", PIN, Place.ADDRESS, OWN, read.holder_ref
    )
    with pytest.raises(Failed) as caught:
        desk.gateway.perform(effect)
    assert caught.value.failure == "Card_Changed"
    assert not [call for call in desk.centre.calls if call.endswith("/authentication")]
