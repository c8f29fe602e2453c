"""`konbini card show` tells what is on a card, and what opens it only to those who ask for it."""

from __future__ import annotations

import csv
import json
import re
import subprocess
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateNumbers

from cards.columns import width
from cards.image_file import load_image
from scenarios.command.card_choice import card_ids, chosen_card, chosen_person, chosen_profile, towns_with
from scenarios.command.card_pages import card_json, describe_card
from scenarios.command.usage import WrongUse
from scenarios.template import CardEntry, callings, load_cards, template_folder
from scenarios.towns import load_town, load_towns, shipped_names


@pytest.fixture(scope="module")
def template() -> Path:
    return template_folder()


@pytest.fixture(scope="module")
def entries(template: Path) -> dict[str, CardEntry]:
    return load_cards(template)


@pytest.fixture(scope="module")
def pages(entries: dict[str, CardEntry]) -> dict[str, str]:
    return {name: describe_card(name) for name in entries}


def test_every_card_of_the_stage_is_told_with_its_person_and_purpose(
    entries: dict[str, CardEntry], pages: dict[str, str]
) -> None:
    for name, entry in entries.items():
        assert name in pages[name] and entry.purpose in pages[name] and entry.person in pages[name]
        assert entry.profile in pages[name]


def holds(value: str, text: str) -> bool:
    """Does it stand there by itself?"""
    return re.search(rf"(?<![0-9A-Za-z]){re.escape(value)}(?![0-9A-Za-z])", text) is not None


def test_no_pin_password_or_key_is_told(
    template: Path, entries: dict[str, CardEntry], pages: dict[str, str]
) -> None:
    secrets = 0
    for name, entry in entries.items():
        image = load_image(template / entry.file)
        data = json.dumps(card_json(name), ensure_ascii=False)
        for application in image.applications:
            for file in application.files.values():
                if file.pin is not None:
                    secrets += 1
                    told = holds(file.pin.value, pages[name]) or holds(file.pin.value, data)
                    assert not told, f"{name}: {application.name} {file.fid:04X}"
        for key in image.private_keys():
            numbers = key.private_numbers()
            parts = (
                (numbers.d, numbers.p, numbers.q)
                if isinstance(numbers, RSAPrivateNumbers)
                else (numbers.private_value,)
            )
            for number in parts:
                assert f"{number:x}"[:16] not in pages[name].lower()
    assert secrets > 300


def test_every_pin_is_told_where_it_is_asked_for_as_a_test_secret(
    template: Path, entries: dict[str, CardEntry]
) -> None:
    for name in ("六甲翠のカード", "港渚のカード", "御影直樹のiPhone", "北野健の公的個人認証のないカード"):
        page, data = describe_card(name, secrets=True), card_json(name, secrets=True)
        told = {(pin["application"], pin["file"]): pin["value"] for pin in data["pins"]}
        assert "試験用の仮想カードの番号" in page and "実在の人" in page
        pins = [
            file.pin.value
            for application in load_image(template / entries[name].file).applications
            for file in application.files.values()
            if file.pin is not None
        ]
        assert pins and sorted(told.values()) == sorted(pins)
        assert all(holds(value, page) for value in pins)
    page = describe_card("六甲翠のカード", secrets=True)
    assert holds("0018  利用者証明用の暗証番号   4973", page)
    assert holds("001B  署名用のパスワード       MIHON7Q4XW29ZK85", page)


def test_json_tells_the_facts_of_the_page(entries: dict[str, CardEntry], pages: dict[str, str]) -> None:
    data = card_json("御影直樹の残り一回のカード")
    assert (data["holder"], data["person"], data["profile"]) == ("御影直樹", "0000100301", "pin_one_left")
    assert (data["state"], data["linked"], data["kind"]) == ("good", True, "plastic")
    pin = next(one for one in data["pins"] if one["file"] == "0018")
    assert (pin["tries"], pin["limit"], pin["form"]) == (1, 3, "数字4桁") and "value" not in pin
    assert data["certificates"][0]["facts"]["番号"].startswith(data["serial"])
    assert card_json("六甲翠の一時停止中のカード")["state"] == "held"
    assert card_json("六甲翠の別の認証局のカード")["state"] is None
    for name, page in pages.items():
        for application in card_json(name)["applications"]:
            assert application["aid"] in page
            assert all(f"    {file['file']}  {file['name']}" in page for file in application["files"])


def test_a_page_fits_a_terminal_of_80_columns_and_its_columns_stand_under_each_other(
    entries: dict[str, CardEntry],
) -> None:
    for name in entries:
        for secrets in (False, True):
            lines = describe_card(name, secrets=secrets, columns=80).splitlines()
            assert [line for line in lines if width(line) > 80] == [], name
            counters = {
                width(line[: found.start()])
                for line in lines
                if (found := re.search(r"残り \d+ 回（|ロックされている$|回数の制限なし$", line))
                and re.match(r"    [0-9A-F]{4}  ", line)
            }
            assert len(counters) <= 1, name


def test_personal_files_are_told_by_size_only(
    template: Path, entries: dict[str, CardEntry], pages: dict[str, str]
) -> None:
    name = "港太一のカード"
    image = load_image(template / entries[name].file)
    personal = [f for a in image.applications for f in a.files.values() if f.personal and f.content]
    assert personal
    for file in personal:
        assert f"{file.fid:04X}  " in pages[name] and f"{len(file.content):,} バイト" in pages[name]
    assert "見本町" not in pages[name], "the address stands in the signature certificate"
    (number,) = re.findall(rb"[0-9]{12}", image.application("text").files[0x0001].content)
    assert number.decode() not in pages[name]


@pytest.mark.witness
def test_certificates_are_told_as_openssl_reads_them(
    template: Path, entries: dict[str, CardEntry], pages: dict[str, str]
) -> None:
    name = "港太一のカード"
    der = load_image(template / entries[name].file).application("jpki").files[0x000A].content
    told = subprocess.run(
        [
            "openssl",
            "x509",
            "-inform",
            "DER",
            "-noout",
            "-text",
            "-serial",
            "-subject",
            "-nameopt",
            "RFC2253",
        ],
        input=der,
        capture_output=True,
        check=True,
    ).stdout.decode()
    serial = re.search(r"serial=([0-9A-F]+)", told)
    subject = re.search(r"subject=CN=([0-9A-Z]+),C=JP", told)
    policy = re.search(r"Policy: ([0-9.]+)", told)
    assert serial and subject and policy and "Digital Signature" in told
    page = pages[name].split("署名用電子証明書（0001）")[0]
    assert f"番号        {serial.group(1).lstrip('0')}" in page
    assert f"CN={subject.group(1)}" in page and policy.group(1) in page
    assert "鍵の使い道  デジタル署名\n" in page and "O=JPKI-SIM" in page
    assert entries[name].serial == serial.group(1).lstrip("0")
    begin = x509.load_der_x509_certificate(der).not_valid_before_utc
    assert begin.hour == 1 and "2026-06-03 10:00:00 から" in page, "told in Japanese time"


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("港太一のカード", ["残り 3 回（全 3 回）", "残り 5 回（全 5 回）", "舞台の日に有効", "認証局での状態  有効"]),
        ("港渚のカード", ["署名用電子証明書（0001）\n    入っていません。"]),
        ("御影直樹の残り一回のカード", ["0018  利用者証明用の暗証番号   数字4桁               残り 1 回（全 3 回）"]),
        ("御影直樹の暗証番号がロックされたカード", ["0018  利用者証明用の暗証番号   数字4桁               ロックされている"]),
        ("御影直樹の有効期間前のカード", ["舞台の日にはまだ始まっていない"]),
        ("六甲翠の期限切れのカード", ["舞台の日には過ぎている", "持ち主          六甲翠（"]),
        ("六甲翠の失効したカード", ["認証局での状態  失効"]),
        ("六甲翠の一時停止中のカード", ["認証局での状態  一時停止中"]),
        ("六甲翠の発行通知のないカード", ["発行通知        届いていない"]),
        ("北野健の電子証明書が壊れたカード", ["読み取れません"]),
        ("北野健の公的個人認証のないカード", ["公的個人認証のアプリケーションがありません。"]),
        ("北野健の応答しないカード", ["ふるまい        応答しない"]),
        ("北野健の住基カード", ["住民基本台帳カード"]),
    ],
)  # fmt: skip
def test_what_is_special_about_a_card_is_told(pages: dict[str, str], name: str, told: list[str]) -> None:
    for part in told:
        assert part in pages[name]


def test_a_card_that_nobody_has_is_named_and_the_list_is_pointed_at() -> None:
    with pytest.raises(WrongUse, match="だれかのカード.*card list"):
        describe_card("だれかのカード")


@pytest.mark.parametrize(
    ("told", "meant"),
    [
        ("六甲翠", "六甲翠のカード"),
        ("六甲　翠", "六甲翠のカード"),
        ("「六甲翠のカード」", "六甲翠のカード"),
        ("六甲翠の失効したカード", "六甲翠の失効したカード"),
        ("御影直樹のｉｐｈｏｎｅ", "御影直樹のiPhone"),
        ("𠮷田吾郎", "𠮷田吾郎のカード"),
    ],
)
def test_a_card_is_known_by_the_person_and_in_any_width(
    entries: dict[str, CardEntry], told: str, meant: str
) -> None:
    assert chosen_card(told, entries).name == meant


@pytest.mark.parametrize(
    ("told", "near"),
    [
        ("六甲緑", "六甲翠のカード"),
        ("吉田吾郎", "𠮷田吾郎のカード"),
        ("御影直樹のアンドロイドスマートフォン", "御影直樹のAndroidスマートフォン"),
        ("六甲翠の失効", "六甲翠の失効したカード"),
        ("東四柳", "東四柳フランシスカのカード"),
        ("六甲", "六甲翠のカード"),
    ],
)
def test_a_wrong_name_is_answered_with_the_nearest(
    entries: dict[str, CardEntry], told: str, near: str
) -> None:
    with pytest.raises(WrongUse, match=f"近いもの: .*「{near}」"):
        chosen_card(told, entries)
    with pytest.raises(WrongUse) as refused:
        chosen_card("zzz", entries)
    assert "近いもの" not in str(refused.value)


def test_a_person_is_known_by_name_card_and_number_and_a_profile_in_any_spelling(
    entries: dict[str, CardEntry],
) -> None:
    for told in ("六甲翠", "六甲翠のカード", "六甲 翠", "0000100201", "００００１００２０１"):
        assert chosen_person(told, entries) == ("六甲翠", "0000100201")
    with pytest.raises(WrongUse, match="近いもの: 「六甲翠」"):
        chosen_person("六甲緑", entries)
    assert chosen_profile("PIN-one-left") == "pin_one_left"
    with pytest.raises(WrongUse, match="近いもの: .*「pin_one_left」.*--profiles"):
        chosen_profile("pin_one")


def test_a_person_is_called_after_the_ordinary_card(entries: dict[str, CardEntry]) -> None:
    called = callings(entries.values())
    assert called[entries["六甲翠の失効したカード"].person] == "六甲翠"
    assert len(set(called.values())) == len(called)


# --- towns and ids ---------------------------------------------------------------------------------------------------


def test_every_card_of_every_shipped_town_has_an_id_of_ascii_that_names_it_alone() -> None:
    for folder in shipped_names().values():
        cards = {card.name: card for card in load_town(folder).cards}
        ids = card_ids(cards)
        assert ids.keys() == cards.keys() and len(set(ids.values())) == len(ids)
        assert all(one.isascii() and " " not in one for one in ids.values())


def test_a_card_is_shown_by_its_id_as_by_its_name(entries: dict[str, CardEntry]) -> None:
    ids = card_ids(entries)
    assert ids["六甲翠のカード"] == "0000100201"
    assert [chosen_card(identifier, entries).name for identifier in ids.values()] == list(ids)


@pytest.mark.parametrize(
    ("told", "town"),
    [
        (["六甲翠"], "神戸市"),
        (["試験花子"], "見本市"),
        (["1002"], "見本市"),
        (["試験小春のカード", "見本アレックス"], "見本市"),
        (["nobody"], "神戸市"),
    ],
)
def test_a_person_or_card_is_found_in_whichever_shipped_town_it_is(told: list[str], town: str) -> None:
    assert [one.name for one in towns_with(told, load_towns())] == [town]


def test_whoever_has_no_card_is_named_by_the_number_in_the_register() -> None:
    """Everybody of the delivery, as another reader has it."""
    mihon = load_town(shipped_names()["見本市"])
    rows = list(csv.DictReader((mihon.delivery / "residents.csv").read_text(encoding="utf-8").splitlines()))
    assert [chosen_person(row["宛名番号"], {}, [mihon]) for row in rows[:2]] == [
        ("試験一郎", "1001"),
        ("試験花子", "1002"),
    ]
    with pytest.raises(WrongUse):
        chosen_person("9999", {}, [mihon])
