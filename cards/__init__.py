"""Offer a card library that stands alone: a virtual My Number Card, readers, and the client that reads and signs.

What stands in `__all__` is public: it keeps its names and what they promise. Everything else in this room may change. It imports none of
the other rooms, takes what it needs as Protocols (`Observer`, `Revealable`), and refuses by `CardError`.

| to | there is |
|---|---|
| make a card | `make_card`, of a `Profile` (`profile_names`, `load_profile`) and a `Holder`, at a `CardAuthority` of your own if you have one |
| keep one | `CardImage`, all that a card is, with `save_image` and `load_image` |
| lay it | `VirtualCard` on a `VirtualReader` (this process), or on a `VpcdSlot` (any PC/SC program; `PrivatePcscd` runs a service) |
| reach one | `VirtualReader` or `PcscReader`, `connect` gives a `CardConnection` |
| read and sign | `JpkiClient`, with a `CardSecret` for the PIN |
| say any command | `Command`, `Response` |

What it needs besides Python: cryptography, pydantic, and pyscard for PC/SC. Names are loaded when they are first asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .apdu import Command as Command
    from .apdu import Response as Response
    from .contents.facts import Holder as Holder
    from .errors import CardError as CardError
    from .image import CardImage as CardImage
    from .image_file import load_image as load_image
    from .image_file import save_image as save_image
    from .jpki import JpkiClient as JpkiClient
    from .pcscd import PrivatePcscd as PrivatePcscd
    from .personalise import CardAuthority as CardAuthority
    from .profiles import Profile as Profile
    from .profiles import load_profile as load_profile
    from .profiles import profile_names as profile_names
    from .readers.interface import CardConnection as CardConnection
    from .readers.pcsc import PcscReader as PcscReader
    from .readers.virtual import VirtualReader as VirtualReader
    from .sample import CardSecret as CardSecret
    from .sample import make_card as make_card
    from .trace import Observer as Observer
    from .trace import Revealable as Revealable
    from .virtual import VirtualCard as VirtualCard
    from .vpcd import VpcdSlot as VpcdSlot

_HOMES = {
    "CardAuthority": "personalise",
    "CardConnection": "readers.interface",
    "CardError": "errors",
    "CardImage": "image",
    "CardSecret": "sample",
    "Command": "apdu",
    "Holder": "contents.facts",
    "JpkiClient": "jpki",
    "Observer": "trace",
    "PcscReader": "readers.pcsc",
    "PrivatePcscd": "pcscd",
    "Profile": "profiles",
    "Response": "apdu",
    "Revealable": "trace",
    "VirtualCard": "virtual",
    "VirtualReader": "readers.virtual",
    "VpcdSlot": "vpcd",
    "load_image": "image_file",
    "load_profile": "profiles",
    "make_card": "sample",
    "profile_names": "profiles",
    "save_image": "image_file",
}
__all__ = [  # noqa: F822  # loaded by __getattr__
    "CardAuthority",
    "CardConnection",
    "CardError",
    "CardImage",
    "CardSecret",
    "Command",
    "Holder",
    "JpkiClient",
    "Observer",
    "PcscReader",
    "PrivatePcscd",
    "Profile",
    "Response",
    "Revealable",
    "VirtualCard",
    "VirtualReader",
    "VpcdSlot",
    "load_image",
    "load_profile",
    "make_card",
    "profile_names",
    "save_image",
]


def __getattr__(name: str) -> Any:
    """Load a public name when it is first asked for: who uses one part waits for no other."""
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{home}"), name)
