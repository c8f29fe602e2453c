"""What Kobe delivers of one person agrees: family register, 附票, the table of links, and the resident register where they live."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Any

import pytest

from scenarios.towns import shipped_town
from tests.readback.register import Records, Resident
from tests.readback.towns import SHIPPED

FOLDERS = {"28100": "kobe", "48201": "midori"}
DELIVERED: Mapping[str, Records] = {
    code: SHIPPED[code][1](shipped_town(folder) / "delivery") for code, folder in FOLDERS.items()
}
KOBE = DELIVERED["28100"]
LINKS = {row["person"]: row for row in KOBE.others["family_link"]}
REGISTERS = {row["key"]: row for row in KOBE.others["family_register"]}
HISTORIES = {row["key"]: row for row in KOBE.others["address_history"]}
STOOD = {(row["group"], int(row["member"])): row for row in KOBE.others["address_history_member"]}


def resident(person: str) -> Resident:
    """Wherever they live."""
    code, _, key = person.rpartition(":")
    return DELIVERED[code or "28100"].people[key]


def member_of(person: str) -> Mapping[str, Any]:
    link = LINKS[person]
    members = REGISTERS[link["group"]]["members"]
    (found,) = [one for one in members if one["番号"] == int(link["member"])]
    return dict(found)


def plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text)


@pytest.mark.parametrize("person", LINKS)
def test_whoever_is_linked_is_that_member_in_each_register(person: str) -> None:
    link, member, lives = LINKS[person], member_of(person), resident(person)
    register = REGISTERS[link["group"]]
    history, stood = HISTORIES[link["group"]], STOOD[link["group"], member["番号"]]
    assert not member.get("除籍") and stood["person"] == person
    domicile = (register["domicile"], register["head"]["氏名"])
    assert domicile == (lives["本籍"], lives["筆頭者"]) == (history["domicile"], history["head"])
    surname = register["head"]["氏名"].split("　")[0]
    assert lives["氏名"] == f"{surname}　{member['名']}" == f"{stood['surname']}　{stood['given']}"
    assert plain(lives.birth) == plain(member["生年月日"]) == plain(stood["birth"].japanese)
    assert lives["性別"] == {"male": "男", "female": "女"}[link["sex"]] and link["sex"] == stood["sex"]
    since = lives.days["住所を定めた年月日"].inner or lives.days["住民となった年月日"].inner
    newest = stood["addresses"][-1]
    assert (newest["address"], newest["since"]) == (lives.address, str(since))


def test_nobody_of_a_delivered_register_is_forgotten_in_the_links_or_the_address_histories() -> None:
    members = {
        (number, one["番号"]): one for number, register in REGISTERS.items() for one in register["members"]
    }
    assert STOOD.keys() == members.keys() and HISTORIES.keys() == REGISTERS.keys()
    living = {key for key, one in members.items() if not one.get("除籍")}
    assert {(row["group"], int(row["member"])) for row in LINKS.values()} == living
    assert {key for key, row in STOOD.items() if row["removed_on"].inner is None} == living
    domiciles = {(row["domicile"], row["head"]["氏名"]) for row in REGISTERS.values()}
    there = {person for person, one in KOBE.people.items() if (one["本籍"], one["筆頭者"]) in domiciles}
    assert there == {person for person in LINKS if ":" not in person}
