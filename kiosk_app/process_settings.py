"""What the stage or the command line tells a terminal. Light: it is read before the first paint."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from server_stub.interface.clock import Clock, ClockSetting
from server_stub.interface.failures import Failed


@dataclass(frozen=True, slots=True)
class KioskSettings:
    """What the stage or the command line tells a terminal, as plain data that fits into a file.

    `terminal_key` is what the centre knows the terminal by, `center_key` its pinned Ed25519 public key (64 hex digits).
    `folder` keeps journal, outbox and the devices' books. `clock` is a ClockSetting as JSON, {} for the machine's time.
    `monitor` counts from 0; `place` is x, y, width and height of a window that is not full-screen (screen pixels), () to
    leave it to the desktop. `reader` and `hand`: see kiosk_app.card_slot; `card_limit` real seconds for a card to answer.
    `keep_screens`: the trace keeps the picture of a screen that nobody outside could catch (evidence wants it).
    `log_folder`: where the log lies, '' for `log` in `folder`.
    `server_ca`: a file of CA certificates (PEM) to trust for https, '' for those of the system.
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
    seconds_per_sheet: float = 0.0
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
