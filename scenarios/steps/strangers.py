"""Cards that are none of the stage's: made for the one scenario, and gone with it."""

from __future__ import annotations

from datetime import date

from pytest_bdd import when

from cards.foreign import ForeignAuthority
from cards.personalise import Holder, personalise
from cards.profiles import load_profile
from kiosk_app.card_trust import PRODUCTION
from scenarios.template import KOBE
from server_stub.interface.clock import STAGE_START

from .world import World


@when("実在の認証局の名をもつカードを置く")
def production(world: World) -> None:
    """As a passer-by's real card looks to the terminal, with keys that are a test's."""
    keys = world.stage.keys.source("production-lookalike")
    holder = Holder(
        "0000000000", KOBE, "見本　通行", "兵庫県神戸市", date(1990, 1, 1), "9", "Hyogo-ken", "Kobe-shi"
    )
    authority = ForeignAuthority(keys, now=STAGE_START, organisation=PRODUCTION)
    world.lay_image(personalise(load_profile("plain"), holder, authority, keys, STAGE_START))
