"""Which driver serves a PC/SC reader, as far as this machine tells without rights: Linux bundles and reader.conf files."""

from __future__ import annotations

import plistlib
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from smartcard import scard

BUNDLES = (Path("/usr/lib/pcsc/drivers"), Path("/usr/lib64/pcsc/drivers"))
CONFIGURATIONS = (Path("/etc/reader.conf.d"),)
_LINE = re.compile(r'^\s*(FRIENDLYNAME|LIBPATH)\s+"?([^"\n]+?)"?\s*$', re.MULTILINE)


def driver_of(
    reader: str, bundles: Sequence[Path] = BUNDLES, configurations: Sequence[Path] = CONFIGURATIONS
) -> str:
    """Name (and version) of the driver of `reader` by the name it goes by in PC/SC; '' if nothing tells."""
    for named, driver in _known(bundles, configurations):
        if reader.startswith(named):
            return driver
    return ""


def maker_of(reader: str) -> str:
    """Maker and firmware of `reader` as its driver tells; '' if it does not, or if another program holds the reader.

    Disturbs no card."""
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
    """PC/SC part 3: 0xMMmmbbbb (major, minor, build), in the order of the machine."""
    result, value = scard.SCardGetAttrib(handle, scard.SCARD_ATTR_VENDOR_IFD_VERSION)
    if result != scard.SCARD_S_SUCCESS or len(value) != 4:
        return ""
    return f"{value[3]}.{value[2]:02}"


def _known(bundles: Sequence[Path], configurations: Sequence[Path]) -> Iterator[tuple[str, str]]:
    """Beginning of a reader's name and its driver."""
    for folder in configurations:
        for file in sorted(folder.glob("*")):
            found = dict(_LINE.findall(_content(file)))
            if {"FRIENDLYNAME", "LIBPATH"} <= found.keys():
                yield found["FRIENDLYNAME"], Path(found["LIBPATH"]).name
    for folder in bundles:
        for file in sorted(folder.glob("*.bundle/Contents/Info.plist")):
            yield from _bundle(file)


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
