"""Tell what a look at PC/SC, its readers and the cards on them has found, as text to copy and as JSON. No secret, no person."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum
from typing import Any

from .columns import hung, padded
from .remedies import ADVICE

JST = timezone(timedelta(hours=9))


class Interface(StrEnum):
    """Name how the card is reached, by its ATR."""

    CONTACT = "contact"
    CONTACTLESS = "contactless"


class Hierarchy(StrEnum):
    """Name the authority that issued the card, by the O of the issuer."""

    SIMULATOR = "simulator"
    TEST = "test"
    PRODUCTION = "production"
    UNKNOWN = "unknown"


KINDS = {
    "plastic": "マイナンバーカード",
    "face": "顔認証マイナンバーカード",
    "next": "次期マイナンバーカード（2028年度の案）",
    "juki": "住民基本台帳カード",
    "android": "Android スマートフォンの電子証明書",
    "iphone": "iPhone の電子証明書",
    "no_jpki": "公的個人認証のないカード",
    "other": "知られていない種類のカード",
}
_INTERFACES = {Interface.CONTACT: "接触型", Interface.CONTACTLESS: "非接触型"}
_HIERARCHIES = {
    Hierarchy.SIMULATOR: "この模擬環境の認証局",
    Hierarchy.TEST: "試験用の認証局",
    Hierarchy.PRODUCTION: "本番の認証局",
    Hierarchy.UNKNOWN: "知らない認証局",
}
PIN_NAMES = {
    "authentication_pin": "利用者証明用暗証番号",
    "signature_password": "署名用パスワード",
    "text_pin": "券面入力補助用暗証番号",
    "text_code_a": "照合番号A",
    "text_code_b": "照合番号B",
    "surface_birth": "券面事項確認の生年月日",
    "surface_code_b": "券面事項確認の照合番号B",
    "surface_code_a": "券面事項確認の照合番号A",
    "juki_pin": "住基用暗証番号",
    "common_pin": "共通カードAPの暗証番号",
}
WARNING_DAYS = 90
"""Before anything expires: about when its holder is told by post."""


@dataclass(frozen=True, slots=True)
class Validity:
    """Hold until when something on the card is valid: `what` in words, the last moment (aware), the first one if it is known."""

    what: str
    until: datetime
    since: datetime | None = None

    def days_left(self, now: datetime) -> int:
        """Count whole days until it ends; negative: it has ended."""
        return (self.until - now).days

    def in_words(self, now: datetime) -> str:
        left = self.days_left(now)
        state = "期限切れ" if left < 0 else f"あと {left} 日"
        if self.since is not None and self.since > now:
            state = f"{self.since.astimezone(JST):%Y-%m-%d} から"
        return f"{self.until.astimezone(JST):%Y-%m-%d} まで（{state}）"

    def to_json(self) -> dict[str, Any]:
        return {
            "what": self.what,
            "until": self.until.isoformat(),
            "since": None if self.since is None else self.since.isoformat(),
        }


@dataclass(frozen=True, slots=True)
class Problem:
    """Hold one thing that is wrong; `where`: a reader or a port. What it means and its remedies stand in the advice.

    `ports`: those that the remedy closes. `programs`: others that may be at the reader, with their process ids. `detail`: what
    exactly it is about.
    """

    name: str
    where: str = ""
    ports: tuple[int, ...] = ()
    programs: tuple[str, ...] = ()
    detail: str = ""

    def to_json(self) -> dict[str, Any]:
        advice = ADVICE[self.name]
        return {
            "name": self.name,
            "where": self.where,
            "detail": self.detail,
            "serious": advice.serious,
            "what": advice.what,
            "ports": list(self.ports),
            "programs": list(self.programs),
            "remedy": advice.remedies(self.ports),
        }


@dataclass(slots=True)
class CardFinding:
    """Hold what was found of a card. Tries: None where the card does not tell; no try was spent. `median_ms`: one short command.

    `extended_length`: None where it could not be tried. `organisation`: O of the issuer; with the days of validity all that is kept of
    a certificate. `contact_atr`: that of the contacts, as the card tells it by GET DATA ('' where it does not), in hex. `looked_at`: the
    moment that validity was judged at.
    """

    atr: str
    interface: Interface
    label: str = ""
    kind: str = "no_jpki"
    hierarchy: Hierarchy | None = None
    organisation: str = ""
    tries_left: dict[str, int | None] = field(default_factory=dict)
    extended_length: bool | None = None
    median_ms: float | None = None
    commands: int = 0
    contact_atr: str = ""
    validity: list[Validity] = field(default_factory=list)
    looked_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    def to_json(self) -> dict[str, Any]:
        told = {name: getattr(self, name) for name in self.__slots__}
        return told | {
            "validity": [one.to_json() for one in self.validity],
            "looked_at": self.looked_at.isoformat(),
        }


@dataclass(slots=True)
class ReaderFinding:
    """Hold what was found of a reader, as PC/SC names it; `driver` and `maker` '' where nothing tells.

    `card` None: none there, or not to be reached.
    """

    name: str
    driver: str = ""
    maker: str = ""
    card_present: bool = False
    card: CardFinding | None = None

    def to_json(self) -> dict[str, Any]:
        told = {name: getattr(self, name) for name in self.__slots__}
        return told | {"card": None if self.card is None else self.card.to_json()}


@dataclass(slots=True)
class VpcdFinding:
    """Hold what was found of something that listens where a vpcd may. `program` '' where we may not look."""

    address: str
    port: int
    program: str
    open_to_network: bool


@dataclass(slots=True)
class Diagnosis:
    """Hold everything found, in the order to read it."""

    service: bool = False
    readers: list[ReaderFinding] = field(default_factory=list)
    vpcd: list[VpcdFinding] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    @property
    def usable(self) -> bool:
        """Tell whether there is a card with which a visit can be made."""
        cards = [reader for reader in self.readers if reader.card is not None]
        spoilt = {problem.where for problem in self.problems if ADVICE[problem.name].serious}
        return any(reader.name not in spoilt for reader in cards)

    def to_json(self) -> dict[str, Any]:
        return {
            "service": self.service,
            "usable": self.usable,
            "readers": [reader.to_json() for reader in self.readers],
            "vpcd": [asdict(one) for one in self.vpcd],
            "problems": [problem.to_json() for problem in self.problems],
        }

    def text(self, columns: int | None = None) -> str:
        """Write it for people, to copy into a report; wrapped for a terminal of so many columns."""
        rows = [line for name, value in self._rows() for line in hung(padded(name, 22), value, columns)]
        return "\n".join([*rows, *self._advice(columns)])

    def _rows(self) -> Iterator[tuple[str, str]]:
        yield "PC/SC サービス", "動作しています" if self.service else "接続できません"
        if self.service and not self.readers:
            yield "カードリーダ", "ありません"
        for number, reader in enumerate(self.readers, start=1):
            yield f"カードリーダ {number}", reader.name
            yield "　ドライバ", "、".join(part for part in (reader.driver, reader.maker) if part) or "不明"
            yield from _card_rows(reader)
        for one in self.vpcd:
            reach = "ほかの機械からも接続できます" if one.open_to_network else "この機械の中だけ"
            yield (
                "仮想リーダ（vpcd）",
                f"{one.address}:{one.port}　{one.program or 'プログラム不明'}　{reach}",
            )
        yield "判定", "手続に使えるカードがあります" if self.usable else "手続に使えるカードはありません"

    def _advice(self, columns: int | None) -> Iterator[str]:
        for name, problems in self._by_name():
            advice = ADVICE[name]
            places = [
                "：".join(part for part in (problem.where, problem.detail) if part)
                for problem in problems
                if problem.where or problem.detail
            ]
            where = f"（{'、'.join(places)}）" if places else ""
            yield ""
            yield from hung("× " if advice.serious else "△ ", f"{advice.what}{where} [{name}]", columns)
            programs = dict.fromkeys(program for problem in problems for program in problem.programs)
            if programs:
                yield from hung("　PC/SC を読み込んでいるプログラム: ", "、".join(programs), columns)
            remedies = advice.remedies(port for problem in problems for port in problem.ports)
            if remedies["debian"] == remedies["windows"]:
                yield from hung("　→ ", remedies["debian"], columns)
            else:
                yield from hung("　→ Debian: ", remedies["debian"], columns)
                yield from hung("　→ Windows: ", remedies["windows"], columns)

    def _by_name(self) -> list[tuple[str, list[Problem]]]:
        """Group the problems by name; what hinders a visit comes first."""
        names = dict.fromkeys(problem.name for problem in self.problems)
        ordered = sorted(names, key=lambda name: not ADVICE[name].serious)
        return [(name, [one for one in self.problems if one.name == name]) for name in ordered]


def _card_rows(reader: ReaderFinding) -> Iterator[tuple[str, str]]:
    card = reader.card
    if card is None:
        yield "　カード", "置かれていますが、使えません" if reader.card_present else "置かれていません"
        return
    yield "　カード", KINDS[card.kind] + (f"（{card.label}）" if card.label else "")
    yield "　ATR", f"{card.atr}（{_INTERFACES[card.interface]}）"
    if card.contact_atr and card.interface is Interface.CONTACTLESS:
        yield "　接触の ATR", f"{card.contact_atr}（カードの申告）"
    if card.hierarchy is not None:
        yield "　発行者", f"O={card.organisation}（{_HIERARCHIES[card.hierarchy]}）"
    for one in card.validity:
        yield f"　{one.what}", one.in_words(card.looked_at)
    if card.tries_left:
        told = (
            f"{PIN_NAMES[pin]} {'不明' if left is None else f'{left}回'}"
            for pin, left in card.tries_left.items()
        )
        yield "　残り回数", "、".join(told)
    yield "　拡張長", {True: "使えます", False: "使えません", None: "試せません"}[card.extended_length]
    if card.median_ms is not None:
        yield "　速さ", f"コマンド1回に {card.median_ms:.2f} ミリ秒（{card.commands}回の中央値）"
