"""`konbini card show`: what is on a virtual card, in words; never a PIN, a password, a key or a personal file's content."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

from cryptography import x509

from cards.image import Application, Behaviour, CardImage, ElementaryFile, FileKind, Pin, PinAlphabet
from cards.image_file import load_image
from cards.profiles import load_profile
from cards.trace import APPLICATION_NAMES
from scenarios.template import CardEntry, callings, load_cards, template_folder
from server_stub.interface.clock import JST, STAGE_START

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
    ("text", 0x0002): "4情報（氏名・住所・生年月日・性別）",
    ("text", 0x0003): "真正性確認の記録",
    ("text", 0x0004): "発行者の証明書",
    ("text", 0x0005): "基本情報",
    ("text", 0x0011): "券面入力補助用の暗証番号",
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


def describe_card(name: str) -> str:
    """Everything about the stage's card `name` that may be told, for a person to read.

    Raises LookupError for a card that nobody has.
    """
    template = template_folder()
    entries = load_cards(template)
    if name not in entries:
        raise LookupError(f"「{name}」というカードはありません。一覧は konbini card list で表示できます。")
    entry = entries[name]
    image = load_image(template / Path(entry.file))
    return "\n".join(_lines(entry, callings(entries.values())[entry.person], image))


def _lines(entry: CardEntry, calling: str, image: CardImage) -> Iterator[str]:
    yield f"■ {entry.name}"
    yield f"  持ち主          {calling}（宛名番号 {entry.person}）"
    yield f"  用途            {entry.purpose}"
    yield f"  カードの型      {image.profile}：{load_profile(entry.profile).purpose}"
    yield f"  種類            {_KINDS.get(image.kind, image.kind)}"
    yield f"  認証局での状態  {_STATES[entry.state] if entry.serial else '登録なし'}"
    yield f"  発行通知        {'届いている' if entry.linked else '届いていない'}"
    yield f"  ATR             {image.atr.hex(' ').upper()}"
    yield f"  ふるまい        {_behaviour(image.behaviour)}"
    yield ""
    yield "■ 電子証明書"
    yield from _certificates(image)
    yield ""
    yield "■ 暗証番号（番号そのものは表示しません）"
    yield from _pins(image)
    yield ""
    yield "■ アプリケーションとファイル"
    for application in image.applications:
        yield f"  {_application_name(application)}　AID {application.aid.hex().upper()}"
        for file in application.files.values():
            yield f"    {file.fid:04X}  {_file(application, file)}"


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


def _certificates(image: CardImage) -> Iterator[str]:
    files = {a.name: a.files for a in image.applications}.get(_JPKI)
    if files is None:
        yield "  公的個人認証のアプリケーションがありません。"
        return
    for fid, title in _CERTIFICATES:
        yield f"  {title}（{fid:04X}）"
        content = files[fid].content if fid in files else b""
        if not content.strip(b"\xff\x00"):
            yield "    入っていません。"
            continue
        try:
            certificate = x509.load_der_x509_certificate(_der(content))
            told = list(_certificate(certificate))
        except ValueError:
            told = [f"読み取れません（{len(content)} バイト。電子証明書として正しくありません）。"]
        yield from (f"    {line}" for line in told)


def _der(content: bytes) -> bytes:
    """The object at the beginning of the file, without the filler behind it."""
    if content[:2] == b"\x30\x82":
        return content[: 4 + int.from_bytes(content[2:4], "big")]
    return content


def _certificate(certificate: x509.Certificate) -> Iterator[str]:
    """Raises ValueError for a certificate that cannot be told. Names of the holder (subjectAltName) are left out."""
    begin, end = (
        moment.astimezone(JST)
        for moment in (certificate.not_valid_before_utc, certificate.not_valid_after_utc)
    )
    if begin > STAGE_START:
        state = "舞台の日にはまだ始まっていない"
    else:
        state = "舞台の日には過ぎている" if end < STAGE_START else "舞台の日に有効"
    yield f"発行者      {_name(certificate.issuer)}"
    yield f"主体者      {_name(certificate.subject)}"
    yield f"番号        {certificate.serial_number:X}（16進）"
    yield f"有効期間    {begin:%Y-%m-%d %H:%M:%S} から {end:%Y-%m-%d %H:%M:%S} まで（日本時間。{state}）"
    yield f"鍵の使い道  {_usage(certificate)}"
    yield f"ポリシー    {_policies(certificate)}"


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


def _pins(image: CardImage) -> Iterator[str]:
    found = False
    for application in image.applications:
        for file in application.files.values():
            if file.pin is not None:
                found = True
                where = f"{_application_name(application)} {file.fid:04X}"
                yield f"  {where}　{_file_name(application, file)}　{_form(file.pin)}　{_counter(file.pin)}"
    if not found:
        yield "  ありません。"


def _counter(pin: Pin) -> str:
    if pin.limit == 0:
        return "回数の制限なし"
    return "ロックされている" if pin.blocked else f"残り {pin.tries} 回（全 {pin.limit} 回）"


def _form(pin: Pin) -> str:
    length = f"{pin.minimum}" if pin.minimum == pin.maximum else f"{pin.minimum}〜{pin.maximum}"
    return f"数字{length}桁" if pin.alphabet is PinAlphabet.DIGITS else f"英大文字・数字{length}文字"


def _file(application: Application, file: ElementaryFile) -> str:
    told = [_file_name(application, file)]
    if file.kind is FileKind.BINARY:
        told.append(f"{len(file.content):,} バイト")
    elif file.kind is FileKind.RECORDS:
        told.append(f"{len(file.records)} 件（計 {sum(map(len, file.records)):,} バイト）")
    elif file.kind is FileKind.KEY:
        told.append("取り出せません")
    if file.kind in (FileKind.BINARY, FileKind.RECORDS, FileKind.KEY):
        told.append(_access(file))
    return "　".join(told)


def _application_name(application: Application) -> str:
    return APPLICATION_NAMES.get(application.aid, application.name)


def _file_name(application: Application, file: ElementaryFile) -> str:
    return _FILES.get((application.name, file.fid), _FILE_KINDS[file.kind])


def _access(file: ElementaryFile) -> str:
    word = "使う" if file.kind is FileKind.KEY else "読む"
    if file.opened_by is None:
        return f"暗証番号なしで{word}"
    if not file.opened_by:
        return f"{word}ことはできない"
    return f"{word}には " + " または ".join(f"{fid:04X}" for fid in sorted(file.opened_by)) + " の照合が要る"
