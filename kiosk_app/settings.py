"""What one terminal is told about itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from server_stub.interface.failures import Failed
from server_stub.interface.secret import Secret

from .flow.timeouts import TimeOuts


@dataclass(frozen=True, slots=True)
class TerminalSettings:
    """`pinned_key` is the centre's Ed25519 public key, 32 bytes in hex. `data_dir` holds journal and outbox, `device_dir`
    the books of the simulated devices. `time_outs` run on the one clock; `card_limit` and `outbox_retry` are real seconds.
    `card_bodies`: public bodies of commands and answers go into the trace too; PINs and personal data never do.
    """

    center_url: str
    terminal_id: str
    terminal_key: Secret
    pinned_key: str
    data_dir: Path
    device_dir: Path
    time_outs: TimeOuts = field(default_factory=TimeOuts)
    accent: str = "#1F5FA8"
    card_limit: float = 20.0
    card_bodies: bool = False
    outbox_retry: float = 2.0

    def __post_init__(self) -> None:
        """Raises Failed(Settings_Wrong, setting=...)."""
        if not _is_address(self.center_url):
            raise Failed("Settings_Wrong", setting="center_url")
        if not (self.terminal_key.reveal().isascii() and self.terminal_key.reveal().isprintable()):
            raise Failed("Settings_Wrong", setting="terminal_key")
        if not self.terminal_id:
            raise Failed("Settings_Wrong", setting="terminal_id")
        try:
            good = len(bytes.fromhex(self.pinned_key)) == 32
        except ValueError:
            good = False
        if not good:
            raise Failed("Settings_Wrong", setting="pinned_key")


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is none
        return False
