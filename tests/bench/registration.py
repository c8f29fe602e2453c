"""利用登録申請: from the last touch to the number on the screen, beside an authentication, one signature of the card and one POST that commits."""

from __future__ import annotations

import statistics
import tempfile
from pathlib import Path

from cards.image_file import load_image
from cards.jpki import JpkiClient
from cards.readers.virtual import VirtualReader
from cards.virtual import VirtualCard
from scenarios.stage import Stage
from scenarios.stage_secrets import CARD_SECRETS
from scenarios.steps import registration as steps
from scenarios.steps.world import World
from scenarios.template import load_cards
from scenarios.towns import load_town, shipped_town
from server_stub.interface.clock import real_monotonic_ns

from .measure import Measurement
from .server import BareServer

CARD, TOWN = "海野渉のカード", "湊市"
ROUNDS, REACH = 8, 1.5
TEXT = "戸籍証明書交付の利用登録申請\n" * 12


def measure() -> dict[str, Measurement]:
    """application_for_registration: milliseconds. The yardstick's authentication is that of the same visit."""
    ours: list[float] = []
    yardstick: list[float] = []
    with tempfile.TemporaryDirectory(prefix="konbini-bench-") as temporary:
        bare = BareServer(Path(temporary))
        towns = [load_town(shipped_town(name)) for name in ("midori", "minato")]
        with Stage(separate=True, towns=towns) as stage:
            for number in range(ROUNDS + 1):
                stage.reset()
                world = World(stage, stage.start_kiosk())
                authenticated = _authenticated(world)
                signed, posted = _signature(stage), _spent(bare.post)
                steps.choose(world, TOWN)
                steps.type_all(world, "みなとまち=港町 ７番地", "うみの=海野 わたる=渉", "090-0000-0000")
                steps.card_again(world, CARD)
                for character in CARD_SECRETS["signature_password"].reveal():
                    world.terminal.touch(character)
                begun = real_monotonic_ns()
                world.leave_by("次へ")
                world.terminal.wait_for("ShowNumber")
                if number:  # libraries are read in the first
                    ours.append((real_monotonic_ns() - begun) / 1e6)
                    yardstick.append(authenticated + signed + posted)
                stage.take_card()
        bare.close()
    found = Measurement(statistics.median(ours), statistics.median(yardstick), "ms", REACH)
    return {"application_for_registration": found}


def _authenticated(world: World) -> float:
    """Milliseconds from the last touch of the PIN to the card's return."""
    steps.to_card(world, CARD)
    world.enter_digits(right=True)
    begun = real_monotonic_ns()
    world.leave_by("次へ")
    world.terminal.wait_for("TakeCard")
    spent = (real_monotonic_ns() - begun) / 1e6
    world.stage.take_card()
    world.terminal.wait_for("ChooseMunicipality")
    return spent


def _signature(stage: Stage) -> float:
    """Milliseconds of the card alone, for one signature with its password."""
    template = stage.template
    reader = VirtualReader()
    reader.insert(VirtualCard(load_image(template / load_cards(template)[CARD].file)))
    with reader.connect() as connection:
        client = JpkiClient(connection)
        begun = real_monotonic_ns()
        client.sign_text(CARD_SECRETS["signature_password"], TEXT.encode())
        return (real_monotonic_ns() - begun) / 1e6


def _spent(call: object) -> float:
    assert callable(call)
    begun = real_monotonic_ns()
    call()
    return (real_monotonic_ns() - begun) / 1e6
