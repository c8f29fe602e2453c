"""What one terminal is told about itself."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from server_stub.interface.failures import Failed
from server_stub.interface.secret import Secret

from .flow.timeouts import TimeOuts


@dataclass(frozen=True, slots=True)
class TerminalSettings:
    """`pinned_key` is the centre's Ed25519 public key, 32 bytes in hex. `data_dir` holds journal and outbox, `device_dir`
    the books of the simulated devices. `time_outs` run on the one clock; `card_limit` and `outbox_retry` are real seconds.
    `server_ca`: the file of the only CA certificates (PEM) to trust for https, None for those of the system.
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
    server_ca: Path | None = None

    def __post_init__(self) -> None:
        """Raises Failed(Settings_Wrong, setting=...), Failed(Centre_Not_Secured)."""
        check_center_address(self.center_url)
        if self.server_ca is not None:
            trusted_by(self.server_ca)
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


def check_center_address(url: str) -> None:
    """Plain http goes to this machine only; everybody else must be spoken to under https.

    Raises Failed(Settings_Wrong) for what is no address, Failed(Centre_Not_Secured) for http to another machine.
    """
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is none
        good = False
    if not good:
        raise Failed("Settings_Wrong", setting="center_url")
    if parts.scheme == "http" and not _is_loopback(parts.hostname or ""):
        raise Failed("Centre_Not_Secured", host=parts.hostname)


def _is_loopback(host: str) -> bool:
    """Of names only `localhost`: what another name leads to can change (RFC 6761, 6.3)."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def trusted_by(file: Path) -> ssl.SSLContext:
    """Trust in the CA certificates of `file` (PEM) and in nobody else. Raises Failed(Settings_Wrong)."""
    try:
        return ssl.create_default_context(cafile=file)
    except OSError as error:  # of a file that is not there, and of what is no certificate
        raise Failed("Settings_Wrong", setting="server_ca", detail=type(error).__name__) from error
