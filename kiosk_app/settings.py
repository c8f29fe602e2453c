"""What one terminal is told: by the stage or the command line, and what it makes of it. Light: read before the first paint."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from server_stub.interface.clock import Clock, ClockSetting
from server_stub.interface.failures import Failed
from server_stub.interface.secret import Secret

if TYPE_CHECKING:
    # for annotations only: they bring pydantic and the system's certificates, and the first screen needs neither
    import ssl

    from kiosk_app.flow.state import TimeOuts


@dataclass(frozen=True, slots=True)
class KioskSettings:
    """What the stage or the command line tells a terminal, as plain data that fits into a file.

    `terminal_key` is what the centre knows the terminal by, `center_key` its pinned Ed25519 public key (64 hex digits).
    `folder` keeps journal, outbox and the devices' books. `clock` is a ClockSetting as JSON, {} for the machine's time.
    `monitor` counts from 0; `place` is x, y, width and height of a window that is not full-screen (screen pixels), () to
    leave it to the desktop. `reader` and `hand`: see kiosk_app.card_slot; `card_limit` real seconds for a card to answer.
    `keep_screens`: the trace keeps the picture of a screen that nobody outside could catch (evidence wants it).
    `name_fonts`: files of fonts with characters of names that the common one lacks (外字 of municipalities).
    `log_folder`: where the log lies, '' for `log` in `folder`.
    `server_ca`: a file of CA certificates (PEM) to trust for https, '' for those of the system.
    `call_center`: name and telephone of whom a refusal says to ask, '' for the sample's. `large_text`, `high_contrast`: how the screens
    look until a resident chooses otherwise.
    `voice`: each screen's sentence is said aloud.
    `authority` (DER in hex), `enrolled`, `automatic` and `pin_budget`: see kiosk_app.card_trust.
    """

    center_url: str
    terminal_id: str
    terminal_key: str = field(repr=False)
    center_key: str
    folder: str
    run: str = ""
    trace_folder: str = ""
    log_folder: str = ""
    clock: dict[str, Any] = field(default_factory=dict)
    full_screen: bool = False
    monitor: int = 0
    place: tuple[int, ...] = ()
    reader: str = "virtual"
    hand: str = ""
    card_limit: float = 20.0
    card_bodies: bool = False
    keep_screens: bool = False
    authority: str = ""
    enrolled: tuple[str, ...] = ()
    automatic: bool = False
    pin_budget: int = 1
    server_ca: str = ""
    name_fonts: tuple[str, ...] = ()
    call_center: str = ""
    large_text: bool = False
    high_contrast: bool = False
    voice: bool = False

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> KioskSettings:
        """Raises Failed(Settings_Wrong) for a missing or unknown item."""
        try:
            return cls(**data)
        except TypeError as error:
            raise Failed("Settings_Wrong", item=str(error)) from error

    @property
    def data_dir(self) -> Path:
        """Journal and messages to the centre."""
        return Path(self.folder) / "data"

    @property
    def log_file(self) -> Path:
        """What the terminal's process writes its log to."""
        return Path(self.log_folder or Path(self.folder) / "log") / "kiosk.log"

    def opening_clock(self) -> Clock:
        """Raises ValueError, KeyError or OverflowError for what is no clock setting."""
        return Clock.from_setting(ClockSetting.from_json(self.clock)) if self.clock else Clock()

    def at(self, clock: ClockSetting) -> KioskSettings:
        return replace(self, clock=clock.to_json())


def _time_outs() -> TimeOuts:
    from kiosk_app.flow.state import TimeOuts

    return TimeOuts()


@dataclass(frozen=True, slots=True)
class TerminalSettings:
    """`pinned_key` is the centre's Ed25519 public key, 32 bytes in hex. `data_dir` holds journal and outbox, `device_dir`
    the books of the simulated devices. `time_outs` run on the one clock; `card_limit` and `outbox_retry` are real seconds.
    `server_ca`: the file of the only CA certificates (PEM) to trust for https, None for those of the system.
    `call_center`, `large_text`, `high_contrast`: as of KioskSettings.
    `card_bodies`: public bodies of commands and answers go into the trace too; PINs and personal data never do.
    `paced_card`: cards take their time only where the pace is real (`server_stub.interface.pace`); a real card does so by itself.
    """

    center_url: str
    terminal_id: str
    terminal_key: Secret
    pinned_key: str
    data_dir: Path
    device_dir: Path
    time_outs: TimeOuts = field(default_factory=_time_outs)
    accent: str = "#1F5FA8"
    card_limit: float = 20.0
    card_bodies: bool = False
    paced_card: bool = True
    outbox_retry: float = 2.0
    server_ca: Path | None = None
    call_center: str = ""
    large_text: bool = False
    high_contrast: bool = False

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
    import ssl

    try:
        return ssl.create_default_context(cafile=file)
    except OSError as error:  # of a file that is not there, and of what is no certificate
        raise Failed("Settings_Wrong", setting="server_ca", detail=type(error).__name__) from error
