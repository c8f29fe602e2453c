"""`konbini doctor`: what this machine has and lacks, each with the remedy. Changes nothing."""

from __future__ import annotations

import importlib.metadata
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace

from server_stub.interface.failures import Failed
from server_stub.interface.font_files import CHINESE, GOTHIC, KOREAN, LATIN, MINCHO, SCREEN, font_file

from .display import has_display
from .usage import reason

SETUP = "make setup を実行してください。"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at. `needed`: nothing works without it; otherwise only what `remedy` names is missing."""

    name: str
    found: bool
    needed: bool
    detail: str
    remedy: str = ""

    def to_json(self) -> dict[str, object]:
        return asdict(self)


class _Absent(Exception):
    """Its text is the finding's detail."""


def verdict(findings: Sequence[Finding]) -> str:
    """One sentence: can the demonstration and the scenarios be started here, and what cannot be used."""
    needed = [finding.name for finding in findings if finding.needed and not finding.found]
    beside = [finding.name for finding in findings if not finding.needed and not finding.found]
    if needed:
        return f"× このままでは動きません。足りないもの: {'、'.join(needed)}。"
    if beside:
        return f"○ デモもシナリオも、この機械で動きます（いま使えないもの: {'、'.join(beside)}）。"
    return "○ デモもシナリオも、この機械ですべて動きます。"


def examine() -> list[Finding]:
    """All findings in the order to read them."""
    return list(_examine())


def _examine() -> Iterator[Finding]:
    version = ".".join(map(str, sys.version_info[:3]))
    yield Finding(
        "Python", sys.version_info >= (3, 11), True, version, "Python 3.11 以上を使用してください。"
    )
    for package in ("PySide6-Essentials", "typst", "pikepdf", "fastapi", "SQLAlchemy"):
        yield _package(package)
    for name, family, use in (
        ("IPAmj明朝", MINCHO, "証明書の氏名"),
        ("BIZ UDGothic", GOTHIC, "証明書の裏面とレシート"),
        ("BIZ UDPGothic", SCREEN, "端末の画面"),
    ):
        yield _font(name, family, use)
    for family, use in (
        (LATIN, "端末の画面（英語・ベトナム語・ポルトガル語）"),
        (CHINESE, "端末の画面（中国語）"),
        (KOREAN, "端末の画面（韓国語）"),
    ):
        yield replace(_font(family, family, use), needed=False)
    yield from _translations()
    yield from voices()
    for program, use in (
        ("openssl", "認証局の独立した検証"),
        ("pdffonts", "証明書の独立した検証"),
        ("pkcs15-tool", "仮想カードの独立した検証（OpenSC）"),
    ):
        path = shutil.which(program)
        yield Finding(program, path is not None, False, use, SETUP)
    yield _pcsc()
    yield from _vpcd()
    yield _display()


def _package(name: str) -> Finding:
    try:
        return Finding(name, True, True, importlib.metadata.version(name))
    except importlib.metadata.PackageNotFoundError:
        return Finding(name, False, True, "パッケージがありません", SETUP)


def _font(name: str, family: str, use: str) -> Finding:
    try:
        font_file(family)
    except Failed:
        return Finding(f"フォント {name}", False, True, f"{use}に使用", SETUP)
    return Finding(f"フォント {name}", True, True, f"{use}に使用")


def _translations() -> Iterator[Finding]:
    """How much of each further language nobody has read; a language is offered all the same, and says so itself."""
    from kiosk_app.screens.texts import CATALOGUE_LANGUAGES, LANGUAGES, NAMES, translation, unread

    for language in LANGUAGES:
        if language not in CATALOGUE_LANGUAGES:
            rows, left = len(translation(language)), unread(language)
            told = f"{rows}文のうち{left}文は機械翻訳のまま（未確認）" if left else f"{rows}文すべて確認済み"
            yield Finding(f"画面の訳 {NAMES[language]}", True, False, told)


def voices() -> Iterator[Finding]:
    """What says a screen's sentence aloud (`konbini kiosk --voice`)."""
    from kiosk_app.devices.voice import ESPEAK, JAPANESE, PLAYERS, engine_for, player

    extra = '.venv/bin/pip install -c constraints.txt ".[voice]" を実行してください（約250 MB）。'
    yield Finding(f"音声案内 {JAPANESE}", engine_for("ja") is not None, False, "日本語の音声", extra)
    yield Finding(f"音声案内 {ESPEAK}", engine_for("en") is not None, False, "日本語以外の音声", SETUP)
    found, names = player(), "、".join(told[0] for told in PLAYERS)
    remedy = f"{names} のどれかを入れてください（Debian では alsa-utils に aplay があります）。"
    yield Finding(
        "音声案内 再生", found is not None, False, found[0] if found else "音を鳴らすプログラム", remedy
    )


def tell_lacking_voices() -> None:
    """Whoever wants the voice hears why there is none, and goes on without it."""
    for lacking in (one for one in voices() if not one.found):
        print(f"{lacking.name}を使えません。声を出さずに続けます。{lacking.remedy}", file=sys.stderr)


def _pcsc() -> Finding:
    """Readers of the system's own PC/SC service; needed for real cards only."""

    def readers() -> str:
        from smartcard.scard import (
            SCARD_S_SUCCESS,
            SCARD_SCOPE_USER,
            SCardEstablishContext,
            SCardListReaders,
            SCardReleaseContext,
        )

        code, context = SCardEstablishContext(SCARD_SCOPE_USER)
        if code != SCARD_S_SUCCESS:
            raise _Absent("サービスが動いていません")
        try:
            code, names = SCardListReaders(context, [])
        finally:
            SCardReleaseContext(context)
        if code != SCARD_S_SUCCESS or not names:
            raise _Absent("リーダがつながっていません")
        return "、".join(names)

    remedy = (
        "実カードを使うときは、リーダをつなぎ、pcscd（Windows では Smart Card サービス）を開始してください。"
    )
    return _tried("PC/SC リーダ", readers, remedy)


def _vpcd() -> Iterator[Finding]:
    """Who listens where a vpcd reader would: a stranger, or one that the whole network reaches."""
    from cards.diagnose import diagnose_ports
    from cards.remedies import ADVICE

    for problem in diagnose_ports().problems:
        advice = ADVICE[problem.name]
        remedy = advice.windows if sys.platform == "win32" else advice.debian
        yield Finding(f"vpcd リーダ {problem.where}", False, False, advice.what, remedy)


def _tried(name: str, look: Callable[[], str], remedy: str) -> Finding:
    try:
        return Finding(name, True, False, look())
    except _Absent as error:
        return Finding(name, False, False, str(error), remedy)
    except ImportError as error:
        return Finding(name, False, False, f"部品を読み込めません（{error.name or name}）", remedy)
    except OSError as error:
        return Finding(name, False, False, reason(error), remedy)


def _display() -> Finding:
    shown = has_display()
    named = os.environ.get("WAYLAND_DISPLAY") or os.environ.get("DISPLAY") or ""
    if shown:
        detail = named or "あり"
    else:
        detail = f"{named} を開けません" if named else "画面がありません"
    return Finding(
        "画面", shown, False, detail, "画面のない環境では、make demo は画面を出さずに一連の手続を実演します。"
    )
