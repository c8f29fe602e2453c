"""The switch for full bodies: it warns by itself, shows what is public, and never a PIN."""

from __future__ import annotations

from typing import Any

from cards.image_file import load_image
from cards.readers.virtual import VirtualReader
from cards.virtual import VirtualCard
from kiosk_app.card_session import read_card, sign
from kiosk_app.card_trust import CardTrust
from scenarios.template import PIN, load_cards, template_folder
from server_stub.interface.clock import STAGE_START, Clock
from server_stub.interface.trace import Event, Trace


def told(*, bodies: bool) -> list[Event]:
    """What one reading and one signature put into the trace."""
    events: list[Event] = []
    trace = Trace(Clock(STAGE_START))
    trace.subscribe(events.append)

    def observe(kind: str, /, **data: Any) -> object:
        return trace.emit("card", kind, **data)

    template = template_folder()
    card = VirtualCard(load_image(template / load_cards(template)["六甲翠のカード"].file))
    reader = VirtualReader()
    reader.insert(card)
    certificate = card.image.application("jpki").files[0x000B].content
    trust = CardTrust(laid=lambda: card, authority=certificate)
    facts = read_card(reader, observe, trust, bodies=bodies)
    sign(
        reader,
        observe,
        trust,
        seen=(facts.holder_ref, facts.tries_left),
        pin=PIN,
        message=b"nonce",
        bodies=bodies,
    )
    return events


def test_bodies_stay_out_of_the_trace_unless_asked_for() -> None:
    assert all(event.kind != "bodies_shown" for event in told(bodies=False))
    assert b"JPKI-SIM".hex().upper() not in str([e.data for e in told(bodies=False)]).upper()


def test_the_switch_warns_and_shows_the_certificate_but_never_the_pin() -> None:
    events = told(bodies=True)
    assert [event.kind for event in events].count("bodies_shown") >= 1
    text = str([event.data for event in events]).upper()
    assert b"JPKI-SIM".hex().upper() in text
    assert PIN.reveal().encode().hex().upper() not in text
