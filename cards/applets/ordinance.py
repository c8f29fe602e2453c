"""Answer as an application for 条例利用 (地域住民向け領域) on a virtual 住民基本台帳カード.

Nothing of the real one is published: neither its identifier, which each municipality had assigned, nor its files, nor its
commands. This one is our own and as small as the way needs it: one EF to be read, with the card's number, its municipality and
the day on which it ends. It has no PIN: those stand at the municipality's ICカード標準システム, one a kind of certificate.
"""

from __future__ import annotations

from .base import Applet


class OrdinanceApplet(Applet):
    """Select and read; every other command is unknown here (6D00)."""

    commands = {key: name for key, name in Applet.commands.items() if name in ("select_file", "read_binary")}
