"""The seal register of a delivery: reading it, and the rules of a registration and its picture, whatever format it came in."""

from __future__ import annotations

import hashlib
import io
import re
import warnings
from collections.abc import Iterator
from datetime import date
from typing import Any

from PIL import Image, UnidentifiedImageError
from sqlalchemy import Connection, insert, select

from server_stub.registry.tables import imprints, seals

from .containers import RawRow
from .format_file import ABOLISHED, DELETED, OPERATION, REGISTERED, SEAL, FileFormat
from .generation import Generation, batches
from .person_record import check_past
from .row_function import RowFunction, Unusable

SMALLEST_MM, LARGEST_MM = 8.0, 25.0
"""Registered seals are 8 to 25 mm square."""
MIN_DPI = 300
MAX_PIXELS = 2500
"""A side; 25 mm at 2,400 dpi stays below it."""


def take_seals(generation: Generation, file: FileFormat) -> int:
    holders: dict[str, str] = {}
    if generation.format.differential:
        with generation.engine.connect() as connection:
            query = select(seals.c.person, seals.c.number).where(seals.c.generation == generation.number)
            holders = {person: number for person, number in connection.execute(query)}
    owners = {number: person for person, number in holders.items()}
    seen: dict[str, str] = {}

    touched = generation.touched.setdefault(SEAL, set())

    def end(person: str, number: str) -> None:
        if holders.get(person) == number:
            del holders[person], owners[number]

    def rule(found: dict[str, Any]) -> dict[str, Any] | None:
        number, person = found["number"], found["person"]
        touched.add(person)
        if found.pop(OPERATION, None) == DELETED:
            if holders.get(person) != number and person not in generation.gone:
                raise Unusable("number", "副本にある番号（削除の行）")
            end(person, number)
            return None
        in_force = _check(found, generation.slip.told_on)
        other = seen.get(number, owners.get(number, person))
        if number in seen or other != person:
            raise Unusable("number", "重複しない番号", (other,))
        seen[number] = person
        if not generation.may_be_named(person):
            raise Unusable("person", "住民記録にある宛名番号")
        if not in_force:
            end(person, number)
            return None
        if holders.get(person, number) != number:
            raise Unusable("person", "有効な登録は一人に一つ")
        holders[person], owners[number] = number, person
        return found

    def ends(decode: RowFunction, row: RawRow) -> bool:
        status, operation = decode.item(row[1], "status"), decode.item(row[1], OPERATION)
        return bool(status == ABOLISHED or operation == DELETED)

    first = ends if generation.format.differential else None

    def kept() -> Iterator[dict[str, Any]]:
        for _, row in generation.rows(file, "person", "", rule, first):
            yield row

    count = 0
    for batch in batches(kept()):
        with generation.engine.begin() as connection:
            _insert(generation, connection, batch)
        count += len(batch)
    with generation.engine.begin() as connection:
        gone = generation.asides.persons(SEAL)
        if generation.format.differential:
            query = select(seals.c.person).where(seals.c.generation == generation.number)
            gone |= set(connection.scalars(query)) - holders.keys()
        generation.delete(connection, seals, "person", [{"person": person} for person in gone])
    return count


def _insert(generation: Generation, connection: Connection, batch: list[dict[str, Any]]) -> None:
    pictures = {hashlib.sha256(row["imprint"]).hexdigest(): row["imprint"] for row in batch}
    known = set(connection.scalars(select(imprints.c.sha256).where(imprints.c.sha256.in_(list(pictures)))))
    new = [{"sha256": key, "png": png} for key, png in pictures.items() if key not in known]
    if new:
        connection.execute(insert(imprints), new)
    if generation.format.differential:
        generation.delete(connection, seals, "person", batch)
    connection.execute(
        insert(seals),
        [
            {
                **{
                    name: row[name] for name in ("person", "number", "registered_on", "width_mm", "height_mm")
                },
                "generation": generation.number,
                "imprint": hashlib.sha256(row["imprint"]).hexdigest(),
            }
            for row in batch
        ],
    )


def _check(found: dict[str, Any], told_on: date) -> bool:
    """Whether this registration is in force; an abolished one is checked and not kept.

    Raises Unusable for the first item that cannot stand in a register.
    """
    if not re.fullmatch(r"[0-9A-Za-z-]{1,20}", found["number"]):
        raise Unusable("number", "印鑑登録番号")
    if not found["person"]:
        raise Unusable("person", "必須項目")
    if found["registered_on"] is None:
        raise Unusable("registered_on", "必須項目")
    check_past("registered_on", found["registered_on"], told_on)
    if not found["status"]:
        raise Unusable("status", "必須項目")
    living = bool(found["status"] == REGISTERED)
    abolished_on = found.get("abolished_on")
    if living and abolished_on is not None:
        raise Unusable("abolished_on", "空欄（登録されている印鑑）")
    if not living and (abolished_on is None or abolished_on < found["registered_on"]):
        raise Unusable("abolished_on", "登録年月日以降の日付")
    for target in ("width_mm", "height_mm"):
        if not found[target] or not SMALLEST_MM <= found[target] <= LARGEST_MM:
            raise Unusable(target, f"{SMALLEST_MM:.0f}から{LARGEST_MM:.0f}ミリ")
    _check_imprint(found["imprint"], found["width_mm"], found["height_mm"])
    return living


def _check_imprint(png: bytes, width_mm: float, height_mm: float) -> None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(png), formats=["PNG"]) as image:
                across, down = image.size
                if max(across, down) > MAX_PIXELS:
                    raise Unusable("imprint", f"一辺{MAX_PIXELS}画素以内の PNG")
                image.load()
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombWarning):
        raise Unusable("imprint", "PNG の画像") from None
    if across < MIN_DPI * width_mm / 25.4 - 1:
        raise Unusable("width_mm", f"画像が{MIN_DPI}dpi以上となる寸法")
    if abs(across * height_mm / width_mm - down) > 2:
        raise Unusable("height_mm", "画像の縦横比と同じ寸法")
