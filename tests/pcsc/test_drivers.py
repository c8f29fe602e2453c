"""Which driver serves a reader, by what the machine's driver files say."""

from __future__ import annotations

import plistlib
from pathlib import Path

from cards.readers.drivers import driver_of, vpcd_ports


def bundle(folder: Path, name: str, content: bytes) -> None:
    place = folder / f"{name}.bundle" / "Contents"
    place.mkdir(parents=True)
    (place / "Info.plist").write_bytes(content)


def test_a_usb_reader_is_known_by_the_bundle_that_lists_it(tmp_path: Path) -> None:
    told = {"ifdFriendlyName": ["Maker Reader", "Maker Reader Plus"], "CFBundleShortVersionString": "1.5.2"}
    bundle(tmp_path, "ifd-sample", plistlib.dumps(told))
    assert driver_of("Maker Reader Plus 00 00", [tmp_path], []) == "ifd-sample 1.5.2"
    assert driver_of("Someone Else 00 00", [tmp_path], []) == ""


def test_a_reader_of_a_configuration_file_is_known_by_its_library(tmp_path: Path) -> None:
    (tmp_path / "vpcd").write_text(
        'FRIENDLYNAME "Virtual PCD"\nDEVICENAME /dev/null:0x8C7B\nLIBPATH /usr/lib/x/libifdvpcd.so\n',
        encoding="utf-8",
    )
    assert driver_of("Virtual PCD 00 01", [], [tmp_path]) == "libifdvpcd.so"


def test_every_vpcd_of_the_configuration_is_found_by_its_port(tmp_path: Path) -> None:
    (tmp_path / "two").write_text(
        'FRIENDLYNAME "First"\nDEVICENAME /dev/null:0x8C7B\nLIBPATH /x/libifdvpcd.so\nCHANNELID 0x8C7B\n\n'
        'FRIENDLYNAME "Second"\nDEVICENAME /dev/null:40001\nLIBPATH /x/libifdvpcd.so\n',
        encoding="utf-8",
    )
    (tmp_path / "serial").write_text(
        'FRIENDLYNAME "GemPCTwin"\nDEVICENAME /dev/ttyS0:GemPCTwin\nLIBPATH /x/libccidtwin.so\n',
        encoding="utf-8",
    )
    assert vpcd_ports([tmp_path]) == [35963, 40001]
    assert driver_of("First 00 00", [], [tmp_path]) == "libifdvpcd.so"
    assert vpcd_ports([tmp_path / "nowhere"]) == []


def test_broken_driver_files_are_left_out(tmp_path: Path) -> None:
    bundle(tmp_path, "broken", b"no plist at all")
    bundle(tmp_path, "without-names", plistlib.dumps({"CFBundleShortVersionString": "1"}))
    (tmp_path / "half").write_text("FRIENDLYNAME alone\n", encoding="utf-8")
    assert driver_of("alone 00 00", [tmp_path], [tmp_path]) == ""
