"""Grows a town: delivery files of any size in the town's own formats, plausible, the same for the same seed (`konbini town grow`).

`people` invents residents and family registers, `format_writer` writes them by the format file; here is what goes into which file.
The rows of the town's own sample stay at the head of each file, so that its cards go on working.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import shutil
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.x509.oid import NameOID
from PIL import Image, ImageDraw, ImageFont

from scenarios.towns import FORMATS, REFERENCES, Town
from server_stub.eras import age, wareki
from server_stub.interface import notices
from server_stub.interface.clock import JST
from server_stub.interface.font_files import font_file
from server_stub.registry.importers.containers import read_rows
from server_stub.registry.importers.delivery_slip import format_of, read_slip
from server_stub.registry.importers.format_file import PERSON, DeliveryFormat, formats_in
from server_stub.registry.records import YOUNGEST_WITH_SEAL, Person
from server_stub.registry.tables import LIVING_THERE
from server_stub.settings_file import settings_wrong

from .format_writer import ITEMS, RECORDS, FileWriter, Places
from .people import FamilyRegister, Household, Items, People, Size

DELIVERY = "delivery"
SEED = 20160731
KOBE = Size(residents=1_536_499, households=699_177, registers=579_955, members=1_394_232, cards=128_273)
"""The city in 2016, by its own slides; smaller towns are grown in these proportions."""
_DPI, _SEAL_MM = 600, 15.0
Tell = Callable[[int, int], None]
"""How many residents and registers are written, of how many."""


@dataclass(frozen=True, slots=True)
class Grown:
    """What was written: rows a file, the sample's included, and the files that have the sample's rows alone."""

    rows: dict[str, int]
    as_the_sample: tuple[str, ...]
    broken: tuple[int, ...]
    """The lines of the resident register that cannot be used, as was asked for."""


def size_of(
    residents: int,
    households: int | None = None,
    registers: int | None = None,
    members: int | None = None,
    cards: int | None = None,
) -> Size:
    """The size of a town of so many residents; what is not told is as in 神戸市 in proportion."""

    def share(told: int | None, of: int) -> int:
        return told if told is not None else max(1, round(of * residents / KOBE.residents))

    return Size(
        residents,
        share(households, KOBE.households),
        share(registers, KOBE.registers),
        share(members, KOBE.members),
        share(cards, KOBE.cards),
    )


def grow(
    town: Town,
    folder: Path,
    size: Size,
    *,
    seed: int = SEED,
    broken: int = 0,
    tell: Tell = lambda done, of: None,
) -> Grown:
    """Write into `folder` (empty or not there) the town with a delivery of that size, and the issue notices of its cards.

    `size` includes those whom the town's sample has already. `broken`: so many rows of residents cannot be used. Raises
    Failed(Settings_Wrong, file=, field=, expected=) for a format that cannot be written, and ValueError for a size that
    cannot be.
    """
    told = f"{town.folder.name}/{FORMATS}"
    format_ = format_of(town.delivery, formats_in(town.formats, town.code))
    if format_.differential:
        raise settings_wrong(told, "mode", "town grow で書ける full（すべての人の連携）")
    if format_.slip.container != "csv" or format_.slip.is_host:
        raise settings_wrong(told, "slip.container", "town grow で書ける csv")
    if format_.file_of(PERSON) is None:
        raise settings_wrong(told, "file", "住民記録（person）のファイル")
    sample = town.people()
    slip = read_slip(town.delivery, format_)
    with_registers = all(format_.file_of(one) is not None for one in (RECORDS["link"], RECORDS["register"]))
    left = _without_sample(size, sample, town, format_, with_registers)
    delivery = folder / DELIVERY
    shutil.copytree(
        town.folder,
        folder,
        dirs_exist_ok=True,
        ignore=shutil.ignore_patterns(REFERENCES, *format_.file_names(), "README.md"),
    )
    with ExitStack() as stack:
        writers: dict[str, FileWriter] = {}
        for number, file in enumerate(format_.file):
            if file.record != PERSON and file.record not in ITEMS:
                shutil.copyfile(town.delivery / file.name, delivery / file.name)
                continue
            source = town.delivery / file.name
            writer = FileWriter(format_, number, source, delivery / file.name, told)
            writers[file.record] = stack.enter_context(writer)
        people = People(
            left,
            seed,
            slip.told_on,
            Places(format_, writers[PERSON]).draw,
            sample.keys(),
            [person.my_number.reveal() for person in sample.values()],
            foreign="category" in writers[PERSON].file.to,
            registers=with_registers,
        )
        growth = _Growth(town, delivery, writers, slip.told_on, seed)
        stack.enter_context(growth)
        lines = growth.write(people, left, broken, slip.counts[writers[PERSON].file.name][1], tell)
    counts = {
        file.name: slip.counts[file.name][1] + (writers[file.record].count if file.record in writers else 0)
        for file in format_.file
    }
    _write_slip(format_, town.delivery, delivery, counts)
    same = tuple(file.name for file in format_.file if file.record not in writers)
    return Grown(counts | {notices.FILE_NAME: growth.cards}, same, lines)


def _without_sample(
    size: Size, sample: dict[str, Person], town: Town, format_: DeliveryFormat, with_registers: bool
) -> Size:
    """What is left to grow beside the sample. Raises ValueError for a size that cannot be."""
    living = [one for one in sample.values() if one.status.value in LIVING_THERE]

    def rows(register: str) -> int:
        file = format_.file_of(register)
        return sum(1 for _ in read_rows(town.delivery / file.name, file)) if file is not None else 0

    left = Size(
        size.residents - len(living),
        size.households - len({one.household for one in living}),
        size.registers - rows(RECORDS["register"]) if with_registers else 0,
        size.members - rows(RECORDS["link"]) if with_registers else 0,
        size.cards,
    )
    if (
        left.residents < 0
        or not 0 <= left.households <= left.residents
        or left.residents > 7 * left.households
    ):
        raise ValueError("households")
    if left.registers < 0 or not left.registers <= left.members <= 8 * left.registers:
        raise ValueError("registers")
    if size.cards > left.residents:
        raise ValueError("cards")
    return left


class _Growth:
    """What of a household and of a family register goes into which file."""

    def __init__(
        self, town: Town, delivery: Path, writers: dict[str, FileWriter], today: date, seed: int
    ) -> None:
        self._town, self._delivery, self._writers, self._today = town, delivery, writers, today
        self.cards = self._seals = self._registers = 0
        self._out = (delivery / notices.FILE_NAME).open("w", encoding="utf-8", newline="")
        self._notices = csv.writer(self._out, lineterminator="\r\n")
        self._notices.writerow(notices.HEADER)
        self._serials = int.from_bytes(hashlib.sha256(f"{seed}".encode()).digest()[:8], "big") << 32
        name = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "見本認証局（試験用）")])
        self._issuer = base64.b64encode(name.public_bytes()).decode()
        self._imprints: dict[str, str] = {}
        self._reason = ""
        if (restriction := writers.get("restriction")) is not None:
            code = restriction.file.to["reason"].code
            if code is not None:
                self._reason = restriction.meanings(code)[0]

    def __enter__(self) -> _Growth:
        return self

    def __exit__(self, *error: object) -> None:
        self._out.close()

    def write(self, people: People, size: Size, broken: int, sample_rows: int, tell: Tell) -> tuple[int, ...]:
        residents = self._writers[PERSON]
        total, done = size.residents + size.registers, 0
        every = size.residents // (broken + 1)
        next_broken = every
        lines: list[int] = []
        surname_of_seal = people.surnames
        for household in people.households():
            for person in household.persons:
                if broken > len(lines) and done >= next_broken:
                    residents.write_broken(person, household.places, "birth")
                    lines.append(sample_rows + residents.count + 1)
                    next_broken += every
                else:
                    residents.write(person, household.places)
                done += person["status"] in LIVING_THERE
            self._write_cards(household, surname_of_seal)
            if household.register is not None:
                self._write_register(household.register)
                done += 1
            tell(done, total)
        for register in people.registers_elsewhere():
            self._write_register(register)
            done += 1
            tell(done, total)
        return tuple(lines)

    def _write_cards(self, household: Household, surnames: list[tuple[str, str]]) -> None:
        for person in household.cards:
            self.cards += 1
            issued = datetime(2016, 1, 4, 9, tzinfo=JST) + timedelta(seconds=600 * self.cards)
            expires = (issued + timedelta(days=3650)).isoformat()
            self._notices.writerow(
                (
                    f"G{self.cards:08d}", f"{self._serials + self.cards:X}", self._issuer, person["key"], self._town.code,
                    notices.NoticeKind.AUTHENTICATION.value, issued.isoformat(), expires,
                )
            )  # fmt: skip
            old_enough = age(person["birth"], self._today) > YOUNGEST_WITH_SEAL
            if "seal" in self._writers and old_enough and self.cards % 2 and not person.get("nationality"):
                self._write_seal(person)
            if "restriction" in self._writers and self.cards % 2000 == 0 and self._reason:
                since = self._today - timedelta(days=90)
                self._writers["restriction"].write(
                    {"person": person["key"], "reason": self._reason, "since": since}
                )

    def _write_seal(self, person: Items) -> None:
        self._seals += 1
        surname = person["name"].partition("　")[0]
        if surname not in self._imprints:
            name = f"grown-{len(self._imprints) + 1:03d}.png"
            (self._delivery / "imprints").mkdir(exist_ok=True)
            _draw_imprint(surname, self._delivery / "imprints" / name)
            self._imprints[surname] = f"imprints/{name}"
        first = person["birth"] + timedelta(days=366 * 20)
        since = min(self._today, max(first, person["resident_since"]))
        self._writers["seal"].write(
            {
                "number": f"{1_000_000 + self._seals:07d}", "person": person["key"], "registered_on": since,
                "status": "registered", "imprint": self._imprints[surname], "width_mm": _SEAL_MM, "height_mm": _SEAL_MM,
            }
        )  # fmt: skip

    def _write_register(self, register: FamilyRegister) -> None:
        self._registers += 1
        number = f"{self._town.code}{1_000_000 + self._registers:07d}"
        head = f"{register.head.surname[0]}　{register.head.given[0]}"
        for order, member in enumerate(register.members, start=1):
            items = {
                "key": member.person,
                "person": member.person,
                "group": number,
                "member": str(order),
                "sex": member.sex,
            }
            self._writers[RECORDS["link"]].write(items)
            if (histories := self._writers.get(RECORDS["history_member"])) is not None:
                histories.write(
                    items
                    | {
                        "surname": member.surname[0], "given": member.given[0], "birth": member.birth,
                        "addresses": [{"address": text, "since": since.isoformat()} for text, since in member.addresses],
                    }
                )  # fmt: skip
        if (heads := self._writers.get(RECORDS["history_head"])) is not None:
            heads.write(
                {
                    "key": number, "group": number, "domicile": register.domicile, "head": head, "made": "compiled",
                    "made_on": register.made_on, "reason": "婚姻" if len(register.members) > 1 else "分籍",
                }
            )  # fmt: skip
        self._writers[RECORDS["register"]].write(_body(register, number, head))


def _in_words(day: date) -> str:
    return wareki(day).translate(str.maketrans("0123456789", "０１２３４５６７８９"))


def _body(register: FamilyRegister, number: str, head: str) -> Items:
    """As docs/family_register.md has it."""
    names = {member.role: f"{member.surname[0]}　{member.given[0]}" for member in register.members}
    sons = daughters = 0
    members: list[dict[str, Any]] = []
    for order, one in enumerate(register.members, start=1):
        if one.role == "child":
            sons, daughters = sons + (one.sex == "male"), daughters + (one.sex != "male")
            nth = sons if one.sex == "male" else daughters
            relation = ("長", "二", "三", "四", "五", "六", "七", "八")[nth - 1] + (
                "男" if one.sex == "male" else "女"
            )
            parents = (names["head"], names.get("spouse", ""))
            father, mother = parents if register.head.sex == "male" else (parents[1], parents[0])
        else:
            relation = "長男" if one.sex == "male" else "長女"
            father, mother = f"{one.surname[0]}　見本太郎", "見本花子"
        born = _in_words(one.birth)
        entries = [["出生", [["出生日", born], ["届出人", "父"]]]]
        if one.role != "child" and "spouse" in names:
            other = names["spouse" if one.role == "head" else "head"]
            entries.append(["婚姻", [["婚姻日", _in_words(register.made_on)], ["配偶者氏名", other]]])
        member = {
            "番号": order, "名": one.given[0], "名の振り仮名": one.given[1], "生年月日": born,
            "父": father, "母": mother, "続柄": relation, "身分事項": entries,
        }  # fmt: skip
        if len(entries) > 1:
            member["配偶者区分"] = "夫" if one.sex == "male" else "妻"
        members.append(member)
    return {
        "key": number,
        "group": number,
        "state": "open",
        "domicile": register.domicile,
        "head": {"氏名": head, "氏の振り仮名": register.head.surname[1]},
        "entries": [["戸籍編製", [["編製日", _in_words(register.made_on)]]]],
        "members": members,
    }


def _draw_imprint(surname: str, path: Path) -> None:
    """A round seal with the surname, red on transparent, to be printed 1:1."""
    side = round(_DPI * _SEAL_MM / 25.4)
    picture = Image.new("RGBA", (side, side), (0, 0, 0, 0))
    draw = ImageDraw.Draw(picture)
    red = (200, 30, 30, 255)
    draw.ellipse((6, 6, side - 7, side - 7), outline=red, width=12)
    step = round(side * 0.72 / len(surname))
    font = ImageFont.truetype(str(font_file("IPAmjMincho")), min(step, round(side * 0.5)))
    top = round(side * 0.14)
    for number, character in enumerate(surname):
        draw.text((side / 2, top + step * (number + 0.5)), character, font=font, fill=red, anchor="mm")
    picture.save(path, dpi=(_DPI, _DPI))


def _write_slip(format_: DeliveryFormat, source: Path, delivery: Path, counts: dict[str, int]) -> None:
    slip = format_.slip
    cells = slip.cells()
    name, count = cells.index(slip.name.column or ""), cells.index(slip.count.column or "")
    with (delivery / slip.file).open("w", encoding=slip.encoding, newline="") as file:
        if slip.bom:
            file.write("\ufeff")
        writer = csv.writer(file, lineterminator="\r\n")
        writer.writerow(cells)
        for _, row, _ in read_rows(source / slip.file, slip):
            row[count] = str(counts[row[name]])
            writer.writerow(row)
