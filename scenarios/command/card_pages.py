"""`konbini card show`: what is on a virtual card, in words or as JSON; never a key or a personal file's content, and its test
PINs only where they are asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from cryptography import x509

from cards.columns import hung, padded
from cards.image import Application, Behaviour, CardImage, ElementaryFile, FileKind, Pin, PinAlphabet
from cards.image_file import load_image
from cards.profiles import load_profile
from cards.trace import APPLICATION_NAMES
from scenarios.profile_cards import template_with_own_cards
from scenarios.stage_secrets import ordinance_pin
from scenarios.template import CardEntry, callings, load_cards
from server_stub.interface.clock import JST, STAGE_START

from .card_choice import chosen_card, chosen_towns, towns_with

_KINDS = {
    "plastic": "個人番号カード（プラスチック）",
    "android": "スマートフォン（Android）",
    "iphone": "スマートフォン（iPhone）",
    "draft_2028": "次期個人番号カード（2028年の案）",
    "juki": "住民基本台帳カード",
    "other": "その他のカード",
}
_STATES = {"good": "有効", "held": "一時停止中", "revoked": "失効"}
_JPKI = "jpki"
_AUTHENTICATION, _SIGNATURE = 0x000A, 0x0001
_CERTIFICATES = (
    (_AUTHENTICATION, "利用者証明用電子証明書"),
    (_SIGNATURE, "署名用電子証明書"),
    (0x000B, "利用者証明用認証局の証明書"),
    (0x0002, "署名用認証局の証明書"),
)
_FILES = {
    (_JPKI, 0x0001): "署名用電子証明書",
    (_JPKI, 0x0002): "署名用認証局の証明書",
    (_JPKI, 0x0006): "トークン情報",
    (_JPKI, 0x0008): "電子証明書の有無",
    (_JPKI, 0x000A): "利用者証明用電子証明書",
    (_JPKI, 0x000B): "利用者証明用認証局の証明書",
    (_JPKI, 0x0017): "利用者証明用の秘密鍵",
    (_JPKI, 0x0018): "利用者証明用の暗証番号",
    (_JPKI, 0x001A): "署名用の秘密鍵",
    (_JPKI, 0x001B): "署名用のパスワード",
    ("text", 0x0001): "個人番号",
    ("text", 0x0002): "4情報（氏名・住所ほか）",
    ("text", 0x0003): "真正性確認の記録",
    ("text", 0x0004): "発行者の証明書",
    ("text", 0x0005): "基本情報",
    ("text", 0x0011): "券面入力補助用の暗証番号",
    ("text", 0x0012): "用途不明の暗証番号",
    ("text", 0x0014): "照合番号A",
    ("text", 0x0015): "照合番号B",
    ("surface", 0x0001): "年齢確認の記録",
    ("surface", 0x0002): "券面事項",
    ("surface", 0x0003): "基本情報",
    ("surface", 0x0004): "発行者の証明書",
    ("surface", 0x0005): "個人番号の画像",
    ("surface", 0x0011): "生年月日による照合",
    ("surface", 0x0012): "照合番号B",
    ("surface", 0x0013): "照合番号A",
    ("juki", 0x001C): "住基用の暗証番号",
    ("common", 0x0001): "カードの情報",
    ("common", 0x001C): "共通の暗証番号",
    ("ordinance", 0x0001): "カード番号と有効期限",
}
_FILE_KINDS = {
    FileKind.BINARY: "データ",
    FileKind.RECORDS: "レコード",
    FileKind.PIN: "暗証番号",
    FileKind.KEY: "鍵",
    FileKind.INTERNAL: "内部用",
}
_BEHAVIOUR = {
    "mute": "応答しない",
    "first_command_fails": "最初のコマンドに失敗する",
    "last_command_indicator": "署名の最後のコマンドの印を求める",
}
_USAGES = {
    "digital_signature": "デジタル署名",
    "content_commitment": "否認防止",
    "key_encipherment": "鍵の暗号化",
    "data_encipherment": "データの暗号化",
    "key_agreement": "鍵の合意",
    "key_cert_sign": "証明書への署名",
    "crl_sign": "失効リストへの署名",
}


TEST_SECRETS = "試験用の仮想カードの番号です。実在の人やカードのものではありません"


@dataclass(frozen=True, slots=True)
class PinRow:
    """One PIN of a card in words; `value` is the test PIN itself."""

    application: str
    fid: int
    name: str
    form: str
    pin: Pin

    @property
    def counter(self) -> str:
        if self.pin.limit == 0:
            return "回数の制限なし"
        return (
            "ロックされている" if self.pin.blocked else f"残り {self.pin.tries} 回（全 {self.pin.limit} 回）"
        )

    def to_json(self, *, secrets: bool) -> dict[str, Any]:
        """`tries` null: unlimited."""
        unlimited = self.pin.limit == 0
        told = {
            "application": self.application,
            "file": f"{self.fid:04X}",
            "name": self.name,
            "form": self.form,
            "limit": None if unlimited else self.pin.limit,
            "tries": None if unlimited else self.pin.tries,
        }
        return told | ({"value": self.pin.value} if secrets else {})


def describe_card(
    name: str, *, secrets: bool = False, columns: int | None = None, towns: Sequence[str] = ()
) -> str:
    """Everything about the stage's card `name` that may be told, for a person to read on a terminal of so many columns.

    `secrets`: with its test PINs. Raises WrongUse for a card that nobody has.
    """
    entry, calling, image = _card(name, towns)
    return "\n".join(_lines(entry, calling, image, secrets, columns))


def card_json(name: str, *, secrets: bool = False, towns: Sequence[str] = ()) -> dict[str, Any]:
    """The same as plain data. `state` at the authority: good, held, revoked, null where it has no certificate of the card.
    Raises WrongUse."""
    entry, calling, image = _card(name, towns)
    return {
        "name": entry.name,
        "holder": calling,
        "person": entry.person,
        "purpose": entry.purpose,
        "profile": image.profile,
        "kind": image.kind,
        "state": _state(entry) if entry.serial else None,
        "linked": entry.linked,
        "serial": entry.serial or None,
        "atr": image.atr.hex().upper(),
        "behaviour": _behaviour(image.behaviour),
        "certificates": [
            {"file": f"{fid:04X}", "name": title, "facts": dict(facts) or None, "trouble": trouble}
            for fid, title, facts, trouble in _certificates(image)
        ],
        "pins": [row.to_json(secrets=secrets) for row in pin_rows(image)],
        "registered": [
            {"kind": kind} | ({"value": ordinance_pin(kind).reveal()} if secrets else {})
            for kind in entry.registered
        ],
        "applications": [
            {
                "name": application_name(application),
                "aid": application.aid.hex().upper(),
                "files": [
                    {"file": f"{file.fid:04X}", "name": name, "size": size, "access": access}
                    for file in application.files.values()
                    for name, size, access in (_file(application, file),)
                ],
            }
            for application in image.applications
        ],
    }


def pin_rows(image: CardImage) -> list[PinRow]:
    """Every PIN of a card, in the order of its files."""
    return [
        PinRow(
            application_name(application), file.fid, _file_name(application, file), _form(file.pin), file.pin
        )
        for application in image.applications
        for file in application.files.values()
        if file.pin is not None
    ]


def _card(name: str, towns: Sequence[str]) -> tuple[CardEntry, str, CardImage]:
    wanted = chosen_towns(towns)
    template = template_with_own_cards(wanted if towns else towns_with([name], wanted))
    entries = load_cards(template)
    entry = chosen_card(name, entries)
    return entry, callings(entries.values())[entry.person], load_image(template / Path(entry.file))


def _heads(entry: CardEntry, calling: str, image: CardImage) -> Iterator[tuple[str, str]]:
    """What a card is, each with its label."""
    yield "持ち主", f"{calling}（宛名番号 {entry.person}）"
    yield "用途", entry.purpose
    yield "カードの型", f"{image.profile}：{load_profile(entry.profile).purpose}"
    yield "種類", _KINDS.get(image.kind, image.kind)
    yield "認証局での状態", _STATES[_state(entry)] if entry.serial else "登録なし"
    yield "発行通知", "届いている" if entry.linked else "届いていない"
    yield "ATR", image.atr.hex(" ").upper()
    yield "ふるまい", _behaviour(image.behaviour)


def _state(entry: CardEntry) -> str:
    """By the list of cards, or by what the profile says has happened since."""
    by_profile = load_profile(entry.profile).at_authority.authentication
    return {"good": entry.state, "on_hold": "held"}.get(by_profile, by_profile)


def _lines(
    entry: CardEntry, calling: str, image: CardImage, secrets: bool, columns: int | None
) -> Iterator[str]:
    yield from hung("■ ", entry.name, columns)
    for label, value in _heads(entry, calling, image):
        yield from hung("  " + padded(label, 16), value, columns)
    yield ""
    yield "■ 電子証明書"
    if not any(application.name == _JPKI for application in image.applications):
        yield "  公的個人認証のアプリケーションがありません。"
    for fid, title, facts, trouble in _certificates(image):
        yield f"  {title}（{fid:04X}）"
        for label, value in facts:
            yield from hung("    " + padded(label, 12), value, columns)
        if trouble:
            yield f"    {trouble}"
    yield ""
    yield from hung(
        "■ ", f"暗証番号（{TEST_SECRETS if secrets else '番号は --secrets を付けると表示します'}）", columns
    )
    yield from _pins(pin_rows(image), secrets)
    for kind in entry.registered:
        pin = ordinance_pin(kind).reveal() if secrets else "利用登録あり"
        yield f"  {padded(f'条例利用 {kind}', 28)}{pin}"
    yield ""
    yield "■ アプリケーションとファイル"
    for application in image.applications:
        yield f"  {application_name(application)}　AID {application.aid.hex().upper()}"
        for file in application.files.values():
            name, size, access = _file(application, file)
            yield from hung(f"    {file.fid:04X}  {padded(name, 27)}{padded(size, 16)}", access, columns)


def _behaviour(behaviour: Behaviour) -> str:
    usual = Behaviour()
    different = {f.name for f in fields(Behaviour) if getattr(behaviour, f.name) != getattr(usual, f.name)}
    told = [text for name, text in _BEHAVIOUR.items() if name in different]
    if behaviour.delay_ms:
        told.append(f"応答が {behaviour.delay_ms} ミリ秒遅れる")
    if "blocked_query" in different:
        told.append(f"ロック時の残り回数の問い合わせに {behaviour.blocked_query:04X} を返す")
    if not behaviour.restores_counter:
        told.append("正しい暗証番号でも残り回数が戻らない")
    if not behaviour.extended_length:
        told.append("拡張長のコマンドを受け付けない")
    return "、".join(told) or "ふつう"


# --- certificates --------------------------------------------------------------------------------------------------------


_Certificate = tuple[int, str, list[tuple[str, str]], str]
"""File, name, facts by label, and what is wrong with it ('' if nothing)."""


def _certificates(image: CardImage) -> Iterator[_Certificate]:
    """None on a card without the application."""
    files = {a.name: a.files for a in image.applications}.get(_JPKI)
    for fid, title in _CERTIFICATES if files is not None else ():
        content = files[fid].content if files is not None and fid in files else b""
        if not content.strip(b"\xff\x00"):
            yield fid, title, [], "入っていません。"
            continue
        try:
            certificate = x509.load_der_x509_certificate(_der(content))
            yield fid, title, list(_certificate(certificate)), ""
        except ValueError:
            trouble = f"読み取れません（{len(content)} バイト。電子証明書として正しくありません）。"
            yield fid, title, [], trouble


def _der(content: bytes) -> bytes:
    """The object at the beginning of the file, without the filler behind it."""
    if content[:2] == b"\x30\x82":
        return content[: 4 + int.from_bytes(content[2:4], "big")]
    return content


def _certificate(certificate: x509.Certificate) -> Iterator[tuple[str, str]]:
    """Raises ValueError for a certificate that cannot be told. Names of the holder (subjectAltName) are left out."""
    begin, end = (
        moment.astimezone(JST)
        for moment in (certificate.not_valid_before_utc, certificate.not_valid_after_utc)
    )
    if begin > STAGE_START:
        state = "舞台の日にはまだ始まっていない"
    else:
        state = "舞台の日には過ぎている" if end < STAGE_START else "舞台の日に有効"
    yield "発行者", _name(certificate.issuer)
    yield "主体者", _name(certificate.subject)
    yield "番号", f"{certificate.serial_number:X}（16進）"
    yield "有効期間", f"{begin:%Y-%m-%d %H:%M:%S} から {end:%Y-%m-%d %H:%M:%S} まで（日本時間。{state}）"
    yield "鍵の使い道", _usage(certificate)
    yield "ポリシー", _policies(certificate)


def _name(name: x509.Name) -> str:
    return ", ".join(f"{part.rfc4514_attribute_name}={part.value!s}" for part in name)


def _usage(certificate: x509.Certificate) -> str:
    try:
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return "記載なし"
    return "、".join(text for name, text in _USAGES.items() if getattr(usage, name)) or "なし"


def _policies(certificate: x509.Certificate) -> str:
    try:
        policies = certificate.extensions.get_extension_for_class(x509.CertificatePolicies).value
    except x509.ExtensionNotFound:
        return "記載なし"
    return "、".join(policy.policy_identifier.dotted_string for policy in policies)


# --- PINs and files ------------------------------------------------------------------------------------------------------


def _pins(rows: list[PinRow], secrets: bool) -> Iterator[str]:
    application = ""
    for row in rows:
        if row.application != application:
            application = row.application
            yield f"  {application}"
        shown = padded(row.pin.value, 18) if secrets else padded(row.form, 22)
        yield f"    {row.fid:04X}  {padded(row.name, 25)}{shown}{row.counter}"
    if not rows:
        yield "  ありません。"


def _form(pin: Pin) -> str:
    length = f"{pin.minimum}" if pin.minimum == pin.maximum else f"{pin.minimum}〜{pin.maximum}"
    return f"数字{length}桁" if pin.alphabet is PinAlphabet.DIGITS else f"英大文字・数字{length}字"


def _file(application: Application, file: ElementaryFile) -> tuple[str, str, str]:
    """Its name, its size, and what opens it."""
    size = ""
    if file.kind is FileKind.BINARY:
        size = f"{len(file.content):,} バイト"
    elif file.kind is FileKind.RECORDS:
        size = f"{len(file.records)} 件・{sum(map(len, file.records)):,} バイト"
    elif file.kind is FileKind.KEY:
        size = "取り出せません"
    return _file_name(application, file), size, _access(file) if size else ""


def application_name(application: Application) -> str:
    """As the trade calls it."""
    if application.name == "ordinance":  # each municipality has an identifier of its own
        return "条例利用の領域（試験用）"
    return APPLICATION_NAMES.get(application.aid, application.name)


def _file_name(application: Application, file: ElementaryFile) -> str:
    return _FILES.get((application.name, file.fid), _FILE_KINDS[file.kind])


def _access(file: ElementaryFile) -> str:
    """Of several PINs any one opens it."""
    word = "使う" if file.kind is FileKind.KEY else "読む"
    if file.opened_by is None:
        return f"暗証番号なしで{word}"
    if not file.opened_by:
        return f"{word}ことはできない"
    return " か ".join(f"{fid:04X}" for fid in sorted(file.opened_by)) + f" の照合で{word}"
