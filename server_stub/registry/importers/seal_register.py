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
from sqlalchemy import Connection, delete, insert, select

from server_stub.eras import age
from server_stub.paper.pattern import is_seen
from server_stub.registry.records import YOUNGEST_WITH_SEAL, SealStatus
from server_stub.registry.tables import imprints, persons, seal_ends, seal_histories, seals

from .containers import RawRow
from .format_file import ABOLISHED, CANCELLED, DELETED, ENTRY, HISTORY, OPERATION, SEAL, VALID, FileFormat
from .generation import Generation, batches
from .person_record import check_past
from .row_function import RowFunction, Unusable
from .set_aside import SetAside

TOO_SMALL_MM, LARGEST_MM = 8.0, 25.0
"""No seal is registered that fits into a square of 8 mm, and none that does not fit into one of 25 mm."""
MIN_DPI = 300
_number = re.compile(r"[0-9A-Za-z-]{1,20}").fullmatch
_katakana = re.compile(r"[ァ-ヺー・]+(?:[　 ][ァ-ヺー・]+)*").fullmatch
MAX_PIXELS = 2500
"""A side; 25 mm at 2,400 dpi stays below it."""


def take_seals(generation: Generation, file: FileFormat) -> int:
    """Read the seals: of each person the registration that has not ended, and when and why the latest one ended that has.

    Returns how many registrations were written that have not ended. Raises as `read_rows`.
    """
    holders: dict[str, str] = {}
    ended: dict[str, dict[str, Any]] = {}
    if generation.format.differential:
        with generation.engine.connect() as connection:
            query = select(seals.c.person, seals.c.number).where(seals.c.generation == generation.number)
            holders = {person: number for person, number in connection.execute(query)}
            query_ended = select(seal_ends).where(seal_ends.c.generation == generation.number)
            ended = {row.person: dict(row._mapping) for row in connection.execute(query_ended)}
    owners = {number: person for person, number in holders.items()}
    seen: dict[str, str] = {}

    touched = generation.touched.setdefault(SEAL, set())

    def end(person: str, number: str) -> None:
        if holders.get(person) == number:
            del holders[person], owners[number]

    def rule(found: dict[str, Any]) -> dict[str, Any] | None:
        number, person = found["number"], found["person"]
        touched.add(person)
        known_end = ended.get(person, {}).get("number") == number
        found.pop(HISTORY, None)
        cancelled = found.pop(ENTRY, VALID) == CANCELLED
        if found.pop(OPERATION, None) == DELETED:
            if holders.get(person) != number and not known_end and person not in generation.gone:
                raise Unusable("number", "副本にある番号（削除の行）")
            end(person, number)
            if known_end:
                del ended[person]
            return None
        if cancelled:  # the registration never was
            end(owners.get(number, person), number)
            if known_end:
                del ended[person]
            return None
        _check(found, generation.slip.told_on)
        other = seen.get(number, owners.get(number, person))
        if number in seen or other != person:
            raise Unusable("number", "重複しない番号", (other,))
        seen[number] = person
        if not generation.may_be_named(person):
            raise Unusable("person", "住民記録にある宛名番号")
        if found["status"] == ABOLISHED:
            end(person, number)
            if person not in ended or known_end or ended[person]["ended_on"] <= found["abolished_on"]:
                ended[person] = {
                    "generation": generation.number,
                    "person": person,
                    "number": number,
                    "ended_on": found["abolished_on"],
                    "cause": found.get("abolished_because", ""),
                }
            return None
        if holders.get(person, number) != number:
            raise Unusable("person", "有効な登録は一人に一つ")
        holders[person], owners[number] = number, person
        if known_end:
            # it was taken for ended by mistake
            del ended[person]
        return found

    def ends(decode: RowFunction, row: RawRow) -> bool:
        status, operation = decode.item(row[1], "status"), decode.item(row[1], OPERATION)
        cancelled = decode.item(row[1], ENTRY) == CANCELLED
        return bool(cancelled or status == ABOLISHED or operation == DELETED)

    first = ends if generation.format.differential else None

    def kept() -> Iterator[dict[str, Any]]:
        for line, row in generation.rows(file, "person", "", rule, first):
            yield {**row, "line": line}

    count = 0
    for batch in batches(kept()):
        with generation.engine.begin() as connection:
            _set_unfit_aside(generation, connection, file, batch)
            _insert(generation, connection, batch)
        count += len(batch)
    with generation.engine.begin() as connection:
        gone = generation.asides.persons(SEAL)
        if generation.format.differential:
            query = select(seals.c.person).where(seals.c.generation == generation.number)
            gone |= set(connection.scalars(query)) - holders.keys()
        generation.delete(connection, seals, "person", [{"person": person} for person in gone])
        connection.execute(delete(seal_ends).where(seal_ends.c.generation == generation.number))
        if ended:
            connection.execute(insert(seal_ends), list(ended.values()))
        _keep_states(generation, connection)
    return count


def _keep_states(generation: Generation, connection: Connection) -> None:
    """Note the 履歴番号 that a later delivery goes on from. What is no number of a registration has set its row aside."""
    rows = [
        {"generation": generation.number, "number": number, "history": history}
        for number, history in generation.states.get(SEAL, {}).items()
        if _number(number)
    ]
    generation.delete(connection, seal_histories, "number", rows)
    if rows:
        connection.execute(insert(seal_histories), rows)


def _set_unfit_aside(
    generation: Generation, connection: Connection, file: FileFormat, batch: list[dict[str, Any]]
) -> None:
    """Set aside each registration that its holder's own record speaks against: of somebody too young or born on another day, and a
    katakana name of somebody who is no foreign resident."""
    query = select(persons.c.key, persons.c.birth, persons.c.birth_words, persons.c.nationality).where(
        persons.c.generation == generation.number, persons.c.key.in_([row["person"] for row in batch])
    )
    people = {row.key: row for row in connection.execute(query)}
    decode = generation.row_function(file)
    for row in batch:
        person = people.get(row["person"])
        if person is None:
            continue
        if age(person.birth, row["registered_on"]) < YOUNGEST_WITH_SEAL:
            wrong = ("registered_on", f"{YOUNGEST_WITH_SEAL}歳以上の人の登録年月日")
        elif row.get("birth") and not person.birth_words and row["birth"] != person.birth:
            wrong = ("birth", "住民記録と同じ生年月日")
        elif row.get("katakana") and not person.nationality:
            wrong = ("katakana", "空欄（日本人住民）")
        else:
            continue
        told = SetAside(SEAL, file.name, row["line"], decode.column_of(wrong[0]), wrong[1])
        generation.asides.add(told, [(row["person"], "")])


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
                "status": row["status"],
                "katakana": row.get("katakana", ""),
                "ward": row.get("ward") == "yes",
                "generation": generation.number,
                "imprint": hashlib.sha256(row["imprint"]).hexdigest(),
            }
            for row in batch
        ],
    )


def _check(found: dict[str, Any], told_on: date) -> None:
    """Check a registration, also one that has ended. Raises Unusable for the first item that cannot stand in a register."""
    if not _number(found["number"]):
        raise Unusable("number", "印鑑登録番号")
    if not found["person"]:
        raise Unusable("person", "必須項目")
    if found["registered_on"] is None:
        raise Unusable("registered_on", "必須項目")
    check_past("registered_on", found["registered_on"], told_on)
    if not found["status"]:
        raise Unusable("status", "必須項目")
    living = found["status"] in set(SealStatus)
    abolished_on = found.get("abolished_on")
    if living and abolished_on is not None:
        raise Unusable("abolished_on", "空欄（登録されている印鑑）")
    if not living and (abolished_on is None or abolished_on < found["registered_on"]):
        raise Unusable("abolished_on", "登録年月日以降の日付")
    if living and found.get("abolished_because"):
        raise Unusable("abolished_because", "空欄（廃止されていない印鑑）")
    if found.get("katakana") and not _katakana(found["katakana"]):
        raise Unusable("katakana", "全角カタカナ")
    for target in ("width_mm", "height_mm"):
        if not found[target] or found[target] > LARGEST_MM:
            raise Unusable(target, f"{LARGEST_MM:.0f}ミリ以内")
    if max(found["width_mm"], found["height_mm"]) <= TOO_SMALL_MM:
        raise Unusable("width_mm", f"{TOO_SMALL_MM:.0f}ミリの正方形に収まらない大きさ")
    _check_imprint(found["imprint"], found["width_mm"], found["height_mm"])


def _check_imprint(png: bytes, width_mm: float, height_mm: float) -> None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(png), formats=["PNG"]) as image:
                across, down = image.size
                if max(across, down) > MAX_PIXELS:
                    raise Unusable("imprint", f"一辺{MAX_PIXELS}画素以内の PNG")
                image.load()
                seen = is_seen(image)
    except (
        UnidentifiedImageError,
        OSError,
        SyntaxError,
        ValueError,
        Image.DecompressionBombWarning,
        Image.DecompressionBombError,
    ):
        raise Unusable("imprint", "PNG の画像") from None
    if not seen:
        raise Unusable("imprint", "白い紙の上で見える印影")
    if across < MIN_DPI * width_mm / 25.4 - 1:
        raise Unusable("width_mm", f"画像が{MIN_DPI}dpi以上となる寸法")
    if abs(across * height_mm / width_mm - down) > 2:
        raise Unusable("height_mm", "画像の縦横比と同じ寸法")
