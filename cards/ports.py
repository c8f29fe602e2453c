"""Find who listens on this machine's TCP ports, and who uses PC/SC, as Linux tells it: a vpcd that is open to the network, or is
none at all; a program that keeps a card to itself.

Other systems do not tell it without rights or tools; there nothing is found, and nothing is claimed.
"""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_LISTENING = "0A"
"""TCP_LISTEN in the tables of the kernel."""


@dataclass(frozen=True, slots=True)
class Listener:
    """Hold a program that listens on `address`:`port`. `user`: its numeric user; `program`: '' where we may not look."""

    address: str
    port: int
    user: int
    program: str

    @property
    def open_to_network(self) -> bool:
        """Tell whether other machines can reach it."""
        return not ipaddress.ip_address(self.address).is_loopback


def listeners(ports: range | None = None, proc: Path = Path("/proc")) -> list[Listener]:
    """List all that listen on `ports` (None: any), sorted by port and address. Broken or missing tables are left out."""
    rows = [row for name in ("tcp", "tcp6") for row in _rows(proc / "net" / name)]
    wanted = [row for row in rows if ports is None or row[1] in ports]
    programs = _programs({inode for *_rest, inode in wanted}, proc) if wanted else {}
    found = {Listener(address, port, user, programs.get(inode, "")) for address, port, user, inode in wanted}
    return sorted(found, key=lambda one: (one.port, one.address))


def listener_on(port: int, proc: Path = Path("/proc")) -> Listener | None:
    """Find who listens on `port`; of several, one that other machines can reach."""
    found = listeners(range(port, port + 1), proc)
    return max(found, key=lambda one: one.open_to_network, default=None)


def open_to_network(port: int, proc: Path = Path("/proc")) -> bool:
    """Tell whether other machines can reach whoever listens on `port`. Asks for no programs, so it costs next to nothing."""
    rows = [row for name in ("tcp", "tcp6") for row in _rows(proc / "net" / name)]
    return any(not ipaddress.ip_address(address).is_loopback for address, at, *_rest in rows if at == port)


def pcsc_programs(proc: Path = Path("/proc")) -> tuple[str, ...]:
    """List other programs that have PC/SC loaded, as `name (process id)`; of those processes only that we may look into."""
    found = []
    for process in proc.glob("[0-9]*"):
        if int(process.name) == os.getpid():
            continue
        try:
            if "/libpcsclite" in (process / "maps").read_text(encoding="utf-8", errors="replace"):
                name = (process / "comm").read_text(encoding="utf-8", errors="replace").strip()
                found.append((int(process.name), f"{name} ({process.name})"))
        except OSError:
            continue
    return tuple(name for _number, name in sorted(found))


def _rows(table: Path) -> Iterator[tuple[str, int, int, str]]:
    """Read address, port, user and inode of every listening socket."""
    try:
        lines = table.read_text(encoding="ascii", errors="replace").splitlines()[1:]
    except OSError:
        return
    for line in lines:
        parts = line.split()
        try:
            if parts[3] == _LISTENING:
                place, _, port = parts[1].partition(":")
                yield _address(bytes.fromhex(place)), int(port, 16), int(parts[7]), parts[9]
        except (ValueError, IndexError):
            continue


def _address(raw: bytes) -> str:
    """Read an address, which the kernel prints as words of four bytes in the machine's own order, little-endian on
    what we run on."""
    turned = b"".join(raw[at : at + 4][::-1] for at in range(0, len(raw), 4))
    return str(ipaddress.ip_address(turned))


def _programs(inodes: set[str], proc: Path) -> dict[str, str]:
    """Map inode -> program name, for those processes that we may look into."""
    wanted = {f"socket:[{inode}]": inode for inode in inodes}
    found: dict[str, str] = {}
    for process in proc.glob("[0-9]*"):
        try:
            for handle in (process / "fd").iterdir():
                inode = wanted.get(str(handle.readlink()))
                if inode is not None:
                    found[inode] = (process / "comm").read_text(encoding="utf-8", errors="replace").strip()
        except OSError:
            continue
    return found
