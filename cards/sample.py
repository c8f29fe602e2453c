"""Make cards that nobody trusts, to use this room alone: an invented holder, certificates of a throw-away authority."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from cryptography.hazmat.primitives.asymmetric import rsa

from .contents.facts import Holder
from .foreign import ForeignAuthority
from .image import CardImage
from .personalise import CardAuthority, personalise
from .profiles import load_profile
from .trace import Revealable

SAMPLE_HOLDER = Holder(
    "sample",
    "28100",
    "見本　花子",
    "兵庫県神戸市中央区見本町一丁目１番１号",
    date(1990, 5, 17),
    "2",
    "Hyogo-ken",
    "Kobe-shi",
)
_KEYS = 6
"""As many as a card has at most: keys of one card differ, those of several cards need not."""


@dataclass(frozen=True, slots=True)
class CardSecret:
    """Hold a PIN or a password that shows itself only on demand: not in a text, a trace or a log by accident."""

    value: str = field(repr=False)

    def reveal(self) -> str:
        return self.value


def make_card(
    profile: str = "plain",
    holder: Holder = SAMPLE_HOLDER,
    *,
    secrets: Mapping[str, str] | None = None,
    authority: CardAuthority | None = None,
    now: datetime | None = None,
) -> CardImage:
    """Make a card of `profile` (a name of `profile_names`) for `holder`, valid from `now` (aware; None: this moment).

    `secrets` by name (authentication_pin, signature_password, text_pin …) take the place of the profile's sample values: 1234 and
    ABC123. `authority`: who certifies its keys; None: a throw-away one. Raises CardError(Settings_Wrong) for an unknown profile or a secret that cannot be. The first call takes a second or two,
    for its keys.
    """
    moment = now or datetime.now(UTC)
    given = {name: CardSecret(value) for name, value in (secrets or {}).items()}
    turn = itertools.cycle(_keys())
    kept: Mapping[str, Revealable] = given
    return personalise(
        load_profile(profile),
        holder,
        authority or _authority(moment),
        lambda: next(turn),
        moment,
        secrets=kept,
    )


@functools.cache
def _keys() -> tuple[rsa.RSAPrivateKey, ...]:
    return tuple(rsa.generate_private_key(65537, 2048) for _ in range(_KEYS))


@functools.lru_cache(maxsize=8)
def _authority(now: datetime) -> ForeignAuthority:
    # keys of its own: a card's could come round to an impostor
    own = _authority_keys()
    turn = itertools.cycle(own)
    return ForeignAuthority(lambda: next(turn), now=now)


@functools.cache
def _authority_keys() -> tuple[rsa.RSAPrivateKey, ...]:
    return tuple(rsa.generate_private_key(65537, 2048) for _ in range(2))
