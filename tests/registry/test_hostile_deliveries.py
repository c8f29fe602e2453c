"""Deliveries as nobody should send them: what is no file, what leads out of the folder, pictures that are none."""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from server_stub.interface.failures import Failed
from server_stub.registry.replica import Replica
from tests.registry.helper import Delivery, read_cells

FILES = ("連携票.csv", "住民記録.csv", "印鑑登録.csv", "発行制限.csv", "発行通知.csv")


def pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def device(path: Path) -> None:
    path.unlink()
    path.symlink_to("/dev/zero")


def link_out(path: Path) -> None:
    """The very file, somewhere else: whoever can write there changes the next delivery."""
    within = path.parent if path.name in FILES else path.parent.parent
    outside = within.parent / f"outside-{path.name}"
    path.rename(outside)
    path.symlink_to(outside)


def folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


ODD: list[Callable[[Path], None]] = [pipe, device, link_out, folder]


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("odd", ODD)
def test_what_is_no_file_of_the_delivery_is_not_read_and_the_replica_stays(
    delivery: Delivery, url: str, replica: Replica, file: str, odd: Callable[[Path], None]
) -> None:
    delivery.load(url)
    odd(delivery.folder / file)
    with pytest.raises(Failed) as caught:
        delivery.load(url)
    assert (caught.value.failure, caught.value.facts["file"]) == ("Delivery_File_Missing", file)
    with replica.open_generation() as reader:
        assert reader.generation == 1


def imprint_of(delivery: Delivery) -> Path:
    return delivery.folder / read_cells(delivery.folder / "印鑑登録.csv")[1][5]


def told(delivery: Delivery, url: str) -> list[tuple[str, int, str, str]]:
    return [(one.register, one.line, one.column, one.remedy) for one in delivery.load_all(url).set_aside]


@pytest.mark.parametrize("odd", ODD)
def test_an_imprint_that_is_no_file_of_the_delivery_sets_its_seal_aside(
    delivery: Delivery, url: str, odd: Callable[[Path], None]
) -> None:
    odd(imprint_of(delivery))
    assert told(delivery, url) == [("seal", 2, "印影ファイル名", "連携フォルダにあるファイル")]


def unpacks_to_gigabytes(path: Path) -> None:
    picture = bytearray(path.read_bytes())
    picture[16:24] = struct.pack(">II", 60_000, 60_000)
    picture[29:33] = struct.pack(">I", zlib.crc32(bytes(picture[12:29])))
    path.write_bytes(picture)


def too_long(path: Path) -> None:
    path.write_bytes(path.read_bytes() + bytes(20_000_000))


def painted(colour: tuple[int, int, int, int]) -> Callable[[Path], None]:
    def paint(path: Path) -> None:
        with Image.open(path) as picture:
            size = picture.size
        Image.new("RGBA", size, colour).save(path)

    return paint


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (unpacks_to_gigabytes, "PNG の画像"),
        (too_long, "20メガバイトまでのファイル"),
        (painted((255, 255, 255, 255)), "白い紙の上で見える印影"),
        (painted((0, 0, 0, 0)), "白い紙の上で見える印影"),
        (painted((0, 0, 0, 255)), "白い紙の上で見える印影"),
    ],
)
def test_an_imprint_that_shows_nothing_sets_its_seal_aside(
    delivery: Delivery, url: str, change: Callable[[Path], None], expected: str
) -> None:
    change(imprint_of(delivery))
    assert told(delivery, url) == [("seal", 2, "印影ファイル名", expected)]


@pytest.mark.parametrize(
    "moment",
    [
        "0001-01-01T00:00:00+14:00",
        "2026-W23-3T05:00:00+09:00",
        "2026-06-03 05:00:00+09:00",
        "2026-06-03T05:00:00+09:00:30",
        "２０２６-06-03T05:00:00+09:00",
    ],
)
def test_a_moment_in_another_form_or_outside_the_calendar_is_named(
    delivery: Delivery, url: str, moment: str
) -> None:
    for line in range(2, len(read_cells(delivery.folder / "連携票.csv")) + 1):
        delivery.change("連携票.csv", line, "作成日時", moment)
    with pytest.raises(Failed) as caught:
        delivery.load(url)
    assert (caught.value.failure, caught.value.facts["column"]) == ("Delivery_Row_Broken", "作成日時")
