"""`konbini card show` tells what is on a card, and nothing that opens it."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateNumbers

from cards.image_file import load_image
from scenarios.command.card_pages import describe_card
from scenarios.command.usage import WrongUse
from scenarios.template import CardEntry, callings, load_cards, template_folder


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


def test_no_pin_password_or_key_is_told(
    template: Path, entries: dict[str, CardEntry], pages: dict[str, str]
) -> None:
    secrets = 0
    for name, entry in entries.items():
        image = load_image(template / entry.file)
        for application in image.applications:
            for file in application.files.values():
                if file.pin is not None:
                    secrets += 1
                    alone = rf"(?<![0-9A-Za-z]){re.escape(file.pin.value)}(?![0-9A-Za-z])"
                    assert not re.search(alone, pages[name]), f"{name}: {application.name} {file.fid:04X}"
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
        ("御影直樹の残り一回のカード", ["0018  利用者証明用の暗証番号    数字4桁                 残り 1 回（全 3 回）"]),
        ("御影直樹の暗証番号がロックされたカード", ["0018  利用者証明用の暗証番号    数字4桁                 ロックされている"]),
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


def test_a_person_is_called_after_the_ordinary_card(entries: dict[str, CardEntry]) -> None:
    called = callings(entries.values())
    assert called[entries["六甲翠の失効したカード"].person] == "六甲翠"
    assert len(set(called.values())) == len(called)
