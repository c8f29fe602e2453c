"""Find which driver serves a PC/SC reader, as far as this machine tells without rights: Linux bundles and reader.conf files."""

from __future__ import annotations

import os
import plistlib
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from smartcard import scard

BUNDLES = (Path("/usr/lib/pcsc/drivers"), Path("/usr/lib64/pcsc/drivers"))
CONFIGURATIONS = (Path("/etc/reader.conf.d"),)
_SOCKET, _READERS = "PCSCLITE_CSOCK_NAME", "readers"
"""Where a private service (cards.pcscd) is told of, and the folder of its configuration beside the socket."""
_LINE = re.compile(r'^\s*(FRIENDLYNAME|DEVICENAME|LIBPATH)\s+"?([^"\n]+?)"?\s*$', re.MULTILINE)
_VPCD_DEVICE = re.compile(r":(0[xX][0-9A-Fa-f]+|[0-9]+)$")


def driver_of(
    reader: str, bundles: Sequence[Path] = BUNDLES, configurations: Sequence[Path] = CONFIGURATIONS
) -> str:
    """Find name (and version) of the driver of `reader` by the name it goes by in PC/SC; '' if nothing tells."""
    for named, driver in _known(bundles, configurations):
        if reader.startswith(named):
            return driver
    return ""


def vpcd_ports(configurations: Sequence[Path] = CONFIGURATIONS) -> list[int]:
    """Find the first port of every vpcd that this machine's PC/SC service is set up with, sorted."""
    found = set()
    for reader in _configured(configurations):
        device = _VPCD_DEVICE.search(reader.get("DEVICENAME", ""))
        if device is not None and "vpcd" in Path(reader.get("LIBPATH", "")).name:
            found.add(int(device[1], 0) if device[1][:1] == "0" else int(device[1]))
    return sorted(found)


def maker_of(reader: str) -> str:
    """Read maker and firmware of `reader` as its driver tells; '' if it does not, or if another program keeps it to itself.

    Disturbs no card. Waits without end while another program holds a transaction."""
    result, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
    if result != scard.SCARD_S_SUCCESS:
        return ""
    try:
        result, handle, _protocol = scard.SCardConnect(
            context, reader, scard.SCARD_SHARE_DIRECT, scard.SCARD_PROTOCOL_UNDEFINED
        )
        if result != scard.SCARD_S_SUCCESS:
            return ""
        told = (_text(handle, scard.SCARD_ATTR_VENDOR_NAME), _version(handle))
        scard.SCardDisconnect(handle, scard.SCARD_LEAVE_CARD)
        return " ".join(part for part in told if part)
    finally:
        scard.SCardReleaseContext(context)


def _text(handle: object, attribute: int) -> str:
    result, value = scard.SCardGetAttrib(handle, attribute)
    if result != scard.SCARD_S_SUCCESS:
        return ""
    return bytes(value).decode("utf-8", "replace").strip("\0 ")


def _version(handle: object) -> str:
    """Read a version, 0xMMmmbbbb (major, minor, build) in the order of the machine (PC/SC part 3)."""
    result, value = scard.SCardGetAttrib(handle, scard.SCARD_ATTR_VENDOR_IFD_VERSION)
    if result != scard.SCARD_S_SUCCESS or len(value) != 4:
        return ""
    return f"{value[3]}.{value[2]:02}"


def _known(bundles: Sequence[Path], configurations: Sequence[Path]) -> Iterator[tuple[str, str]]:
    """Map the beginning of a reader's name to its driver."""
    private = os.environ.get(_SOCKET)
    if private and configurations is CONFIGURATIONS:
        configurations = (Path(private).parent / _READERS,)
    for reader in _configured(configurations):
        if "LIBPATH" in reader:
            yield reader["FRIENDLYNAME"], Path(reader["LIBPATH"]).name
    for folder in bundles:
        for file in sorted(folder.glob("*.bundle/Contents/Info.plist")):
            yield from _bundle(file)


def _configured(folders: Sequence[Path]) -> Iterator[dict[str, str]]:
    """Read every reader of the configuration files by their keys; a file may hold several, each begins with its name."""
    for folder in folders:
        for file in sorted(folder.glob("*")):
            readers: list[dict[str, str]] = []
            for key, value in _LINE.findall(_content(file)):
                if key == "FRIENDLYNAME":
                    readers.append({})
                if readers:
                    readers[-1][key] = value
            yield from readers


def _bundle(file: Path) -> Iterator[tuple[str, str]]:
    try:
        told = plistlib.loads(file.read_bytes())
        names = sorted(told["ifdFriendlyName"], key=len, reverse=True)
        driver = f"{file.parent.parent.stem} {told.get('CFBundleShortVersionString', '')}".strip()
    except (OSError, ValueError, KeyError, TypeError, plistlib.InvalidFileException):
        return
    for name in names:
        yield str(name), driver


def _content(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
