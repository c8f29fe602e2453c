"""The same card through a real (private) pcscd: one command, what the terminal does with a card, and a whole scenario.

The yardstick is each time the same thing in this process; the reach that counts is an absolute one, in milliseconds.
"""

from __future__ import annotations

import statistics

from cards.image_file import load_image
from cards.readers.pcsc import PcscReader
from cards.readers.virtual import VirtualReader
from cards.virtual import VirtualCard
from cards.vpcd import VpcdSlot
from scenarios.reader_service import ReaderService
from scenarios.stage import Stage
from scenarios.steps.world import World
from scenarios.template import PIN, load_cards, template_folder
from server_stub.interface.clock import real_monotonic_ns

from .card import command_time, visit_time
from .measure import CARD, Measurement
from .terminal import visit

COMMAND_REACH_MS, CARD_REACH_MS, EXTRA_REACH_MS = 0.1, 15.0, 900.0
VISITS = 6


def measure() -> dict[str, Measurement]:
    """pcsc_command, pcsc_card (certificate, tries, PIN, signature) and pcsc_visit; milliseconds."""
    template = template_folder()
    image = load_image(template / load_cards(template)[CARD].file)
    here = VirtualReader()
    here.insert(VirtualCard(image.copy()))
    service = ReaderService()
    try:
        slot = VpcdSlot(port=int(service.hand.removeprefix("vpcd:")))
        slot.insert(VirtualCard(image.copy()))
        there = _reader_with_a_card()
        command = _within(command_time(there), command_time(here), COMMAND_REACH_MS)
        card = _within(visit_time(there, PIN), visit_time(here, PIN), CARD_REACH_MS)
        slot.remove()
    finally:
        service.close()
    in_process, through_pcscd = _visits("virtual"), _visits("pcsc")
    whole = _within(through_pcscd, in_process, in_process + EXTRA_REACH_MS)
    return {"pcsc_command": command, "pcsc_card": card, "pcsc_visit": whole}


def _within(value: float, yardstick: float, reach: float) -> Measurement:
    return Measurement(value, yardstick, "ms", reach / yardstick)


def _reader_with_a_card() -> PcscReader:
    """vpcd always shows two slots; the card lies on one of them."""
    from cards.readers.pcsc import reader_names

    for name in reader_names():
        reader = PcscReader(name)
        if reader.present():
            return reader
    raise LookupError("the card that was laid down is on no reader")


def _visits(reader: str) -> float:
    times = []
    with Stage(separate=True, reader=reader) as stage:
        for number in range(VISITS + 1):
            begun = real_monotonic_ns()
            stage.reset()
            visit(World(stage, stage.start_kiosk()))
            if number:
                times.append((real_monotonic_ns() - begun) / 1e6)
    return statistics.median(times)
