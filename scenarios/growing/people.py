"""Invented residents, household by household, and the family registers (戸籍) that they are in. It knows no format.

What a person is stands in a dict by the items of the record `person` (docs/deliveries.md). Nobody is meant: common names are put
together at random, places are those of samples, and every 個人番号 has a wrong check digit.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any, TypeVar

from server_stub.registry.importers.person_record import HEAD, right_check_digit
from server_stub.registry.records import ForeignCategory, ResidentStatus

Items = dict[str, Any]
T = TypeVar("T")
_NAMES = Path(__file__).with_name("names.csv")
_BIG_PRIME = 77_777_777_977
"""Spreads consecutive persons over the eleven digits of a 個人番号, each once."""
LARGEST_HOUSEHOLD, LARGEST_REGISTER = 7, 8
_SIZES = (0.395, 0.29, 0.155, 0.115, 0.034, 0.011)
"""Of households of 1, 2, … persons; about those of a large city in 2016, 2.2 persons each."""
FIRST_KEY = 1_000_000_000
_OTHER_TOWNS = (
    ("27100", "大阪府大阪市北区架空町二丁目"), ("26100", "京都府京都市左京区仮名町一丁目"), ("13101", "東京都千代田区見本町三丁目"),
    ("33100", "岡山県岡山市北区標本町四丁目"), ("34100", "広島県広島市中区例示町五丁目"), ("28201", "兵庫県姫路市架空町六丁目"),
)  # fmt: skip
_NATIONS = (
    ("ベトナム", ("NGUYEN", "TRAN", "LE", "PHAM"), ("VAN AN", "THI HOA", "MINH", "THI LAN")),
    ("中国", ("WANG", "LI", "ZHANG", "CHEN"), ("WEI", "FANG", "JING", "LEI")),
    ("韓国", ("KIM", "LEE", "PARK", "CHOI"), ("MINJUN", "SEOYEON", "JIHO", "HANA")),
    ("ネパール", ("SHRESTHA", "GURUNG", "RAI", "THAPA"), ("RAM", "SITA", "BIKASH", "MAYA")),
)
_FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")


def full_width(number: int) -> str:
    return str(number).translate(_FULL_WIDTH)


@dataclass(frozen=True, slots=True)
class Size:
    """How much of everything there is, the town's own sample included. Registers and members: of the whole, of which 3 of 10 live
    elsewhere (住登外)."""

    residents: int
    households: int
    registers: int
    members: int
    cards: int


@dataclass(slots=True)
class RegisterMember:
    """`person`: 宛名番号, CODE:宛名番号 of somebody who lives elsewhere."""

    person: str
    surname: tuple[str, str]
    given: tuple[str, str]
    sex: str
    birth: date
    role: str
    """head, spouse or child"""
    addresses: list[tuple[str, date]]


@dataclass(slots=True)
class FamilyRegister:
    domicile: str
    made_on: date
    members: list[RegisterMember]

    @property
    def head(self) -> RegisterMember:
        return self.members[0]


@dataclass(slots=True)
class Household:
    """`places`: the columns that say where it lives, as the format has them. `cards`: the persons who have one."""

    places: dict[str, str]
    persons: list[Items]
    register: FamilyRegister | None = None
    cards: list[Items] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Place:
    """An address as the register of residents has it, its columns, and a 本籍 nearby."""

    text: str
    columns: dict[str, str]
    domicile: str


class People:
    """`today`: the day of the delivery. `taken_keys`, `taken_numbers`: those of the sample. `foreign`: whether the format can say who
    is a foreign resident."""

    def __init__(
        self,
        size: Size,
        seed: int,
        today: date,
        place: Callable[[Random], Place],
        taken_keys: Collection[str],
        taken_numbers: Collection[str],
        *,
        foreign: bool,
        registers: bool,
    ) -> None:
        self._size, self._today, self._place = size, today, place
        self._random = Random(seed)  # noqa: S311
        self._offset = self._random.randrange(10**11)
        self._taken = {key[:-1] for key in taken_keys}
        self._taken_numbers = {number[:11] for number in taken_numbers}
        self._foreign, self._with_registers = foreign, registers
        self._names: dict[str, list[tuple[str, str]]] = {}
        with _NAMES.open(encoding="utf-8", newline="") as file:
            for kind, text, kana in list(csv.reader(file))[1:]:
                self._names.setdefault(kind, []).append((text, kana))
        self._numbered = self._outsiders = 0
        self._cards_left = size.cards
        self._residents_left = size.residents
        self._registers_left, self._members_left = size.registers, size.members
        self._locals_left = round(size.members * 0.7)

    @property
    def surnames(self) -> list[tuple[str, str]]:
        return self._names["氏"]

    def households(self) -> Iterator[Household]:
        left, base = self._size.households, FIRST_KEY // 10
        while left:
            base += 1
            if str(base) in self._taken:
                continue
            yield self._household(base * 10, self._next_size(left))
            left -= 1

    def registers_elsewhere(self) -> Iterator[FamilyRegister]:
        """The registers of which nobody lives here."""
        while self._registers_left:
            others = self._registers_left - 1
            least = self._members_left - LARGEST_REGISTER * others
            drawn = self._about(self._members_left / self._registers_left) if others else least
            size = max(1, least, min(drawn, self._members_left - others))
            surname = self._one_of(self.surnames)
            head_age = 30 + self._below(55)
            members = [self._outsider(surname, "male", head_age, "head")]
            if size > 1:
                members.append(self._outsider(surname, "female", head_age - 2, "spouse"))
            members += [
                self._outsider(surname, self._sex(), max(0, head_age - 27 - 2 * n), "child")
                for n in range(size - 2)
            ]
            yield self._register(self._place(self._random).domicile, members, 0)

    # --- numbers ---------------------------------------------------------------------------------------------------------

    def _below(self, number: int) -> int:
        return int(self._random.random() * number)

    def _one_of(self, things: Sequence[T]) -> T:
        return things[int(self._random.random() * len(things))]

    def _sex(self) -> str:
        return "male" if self._random.random() < 0.5 else "female"

    def _about(self, mean: float) -> int:
        """A size from 1 on whose mean is about `mean`, at most that of the largest register."""
        size = 1
        while size < LARGEST_REGISTER and self._random.random() < (mean - 1) / mean:
            size += 1
        return size

    def _next_size(self, left: int) -> int:
        """How many live in the next of `left` households: so that all residents have one, and none is empty."""
        residents = self._residents_left
        if left == 1:
            return residents
        drawn = self._drawn_size()
        # what has been drawn so far is made up for
        if residents > 2.25 * left:
            drawn = max(drawn, self._drawn_size())
        elif residents < 2.15 * left:
            drawn = min(drawn, self._drawn_size())
        most = residents - (left - 1)
        least = residents - LARGEST_HOUSEHOLD * (left - 1)
        return max(1, least, min(drawn, most))

    def _drawn_size(self) -> int:
        drawn = self._random.random()
        for size, share in enumerate(_SIZES, start=1):
            drawn -= share
            if drawn < 0:
                return size
        return len(_SIZES)

    def _my_number(self) -> str:
        """Unique, and of which the last digit is not the check digit: it cannot be anybody's."""
        while True:
            self._numbered += 1
            first = f"{(self._offset + self._numbered * _BIG_PRIME) % 10**11:011d}"
            if first not in self._taken_numbers:
                wrong = (right_check_digit(first) + 1 + self._numbered % 9) % 10
                return f"{first}{wrong}"

    # --- a household -----------------------------------------------------------------------------------------------------

    def _household(self, number: int, size: int) -> Household:
        place = self._place(self._random)
        if self._foreign and size <= 2 and self._random.random() < 0.04:
            household = self._foreign_household(number, size, place)
        else:
            household = self._japanese_household(number, size, place)
        for person in household.persons[:size]:
            if self._random.random() * self._residents_left < self._cards_left:
                self._cards_left -= 1
                household.cards.append(person)
            self._residents_left -= 1
        return household

    def _members(self, size: int) -> list[tuple[str, str, int, str]]:
        """(続柄, sex, age, role in the family register of the head: head, spouse, child or '') of a household of that size."""
        draw = self._random.random()
        if size == 1:
            age = (
                19 + self._below(16)
                if draw < 0.34
                else 35 + self._below(30)
                if draw < 0.64
                else 65 + self._below(33)
            )
            return [(HEAD, self._sex(), age, "head")]
        if size == 2 and draw > 0.62:
            if draw < 0.75:
                age = 24 + self._below(30)
                child = max(0, age - 20 - self._below(18))
                return [(HEAD, "female", age, "head"), ("子", self._sex(), child, "child")]
            if draw < 0.9:
                age = 40 + self._below(25)
                return [(HEAD, self._sex(), age, "head"), ("母", "female", age + 22 + self._below(10), "")]
            age = 22 + self._below(40)
            if draw < 0.95:
                return [
                    (HEAD, "male", age, "head"),
                    ("妻（未届）", "female", max(18, age - self._below(5)), ""),
                ]
            return [(HEAD, "female", age, "head"), ("妹", "female", age - 1 - self._below(4), "")]
        others = size - 2
        parents = 1 if size >= 3 and draw > 0.85 else 0
        if size >= 5:
            parents = max(parents, others - 3)
        parents = min(parents, 2 + max(0, others - 5))
        children = others - parents
        age = (25 + self._below(65)) if size == 2 else (27 + self._below(30))
        wife = max(18, age - 5 + self._below(8))
        found = [(HEAD, "male", age, "head"), ("妻", "female", wife, "spouse")]
        oldest = max(0, wife - 22 - self._below(10))
        for n in range(children):
            found.append(("子", self._sex(), max(0, oldest - 2 * n - self._below(2)), "child"))
        for relationship, sex in (("母", "female"), ("父", "male"))[:parents]:
            found.append((relationship, sex, min(104, age + 23 + self._below(8)), ""))
        return found

    def _japanese_household(self, number: int, size: int, place: Place) -> Household:
        surname = self._one_of(self.surnames)
        since = self._today - timedelta(days=30 + self._below(9000))
        told = self._members(size)
        local = self._is_local(sum(1 for one in told if one[3]))
        elsewhere = self._one_of(_OTHER_TOWNS)
        domicile = place.domicile if local else f"{elsewhere[1]}{full_width(1 + self._below(60))}番地"
        family: list[RegisterMember] = []
        persons: list[Items] = []
        head_name = ""
        for order, (relationship, sex, age, role) in enumerate(told, start=1):
            birth = self._birth(age)
            given = self._given(sex, birth)
            own = surname if role or relationship in ("父", "母", "妹") else self._one_of(self.surnames)
            head_name = head_name or f"{own[0]}　{given[0]}"
            person = self._person(
                number, order, own, given, sex, birth, relationship, head_name, since, place
            )
            person["domicile"], person["domicile_head"] = domicile, head_name
            if not role:
                person["domicile"] = f"{elsewhere[1]}{full_width(1 + self._below(60))}番地"
                person["domicile_head"] = person["name"]
            elif local:
                moved = [(place.text, person["address_since"] or person["resident_since"])]
                family.append(RegisterMember(person["key"], own, given, sex, birth, role, moved))
            persons.append(person)
        register = self._register_of(family, domicile, persons) if local else None
        if self._random.random() < 0.004:
            persons[-1].update(self._move_ahead())
        if self._random.random() < 0.006:
            persons.append(self._gone(number, persons[0], surname, since, place))
        return Household(place.columns, persons, register)

    def _person(
        self,
        number: int,
        order: int,
        surname: tuple[str, str],
        given: tuple[str, str],
        sex: str,
        birth: date,
        relationship: str,
        head: str,
        since: date,
        place: Place,
    ) -> Items:
        native = birth >= since or self._random.random() < 0.45
        came = birth if native else max(birth, since - timedelta(days=self._below(6000)))
        moved = since if since > came else None
        told = max(came, moved or came) + timedelta(days=self._below(14))
        return {
            "key": str(number + order),
            "household": str(number),
            "position": f"{order:02d}",
            "name": f"{surname[0]}　{given[0]}",
            "kana": f"{surname[1]}　{given[1]}",
            "reading": "official" if self._random.random() < 0.8 else "none",
            "birth": birth,
            "sex": sex,
            "relationship": relationship,
            "head_of_household": head,
            "address": place.text,
            "resident_since": came,
            "address_since": moved,
            "notified_on": min(told, self._today),
            "previous_address": ""
            if native
            else f"{self._one_of(_OTHER_TOWNS)[1]}{full_width(1 + order)}番地",
            "my_number": self._my_number(),
            "status": ResidentStatus.RESIDENT.value,
            "entry": "valid",
        }

    def _move_ahead(self) -> Items:
        return {
            "status": ResidentStatus.MOVING_OUT.value,
            "moves_on": self._today + timedelta(days=3 + self._below(25)),
            "moved_to": f"{self._one_of(_OTHER_TOWNS)[1]}{full_width(1 + self._below(30))}番",
        }

    def _gone(self, number: int, head: Items, surname: tuple[str, str], since: date, place: Place) -> Items:
        """Somebody who died: a row of the household still, no resident."""
        birth = self._birth(60 + self._below(40))
        person = self._person(
            number,
            9,
            surname,
            self._given("male", birth),
            "male",
            birth,
            "父",
            head["head_of_household"],
            since,
            place,
        )
        return person | {
            "domicile": head["domicile"],
            "domicile_head": head["domicile_head"],
            "status": ResidentStatus.DECEASED.value,
            "moves_on": self._today - timedelta(days=1 + self._below(300)),
        }

    def _foreign_household(self, number: int, size: int, place: Place) -> Household:
        nation, families, givens = self._one_of(_NATIONS)
        family = self._one_of(families)
        persons, head = [], ""
        for order in range(1, size + 1):
            birth = self._birth(20 + self._below(35))
            name = f"{family} {self._one_of(givens)}"
            head = head or name
            since = max(birth, self._today - timedelta(days=20 + self._below(3000)))
            person = self._person(
                number, order, (name, ""), ("", ""), self._sex(), birth,
                HEAD if order == 1 else "妹", head, since, place,
            )  # fmt: skip
            persons.append(
                person
                | {
                    "name": name,
                    "kana": "",
                    "reading": "none",
                    "resident_since": since,
                    "address_since": None,
                    "notified_on": min(self._today, since + timedelta(days=self._below(14))),
                    "previous_address": "",
                    "nationality": nation,
                    "category": ForeignCategory.MID_TO_LONG_TERM.value,
                    "status_of_residence": "技能実習２号ロ" if order == 1 else "家族滞在",
                    "period": "３年",
                    "period_ends": self._today + timedelta(days=30 + self._below(1000)),
                    "card_number": f"SA{(number + order) % 10**8:08d}XX",
                }
            )
        return Household(place.columns, persons)

    def _birth(self, age: int) -> date:
        year = self._today.year - age
        day = date(year, 1, 1) + timedelta(days=self._below(365))
        return day if day <= self._today else day - timedelta(days=365)

    def _given(self, sex: str, birth: date) -> tuple[str, str]:
        cohort = 1 if birth.year < 1952 else 2 if birth.year < 1978 else 3 if birth.year < 2003 else 4
        return self._one_of(self._names[f"{'m' if sex == 'male' else 'f'}{cohort}"])

    # --- family registers --------------------------------------------------------------------------------------------------

    def _is_local(self, members: int) -> bool:
        """Whether the register of the head lies here: for as many as are to be in the registers, and no more registers than told."""
        others = self._registers_left - 1
        room = others > 0 and others <= self._members_left - members <= LARGEST_REGISTER * others
        if not (self._with_registers and room and self._locals_left >= members):
            return False
        return self._random.random() * self._residents_left * 0.93 < self._locals_left

    def _register_of(
        self, family: list[RegisterMember], domicile: str, persons: list[Items]
    ) -> FamilyRegister:
        """The register of a household's head, with those of it who live elsewhere: grown-up children, or of somebody young
        who lives alone the parents."""
        surname = family[0].surname
        free = self._members_left - len(family) - (self._registers_left - 1)
        more = min(free, LARGEST_REGISTER - len(family), 1 if self._random.random() < 0.3 else 0)
        age = self._today.year - family[0].birth.year
        if more and len(family) == 1 and age < 35:
            parent = self._outsider(surname, "male", age + 28, "head")
            family[0].role = "child"
            family = [parent, *family]
            persons[0]["domicile_head"] = f"{surname[0]}　{parent.given[0]}"
        elif more and age >= 45:
            family = [*family, self._outsider(surname, self._sex(), age - 27, "child")]
        locals_here = sum(1 for one in family if ":" not in one.person)
        return self._register(domicile, family, locals_here)

    def _register(self, domicile: str, members: list[RegisterMember], locals_here: int) -> FamilyRegister:
        self._registers_left -= 1
        self._members_left -= len(members)
        self._locals_left -= locals_here
        head = members[0].birth
        made_on = min(self._today, head + timedelta(days=365 * 24 + self._below(2000)))
        for member in members:
            text, since = member.addresses[0]
            if since > made_on:
                # where the member lived on the day on which the register was made, or at birth
                before = f"{self._one_of(_OTHER_TOWNS)[1]}{full_width(1 + self._below(60))}番"
                first = max(member.birth, made_on - timedelta(days=self._below(900)))
                member.addresses = [(before, first), (text, since)] if first < since else [(text, since)]
        return FamilyRegister(domicile, made_on, members)

    def _outsider(self, surname: tuple[str, str], sex: str, age: int, role: str) -> RegisterMember:
        self._outsiders += 1
        code, town = self._one_of(_OTHER_TOWNS)
        birth = self._birth(min(age, 104))
        since = min(self._today, birth + timedelta(days=self._below(9000)))
        return RegisterMember(
            f"{code}:{9_000_000_000 + self._outsiders}",
            surname,
            self._given(sex, birth),
            sex,
            birth,
            role,
            [(f"{town}{full_width(1 + self._below(60))}番", since)],
        )
